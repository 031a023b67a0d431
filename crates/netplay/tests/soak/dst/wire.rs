//! A peer's end of the simulated network: as the memory transport, but with a signaling that can
//! be lost, and with a fault that a test can plant.

use bytes::Bytes;
use netplay::transport::{
    Channel, KnownPeer, Path, SignalingState, Transport, memory::MemoryTransport,
};
use protocol::{PeerId, datagram::Datagram};
use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll},
};

/// The signaling server, as far as peers see it: it tells each of the others that are online with
/// it, once. What has met stays met.
#[derive(Clone, Debug, Default)]
pub struct Signaling(Arc<Mutex<Server>>);

#[derive(Debug, Default)]
struct Server {
    online: BTreeSet<PeerId>,
    /// Each pair in both orders.
    met: BTreeSet<(PeerId, PeerId)>,
}

impl Signaling {
    /// A peer reaches the server (again).
    pub fn enter(&self, peer: PeerId) {
        let mut server = self.lock();
        let others: Vec<PeerId> = server.online.iter().copied().collect();
        for other in others {
            server.met.extend([(peer, other), (other, peer)]);
        }
        server.online.insert(peer);
    }

    /// A peer loses the server.
    pub fn lose(&self, peer: PeerId) {
        self.lock().online.remove(&peer);
    }

    fn lock(&self) -> MutexGuard<'_, Server> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One peer's transport.
#[derive(Debug)]
pub struct Wire {
    inner: MemoryTransport,
    id: PeerId,
    signaling: Signaling,
    /// Whether the server was ever reached.
    was_online: std::cell::Cell<bool>,
    /// Whether the peer is about to wake: at its first turn nothing of what was said to it has come
    /// yet.
    pub wakes: bool,
    /// The planted fault: inputs that come are changed on the way.
    pub corrupts: bool,
}

impl Wire {
    pub fn new(inner: MemoryTransport, id: PeerId, signaling: Signaling) -> Self {
        Self {
            inner,
            id,
            signaling,
            was_online: false.into(),
            wakes: false,
            corrupts: false,
        }
    }

    fn is_online(&self) -> bool {
        let online = self.signaling.lock().online.contains(&self.id);
        self.was_online.set(self.was_online.get() || online);
        online
    }
}

/// The same datagram with other inputs, as no checksum of a network would let through.
fn corrupted(packet: Bytes) -> Bytes {
    let Ok(mut datagram) = Datagram::decode(&packet) else {
        return packet;
    };
    for word in datagram.streams.iter_mut().flat_map(|part| &mut part.words) {
        *word ^= 1;
    }
    datagram.encode().into()
}

impl Transport for Wire {
    fn local_id(&self) -> Option<PeerId> {
        let online = self.is_online();
        (online || self.was_online.get()).then_some(self.id)
    }

    fn known_peers(&self) -> Vec<KnownPeer> {
        let mut known = self.inner.known_peers();
        let server = self.signaling.lock();
        known.retain(|peer| server.met.contains(&(self.id, peer.id)));
        known
    }

    fn signaling(&self) -> SignalingState {
        match (self.is_online(), self.was_online.get()) {
            (true, _) => SignalingState::Online,
            (false, true) => SignalingState::Lost,
            (false, false) => SignalingState::Connecting,
        }
    }

    fn send(&mut self, to: PeerId, channel: Channel, packet: Bytes) {
        self.inner.send(to, channel, packet);
    }

    fn receive(&mut self) -> Option<(PeerId, Channel, Bytes)> {
        if std::mem::take(&mut self.wakes) {
            return None;
        }
        let (from, channel, packet) = self.inner.receive()?;
        let packet = match channel {
            Channel::Unreliable if self.corrupts => corrupted(packet),
            _ => packet,
        };
        Some((from, channel, packet))
    }

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<()> {
        self.inner.poll_ready(context)
    }

    fn hang_up(&mut self, peer: PeerId) {
        self.inner.hang_up(peer);
    }

    fn ban(&mut self, peer: PeerId) {
        self.inner.ban(peer);
    }

    fn take_closed(&mut self) -> Option<PeerId> {
        self.inner.take_closed()
    }

    fn path(&self, peer: PeerId) -> Path {
        self.inner.path(peer)
    }

    fn dropped(&self) -> u64 {
        self.inner.dropped()
    }
}
