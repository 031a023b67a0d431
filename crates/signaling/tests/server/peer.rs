//! A peer that speaks matchbox's protocol by hand.

use futures::{SinkExt, StreamExt};
use matchbox_protocol::{JsonPeerEvent, JsonPeerRequest, PeerId, PeerRequest};
use serde_json::json;
use std::time::Duration;
use tokio::{net::TcpStream, time::timeout};
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async,
    tungstenite::{self, Message, protocol::CloseFrame},
};

/// Far longer than anything here takes; a test that waits for it has failed.
const PATIENCE: Duration = Duration::from_secs(20);

pub struct Peer {
    pub id: PeerId,
    pub socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
}

impl Peer {
    pub async fn join(url: &str) -> Self {
        let (socket, _) = timeout(PATIENCE, connect_async(url))
            .await
            .unwrap()
            .unwrap();
        Self::greeted(socket).await
    }

    /// A peer on a socket that was upgraded already.
    pub async fn greeted(socket: WebSocketStream<MaybeTlsStream<TcpStream>>) -> Self {
        let mut peer = Self {
            id: PeerId(uuid::Uuid::nil()),
            socket,
        };
        match peer.event().await {
            JsonPeerEvent::IdAssigned(id) => peer.id = id,
            other => panic!("the id comes first, not {other:?}"),
        }
        peer
    }

    /// The next event.
    pub async fn event(&mut self) -> JsonPeerEvent {
        loop {
            match self.message().await {
                Some(Ok(Message::Text(text))) => return text.parse().unwrap(),
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                other => panic!("expected an event, got {other:?}"),
            }
        }
    }

    /// The close frame that ends the connection, everything before it skipped.
    pub async fn closed(&mut self) -> Option<CloseFrame> {
        loop {
            match self.message().await {
                Some(Ok(Message::Close(frame))) => return frame,
                Some(Ok(_)) => {}
                other => panic!("expected a close frame, got {other:?}"),
            }
        }
    }

    /// Sends an offer that says `text`.
    pub async fn signal(&mut self, receiver: PeerId, text: &str) {
        let data = json!({ "Offer": text });
        self.request(PeerRequest::Signal { receiver, data }).await;
    }

    pub async fn request(&mut self, request: JsonPeerRequest) {
        self.send(Message::text(request.to_string())).await.unwrap();
    }

    pub async fn send(&mut self, message: Message) -> Result<(), tungstenite::Error> {
        timeout(PATIENCE, self.socket.send(message)).await.unwrap()
    }

    pub async fn leave(mut self) {
        self.socket.close(None).await.unwrap();
    }

    async fn message(&mut self) -> Option<Result<Message, tungstenite::Error>> {
        timeout(PATIENCE, self.socket.next()).await.unwrap()
    }
}

/// The offer that [`Peer::signal`] sends, as its receiver sees it.
pub fn signal_from(sender: PeerId, text: &str) -> JsonPeerEvent {
    let data = json!({ "Offer": text });
    JsonPeerEvent::Signal { sender, data }
}

/// The status with which an upgrade is refused, and the body.
pub async fn refused(url: &str) -> (u16, Vec<u8>) {
    match timeout(PATIENCE, connect_async(url)).await.unwrap() {
        Err(tungstenite::Error::Http(response)) => {
            let status = response.status().as_u16();
            (status, response.into_body().unwrap_or_default())
        }
        other => panic!("expected a refusal, got {other:?}"),
    }
}
