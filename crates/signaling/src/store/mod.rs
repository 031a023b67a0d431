//! Where it is decided who is in which room: in this process ([`memory`]), or shared by many.
//!
//! A node is a server process. It holds sockets, and asks a [`Store`] for everything that concerns
//! rooms; the store tells each node by [`Notice`]s what its sockets must know. A signal between
//! two sockets of one node in one room needs no store at all.
//!
//! # What every store keeps
//!
//! - **Operations are atomic.** Each takes place at one moment of one order, which all nodes share;
//!   one that is refused has changed nothing.
//! - **A peer has one place.** Entering another room ends the former one: those there are told
//!   `PeerLeft`, and its former visit [`Notice::Replaced`].
//! - **Of each pair exactly one is told.** Who was in the room at the moment of an entrance gets
//!   [`Notice::NewPeer`], the newcomer nothing. A *resumption* (the peer is in that very room,
//!   whichever node its older connection is on) tells nobody: it keeps its place in the order of
//!   coming, the older visit gets `Replaced`, and [`Entered::later`] names those who came after it.
//! - **Notices are addressed.** Recipients are fixed at the moment of the operation, each by its
//!   peer *and* visit. So a notice that comes late reaches no connection that it was not meant for,
//!   and nobody has to guess who is in a room. Notices to one address come in the order of the
//!   operations. One may come before `enter` has returned to the node: the node is prepared.
//! - **Leaving cannot be forgotten.** [`Store::leave`] returns at once and is carried out however
//!   long that takes. A visit that another has replaced ends nothing.
//! - **Away.** A shared store that cannot be reached answers [`Refused::Away`], within seconds. Such
//!   an entrance may have taken place all the same: the node ends its visit by `leave`.
//!
//! The order of one address's own calls is the node's duty: `enter` is called once and always
//! polled to its end, and `leave` only after it has returned.
#![cfg_attr(
    not(feature = "redis"),
    expect(dead_code, reason = "other nodes are of the shared store")
)]

pub(crate) mod memory;
#[cfg(feature = "redis")]
pub(crate) mod redis;
#[cfg(test)]
pub(crate) mod suite;
#[cfg(test)]
pub(crate) mod testing;

use crate::{
    Rate,
    limits::{MAX_BARE_ROOM_PEERS, MAX_ROOM_NAME_BYTES},
};
use axum::extract::ws::Utf8Bytes;
use futures::future::{BoxFuture, ready};
use matchbox_protocol::PeerId;
use protocol::api::{Room, VersionTag, Visibility};
use serde::{Deserialize, Serialize};
use std::{cmp::Reverse, fmt, str::FromStr, sync::Arc, time::Duration};

/// What a store answers, within seconds.
pub(crate) type Answer<'a, T> = BoxFuture<'a, Result<T, Refused>>;

/// Who is in which room. The module tells what holds of all operations.
pub(crate) trait Store: fmt::Debug + Send + Sync {
    /// Makes an empty room, which then stays empty for a grace. [`Refused::Taken`] if there is one
    /// of its code, however it came about.
    fn create<'a>(&'a self, charter: &'a Charter) -> Answer<'a, RoomState>;

    /// The created room of a code that [`protocol::api::parse_room_code`] returned.
    fn find<'a>(&'a self, code: &'a str) -> Answer<'a, RoomState>;

    /// A page of the public rooms that have a peer, a free place and no seal, the newest first.
    fn list<'a>(&'a self, question: &'a Listing) -> Answer<'a, Page>;

    /// A public room of the charter's version for `peer`: of those that have a free place and no
    /// seal the fullest, and of those the eldest by its time of
    /// birth, and then by its code. Otherwise `charter` is made, and the answer has
    /// its code.
    ///
    /// A peer that was sent to a room takes a place there in the eyes of this operation, until it
    /// enters or [`crate::limits::QUICK_HOLD`] is over: so many who ask at once are spread.
    fn quick<'a>(&'a self, peer: PeerId, charter: &'a Charter) -> Answer<'a, RoomState>;

    /// Keeps newcomers out, or lets them in again, if `owner` is the longest-present peer.
    fn seal<'a>(&'a self, code: &'a str, owner: PeerId, sealed: bool) -> Answer<'a, RoomState>;

    /// Ends a room, if `owner` is its longest-present peer. All visits get [`Notice::Closed`], and
    /// the code is free.
    fn close<'a>(&'a self, code: &'a str, owner: PeerId) -> Answer<'a, ()>;

