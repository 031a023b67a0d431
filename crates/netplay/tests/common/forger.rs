//! A transport that sends other words than its room says.

use bytes::Bytes;
use netplay::transport::{
    Channel, KnownPeer, Path, SignalingState, Transport, memory::MemoryTransport,
};
use protocol::{PeerId, datagram::Datagram, peer::Message, statement};
use std::task::{Context, Poll};

/// What is said in place of a message.
type Forge = dyn FnMut(Message) -> Message + Send;

/// What is said in place of a datagram.
type ForgeDatagram = dyn FnMut(Datagram) -> Datagram + Send;

/// See the module.
pub struct Forger {
    inner: MemoryTransport,
    forge: Box<Forge>,
    forge_datagram: Box<ForgeDatagram>,
    /// How many packets were changed.
    pub forged: u32,
}

impl Forger {
    /// Forges messages.
    pub fn new(
        inner: MemoryTransport,
        forge: impl FnMut(Message) -> Message + Send + 'static,
    ) -> Self {
        Self {
            inner,
            forge: Box::new(forge),
            forge_datagram: Box::new(|datagram| datagram),
            forged: 0,
        }
    }

    /// Forges datagrams, too.
    pub fn and_datagrams(
        mut self,
        forge: impl FnMut(Datagram) -> Datagram + Send + 'static,
    ) -> Self {
        self.forge_datagram = Box::new(forge);
        self
    }

    /// What is said instead, if the packet says anything.
    fn forged(&mut self, channel: Channel, packet: &Bytes) -> Option<Bytes> {
        let bytes = match channel {
            Channel::Reliable => (self.forge)(Message::decode(packet).ok()?).encode(),
            // A copy of a statement has the same bytes as on the reliable channel.
            Channel::Unreliable if packet.first() == Some(&statement::TAG) => {
                (self.forge)(Message::decode(packet).ok()?).encode()
            }
            Channel::Unreliable => (self.forge_datagram)(Datagram::decode(packet).ok()?).encode(),
        };
        Some(bytes.into())
    }
}

impl Transport for Forger {
    fn send(&mut self, to: PeerId, channel: Channel, packet: Bytes) {
        let said = self
            .forged(channel, &packet)
            .unwrap_or_else(|| packet.clone());
        self.forged += u32::from(said != packet);
        let is_copy = packet.first() == Some(&statement::TAG);
        // What is no statement any more goes only once.
        if channel == Channel::Reliable || !is_copy || said.first() == Some(&statement::TAG) {
            self.inner.send(to, channel, said);
        }
    }

    fn local_id(&self) -> Option<PeerId> {
        self.inner.local_id()
    }

    fn known_peers(&self) -> Vec<KnownPeer> {
        self.inner.known_peers()
    }

    fn signaling(&self) -> SignalingState {
        self.inner.signaling()
    }

    fn receive(&mut self) -> Option<(PeerId, Channel, Bytes)> {
        self.inner.receive()
    }

    fn take_closed(&mut self) -> Option<PeerId> {
        self.inner.take_closed()
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

    fn path(&self, peer: PeerId) -> Path {
        self.inner.path(peer)
    }

    fn dropped(&self) -> u64 {
        self.inner.dropped()
    }
}
