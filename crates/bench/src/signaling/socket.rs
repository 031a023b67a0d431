//! A peer's WebSocket by hand: no more than the load needs, and cheap.

use anyhow::{Context, Result, bail, ensure};
use std::{
    net::{Ipv4Addr, SocketAddr},
    time::Duration,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpSocket, TcpStream},
    time::timeout,
};

/// How long joining or leaving may take before the run has failed.
const PATIENCE: Duration = Duration::from_secs(30);

/// Peers that share an address, as a household does.
const PEERS_PER_ADDRESS: usize = 4;

/// The first address that peers connect from. One alone has too few ports.
const LOOPBACK: Ipv4Addr = Ipv4Addr::new(127, 64, 0, 1);
/// The first address that peers have in the eyes of a server that trusts proxies on this machine:
/// it keeps account of each.
const PUBLIC: Ipv4Addr = Ipv4Addr::new(100, 64, 0, 1);

/// The bytes after the opcode of a client's frame: masked, with a mask that changes nothing.
const MASK_BIT: u8 = 0x80;
const MASK: [u8; 4] = [0; 4];

const TEXT: u8 = 0x81;
const CLOSE: u8 = 0x88;
const PING: u8 = 0x89;
const PONG: u8 = 0x8a;

/// What a server says.
#[derive(Debug, PartialEq, Eq)]
pub enum Event {
    /// The peer's own id, or that of one who came.
    Id(String),
    /// Somebody's signal.
    Signal,
    /// Anything else: who left, pongs.
    Other,
}

/// One peer's connection.
pub struct Socket {
    stream: TcpStream,
    received: Vec<u8>,
    /// Its id.
    pub id: String,
}

impl Socket {
    /// Joins as the peer of this `number`, which shares a room with the one of the next odd number,
    /// and waits for its id.
    ///
    /// # Errors
    /// When the server refuses or takes too long.
    pub async fn join(server: SocketAddr, number: usize) -> Result<Self> {
        timeout(PATIENCE, Self::connect(server, number))
            .await
            .context("joining takes too long")?
    }

    async fn connect(server: SocketAddr, number: usize) -> Result<Self> {
        let socket = TcpSocket::new_v4()?;
        socket.bind(SocketAddr::from((household(LOOPBACK, number), 0)))?;
        let stream = socket.connect(server).await?;
        stream.set_nodelay(true)?;
        let mut socket = Self {
            stream,
            received: Vec::new(),
            id: String::new(),
        };
        let request = format!(
            "GET /bench-{}?token={number:032x} HTTP/1.1\r\nHost: {server}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
             Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
             User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0\r\n\
             Accept: */*\r\nAccept-Language: en-US,en;q=0.5\r\nCache-Control: no-cache\r\n\
             X-Forwarded-For: {}\r\n\r\n",
            number / 2,
            household(PUBLIC, number),
        );
        socket.stream.write_all(request.as_bytes()).await?;
        let end = loop {
            let end = socket
                .received
                .windows(4)
                .position(|end| end == b"\r\n\r\n");
            if let Some(end) = end {
                break end + 4;
            }
            socket.fill().await?;
        };
        let head = String::from_utf8_lossy(&socket.received[..end]).into_owned();
        ensure!(head.starts_with("HTTP/1.1 101"), "refused: {head}");
        socket.received.drain(..end);
        loop {
            if let Some(event) = socket.take().await? {
                let Event::Id(id) = event else {
                    bail!("the id comes first, not {event:?}");
                };
                socket.id = id;
                return Ok(socket);
            }
            socket.fill().await?;
        }
    }

    /// Waits for bytes. Nothing is lost when this is not awaited to its end.
    ///
    /// # Errors
    /// When the connection has ended.
    pub async fn fill(&mut self) -> Result<()> {
        self.received.reserve(4 * 1024);
        ensure!(
            self.stream.read_buf(&mut self.received).await? > 0,
            "the server has closed the connection"
        );
        Ok(())
    }

    /// The next event, if it has come as a whole. Answers pings.
    ///
    /// # Errors
    /// When the server closes the connection, or sends what it never should.
    pub async fn take(&mut self) -> Result<Option<Event>> {
        let [opcode, length, ..] = self.received[..] else {
            return Ok(None);
        };
        let (head, length) = match (length, &self.received[2..]) {
            (126, [high, low, ..]) => (4, usize::from(u16::from_be_bytes([*high, *low]))),
            (0..126, _) => (2, usize::from(length)),
            (126, _) => return Ok(None),
            _ => bail!("a frame of over 64 KiB, or masked"),
        };
        let Some(payload) = self.received.get(head..head + length) else {
            return Ok(None);
        };
        let event = match opcode {
            TEXT if payload.starts_with(br#"{"Signal":"#) => Event::Signal,
            TEXT if payload.starts_with(br#"{"PeerLeft":"#) => Event::Other,
            TEXT => {
                let text = String::from_utf8_lossy(payload);
                let id = text.split('"').nth(3).context("no id in an event")?;
                Event::Id(id.to_owned())
            }
            PING => {
                let pong = frame(PONG, payload);
                self.stream.write_all(&pong).await?;
                Event::Other
            }
            PONG => Event::Other,
            CLOSE => {
                let reason = payload.get(2..).unwrap_or_default();
                bail!("closed: {}", String::from_utf8_lossy(reason));
            }
            opcode => bail!("a frame of type {opcode:#x}"),
        };
        self.received.drain(..head + length);
        Ok(Some(event))
    }

    /// Sends a frame that [`signal`] made.
    ///
    /// # Errors
    /// When the connection has ended.
    pub async fn send(&mut self, frame: &[u8]) -> Result<()> {
        Ok(self.stream.write_all(frame).await?)
    }

    /// Says goodbye and waits for the server's end.
    ///
    /// # Errors
    /// When that takes too long.
    pub async fn leave(mut self) -> Result<()> {
        self.send(&frame(CLOSE, &1000_u16.to_be_bytes())).await?;
        // A reset is an end, too.
        timeout(PATIENCE, async { while self.fill().await.is_ok() {} })
            .await
            .context("the server does not close")
    }
}

/// A frame that says `data`, in JSON, to a peer.
pub fn signal(receiver: &str, data: &str) -> Vec<u8> {
    let text = format!(r#"{{"Signal":{{"receiver":"{receiver}","data":{data}}}}}"#);
    frame(TEXT, text.as_bytes())
}

fn frame(opcode: u8, payload: &[u8]) -> Vec<u8> {
    let mut frame = vec![opcode];
    match u8::try_from(payload.len()) {
        Ok(length @ ..126) => frame.push(MASK_BIT | length),
        _ => {
            frame.push(MASK_BIT | 126);
            frame.extend((payload.len() as u16).to_be_bytes());
        }
    }
    frame.extend(MASK);
    frame.extend(payload);
    frame
}

/// Where a peer comes from, among addresses that begin with `first`.
fn household(first: Ipv4Addr, number: usize) -> Ipv4Addr {
    Ipv4Addr::from_bits(first.to_bits() + (number / PEERS_PER_ADDRESS) as u32)
}
