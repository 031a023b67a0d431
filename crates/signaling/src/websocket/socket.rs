//! One WebSocket's life, from its upgrade to its end.

use super::{
    frames::{self, Decoder, Message},
    handshake::{Handshake, Upgrading},
    session::{Peer, Session},
};
use crate::{
    limits::*,
    lobby::{Place, outbox::Inbox},
    operations::metrics::{Held, Metrics, labels},
    tcp::connection::Connection,
};
use axum::response::Response;
use protocol::api::{CLOSE_REPLACED, CLOSE_ROOM_CLOSED};
use std::{future::poll_fn, io, pin::pin, sync::Arc, task::Poll, time::Duration};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    time::{sleep, timeout},
};
use tokio_util::sync::CancellationToken;
use tracing::debug;

/// Codes of RFC 6455, section 7.4.1.
const CLOSE_AWAY: u16 = 1001;
const CLOSE_PROTOCOL: u16 = 1002;
const CLOSE_INVALID: u16 = 1007;
const CLOSE_POLICY: u16 = 1008;
const CLOSE_SIZE: u16 = 1009;

/// Why a WebSocket ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// The peer closed it.
    Left,
    /// Its connection broke.
    Lost,
    /// The peer has a newer one.
    Replaced,
    /// Its room is over.
    RoomClosed,
    /// A message over [`MAX_SIGNAL_BYTES`].
    TooLong,
    /// Text that is not UTF-8.
    NotText,
    /// Bytes that are not WebSocket.
    NotWebSocket,
    /// [`MAX_MALFORMED_MESSAGES`].
    Malformed,
    /// Read too slowly: its queue overflowed.
    TooSlow,
    /// A message took over [`SILENT_PING_INTERVALS`] from its first byte to its last.
    Unfinished,
    /// Not heard for [`SILENT_PING_INTERVALS`].
    Silent,
    /// The server is going down.
    ShuttingDown,
}

labels!(End {
    Left => "left",
    Lost => "lost",
    Replaced => "replaced",
    RoomClosed => "room-closed",
    TooLong => "too-long",
    NotText => "not-text",
    NotWebSocket => "not-websocket",
    Malformed => "malformed",
    TooSlow => "too-slow",
    Unfinished => "unfinished",
    Silent => "silent",
    ShuttingDown => "shutting-down",
});

impl End {
    /// The close code (RFC 6455, section 7.4.1) and reason; none if nobody is there to read it, or
    /// the client has said its own.
    fn close_frame(self) -> Option<Vec<u8>> {
        let (code, reason) = match self {
            Self::Left | Self::Lost => return None,
            Self::Replaced => (CLOSE_REPLACED, "the same token has come again"),
            Self::RoomClosed => (CLOSE_ROOM_CLOSED, "the room was closed by its owner"),
            Self::TooLong => (CLOSE_SIZE, "the message is too long"),
            Self::NotText => (CLOSE_INVALID, "the text is not UTF-8"),
            Self::NotWebSocket => (CLOSE_PROTOCOL, "the frame is malformed"),
            Self::Malformed => (CLOSE_POLICY, "too many malformed messages"),
            Self::TooSlow => (CLOSE_POLICY, "events are read too slowly"),
            Self::Unfinished => (CLOSE_POLICY, "the message takes too long"),
            Self::Silent => (CLOSE_POLICY, "nothing was heard for too long"),
            Self::ShuttingDown => (CLOSE_AWAY, "the server is going down"),
        };
        Some(frames::close(Some(code), reason))
    }
}

/// How patient the server is with a WebSocket.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Patience {
    /// How often it is pinged.
    pub(crate) ping_interval: Duration,
    /// How long its place is kept when it breaks, if the peer can return to it.
    pub(crate) return_grace: Duration,
    /// How long it may take nothing of what it is sent.
    pub(crate) write_deadline: Duration,
}

/// Answers an upgrade. The place is given up when the upgrade fails, too.
pub(crate) fn upgrade(
    handshake: Handshake,
    place: Place,
    inbox: Inbox,
    patience: Patience,
    metrics: Arc<Metrics>,
    shutdown: CancellationToken,
) -> Response {
    let (response, upgrading) = handshake.accept();
    let peer = Peer::new(place, inbox, metrics);
    tokio::spawn(run(upgrading, peer, patience, shutdown));
    response
}

/// A WebSocket's life. What comes once, at its end, is in a box: the task is as large as its
/// largest moment, and it idles for hours.
async fn run(upgrading: Upgrading, peer: Peer, patience: Patience, shutdown: CancellationToken) {
    let Some((connection, mut early)) = upgrading.done().await else {
        return;
    };
    let held = Held::new(&peer.metrics, |metrics| &metrics.sockets);
    debug!(peer = %peer.place.peer(), "joined");
    let mut session = Session::new(connection, peer, patience);
    let end = match session.hear(&mut early) {
        Ok(()) => {
            drop(early);
            let mut timer = pin!(sleep(patience.ping_interval));
            let mut shutdown = pin!(shutdown.cancelled());
            poll_fn(|cx| match shutdown.as_mut().poll(cx) {
                Poll::Ready(()) => Poll::Ready(End::ShuttingDown),
                Poll::Pending => session.poll(cx, timer.as_mut()),
            })
            .await
        }
        Err(end) => end,
    };
    Box::pin(finish(session, held, end, patience.return_grace, shutdown)).await;
}

/// Keeps the place of a peer that may return; says goodbye to any other.
async fn finish(
    session: Session,
    held: Held,
    end: End,
    return_grace: Duration,
    shutdown: CancellationToken,
) {
    let (connection, unsent, decoder, peer) = session.end();
    peer.metrics.ended.one(end);
    // A kept place has no WebSocket.
    drop(held);
    debug!(peer = %peer.place.peer(), ?end, "the connection has ended");
    if end == End::Lost && peer.place.may_return() {
        drop(connection);
        // What the room says meanwhile is lost on it; returning, it is told whom it must know.
        tokio::select! {
            () = shutdown.cancelled() => peer.place.go_down(),
            () = peer.inbox.ended() => {}
            () = sleep(return_grace) => {}
        }
        return;
    }
    // The room learns of it before the closing handshake, which may take its time.
    match end {
        End::ShuttingDown => peer.place.go_down(),
        _ => drop(peer),
    }
    if let Some(connection) = connection {
        // A client that does not answer is dropped all the same.
        let _ = timeout(CLOSE_DEADLINE, close(connection, unsent, decoder, end)).await;
    }
}

/// Says what is left to say and goodbye, and waits for the answer.
async fn close(
    mut connection: Connection,
    mut unsent: Vec<u8>,
    mut decoder: Decoder,
    end: End,
) -> io::Result<()> {
    let goodbye = end.close_frame();
    let waits = goodbye.is_some();
    unsent.extend(goodbye.unwrap_or_default());
    connection.write_all(&unsent).await?;
    connection.flush().await?;
    drop(unsent);
    let mut input = [0; 1024];
    let mut answered = !waits;
    while !answered {
        let read = connection.read(&mut input).await?;
        // After bytes that are not WebSocket no answer can be read.
        let decoded: Result<(), frames::Fault> = decoder.decode(&mut input[..read], |message| {
            answered |= matches!(message, Message::Close(_));
            Ok(())
        });
        answered |= read == 0 || decoded.is_err();
    }
    Ok(())
}
