//! Taking over what Redis says of a room, as far as this node's living sockets agree.

use super::{
    super::{
        difference::{difference, mine},
        view::{Member, View},
    },
    Mirror, Room, Stay,
};
use crate::store::{Address, Notice, RoomKey};
use matchbox_protocol::PeerId;
use std::time::Instant;

impl Mirror {
    /// Takes over what Redis says of a room that this node has, and tells the difference. `told`
    /// are the peers that Redis was told of before it said so.
    pub(super) fn apply(&mut self, mut new: View, told: &[Member]) -> Vec<Notice> {
        let key = new.key.clone();
        let Some(room) = self.rooms.get(&key) else {
            return Vec::new();
        };
        if new.revision < room.view.revision {
            return Vec::new();
        }
        let old = room.view.clone();
        let mut notices = self.keep_the_living(&old, &mut new, told);
        let hears = |member: &Member| self.lives(member);
        notices.extend(difference(self.node, &old, &new, hears));
        if let Some(room) = self.rooms.get_mut(&key) {
            room.view = new;
        }
        notices
    }

    /// Makes Redis's list and this node's living sockets agree.
    fn keep_the_living(&mut self, old: &View, new: &mut View, told: &[Member]) -> Vec<Notice> {
        let mut agrees = true;
        let (node, key) = (self.node, new.key.clone());
        let (stays, entries) = (&self.stays, &self.entries);
        new.members.retain_mut(|member| {
            if member.node != node {
                return true;
            }
            match stays.get(&member.peer).filter(|stay| stay.room == key) {
                Some(stay) if stay.visit == member.visit => true,
                Some(stay) if stay.order > member.order => {
                    // It has returned to its place while Redis was away.
                    (member.visit, member.order) = (stay.visit, stay.order);
                    agrees = false;
                    true
                }
                // Its entrance is under way, or it is gone.
                _ => {
                    let comes = entries.contains(&member.entry);
                    agrees &= comes;
                    comes
                }
            }
        });
        let mut notices = Vec::new();
        for member in &old.members {
            // By its peer: a newer connection of it may be under way.
            let stay = self.stays.get(&member.peer);
            let Some(stay) = stay.filter(|stay| member.node == node && stay.room == key) else {
                continue;
            };
            let there = new.member(member.peer).map(|there| there.node);
            let was_told = told.iter().any(|told| told.is_same_stay(member));
            if there == Some(node) {
                continue;
            } else if there.is_some() || was_told {
                // It has another connection elsewhere.
                let (peer, visit) = (member.peer, stay.visit);
                let to = Address { peer, visit };
                notices.push(Notice::Replaced { to });
                self.stays.remove(&peer);
            } else {
                // Given up for lost while this node was away; or it has gone to another room, as
                // Redis will say when it is told of the peer.
                new.members.push(*member);
                agrees = false;
            }
        }
        new.members.sort_by_key(|member| (member.rank, member.peer));
        if !agrees {
            self.out_of_step.insert(key);
        }
        notices
    }

    /// Peers that Redis has here and that are not here put a room out of step.
    pub(super) fn claim(&mut self, view: &View) {
        if mine(self.node, view).next().is_some() {
            self.out_of_step.insert(view.key.clone());
        }
    }

    /// Drops a room in which this node has nobody, unless Redis must still be told so.
    pub(super) fn forget_if_empty(&mut self, key: &RoomKey) {
        let is_empty = |room: &Room| mine(self.node, &room.view).next().is_none();
        if !self.out_of_step.contains(key) && self.rooms.get(key).is_some_and(is_empty) {
            self.rooms.remove(key);
        }
    }

    pub(super) fn lives(&self, member: &Member) -> bool {
        let stay = self.stays.get(&member.peer);
        member.node == self.node && stay.is_some_and(|stay| stay.visit == member.visit)
    }

    /// A room in which this node has had no peers.
    pub(super) fn open(&mut self, view: View, data: u64, now: Instant) -> Vec<Notice> {
        let key = view.key.clone();
        if data != self.data {
            self.out_of_step.insert(key.clone());
        }
        let told = now;
        self.rooms.insert(key.clone(), Room { view, data, told });
        let early = self.early.remove(&key);
        early.map_or_else(Vec::new, |early| self.apply(early, &[]))
    }

    /// Ends the connection that a peer has here, unless it is the newer.
    pub(super) fn replace(&mut self, peer: PeerId, order: u64) -> Option<Notice> {
        let Stay { visit, .. } = *self.stays.get(&peer).filter(|stay| stay.order < order)?;
        self.stays.remove(&peer);
        let to = Address { peer, visit };
        Some(Notice::Replaced { to })
    }

    /// From now on a peer hears, at first what has changed in the room since its answer.
    pub(super) fn move_in(&mut self, who: Address, order: u64, answer: &View) -> Vec<Notice> {
        let key = answer.key.clone();
        let peer = who.peer;
        let stay = self.stays.get(&peer);
        if stay.is_some_and(|stay| stay.order >= order) {
            // Another connection of the peer was quicker to come, although it was later.
            return vec![Notice::Replaced { to: who }];
        }
        let stay = Stay {
            room: key.clone(),
            visit: who.visit,
            order,
        };
        let mut notices = Vec::from_iter(self.replace(peer, order));
        self.stays.insert(peer, stay);
        let Some(room) = self.rooms.get(&key) else {
            return notices;
        };
        let before = room.view.clone();
        let mut view = before.clone();
        notices.extend(self.keep_the_living(answer, &mut view, &[]));
        let hears = |member: &Member| member.peer == peer && self.lives(member);
        notices.extend(difference(self.node, answer, &view, hears));
        // Given up for lost before its answer was read, it was unknown to the others until now.
        let others = |member: &Member| member.peer != peer && self.lives(member);
        notices.extend(difference(self.node, &before, &view, others));
        if let Some(room) = self.rooms.get_mut(&key) {
            room.view = view;
        }
        notices
    }
}
