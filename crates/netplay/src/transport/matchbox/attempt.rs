//! When a handshake that has failed is tried again, or a connection that has ended, and for how long
//! one handshake may take.
//!
//! Of a pair one side offers, the other answers. Either may see its socket fail alone: the side that
//! offers then begins anew by itself; the side that answers asks for another offer. What the other
//! side is told is the [`guard`](crate::signaling::guard)'s to word.

use crate::signaling::directory::MAX_SOCKETS;
use protocol::{
    PeerId,
    limits::{HANDSHAKE_DEADLINE, SEAT_KEPT},
};
use std::time::Duration;
use web_time::Instant;

/// The pause after a peer's first failed socket; doubled after each further one. It lets word come
/// that the peer has left.
const FIRST_PAUSE: Duration = Duration::from_millis(250);

/// The longest pause.
const LONGEST_PAUSE: Duration = Duration::from_secs(8);

/// How long a pair whose connection has ended tries to have another one: for as long as a seat waits
/// for its player. Later it does so only when signaling tells of the other's return.
const RETURN_DEADLINE: Duration = SEAT_KEPT;

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
    /// With this one, until both descriptions have passed.
    unanswered: Instant,
    /// With this one from then on.
    answered: Option<Instant>,
}

impl Patience {
    /// With a handshake that begins now, and has until `whole` if it began before.
    pub(super) fn new(whole: Option<Instant>, now: Instant) -> Self {
        Self {
            whole: whole.unwrap_or(now + HANDSHAKE_DEADLINE),
            unanswered: now + HANDSHAKE_DEADLINE,
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
        now >= self.whole.min(self.answered.unwrap_or(self.unanswered))
    }

    /// When all attempts are to be over.
    pub(super) fn whole(&self) -> Instant {
        self.whole
    }

    /// When all attempts are to be over, after so many have failed since there was a connection. If
    /// that one has ended just now, they begin.
    pub(super) fn whole_after(&self, failures: u32, now: Instant) -> Instant {
        match failures {
            0 => now + RETURN_DEADLINE,
            _ => self.whole,
        }
    }
}

/// A pair that is to try again.
pub(super) struct Retry {
    pub(super) peer: PeerId,
    /// Whether we offer, or ask for an offer.
    pub(super) we_offer: bool,
    /// What has failed before: sockets, and questions for an offer.
    pub(super) failures: u32,
    /// When all attempts are to be over.
    pub(super) whole: Instant,
}

/// The pairs that are to try again, and when; at most [`MAX_SOCKETS`]: of more, the newest stay apart.
#[derive(Default)]
pub(super) struct Retries(Vec<(Instant, Retry)>);

impl Retries {
    /// Notes a pair that is to try again after a pause.
    pub(super) fn add(&mut self, retry: Retry, now: Instant) {
        let doubled = 2_u32.saturating_pow(retry.failures.saturating_sub(1));
        let due = now + FIRST_PAUSE.saturating_mul(doubled).min(LONGEST_PAUSE);
        if due < retry.whole && self.0.len() < MAX_SOCKETS {
            self.0.push((due, retry));
        }
    }

    /// Takes out the pair with this peer: it tries already, or the peer has left.
    pub(super) fn remove(&mut self, peer: PeerId) -> Option<Retry> {
        let at = self.0.iter().position(|(_, retry)| retry.peer == peer)?;
        Some(self.0.swap_remove(at).1)
    }

    /// Takes out a pair whose pause is over.
    pub(super) fn next_due(&mut self, now: Instant) -> Option<Retry> {
        let at = self.0.iter().position(|(due, _)| *due <= now)?;
        Some(self.0.swap_remove(at).1)
    }

    /// Ends all pauses.
    pub(super) fn hurry(&mut self, now: Instant) {
        for (due, _) in &mut self.0 {
            *due = now.min(*due);
        }
    }

    /// Whether nobody is to try again.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}
