//! A signaling server whose every word is the test's.
#![allow(dead_code, reason = "each test uses its part of it")]

use futures::{FutureExt, SinkExt, StreamExt};
use matchbox_socket::{PeerEvent, PeerRequest, PeerSignal};
use protocol::PeerId;
use std::time::Duration;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};
use tokio_tungstenite::{
    WebSocketStream, accept_async, accept_hdr_async,
    tungstenite::{
        Message,
        handshake::server::{Request, Response},
    },
};

/// How long anything in these tests may take.
pub const DEADLINE: Duration = Duration::from_secs(30);

/// An id that a person can read.
pub fn id(number: u128) -> PeerId {
    PeerId(uuid::Uuid::from_u128(number))
}

/// A future's value; a failed test if it takes longer than [`DEADLINE`].
pub async fn soon<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(DEADLINE, future)
        .await
        .expect("nothing may take so long")
}

/// Listens on a port of its own.
pub struct Server(TcpListener);

impl Server {
    pub async fn start() -> Self {
        Self(TcpListener::bind("127.0.0.1:0").await.expect("a free port"))
    }

    pub fn address(&self) -> String {
        self.0.local_addr().expect("bound").to_string()
    }

    pub fn room_url(&self) -> String {
        format!("ws://{}/ROOM", self.address())
    }

    /// The next connection, before any word.
    pub async fn accept_raw(&self) -> TcpStream {
        soon(self.0.accept()).await.expect("a connection").0
    }

    /// The next WebSocket.
    pub async fn accept(&self) -> Connection {
        let stream = self.accept_raw().await;
        Connection(soon(accept_async(stream)).await.expect("a WebSocket"))
    }

    /// The next WebSocket, and the path and query that it asks for.
    #[expect(clippy::result_large_err, reason = "the signature is the library's")]
    pub async fn accept_with_path(&self) -> (Connection, String) {
        let mut path = String::new();
        let read = |request: &Request, response: Response| {
            path = request.uri().to_string();
            Ok(response)
        };
        let stream = self.accept_raw().await;
        let socket = soon(accept_hdr_async(stream, read)).await;
        (Connection(socket.expect("a WebSocket")), path)
    }

    /// Answers the next request over HTTP, and returns it.
    pub async fn answer(&self, status: &str, body: &str) -> String {
        let mut stream = self.accept_raw().await;
        let mut request = Vec::new();
        while !request.windows(4).any(|end| end == b"\r\n\r\n") {
            let mut bytes = [0; 1024];
            let count = soon(stream.read(&mut bytes)).await.expect("a request");
            assert!(count > 0, "the request ended early");
            request.extend_from_slice(&bytes[..count]);
        }
        let length = body.len();
        let head =
            format!("HTTP/1.1 {status}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n");
        // The client may have seen enough before the end.
        let _ = stream.write_all(format!("{head}{body}").as_bytes()).await;
        let _ = stream.shutdown().await;
        String::from_utf8_lossy(&request).into_owned()
    }
}

/// One peer's connection to the scripted server.
pub struct Connection(WebSocketStream<TcpStream>);

impl Connection {
    pub async fn tell(&mut self, event: PeerEvent) {
        self.tell_text(&serde_json::to_string(&event).expect("plain data"))
            .await;
    }

    pub async fn tell_text(&mut self, text: &str) {
        soon(self.0.send(Message::text(text)))
            .await
            .expect("the peer listens");
    }

    /// Says something past the peer's bound. The peer may hang up before it has heard it all.
    pub async fn overwhelm(&mut self) {
        let _ = soon(self.0.send(Message::text("x".repeat(1024 * 1024)))).await;
    }

    /// The next signal that the peer sends, and to whom.
    pub async fn hear(&mut self) -> (PeerId, PeerSignal) {
        loop {
            let message = soon(self.0.next())
                .await
                .expect("the peer lives")
                .expect("no error");
            let Message::Text(text) = message else {
                continue;
            };
            match serde_json::from_str(&text).expect("a request") {
                PeerRequest::Signal { receiver, data } => return (receiver, data),
                PeerRequest::KeepAlive => {}
            }
        }
    }
}

/// Texts of one letter, as they go over the wire.
const GARBAGE: [u8; 3] = [0x81, 1, b'x'];

impl Connection {
    /// Waits until the peer has closed the connection, and says whether it did so in order.
    pub async fn ended(&mut self) -> bool {
        let mut in_order = false;
        while let Some(Ok(message)) = soon(self.0.next()).await {
            in_order |= message.is_close();
        }
        in_order
    }

    /// Floods the peer with texts, as fast as it takes them, until `look` has seen enough of what
    /// it says in the meantime, or until it hangs up (nothing).
    pub async fn flood<T>(&mut self, mut look: impl FnMut(Message) -> Option<T>) -> Option<T> {
        let garbage = GARBAGE.repeat(8 * 1024);
        loop {
            soon(self.0.get_mut().write_all(&garbage)).await.ok()?;
            while let Some(message) = self.0.next().now_or_never() {
                if let Some(seen) = look(message?.ok()?) {
                    return Some(seen);
                }
            }
        }
    }
}
