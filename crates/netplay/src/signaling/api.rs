//! The server's HTTP side: making and finding rooms, and the addresses of both.

use ehttp::streaming::Part;
use futures::{
    channel::oneshot,
    future::{Either, select},
    pin_mut,
};
use futures_timer::Delay;
use protocol::api::{IceServers, Problem, ProblemCode, Room};
use serde::de::DeserializeOwned;
use std::{
    fmt,
    ops::ControlFlow,
    str::FromStr,
    sync::{Mutex, PoisonError},
    time::Duration,
};

/// How long a request may take, from its start to its answer's last byte.
pub const REQUEST_DEADLINE: Duration = Duration::from_secs(6);

/// Bytes of an answer. A longer one is not our server's.
pub const MAX_ANSWER_BYTES: usize = 16 * 1024;

/// Bytes of a server's address.
const MAX_ADDRESS_BYTES: usize = 512;

/// Why the server's HTTP side was of no help.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ApiError {
    /// No answer: the server is down, its address is wrong, or the network is.
    #[error("The server at {server} cannot be reached.")]
    Unreachable {
        /// Where it was looked for.
        server: String,
        /// What the HTTP client says, for logs.
        detail: String,
    },
    /// The server says no, and why.
    #[error("{}", .0.title)]
    Problem(Problem),
    /// Something answers there, but in other words than ours: a stock matchbox server, a proxy.
    #[error("The server at {server} is not a Peerball server.")]
    NotOurServer {
        /// Where it was asked.
        server: String,
        /// The HTTP status of its answer.
        status: u16,
    },
}

impl ApiError {
    /// The stable code, when the server gave one.
    pub fn code(&self) -> Option<ProblemCode> {
        match self {
            Self::Problem(problem) => Some(problem.code),
            _ => None,
        }
    }
}

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

    fn api(&self, path: &str) -> String {
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
fn encode(room: &str) -> String {
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

/// Makes a room.
///
/// # Errors
/// As [`ApiError`] tells; within [`REQUEST_DEADLINE`].
pub async fn create_room(server: &ServerUrl) -> Result<Room, ApiError> {
    ask(
        server,
        ehttp::Request::post(server.api("rooms"), Vec::new()),
    )
    .await
}

/// Looks a room up by its code.
///
/// # Errors
/// As [`ApiError`] tells, [`ProblemCode::NoSuchRoom`] among them; within [`REQUEST_DEADLINE`].
pub async fn lookup_room(server: &ServerUrl, code: &str) -> Result<Room, ApiError> {
    ask(
        server,
        ehttp::Request::get(server.api(&format!("rooms/{}", encode(code)))),
    )
    .await
}

/// Asks for servers that help connections through NATs, and for credentials.
///
/// # Errors
/// As [`ApiError`] tells; within [`REQUEST_DEADLINE`].
pub async fn ice_servers(server: &ServerUrl) -> Result<IceServers, ApiError> {
    ask(server, ehttp::Request::get(server.api("ice"))).await
}

/// An answer's status and body.
type Answer = Result<(u16, Vec<u8>), String>;

async fn ask<T: DeserializeOwned>(
    server: &ServerUrl,
    request: ehttp::Request,
) -> Result<T, ApiError> {
    let (status, body) = fetch(request)
        .await
        .map_err(|detail| ApiError::Unreachable {
            server: server.to_string(),
            detail,
        })?;
    let foreign = || ApiError::NotOurServer {
        server: server.to_string(),
        status,
    };
    if (200..300).contains(&status) {
        serde_json::from_slice(&body).map_err(|_| foreign())
    } else {
        Err(serde_json::from_slice(&body).map_or_else(|_| foreign(), ApiError::Problem))
    }
}

/// Fetches an answer within [`REQUEST_DEADLINE`], cut at [`MAX_ANSWER_BYTES`].
async fn fetch(request: ehttp::Request) -> Answer {
    let (sender, answer) = oneshot::channel();
    // The callback is an `Fn`: what it gathers, and the sender it uses once, need a lock.
    let gathered = Mutex::new((Some(sender), 0, Vec::new()));
    ehttp::streaming::fetch(request.with_timeout(Some(REQUEST_DEADLINE)), move |part| {
        let mut gathered = gathered.lock().unwrap_or_else(PoisonError::into_inner);
        let (sender, status, body) = &mut *gathered;
        let complete = match part {
            Ok(Part::Response(response)) => {
                *status = response.status;
                return ControlFlow::Continue(());
            }
            Ok(Part::Chunk(chunk)) if !chunk.is_empty() => {
                let room = MAX_ANSWER_BYTES - body.len();
                body.extend_from_slice(&chunk[..chunk.len().min(room)]);
                if body.len() < MAX_ANSWER_BYTES {
                    return ControlFlow::Continue(());
                }
                Ok((*status, std::mem::take(body)))
            }
            Ok(Part::Chunk(_)) => Ok((*status, std::mem::take(body))),
            Err(error) => Err(error),
        };
        if let Some(sender) = sender.take() {
            // Nobody waits any more when the deadline has passed.
            let _ = sender.send(complete);
        }
        ControlFlow::Break(())
    });
    let deadline = Delay::new(REQUEST_DEADLINE);
    pin_mut!(answer);
    match select(answer, deadline).await {
        Either::Left((Ok(answer), _)) => answer,
        Either::Left((Err(_), _)) => Err("the request was dropped".to_owned()),
        Either::Right(_) => Err("no answer in time".to_owned()),
    }
}
