//! The address of a server, and of its rooms.

use std::{fmt, str::FromStr};

/// Bytes of a server's address.
const MAX_ADDRESS_BYTES: usize = 512;

/// Where a server is: `http(s)://…`, `ws(s)://…` (the same server), or a bare `host`,
/// `host:port` with an optional path. A bare one is plain HTTP, as on a LAN.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerUrl {
    secure: bool,
    /// Host and port, and a path before ours if the server is not at the top.
    place: String,
}

/// Why text is not a server's address.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("\"{0}\" is not a server's address.")]
pub struct BadAddress(String);

impl FromStr for ServerUrl {
    type Err = BadAddress;

    fn from_str(text: &str) -> Result<Self, BadAddress> {
        let bad = || BadAddress(text.chars().take(64).collect());
        let text = text.trim();
        let (scheme, rest) = text.split_once("://").unwrap_or(("http", text));
        let secure = match scheme.to_ascii_lowercase().as_str() {
            "http" | "ws" => false,
            "https" | "wss" => true,
            _ => return Err(bad()),
        };
        let place = rest.trim_end_matches('/');
        let authority = place.split('/').next().unwrap_or_default();
        // No query, fragment, user or spaces: only what both schemes carry alike.
        let allowed = |c: char| c.is_ascii_alphanumeric() || "-._~:/[]%".contains(c);
        let fits = place.len() <= MAX_ADDRESS_BYTES && place.chars().all(allowed);
        if !fits || !is_authority(authority) {
            return Err(bad());
        }
        Ok(Self {
            secure,
            place: place.to_owned(),
        })
    }
}

/// `host`, `host:port`, `[v6]` or `[v6]:port`.
fn is_authority(text: &str) -> bool {
    let (host, port) = match text.strip_prefix('[') {
        Some(rest) => match rest.split_once(']') {
            Some((host, port)) if host.parse::<std::net::Ipv6Addr>().is_ok() => (host, port),
            _ => return false,
        },
        None => text
            .find(':')
            .map_or((text, ""), |colon| text.split_at(colon)),
    };
    let port_fits = match port.strip_prefix(':') {
        Some(port) => port.parse::<u16>().is_ok_and(|port| port != 0),
        None => port.is_empty(),
    };
    !host.is_empty() && port_fits
}

impl ServerUrl {
    /// The address of the room's WebSocket. `room` is a code, or for a stock matchbox server any
    /// name, with its `?next=N` if it has one; other symbols are percent-encoded.
    pub fn room(&self, room: &str) -> String {
        let scheme = if self.secure { "wss" } else { "ws" };
        format!("{scheme}://{}/{}", self.place, encode(room))
    }

    /// The address of a path of the API.
    pub(super) fn api(&self, path: &str) -> String {
        format!("{self}/api/v1/{path}")
    }
}

/// As an HTTP address without a slash at its end.
impl fmt::Display for ServerUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.secure { "https" } else { "http" };
        write!(f, "{scheme}://{}", self.place)
    }
}

/// Percent-encodes what a path and its query may not hold as it is (RFC 3986, 2.1).
pub(super) fn encode(room: &str) -> String {
    let mut encoded = String::with_capacity(room.len());
    for byte in room.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~?=&".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    encoded
}
