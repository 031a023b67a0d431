//! Who is in which room: a state machine without sockets or clocks.
//!
//! There are three kinds of rooms. A *created* room was asked for over HTTP and has a random code;
//! it outlives its peers by a grace. A *bare* room is made by the first WebSocket on its path and
//! vanishes with its last. A *group* gathers the peers of `/NAME?next=N` in the order of their
//! coming: the Nth closes it, and the next one opens another under the same name.
//!
//! A peer that returns while it still has its place keeps it, and the order of their coming: of
//! each pair the same one is told of the other, however often either returns.

use crate::limits::{MAX_BARE_ROOM_PEERS, MAX_PEERS, MAX_ROOM_NAME_BYTES};
use matchbox_protocol::PeerId;
use protocol::api::parse_room_code;
use std::{
    collections::{BTreeSet, HashMap},
    time::{Duration, Instant},
};

/// The room that a WebSocket's address asks for, already checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Request {
    name: String,
    group: Option<usize>,
}

impl Request {
    /// Checks a path without its leading slash, percent-decoded, and the value of `next`.
    ///
    /// The empty name is a room like any other: stock clients that name none meet there.
    pub(crate) fn new(name: &str, next: Option<&str>) -> Result<Self, InvalidRequest> {
        if name.len() > MAX_ROOM_NAME_BYTES {
            return Err(InvalidRequest::NameTooLong);
        }
        let allowed = |b: u8| b.is_ascii_alphanumeric() || b"-._~".contains(&b);
        if !name.bytes().all(allowed) {
            return Err(InvalidRequest::NameSymbols);
        }
        let group = next
            .map(|next| match next.parse() {
                Ok(size) if (1..=MAX_BARE_ROOM_PEERS).contains(&size) => Ok(size),
                _ => Err(InvalidRequest::GroupSize),
            })
            .transpose()?;
        Ok(Self {
            name: name.to_owned(),
            group,
        })
    }

    /// Whether it asks for a group.
    pub(crate) fn is_group(&self) -> bool {
        self.group.is_some()
    }
}

/// Why an address names no room.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum InvalidRequest {
    #[error("a room's name has at most {MAX_ROOM_NAME_BYTES} symbols")]
    NameTooLong,
    #[error("a room's name has only letters, digits and - . _ ~")]
    NameSymbols,
    #[error("`next` is a number of peers from 1 to {MAX_BARE_ROOM_PEERS}")]
    GroupSize,
}

/// Why a peer did not get in, or a room was not made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Full {
    #[error("the room holds {0} peers")]
    Room(usize),
    #[error("the server holds {0} rooms")]
    Server(usize),
}

/// Why a room was not created.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NotCreated {
    /// Another room has this code.
    Taken,
    /// The server holds no more rooms.
    Full(Full),
}

/// What anyone may know of a room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Occupancy {
    pub(crate) peers: usize,
    pub(crate) capacity: usize,
}

/// Under what newcomers find a room.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Name {
    Created(String),
    Bare(String),
    Group(String, usize),
}

type RoomId = u64;

/// Tells a peer's stays apart: its newest connection's from one that was replaced.
pub(crate) type Visit = u64;

#[derive(Debug)]
struct Member<L> {
    room: RoomId,
    visit: Visit,
    link: L,
}

#[derive(Debug)]
struct Room {
    name: Name,
    /// In the order of their coming.
    peers: Vec<PeerId>,
    /// Since when a created room has been empty.
    empty_since: Option<Instant>,
}

impl Room {
    fn capacity(&self) -> usize {
        match self.name {
            Name::Created(_) => MAX_PEERS,
            Name::Bare(_) => MAX_BARE_ROOM_PEERS,
            Name::Group(_, size) => size,
        }
    }

    fn occupancy(&self) -> Occupancy {
        Occupancy {
            peers: self.peers.len(),
            capacity: self.capacity(),
        }
    }
}

