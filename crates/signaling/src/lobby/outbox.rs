//! The way to one peer: bytes go straight into its connection, and queue up when it is not ready.
//!
//! Whoever has something for a peer writes it there and then. The peer's own task need not wake,
//! which costs more than the write, and a queue that is empty holds no memory.

use crate::{
    limits::MAX_QUEUE_BYTES,
    tcp::connection::Connection,
    websocket::{frames, signal},
};
use axum::extract::ws::Utf8Bytes;
use matchbox_protocol::{JsonPeerEvent, PeerId};
use std::{
    cell::RefCell,
    io, mem,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, Waker},
};
use tokio::{io::AsyncWrite, net::tcp::OwnedWriteHalf};

thread_local! {
    /// Where events are written before they are sent.
    static FRAME: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// The end that the room has. Dropping it tells the other end that the peer has left the room, or
/// has another connection there.
#[derive(Debug)]
pub(crate) struct Outbox(Arc<Link>);

/// The end that the peer's socket has.
#[derive(Debug)]
pub(crate) struct Inbox(Arc<Link>);

/// What both ends share. Nobody ever waits for it: a queue over its bound is cut.
#[derive(Debug, Default)]
pub(crate) struct Link(Mutex<Queue>);

#[derive(Debug, Default)]
struct Queue {
    /// Whole frames but for the first [`Self::sent`] bytes; empty, and nowhere, most of the time.
    unsent: Vec<u8>,
    sent: usize,
    way: Way,
    cut: Option<Cut>,
    /// Wakes the peer's task when something is queued or cut.
    waker: Option<Waker>,
}

/// How bytes get to the peer.
#[derive(Debug, Default)]
enum Way {
    /// By its own task: it is not connected yet, or its connection is more than a TCP stream.
    #[default]
    Queued,
    /// By everybody.
    Direct(OwnedWriteHalf),
    /// Not at all: its connection has ended.
    Away,
}

/// Why a peer gets nothing more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cut {
    /// The room's end is gone: the peer has left, or has another connection.
    Replaced,
    /// Its room is over.
    RoomClosed,
    /// It reads too slowly: the queue is full.
    TooSlow,
    /// Its connection does not take what is written.
    Broken,
}

/// How far a queue's end was from empty.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Flow {
    /// Everything is sent.
    Empty,
    /// Some of it was.
    Moving,
    /// Nothing was.
    Stuck,
}

/// An empty queue.
pub(crate) fn outbox() -> (Outbox, Inbox) {
    let link = Arc::<Link>::default();
    (Outbox(Arc::clone(&link)), Inbox(link))
}

/// Writes an event as matchbox's JSON.
pub(crate) fn encode(event: &JsonPeerEvent) -> Option<Utf8Bytes> {
    serde_json::to_string(event).ok().map(Into::into)
}

impl Outbox {
    /// Sends or queues an event, or cuts the peer off if it is behind by more than the queue holds.
    pub(crate) fn push(&self, text: &str) {
        self.0.push(&frames::text(text));
    }

    /// Ends the queue because the room is over.
    pub(crate) fn close_room(self) {
        self.0.cut(Cut::RoomClosed);
    }

    /// The way to the peer for one that holds no lock on the room.
    pub(crate) fn link(&self) -> Arc<Link> {
        Arc::clone(&self.0)
    }
}

impl Drop for Outbox {
    fn drop(&mut self) {
        self.0.cut(Cut::Replaced);
    }
}

impl Link {
    /// Sends or queues the signal of another peer, as [`Outbox::push`] does.
    pub(crate) fn relay(&self, sender: PeerId, data: &str) {
        FRAME.with_borrow_mut(|frame| {
            signal::write_event(frame, sender, data);
            self.push(frame);
        });
    }

    fn push(&self, frame: &[u8]) {
        let mut queue = self.lock();
        if queue.cut.is_some() {
            return;
        }
        let sent = match &queue.way {
            Way::Away => return,
            // What is wrong with the connection, the peer's task finds out.
            Way::Direct(stream) if queue.unsent.is_empty() => stream.try_write(frame).unwrap_or(0),
            Way::Direct(_) | Way::Queued => 0,
        };
        let rest = &frame[sent..];
        if rest.is_empty() {
            return;
        }
        match queue.unsent.len() - queue.sent + rest.len() <= MAX_QUEUE_BYTES {
            true => queue.unsent.extend_from_slice(rest),
            false => queue.cut = Some(Cut::TooSlow),
        }
        wake(queue);
    }

    fn cut(&self, cut: Cut) {
        let mut queue = self.lock();
        queue.cut.get_or_insert(cut);
        wake(queue);
    }

