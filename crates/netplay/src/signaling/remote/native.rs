//! The WebSocket natively.

use super::{
    client::{Ending, yield_now},
    refusal::Refusal,
};
use async_tungstenite::{
    WebSocketStream,
    smol::{ConnectStream, connect_async_with_config},
    tungstenite::{Error, Message, protocol::WebSocketConfig},
};
use futures::StreamExt;
use protocol::{
    PeerId,
    api::{CLOSE_ROOM_CLOSED, Problem},
    limits::MAX_SIGNAL_BYTES,
};

/// Bytes read at once; tungstenite's own 128 KiB are for a server's load.
const READ_BUFFER_BYTES: usize = 8 * 1024;

/// A WebSocket that carries text.
pub(super) struct Socket(WebSocketStream<ConnectStream>);

impl Socket {
    /// The answer to a refused upgrade says why.
    pub(super) const TELLS_REFUSALS: bool = true;

    /// Every WebSocket answers pings (RFC 6455, section 5.5.2).
    pub(super) const ANSWERS_PROBES: bool = true;

    pub(super) async fn connect(url: &str) -> Result<Self, Refusal> {
        let config = WebSocketConfig::default()
            .read_buffer_size(READ_BUFFER_BYTES)
            .max_message_size(Some(MAX_SIGNAL_BYTES))
            .max_frame_size(Some(MAX_SIGNAL_BYTES));
        match connect_async_with_config(url, Some(config)).await {
            Ok((stream, _)) => Ok(Self(stream)),
            Err(Error::Http(response)) => {
                let body = response.body().as_deref().unwrap_or_default();
                Err(match serde_json::from_slice::<Problem>(body) {
                    Ok(problem) => Refusal::Problem(problem),
                    Err(_) => Refusal::Http(response.status().as_u16()),
                })
            }
            Err(Error::Url(error)) => Err(Refusal::BadUrl(error.to_string())),
            Err(error) => Err(Refusal::Unreachable(error.to_string())),
        }
    }

    /// Sends a text; an error is the connection's end.
    pub(super) async fn send(&mut self, text: String) -> Result<(), String> {
        self.write(Message::text(text)).await
    }

    /// Sends what the server answers.
    pub(super) async fn probe(&mut self, _our_id: PeerId) -> Result<(), String> {
        self.write(Message::Ping(Default::default())).await
    }

    async fn write(&mut self, message: Message) -> Result<(), String> {
        self.0
            .send(message)
            .await
            .map_err(|error| error.to_string())
    }

    /// Says goodbye and waits for the answer, so that it arrives: for a while the server keeps
    /// the place of a connection that breaks.
    pub(super) async fn close(mut self) {
        if self.write(Message::Close(None)).await.is_ok() {
            while self.next().await.is_ok() {
                yield_now().await;
            }
        }
    }

    /// The next text; other messages are nothing, an error is the connection's end.
    pub(super) async fn next(&mut self) -> Result<Option<String>, Ending> {
        match self.0.next().await {
            Some(Ok(Message::Text(text))) => Ok(Some(text.as_str().to_owned())),
            Some(Ok(Message::Close(Some(frame)))) if u16::from(frame.code) == CLOSE_ROOM_CLOSED => {
                Err(Ending::RoomClosed)
            }
            Some(Ok(Message::Close(_))) | None => {
                Err(Ending::Broken("closed by the server".to_owned()))
            }
            Some(Ok(_)) => Ok(None),
            Some(Err(error)) => Err(Ending::Broken(error.to_string())),
        }
    }
}

/// Runs a task on smol's threads, beside the connections of webrtc-rs: no runtime of the
/// caller's is needed.
pub(super) fn spawn(task: impl Future<Output = ()> + Send + 'static) {
    smol::spawn(task).detach();
}
