//! The real transport: WebRTC data channels by matchbox_socket, one socket for each remote peer.
//!
//! [`open`] gives a transport and the task that feeds it: behind one signaling client, the
//! `exchange` opens and drops the sockets of the room's peers as they come and go, whoever keeps
//! their message loops running (bevy_matchbox in the game, a thread in [`spawn`]). From then on
//! nothing here depends on anybody's pictures.
//!
//! So one peer's fault stays its own. What matchbox 0.15 does to a socket when a connection breaks
//! in the wrong moment ends that one connection (`contain`), and however one has ended that was not
//! meant to, the pair tries again (`attempt`); a ban drops that peer's socket; and what has not opened
//! within [`HANDSHAKE_DEADLINE`](protocol::limits::HANDSHAKE_DEADLINE) is dropped too. matchbox's
//! queues have no bound, so packets are not queued any more when [`MAX_QUEUED_PACKETS`] wait.

mod attempt;
mod contain;
mod exchange;
mod ice;
mod line;
mod link;
mod side;

pub use ice::Ice;
use ice::Renewal;
pub use side::MAX_QUEUED_PACKETS;

use super::{Channel, KnownPeer, Outage, Path, SignalingState, Transport};
use crate::signaling::{
    directory::{Directory, MAX_REMEMBERED, Presence},
    entrance::{Entrance, Found},
    local::LocalHub,
    remote::RemoteSignaller,
};
use bytes::Bytes;
use exchange::{Ends, Exchange, wires};
use futures::{StreamExt, future::select, pin_mut};
use matchbox_socket::{MessageLoopFuture, SignallerBuilder, WebRtcSocket};
use protocol::PeerId;
use side::Sides;
use std::{
    collections::VecDeque,
    future::Future,
    ops::DerefMut,
    task::{Context, Poll},
};

/// Packets dropped in one call of [`Transport::receive`] before it says that there is none: a
/// flood from a banned peer cannot hold the session.
const MAX_DROPS_PER_CALL: usize = 256;

/// How peers are to be found.
#[derive(Clone, Debug)]
pub enum Signaling {
    /// Over a server, by the room's name alone: its WebSocket, `ws(s)://server/room` (see
    /// [`crate::signaling::api::ServerUrl::room`]).
    Remote {
        /// The room's address.
        room_url: String,
    },
    /// Over a server that has created the room.
    Created(Entrance),
    /// Inside this process.
    Local(LocalHub),
}

impl From<Found> for Signaling {
    fn from(found: Found) -> Self {
        match found {
            Found::Created(entrance) => Self::Created(entrance),
            Found::Bare { room_url } => Self::Remote { room_url },
        }
    }
}

