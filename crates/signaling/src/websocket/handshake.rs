//! A WebSocket's opening handshake (RFC 6455, section 4.2), up to the upgraded connection.

use crate::tcp::connection::Connection;
use axum::{
    extract::Request,
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header},
    response::{IntoResponse, Response},
};
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;

/// A request to become a WebSocket that can be granted.
#[derive(Debug)]
pub(crate) struct Handshake {
    upgrade: OnUpgrade,
    /// Proves to the client that this was understood.
    accept: String,
}

/// Why one cannot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NoHandshake {
    #[error("a WebSocket is asked for by GET")]
    Method,
    #[error("`Connection` does not say `upgrade`")]
    Connection,
    #[error("`Sec-WebSocket-Version` is not 13")]
    Version,
    #[error("`Sec-WebSocket-Key` is missing")]
    Key,
}

/// Whether a request wants to become a WebSocket.
pub(crate) fn is_asked_for(headers: &HeaderMap) -> bool {
    headers
        .get(header::UPGRADE)
        .is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"websocket"))
}

impl Handshake {
    /// Checks a request that [wants one](is_asked_for).
    pub(crate) fn of(request: &mut Request) -> Result<Self, NoHandshake> {
        let headers = request.headers();
        let first = |name: HeaderName| headers.get(name).map(HeaderValue::as_bytes);
        let upgrades = |value: &HeaderValue| {
            let mut words = value.as_bytes().split(|byte| *byte == b',');
            words.any(|word| word.trim_ascii().eq_ignore_ascii_case(b"upgrade"))
        };
        if request.method() != Method::GET {
            return Err(NoHandshake::Method);
        }
        if !headers.get_all(header::CONNECTION).iter().any(upgrades) {
            return Err(NoHandshake::Connection);
        }
        if first(header::SEC_WEBSOCKET_VERSION) != Some(b"13") {
            return Err(NoHandshake::Version);
        }
        let key = first(header::SEC_WEBSOCKET_KEY).ok_or(NoHandshake::Key)?;
        let accept = derive_accept_key(key);
        Ok(Self {
            upgrade: hyper::upgrade::on(request),
            accept,
        })
    }

    /// The answer, and what comes of it.
    pub(crate) fn accept(self) -> (Response, Upgrading) {
        let answer = [
            (header::CONNECTION, "upgrade"),
            (header::UPGRADE, "websocket"),
            (header::SEC_WEBSOCKET_ACCEPT, &self.accept),
        ];
        let response = (StatusCode::SWITCHING_PROTOCOLS, answer).into_response();
        (response, Upgrading(self.upgrade))
    }
}

/// A connection whose client is being answered.
#[derive(Debug)]
pub(crate) struct Upgrading(OnUpgrade);

impl Upgrading {
    /// The connection, and what the client has sent on it already; nothing if it broke before.
    pub(crate) async fn done(self) -> Option<(Connection, Vec<u8>)> {
        let upgraded = self.0.await.ok()?;
        let parts = upgraded.downcast::<TokioIo<Connection>>().ok()?;
        Some((parts.io.into_inner(), parts.read_buf.into()))
    }
}
