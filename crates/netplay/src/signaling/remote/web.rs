//! The WebSocket in a browser.

use super::client::Refusal;
use futures::{SinkExt, StreamExt};
use matchbox_socket::{PeerRequest, PeerSignal};
use protocol::{PeerId, limits::MAX_SIGNAL_BYTES};
use ws_stream_wasm::{WsErr, WsMessage, WsMeta, WsStream};

/// A WebSocket that carries text; closed when dropped.
pub(super) struct Socket(WsStream);

impl Socket {
    /// A script cannot ping. It can send a signal to itself, which our server and the stock one
    /// bring back; another one may not.
    pub(super) const ANSWERS_PROBES: bool = false;

    /// A browser does not tell a script why a WebSocket was refused.
    pub(super) async fn connect(url: &str) -> Result<Self, Refusal> {
        match WsMeta::connect(url, None).await {
            Ok((_, stream)) => Ok(Self(stream)),
            Err(WsErr::InvalidUrl { .. }) => Err(Refusal::BadUrl("no browser takes it".to_owned())),
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

    /// Sends what the server answers, if it does.
    pub(super) async fn probe(&mut self, our_id: PeerId) -> Result<(), String> {
        let signal = PeerRequest::Signal {
            receiver: our_id,
            data: PeerSignal::IceCandidate(String::new()),
        };
        let text = serde_json::to_string(&signal).map_err(|error| error.to_string())?;
        self.send(text).await
    }

    /// Says goodbye, which the browser does by itself.
    pub(super) async fn close(self) {}

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
