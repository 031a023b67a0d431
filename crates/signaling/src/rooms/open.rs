//! The public rooms that a stranger may enter, in the orders in which they are asked for.

use super::{Room, RoomId};
use crate::store::{Charter, Cursor};
use protocol::api::{VersionTag, Visibility};
use std::{
    cmp::Reverse,
    collections::{BTreeMap, HashMap},
    ops::Bound,
};

/// Peers, time of birth, code.
type Rank = (Reverse<usize>, u64, String);

/// Public, not sealed, not full.
#[derive(Debug, Default)]
pub(super) struct Open {
    /// Of each version the fullest first, and of as many peers the eldest.
    by_peers: HashMap<VersionTag, BTreeMap<Rank, RoomId>>,
    /// Those in which somebody is.
    by_age: BTreeMap<Cursor, RoomId>,
}

impl Open {
    /// Takes a room in, if it is one of these.
    pub(super) fn insert(&mut self, id: RoomId, room: &Room) {
        let Some((charter, rank)) = place(room) else {
            return;
        };
        if !room.peers.is_empty() {
            self.by_age.insert(Cursor::of(charter), id);
        }
        let of_version = self.by_peers.entry(charter.version.clone());
        of_version.or_default().insert(rank, id);
    }

    /// Takes a room out, as it was when it was taken in.
    pub(super) fn remove(&mut self, room: &Room) {
        let Some((charter, rank)) = place(room) else {
            return;
        };
        self.by_age.remove(&Cursor::of(charter));
        if let Some(of_version) = self.by_peers.get_mut(&charter.version) {
            of_version.remove(&rank);
            if of_version.is_empty() {
                self.by_peers.remove(&charter.version);
            }
        }
    }

    /// Those of one version.
    pub(super) fn fullest_first(&self, version: &VersionTag) -> impl Iterator<Item = RoomId> {
        let of_version = self.by_peers.get(version);
        of_version.into_iter().flat_map(BTreeMap::values).copied()
    }

    /// Those in which somebody is, the newest first, after a cursor.
    pub(super) fn by_age(&self, after: Option<&Cursor>) -> impl Iterator<Item = RoomId> {
        let start = after.map_or(Bound::Unbounded, Bound::Excluded);
        let range = self.by_age.range((start, Bound::Unbounded));
        range.map(|(_, id)| *id)
    }

    #[cfg(test)]
    pub(super) fn all(&self) -> impl Iterator<Item = RoomId> {
        self.by_peers
            .values()
            .flat_map(|rooms| rooms.values())
            .copied()
    }
}

/// Whether it is one of these.
#[cfg(test)]
pub(super) fn is_open(room: &Room) -> bool {
    place(room).is_some()
}

/// What makes a room's place, if it is one of these.
fn place(room: &Room) -> Option<(&Charter, Rank)> {
    let created = room.created.as_deref()?;
    let charter = &created.charter;
    let is_open = charter.visibility == Visibility::Public
        && !created.sealed
        && room.peers.len() < charter.capacity;
    is_open.then(|| {
        let peers = Reverse(room.peers.len());
        (charter, (peers, charter.born, charter.code.clone()))
    })
}
