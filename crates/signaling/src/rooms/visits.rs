//! Coming and leaving: who is let in, by which door, and who is told.

use super::{Member, Name, RoomId, Rooms, Tell};
use crate::{
    shrink::shrink,
    store::{Address, Door, Entered, Entry, Notice, Refused},
};
use protocol::api::parse_room_code;
use std::time::Instant;

impl Rooms {
    pub(crate) fn enter(
        &mut self,
        entry: &Entry,
        now: Instant,
        tell: Tell<'_>,
    ) -> Result<Entered, Refused> {
        self.forget_expired(now);
        let Entry { who, door } = entry;
        let (name, found) = self.find_door(door)?;
        if let Some(entered) = self.resume(*who, &name, tell) {
            return Ok(entered);
        }
        let id = match found {
            Some(id) => id,
            None => self.open_behind(door, name)?,
        };
        let Some(room) = self.rooms.get(&id) else {
            return Err(Refused::NoSuchRoom);
        };
        if let (Some(state), Door::Ticket { formerly, .. }) = (room.state(), door)
            && state.keeps_out(who.peer, *formerly)
        {
            return Err(Refused::RoomSealed);
        }
        if room.peers.len() >= room.capacity() {
            return Err(Refused::RoomFull(room.capacity()));
        }
        // A peer has one place: it may have one in another room.
        if let Some(Member { visit, .. }) = self.peers.get(&who.peer) {
            let to = Address {
                visit: *visit,
                ..*who
            };
            self.leave(to, now, tell);
            tell(Notice::Replaced { to });
        }
        self.let_in(*who, id, tell)
    }

    /// Ends a visit. One that another has replaced ends nothing.
    pub(crate) fn leave(&mut self, who: Address, now: Instant, tell: Tell<'_>) {
        let Some(&Member { room: id, visit }) = self.peers.get(&who.peer) else {
            return;
        };
        if visit != who.visit {
            return;
        }
        self.peers.remove(&who.peer);
        shrink(&mut self.peers);
        self.change(id, |room| {
            room.peers.retain(|other| *other != who.peer);
            if let (true, Some(created)) = (room.peers.is_empty(), &mut room.created) {
                created.empty_since = Some(now);
            }
        });
        let Some(room) = self.rooms.get(&id) else {
            return;
        };
        tell(Notice::PeerLeft {
            to: self.addresses(&room.peers),
            peer: who.peer,
        });
        if room.peers.is_empty() && room.created.is_none() {
            self.remove(id);
        }
    }

    /// The name behind a door, and its room if there is one.
    fn find_door(&self, door: &Door) -> Result<(Name, Option<RoomId>), Refused> {
        let name = match door {
            Door::Bare { name, group: None } => {
                let code = parse_room_code(name).map(Name::Created);
                if code.is_some_and(|code| self.by_name.contains_key(&code)) {
                    return Err(Refused::TicketRequired);
                }
                Name::Bare(name.clone())
            }
            Door::Bare {
                name,
                group: Some(size),
            } => Name::Group(name.clone(), *size),
            Door::Ticket { charter, .. } => Name::Created(charter.code.clone()),
        };
        let found = self.by_name.get(&name).copied();
        let created = found.and_then(|id| self.rooms.get(&id)?.created.as_ref());
        if let (Some(created), Door::Ticket { charter, .. }) = (created, door)
            && created.charter.born != charter.born
        {
            return Err(Refused::BadTicket);
        }
        Ok((name, found))
    }

    fn open_behind(&mut self, door: &Door, name: Name) -> Result<RoomId, Refused> {
        match door {
            Door::Ticket { charter, .. } => self.open_created(charter.clone()),
            Door::Bare { .. } => self.open(name, None),
        }
    }

    /// Gives a peer that is still in this very room another visit.
    fn resume(&mut self, who: Address, name: &Name, tell: Tell<'_>) -> Option<Entered> {
        let member = self.peers.get_mut(&who.peer)?;
        let room = self.rooms.get(&member.room)?;
        if room.name != *name {
            return None;
        }
        let place = room.peers.iter().position(|other| *other == who.peer)?;
        let older = std::mem::replace(&mut member.visit, who.visit);
        let (room, later) = (room.key.clone(), room.peers[place + 1..].to_vec());
        tell(Notice::Replaced {
            to: Address {
                visit: older,
                ..who
            },
        });
        Some(Entered {
            room,
            order: self.next_order(),
            later,
        })
    }

    fn let_in(&mut self, who: Address, id: RoomId, tell: Tell<'_>) -> Result<Entered, Refused> {
        let Address { peer, visit } = who;
        let entered = self.change(id, |room| {
            let others = room.peers.clone();
            room.peers.push(peer);
            if let Some(created) = &mut room.created {
                created.empty_since = None;
                created.remember(peer);
            }
            (room.key.clone(), others)
        });
        let (room, others) = entered.ok_or(Refused::NoSuchRoom)?;
        self.peers.insert(peer, Member { room: id, visit });
        tell(Notice::NewPeer {
            to: self.addresses(&others),
            peer,
        });
        Ok(Entered {
            room,
            order: self.next_order(),
            later: Vec::new(),
        })
    }

    fn next_order(&mut self) -> u64 {
        self.next_order += 1;
        self.next_order
    }
}
