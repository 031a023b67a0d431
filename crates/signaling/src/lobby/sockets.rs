//! The peers that have a connection to this node: the way to each of them.
//!
//! A connection is *entering* from before the store is asked until its answer is here. What the
//! store tells it meanwhile goes into its queue; signals, whose room is not known yet, are kept
//! until it is.

use super::outbox::{Link, Outbox, encode};
use crate::{
    limits::MAX_EARLY_SIGNALS,
    shrink::shrink,
    store::{Address, Entered, Node, Notice, RoomKey, Visit},
};
use axum::extract::ws::Utf8Bytes;
use matchbox_protocol::{JsonPeerEvent, PeerId};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// All connections behind one lock, which is held for a few map look-ups and never across an
/// await, nor while the store is asked.
#[derive(Debug, Default)]
pub(crate) struct Sockets(Mutex<Table>);

#[derive(Debug, Default)]
struct Table {
    present: HashMap<PeerId, Present>,
    /// Of one peer as a rule one.
    entering: HashMap<PeerId, Vec<Entering>>,
}

/// A peer in a room.
#[derive(Debug)]
struct Present {
    visit: Visit,
    order: u64,
    room: RoomKey,
    outbox: Outbox,
}

/// A peer that the store may have let in already.
#[derive(Debug)]
struct Entering {
    visit: Visit,
    outbox: Outbox,
    early: Vec<(RoomKey, Utf8Bytes)>,
}

/// There are as many as there may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Full;

impl Sockets {
    /// Prepares for the notices of an entrance. Whoever has a connection already needs no place of
    /// the `max` for another one.
    pub(crate) fn begin(&self, who: Address, outbox: Outbox, max: usize) -> Result<(), Full> {
        let mut table = self.table();
        let places = table.present.len() + table.entering.len();
        if places >= max && !table.present.contains_key(&who.peer) {
            return Err(Full);
        }
        table.entering.entry(who.peer).or_default().push(Entering {
            visit: who.visit,
            outbox,
            early: Vec::new(),
        });
        Ok(())
    }

    /// The peer is in. An older connection of it ends, as does this one if it is the older.
    pub(crate) fn enter(&self, who: Address, entered: Entered) {
        let mut table = self.table();
        // Gone if the peer has another connection, or its room was closed.
        let Some(Entering { outbox, early, .. }) = table.take_entering(who) else {
            return;
        };
        let elder = table.present.get(&who.peer);
        if elder.is_some_and(|elder| elder.order > entered.order) {
            return;
        }
        for peer in entered.later {
            broadcast([&outbox], &JsonPeerEvent::NewPeer(peer));
        }
        for (room, text) in early {
            if room == entered.room {
                outbox.push(&text);
            }
        }
        let present = Present {
            visit: who.visit,
            order: entered.order,
            room: entered.room,
            outbox,
        };
        table.present.insert(who.peer, present);
    }

    /// Ends a visit's way, if it still has one.
    pub(crate) fn remove(&self, who: Address) {
        self.table().remove(who);
    }

    /// The way from a peer to another of its room that is here: nobody waits for the table while
    /// the signal is written.
    pub(crate) fn link(&self, sender: PeerId, receiver: PeerId) -> Option<Arc<Link>> {
        let table = self.table();
        let from = table.present.get(&sender)?;
        let to = table.present.get(&receiver)?;
        (from.room == to.room).then(|| to.outbox.link())
    }

    /// Passes a signal on to a peer of the sender's room that is here. Otherwise says in which
    /// room that peer would have to be, if the sender is in any.
    pub(crate) fn signal(
        &self,
        sender: PeerId,
        receiver: PeerId,
        text: &Utf8Bytes,
    ) -> Result<(), Option<RoomKey>> {
        let mut table = self.table();
        let from = table.present.get(&sender).ok_or(None)?;
        match table.present.get(&receiver) {
            Some(to) if to.room == from.room => {
                to.outbox.push(text);
                Ok(())
            }
            _ => {
                let room = from.room.clone();
                match table.keep_early(&room, receiver, text) {
                    true => Ok(()),
                    false => Err(Some(room)),
                }
            }
        }
    }

    fn table(&self) -> MutexGuard<'_, Table> {
        // No code path panics while it holds the lock; if one did, the table is still usable.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Table {
    fn outbox(&self, who: &Address) -> Option<&Outbox> {
        if let Some(present) = self.present.get(&who.peer)
            && present.visit == who.visit
        {
            return Some(&present.outbox);
        }
        let entering = self.entering.get(&who.peer)?;
        let entering = entering.iter().find(|one| one.visit == who.visit)?;
        Some(&entering.outbox)
    }

    fn remove(&mut self, who: Address) -> Option<Outbox> {
        let present = self.present.get(&who.peer);
        if present.is_some_and(|present| present.visit == who.visit) {
            let gone = self.present.remove(&who.peer);
            shrink(&mut self.present);
            return gone.map(|gone| gone.outbox);
        }
        self.take_entering(who).map(|gone| gone.outbox)
    }

    fn take_entering(&mut self, who: Address) -> Option<Entering> {
        let of_peer = self.entering.get_mut(&who.peer)?;
        let place = of_peer.iter().position(|one| one.visit == who.visit)?;
        let taken = of_peer.swap_remove(place);
        if of_peer.is_empty() {
            self.entering.remove(&who.peer);
            shrink(&mut self.entering);
        }
        Some(taken)
    }

    /// Keeps a signal for a peer that may be in the room before this node knows; whether there is
    /// such a peer.
    fn keep_early(&mut self, room: &RoomKey, receiver: PeerId, text: &Utf8Bytes) -> bool {
        let entering = self.entering.get_mut(&receiver);
        for one in entering.into_iter().flatten() {
            if one.early.len() < MAX_EARLY_SIGNALS {
                one.early.push((room.clone(), text.clone()));
            }
        }
        self.entering.contains_key(&receiver)
    }

    fn tell(&self, to: &[Address], event: &JsonPeerEvent) {
        broadcast(to.iter().filter_map(|who| self.outbox(who)), event);
    }
}

impl Node for Sockets {
    fn deliver(&self, notice: Notice) {
        let mut table = self.table();
        match notice {
            Notice::NewPeer { to, peer } => table.tell(&to, &JsonPeerEvent::NewPeer(peer)),
            Notice::PeerLeft { to, peer } => table.tell(&to, &JsonPeerEvent::PeerLeft(peer)),
            Notice::Replaced { to } => drop(table.remove(to)),
            Notice::Closed { to } => {
                for outbox in to.into_iter().filter_map(|who| table.remove(who)) {
                    outbox.close_room();
                }
            }
            Notice::Signal {
                room,
                receiver,
                text,
            } => match table.present.get(&receiver) {
                Some(to) if to.room == room => to.outbox.push(&text),
                _ => {
                    table.keep_early(&room, receiver, &text);
                }
            },
        }
    }
}

/// Writes an event once, into any number of queues.
fn broadcast<'a>(outboxes: impl IntoIterator<Item = &'a Outbox>, event: &JsonPeerEvent) {
    if let Some(text) = encode(event) {
        for outbox in outboxes {
            outbox.push(&text);
        }
    }
}
