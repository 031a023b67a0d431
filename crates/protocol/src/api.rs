//! The server's HTTP side under `/api/v1/`, in JSON.

use crate::{
    PROTOCOL_VERSION, PeerId, Simulation,
    limits::{DEFAULT_PEERS, MAX_VERSION_TAG_BYTES, ROOM_CODE_ALPHABET, ROOM_CODE_LENGTH},
};
use serde::{Deserialize, Serialize};
use std::{fmt, net::IpAddr, str::FromStr};

/// Who may learn of a room without having been told its code.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Visibility {
    /// It is listed, and quick match leads to it.
    Public,
    /// Only whoever has the code finds it.
    #[default]
    Private,
}

/// Which rules and which build a room is for: an opaque tag that is equal or not. A room of the
/// empty tag is for all.
///
/// At most [`MAX_VERSION_TAG_BYTES`] of letters, digits and `. _ + -`; may be empty.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct VersionTag(String);

/// The text is no [`VersionTag`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a version has at most {MAX_VERSION_TAG_BYTES} letters, digits and . _ + -")]
pub struct BadVersionTag;

impl VersionTag {
    /// The tag of everybody whom a match of this simulation can have.
    pub fn of<S: Simulation>() -> Self {
        Self(format!("{PROTOCOL_VERSION}-{:016x}", S::FINGERPRINT))
    }

    /// The tag as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for VersionTag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for VersionTag {
    type Err = BadVersionTag;

    fn from_str(text: &str) -> Result<Self, BadVersionTag> {
        Self::try_from(text.to_owned())
    }
}

impl TryFrom<String> for VersionTag {
    type Error = BadVersionTag;

    fn try_from(text: String) -> Result<Self, BadVersionTag> {
        let allowed = |b: u8| b.is_ascii_alphanumeric() || b"._+-".contains(&b);
        let fits = text.len() <= MAX_VERSION_TAG_BYTES && text.bytes().all(allowed);
        fits.then_some(Self(text)).ok_or(BadVersionTag)
    }
}

impl From<VersionTag> for String {
    fn from(tag: VersionTag) -> Self {
        tag.0
    }
}

/// What anyone who knows a room's code may know of it: the answer to `GET /api/v1/rooms/{code}`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Room {
    /// The code that players share; the WebSocket path of the room.
    pub code: String,
    /// Peers in the room now.
    pub peers: usize,
    /// Peers that it holds.
    pub capacity: usize,
    /// Whether it is listed.
    #[serde(default)]
    pub visibility: Visibility,
    /// Which version of the game it is for.
    #[serde(default)]
    pub version: VersionTag,
    /// Whether its owner has closed it to newcomers.
    #[serde(default)]
    pub sealed: bool,
}

/// A leave to enter a created room, signed by the server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pass {
    /// What the WebSocket's address says as `?ticket=…`, and a later request for another ticket as
    /// `Authorization: Bearer …`. A secret.
    pub ticket: String,
    /// When it ends, in seconds since 1970.
    pub expires: u64,
}

/// The body of `POST /api/v1/rooms`; every field may be left out, and the body too.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct CreateRoom {
    /// Whether the room is to be listed.
    pub visibility: Visibility,
    /// Peers that it is to hold, [`crate::limits::MIN_CAPACITY`] to [`crate::limits::MAX_PEERS`].
    pub capacity: usize,
    /// Which version of the game it is for.
    pub version: VersionTag,
    /// Who wants to enter it at once: the answer then holds a ticket for this id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub peer: Option<PeerId>,
}

impl Default for CreateRoom {
    fn default() -> Self {
        Self {
            visibility: Visibility::default(),
            capacity: DEFAULT_PEERS,
            version: VersionTag::default(),
            peer: None,
        }
    }
}

/// The answer to `POST /api/v1/rooms` (201).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CreatedRoom {
    /// The new room.
    #[serde(flatten)]
    pub room: Room,
    /// The way in, if [`CreateRoom::peer`] was named.
    #[serde(flatten)]
    pub pass: Option<Pass>,
}

/// The body of `POST /api/v1/rooms/{code}/tickets`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TicketRequest {
    /// Who wants to enter.
    pub peer: PeerId,
    /// Which version of the game it plays.
    #[serde(default)]
    pub version: VersionTag,
    /// What the room is to be if the server has forgotten it: from a peer that was in it, when its
    /// earlier ticket is not taken any more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub again: Option<Remembered>,
}

/// What a peer remembers of a room that it was in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Remembered {
    /// [`Room::visibility`].
    pub visibility: Visibility,
    /// [`Room::capacity`].
    pub capacity: usize,
}

/// The body of `POST /api/v1/quick`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct QuickMatch {
    /// Who wants to play.
    pub peer: PeerId,
    /// Which version of the game it plays.
    #[serde(default)]
    pub version: VersionTag,
    /// Peers that the room is to hold, if one has to be made.
    #[serde(default = "default_capacity")]
    pub capacity: usize,
}

fn default_capacity() -> usize {
    DEFAULT_PEERS
}

