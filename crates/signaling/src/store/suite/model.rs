//! A model of the store that is as plain as can be: lists that are searched from end to end.

use super::super::*;
use crate::limits::MAX_BARE_ROOM_PEERS;
use protocol::api::parse_room_code;
use std::collections::{BTreeMap, BTreeSet};

/// What one address is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    NewPeer(PeerId),
    PeerLeft(PeerId),
    Replaced,
    Closed,
}

/// What each address is told, in order.
pub type Events = BTreeMap<Address, Vec<Event>>;

/// What a room is found by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Name {
    Created(String),
    Bare(String),
    Group(String, usize),
}

/// A room, and all that decides who may enter it.
#[derive(Debug)]
pub struct Room {
    pub number: usize,
    name: Name,
    pub charter: Option<Charter>,
    pub sealed: bool,
    pub members: Vec<Address>,
    pub known: BTreeSet<PeerId>,
    expected: BTreeSet<PeerId>,
    /// Not of a group that is complete.
    is_found: bool,
}

impl Room {
    fn capacity(&self) -> usize {
        match (&self.charter, &self.name) {
            (Some(charter), _) => charter.capacity,
            (None, Name::Group(_, size)) => *size,
            (None, _) => MAX_BARE_ROOM_PEERS,
        }
    }

    fn place(&self, peer: PeerId) -> Option<usize> {
        self.members.iter().position(|member| member.peer == peer)
    }

    fn is_open(&self) -> bool {
        let is_public = |charter: &Charter| charter.visibility == Visibility::Public;
        self.charter.as_ref().is_some_and(is_public)
            && !self.sealed
            && self.members.len() < self.capacity()
    }
}

/// All rooms, and what was told since it was taken last.
#[derive(Default)]
pub struct Model {
    pub rooms: Vec<Room>,
    next_number: usize,
    pub events: Events,
}

impl Model {
    fn tell(&mut self, to: &[Address], event: &Event) {
        for who in to {
            self.events.entry(*who).or_default().push(event.clone());
        }
    }

    pub fn created(&mut self, code: &str) -> Option<&mut Room> {
        let name = Name::Created(code.to_owned());
        self.rooms.iter_mut().find(|room| room.name == name)
    }

    pub fn owned(&mut self, code: &str, owner: PeerId) -> Result<&mut Room, Refused> {
        let room = self.created(code).ok_or(Refused::NoSuchRoom)?;
        match room.members.first() {
            Some(first) if first.peer == owner => Ok(room),
            _ => Err(Refused::NotOwner),
        }
    }

    fn open(&mut self, name: Name, charter: Option<Charter>) -> &mut Room {
        self.next_number += 1;
        self.rooms.push(Room {
            number: self.next_number,
            name,
            charter,
            sealed: false,
            members: Vec::new(),
            known: BTreeSet::new(),
            expected: BTreeSet::new(),
            is_found: true,
        });
        let last = self.rooms.len() - 1;
        &mut self.rooms[last]
    }

    pub fn create(&mut self, charter: &Charter) -> Result<&mut Room, Refused> {
        let bare = Name::Bare(charter.code.clone());
        let created = Name::Created(charter.code.clone());
        if self
            .rooms
            .iter()
            .any(|r| r.name == bare || r.name == created)
        {
            return Err(Refused::Taken);
        }
        Ok(self.open(created, Some(charter.clone())))
    }

    pub fn quick(&mut self, peer: PeerId, charter: &Charter) -> Result<String, Refused> {
        let best = self.rooms.iter_mut().filter(|room| {
            let others = room.expected.iter().filter(|other| **other != peer);
            let taken = room.members.len() + others.count();
            let version = room.charter.as_ref().map(|charter| &charter.version);
            room.is_open() && taken < room.capacity() && version == Some(&charter.version)
        });
        let best = best.max_by_key(|room| {
            let born = room.charter.as_ref().map_or(0, |charter| charter.born);
            (room.members.len(), Reverse(born))
        });
        let room = match best {
            Some(room) => room,
            None => self.create(charter)?,
        };
        room.expected.insert(peer);
        Ok(room
            .charter
            .as_ref()
            .map(|c| c.code.clone())
            .unwrap_or_default())
    }

    pub fn leave(&mut self, who: Address) {
        let Some(room) = self.rooms.iter_mut().find(|r| r.members.contains(&who)) else {
            return;
        };
        room.members.retain(|member| *member != who);
        let others = room.members.clone();
        self.tell(&others, &Event::PeerLeft(who.peer));
        self.rooms
            .retain(|room| room.charter.is_some() || !room.members.is_empty());
    }

