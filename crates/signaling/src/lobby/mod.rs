//! The rooms as the sockets see them: joining, signals, and leaving, which cannot be forgotten.

pub(crate) mod outbox;
pub(crate) mod sockets;

use crate::{
    admission::crowd::Present,
    http::problem::Refusal,
    store::{Address, Door, Entry, Refused, Store},
    websocket::signal,
};
use axum::extract::ws::Utf8Bytes;
use matchbox_protocol::{JsonPeerEvent, PeerId};
use outbox::{Inbox, encode, outbox};
use protocol::{api::ProblemCode, identity::PeerToken};
use sockets::{Full, Sockets};
use std::sync::Arc;
use uuid::Uuid;

/// This node's sockets, and the store that decides who is in which room.
#[derive(Debug)]
pub(crate) struct Lobby {
    store: Arc<dyn Store>,
    sockets: Arc<Sockets>,
    max_sockets: usize,
}

/// One peer's place in a room. Dropping it, however that comes about, ends the visit; unless the
/// peer has another connection by then, whose place it is now.
#[derive(Debug)]
pub(crate) struct Place {
    lobby: Arc<Lobby>,
    who: Address,
    may_return: bool,
    /// Whether the store may know of the visit.
    entered: bool,
    /// It counts among its household's for as long as it is kept.
    present: Option<Present>,
}

impl Lobby {
    /// At most `max_sockets` peers have a socket here. The store tells `sockets` its notices.
    pub(crate) fn new(store: Arc<dyn Store>, sockets: Arc<Sockets>, max_sockets: usize) -> Self {
        Self {
            store,
            sockets,
            max_sockets,
        }
    }

    /// What decides who is in which room.
    pub(crate) fn store(&self) -> &dyn Store {
        &*self.store
    }

    /// Gives a newcomer an id and a place, and tells those who were there before. Whoever holds
    /// the token of a peer that is in the room takes its place, and nobody else is told.
    pub(crate) async fn join(
        self: &Arc<Self>,
        door: Door,
        token: Option<PeerToken>,
        present: Option<Present>,
    ) -> Result<(Place, Inbox), Refusal> {
        let who = Address {
            peer: token.map_or_else(|| PeerId(Uuid::new_v4()), PeerToken::peer_id),
            visit: Uuid::new_v4().as_u64_pair().0,
        };
        let (outbox, inbox) = outbox();
        // First in its own queue: matchbox expects its id before anything else.
        if let Some(event) = encode(&JsonPeerEvent::IdAssigned(who.peer)) {
            outbox.push(&event);
        }
        self.sockets
            .begin(who, outbox, self.max_sockets)
            .map_err(|Full| self.refuse_full())?;
        let place = Place {
            lobby: Arc::clone(self),
            who,
            // A group waits for the next one who comes, not for one who may return: whoever made
            // it complete would be left with nobody.
            may_return: token.is_some() && !door.is_group(),
            entered: false,
            present,
        };
        // In a task of its own: a client that gives up meanwhile must not leave its entrance
        // half done. Then the place is dropped with the task's result.
        match tokio::spawn(place.enter(door)).await {
            Ok(Ok(place)) => Ok((place, inbox)),
            Ok(Err(refused)) => Err(refused.into()),
            // The runtime is going down, and with it whoever asked.
            Err(_) => Err(Refusal::new(ProblemCode::ShuttingDown, "")),
        }
    }

    fn refuse_full(&self) -> Refusal {
        let detail = format!("It holds {} players.", self.max_sockets);
        Refusal::new(ProblemCode::ServerFull, detail)
    }
}

impl Place {
    async fn enter(mut self, door: Door) -> Result<Self, Refused> {
        let who = self.who;
        let entered = self.lobby.store.enter(&Entry { who, door }).await;
        // Whether a store that is away has let the peer in, nobody knows.
        self.entered = matches!(entered, Ok(_) | Err(Refused::Away));
        self.lobby.sockets.enter(who, entered?);
        Ok(self)
    }

    pub(crate) fn peer(&self) -> PeerId {
        self.who.peer
    }

    /// Whether the peer can take this place again on another connection.
    pub(crate) fn may_return(&self) -> bool {
        self.may_return
    }

    /// Passes a signal on to another peer of the same room; whether there may be one.
    pub(crate) fn signal(&self, receiver: PeerId, data: &str) -> bool {
        let sender = self.who.peer;
        let Lobby { store, sockets, .. } = &*self.lobby;
        if let Some(link) = sockets.link(sender, receiver) {
            link.relay(sender, data);
            return true;
        }
        let text = Utf8Bytes::from(signal::event(sender, data));
        match sockets.signal(sender, receiver, &text) {
            Ok(()) => true,
            Err(Some(room)) => store.signal(&room, receiver, text),
            Err(None) => false,
        }
    }
}

impl Place {
    /// Ends a visit because this node goes down. A peer that may return has not left: a store that
    /// outlives the node keeps the place until it comes to another one.
    pub(crate) fn go_down(mut self) {
        self.entered &= !self.may_return;
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        // Before anybody hears of it: who comes next finds the place free.
        self.present = None;
        self.lobby.sockets.remove(self.who);
        if self.entered {
            self.lobby.store.leave(self.who);
        }
    }
}
