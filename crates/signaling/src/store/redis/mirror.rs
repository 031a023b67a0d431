//! What this node knows of the rooms in which it has sockets: a state machine without I/O.
//!
//! Redis tells a whole room at a time, with a revision. What its sockets must know is the
//! difference to what they were told before; so a message that was lost is made good by the next,
//! one that comes late or twice tells nothing, and nobody is told of a peer twice.
//!
//! Answers to entrances are read by tasks of their own, in any order and long after what Redis said
//! next. So a socket hears nothing before its own answer is there; then it is told the difference
//! from that answer to what the node knows by then.
//!
//! Redis decides who is in a room, and the node which of its sockets live. Where the two disagree
//! the room is *out of step*: the node tells Redis of it anew.

mod agreement;

use super::{
    difference::{address, mine, notice},
    report::{Reply, Report},
    view::{Member, NodeId, View},
};
use crate::store::{Address, Door, Entered, Entry, Notice, RoomKey, Visit};
use matchbox_protocol::PeerId;
use std::{
    collections::{BTreeSet, HashMap},
    mem,
    time::{Duration, Instant},
};

/// A living socket's stay.
#[derive(Clone, Debug)]
struct Stay {
    room: RoomKey,
    visit: Visit,
    order: u64,
}

#[derive(Debug)]
struct Room {
    /// As this node's sockets know it.
    view: View,
    /// The data that Redis had when the room was told of last.
    data: u64,
    told: Instant,
}

/// The rooms in which this node has sockets.
#[derive(Debug)]
pub(super) struct Mirror {
    node: NodeId,
    /// The name of the data that Redis has now.
    data: u64,
    /// Connections that there were.
    connections: u64,
    rooms: HashMap<RoomKey, Room>,
    stays: HashMap<PeerId, Stay>,
    /// The entrances that are under way.
    entries: BTreeSet<u64>,
    next_entry: u64,
    /// What was told of other rooms while an entrance is under way: it may be for one of them.
    early: HashMap<RoomKey, View>,
    /// The rooms that were closed meanwhile, each with its last revision: it may be into one of them.
    ended: HashMap<RoomKey, u64>,
    out_of_step: BTreeSet<RoomKey>,
    /// Those that were just told of and still are: they wait for a while, for what keeps them so
    /// is an entrance under way.
    still_out_of_step: BTreeSet<RoomKey>,
    /// Reports that have no reply yet.
    unanswered: usize,
}

/// An entrance that is under way.
#[derive(Clone, Copy, Debug)]
pub(super) struct Coming {
    pub(super) number: u64,
    /// The data that Redis had when it began, and the connection that it began on.
    data: u64,
    connection: u64,
}

impl Mirror {
    pub(super) fn new(node: NodeId) -> Self {
        Self {
            node,
            data: 0,
            connections: 0,
            rooms: HashMap::new(),
            stays: HashMap::new(),
            entries: BTreeSet::new(),
            next_entry: 0,
            early: HashMap::new(),
            ended: HashMap::new(),
            out_of_step: BTreeSet::new(),
            still_out_of_step: BTreeSet::new(),
            unanswered: 0,
        }
    }

    /// There is a connection, to this data: every room is told of, and those in which Redis has
    /// peers of this node.
    pub(super) fn begin(&mut self, data: u64, listed: impl IntoIterator<Item = RoomKey>) {
        self.data = data;
        self.connections += 1;
        self.unanswered = 0;
        self.out_of_step.extend(self.rooms.keys().cloned());
        self.out_of_step.extend(listed);
    }

    /// Puts rooms out of step that wait for it, and some that Redis was not told of for so long, so
    /// that they live on.
    pub(super) fn refresh(&mut self, age: Duration, most: usize, now: Instant) {
        self.out_of_step.append(&mut self.still_out_of_step);
        let old = self
            .rooms
            .iter()
            .filter(|(_, room)| now.saturating_duration_since(room.told) >= age);
        self.out_of_step
            .extend(old.take(most).map(|(key, _)| key.clone()));
    }

    /// What to tell of at most so many rooms that are out of step; they no longer are.
    pub(super) fn reports(&mut self, most: usize) -> Vec<Report> {
        let under_way = self.entries.first().copied().unwrap_or(self.next_entry);
        let mut reports = Vec::new();
        while reports.len() < most
            && let Some(key) = self.out_of_step.pop_first()
        {
            reports.push(self.report(key, under_way));
        }
        self.unanswered += reports.len();
        reports
    }

