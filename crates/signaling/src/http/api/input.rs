//! What requests say, checked: bodies, codes, capacities, and who asks.

use crate::{
    http::problem::{Refusal, bad},
    limits::{BODY_DEADLINE, ROOM_CODE_LENGTH},
};
use axum::{
    body::Bytes,
    extract::{FromRequest, FromRequestParts, Path, Request},
    http::{HeaderMap, StatusCode, header, request::Parts},
};
use matchbox_protocol::PeerId;
use protocol::{
    api::{ProblemCode, parse_room_code},
    identity::PeerToken,
    limits::{MAX_PEERS, MIN_CAPACITY},
};
use serde::de::DeserializeOwned;
use tokio::time::timeout;

/// A body in JSON, whatever its media type says; an empty one is the empty object.
pub(super) struct Body<T>(pub(super) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Body<T> {
    type Rejection = Refusal;

    async fn from_request(request: Request, state: &S) -> Result<Self, Refusal> {
        let bytes = timeout(BODY_DEADLINE, Bytes::from_request(request, state))
            .await
            .map_err(|_| bad("The body did not come in time."))?
            .map_err(|error| bad(error.body_text()).with_status(error.status()))?;
        let text = if bytes.is_empty() { b"{}" } else { &bytes[..] };
        // A derived decoder takes the fields as a list, too.
        if !text.trim_ascii_start().starts_with(b"{") {
            return Err(bad("The body is no JSON object."));
        }
        let value = serde_json::from_slice(text);
        value.map(Self).map_err(|error| bad(format!("{error}.")))
    }
}

/// The room code of a path, as [`parse_room_code`] returns it.
pub(super) struct Code(pub(super) String);

impl<S: Send + Sync> FromRequestParts<S> for Code {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refusal> {
        let Path(text) = Path::<String>::from_request_parts(parts, state)
            .await
            .map_err(|error| bad(error.body_text()))?;
        parse_room_code(&text).map(Self).ok_or_else(|| {
            let detail = format!("A code has {ROOM_CODE_LENGTH} letters and digits.");
            Refusal::new(ProblemCode::NoSuchRoom, detail)
        })
    }
}

/// A peer that proves its id by its token.
pub(super) struct Proven(pub(super) PeerId);

impl<S: Send + Sync> FromRequestParts<S> for Proven {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Refusal> {
        let token = bearer(&parts.headers).and_then(|text| text.parse::<PeerToken>().ok());
        let token = token.ok_or_else(|| {
            bad("`Authorization: Bearer` gives the token of a peer's WebSocket.")
                .with_status(StatusCode::UNAUTHORIZED)
        })?;
        Ok(Self(token.peer_id()))
    }
}

/// What `Authorization: Bearer …` says.
pub(super) fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, text) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| text.trim())
}

/// A capacity that a room may have.
pub(super) fn capacity(peers: usize) -> Result<usize, Refusal> {
    if (MIN_CAPACITY..=MAX_PEERS).contains(&peers) {
        return Ok(peers);
    }
    Err(bad(format!(
        "`capacity` is a number of peers from {MIN_CAPACITY} to {MAX_PEERS}."
    )))
}
