//! A WebSocket client that sends whatever bytes a test wants.

use crate::support::Server;
use std::time::Duration;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

/// Far longer than anything here takes.
const PATIENCE: Duration = Duration::from_secs(20);

/// First bytes of frames.
pub const TEXT: u8 = 0x81;
pub const BINARY: u8 = 0x82;
pub const CLOSE: u8 = 0x88;
pub const PING: u8 = 0x89;
/// The same of a message's first part, and of its further ones.
pub const TEXT_BEGINS: u8 = 0x01;
pub const GOES_ON: u8 = 0x00;
pub const ENDS: u8 = 0x80;

pub struct Raw {
    pub stream: TcpStream,
    received: Vec<u8>,
}

impl Raw {
    /// Joins a room, and takes the id.
    pub async fn join(server: &Server, path: &str) -> Self {
        let mut stream = TcpStream::connect(server.address).await.unwrap();
        let request = format!(
            "GET /{path} HTTP/1.1\r\nHost: test\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\
             Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        );
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut raw = Self {
            stream,
            received: Vec::new(),
        };
        while !raw.received.windows(4).any(|end| end == b"\r\n\r\n") {
            assert!(raw.fill().await, "the server closed");
        }
        let head = raw.received.windows(4).position(|end| end == b"\r\n\r\n");
        assert!(raw.received.starts_with(b"HTTP/1.1 101 "));
        raw.received.drain(..head.unwrap() + 4);
        let (first, id) = raw.frame().await.unwrap();
        assert!(first == TEXT && id.starts_with(br#"{"IdAssigned":"#));
        raw
    }

    pub async fn send(&mut self, bytes: &[u8]) {
        self.stream.write_all(bytes).await.unwrap();
    }

    /// The next frame's first byte and payload; nothing when the server has closed.
    pub async fn frame(&mut self) -> Option<(u8, Vec<u8>)> {
        loop {
            if let [first, length @ 0..126, payload @ ..] = &self.received[..]
                && payload.len() >= usize::from(*length)
            {
                let end = 2 + usize::from(*length);
                let frame = (*first, self.received[2..end].to_vec());
                self.received.drain(..end);
                return Some(frame);
            }
            if !self.fill().await {
                return None;
            }
        }
    }

    /// The code with which the server closes, all before it skipped; nothing if it has none.
    pub async fn closed(&mut self) -> Option<u16> {
        loop {
            match self.frame().await {
                Some((CLOSE, payload)) => {
                    return Some(u16::from_be_bytes([payload[0], payload[1]]));
                }
                Some(_) => {}
                None => return None,
            }
        }
    }

    /// Reads more; whether there was more.
    async fn fill(&mut self) -> bool {
        let read = timeout(PATIENCE, self.stream.read_buf(&mut self.received));
        // A reset is an end, too.
        read.await.unwrap().unwrap_or(0) > 0
    }
}

/// A client's frame.
pub fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let mask = [0x5a, 0, 0xff, 3];
    let mut frame = vec![first];
    match payload.len() {
        length @ ..126 => frame.push(0x80 | length as u8),
        length @ ..0x1_0000 => {
            frame.push(0x80 | 126);
            frame.extend((length as u16).to_be_bytes());
        }
        length => {
            frame.push(0x80 | 127);
            frame.extend((length as u64).to_be_bytes());
        }
    }
    frame.extend(mask);
    let masked = payload.iter().zip(mask.iter().cycle());
    frame.extend(masked.map(|(byte, mask)| byte ^ mask));
    frame
}
