//! The bounded queue of events to one peer.

use crate::limits::{MAX_EVENT_BYTES, MAX_QUEUE_BYTES, MAX_QUEUE_EVENTS};
use axum::extract::ws::Utf8Bytes;
use matchbox_protocol::JsonPeerEvent;
use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use tokio_util::sync::CancellationToken;

/// The end that the room writes to. It never waits: a queue over its bound is cut. Dropping it
/// tells the other end that the peer has left the room, or has another connection there.
#[derive(Debug)]
pub(crate) struct Outbox {
    queue: mpsc::Sender<Event>,
    room_left: Arc<Semaphore>,
    overflow: CancellationToken,
    room_closed: Arc<AtomicBool>,
}

/// The end that the peer's socket reads from.
#[derive(Debug)]
pub(crate) struct Inbox {
    queue: mpsc::Receiver<Event>,
    overflow: CancellationToken,
    room_closed: Arc<AtomicBool>,
}

/// An event as it goes over the wire; it counts as queued for as long as it lives.
#[derive(Debug)]
pub(crate) struct Event {
    pub(crate) text: Utf8Bytes,
    _room_taken: OwnedSemaphorePermit,
}

/// An empty queue.
pub(crate) fn outbox() -> (Outbox, Inbox) {
    let (sender, receiver) = mpsc::channel(MAX_QUEUE_EVENTS);
    let overflow = CancellationToken::new();
    let room_closed = Arc::new(AtomicBool::new(false));
    let outbox = Outbox {
        queue: sender,
        room_left: Arc::new(Semaphore::new(MAX_QUEUE_BYTES)),
        overflow: overflow.clone(),
        room_closed: Arc::clone(&room_closed),
    };
    (
        outbox,
        Inbox {
            queue: receiver,
            overflow,
            room_closed,
        },
    )
}

/// Writes an event as matchbox's JSON; nothing if it is longer than [`MAX_EVENT_BYTES`].
pub(crate) fn encode(event: &JsonPeerEvent) -> Option<Utf8Bytes> {
    let text = serde_json::to_string(event).ok()?;
    (text.len() <= MAX_EVENT_BYTES).then(|| text.into())
}

impl Outbox {
    /// Queues an event, or cuts the peer off if it is behind by more than the queue holds.
    pub(crate) fn push(&self, text: Utf8Bytes) {
        let bytes = u32::try_from(text.len()).unwrap_or(u32::MAX);
        let queued = Arc::clone(&self.room_left)
            .try_acquire_many_owned(bytes)
            .is_ok_and(|taken| {
                self.queue
                    .try_send(Event {
                        text,
                        _room_taken: taken,
                    })
                    .is_ok()
            });
        if !queued {
            self.overflow.cancel();
        }
    }

    /// Ends the queue because the room is over.
    pub(crate) fn close_room(self) {
        self.room_closed.store(true, Ordering::Release);
    }
}

impl Inbox {
    /// The next event; nothing when the other end is gone.
    pub(crate) async fn next(&mut self) -> Option<Event> {
        self.queue.recv().await
    }

    /// Whether the room is over, if the other end is gone.
    pub(crate) fn room_is_closed(&self) -> bool {
        self.room_closed.load(Ordering::Acquire)
    }

    /// Drops all events until the other end is gone.
    pub(crate) async fn drain(&mut self) {
        while self.next().await.is_some() {}
    }

    /// Fires when the peer was cut off for reading too slowly.
    pub(crate) fn overflow(&self) -> CancellationToken {
        self.overflow.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn events_come_out_in_order() {
        let (outbox, mut inbox) = outbox();
        outbox.push("a".into());
        outbox.push("b".into());
        assert_eq!(inbox.next().await.unwrap().text.as_str(), "a");
        assert_eq!(inbox.next().await.unwrap().text.as_str(), "b");
        drop(outbox);
        assert!(inbox.next().await.is_none());
        assert!(!inbox.overflow().is_cancelled());
    }

    #[tokio::test]
    async fn bytes_are_bounded_and_given_back() {
        let (outbox, mut inbox) = outbox();
        let quarter = "x".repeat(MAX_QUEUE_BYTES / 4);
        for _ in 0..4 {
            outbox.push(quarter.as_str().into());
        }
        drop(inbox.next().await);
        outbox.push(quarter.as_str().into());
        assert!(!inbox.overflow().is_cancelled());
        outbox.push("x".into());
        assert!(inbox.overflow().is_cancelled());
    }

    #[test]
    fn events_are_bounded() {
        let (outbox, inbox) = outbox();
        for _ in 0..MAX_QUEUE_EVENTS {
            outbox.push("".into());
        }
        assert!(!inbox.overflow().is_cancelled());
        outbox.push("".into());
        assert!(inbox.overflow().is_cancelled());
    }

    #[test]
    fn a_signal_that_grew_is_not_sent() {
        let numbers = vec![1e15; 10_000];
        let event = JsonPeerEvent::Signal {
            sender: matchbox_protocol::PeerId(uuid::Uuid::nil()),
            data: numbers.into(),
        };
        assert_eq!(encode(&event), None);
    }
}
