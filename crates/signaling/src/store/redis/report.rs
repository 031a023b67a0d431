//! What a node tells Redis of a room, and what Redis says to it.

use super::view::{Facts, Member, View};
use crate::store::RoomKey;
use matchbox_protocol::PeerId;

/// What Redis is to be told of a room.
#[derive(Clone, Debug)]
pub(super) struct Report {
    pub(super) room: RoomKey,
    /// Nothing if none of this node's sockets is in it.
    pub(super) facts: Option<Facts>,
    pub(super) revision: u64,
    /// Redis has other data than when the room was told of last.
    pub(super) fresh: bool,
    pub(super) known: Vec<PeerId>,
    /// The lowest number of an entrance that may be under way.
    pub(super) under_way: u64,
    pub(super) mine: Vec<Member>,
    pub(super) others: Vec<Member>,
}

impl Report {
    /// As `scripts/sync.lua` reads it.
    pub(super) fn arguments(&self) -> Vec<String> {
        let known: Vec<String> = self.known.iter().map(PeerId::to_string).collect();
        let mut arguments = vec![
            self.room.0.to_string(),
            self.facts
                .as_ref()
                .map(Facts::to_string)
                .unwrap_or_default(),
            self.revision.to_string(),
            u8::from(self.fresh).to_string(),
            known.join(" "),
            self.under_way.to_string(),
            self.mine.len().to_string(),
        ];
        for member in self.mine.iter().chain(&self.others) {
            arguments.push(member.peer.to_string());
            arguments.push(member.to_text());
        }
        arguments
    }
}

/// What Redis says to a [`Report`].
#[derive(Clone, Debug)]
pub(super) enum Reply {
    Room(View),
    /// The room was closed by its owner, with this revision.
    Closed(u64),
    /// There is no such room, and need not be.
    None,
}