/// A transport, and the room's task, which runs until the transport is dropped: without it
/// nothing happens. It may run anywhere, on the web on the page's event loop.
///
/// `opener` gets each new socket with its message loop, runs that, and gives the socket back, as
/// bevy_matchbox's `MatchboxSocket::from((socket, message_loop))` does. It is called by the room's
/// task. The message loop ends by itself when its socket is to be no more.
pub fn open<S>(
    signaling: Signaling,
    ice: Ice,
    opener: impl FnMut(WebRtcSocket, MessageLoopFuture) -> S + Send + 'static,
) -> (MatchboxTransport, impl Future<Output = ()> + 'static)
where
    S: DerefMut<Target = WebRtcSocket> + Send + 'static,
{
    let directory = Directory::default();
    let (ends, wires) = wires();
    let transport = MatchboxTransport {
        directory: directory.clone(),
        ends,
        peers: Vec::new(),
        turn: 0,
        closed: VecDeque::new(),
    };
    let room = async move {
        let joined = match signaling {
            Signaling::Remote { room_url } => {
                RemoteSignaller::builder(directory.clone())
                    .new_signaller(None, room_url)
                    .await
            }
            Signaling::Created(entrance) => {
                RemoteSignaller::entering(directory.clone(), entrance)
                    .new_signaller(None, String::new())
                    .await
            }
            Signaling::Local(hub) => {
                hub.signaller(directory.clone())
                    .new_signaller(None, String::new())
                    .await
            }
        };
        let signaller = match joined {
            Ok(signaller) => signaller,
            // A sentence that was set before is better, and stays.
            Err(error) => {
                let outage = Outage::Other(error.to_string());
                return directory.set_signaling(SignalingState::Failed(outage));
            }
        };
        // Meanwhile the client joins the room; what it hears waits for the exchange.
        let Some(renewal) = Renewal::begin(ice, directory.clone()).await else {
            return directory.set_signaling(SignalingState::Failed(Outage::NoRelay));
        };
        let exchange = Exchange::new(directory, signaller, renewal.servers(), opener, wires);
        let (exchange, renewal) = (exchange.run(), renewal.run());
        pin_mut!(exchange, renewal);
        select(exchange, renewal).await;
    };
    (transport, room)
}

/// Opens a transport whose room and sockets run on one thread of their own until it is dropped.
///
/// # Errors
/// When the system starts no further thread.
#[cfg(not(target_arch = "wasm32"))]
pub fn spawn(signaling: Signaling, ice: Ice) -> std::io::Result<MatchboxTransport> {
    let executor = std::sync::Arc::new(smol::Executor::new());
    let loops = executor.clone();
    let (transport, room) = open(signaling, ice, move |socket, message_loop| {
        loops.spawn(message_loop).detach();
        Box::new(socket)
    });
    std::thread::Builder::new()
        .name("matchbox".to_owned())
        .spawn(move || smol::block_on(executor.run(room)))?;
    Ok(transport)
}

/// WebRTC data channels as a [`Transport`].
pub struct MatchboxTransport {
    directory: Directory,
    ends: Ends,
    /// By the order of their sockets' opening. A peer that has come anew may be here twice, its
    /// older socket with packets yet to be taken.
    peers: Vec<Sides>,
    /// Whose packet is next: peers take turns, so that none holds the others up.
    turn: usize,
    /// Peers whose channels have closed, until that is taken. At most [`MAX_REMEMBERED`]: of more,
    /// the oldest are forgotten.
    closed: VecDeque<PeerId>,
}

impl MatchboxTransport {
    /// The next packet of any peer, and whether it keeps its channel's bound.
    fn take(&mut self) -> Option<(PeerId, Channel, Bytes, bool)> {
        let count = self.peers.len();
        for step in 0..count {
            let at = (self.turn + step) % count;
            if self.waits(at) {
                continue;
            }
            let sides = &mut self.peers[at];
            if let Some((channel, packet, fits)) = sides.receive() {
                self.turn = at + 1;
                // It says sooner than matchbox that the channels are open.
                self.directory.set_heard(sides.peer, sides.attempt);
                return Some((sides.peer, channel, packet, fits));
            }
        }
        None
    }

    /// Whether the turn of the socket at this place has not come: all that was agreed over the one
    /// before ends with that, so its closing is told first.
    fn waits(&self, at: usize) -> bool {
        let peer = self.peers[at].peer;
        let is_before = |sides: &Sides| sides.peer == peer && sides.was_heard();
        self.closed.contains(&peer) || self.peers[..at].iter().any(is_before)
    }

    /// The place of the newest socket to this peer.
    fn newest(&self, peer: PeerId) -> Option<usize> {
        self.peers.iter().rposition(|sides| sides.peer == peer)
    }

    /// Takes new sockets in.
    fn take_in(&mut self) {
        while let Ok(sides) = self.ends.sockets.try_recv() {
            self.peers.push(sides);
        }
    }

    /// Lets go of sockets that have ended and have no packet left. Says whether there were any.
    fn let_go(&mut self) -> bool {
        let ended: Vec<Sides> = (self.peers)
            .extract_if(.., |sides| sides.has_ended())
            .collect();
        for sides in ended.iter().filter(|sides| sides.was_heard()) {
            let is_banned = self.directory.presence(sides.peer) == Some(Presence::Banned);
            let mut others = self.peers.iter();
            let has_another = others.any(|other| other.peer == sides.peer && other.was_heard());
            if !is_banned && !has_another {
                self.closed.push_back(sides.peer);
            }
        }
        let excess = self.closed.len().saturating_sub(MAX_REMEMBERED);
        self.closed.drain(..excess);
        !ended.is_empty()
    }
}

impl Transport for MatchboxTransport {
    fn local_id(&self) -> Option<PeerId> {
        self.directory.local_id()
    }

    fn known_peers(&self) -> Vec<KnownPeer> {
        let mut known = self.directory.peers();
        known.retain(|peer| !self.newest(peer.id).is_some_and(|at| self.waits(at)));
        known
    }

    fn signaling(&self) -> SignalingState {
        self.directory.signaling()
    }

    fn send(&mut self, to: PeerId, channel: Channel, packet: Bytes) {
        self.take_in();
        let banned = self.directory.presence(to) == Some(Presence::Banned);
        // What belongs to a connection that has ended goes nowhere.
        let at = self.newest(to).filter(|at| !banned && !self.waits(*at));
        if !at.is_some_and(|at| self.peers[at].send(channel, packet)) {
            self.directory.count_drop();
        }
    }

    fn receive(&mut self) -> Option<(PeerId, Channel, Bytes)> {
        self.take_in();
        for _ in 0..MAX_DROPS_PER_CALL {
            let (peer, channel, packet, fits) = self.take()?;
            if fits && self.directory.presence(peer) != Some(Presence::Banned) {
                return Some((peer, channel, packet));
            }
            self.directory.count_drop();
        }
        None
    }

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<()> {
        while let Poll::Ready(Some(sides)) = self.ends.sockets.poll_next_unpin(context) {
            self.peers.push(sides);
        }
        if self.let_go() {
            return Poll::Ready(());
        }
        // All are asked, so that all wake the task.
        let ready = (self.peers.iter_mut())
            .map(|sides| sides.poll_ready(context))
            .fold(false, |any, ready| any | ready);
        if ready {
            Poll::Ready(())
        } else {
            Poll::Pending
        }
    }

    fn take_closed(&mut self) -> Option<PeerId> {
        self.take_in();
        self.let_go();
        self.closed.pop_front()
    }

    fn hang_up(&mut self, peer: PeerId) {
        self.directory.set_over(peer);
        // Full means that a look is due already.
        let _ = self.ends.look.try_send(());
    }

    fn ban(&mut self, peer: PeerId) {
        self.directory.ban(peer);
        // Full means that a look is due already.
        let _ = self.ends.look.try_send(());
    }

    fn path(&self, peer: PeerId) -> Path {
        self.directory.path(peer)
    }

    fn dropped(&self) -> u64 {
        self.directory.dropped()
    }
}
