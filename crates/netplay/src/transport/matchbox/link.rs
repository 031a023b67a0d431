//! One remote peer's socket, as its exchange holds it: what becomes of it, and when it has no more
//! use.

use super::{attempt::Patience, contain::Lifeline, line::Line, side::Life};
use crate::{
    signaling::directory::{Directory, Presence},
    transport::Path,
};
use matchbox_socket::{PeerState, WebRtcSocket};
use protocol::PeerId;
use std::{ops::DerefMut, time::Duration};
use web_time::Instant;

/// How long a banned peer's socket still carries what was said to it before: the reason.
const LAST_WORDS: Duration = Duration::from_millis(300);

/// One remote peer's socket.
pub(super) struct Link<S> {
    pub(super) peer: PeerId,
    /// The number of its socket.
    pub(super) attempt: u32,
    /// Whether our side makes the offer.
    pub(super) we_offer: bool,
    pub(super) line: Line,
    pub(super) socket: S,
    /// Whether matchbox has said that its channels are open.
    pub(super) is_open: bool,
    /// What the transport learns of it.
    pub(super) life: Life,
    /// For how long they may not be.
    pub(super) patience: Patience,
    /// When it is dropped after a ban.
    pub(super) banned_until: Option<Instant>,
    /// Dropped with the link, it ends the message loop.
    pub(super) _lifeline: Lifeline,
}

impl<S: DerefMut<Target = WebRtcSocket>> Link<S> {
    /// Takes note of what the socket reports. Says why it has no more use, if it has none.
    pub(super) fn look(&mut self, directory: &Directory, now: Instant) -> Option<&'static str> {
        let Ok(changes) = self.socket.try_update_peers() else {
            return Some("its message loop has ended");
        };
        for (_, state) in changes {
            match state {
                PeerState::Connected => {
                    self.is_open = true;
                    directory.set_open(self.peer);
                }
                PeerState::Disconnected => return Some("its channels have closed"),
            }
        }
        match self.socket.is_relayed(self.peer) {
            Some(true) => directory.set_path(self.peer, Path::Relayed),
            Some(false) => directory.set_path(self.peer, Path::Direct),
            None => {}
        }
        match directory.presence(self.peer) {
            Some(Presence::Banned) => {
                let last_words = if self.is_open {
                    LAST_WORDS
                } else {
                    Duration::ZERO
                };
                let until = *self.banned_until.get_or_insert(now + last_words);
                (now >= until).then_some("it is banned")
            }
            Some(Presence::Open) if directory.is_forsaken(self.peer, now) => {
                Some("its peer has begun anew")
            }
            Some(Presence::Known | Presence::Gone | Presence::Open) => (!self.is_open
                && self.patience.has_ended(now))
            .then_some("its channels have not opened in time"),
            Some(Presence::Closed | Presence::Failed) | None => Some("it is over"),
        }
    }

    /// Whether something about it is due soon.
    pub(super) fn is_restless(&self) -> bool {
        !self.is_open || self.banned_until.is_some()
    }
}

impl<S> Drop for Link<S> {
    fn drop(&mut self) {
        self.life.end();
    }
}
