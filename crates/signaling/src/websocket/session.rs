//! What happens on one WebSocket while it lives, as a state machine that one task polls.
//!
//! It is written by hand because thousands of them idle: there is one timer for all deadlines, and
//! what comes is read into a buffer that all of a thread share.

use super::{
    allowance::Allowance,
    frames::{self, Decoder, Fault, Message},
    signal::Request,
    socket::{End, Patience},
};
use crate::{
    limits::*,
    lobby::{
        Place,
        outbox::{Cut, Flow, Inbox},
    },
    operations::metrics::{Limit, Metrics},
    tcp::connection::{Connection, Occupied},
};
use socket2::SockRef;
use std::{
    cell::RefCell,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
    time::{Duration, Instant},
};
use tokio::{
    io::{AsyncRead, ReadBuf},
    net::tcp::OwnedReadHalf,
    time::Sleep,
};
use tracing::debug;

thread_local! {
    /// Where bytes come to.
    static INPUT: RefCell<Box<[u8]>> = RefCell::new(vec![0; READ_BYTES].into());
}

/// One peer on its connection.
pub(crate) struct Session {
    way: Way,
    decoder: Decoder,
    peer: Peer,
    patience: Patience,
    unheard_pings: u32,
    deadlines: Deadlines,
}

/// How bytes come from the client.
enum Way {
    /// From a TCP stream, into whose other half everybody writes.
    Direct(OwnedReadHalf, Occupied),
    /// From a connection that only the peer's own task can use.
    Whole(Box<Connection>),
}

/// What the session is for, and what its client may do.
pub(crate) struct Peer {
    pub(crate) place: Place,
    pub(crate) inbox: Inbox,
    pub(crate) metrics: Arc<Metrics>,
    allowance: Allowance,
    malformed: usize,
}

/// When what is due.
struct Deadlines {
    ping: Instant,
    /// When to read again, if the peer has spent its allowance.
    read: Option<Instant>,
    /// When the connection must have taken something of what is queued.
    written: Option<Instant>,
    /// When the message that has begun must have ended.
    message: Option<Instant>,
}

impl Session {
    /// A session on `connection`.
    pub(crate) fn new(connection: Connection, peer: Peer, patience: Patience) -> Self {
        let way = match connection.into_stream() {
            Ok((stream, occupied)) => {
                // A system that refuses holds more; all else works.
                let _ = SockRef::from(&stream).set_send_buffer_size(SEND_BUFFER_BYTES);
                let (reader, writer) = stream.into_split();
                peer.inbox.connect(writer);
                Way::Direct(reader, occupied)
            }
            Err(whole) => Way::Whole(Box::new(whole)),
        };
        Self {
            way,
            decoder: Decoder::default(),
            peer,
            patience,
            unheard_pings: 0,
            deadlines: Deadlines {
                ping: Instant::now() + patience.ping_interval,
                read: None,
                written: None,
                message: None,
            },
        }
    }

    /// Passes events to the peer and its signals to the room until either side ends. `timer` is
    /// this session's.
    pub(crate) fn poll(&mut self, cx: &mut Context<'_>, mut timer: Pin<&mut Sleep>) -> Poll<End> {
        loop {
            let advanced = self.write(cx).and_then(|()| match self.read(cx) {
                Poll::Ready(Err(end)) => Err(end),
                Poll::Ready(Ok(())) | Poll::Pending => Ok(()),
            });
            if let Err(end) = advanced {
                return Poll::Ready(end);
            }
            let next = self.deadlines.next().into();
            if timer.deadline() > next {
                timer.as_mut().reset(next);
            }
            ready!(timer.as_mut().poll(cx));
            if let Err(end) = self.tick(Instant::now()) {
                return Poll::Ready(end);
            }
            timer.as_mut().reset(self.deadlines.next().into());
        }
    }

    /// Takes what the client has sent. It may be nothing.
    pub(crate) fn hear(&mut self, bytes: &mut [u8]) -> Result<(), End> {
        let now = Instant::now();
        self.unheard_pings = 0;
        let mut pause = Duration::ZERO;
        let mut is_another = false;
        self.decoder.decode(bytes, |message| {
            is_another = true;
            pause = self.peer.take(message, now)?;
            Ok::<_, End>(())
        })?;
        if !pause.is_zero() {
            self.deadlines.read = Some(now + pause);
        }
        match self.decoder.is_amid() {
            true if self.deadlines.message.is_none() || is_another => {
                self.deadlines.message =
                    Some(now + pause + self.patience.ping_interval * SILENT_PING_INTERVALS);
            }
            true => {}
            false => self.deadlines.message = None,
        }
        Ok(())
    }

    /// Ends the session: its connection, what was queued for the client, and the rest.
    pub(crate) fn end(self) -> (Option<Connection>, Vec<u8>, Decoder, Peer) {
        let (writer, unsent) = self.peer.inbox.disconnect();
        let connection = match (self.way, writer) {
            (Way::Direct(reader, occupied), Some(writer)) => {
                // They are two halves of one stream.
                let stream = reader.reunite(writer).ok();
                stream.map(|stream| Connection::new(stream, occupied, self.patience.write_deadline))
            }
            (Way::Direct(..), None) => None,
            (Way::Whole(connection), _) => Some(*connection),
        };
        (connection, unsent, self.decoder, self.peer)
    }

