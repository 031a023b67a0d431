//! The rooms as the sockets see them: joining tells the others, and leaving cannot be forgotten.

use crate::{
    outbox::{Inbox, Outbox, encode, outbox},
    problem::Refusal,
    rooms::{Full, NotCreated, Occupancy, Request, Rooms, Visit},
    token::Token,
};
use matchbox_protocol::{JsonPeerEvent, PeerId};
use protocol::api::ProblemCode;
use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};
use uuid::Uuid;

/// All rooms behind one lock, which is held for a few map look-ups and never across an await.
#[derive(Debug)]
pub(crate) struct Lobby {
    rooms: Mutex<Rooms<Outbox>>,
    max_sockets: usize,
}

/// One peer's place in a room. Dropping it, however that comes about, tells the others; unless
/// the peer has another connection by then, whose place it is now.
#[derive(Debug)]
pub(crate) struct Place {
    lobby: Arc<Lobby>,
    peer: PeerId,
    visit: Visit,
    may_return: bool,
    resumed: bool,
}

impl Lobby {
    pub(crate) fn new(max_sockets: usize, max_rooms: usize, room_grace: Duration) -> Self {
        Self {
            rooms: Mutex::new(Rooms::new(max_rooms, room_grace)),
            max_sockets,
        }
    }

    /// Gives a newcomer an id and a place, and tells those who were there before. Whoever holds
    /// the token of a peer that is in the room takes its place, and nobody else is told.
    pub(crate) fn join(
        self: &Arc<Self>,
        request: &Request,
        token: Option<Token>,
    ) -> Result<(Place, Inbox), Refusal> {
        let peer = token.map_or_else(|| PeerId(Uuid::new_v4()), Token::peer_id);
        let (outbox, inbox) = outbox();
        // First in its own queue: matchbox expects its id before anything else.
        if let Some(event) = encode(&JsonPeerEvent::IdAssigned(peer)) {
            outbox.push(&event);
        }
        let mut rooms = self.lock();
        let (visit, resumed) = match rooms.resume(request, peer, outbox) {
            Ok((visit, outbox, later)) => {
                let events = later.into_iter().map(JsonPeerEvent::NewPeer);
                events.for_each(|event| broadcast(&[outbox], &event));
                (visit, true)
            }
            Err(outbox) => (self.enter(&mut rooms, request, peer, outbox)?, false),
        };
        drop(rooms);
        let place = Place {
            lobby: Arc::clone(self),
            peer,
            visit,
            // A group waits for the next one who comes, not for one who may return: whoever made
            // it complete would be left with nobody.
            may_return: token.is_some() && !request.is_group(),
            resumed,
        };
        Ok((place, inbox))
    }

    /// A place for a peer that has none in this room.
    fn enter(
        &self,
        rooms: &mut Rooms<Outbox>,
        request: &Request,
        peer: PeerId,
        outbox: Outbox,
    ) -> Result<Visit, Refusal> {
        // A token holds one place: it may have one in another room.
        if let Some(visit) = rooms.visit(peer) {
            leave(rooms, peer, visit);
        }
        if rooms.peers() >= self.max_sockets {
            let detail = format!("It holds {} players.", self.max_sockets);
            return Err(Refusal::new(ProblemCode::ServerFull, detail));
        }
        let (visit, others) = rooms
            .join(request, peer, outbox, Instant::now())
            .map_err(refuse_full)?;
        broadcast(&others, &JsonPeerEvent::NewPeer(peer));
        Ok(visit)
    }

    pub(crate) fn create(&self, code: &str) -> Result<Occupancy, NotCreated> {
        self.lock().create(code, Instant::now())
    }

    pub(crate) fn look_up(&self, code: &str) -> Option<Occupancy> {
        self.lock().look_up(code, Instant::now())
    }

    /// Rooms now.
    pub(crate) fn rooms(&self) -> usize {
        self.lock().len()
    }

    fn lock(&self) -> MutexGuard<'_, Rooms<Outbox>> {
        // No code path panics while it holds the lock; if one did, the rooms are still usable.
        self.rooms.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Place {
    pub(crate) fn peer(&self) -> PeerId {
        self.peer
    }

    /// Whether the peer can take this place again on another connection.
    pub(crate) fn may_return(&self) -> bool {
        self.may_return
    }

    /// Whether the peer had this place before.
    pub(crate) fn resumed(&self) -> bool {
        self.resumed
    }

    /// Passes a signal on to another peer of the same room; whether there is one.
    pub(crate) fn signal(&self, receiver: PeerId, data: &str) -> bool {
        // Nobody waits for the lock while bytes are written.
        let link = self
            .lobby
            .lock()
            .route(self.peer, receiver)
            .map(Outbox::link);
        if let Some(link) = &link {
            link.relay(self.peer, data);
        }
        link.is_some()
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        leave(&mut self.lobby.lock(), self.peer, self.visit);
    }
}

fn leave(rooms: &mut Rooms<Outbox>, peer: PeerId, visit: Visit) {
    let others = rooms.leave(peer, visit, Instant::now());
    broadcast(&others, &JsonPeerEvent::PeerLeft(peer));
}

/// The problem that says so.
pub(crate) fn refuse_full(full: Full) -> Refusal {
    let code = match full {
        Full::Room(_) => ProblemCode::RoomFull,
        Full::Server(_) => ProblemCode::ServerFull,
    };
    Refusal::new(code, format!("{full}."))
}

fn broadcast(outboxes: &[&Outbox], event: &JsonPeerEvent) {
    if let Some(text) = encode(event) {
        outboxes.iter().for_each(|outbox| outbox.push(&text));
    }
}