/// All rooms, and the way to each peer in them, of type `L`.
#[derive(Debug)]
pub(crate) struct Rooms<L> {
    max_rooms: usize,
    grace: Duration,
    next_id: RoomId,
    next_visit: Visit,
    rooms: HashMap<RoomId, Room>,
    /// The rooms that newcomers can find; a group that is complete is not among them.
    by_name: HashMap<Name, RoomId>,
    peers: HashMap<PeerId, Member<L>>,
    /// The empty created rooms, longest empty first.
    empty: BTreeSet<(Instant, RoomId)>,
}

impl<L> Rooms<L> {
    /// No rooms yet, and never more than `max_rooms`; created ones stay empty for `grace`.
    pub(crate) fn new(max_rooms: usize, grace: Duration) -> Self {
        Self {
            max_rooms,
            grace,
            next_id: 0,
            next_visit: 0,
            rooms: HashMap::new(),
            by_name: HashMap::new(),
            peers: HashMap::new(),
            empty: BTreeSet::new(),
        }
    }

    /// Makes an empty room with `code`, which [`parse_room_code`] returned.
    pub(crate) fn create(&mut self, code: &str, now: Instant) -> Result<Occupancy, NotCreated> {
        self.forget_expired(now);
        if self.find_code(code).is_some() {
            return Err(NotCreated::Taken);
        }
        let id = self
            .open(Name::Created(code.to_owned()))
            .map_err(NotCreated::Full)?;
        self.mark_empty(id, now);
        self.rooms
            .get(&id)
            .map(Room::occupancy)
            .ok_or(NotCreated::Taken)
    }

    /// The room with `code`, which [`parse_room_code`] returned. After a restart of the server
    /// players return to their code's path before anyone creates it: such a room counts too.
    pub(crate) fn look_up(&mut self, code: &str, now: Instant) -> Option<Occupancy> {
        self.forget_expired(now);
        let id = self.find_code(code)?;
        self.rooms.get(&id).map(Room::occupancy)
    }

    /// Gives a peer that is still in this very room another link; the older one is dropped.
    /// Returns it with those who came after the peer: it is told of them again, since what its
    /// last connection brought is not known. Hands the link back if the peer has no place there.
    pub(crate) fn resume(
        &mut self,
        request: &Request,
        peer: PeerId,
        link: L,
    ) -> Result<(Visit, &L, Vec<PeerId>), L> {
        let name = self.name_of(request);
        let visit = self.next_visit;
        let Some(member) = self.peers.get_mut(&peer) else {
            return Err(link);
        };
        let place = self
            .rooms
            .get(&member.room)
            .filter(|room| room.name == name)
            .and_then(|room| Some((room, room.peers.iter().position(|other| *other == peer)?)));
        let Some((room, place)) = place else {
            return Err(link);
        };
        self.next_visit += 1;
        (member.visit, member.link) = (visit, link);
        Ok((visit, &member.link, room.peers[place + 1..].to_vec()))
    }

    /// Lets a peer that is in no room in, and returns the ways to those who were there before:
    /// they are told of it.
    pub(crate) fn join(
        &mut self,
        request: &Request,
        peer: PeerId,
        link: L,
        now: Instant,
    ) -> Result<(Visit, Vec<&L>), Full> {
        self.forget_expired(now);
        let name = self.name_of(request);
        let id = match self.by_name.get(&name) {
            Some(id) => *id,
            None => self.open(name)?,
        };
        let Some(room) = self.rooms.get_mut(&id) else {
            return Err(Full::Server(self.max_rooms));
        };
        let capacity = room.capacity();
        if room.peers.len() >= capacity {
            return Err(Full::Room(capacity));
        }
        let others = room.peers.clone();
        room.peers.push(peer);
        if let Some(since) = room.empty_since.take() {
            self.empty.remove(&(since, id));
        }
        if matches!(room.name, Name::Group(..)) && room.peers.len() == capacity {
            self.by_name.remove(&room.name);
        }
        let visit = self.next_visit;
        self.next_visit += 1;
        let member = Member {
            room: id,
            visit,
            link,
        };
        self.peers.insert(peer, member);
        Ok((visit, self.links(&others)))
    }