    fn lock(&self) -> MutexGuard<'_, Queue> {
        // Nothing panics while it holds the lock; if it did, the queue is still whole.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn wake(mut queue: MutexGuard<'_, Queue>) {
    let waker = queue.waker.take();
    drop(queue);
    if let Some(waker) = waker {
        waker.wake();
    }
}

impl Inbox {
    /// From now on everybody writes into the peer's connection.
    pub(crate) fn connect(&self, stream: OwnedWriteHalf) {
        self.0.lock().way = Way::Direct(stream);
    }

    /// Sends or queues a frame.
    pub(crate) fn push(&self, frame: &[u8]) {
        self.0.push(frame);
    }

    /// Sends what is queued, into `connection` if there is no direct way, and sees to it that the
    /// task wakes when there is more to do.
    pub(crate) fn poll(
        &self,
        cx: &mut Context<'_>,
        connection: Option<&mut Connection>,
    ) -> Result<Flow, Cut> {
        let mut queue = self.0.lock();
        if let Some(cut) = queue.cut {
            return Err(cut);
        }
        let waits = queue.waker.as_ref();
        if !waits.is_some_and(|waker| waker.will_wake(cx.waker())) {
            queue.waker = Some(cx.waker().clone());
        }
        queue.flush(cx, connection).map_err(|_| Cut::Broken)
    }

    /// Waits until the room's end is gone, and drops everything meanwhile.
    pub(crate) async fn ended(&self) {
        std::future::poll_fn(|cx| match self.poll(cx, None) {
            Ok(_) => Poll::Pending,
            Err(_) => Poll::Ready(()),
        })
        .await
    }

    /// Nothing more is sent. Gives back the half that [`Self::connect`] took, and what was queued.
    pub(crate) fn disconnect(&self) -> (Option<OwnedWriteHalf>, Vec<u8>) {
        let mut queue = self.0.lock();
        let sent = mem::take(&mut queue.sent);
        let mut unsent = mem::take(&mut queue.unsent);
        unsent.drain(..sent);
        match mem::replace(&mut queue.way, Way::Away) {
            Way::Direct(stream) => (Some(stream), unsent),
            Way::Queued | Way::Away => (None, unsent),
        }
    }
}

impl Queue {
    fn flush(
        &mut self,
        cx: &mut Context<'_>,
        mut connection: Option<&mut Connection>,
    ) -> io::Result<Flow> {
        let mut flow = Flow::Stuck;
        while self.sent < self.unsent.len() {
            let rest = &self.unsent[self.sent..];
            let written = match (&self.way, &mut connection) {
                (Way::Direct(stream), _) => match stream.as_ref().poll_write_ready(cx)? {
                    Poll::Pending => return Ok(flow),
                    Poll::Ready(()) => match stream.try_write(rest) {
                        // Then it was not ready after all: ask again.
                        Err(error) if error.kind() == io::ErrorKind::WouldBlock => continue,
                        written => written?,
                    },
                },
                (_, Some(connection)) => match Pin::new(&mut **connection).poll_write(cx, rest)? {
                    Poll::Pending => return Ok(flow),
                    Poll::Ready(written) => written,
                },
                (_, None) => return Ok(flow),
            };
            if written == 0 {
                return Err(io::ErrorKind::WriteZero.into());
            }
            self.sent += written;
            flow = Flow::Moving;
        }
        if let Some(connection) = connection
            && Pin::new(connection).poll_flush(cx)?.is_pending()
        {
            return Ok(flow);
        }
        (self.unsent, self.sent) = (Vec::new(), 0);
        Ok(Flow::Empty)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::task::Waker;

    fn poll(inbox: &Inbox) -> Result<Flow, Cut> {
        inbox.poll(&mut Context::from_waker(Waker::noop()), None)
    }

    #[test]
    fn bytes_are_bounded() {
        let (outbox, inbox) = outbox();
        let quarter = "x".repeat(MAX_QUEUE_BYTES / 4 - frames::MAX_HEAD_BYTES);
        for _ in 0..4 {
            outbox.push(&quarter);
        }
        assert_eq!(poll(&inbox), Ok(Flow::Stuck));
        outbox.push(&quarter);
        assert_eq!(poll(&inbox), Err(Cut::TooSlow));
    }

    #[test]
    fn the_first_cut_counts() {
        let (outbox, inbox) = outbox();
        outbox.push("event");
        outbox.close_room();
        assert_eq!(poll(&inbox), Err(Cut::RoomClosed));
        let (stream, unsent) = inbox.disconnect();
        assert!(stream.is_none());
        assert_eq!(unsent, frames::text("event"));
    }

    #[test]
    fn whoever_is_away_misses_what_is_said() {
        let (outbox, inbox) = outbox();
        inbox.disconnect();
        outbox.push("event");
        assert_eq!(poll(&inbox), Ok(Flow::Empty));
        drop(outbox);
        assert_eq!(poll(&inbox), Err(Cut::Replaced));
    }
}
