//! The WebSocket in a browser.

use super::Refusal;
use futures::{SinkExt, StreamExt};
use protocol::limits::MAX_SIGNAL_BYTES;
use ws_stream_wasm::{WsErr, WsMessage, WsMeta, WsStream};

/// A WebSocket that carries text; closed when dropped.
pub(super) struct Socket(WsStream);

impl Socket {
    /// A browser does not tell a script why a WebSocket was refused.
    pub(super) async fn connect(url: &str) -> Result<Self, Refusal> {
        match WsMeta::connect(url, None).await {
            Ok((_, stream)) => Ok(Self(stream)),
            Err(WsErr::InvalidUrl { supplied }) => Err(Refusal::BadUrl(supplied)),
            Err(error) => Err(Refusal::Unreachable(error.to_string())),
        }
    }

    /// Sends a text; an error is the connection's end.
    pub(super) async fn send(&mut self, text: String) -> Result<(), String> {
        self.0
            .send(WsMessage::Text(text))
            .await
            .map_err(|error| error.to_string())
    }

    /// The next text; other messages are nothing, an error is the connection's end.
    pub(super) async fn next(&mut self) -> Result<Option<String>, String> {
        match self.0.next().await {
            Some(WsMessage::Text(text)) if text.len() <= MAX_SIGNAL_BYTES => Ok(Some(text)),
            Some(_) => Ok(None),
            None => Err("closed by the server".to_owned()),
        }
    }
}

/// Runs a task on the page's event loop.
pub(super) fn spawn(task: impl Future<Output = ()> + 'static) {
    wasm_bindgen_futures::spawn_local(task);
}
