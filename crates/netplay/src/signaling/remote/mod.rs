//! Signaling over a server: matchbox's JSON protocol on a WebSocket.
//!
//! A task of its own holds the WebSocket, so that an outage is not matchbox's (`client`). Each
//! connection of a socket says the same secret token (`address`), of which our server makes the
//! socket's id: even one that was started anew gives it back, and whoever is new may join again.
//! A room that was created is entered with a ticket; when the server takes it no more, the client asks
//! for another, under the same id.
//! A connection that leads nowhere is noticed (`liveness`).

mod address;
mod client;
mod liveness;
#[cfg(not(target_arch = "wasm32"))]
mod native;
mod refusal;
#[cfg(target_arch = "wasm32")]
mod web;

#[cfg(not(target_arch = "wasm32"))]
use native as platform;
#[cfg(target_arch = "wasm32")]
use web as platform;

use super::{
    directory::Directory,
    ends::{Ends, MAX_QUEUED_SIGNALS, Outlet},
    entrance::Entrance,
};
use address::Address;
use client::Client;
use futures::channel::{mpsc, oneshot};
use matchbox_socket::{PeerRequest, SignalingError, Signaller, SignallerBuilder};
use std::convert::Infallible;

/// Connects a socket to a room on a server.
#[derive(Debug)]
pub struct RemoteSignaller {
    directory: Directory,
    entrance: Option<Entrance>,
}

impl RemoteSignaller {
    /// A client that tells `directory` whom it meets and how it stands. The room's address,
    /// `ws(s)://server/room`, is the socket's own.
    pub fn builder(directory: Directory) -> Self {
        Self {
            directory,
            entrance: None,
        }
    }

    /// A client that enters a created room, whatever address the socket says.
    pub fn entering(directory: Directory, entrance: Entrance) -> Self {
        Self {
            directory,
            entrance: Some(entrance),
        }
    }
}

#[cfg_attr(not(target_arch = "wasm32"), async_trait::async_trait)]
#[cfg_attr(target_arch = "wasm32", async_trait::async_trait(?Send))]
impl SignallerBuilder for RemoteSignaller {
    /// Returns at once; `attempts` is left to the client.
    async fn new_signaller(
        &self,
        _attempts: Option<u16>,
        room_url: String,
    ) -> Result<Box<dyn Signaller>, SignalingError> {
        let (events_in, events) = mpsc::channel(MAX_QUEUED_SIGNALS);
        let (requests, requests_out) = mpsc::channel(MAX_QUEUED_SIGNALS);
        let (socket_lives, socket_gone) = oneshot::channel();
        let address = match &self.entrance {
            Some(entrance) => Address::Created(entrance.clone()),
            None => Address::of(room_url),
        };
        let client = Client::new(address, self.directory.clone(), events_in, requests_out);
        platform::spawn(client.run_until(socket_gone));
        let outlet = Requests {
            queue: requests,
            _socket_lives: socket_lives,
        };
        Ok(Box::new(Ends::new(self.directory.clone(), events, outlet)))
    }
}

/// matchbox's end of the requests' queue; the client ends with it, whatever it waits for.
struct Requests {
    queue: mpsc::Sender<PeerRequest>,
    _socket_lives: oneshot::Sender<Infallible>,
}

impl Outlet for Requests {
    fn send(&mut self, request: PeerRequest) -> bool {
        // The client keeps its connection alive by itself; in an outage these would pile up.
        request == PeerRequest::KeepAlive || self.queue.try_send(request).is_ok()
    }
}
