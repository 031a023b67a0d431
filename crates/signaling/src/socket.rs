//! One WebSocket's life, from its upgrade to its end.

use crate::{
    allowance::Allowance,
    limits::*,
    lobby::Place,
    metrics::{Held, Metrics, labels},
    outbox::{Event, Inbox},
};
use axum::{
    extract::ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade, close_code},
    response::Response,
};
use futures::SinkExt;
use matchbox_protocol::{JsonPeerRequest, PeerRequest};
use std::{
    convert::Infallible,
    error::Error,
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::time::{MissedTickBehavior, interval_at, sleep, sleep_until, timeout};
use tokio_tungstenite::tungstenite;
use tokio_util::sync::CancellationToken;
use tracing::debug;

/// Closes a WebSocket whose token has come again on another one.
const CLOSE_REPLACED: u16 = 4001;

/// Closes a WebSocket whose room was closed by its owner.
const CLOSE_ROOM_CLOSED: u16 = 4002;

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
    Silent => "silent",
    ShuttingDown => "shutting-down",
});

impl End {
    /// The close code (RFC 6455, section 7.4.1) and reason; none if nobody is there to read it.
    fn close_frame(self) -> Option<CloseFrame> {
        let (code, reason) = match self {
            Self::Left | Self::Lost => return None,
            Self::Replaced => (CLOSE_REPLACED, "the same token has come again"),
            Self::RoomClosed => (CLOSE_ROOM_CLOSED, "the room was closed by its owner"),
            Self::TooLong => (close_code::SIZE, "the message is too long"),
            Self::NotText => (close_code::INVALID, "the text is not UTF-8"),
            Self::NotWebSocket => (close_code::PROTOCOL, "the frame is malformed"),
            Self::Malformed => (close_code::POLICY, "too many malformed messages"),
            Self::TooSlow => (close_code::POLICY, "events are read too slowly"),
            Self::Silent => (close_code::POLICY, "nothing was heard for too long"),
            Self::ShuttingDown => (close_code::AWAY, "the server is going down"),
        };
        Some(CloseFrame {
            code,
            reason: reason.into(),
        })
    }
}

/// How patient the server is with a WebSocket.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Patience {
    /// How often it is pinged.
    pub(crate) ping_interval: Duration,
    /// How long its place is kept when it breaks, if the peer can return to it.
    pub(crate) return_grace: Duration,
}

/// Answers an upgrade. The place is given up when the upgrade fails, too.
pub(crate) fn upgrade(
    request: WebSocketUpgrade,
    place: Place,
    inbox: Inbox,
    patience: Patience,
    metrics: Arc<Metrics>,
    shutdown: CancellationToken,
) -> Response {
    request
        .max_message_size(MAX_SIGNAL_BYTES)
        .max_frame_size(MAX_SIGNAL_BYTES)
        .read_buffer_size(READ_BUFFER_BYTES)
        .write_buffer_size(WRITE_BUFFER_BYTES)
        .max_write_buffer_size(MAX_WRITE_BUFFER_BYTES)
        .on_upgrade(move |socket| run(socket, place, inbox, patience, metrics, shutdown))
}

async fn run(
    mut socket: WebSocket,
    place: Place,
    mut inbox: Inbox,
    patience: Patience,
    metrics: Arc<Metrics>,
    shutdown: CancellationToken,
) {
    let held = Held::new(&metrics, |metrics| &metrics.sockets);
    let peer = place.peer();
    debug!(%peer, "joined");
    let overflow = inbox.overflow();
    // The cut comes from outside, so that a blocked write cannot hold it up.
    let end = tokio::select! {
        biased;
        () = shutdown.cancelled() => End::ShuttingDown,
        () = overflow.cancelled() => End::TooSlow,
        Err(end) = relay(&mut socket, &place, &mut inbox, patience.ping_interval, &metrics) => end,
    };
    metrics.ended.one(end);
    // A kept place has no WebSocket.
    drop(held);
    debug!(%peer, ?end, "the connection has ended");
    if end == End::Lost && place.may_return() {
        drop(socket);
        // What the room says meanwhile is lost on it; returning, it is told whom it must know.
        tokio::select! {
            () = shutdown.cancelled() => {}
            () = inbox.drain() => {}
            () = sleep(patience.return_grace) => {}
        }
        return;
    }
    // The room learns of it before the closing handshake, which may take its time.
    drop(place);
    // A client that does not answer is dropped all the same.
    let _ = timeout(CLOSE_DEADLINE, close(&mut socket, end)).await;
}

