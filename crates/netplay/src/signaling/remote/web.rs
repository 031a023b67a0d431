//! The WebSocket in a browser.

use super::{client::Ending, refusal::Refusal};
use futures::{SinkExt, StreamExt};
use matchbox_socket::{PeerRequest, PeerSignal};
use protocol::{PeerId, api::CLOSE_ROOM_CLOSED, limits::MAX_SIGNAL_BYTES};
use std::{cell::Cell, rc::Rc};
use wasm_bindgen::{JsCast, closure::Closure};
use web_sys::CloseEvent;
use ws_stream_wasm::{WsErr, WsMessage, WsMeta, WsStream};

/// A WebSocket that carries text; closed when dropped.
pub(super) struct Socket {
    stream: WsStream,
    /// The code that the server closed it with.
    code: Rc<Cell<Option<u16>>>,
    on_close: Closure<dyn FnMut(CloseEvent)>,
}

impl Socket {
    /// A page is not told why a WebSocket was refused.
    pub(super) const TELLS_REFUSALS: bool = false;

    /// A script cannot ping. It can send a signal to itself, which our server and the stock one
    /// bring back; another one may not.
    pub(super) const ANSWERS_PROBES: bool = false;

    /// A browser does not tell a script why a WebSocket was refused.
    pub(super) async fn connect(url: &str) -> Result<Self, Refusal> {
        match WsMeta::connect(url, None).await {
            Ok((_, stream)) => Ok(Self::of(stream)),
            Err(WsErr::InvalidUrl { .. }) => Err(Refusal::BadUrl("no browser takes it".to_owned())),
            Err(error) => Err(Refusal::Unreachable(error.to_string())),
        }
    }

    fn of(stream: WsStream) -> Self {
        let code = Rc::new(Cell::new(None));
        let seen = Rc::clone(&code);
        let on_close = Closure::<dyn FnMut(CloseEvent)>::new(move |event: CloseEvent| {
            seen.set(Some(event.code()));
        });
        let function = on_close.as_ref().unchecked_ref();
        // Only a target that is none refuses.
        let _ = stream
            .wrapped()
            .add_event_listener_with_callback("close", function);
        Self {
            stream,
            code,
            on_close,
        }
    }

    /// Sends a text; an error is the connection's end.
    pub(super) async fn send(&mut self, text: String) -> Result<(), String> {
        self.stream
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
    pub(super) async fn next(&mut self) -> Result<Option<String>, Ending> {
        match self.stream.next().await {
            Some(WsMessage::Text(text)) if text.len() <= MAX_SIGNAL_BYTES => Ok(Some(text)),
            Some(_) => Ok(None),
            None if self.code.get() == Some(CLOSE_ROOM_CLOSED) => Err(Ending::RoomClosed),
            None => Err(Ending::Broken("closed by the server".to_owned())),
        }
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        let function = self.on_close.as_ref().unchecked_ref();
        let _ = self
            .stream
            .wrapped()
            .remove_event_listener_with_callback("close", function);
    }
}

/// Runs a task on the page's event loop.
pub(super) fn spawn(task: impl Future<Output = ()> + 'static) {
    wasm_bindgen_futures::spawn_local(task);
}
