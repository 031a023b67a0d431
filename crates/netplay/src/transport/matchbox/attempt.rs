//! When a handshake that has failed is tried again, and for how long one may take.
//!
//! Of a pair one side offers, the other answers. Either may see its socket fail alone: the side that
//! offers then begins anew by itself; the side that answers asks for another offer. What the other
//! side is told is the [`guard`](crate::signaling::guard)'s to word.

use crate::signaling::directory::MAX_SOCKETS;
use protocol::{PeerId, limits::HANDSHAKE_DEADLINE};
use std::time::Duration;
use web_time::Instant;

/// The pause after a peer's first failed socket; doubled after each further one. It lets word come
/// that the peer has left.
const FIRST_PAUSE: Duration = Duration::from_millis(250);

/// How long the channels may take to open once both descriptions and the last candidate so far have
/// passed. By a relay the native stack takes 5 s where nothing is lost: it waits 2 s for a better pair,
/// and then hands each packet of DTLS and SCTP to its relay client only when it next wakes, up to
/// 0.2 s later. To that comes a second flight of DTLS (1 s) and of SCTP (3 s) on a lossy network.
/// A description may take longer, since browsers wait for STUN servers that do not answer before
/// they send one.
const ANSWERED_DEADLINE: Duration = Duration::from_secs(9);

/// How long one socket's handshake may take.
pub(super) struct Patience {
    /// With all attempts.
    whole: Instant,
    /// With this one, once both descriptions have passed.
    answered: Option<Instant>,
}

impl Patience {
    /// With a handshake that begins now, and has until `whole` if it began before.
    pub(super) fn new(whole: Option<Instant>, now: Instant) -> Self {
        Self {
            whole: whole.unwrap_or(now + HANDSHAKE_DEADLINE),
            answered: None,
        }
    }

    /// Notes that an answer, or something after it, has passed.
    pub(super) fn progress(&mut self, is_answer: bool, now: Instant) {
        if is_answer || self.answered.is_some() {
            self.answered = Some(now + ANSWERED_DEADLINE);
        }
    }

    /// Whether the channels should be open by now.
    pub(super) fn has_ended(&self, now: Instant) -> bool {
        now >= self.whole || self.answered.is_some_and(|end| now >= end)
    }

    /// When all attempts are to be over.
    pub(super) fn whole(&self) -> Instant {
        self.whole
    }
}

/// A pair that is to try again.
pub(super) struct Retry {
    pub(super) peer: PeerId,
    /// Whether we offer, or ask for an offer.
    pub(super) we_offer: bool,
    /// When all attempts are to be over.
    pub(super) whole: Instant,
    due: Instant,
}

/// The pairs that are to try again, at most [`MAX_SOCKETS`]: of more, the newest stay apart.
#[derive(Default)]
pub(super) struct Retries(Vec<Retry>);

impl Retries {
    /// Notes a pair whose `attempt`th socket has failed.
    pub(super) fn add(
        &mut self,
        peer: PeerId,
        attempt: u32,
        we_offer: bool,
        whole: Instant,
        now: Instant,
    ) {
        let due = now + FIRST_PAUSE * 2_u32.saturating_pow(attempt.saturating_sub(1));
        if due < whole && self.0.len() < MAX_SOCKETS {
            self.0.push(Retry {
                peer,
                we_offer,
                whole,
                due,
            });
        }
    }

    /// Takes out the pair with this peer: it tries already, or the peer has left.
    pub(super) fn remove(&mut self, peer: PeerId) -> Option<Retry> {
        let at = self.0.iter().position(|retry| retry.peer == peer)?;
        Some(self.0.swap_remove(at))
    }

    /// Takes out a pair whose pause is over.
    pub(super) fn next_due(&mut self, now: Instant) -> Option<Retry> {
        let at = self.0.iter().position(|retry| retry.due <= now)?;
        Some(self.0.swap_remove(at))
    }

    /// Whether nobody is to try again.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}
