//! The server's HTTP side under `/api/v1/`, in JSON.

use crate::limits::{ROOM_CODE_ALPHABET, ROOM_CODE_LENGTH};
use serde::{Deserialize, Serialize};
use std::net::IpAddr;

/// The answer to `POST /api/v1/rooms` (201) and `GET /api/v1/rooms/{code}` (200).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Room {
    /// The code that players share; the WebSocket path of the room.
    pub code: String,
    /// Peers in the room now.
    pub peers: usize,
    /// Peers that it holds.
    pub capacity: usize,
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
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ProblemCode {
    /// No room has this code.
    NoSuchRoom,
    /// The room holds no more peers.
    RoomFull,
    /// The server holds no more rooms or connections.
    ServerFull,
    /// The request is malformed.
    BadRequest,
    /// The server is going down.
    ShuttingDown,
    /// A code of a newer server.
    #[serde(other)]
    Unknown,
}

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
