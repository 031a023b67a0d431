//! A peer that hears nothing: nobody is there, or it wakes and nothing has come yet.

use super::{
    game::Sums,
    world::{Peer, World},
};
use bytes::Bytes;
use netplay::transport::{Channel, KnownPeer, Path, SignalingState, Transport};
use protocol::PeerId;
use std::{
    task::{Context, Poll},
    time::Duration,
};

/// A transport that brings nothing, and whose signaling goes as a test wants it.
#[derive(Default)]
pub struct Alone {
    pub id: Option<PeerId>,
    pub signaling: SignalingState,
    pub known: Vec<KnownPeer>,
    pub sent: Vec<(PeerId, Channel, Bytes)>,
    pub hung_up: Vec<PeerId>,
}

impl Transport for Alone {
    fn local_id(&self) -> Option<PeerId> {
        self.id
    }
    fn known_peers(&self) -> Vec<KnownPeer> {
        self.known.clone()
    }
    fn signaling(&self) -> SignalingState {
        self.signaling.clone()
    }
    fn send(&mut self, to: PeerId, channel: Channel, packet: Bytes) {
        self.sent.push((to, channel, packet));
    }
    fn receive(&mut self) -> Option<(PeerId, Channel, Bytes)> {
        None
    }
    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<()> {
        Poll::Pending
    }
    fn take_closed(&mut self) -> Option<PeerId> {
        None
    }
    fn hang_up(&mut self, peer: PeerId) {
        self.hung_up.push(peer);
    }
    fn ban(&mut self, _: PeerId) {}
    fn path(&self, _: PeerId) -> Path {
        Path::Unknown
    }
    fn dropped(&self) -> u64 {
        0
    }
}

/// Stops one of `peers` for a while, and lets it wake before anything that was said to it has come,
/// as a process does: the system hands that on while it already acts.
pub fn stop(world: &World, peers: &mut [&mut Peer<Sums>], stopped: usize, time: Duration) {
    let (before, rest) = peers.split_at_mut(stopped);
    let [stopped, after @ ..] = rest else {
        panic!("nobody to be stopped");
    };
    let mut awake: Vec<&mut Peer<Sums>> = (before.iter_mut().chain(after))
        .map(|peer| &mut **peer)
        .collect();
    world.run(&mut awake, time);
    let mut early = Alone {
        id: Some(stopped.id()),
        signaling: stopped.transport.signaling(),
        known: stopped.transport.known_peers(),
        ..Alone::default()
    };
    stopped.room.turn(world.now(), &mut early);
    for (to, channel, packet) in early.sent {
        stopped.transport.send(to, channel, packet);
    }
    for peer in early.hung_up {
        stopped.transport.hang_up(peer);
    }
}
