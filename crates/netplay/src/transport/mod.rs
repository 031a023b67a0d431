//! Two channels to every peer of a room, however they are carried.
//!
//! [`matchbox`] is the real one (WebRTC); [`memory`] is a seeded, lossy network inside one
//! process, for tests and for machines without any network interface; [`impair`] makes any other
//! one worse while it runs, to show what latency, jitter and loss do.

mod alarm;
mod dice;
pub mod impair;
pub mod matchbox;
pub mod memory;
mod outage;

use bytes::Bytes;
pub use outage::Outage;
use protocol::PeerId;
use std::task::{Context, Poll};

/// The two channels that every pair of peers has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Channel {
    /// Unordered, never sent again: rollback datagrams. Matchbox channel 0.
    Unreliable,
    /// Ordered, sent until it arrives: [`protocol::peer::Message`]. Matchbox channel 1.
    Reliable,
}

/// A peer that signaling has told of. Its channels may not be open yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KnownPeer {
    /// Its id.
    pub id: PeerId,
    /// Whether it was in the room before us.
    pub here_before_us: bool,
}

/// How a packet travels to another peer, as far as is known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Path {
    /// Not known (yet).
    #[default]
    Unknown,
    /// From peer to peer.
    Direct,
    /// Through a TURN server.
    Relayed,
    /// Inside one process, without WebRTC.
    Memory,
}

/// What became of signaling.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum SignalingState {
    /// On the way to the server, for the first time.
    #[default]
    Connecting,
    /// In the room.
    Online,
    /// Lost after it had been there; it is being tried again. Channels live on.
    Lost,
    /// Lost for good while channels are open: nobody new can join. Who is here plays on.
    Gone(Outage),
    /// Never reached, or refused; or lost for good while no channel was open.
    Failed(Outage),
}

/// Moves packets between this peer and the others of its room.
///
/// Nothing here blocks, and nothing fails loudly: a packet to a peer whose channels are closed
/// or not open yet is dropped, as an unreliable network would.
pub trait Transport: Send + 'static {
    /// This peer's id, once signaling has assigned it.
    fn local_id(&self) -> Option<PeerId>;
    /// The peers that signaling has told of, in the order of their coming. At most
    /// [`protocol::limits::MAX_PEERS`] and a few that are on their way. One whose connection has
    /// ended is among them again once another one is open.
    fn known_peers(&self) -> Vec<KnownPeer>;
    /// What became of signaling.
    fn signaling(&self) -> SignalingState;
    /// Queues a packet. Longer ones than the channel's limit are dropped and counted.
    fn send(&mut self, to: PeerId, channel: Channel, packet: Bytes);
    /// The next packet that has come, if any.
    fn receive(&mut self) -> Option<(PeerId, Channel, Bytes)>;
    /// Ready when [`Transport::receive`] may have a packet; wakes the task otherwise. May be
    /// ready too often.
    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<()>;
    /// A peer that was heard and whose channels have closed, each time once: it has gone, or its
    /// process has crashed. All that it had said before has been received. What signaling says of
    /// a peer never counts, and one that falls silent (a killed process, a cut cable) is not told
    /// of, or only much later: silence is the session's to judge.
    ///
    /// For some time both sides try to connect again, unless signaling says that it has left. What
    /// it says over another connection comes only after the closing of the one before was taken.
    fn take_closed(&mut self) -> Option<PeerId>;
    /// Ends the connection to a peer that has fallen silent. Both sides try to connect again, as
    /// after a [closing](Transport::take_closed).
    fn hang_up(&mut self, peer: PeerId);
    /// Drops a peer: its packets are dropped from now on, and its connection is closed once what
    /// was sent to it before has had time to go out.
    fn ban(&mut self, peer: PeerId);
    /// How packets travel to this peer.
    fn path(&self, peer: PeerId) -> Path;
    /// Packets dropped here, for whatever reason.
    fn dropped(&self) -> u64;
}