    /// Lets a peer in by a door, or back to its place.
    fn enter<'a>(&'a self, entry: &'a Entry) -> Answer<'a, Entered>;

    /// Ends a visit. The room's others are told [`Notice::PeerLeft`].
    fn leave(&self, who: Address);

    /// Takes one from a bucket that all nodes share, or says how long there is none. A node has
    /// buckets of its own beside: a store that is not shared has nothing to add to them.
    fn take<'a>(&'a self, bucket: &'a str, rate: Rate) -> Answer<'a, Option<Duration>> {
        let _ = (bucket, rate);
        Box::pin(ready(Ok(None)))
    }

    /// The node goes down: peers that have not left may come to another one for so long. Returns
    /// within seconds.
    fn goodbye<'a>(&'a self, _grace: Duration) -> BoxFuture<'a, ()> {
        Box::pin(ready(()))
    }

    /// How many rooms this node knows of, for its metrics.
    fn room_count(&self) -> usize;

    /// Passes a signal to a peer of the room that has no socket on this node. Never waits; whether
    /// it was sent, not whether it arrives.
    fn signal(&self, room: &RoomKey, receiver: PeerId, text: Utf8Bytes) -> bool;
}

/// A node, as the store sees it.
pub(crate) trait Node: Send + Sync {
    /// Tells those of the recipients that are here. Never waits.
    fn deliver(&self, notice: Notice);
}

/// One connection's stay in a room, told apart from all others of the same peer. Drawn by the
/// node, at random.
pub(crate) type Visit = u64;

/// Whom a notice is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Address {
    pub(crate) peer: PeerId,
    pub(crate) visit: Visit,
}

/// One room among all that ever are: of a code that is made again, and of each group, another.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct RoomKey(Arc<str>);

impl From<String> for RoomKey {
    fn from(key: String) -> Self {
        Self(key.into())
    }
}

/// What sockets must know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Notice {
    /// A peer has come after the recipients.
    NewPeer { to: Vec<Address>, peer: PeerId },
    /// A peer of the recipients' room has left.
    PeerLeft { to: Vec<Address>, peer: PeerId },
    /// The peer has another connection, here or elsewhere; this one is over.
    Replaced { to: Address },
    /// The recipients' room is over.
    Closed { to: Vec<Address> },
    /// A signal from a peer on another node, as its receiver is to read it.
    Signal {
        room: RoomKey,
        receiver: PeerId,
        text: Utf8Bytes,
    },
}

/// What a room was made as. None of it changes while the room lives; tickets carry it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Charter {
    /// As [`protocol::api::parse_room_code`] returns it.
    pub(crate) code: String,
    pub(crate) visibility: Visibility,
    pub(crate) capacity: usize,
    pub(crate) version: VersionTag,
    /// When it was made, in milliseconds since 1970: tells rooms apart that have had one code.
    pub(crate) born: u64,
}

/// A created room at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RoomState {
    pub(crate) charter: Charter,
    pub(crate) sealed: bool,
    /// In the order of their coming: the first is the owner.
    pub(crate) peers: Vec<PeerId>,
    /// Who was ever in it, up to [`crate::limits::MAX_KNOWN_PEERS`]: they may return when it is
    /// sealed.
    pub(crate) known: Vec<PeerId>,
}

impl RoomState {
    /// A room that nobody has been in yet.
    pub(crate) fn empty(charter: Charter) -> Self {
        Self {
            charter,
            sealed: false,
            peers: Vec::new(),
            known: Vec::new(),
        }
    }

    /// Whether a seal keeps this peer out, who may have been here before by another id.
    pub(crate) fn keeps_out(&self, peer: PeerId, formerly: Option<PeerId>) -> bool {
        let is_known = |id| self.known.contains(&id);
        self.sealed && !is_known(peer) && !formerly.is_some_and(is_known)
    }

    /// What anyone may know of it.
    pub(crate) fn public(self) -> Room {
        let Charter {
            code,
            visibility,
            capacity,
            version,
            ..
        } = self.charter;
        Room {
            code,
            peers: self.peers.len(),
            capacity,
            visibility,
            version,
            sealed: self.sealed,
        }
    }
}

/// How a peer comes to a room.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Door {
    /// By a name, or with `group` by the name of groups of so many. A room by name is made by its
    /// first peer and vanishes with its last. A name that is the code of a created room, however
    /// it is typed, is [`Refused::TicketRequired`].
    Bare { name: String, group: Option<usize> },
    /// With a ticket for a created room. Unless there is one of its code it is made again by the
    /// charter: a server that was restarted, or a room that was empty for too long. If there is
    /// one with another time of birth: [`Refused::BadTicket`].
    Ticket {
        charter: Charter,
        /// The id by which the same player was known in this room before: it, too, opens a seal.
        formerly: Option<PeerId>,
    },
}

