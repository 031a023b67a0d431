//! Who is in which room: a state machine without sockets or clocks.
//!
//! There are three kinds of rooms. A *created* room was asked for over HTTP and has a random code;
//! it outlives its peers by a grace. A *bare* room is made by the first WebSocket on its path and
//! vanishes with its last. A *group* gathers the peers of `/NAME?next=N` in the order of their
//! coming: the Nth closes it, and the next one opens another under the same name.
//!
//! A peer that returns while it still has its place keeps it, and the order of their coming: of
//! each pair the same one is told of the other, however often either returns.
//!
//! Here are the rooms themselves; [`visits`] has coming and leaving, [`open`] the order in which
//! newcomers find the public ones.

mod open;
mod visits;

use crate::{
    limits::{MAX_BARE_ROOM_PEERS, MAX_KNOWN_PEERS, QUICK_HOLD},
    shrink::shrink,
    store::{Address, Charter, Cursor, Listing, Notice, Page, Refused, RoomKey, RoomState, Visit},
};
use matchbox_protocol::PeerId;
use open::Open;
use std::{
    collections::{BTreeSet, HashMap},
    time::{Duration, Instant},
};

/// Under what newcomers find a room.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Name {
    Created(String),
    Bare(String),
    Group(String, usize),
}

type RoomId = u64;

/// Where to send what sockets must know, in its order.
type Tell<'a> = &'a mut dyn FnMut(Notice);

#[derive(Debug)]
struct Member {
    room: RoomId,
    visit: Visit,
}

#[derive(Debug)]
struct Room {
    key: RoomKey,
    name: Name,
    /// In the order of their coming.
    peers: Vec<PeerId>,
    created: Option<Box<Created>>,
}

/// What only created rooms have.
#[derive(Debug)]
struct Created {
    charter: Charter,
    sealed: bool,
    /// Who was ever in it, the latest last.
    known: Vec<PeerId>,
    /// Whom quick match has sent here, and until when they are waited for.
    expected: Vec<(PeerId, Instant)>,
    /// Since when it has been empty.
    empty_since: Option<Instant>,
}

impl Room {
    fn capacity(&self) -> usize {
        match (&self.name, &self.created) {
            (_, Some(created)) => created.charter.capacity,
            (Name::Group(_, size), None) => *size,
            (Name::Created(_) | Name::Bare(_), None) => MAX_BARE_ROOM_PEERS,
        }
    }

    fn state(&self) -> Option<RoomState> {
        let created = self.created.as_deref()?;
        Some(RoomState {
            charter: created.charter.clone(),
            sealed: created.sealed,
            peers: self.peers.clone(),
            known: created.known.clone(),
        })
    }
}

impl Created {
    fn remember(&mut self, peer: PeerId) {
        self.known.retain(|known| *known != peer);
        if self.known.len() >= MAX_KNOWN_PEERS {
            self.known.remove(0);
        }
        self.known.push(peer);
        self.expected.retain(|(expected, _)| *expected != peer);
    }
}

/// All rooms, and everybody in them.
#[derive(Debug)]
pub(crate) struct Rooms {
    max_rooms: usize,
    grace: Duration,
    next_id: RoomId,
    next_order: u64,
    rooms: HashMap<RoomId, Room>,
    /// The rooms that newcomers can find; a group that is complete is not among them.
    by_name: HashMap<Name, RoomId>,
    peers: HashMap<PeerId, Member>,
    /// The empty created rooms, longest empty first.
    empty: BTreeSet<(Instant, RoomId)>,
    open: Open,
}

impl Rooms {
    /// No rooms yet, and never more than `max_rooms`; created ones stay empty for `grace`.
    pub(crate) fn new(max_rooms: usize, grace: Duration) -> Self {
        Self {
            max_rooms,
            grace,
            next_id: 0,
            next_order: 0,
            rooms: HashMap::new(),
            by_name: HashMap::new(),
            peers: HashMap::new(),
            empty: BTreeSet::new(),
            open: Open::default(),
        }
    }

    pub(crate) fn create(&mut self, charter: &Charter, now: Instant) -> Result<RoomState, Refused> {
        self.forget_expired(now);
        let code = &charter.code;
        if self.by_name.contains_key(&Name::Created(code.clone()))
            || self.by_name.contains_key(&Name::Bare(code.clone()))
        {
            return Err(Refused::Taken);
        }
        let id = self.open_created(charter.clone())?;
        self.change(id, |room| {
            if let Some(created) = &mut room.created {
                created.empty_since = Some(now);
            }
        });
        self.state(id)
    }

    /// Rooms, empty ones included.
    pub(crate) fn len(&self) -> usize {
        self.rooms.len()
    }

    pub(crate) fn find(&mut self, code: &str, now: Instant) -> Result<RoomState, Refused> {
        self.forget_expired(now);
        self.state(self.find_code(code)?)
    }

    pub(crate) fn list(&mut self, question: &Listing, now: Instant) -> Page {
        self.forget_expired(now);
        let fits = |state: &RoomState| {
            let version = &question.version;
            version.as_ref().is_none_or(|v| *v == state.charter.version)
        };
        let mut rest = self.open.by_age(question.after.as_ref());
        let mut rooms = Vec::new();
        let mut more = rest
            .by_ref()
            .filter_map(|id| self.rooms.get(&id)?.state())
            .filter(fits);
        rooms.extend(more.by_ref().take(question.limit));
        let next = more
            .next()
            .and(rooms.last())
            .map(|last| Cursor::of(&last.charter));
        Page { rooms, next }
    }