    fn write(&mut self, cx: &mut Context<'_>) -> Result<(), End> {
        let whole = match &mut self.way {
            Way::Direct(..) => None,
            Way::Whole(connection) => Some(&mut **connection),
        };
        match self.peer.inbox.poll(cx, whole)? {
            Flow::Empty => self.deadlines.written = None,
            Flow::Stuck if self.deadlines.written.is_some() => {}
            Flow::Stuck | Flow::Moving => {
                self.deadlines.written = Some(Instant::now() + self.patience.write_deadline);
            }
        }
        Ok(())
    }

    /// Reads until there is nothing more, or the peer is to pause.
    fn read(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), End>> {
        while self.deadlines.read.is_none() {
            ready!(INPUT.with_borrow_mut(|input| {
                let mut input = ReadBuf::new(input);
                let read = match &mut self.way {
                    Way::Direct(stream, _) => Pin::new(stream).poll_read(cx, &mut input),
                    Way::Whole(connection) => Pin::new(&mut **connection).poll_read(cx, &mut input),
                };
                Poll::Ready(match ready!(read) {
                    Ok(()) if !input.filled().is_empty() => self.hear(input.filled_mut()),
                    Ok(()) | Err(_) => Err(End::Lost),
                })
            }))?;
        }
        Poll::Ready(Ok(()))
    }

    /// Does what is due.
    fn tick(&mut self, now: Instant) -> Result<(), End> {
        let is_due = |deadline: Option<Instant>| deadline.is_some_and(|deadline| deadline <= now);
        if is_due(self.deadlines.written) {
            self.peer.metrics.limits.one(Limit::WriteDeadline);
            return Err(End::Lost);
        }
        if is_due(self.deadlines.message) {
            return Err(End::Unfinished);
        }
        if self.deadlines.ping <= now {
            self.deadlines.ping = now + self.patience.ping_interval;
            // A peer that is not read cannot be heard.
            if self.deadlines.read.is_none() {
                self.unheard_pings += 1;
            }
            if self.unheard_pings > SILENT_PING_INTERVALS {
                return Err(End::Silent);
            }
            self.peer.inbox.push(&frames::ping());
        }
        if is_due(self.deadlines.read) {
            self.deadlines.read = None;
        }
        Ok(())
    }
}

impl Deadlines {
    fn next(&self) -> Instant {
        let others = [self.read, self.written, self.message];
        others
            .into_iter()
            .flatten()
            .fold(self.ping, |next, deadline| next.min(deadline))
    }
}

impl Peer {
    /// A peer that has sent nothing yet.
    pub(crate) fn new(place: Place, inbox: Inbox, metrics: Arc<Metrics>) -> Self {
        Self {
            place,
            inbox,
            metrics,
            allowance: Allowance::new(Instant::now()),
            malformed: 0,
        }
    }

    /// Does what a message asks for that came `now`, and says how long not to read any more.
    fn take(&mut self, message: Message<'_>, now: Instant) -> Result<Duration, End> {
        let bytes = match message {
            Message::Text(text) => {
                match Request::parse(text) {
                    Ok(Request::Signal { receiver, data }) => self.relay(receiver, data, now),
                    Ok(Request::KeepAlive) => {}
                    Err(_) => self.count_malformed()?,
                }
                text.len()
            }
            Message::Binary(data) => {
                self.count_malformed()?;
                data.len()
            }
            Message::Ping(payload) => {
                self.inbox.push(&frames::pong(payload));
                payload.len()
            }
            Message::Pong(payload) => payload.len(),
            Message::Close(code) => {
                self.inbox.push(&frames::close(code, ""));
                return Err(End::Left);
            }
        };
        Ok(self.allowance.spend(bytes, now))
    }

    fn relay(&self, receiver: matchbox_protocol::PeerId, data: &str, came: Instant) {
        if self.place.signal(receiver, data) {
            self.metrics.relayed(data.len(), came.elapsed());
        } else {
            // Common and harmless: the receiver has just left.
            self.metrics.signals_dropped.one();
            debug!(peer = %self.place.peer(), %receiver, "dropped a signal");
        }
    }

    fn count_malformed(&mut self) -> Result<(), End> {
        self.metrics.malformed.one();
        self.malformed += 1;
        debug!(peer = %self.place.peer(), count = self.malformed, "ignored a malformed message");
        match self.malformed < MAX_MALFORMED_MESSAGES {
            true => Ok(()),
            false => Err(End::Malformed),
        }
    }
}

impl From<Cut> for End {
    fn from(cut: Cut) -> Self {
        match cut {
            Cut::Replaced => Self::Replaced,
            Cut::RoomClosed => Self::RoomClosed,
            Cut::TooSlow => Self::TooSlow,
            Cut::Broken => Self::Lost,
        }
    }
}

impl From<Fault> for End {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::TooLong => Self::TooLong,
            Fault::NotText => Self::NotText,
            Fault::NotWebSocket => Self::NotWebSocket,
        }
    }
}
