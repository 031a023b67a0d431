//! An embedded STUN and TURN server (RFC 8489, RFC 8656), so that one binary suffices: UDP relays for
//! peers whose NATs let no direct packet through, reached by UDP or TCP.
//!
//! From the outside in: this file (sockets and tasks), `relay` (requests and packets, without I/O),
//! `allocation` (what a client holds), `access` (who it is), `policy` (whom it may reach), `message`
//! (bytes). What a stranger sends costs no memory: nonces are signed, not kept.
//!
//! Deliberately absent: TURN over TLS (a proxy ends it; data channels are encrypted from peer to
//! peer anyway), relays that speak TCP to peers, reserved ports.

mod access;
mod allocation;
mod message;
mod policy;
mod relay;
#[cfg(test)]
mod tests;

use crate::{
    IceConfig, TurnSecrets,
    ice::unix_now,
    limits::{
        MAX_TURN_ADDRESS_ALLOCATIONS, MAX_TURN_ALLOCATIONS, MAX_TURN_PACKET_BYTES,
        MAX_TURN_STREAM_QUEUE, MAX_TURN_STREAMS, MAX_TURN_USER_ALLOCATIONS, TURN_PORT_ATTEMPTS,
        TURN_STREAM_PATIENCE, TURN_SWEEP_INTERVAL, TURN_USER_BYTES_PER_SECOND,
    },
    metrics::Metrics,
};
use ipnet::IpNet;
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) use message::read_all;
use message::{length_on_stream, plain};
use policy::Policy;
pub(crate) use relay::Refused;
use relay::{Outcome, Relay, Sockets};
use std::{
    collections::HashMap,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    ops::RangeInclusive,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
    time::Instant,
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
use tracing::{debug, info, warn};
use uuid::Uuid;

/// The options of the embedded server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TurnConfig {
    /// Where it listens, by UDP and TCP.
    pub listen: SocketAddr,
    /// Where its relays are for peers: at most one address of each family. Empty means that of
    /// `listen`.
    pub external: Vec<IpAddr>,
    /// The relays' ports.
    pub ports: RangeInclusive<u16>,
    /// Networks that peers may be in although they are not on the internet: for play on a LAN.
    pub allowed_peers: Vec<IpNet>,
    /// What one user may have.
    pub quotas: TurnQuotas,
}

/// How much the embedded server gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TurnQuotas {
    /// Allocations in all; default [`MAX_TURN_ALLOCATIONS`].
    pub allocations: usize,
    /// Allocations of a user; default [`MAX_TURN_USER_ALLOCATIONS`].
    pub user_allocations: usize,
    /// Allocations from an address; default [`MAX_TURN_ADDRESS_ALLOCATIONS`].
    pub address_allocations: usize,
    /// Bytes a second of a user; default [`TURN_USER_BYTES_PER_SECOND`].
    pub bytes_per_second: u64,
}

impl Default for TurnConfig {
    fn default() -> Self {
        Self {
            listen: (Ipv4Addr::UNSPECIFIED, crate::ice::DEFAULT_PORT).into(),
            external: Vec::new(),
            // The ports that IANA leaves to everybody (RFC 6335).
            ports: 49_152..=65_535,
            allowed_peers: Vec::new(),
            quotas: TurnQuotas::default(),
        }
    }
}

impl Default for TurnQuotas {
    fn default() -> Self {
        Self {
            allocations: MAX_TURN_ALLOCATIONS,
            user_allocations: MAX_TURN_USER_ALLOCATIONS,
            address_allocations: MAX_TURN_ADDRESS_ALLOCATIONS,
            bytes_per_second: TURN_USER_BYTES_PER_SECOND,
        }
    }
}

/// One of the server's clients: how it came, and from where.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Client {
    /// The number of its TCP connection; nothing by UDP.
    stream: Option<u64>,
    address: SocketAddr,
}

/// When something happens.
#[derive(Clone, Copy, Debug)]
struct Time {
    now: Instant,
    /// Seconds since 1970, in which credentials expire.
    unix: u64,
}

impl Time {
    fn now() -> Self {
        Self {
            now: Instant::now(),
            unix: unix_now(),
        }
    }
}

/// A running server; dropping it closes all of its sockets.
#[derive(Debug)]
pub(crate) struct TurnServer {
    _tasks: JoinSet<()>,
}