    fn report(&self, key: RoomKey, under_way: u64) -> Report {
        let Some(room) = self.rooms.get(&key) else {
            return Report {
                room: key,
                facts: None,
                revision: 0,
                fresh: false,
                known: Vec::new(),
                under_way,
                mine: Vec::new(),
                others: Vec::new(),
            };
        };
        let members = room.view.members.iter().copied();
        let (mine, others) = members.partition(|member| member.node == self.node);
        let mine: Vec<Member> = mine;
        Report {
            room: key,
            facts: Some(room.view.facts.clone()),
            revision: room.view.revision,
            fresh: room.data != self.data,
            known: room.view.known.clone(),
            under_way,
            mine: mine
                .into_iter()
                .filter(|member| self.lives(member))
                .collect(),
            others,
        }
    }

    /// The rooms of these reports are out of step still.
    pub(super) fn not_told(&mut self, rooms: impl IntoIterator<Item = RoomKey>) {
        self.out_of_step.extend(rooms);
    }

    /// Whether there is something to tell Redis.
    pub(super) fn is_out_of_step(&self) -> bool {
        !self.out_of_step.is_empty()
    }

    /// Whether Redis has been told of everything.
    pub(super) fn is_settled(&self) -> bool {
        let waiting = self.out_of_step.len() + self.still_out_of_step.len() + self.unanswered;
        waiting == 0
    }

    /// What Redis says to a report.
    pub(super) fn told(&mut self, report: &Report, reply: Reply, now: Instant) -> Vec<Notice> {
        let key = &report.room;
        self.unanswered = self.unanswered.saturating_sub(1);
        let has_changed = self.out_of_step.contains(key);
        let notices = match reply {
            Reply::Closed(revision) => self.close(key, revision),
            Reply::None => {
                self.forget_if_empty(key);
                Vec::new()
            }
            Reply::Room(view) if !self.rooms.contains_key(key) => self.hear(view),
            Reply::Room(view) => {
                let notices = self.apply(view, &report.mine);
                if let Some(room) = self.rooms.get_mut(key) {
                    (room.data, room.told) = (self.data, now);
                }
                self.forget_if_empty(key);
                notices
            }
        };
        if !has_changed && self.out_of_step.remove(key) {
            self.still_out_of_step.insert(key.clone());
        }
        notices
    }

    /// What Redis says unasked.
    pub(super) fn hear(&mut self, view: View) -> Vec<Notice> {
        if self.rooms.contains_key(&view.key) {
            return self.apply(view, &[]);
        }
        if self.entries.is_empty() {
            self.claim(&view);
        } else {
            let early = self.early.entry(view.key.clone());
            let early = early.or_insert_with(|| view.clone());
            if early.revision < view.revision {
                *early = view;
            }
        }
        Vec::new()
    }

    /// An entrance begins.
    pub(super) fn begin_entry(&mut self) -> Coming {
        let number = self.next_entry;
        self.next_entry += 1;
        self.entries.insert(number);
        Coming {
            number,
            data: self.data,
            connection: self.connections,
        }
    }

    /// An entrance is over, also when it was refused.
    pub(super) fn end_entry(&mut self, coming: Coming) {
        self.entries.remove(&coming.number);
        if self.entries.is_empty() {
            self.ended.clear();
            for view in mem::take(&mut self.early).into_values() {
                self.claim(&view);
            }
        }
    }

    /// A peer is in, and may have left another room. Answers who came after it.
    pub(super) fn enter(
        &mut self,
        coming: Coming,
        who: Address,
        order: u64,
        view: View,
        former: Option<View>,
        now: Instant,
    ) -> (Vec<Notice>, Vec<PeerId>) {
        let rank = view.member(who.peer).map_or(u64::MAX, |member| member.rank);
        let later = view.later_than(rank);
        if coming.connection != self.connections {
            // The answer is of a connection that has ended since: what came after it was not heard.
            self.out_of_step.insert(view.key.clone());
        }
        let end = self.ended.get(&view.key);
        let mut notices = if end.is_some_and(|end| view.revision <= *end) {
            // The room is over, and with it the place.
            let replaced = self.replace(who.peer, order);
            let closed = Notice::Closed { to: vec![who] };
            replaced.into_iter().chain([closed]).collect()
        } else {
            let mut notices = match self.rooms.contains_key(&view.key) {
                true => self.apply(view.clone(), &[]),
                false => self.open(view.clone(), coming.data, now),
            };
            notices.extend(self.move_in(who, order, &view));
            notices
        };
        if let Some(former) = former {
            let former_key = former.key.clone();
            notices.extend(self.hear(former));
            self.forget_if_empty(&former_key);
        }
        (notices, later)
    }

