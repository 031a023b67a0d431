//! The end of a signaling client that matchbox_socket holds.
//!
//! matchbox drops the future of `next_message` at each request and gives signaling up at the
//! first error of `send`. So what it holds is only two ends of queues with the guard between:
//! nothing is lost when its futures are dropped, and sending does not fail.

use super::{directory::Directory, guard::Guard};
use crate::transport::SignalingState;
use futures::{StreamExt, channel::mpsc};
use matchbox_socket::{PeerEvent, PeerRequest, SignalingError, Signaller};

/// Signals that wait in either direction. At the bound further ones are dropped and counted;
/// a room of eight exchanges about twenty for each pair.
pub(super) const MAX_QUEUED_SIGNALS: usize = 512;

/// Takes the requests that have passed the guard. False when one had to be dropped.
pub(super) trait Outlet: Send + Sync + 'static {
    fn send(&mut self, request: PeerRequest) -> bool;
}

/// Two ends of queues, with the guard between them and matchbox.
pub(super) struct Ends<O> {
    guard: Guard,
    directory: Directory,
    events: mpsc::Receiver<PeerEvent>,
    outlet: O,
}

impl<O: Outlet> Ends<O> {
    pub(super) fn new(directory: Directory, events: mpsc::Receiver<PeerEvent>, outlet: O) -> Self {
        Self {
            guard: Guard::new(directory.clone()),
            directory,
            events,
            outlet,
        }
    }
}

#[cfg_attr(not(target_arch = "wasm32"), async_trait::async_trait)]
#[cfg_attr(target_arch = "wasm32", async_trait::async_trait(?Send))]
impl<O: Outlet> Signaller for Ends<O> {
    async fn send(&mut self, request: PeerRequest) -> Result<(), SignalingError> {
        if let Some(request) = self.guard.outgoing(request)
            && !self.outlet.send(request)
        {
            self.directory.count_drop();
        }
        Ok(())
    }

    async fn next_message(&mut self) -> Result<PeerEvent, SignalingError> {
        while let Some(event) = self.events.next().await {
            if let Some(event) = self.guard.incoming(event) {
                return Ok(event);
            }
        }
        let reason = match self.directory.signaling() {
            SignalingState::Failed(outage) => outage.to_string(),
            _ => "signaling has ended".to_owned(),
        };
        Err(SignalingError::UserImplementationError(reason))
    }
}