/// The answer to a [`TicketRequest`] (201) and a [`QuickMatch`] (200, or 201 with a new room).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Admission {
    /// The way in.
    #[serde(flatten)]
    pub pass: Pass,
    /// Where it leads.
    pub room: Room,
}

/// The answer to `GET /api/v1/rooms`: rooms that anyone may join, the newest first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoomList {
    /// A page of them.
    pub rooms: Vec<Room>,
    /// What `?after=` says to get the next page; nothing after the last.
    pub next: Option<String>,
}

/// The body of `PATCH /api/v1/rooms/{code}`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChangeRoom {
    /// Whether newcomers are kept out.
    pub sealed: bool,
}

/// The answer to `GET /api/v1/ice` (200): servers that help connections through NATs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct IceServers {
    /// As `RTCConfiguration.iceServers` takes them. Empty when the operator has named none.
    pub ice_servers: Vec<IceServer>,
    /// Seconds for which the credentials are good. A living connection cannot renew them.
    pub ttl: u64,
    /// The addresses of the operator's relays: a candidate elsewhere is no relay of theirs.
    pub relays: Vec<IpAddr>,
}

/// STUN or TURN servers that share credentials (`RTCIceServer`).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct IceServer {
    /// `stun:host:port` (RFC 7064) or `turn:host:port?transport=udp` (RFC 7065).
    pub urls: Vec<String>,
    /// For TURN: when the credentials expire and whose they are, `seconds:id`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub username: Option<String>,
    /// For TURN.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credential: Option<String>,
}

/// An error as RFC 9457 problem details (`application/problem+json`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// Stable, for programs.
    pub code: ProblemCode,
    /// The HTTP status, repeated.
    pub status: u16,
    /// A short sentence for people.
    pub title: String,
    /// What exactly was wrong this time.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub detail: String,
}

/// The stable codes of [`Problem`]s.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ProblemCode {
    /// No room has this code.
    NoSuchRoom,
    /// The room holds no more peers.
    RoomFull,
    /// The room's owner lets no newcomers in.
    RoomSealed,
    /// The room is for another version of the game.
    WrongVersion,
    /// Asked too often; `Retry-After` says when to ask again.
    TooManyRequests,
    /// The server holds no more rooms or connections.
    ServerFull,
    /// The server is going down.
    ShuttingDown,
    /// The request is malformed.
    BadRequest,
    /// The ticket is forged, expired, or for another room or peer.
    BadTicket,
    /// The room is entered with a ticket only.
    TicketRequired,
    /// Only the longest-present peer of the room may do this.
    NotOwner,
    /// Pages of this origin may not use the server.
    ForbiddenOrigin,
    /// What the server stands on is away; `Retry-After` says when to ask again.
    Unavailable,
    /// A code of a newer server.
    #[serde(other)]
    Unknown,
}

/// Closes a WebSocket whose peer has come again on another one.
pub const CLOSE_REPLACED: u16 = 4001;

/// Closes the WebSockets of a room that its owner has closed.
pub const CLOSE_ROOM_CLOSED: u16 = 4002;

/// Reads a room code as people type it: case, spaces and dashes do not matter.
///
/// Returns nothing when it cannot be a code: wrong length, or symbols outside
/// [`ROOM_CODE_ALPHABET`].
pub fn parse_room_code(text: &str) -> Option<String> {
    let code: String = text
        .chars()
        .filter(|c| !c.is_whitespace() && *c != '-')
        .take(ROOM_CODE_LENGTH + 1)
        .map(|c| c.to_ascii_uppercase())
        .collect();
    let fits =
        code.len() == ROOM_CODE_LENGTH && code.bytes().all(|b| ROOM_CODE_ALPHABET.contains(&b));
    fits.then_some(code)
}

impl ProblemCode {
    /// All codes, in the order of their declaration.
    pub const ALL: [Self; Self::Unknown as usize + 1] = [
        Self::NoSuchRoom,
        Self::RoomFull,
        Self::RoomSealed,
        Self::WrongVersion,
        Self::TooManyRequests,
        Self::ServerFull,
        Self::ShuttingDown,
        Self::BadRequest,
        Self::BadTicket,
        Self::TicketRequired,
        Self::NotOwner,
        Self::ForbiddenOrigin,
        Self::Unavailable,
        Self::Unknown,
    ];

    /// The code as it travels.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NoSuchRoom => "no-such-room",
            Self::RoomFull => "room-full",
            Self::RoomSealed => "room-sealed",
            Self::WrongVersion => "wrong-version",
            Self::TooManyRequests => "too-many-requests",
            Self::ServerFull => "server-full",
            Self::ShuttingDown => "shutting-down",
            Self::BadRequest => "bad-request",
            Self::BadTicket => "bad-ticket",
            Self::TicketRequired => "ticket-required",
            Self::NotOwner => "not-owner",
            Self::ForbiddenOrigin => "forbidden-origin",
            Self::Unavailable => "unavailable",
            Self::Unknown => "unknown",
        }
    }
}