    /// Ends a peer's visit and returns the ways to those who stay: they are told of it. A visit
    /// that another has replaced ends nothing.
    pub(crate) fn leave(&mut self, peer: PeerId, visit: Visit, now: Instant) -> Vec<&L> {
        if self.visit(peer) != Some(visit) {
            return Vec::new();
        }
        let Some(Member { room: id, .. }) = self.peers.remove(&peer) else {
            return Vec::new();
        };
        let Some(room) = self.rooms.get_mut(&id) else {
            return Vec::new();
        };
        room.peers.retain(|other| *other != peer);
        let others = room.peers.clone();
        if others.is_empty() {
            match room.name {
                Name::Created(_) => self.mark_empty(id, now),
                Name::Bare(_) | Name::Group(..) => self.close(id),
            }
        }
        self.links(&others)
    }

    /// The way from one peer to another, if they are in one room.
    pub(crate) fn route(&self, from: PeerId, to: PeerId) -> Option<&L> {
        let (from, to) = (self.peers.get(&from)?, self.peers.get(&to)?);
        (from.room == to.room).then_some(&to.link)
    }

    /// A peer's visit; nothing if it is in no room.
    pub(crate) fn visit(&self, peer: PeerId) -> Option<Visit> {
        self.peers.get(&peer).map(|member| member.visit)
    }

    /// Rooms, empty ones included.
    pub(crate) fn len(&self) -> usize {
        self.rooms.len()
    }

    /// Peers in all rooms.
    pub(crate) fn peers(&self) -> usize {
        self.peers.len()
    }

    /// A code that somebody created is found however it is typed; every other name is exact.
    fn name_of(&self, request: &Request) -> Name {
        if let Some(size) = request.group {
            return Name::Group(request.name.clone(), size);
        }
        parse_room_code(&request.name)
            .map(Name::Created)
            .filter(|name| self.by_name.contains_key(name))
            .unwrap_or_else(|| Name::Bare(request.name.clone()))
    }

    fn find_code(&self, code: &str) -> Option<RoomId> {
        let find = |name| self.by_name.get(&name).copied();
        find(Name::Created(code.to_owned())).or_else(|| find(Name::Bare(code.to_owned())))
    }

    fn open(&mut self, name: Name) -> Result<RoomId, Full> {
        if self.rooms.len() >= self.max_rooms {
            // Whoever makes rooms in masses shortens the grace of empty ones, and no more.
            let Some((_, longest_empty)) = self.empty.pop_first() else {
                return Err(Full::Server(self.max_rooms));
            };
            self.close(longest_empty);
        }
        let id = self.next_id;
        self.next_id += 1;
        self.by_name.insert(name.clone(), id);
        self.rooms.insert(
            id,
            Room {
                name,
                peers: Vec::new(),
                empty_since: None,
            },
        );
        Ok(id)
    }

    fn close(&mut self, id: RoomId) {
        if let Some(room) = self.rooms.remove(&id)
            // A complete group's name may by now belong to the next group.
            && self.by_name.get(&room.name) == Some(&id)
        {
            self.by_name.remove(&room.name);
        }
    }

    fn mark_empty(&mut self, id: RoomId, now: Instant) {
        if let Some(room) = self.rooms.get_mut(&id) {
            room.empty_since = Some(now);
            self.empty.insert((now, id));
        }
    }

    fn forget_expired(&mut self, now: Instant) {
        while let Some(&(since, id)) = self.empty.first()
            && now.saturating_duration_since(since) >= self.grace
        {
            self.empty.pop_first();
            self.close(id);
        }
    }

    fn links(&self, peers: &[PeerId]) -> Vec<&L> {
        peers
            .iter()
            .filter_map(|peer| self.peers.get(peer))
            .map(|member| &member.link)
            .collect()
    }
}

#[cfg(test)]
mod tests;