impl TurnServer {
    /// Starts one, and names it in `ice` among those that clients are told of. Its users' passwords
    /// follow from the secrets there; if there is none, from one that nobody else knows.
    ///
    /// # Errors
    /// A sentence that says why it cannot run.
    pub(crate) async fn start(
        config: TurnConfig,
        ice: &mut IceConfig,
        metrics: &Arc<Metrics>,
    ) -> Result<Self, String> {
        let external = external(&config)?;
        let listen = config.listen;
        let cannot = |error| format!("TURN cannot listen on {listen}: {error}");
        let udp = UdpSocket::bind(listen).await.map_err(cannot)?;
        // Port 0 is a test's: both get the same one.
        let address = udp.local_addr().map_err(cannot)?;
        let tcp = TcpListener::bind(address).await.map_err(cannot)?;
        if ice.secrets.is_empty() {
            ice.secrets = TurnSecrets::random();
        }
        announce(ice, &external, address.port());
        info!(urls = ?ice.turn, "relaying");
        let policy = Policy::new(config.allowed_peers, external.clone());
        let shared = Arc::new_cyclic(|shared| {
            let ports = Ports {
                listen,
                external: external.clone(),
                ports: config.ports,
                shared: Weak::clone(shared),
            };
            let users = (ice.secrets.clone(), config.quotas);
            let relay = Relay::new(users, policy, ports, Arc::clone(metrics), Time::now());
            Shared {
                metrics: Arc::clone(metrics),
                relay: Mutex::new(relay),
                udp,
                streams: Mutex::default(),
            }
        });
        let mut tasks = JoinSet::new();
        tasks.spawn(Arc::clone(&shared).listen());
        tasks.spawn(Arc::clone(&shared).accept(tcp));
        tasks.spawn(Arc::clone(&shared).sweep());
        Ok(Self { _tasks: tasks })
    }
}

/// Names a server's URLs: STUN's, and TURN's by UDP and TCP.
fn announce(ice: &mut IceConfig, external: &[IpAddr], port: u16) {
    let at = |ip: &IpAddr| SocketAddr::new(*ip, port);
    ice.stun
        .extend(external.iter().map(|ip| format!("stun:{}", at(ip))));
    for transport in ["udp", "tcp"] {
        let url = |ip| format!("turn:{}?transport={transport}", at(ip));
        ice.turn.extend(external.iter().map(url));
    }
    if !ice.relays.is_empty() {
        // Otherwise they follow from the URLs.
        ice.relays.extend(external);
    }
}

/// Where relays are for peers.
fn external(config: &TurnConfig) -> Result<Vec<IpAddr>, String> {
    if config.ports.is_empty() || *config.ports.start() == 0 {
        return Err("the relays' ports are none".to_owned());
    }
    if config.external.is_empty() && config.listen.ip().is_unspecified() {
        return Err(format!(
            "TURN listens on every address ({}): say at which one the relays are \
             (--turn-external)",
            config.listen
        ));
    }
    let external = match &config.external[..] {
        [] => vec![config.listen.ip()],
        named => named.to_vec(),
    };
    let of_family = |v6| external.iter().filter(|ip| ip.is_ipv6() == v6).count();
    if of_family(true) > 1 || of_family(false) > 1 {
        return Err("TURN relays on one address of each family at most".to_owned());
    }
    if let Some(ip) = external.iter().find(|ip| ip.is_unspecified()) {
        return Err(format!("peers cannot reach relays at {ip}"));
    }
    Ok(external)
}

/// What all tasks of a server share.
struct Shared {
    metrics: Arc<Metrics>,
    relay: Mutex<Relay<Ports>>,
    udp: UdpSocket,
    streams: Mutex<HashMap<u64, mpsc::Sender<Vec<u8>>>>,
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
    async fn listen(self: Arc<Self>) {
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

    async fn sweep(self: Arc<Self>) {
        let mut ticks = interval(TURN_SWEEP_INTERVAL);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            self.relay().sweep(Time::now());
        }
    }

    /// Takes in clients that come by TCP.
    async fn accept(self: Arc<Self>, listener: TcpListener) {
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
                    sleep(crate::limits::ACCEPT_PAUSE).await;
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
struct Ports {
    listen: SocketAddr,
    external: Vec<IpAddr>,
    ports: RangeInclusive<u16>,
    shared: Weak<Shared>,
}

/// A relay's socket; the last clone ends the task that reads it.
#[derive(Clone)]
struct RelaySocket(
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
