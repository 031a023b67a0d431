//! The signaling of one remote peer's socket: that peer's part of the room's.
//!
//! matchbox starts a signaling client for each socket. A line is one that hears of a single peer,
//! from the room's [`exchange`](super::exchange), and whose requests go back there.

use crate::signaling::directory::Directory;
use futures::{StreamExt, channel::mpsc};
use matchbox_socket::{PeerEvent, PeerRequest, SignalingError, Signaller, SignallerBuilder};
use protocol::PeerId;
use std::sync::{Mutex, PoisonError};

/// Signals that wait for one socket. At the bound further ones are dropped and counted; the guard
/// lets through [fewer](crate::signaling::guard::MAX_CANDIDATES) in one handshake.
const MAX_WAITING: usize = 64;

/// What a socket asks of signaling.
pub(super) struct Asked {
    /// The number of the socket among its peer's: requests outlive their sockets.
    pub(super) attempt: u32,
    pub(super) request: PeerRequest,
}

/// The exchange's end of a line; the socket's signaling ends when it is dropped.
pub(super) struct Line {
    events: mpsc::Sender<PeerEvent>,
    directory: Directory,
}

impl Line {
    /// A line for a new socket of the peer `me`, the `attempt`th to its peer, whose first news is
    /// `first`.
    pub(super) fn new(
        me: PeerId,
        attempt: u32,
        first: PeerEvent,
        requests: mpsc::Sender<Asked>,
        directory: Directory,
    ) -> (Self, LineEnd) {
        let (events, events_out) = mpsc::channel(MAX_WAITING);
        let end = Far {
            attempt,
            events: events_out,
            requests,
            directory: directory.clone(),
        };
        let mut line = Self { events, directory };
        line.tell(PeerEvent::IdAssigned(me));
        line.tell(first);
        (line, LineEnd(Mutex::new(Some(end))))
    }

    /// Passes an event on to the socket.
    pub(super) fn tell(&mut self, event: PeerEvent) {
        if self.events.try_send(event).is_err() {
            self.directory.count_drop();
        }
    }
}

/// The socket's end of a line, for its builder.
#[derive(Debug)]
pub(super) struct LineEnd(Mutex<Option<Far>>);

#[cfg_attr(not(target_arch = "wasm32"), async_trait::async_trait)]
#[cfg_attr(target_arch = "wasm32", async_trait::async_trait(?Send))]
impl SignallerBuilder for LineEnd {
    async fn new_signaller(
        &self,
        _attempts: Option<u16>,
        _room_url: String,
    ) -> Result<Box<dyn Signaller>, SignalingError> {
        let end = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        match end {
            Some(end) => Ok(Box::new(end)),
            None => Err(ended()),
        }
    }
}

#[derive(Debug)]
struct Far {
    attempt: u32,
    events: mpsc::Receiver<PeerEvent>,
    requests: mpsc::Sender<Asked>,
    directory: Directory,
}

#[cfg_attr(not(target_arch = "wasm32"), async_trait::async_trait)]
#[cfg_attr(target_arch = "wasm32", async_trait::async_trait(?Send))]
impl Signaller for Far {
    async fn send(&mut self, request: PeerRequest) -> Result<(), SignalingError> {
        let attempt = self.attempt;
        if self.requests.try_send(Asked { attempt, request }).is_err() {
            self.directory.count_drop();
        }
        Ok(())
    }

    async fn next_message(&mut self) -> Result<PeerEvent, SignalingError> {
        self.events.next().await.ok_or_else(ended)
    }
}

/// The only error that matchbox passes on without a panic.
fn ended() -> SignalingError {
    SignalingError::UserImplementationError("this peer's signaling has ended".to_owned())
}
