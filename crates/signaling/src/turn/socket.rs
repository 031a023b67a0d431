//! The relay's sockets and tasks: clients by UDP and TCP, peers by UDP.

use super::{
    Client, Time,
    message::{length_on_stream, plain},
    relay::{Outcome, Relay, Sockets},
};
use crate::{
    limits::{
        ACCEPT_PAUSE, MAX_TURN_PACKET_BYTES, MAX_TURN_STREAM_QUEUE, MAX_TURN_STREAMS,
        TURN_PORT_ATTEMPTS, TURN_STREAM_PATIENCE, TURN_SWEEP_INTERVAL,
    },
    operations::metrics::Metrics,
};
use std::{
    collections::HashMap,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    ops::RangeInclusive,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{
        TcpListener, TcpStream, UdpSocket,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    sync::mpsc,
    task::{AbortHandle, JoinSet},
    time::{MissedTickBehavior, interval, sleep, timeout},
};
use tracing::{debug, warn};
use uuid::Uuid;

/// What all tasks of a server share.
pub(super) struct Shared {
    pub(super) metrics: Arc<Metrics>,
    pub(super) relay: Mutex<Relay<Ports>>,
    pub(super) udp: UdpSocket,
    pub(super) streams: Mutex<HashMap<u64, mpsc::Sender<Vec<u8>>>>,
}

impl Shared {
    fn relay(&self) -> MutexGuard<'_, Relay<Ports>> {
        // Each change is complete before anything could panic.
        self.relay.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn streams(&self) -> MutexGuard<'_, HashMap<u64, mpsc::Sender<Vec<u8>>>> {
        self.streams.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes in what clients send by UDP.
    pub(super) async fn listen(self: Arc<Self>) {
        let mut buffer = [0; MAX_TURN_PACKET_BYTES + 1];
        loop {
            match self.udp.recv_from(&mut buffer).await {
                Ok((length, from)) if length <= MAX_TURN_PACKET_BYTES => {
                    let client = Client {
                        stream: None,
                        address: plain(from),
                    };
                    self.hear_client(client, &buffer[..length]);
                }
                Ok(_) => {}
                // What an earlier answer met on its way.
                Err(error) => debug!(%error, "TURN's socket"),
            }
        }
    }

    fn hear_client(&self, client: Client, raw: &[u8]) {
        let outcome = self.relay().hear_client(client, raw, Time::now());
        let is_sent = match outcome {
            Outcome::Nothing => true,
            Outcome::Answer(bytes) => self.to_client(client, bytes),
            Outcome::Cross(other, bytes) => self.to_client(other, bytes),
            Outcome::Forward { socket, peer, data } => socket.0.try_send_to(data, peer).is_ok(),
        };
        if !is_sent {
            self.metrics.turn_dropped.one();
        }
    }

    fn hear_peer(&self, client: Client, peer: SocketAddr, data: &[u8]) {
        let bytes = (self.relay()).hear_peer(client, peer, data, Time::now());
        if bytes.is_some_and(|bytes| !self.to_client(client, bytes)) {
            self.metrics.turn_dropped.one();
        }
    }

    /// Sends to a client, or says that it is not ready: nothing waits for it.
    fn to_client(&self, client: Client, bytes: Vec<u8>) -> bool {
        match client.stream {
            None => {
                let address = match (self.udp.local_addr(), client.address.ip()) {
                    // A socket of both families has IPv4 dressed up.
                    (Ok(SocketAddr::V6(_)), IpAddr::V4(ip)) => {
                        (ip.to_ipv6_mapped(), client.address.port()).into()
                    }
                    _ => client.address,
                };
                self.udp.try_send_to(&bytes, address).is_ok()
            }
            Some(number) => {
                (self.streams().get(&number)).is_some_and(|stream| stream.try_send(bytes).is_ok())
            }
        }
    }

    pub(super) async fn sweep(self: Arc<Self>) {
        let mut ticks = interval(TURN_SWEEP_INTERVAL);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            self.relay().sweep(Time::now());
        }
    }

    /// Takes in clients that come by TCP.
    pub(super) async fn accept(self: Arc<Self>, listener: TcpListener) {
        // They end with this task.
        let mut running = JoinSet::new();
        let mut number = 0;
        loop {
            while running.try_join_next().is_some() {}
            match listener.accept().await {
                Ok((stream, from)) if running.len() < MAX_TURN_STREAMS => {
                    number += 1;
                    let client = Client {
                        stream: Some(number),
                        address: plain(from),
                    };
                    running.spawn(Arc::clone(&self).stream(client, number, stream));
                }
                // Closed at once.
                Ok(_) => {}
                Err(error) => {
                    warn!(%error, "TURN cannot accept a connection");
                    sleep(ACCEPT_PAUSE).await;
                }
            }
        }
    }

    /// Serves one TCP connection until it ends.
    async fn stream(self: Arc<Self>, client: Client, number: u64, stream: TcpStream) {
        // Packets are small and latency counts; a socket that refuses works all the same.
        let _ = stream.set_nodelay(true);
        let (reader, writer) = stream.into_split();
        let (queue, queued) = mpsc::channel(MAX_TURN_STREAM_QUEUE);
        self.streams().insert(number, queue);
        let _leaving = Leaving {
            shared: &self,
            client,
            number,
        };
        tokio::select! {
            () = self.read_stream(client, reader) => {}
            () = write_stream(queued, writer) => {}
        }
    }

    async fn read_stream(&self, client: Client, mut reader: OwnedReadHalf) {
        let mut buffer = [0; MAX_TURN_PACKET_BYTES];
        loop {
            match timeout(TURN_STREAM_PATIENCE, reader.readable()).await {
                Ok(_) => {}
                // Between two packets only those may be quiet who have what they came for.
                Err(_) if self.relay().has(client) => continue,
                Err(_) => return,
            }
            let packet = read_packet(&mut reader, &mut buffer);
            let Ok(Some(length)) = timeout(TURN_STREAM_PATIENCE, packet).await else {
                return;
            };
            self.hear_client(client, &buffer[..length]);
        }
    }
}

