//! Two peers alone in a room, which signal when it is their turn.

use crate::signaling::socket::{Event, Socket, signal};
use anyhow::{Context, Result, ensure};
use std::{
    net::SocketAddr,
    pin::pin,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};
use tokio::sync::{Semaphore, watch};

/// What all pairs share.
pub struct Load {
    /// The server under load.
    pub server: SocketAddr,
    /// A permit is one signal. Pairs take them in the order of their asking, so that all come to
    /// their turn.
    pub turns: Semaphore,
    /// Whether a pair gives its permit back once the signal has arrived.
    pub turns_return: AtomicBool,
    /// What each signal took from its sender to its receiver.
    latencies: Mutex<Vec<Duration>>,
    /// True when all should go.
    pub leave: watch::Sender<bool>,
}

impl Load {
    /// No load yet.
    pub fn new(server: SocketAddr) -> Self {
        Self {
            server,
            turns: Semaphore::new(0),
            turns_return: AtomicBool::new(false),
            latencies: Mutex::default(),
            leave: watch::Sender::new(false),
        }
    }

    /// The latencies since this was last asked.
    pub fn take_latencies(&self) -> Vec<Duration> {
        let mut latencies = self
            .latencies
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut *latencies)
    }

    fn arrived(&self, latency: Duration) {
        self.latencies
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(latency);
        if self.turns_return.load(Ordering::Relaxed) {
            self.turns.add_permits(1);
        }
    }
}

/// Two peers that know each other.
pub struct Pair {
    sockets: [Socket; 2],
    /// What each sends to the other.
    signals: [Vec<u8>; 2],
}

impl Pair {
    /// Both peers join; also how long that took each of them.
    ///
    /// # Errors
    /// When the server refuses one, or does not introduce them.
    pub async fn join(server: SocketAddr, number: usize) -> Result<(Self, [Duration; 2])> {
        let start = Instant::now();
        let mut first = Socket::join(server, 2 * number).await?;
        let between = Instant::now();
        let second = Socket::join(server, 2 * number + 1).await?;
        let end = Instant::now();
        let newcomer = loop {
            if let Some(event) = first.take().await? {
                break event;
            }
            first.fill().await?;
        };
        ensure!(
            newcomer == Event::Id(second.id.clone()),
            "the first was told of {newcomer:?}"
        );
        let data = offer();
        let signals = [signal(&second.id, &data), signal(&first.id, &data)];
        let pair = Self {
            sockets: [first, second],
            signals,
        };
        Ok((pair, [between - start, end - between]))
    }

    /// Signals to and fro, one at a time, as there are turns, until all should leave.
    ///
    /// # Errors
    /// When a connection ends before.
    pub async fn live(mut self, load: &Load) -> Result<()> {
        let mut leave = load.leave.subscribe();
        let mut turn = pin!(load.turns.acquire());
        let mut sender = 0;
        let mut sent = None;
        loop {
            let [first, second] = &mut self.sockets;
            let next = tokio::select! {
                _ = leave.wait_for(|leave| *leave) => Next::Leave,
                filled = first.fill() => Next::Heard(0, filled),
                filled = second.fill() => Next::Heard(1, filled),
                permit = turn.as_mut(), if sent.is_none() => {
                    permit.context("no more turns")?.forget();
                    Next::Turn
                }
            };
            let heard = match next {
                Next::Leave => break,
                Next::Heard(peer, filled) => {
                    filled?;
                    peer
                }
                Next::Turn => {
                    turn.set(load.turns.acquire());
                    sent = Some(Instant::now());
                    self.sockets[sender].send(&self.signals[sender]).await?;
                    continue;
                }
            };
            while let Some(event) = self.sockets[heard].take().await? {
                if event == Event::Signal
                    && heard != sender
                    && let Some(since) = sent.take()
                {
                    sender = heard;
                    load.arrived(since.elapsed());
                }
            }
        }
        for socket in self.sockets {
            socket.leave().await?;
        }
        Ok(())
    }
}

/// What a pair does next.
enum Next {
    Leave,
    /// Something came for one of the peers, unless its connection ended.
    Heard(usize, Result<()>),
    Turn,
}

/// A description of 1.5 KB, as a JSON string inside of an `Offer`.
fn offer() -> String {
    let head = "v=0\\r\\no=- 4611731400430051336 2 IN IP4 127.0.0.1\\r\\ns=-\\r\\nt=0 0\\r\\n\
                a=group:BUNDLE 0\\r\\nm=application 9 UDP/DTLS/SCTP webrtc-datachannel\\r\\n";
    let candidate = "a=candidate:1467250027 1 udp 2122260223 192.168.0.196 46243 typ host \
                     generation 0 network-id 1 network-cost 10\\r\\n";
    format!(r#"{{"Offer":"{head}{}"}}"#, candidate.repeat(11))
}