    pub fn close(&mut self, code: &str, owner: PeerId) -> Result<(), Refused> {
        let room = self.owned(code, owner)?;
        let (number, members) = (room.number, room.members.clone());
        self.tell(&members, &Event::Closed);
        self.rooms.retain(|room| room.number != number);
        Ok(())
    }

    /// The number of the room, and those after the peer if it was there already.
    pub fn enter(&mut self, entry: &Entry) -> Result<(usize, Vec<PeerId>), Refused> {
        let Entry { who, door } = entry;
        let (name, charter, formerly) = match door {
            Door::Bare { name, group: None } => {
                if parse_room_code(name).is_some_and(|code| self.created(&code).is_some()) {
                    return Err(Refused::TicketRequired);
                }
                (Name::Bare(name.clone()), None, None)
            }
            Door::Bare {
                name,
                group: Some(size),
            } => (Name::Group(name.clone(), *size), None, None),
            Door::Ticket { charter, formerly } => {
                let born = self
                    .created(&charter.code)
                    .and_then(|r| Some(r.charter.as_ref()?.born));
                if born.is_some_and(|born| born != charter.born) {
                    return Err(Refused::BadTicket);
                }
                let name = Name::Created(charter.code.clone());
                (name, Some(charter.clone()), *formerly)
            }
        };
        let here = self
            .rooms
            .iter_mut()
            .find(|room| room.place(who.peer).is_some());
        if let Some(room) = here.filter(|room| room.name == name)
            && let Some(place) = room.place(who.peer)
        {
            let older = std::mem::replace(&mut room.members[place], *who);
            let later = room.members[place + 1..].iter().map(|m| m.peer).collect();
            let number = room.number;
            self.tell(&[older], &Event::Replaced);
            return Ok((number, later));
        }
        let found = self
            .rooms
            .iter()
            .find(|room| room.is_found && room.name == name);
        if let Some(room) = found {
            let is_known = |peer: PeerId| room.known.contains(&peer);
            if room.sealed && !is_known(who.peer) && !formerly.is_some_and(is_known) {
                return Err(Refused::RoomSealed);
            }
            if room.members.len() >= room.capacity() {
                return Err(Refused::RoomFull(room.capacity()));
            }
        }
        let number = match found {
            Some(room) => room.number,
            None => self.open(name, charter).number,
        };
        self.move_in(*who, number);
        Ok((number, Vec::new()))
    }

    /// A newcomer, who may come from another room.
    fn move_in(&mut self, who: Address, number: usize) {
        let mut members = self.rooms.iter().flat_map(|room| &room.members);
        if let Some(older) = members.find(|member| member.peer == who.peer).copied() {
            // The room that it enters may be empty so far, and is none of those that end.
            self.rooms
                .iter_mut()
                .filter(|r| r.number == number)
                .for_each(|r| r.members.push(who));
            self.leave(older);
            self.tell(&[older], &Event::Replaced);
            self.rooms
                .iter_mut()
                .for_each(|room| room.members.retain(|m| *m != who));
        }
        let Some(room) = self.rooms.iter_mut().find(|room| room.number == number) else {
            return;
        };
        let others = room.members.clone();
        room.members.push(who);
        room.known.insert(who.peer);
        room.expected.remove(&who.peer);
        room.is_found = !matches!(room.name, Name::Group(_, size) if room.members.len() == size);
        self.tell(&others, &Event::NewPeer(who.peer));
    }

    /// The codes of the rooms that the list has, the newest first.
    pub fn listed(&self) -> Vec<String> {
        let open = self.rooms.iter();
        let open = open.filter(|room| room.is_open() && !room.members.is_empty());
        let mut charters: Vec<_> = open.filter_map(|room| room.charter.clone()).collect();
        charters.sort_by_key(|charter| Reverse(charter.born));
        charters.into_iter().map(|charter| charter.code).collect()
    }
}

/// Each address's events, in their order.
pub fn by_address(notices: Vec<Notice>) -> Events {
    let mut events = Events::new();
    for notice in notices {
        let (to, event) = match notice {
            Notice::NewPeer { to, peer } => (to, Event::NewPeer(peer)),
            Notice::PeerLeft { to, peer } => (to, Event::PeerLeft(peer)),
            Notice::Replaced { to } => (vec![to], Event::Replaced),
            Notice::Closed { to } => (to, Event::Closed),
            Notice::Signal { .. } => continue,
        };
        for who in to {
            events.entry(who).or_default().push(event.clone());
        }
    }
    events
}
