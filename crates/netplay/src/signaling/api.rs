//! The server's HTTP side: making, finding and closing rooms, and leave to enter them.

use super::{http::fetch, server_url::encode};
use ehttp::{Method, Request};
use protocol::{
    api::{
        Admission, ChangeRoom, CreateRoom, CreatedRoom, IceServers, Problem, ProblemCode,
        QuickMatch, Room, RoomList, TicketRequest, VersionTag,
    },
    identity::PeerToken,
};
use serde::{Serialize, de::DeserializeOwned};
use std::time::Duration;

pub use super::server_url::{BadAddress, ServerUrl};

/// How long a request may take, from its start to its answer's last byte.
pub const REQUEST_DEADLINE: Duration = Duration::from_secs(6);

/// Bytes of an answer: a page of the list has up to 8 KiB. A longer one is not our server's.
pub const MAX_ANSWER_BYTES: usize = 16 * 1024;

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
    #[error("The server at {server} is not a {} server.", protocol::title!())]
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

/// Makes a room. With [`CreateRoom::peer`] the answer lets that peer in.
///
/// # Errors
/// As [`ApiError`] tells; within [`REQUEST_DEADLINE`].
pub async fn create_room(server: &ServerUrl, wanted: &CreateRoom) -> Result<CreatedRoom, ApiError> {
    ask(server, request(Method::POST, server.api("rooms"), wanted)).await
}

/// Looks a room up by its code.
///
/// # Errors
/// As [`ApiError`] tells, [`ProblemCode::NoSuchRoom`] among them; within [`REQUEST_DEADLINE`].
pub async fn lookup_room(server: &ServerUrl, code: &str) -> Result<Room, ApiError> {
    ask(server, Request::get(room(server, code, ""))).await
}

/// Asks for servers that help connections through NATs, and for credentials.
///
/// # Errors
/// As [`ApiError`] tells; within [`REQUEST_DEADLINE`].
pub async fn ice_servers(server: &ServerUrl) -> Result<IceServers, ApiError> {
    ask(server, Request::get(server.api("ice"))).await
}

/// Lists the public rooms that have a free place, the newest first: a page of at most `limit`
/// (1 to [`protocol::limits::MAX_LISTED_ROOMS`]), after what an earlier page gave as its `next`.
///
/// # Errors
/// As [`ApiError`] tells; within [`REQUEST_DEADLINE`].
pub async fn list_rooms(
    server: &ServerUrl,
    version: &VersionTag,
    after: Option<&str>,
    limit: usize,
) -> Result<RoomList, ApiError> {
    let version = encode_part(version.as_str());
    let after = after.map_or(String::new(), |after| {
        format!("&after={}", encode_part(after))
    });
    let url = server.api(&format!("rooms?version={version}&limit={limit}{after}"));
    ask(server, Request::get(url)).await
}

/// Asks for leave to enter a room. `earlier` is a ticket that this player had for it, maybe by
/// another id: with it one returns to a room that was sealed since.
///
/// # Errors
/// As [`ApiError`] tells: [`ProblemCode::NoSuchRoom`], [`ProblemCode::RoomFull`],
/// [`ProblemCode::RoomSealed`], [`ProblemCode::WrongVersion`] among them; within
/// [`REQUEST_DEADLINE`].
pub async fn request_ticket(
    server: &ServerUrl,
    code: &str,
    wanted: &TicketRequest,
    earlier: Option<&str>,
) -> Result<Admission, ApiError> {
    let mut request = request(Method::POST, room(server, code, "/tickets"), wanted);
    if let Some(ticket) = earlier {
        prove(&mut request, ticket);
    }
    ask(server, request).await
}

/// Finds a public room of the version where others wait, or makes one, and gets leave to enter.
///
/// # Errors
/// As [`ApiError`] tells; within [`REQUEST_DEADLINE`].
pub async fn quick_match(server: &ServerUrl, wanted: &QuickMatch) -> Result<Admission, ApiError> {
    ask(server, request(Method::POST, server.api("quick"), wanted)).await
}

/// Keeps newcomers out of a room, or lets them in again. `owner` is the token of its
/// longest-present peer.
///
/// # Errors
/// As [`ApiError`] tells, [`ProblemCode::NotOwner`] among them; within [`REQUEST_DEADLINE`].
pub async fn seal_room(
    server: &ServerUrl,
    code: &str,
    owner: PeerToken,
    sealed: bool,
) -> Result<Room, ApiError> {
    let mut request = request(
        Method::PATCH,
        room(server, code, ""),
        &ChangeRoom { sealed },
    );
    prove(&mut request, &owner.to_secret_text());
    ask(server, request).await
}

/// Ends a room for everybody, and frees its code. `owner` is the token of its longest-present
/// peer. Channels between peers live on.
///
/// # Errors
/// As [`ApiError`] tells, [`ProblemCode::NotOwner`] among them; within [`REQUEST_DEADLINE`].
pub async fn close_room(server: &ServerUrl, code: &str, owner: PeerToken) -> Result<(), ApiError> {
    let mut request = Request::delete(&room(server, code, ""));
    prove(&mut request, &owner.to_secret_text());
    answer(server, request).await.map(drop)
}

/// The address of a room, or of something of it.
fn room(server: &ServerUrl, code: &str, rest: &str) -> String {
    server.api(&format!("rooms/{}{rest}", encode_part(code)))
}

/// A part of a path or of a query: of what [`encode`] leaves as it is, some would end it.
fn encode_part(text: &str) -> String {
    encode(text)
        .replace('?', "%3F")
        .replace('=', "%3D")
        .replace('&', "%26")
}

fn request(method: Method, url: String, body: &impl Serialize) -> Request {
    let mut request = Request::new(method, url, &[("Content-Type", "application/json")]);
    // What cannot be written is refused as an empty body; plain data always can.
    request.body = serde_json::to_vec(body).unwrap_or_default();
    request
}

fn prove(request: &mut Request, secret: &str) {
    let value = format!("Bearer {secret}");
    request.headers.insert("Authorization", value);
}

async fn ask<T: DeserializeOwned>(server: &ServerUrl, request: Request) -> Result<T, ApiError> {
    let (status, body) = answer(server, request).await?;
    serde_json::from_slice(&body).map_err(|_| not_ours(server, status))
}

/// The answer to a request that was done.
async fn answer(server: &ServerUrl, request: Request) -> Result<(u16, Vec<u8>), ApiError> {
    let (status, body) = fetch(request)
        .await
        .map_err(|detail| ApiError::Unreachable {
            server: server.to_string(),
            detail,
        })?;
    if (200..300).contains(&status) {
        return Ok((status, body));
    }
    Err(match serde_json::from_slice(&body) {
        Ok(problem) => ApiError::Problem(problem),
        Err(_) => not_ours(server, status),
    })
}

fn not_ours(server: &ServerUrl, status: u16) -> ApiError {
    ApiError::NotOurServer {
        server: server.to_string(),
        status,
    }
}