    /// Lets a peer take the place that it has on this node, without Redis. The order of coming is
    /// known, and nobody else needs to know.
    pub(super) fn resume(&mut self, entry: &Entry) -> Option<(Entered, Notice)> {
        let who = entry.who;
        let stay = self.stays.get_mut(&who.peer)?;
        if !leads_to(&entry.door, &stay.room) {
            return None;
        }
        let room = self.rooms.get_mut(&stay.room)?;
        let members = &mut room.view.members;
        let member = members.iter_mut().find(|member| member.peer == who.peer)?;
        let to = Address {
            peer: who.peer,
            visit: mem::replace(&mut stay.visit, who.visit),
        };
        stay.order += 1;
        (member.visit, member.order, member.entry) = (who.visit, stay.order, self.next_entry);
        self.next_entry += 1;
        let rank = member.rank;
        self.out_of_step.insert(stay.room.clone());
        let entered = Entered {
            room: stay.room.clone(),
            order: stay.order,
            later: room.view.later_than(rank),
        };
        Some((entered, Notice::Replaced { to }))
    }

    /// A visit is over. Those of the room who are here are told at once, the others by Redis.
    pub(super) fn leave(&mut self, who: Address) -> Vec<Notice> {
        let Some(stay) = self.stays.get(&who.peer) else {
            return Vec::new();
        };
        if stay.visit != who.visit {
            return Vec::new();
        }
        let key = stay.room.clone();
        self.stays.remove(&who.peer);
        self.out_of_step.insert(key.clone());
        let Some(room) = self.rooms.get_mut(&key) else {
            return Vec::new();
        };
        let members = &mut room.view.members;
        // A newer connection of it may be under way, and has the place.
        let Some(place) = members.iter().position(|member| address(member) == who) else {
            return Vec::new();
        };
        members.remove(place);
        let members = self.rooms[&key].view.members.iter();
        let to = members.filter(|member| self.lives(member));
        let to = to.map(address).collect();
        notice(to, |to| Notice::PeerLeft { to, peer: who.peer })
            .into_iter()
            .collect()
    }

    /// The room's owner has closed it. A ticket may have made it anew since.
    pub(super) fn close(&mut self, key: &RoomKey, revision: u64) -> Vec<Notice> {
        if !self.entries.is_empty() {
            let ended = self.ended.entry(key.clone()).or_default();
            *ended = revision.max(*ended);
        }
        let is_anew = |room: &Room| room.view.revision > revision;
        if self.rooms.get(key).is_none_or(is_anew) {
            return Vec::new();
        }
        let Some(room) = self.rooms.remove(key) else {
            return Vec::new();
        };
        let peers = mine(self.node, &room.view).map(|member| member.peer);
        let to = peers.filter_map(|peer| {
            let stay = self.stays.get(&peer).filter(|stay| stay.room == *key)?;
            let visit = stay.visit;
            self.stays.remove(&peer);
            Some(Address { peer, visit })
        });
        notice(to.collect(), |to| Notice::Closed { to })
            .into_iter()
            .collect()
    }

    /// The name of the data that Redis has, or had last.
    pub(super) fn data(&self) -> u64 {
        self.data
    }

    /// How many rooms this node has sockets in.
    pub(super) fn room_count(&self) -> usize {
        self.rooms.len()
    }

    /// Where a peer of a room is, if that is another node.
    pub(super) fn route(&self, room: &RoomKey, receiver: PeerId) -> Option<NodeId> {
        let member = self.rooms.get(room)?.view.member(receiver)?;
        (member.node != self.node).then_some(member.node)
    }
}

/// Whether this door is one of that room, which the peer is in.
fn leads_to(door: &Door, room: &RoomKey) -> bool {
    let room = &*room.0;
    match door {
        Door::Bare { name, group: None } => room.strip_prefix("b:") == Some(name),
        Door::Bare {
            name,
            group: Some(size),
        } => room.starts_with(&format!("g:{size}:{name}#")),
        Door::Ticket { charter, .. } => *room == *super::created_key(charter),
    }
}
