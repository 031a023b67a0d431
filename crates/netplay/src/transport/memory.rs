//! A seeded, lossy network inside one process.
//!
//! [`Network`] is the network without a clock, for tests in simulated time. A [`Hub`] puts a
//! clock beside it and hands out [`MemoryTransport`]s: for machines without any network
//! interface, for practice (a hub with one peer alone) and for tests of sessions.

mod network;

pub use network::{Conditions, Network};

use super::{Channel, KnownPeer, Path, SignalingState, Transport, alarm::Alarm};
use bytes::Bytes;
use protocol::{
    PeerId,
    limits::{MAX_DATAGRAM_BYTES, MAX_RELIABLE_BYTES},
};
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, Waker},
    time::Duration,
};
use web_time::Instant;

/// A network that runs in real time.
pub fn network(conditions: Conditions, seed: u64) -> Hub {
    Hub::new(conditions, seed, Clock::Real(Instant::now()))
}

/// A network whose time stands still but for [`Hub::advance`].
pub fn manual_network(conditions: Conditions, seed: u64) -> Hub {
    Hub::new(conditions, seed, Clock::Manual(Duration::ZERO))
}

/// Where peers of one process meet. Cheap to clone: all clones are the same hub.
#[derive(Clone, Debug)]
pub struct Hub {
    inner: Arc<Mutex<Inner>>,
}

#[derive(Debug)]
struct Inner {
    network: Network,
    clock: Clock,
    /// Who waits for a packet.
    wakers: BTreeMap<PeerId, Waker>,
}

#[derive(Debug)]
enum Clock {
    Real(Instant),
    Manual(Duration),
}

impl Inner {
    fn now(&self) -> Duration {
        match self.clock {
            Clock::Real(start) => start.elapsed(),
            Clock::Manual(now) => now,
        }
    }
}

impl Hub {
    fn new(conditions: Conditions, seed: u64, clock: Clock) -> Self {
        let network = Network::new(conditions, seed);
        let inner = Inner {
            network,
            clock,
            wakers: BTreeMap::new(),
        };
        Self {
            inner: Arc::new(Mutex::new(inner)),
        }
    }

    /// Adds a peer; it leaves when the transport is dropped. The others are told that its channels
    /// have closed, as by a page that is closed. To be a killed process, of which nobody is told,
    /// its links must be [cut](Network::cut) first.
    pub fn join(&self) -> MemoryTransport {
        let id = self.lock().network.join();
        MemoryTransport {
            hub: self.clone(),
            id,
            banned: Vec::new(),
            alarm: Alarm::default(),
            dropped: 0,
        }
    }

    /// The hub's time, from 0 at its start.
    pub fn now(&self) -> Duration {
        self.lock().now()
    }

    /// Moves the time of a [`manual_network`] on, and wakes everybody who waits. A real one's
    /// time moves by itself: there this does nothing.
    pub fn advance(&self, by: Duration) {
        let mut inner = self.lock();
        let Clock::Manual(now) = &mut inner.clock else {
            return;
        };
        *now += by;
        let wakers = std::mem::take(&mut inner.wakers);
        drop(inner);
        wakers.into_values().for_each(Waker::wake);
    }

    /// Changes the network: its conditions, single links, cuts. Gives the network and the time.
    pub fn change<T>(&self, change: impl FnOnce(&mut Network, Duration) -> T) -> T {
        let mut inner = self.lock();
        let now = inner.now();
        let changed = change(&mut inner.network, now);
        let wakers = std::mem::take(&mut inner.wakers);
        drop(inner);
        wakers.into_values().for_each(Waker::wake);
        changed
    }

    /// Closes the channels between two peers, and tells both. They connect again as soon as both
    /// look whom they know, and nothing is cut between them.
    pub fn close(&self, a: PeerId, b: PeerId) {
        self.change(|network, now| network.close(a, b, now));
    }

    /// A panic of another holder leaves nothing half done that matters here.
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One peer's end of a [`Hub`]'s network.
#[derive(Debug)]
pub struct MemoryTransport {
    hub: Hub,
    id: PeerId,
    banned: Vec<PeerId>,
    /// Rings when the next packet arrives.
    alarm: Alarm,
    dropped: u64,
}

impl Drop for MemoryTransport {
    fn drop(&mut self) {
        self.hub.change(|network, now| {
            let others: Vec<_> = network.peers().filter(|id| *id != self.id).collect();
            for other in others {
                network.close(self.id, other, now);
            }
            network.leave(self.id);
        });
    }
}

impl Transport for MemoryTransport {
    fn local_id(&self) -> Option<PeerId> {
        Some(self.id)
    }

    fn known_peers(&self) -> Vec<KnownPeer> {
        let mut inner = self.hub.lock();
        let now = inner.now();
        inner.network.connect_again(self.id, &self.banned, now);
        let mut here_before_us = true;
        let mut known = Vec::new();
        for id in inner.network.peers() {
            if id == self.id {
                here_before_us = false;
            } else if !self.banned.contains(&id) && !inner.network.is_closed(self.id, id) {
                known.push(KnownPeer { id, here_before_us });
            }
        }
        known
    }

    fn signaling(&self) -> SignalingState {
        SignalingState::Online
    }

    fn send(&mut self, to: PeerId, channel: Channel, packet: Bytes) {
        let limit = match channel {
            Channel::Unreliable => MAX_DATAGRAM_BYTES,
            Channel::Reliable => MAX_RELIABLE_BYTES,
        };
        if packet.len() > limit {
            self.dropped += 1;
            return;
        }
        let mut inner = self.hub.lock();
        let now = inner.now();
        inner.network.send(self.id, to, channel, packet, now);
        let waker = inner.wakers.remove(&to);
        drop(inner);
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    fn receive(&mut self) -> Option<(PeerId, Channel, Bytes)> {
        let mut inner = self.hub.lock();
        let now = inner.now();
        loop {
            let (from, channel, packet) = inner.network.receive(self.id, now)?;
            if !self.banned.contains(&from) {
                return Some((from, channel, packet));
            }
            self.dropped += 1;
        }
    }

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<()> {
        let mut inner = self.hub.lock();
        // Whoever sends to us from now on wakes us, in case that packet is the first to arrive.
        inner.wakers.insert(self.id, context.waker().clone());
        let Some(arrival) = inner.network.next_arrival(self.id) else {
            return Poll::Pending;
        };
        let now = inner.now();
        if arrival <= now {
            return Poll::Ready(());
        }
        if let Clock::Manual(_) = inner.clock {
            return Poll::Pending;
        }
        drop(inner);
        self.alarm.poll(arrival, now, context)
    }

    fn take_closed(&mut self) -> Option<PeerId> {
        let mut inner = self.hub.lock();
        let now = inner.now();
        loop {
            let closed = inner.network.take_closed(self.id, now)?;
            if !self.banned.contains(&closed) {
                return Some(closed);
            }
        }
    }

    fn hang_up(&mut self, peer: PeerId) {
        self.hub
            .change(|network, now| network.hang_up(self.id, peer, now));
    }

    fn ban(&mut self, peer: PeerId) {
        if !self.banned.contains(&peer) {
            self.banned.push(peer);
            // What was said to it before still arrives; what it says is dropped and counted.
            self.hub
                .change(|network, now| network.hang_up(self.id, peer, now));
        }
    }

    fn path(&self, _peer: PeerId) -> Path {
        Path::Memory
    }

    fn dropped(&self) -> u64 {
        self.dropped + self.hub.lock().network.overflowed(self.id)
    }
}