/// Why an address names no room.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum InvalidDoor {
    #[error("a room's name has at most {MAX_ROOM_NAME_BYTES} symbols")]
    NameTooLong,
    #[error("a room's name has only letters, digits and - . _ ~")]
    NameSymbols,
    #[error("`next` is a number of peers from 1 to {MAX_BARE_ROOM_PEERS}")]
    GroupSize,
}

impl Door {
    /// Checks a path without its leading slash, percent-decoded, and the value of `next`.
    ///
    /// The empty name is a room like any other: stock clients that name none meet there.
    pub(crate) fn bare(name: &str, next: Option<&str>) -> Result<Self, InvalidDoor> {
        if name.len() > MAX_ROOM_NAME_BYTES {
            return Err(InvalidDoor::NameTooLong);
        }
        let allowed = |b: u8| b.is_ascii_alphanumeric() || b"-._~".contains(&b);
        if !name.bytes().all(allowed) {
            return Err(InvalidDoor::NameSymbols);
        }
        let group = next
            .map(|next| match next.parse() {
                Ok(size) if (1..=MAX_BARE_ROOM_PEERS).contains(&size) => Ok(size),
                _ => Err(InvalidDoor::GroupSize),
            })
            .transpose()?;
        Ok(Self::Bare {
            name: name.to_owned(),
            group,
        })
    }

    /// Whether it leads to a group.
    pub(crate) fn is_group(&self) -> bool {
        matches!(self, Self::Bare { group: Some(_), .. })
    }
}

/// Who wants in, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) who: Address,
    pub(crate) door: Door,
}

/// A peer is in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entered {
    pub(crate) room: RoomKey,
    /// Grows from each entrance of a peer to its next, also when the store has lost its memory in
    /// between: of two connections of one peer on one node the greater is the living one.
    pub(crate) order: u64,
    /// In a resumption, those who came after the peer: it is told of them again, since what its
    /// last connection brought is not known. A newcomer's list is empty.
    pub(crate) later: Vec<PeerId>,
}

/// Which rooms to list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Listing {
    /// Only those of one version.
    pub(crate) version: Option<VersionTag>,
    /// Only those that come after this one.
    pub(crate) after: Option<Cursor>,
    /// At most so many; at least 1.
    pub(crate) limit: usize,
}

/// A part of the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Page {
    pub(crate) rooms: Vec<RoomState>,
    /// The last of them, if more follow.
    pub(crate) next: Option<Cursor>,
}

/// A room's place in the list, whether or not it is still there: by age, the newest first, so
/// that pages neither repeat nor skip a room that stays.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Cursor {
    pub(crate) born: Reverse<u64>,
    pub(crate) code: String,
}

impl Cursor {
    pub(crate) fn of(charter: &Charter) -> Self {
        Self {
            born: Reverse(charter.born),
            code: charter.code.clone(),
        }
    }
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.born.0, self.code)
    }
}

/// The text is no [`Cursor`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`after` is what an earlier page gave as `next`")]
pub(crate) struct BadCursor;

impl FromStr for Cursor {
    type Err = BadCursor;

    fn from_str(text: &str) -> Result<Self, BadCursor> {
        let (born, code) = text.split_once('.').ok_or(BadCursor)?;
        Ok(Self {
            born: Reverse(born.parse().map_err(|_| BadCursor)?),
            code: protocol::api::parse_room_code(code).ok_or(BadCursor)?,
        })
    }
}

/// Why a store did not do it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refused {
    #[error("the code was never given to a room here, or the room was empty for too long")]
    NoSuchRoom,
    #[error("the room holds {0} peers")]
    RoomFull(usize),
    #[error("the room's owner lets no newcomers in")]
    RoomSealed,
    #[error("the room was created, and is entered with a ticket")]
    TicketRequired,
    #[error("the ticket is for an earlier room of this code")]
    BadTicket,
    #[error("the peer is not the one that has been in the room for longest")]
    NotOwner,
    #[error("the server holds {0} rooms")]
    ServerFull(usize),
    /// Draw another code.
    #[error("there is a room of this code")]
    Taken,
    /// Try again later.
    #[error("the rooms of this server are away")]
    Away,
}