/// Passes events to the peer and its signals to the room until either side ends.
async fn relay(
    socket: &mut WebSocket,
    place: &Place,
    inbox: &mut Inbox,
    ping_interval: Duration,
    metrics: &Metrics,
) -> Result<Infallible, End> {
    let mut pings = interval_at(tokio::time::Instant::now() + ping_interval, ping_interval);
    pings.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut unheard_pings = 0;
    let mut incoming = Incoming::new();
    loop {
        tokio::select! {
            message = socket.recv(), if incoming.pause_until.is_none() => {
                unheard_pings = 0;
                incoming.take(message, place, metrics)?;
            }
            () = pause(incoming.pause_until), if incoming.pause_until.is_some() => {
                incoming.pause_until = None;
            }
            event = inbox.next() => match event {
                Some(event) => send_event(socket, event).await?,
                None if inbox.room_is_closed() => return Err(End::RoomClosed),
                None => return Err(End::Replaced),
            },
            _ = pings.tick() => {
                // A peer that is not read cannot be heard.
                if incoming.pause_until.is_none() {
                    unheard_pings += 1;
                }
                if unheard_pings > SILENT_PING_INTERVALS {
                    return Err(End::Silent);
                }
                send(socket, Message::Ping(Default::default())).await?;
            }
        }
    }
}

/// What one peer sends.
struct Incoming {
    allowance: Allowance,
    malformed: usize,
    /// Until when not to read, because the peer has spent its allowance.
    pause_until: Option<Instant>,
}

impl Incoming {
    fn new() -> Self {
        Self {
            allowance: Allowance::new(Instant::now()),
            malformed: 0,
            pause_until: None,
        }
    }

    fn take(
        &mut self,
        message: Option<Result<Message, axum::Error>>,
        place: &Place,
        metrics: &Metrics,
    ) -> Result<(), End> {
        let message = message.ok_or(End::Lost)?.map_err(|error| end_of(&error))?;
        let bytes = match &message {
            Message::Text(text) => text.len(),
            Message::Binary(data) | Message::Ping(data) | Message::Pong(data) => data.len(),
            Message::Close(_) => return Err(End::Left),
        };
        let now = Instant::now();
        let pause = self.allowance.spend(bytes, now);
        self.pause_until = (!pause.is_zero()).then(|| now + pause);
        match message {
            Message::Text(text) => match serde_json::from_str(&text) {
                Ok(request) => serve(request, place, (bytes, now), metrics),
                Err(_) => self.count_malformed(place, metrics)?,
            },
            Message::Binary(_) => self.count_malformed(place, metrics)?,
            Message::Ping(_) | Message::Pong(_) | Message::Close(_) => {}
        }
        Ok(())
    }

    fn count_malformed(&mut self, place: &Place, metrics: &Metrics) -> Result<(), End> {
        metrics.malformed.one();
        self.malformed += 1;
        debug!(peer = %place.peer(), count = self.malformed, "ignored a malformed message");
        match self.malformed < MAX_MALFORMED_MESSAGES {
            true => Ok(()),
            false => Err(End::Malformed),
        }
    }
}

async fn pause(until: Option<Instant>) {
    if let Some(until) = until {
        sleep_until(until.into()).await;
    }
}

/// Does what a peer's message asks for, which had so many bytes and came then.
fn serve(
    request: JsonPeerRequest,
    place: &Place,
    (bytes, came): (usize, Instant),
    metrics: &Metrics,
) {
    match request {
        PeerRequest::Signal { receiver, data } => {
            if place.signal(receiver, data) {
                metrics.relayed(bytes, came.elapsed());
            } else {
                // Common and harmless: the receiver has just left.
                metrics.signals_dropped.one();
                debug!(peer = %place.peer(), %receiver, "dropped a signal");
            }
        }
        // It has done its work by coming: proxies saw traffic.
        PeerRequest::KeepAlive => {}
    }
}

async fn send_event(socket: &mut WebSocket, event: Event) -> Result<(), End> {
    send(socket, Message::Text(event.text.clone())).await
}

/// Sends and flushes. The connection itself has a deadline for writes that make no progress.
async fn send(socket: &mut WebSocket, message: Message) -> Result<(), End> {
    SinkExt::send(socket, message)
        .await
        .map_err(|error| end_of(&error))
}

/// Says goodbye and waits for the answer.
async fn close(socket: &mut WebSocket, end: End) {
    if let Some(frame) = end.close_frame()
        && send(socket, Message::Close(Some(frame))).await.is_err()
    {
        return;
    }
    // Also sends the answer to a close that the peer began.
    while let Some(Ok(_)) = socket.recv().await {}
}

fn end_of(error: &axum::Error) -> End {
    let cause = error
        .source()
        .and_then(|source| source.downcast_ref::<tungstenite::Error>());
    match cause {
        Some(tungstenite::Error::Capacity(_)) => End::TooLong,
        Some(tungstenite::Error::Utf8(_)) => End::NotText,
        // Half of all clients vanish without a closing handshake.
        Some(tungstenite::Error::Protocol(
            tungstenite::error::ProtocolError::ResetWithoutClosingHandshake,
        )) => End::Lost,
        Some(tungstenite::Error::Protocol(_)) => End::NotWebSocket,
        _ => End::Lost,
    }
}