/// Ends what belongs to a TCP connection, however that ended.
struct Leaving<'s> {
    shared: &'s Shared,
    client: Client,
    number: u64,
}

impl Drop for Leaving<'_> {
    fn drop(&mut self) {
        self.shared.streams().remove(&self.number);
        self.shared.relay().forget(self.client);
    }
}

/// Reads one packet into `buffer`. Nothing when the stream ends, or holds something else.
async fn read_packet(reader: &mut OwnedReadHalf, buffer: &mut [u8]) -> Option<usize> {
    let (head, rest) = buffer.split_first_chunk_mut::<4>()?;
    reader.read_exact(head).await.ok()?;
    let length = length_on_stream(head)?;
    let rest = rest.get_mut(..length - head.len())?;
    reader.read_exact(rest).await.ok()?;
    Some(length)
}

/// Writes what is queued for a client, until it takes nothing for too long.
async fn write_stream(mut queued: mpsc::Receiver<Vec<u8>>, mut writer: OwnedWriteHalf) {
    while let Some(bytes) = queued.recv().await {
        let written = timeout(TURN_STREAM_PATIENCE, writer.write_all(&bytes)).await;
        if !matches!(written, Ok(Ok(()))) {
            return;
        }
    }
}

/// Opens relays on ports of their range.
pub(super) struct Ports {
    pub(super) listen: SocketAddr,
    /// Where relays are for peers.
    pub(super) external: Vec<IpAddr>,
    pub(super) ports: RangeInclusive<u16>,
    pub(super) shared: Weak<Shared>,
}

/// A relay's socket; the last clone ends the task that reads it.
#[derive(Clone)]
pub(super) struct RelaySocket(
    Arc<UdpSocket>,
    #[expect(dead_code, reason = "held for its end")] Arc<Reading>,
);

/// The task that reads a relay's socket.
struct Reading(AbortHandle);

impl Drop for Reading {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Ports {
    fn address(&self, v6: bool) -> Option<IpAddr> {
        self.external.iter().copied().find(|ip| ip.is_ipv6() == v6)
    }

    /// A socket on a random free port.
    fn bind(&self, v6: bool, even: bool) -> Option<std::net::UdpSocket> {
        let ip = match self.listen.ip() {
            ip if ip.is_ipv6() == v6 => ip,
            _ if v6 => Ipv6Addr::UNSPECIFIED.into(),
            _ => Ipv4Addr::UNSPECIFIED.into(),
        };
        let count = u64::from(self.ports.end() - self.ports.start()) + 1;
        (0..TURN_PORT_ATTEMPTS).find_map(|_| {
            let (random, _) = Uuid::new_v4().as_u64_pair();
            let port = self.ports.start() + (random % count) as u16;
            let fits = !even || port.is_multiple_of(2);
            fits.then(|| std::net::UdpSocket::bind((ip, port)).ok())?
        })
    }
}

impl Sockets for Ports {
    type Socket = RelaySocket;

    fn open(&mut self, client: Client, v6: bool, even: bool) -> Option<(SocketAddr, RelaySocket)> {
        let address = self.address(v6)?;
        let socket = self.bind(v6, even)?;
        socket.set_nonblocking(true).ok()?;
        let port = socket.local_addr().ok()?.port();
        let socket = Arc::new(UdpSocket::from_std(socket).ok()?);
        let (shared, reader) = (Weak::clone(&self.shared), Arc::clone(&socket));
        let reading = tokio::spawn(read_peers(shared, client, reader));
        let reading = Arc::new(Reading(reading.abort_handle()));
        Some((SocketAddr::new(address, port), RelaySocket(socket, reading)))
    }

    fn serves(&self, v6: bool) -> bool {
        self.address(v6).is_some()
    }
}

/// Takes in what peers send to a client's relay.
async fn read_peers(shared: Weak<Shared>, client: Client, socket: Arc<UdpSocket>) {
    let mut buffer = [0; MAX_TURN_PACKET_BYTES + 1];
    loop {
        let received = socket.recv_from(&mut buffer).await;
        let Some(shared) = shared.upgrade() else {
            return;
        };
        match received {
            Ok((length, peer)) if length <= MAX_TURN_PACKET_BYTES => {
                shared.hear_peer(client, plain(peer), &buffer[..length]);
            }
            Ok(_) => {}
            // What an earlier packet met on its way.
            Err(error) => debug!(%error, "a relay's socket"),
        }
    }
}
