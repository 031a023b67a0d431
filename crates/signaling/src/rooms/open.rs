//! The public rooms that a stranger may enter, in the orders in which they are asked for.

use super::{Room, RoomId};
use crate::store::Cursor;
use protocol::api::{VersionTag, Visibility};
use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet},
    ops::Bound,
};

/// Public, not sealed, not full.
#[derive(Debug, Default)]
pub(super) struct Open {
    /// Of each version by peers, and of as many the eldest last.
    by_peers: BTreeSet<(VersionTag, usize, Reverse<RoomId>)>,
    /// Those in which somebody is.
    by_age: BTreeMap<Cursor, RoomId>,
}

impl Open {
    /// Takes a room in, if it is one of these.
    pub(super) fn insert(&mut self, id: RoomId, room: &Room) {
        if let Some((cursor, place)) = places(id, room) {
            if !room.peers.is_empty() {
                self.by_age.insert(cursor, id);
            }
            self.by_peers.insert(place);
        }
    }

    /// Takes a room out, as it was when it was taken in.
    pub(super) fn remove(&mut self, id: RoomId, room: &Room) {
        if let Some((cursor, place)) = places(id, room) {
            self.by_age.remove(&cursor);
            self.by_peers.remove(&place);
        }
    }

    /// Those of one version.
    pub(super) fn fullest_first(&self, version: &VersionTag) -> impl Iterator<Item = RoomId> {
        let first = (version.clone(), 0, Reverse(RoomId::MAX));
        let last = (version.clone(), usize::MAX, Reverse(0));
        let range = self.by_peers.range(first..=last);
        range.rev().map(|(_, _, Reverse(id))| *id)
    }

    /// Those in which somebody is, the newest first, after a cursor.
    pub(super) fn by_age(&self, after: Option<&Cursor>) -> impl Iterator<Item = RoomId> {
        let start = after.map_or(Bound::Unbounded, Bound::Excluded);
        let range = self.by_age.range((start, Bound::Unbounded));
        range.map(|(_, id)| *id)
    }
}

/// Where a room is to be found, if it is one of these.
fn places(id: RoomId, room: &Room) -> Option<(Cursor, (VersionTag, usize, Reverse<RoomId>))> {
    let created = room.created.as_deref()?;
    let charter = &created.charter;
    let open = charter.visibility == Visibility::Public
        && !created.sealed
        && room.peers.len() < charter.capacity;
    open.then(|| {
        let place = (charter.version.clone(), room.peers.len(), Reverse(id));
        (Cursor::of(charter), place)
    })
}