    pub(crate) fn quick(
        &mut self,
        peer: PeerId,
        charter: &Charter,
        now: Instant,
    ) -> Result<RoomState, Refused> {
        self.forget_expired(now);
        let has_place = |id: &RoomId| {
            self.rooms.get(id).is_some_and(|room| {
                let expected = room.created.iter().flat_map(|created| &created.expected);
                let others = expected.filter(|(other, until)| *other != peer && *until > now);
                room.peers.len() + others.count() < room.capacity()
            })
        };
        let found = self.open.fullest_first(&charter.version).find(has_place);
        let id = match found {
            Some(id) => id,
            None => {
                self.create(charter, now)?;
                self.find_code(&charter.code)?
            }
        };
        let created = self
            .rooms
            .get_mut(&id)
            .and_then(|room| room.created.as_mut());
        if let Some(created) = created {
            let stays = |(other, until): &(PeerId, Instant)| *other != peer && *until > now;
            created.expected.retain(stays);
            created.expected.push((peer, now + QUICK_HOLD));
        }
        self.state(id)
    }

    pub(crate) fn seal(
        &mut self,
        code: &str,
        owner: PeerId,
        sealed: bool,
    ) -> Result<RoomState, Refused> {
        let id = self.find_owned(code, owner)?;
        self.change(id, |room| {
            if let Some(created) = &mut room.created {
                created.sealed = sealed;
            }
        });
        self.state(id)
    }

    pub(crate) fn close(
        &mut self,
        code: &str,
        owner: PeerId,
        tell: Tell<'_>,
    ) -> Result<(), Refused> {
        let id = self.find_owned(code, owner)?;
        let peers = self.rooms.get(&id).map(|room| room.peers.clone());
        let gone = peers.iter().flatten().filter_map(|peer| {
            let Member { visit, .. } = self.peers.remove(peer)?;
            Some(Address { peer: *peer, visit })
        });
        tell(Notice::Closed { to: gone.collect() });
        self.remove(id);
        Ok(())
    }

    fn find_code(&self, code: &str) -> Result<RoomId, Refused> {
        let id = self.by_name.get(&Name::Created(code.to_owned()));
        id.copied().ok_or(Refused::NoSuchRoom)
    }

    fn find_owned(&self, code: &str, owner: PeerId) -> Result<RoomId, Refused> {
        let id = self.find_code(code)?;
        match self.rooms.get(&id).and_then(|room| room.peers.first()) {
            Some(first) if *first == owner => Ok(id),
            _ => Err(Refused::NotOwner),
        }
    }

    fn state(&self, id: RoomId) -> Result<RoomState, Refused> {
        let room = self.rooms.get(&id);
        room.and_then(Room::state).ok_or(Refused::NoSuchRoom)
    }

    fn open_created(&mut self, charter: Charter) -> Result<RoomId, Refused> {
        let name = Name::Created(charter.code.clone());
        let created = Created {
            charter,
            sealed: false,
            known: Vec::new(),
            expected: Vec::new(),
            empty_since: None,
        };
        self.open(name, Some(Box::new(created)))
    }

    fn open(&mut self, name: Name, created: Option<Box<Created>>) -> Result<RoomId, Refused> {
        if self.rooms.len() >= self.max_rooms {
            // Whoever makes rooms in masses shortens the grace of empty ones, and no more.
            let Some(&(_, longest_empty)) = self.empty.first() else {
                return Err(Refused::ServerFull(self.max_rooms));
            };
            self.remove(longest_empty);
        }
        let id = self.next_id;
        self.next_id += 1;
        self.by_name.insert(name.clone(), id);
        self.rooms.insert(
            id,
            Room {
                key: RoomKey::from(id.to_string()),
                name,
                peers: Vec::new(),
                created,
            },
        );
        Ok(id)
    }

    /// Changes a room, and with it whatever finds rooms by what was changed.
    fn change<T>(&mut self, id: RoomId, change: impl FnOnce(&mut Room) -> T) -> Option<T> {
        let room = self.rooms.get_mut(&id)?;
        self.open.remove(room);
        if let Some(since) = room.created.as_ref().and_then(|c| c.empty_since) {
            self.empty.remove(&(since, id));
        }
        let changed = change(room);
        self.open.insert(id, room);
        if let Some(since) = room.created.as_ref().and_then(|c| c.empty_since) {
            self.empty.insert((since, id));
        }
        let complete = matches!(room.name, Name::Group(_, size) if room.peers.len() == size);
        if complete && self.by_name.get(&room.name) == Some(&id) {
            self.by_name.remove(&room.name);
        }
        Some(changed)
    }

    fn remove(&mut self, id: RoomId) {
        let Some(room) = self.rooms.remove(&id) else {
            return;
        };
        shrink(&mut self.rooms);
        self.open.remove(&room);
        if let Some(since) = room.created.as_ref().and_then(|c| c.empty_since) {
            self.empty.remove(&(since, id));
        }
        // A complete group's name may by now belong to the next group.
        if self.by_name.get(&room.name) == Some(&id) {
            self.by_name.remove(&room.name);
            shrink(&mut self.by_name);
        }
    }

    fn forget_expired(&mut self, now: Instant) {
        while let Some(&(since, id)) = self.empty.first()
            && now.saturating_duration_since(since) >= self.grace
        {
            self.remove(id);
        }
    }

    fn addresses(&self, peers: &[PeerId]) -> Vec<Address> {
        let address = |peer: &PeerId| {
            let Member { visit, .. } = self.peers.get(peer)?;
            Some(Address {
                peer: *peer,
                visit: *visit,
            })
        };
        peers.iter().filter_map(address).collect()
    }
}

#[cfg(test)]
mod tests;
