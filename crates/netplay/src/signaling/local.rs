//! Signaling inside one process: no server, no socket, natively and on the web.
//!
//! A [`LocalHub`] is one room. Whoever is there is told of a newcomer and makes it an offer,
//! as a signaling server would have it.

use super::{
    directory::Directory,
    ends::{Ends, MAX_QUEUED_SIGNALS, Outlet},
};
use crate::transport::{Outage, SignalingState};
use futures::channel::mpsc;
use matchbox_socket::{PeerEvent, PeerRequest, SignalingError, Signaller, SignallerBuilder};
use protocol::{PeerId, limits::MAX_PEERS};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use uuid::Uuid;

/// A room inside this process, for up to [`MAX_PEERS`] sockets. A clone is the same room.
#[derive(Clone, Debug, Default)]
pub struct LocalHub(Arc<Mutex<Vec<Member>>>);

#[derive(Debug)]
struct Member {
    id: PeerId,
    events: mpsc::Sender<PeerEvent>,
    directory: Directory,
}

impl Member {
    fn tell(&mut self, event: PeerEvent) {
        if self.events.try_send(event).is_err() {
            self.directory.count_drop();
        }
    }
}

impl LocalHub {
    /// An empty room.
    pub fn new() -> Self {
        Self::default()
    }

    /// How a socket joins this room; it tells `directory` whom it meets.
    pub fn signaller(&self, directory: Directory) -> LocalSignaller {
        LocalSignaller {
            hub: self.clone(),
            directory,
        }
    }

    fn members(&self) -> MutexGuard<'_, Vec<Member>> {
        // Each change is complete before anything could panic.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets a newcomer in, or nothing if the room is full.
    fn join(&self, directory: &Directory) -> Option<(Membership, mpsc::Receiver<PeerEvent>)> {
        let mut members = self.members();
        if members.len() >= MAX_PEERS {
            return None;
        }
        let id = PeerId(Uuid::new_v4());
        let (events, receiver) = mpsc::channel(MAX_QUEUED_SIGNALS);
        for member in members.iter_mut() {
            member.tell(PeerEvent::NewPeer(id));
        }
        let mut newcomer = Member {
            id,
            events,
            directory: directory.clone(),
        };
        newcomer.tell(PeerEvent::IdAssigned(id));
        members.push(newcomer);
        Some((
            Membership {
                hub: self.clone(),
                id,
            },
            receiver,
        ))
    }
}

/// One socket's place in the room; given up when dropped.
struct Membership {
    hub: LocalHub,
    id: PeerId,
}

impl Outlet for Membership {
    fn send(&mut self, request: PeerRequest) -> bool {
        let PeerRequest::Signal { receiver, data } = request else {
            // There is no connection to keep alive.
            return true;
        };
        let mut members = self.hub.members();
        let receiver = members.iter_mut().find(|member| member.id == receiver);
        receiver
            .map(|member| {
                member.tell(PeerEvent::Signal {
                    sender: self.id,
                    data,
                })
            })
            .is_some()
    }
}

impl Drop for Membership {
    fn drop(&mut self) {
        let mut members = self.hub.members();
        members.retain(|member| member.id != self.id);
        for member in members.iter_mut() {
            member.tell(PeerEvent::PeerLeft(self.id));
        }
    }
}

/// Joins a [`LocalHub`], whatever the room's URL.
#[derive(Debug)]
pub struct LocalSignaller {
    hub: LocalHub,
    directory: Directory,
}

#[cfg_attr(not(target_arch = "wasm32"), async_trait::async_trait)]
#[cfg_attr(target_arch = "wasm32", async_trait::async_trait(?Send))]
impl SignallerBuilder for LocalSignaller {
    async fn new_signaller(
        &self,
        _attempts: Option<u16>,
        _room_url: String,
    ) -> Result<Box<dyn Signaller>, SignalingError> {
        let Some((membership, events)) = self.hub.join(&self.directory) else {
            self.directory
                .set_signaling(SignalingState::Failed(Outage::RoomFull));
            return Err(SignalingError::UserImplementationError(
                Outage::RoomFull.to_string(),
            ));
        };
        Ok(Box::new(Ends::new(
            self.directory.clone(),
            events,
            membership,
        )))
    }
}
