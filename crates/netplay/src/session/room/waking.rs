//! After a long pause of this process (a debugger, a sleeping laptop, a frozen page): the others are
//! heard before they are judged.
//!
//! Whoever wakes sees the time first, and what was said to it meanwhile a moment later: the system
//! and the socket's own task have yet to hand it on. Judged at once, everybody else would have
//! fallen silent.
//!
//! Whoever slept for longer than anybody waits was given up by all. It need not find that out for each.

use protocol::limits::{HANDSHAKE_DEADLINE, SILENCE_DEADLINE};
use std::time::Duration;

/// A pause between two turns in which this process slept: a peer that stays silent for so long is
/// lost to an owner's followers. A room is driven at least every 50 ms.
const SLEPT: Duration = Duration::from_millis(500);

/// How long the others are only heard after that. Each that lives says something every 50 ms.
const MOMENT: Duration = Duration::from_millis(100);

/// A pause after which everybody has given this process up.
const GIVEN_UP: Duration = SILENCE_DEADLINE.saturating_add(HANDSHAKE_DEADLINE);

/// How long whoever was given up waits for the others before it starts a match.
const REUNION: Duration = Duration::from_secs(10);

/// Whether we have just woken up.
#[derive(Debug, Default)]
pub(super) struct Waking {
    /// Until when we only hear.
    hears_until: Option<Duration>,
    /// Whether the last turn came in time.
    was_awake: bool,
    /// Whether everybody has given us up since the last turn.
    has_overslept: bool,
    /// Until when we wait for those that did.
    waits_until: Option<Duration>,
}

impl Waking {
    /// The room's turn has come, for the first time since `before`.
    pub fn turn(&mut self, before: Duration, now: Duration) {
        let pause = now.saturating_sub(before);
        self.has_overslept = pause >= GIVEN_UP;
        self.waits_until = self.waits_until.filter(|until| now < *until);
        let paused = pause >= SLEPT;
        // Whoever always comes so late (a timer that is held back in a hidden page) is awake between
        // its turns: what was said to it has come.
        if paused && self.was_awake {
            self.hears_until = Some(now + MOMENT);
        }
        self.was_awake = !paused;
        self.hears_until = self.hears_until.filter(|until| now < *until);
    }

    /// Whether nobody is to be judged yet by what has not come.
    pub fn hears_first(&self) -> bool {
        self.hears_until.is_some()
    }

    /// Whether everybody has given us up since the last turn.
    pub fn has_overslept(&self) -> bool {
        self.has_overslept
    }

    /// The others may take a while to be met again.
    pub fn wait_for_others(&mut self, now: Duration) {
        self.waits_until = Some(now + REUNION);
    }

    /// Somebody was met.
    pub fn has_met(&mut self) {
        self.waits_until = None;
    }

    /// Whether we wait for those that gave us up.
    pub fn waits_for_others(&self) -> bool {
        self.waits_until.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TURN: Duration = Duration::from_millis(50);
    const LATE: Duration = Duration::from_millis(1_000);

    #[test]
    fn whoever_wakes_hears_first() {
        let mut waking = Waking::default();
        waking.turn(TURN, 2 * TURN);
        assert!(!waking.hears_first());
        let woke = 2 * TURN + LATE;
        waking.turn(2 * TURN, woke);
        assert!(waking.hears_first());
        waking.turn(woke, woke + TURN);
        assert!(waking.hears_first());
        let later = woke + TURN + MOMENT;
        waking.turn(woke + TURN, later);
        assert!(!waking.hears_first());
    }

    #[test]
    fn whoever_always_comes_late_judges_all_the_same() {
        let mut waking = Waking::default();
        waking.turn(Duration::ZERO, TURN);
        let judges = |turn| {
            waking.turn(TURN + LATE * turn, TURN + LATE * (turn + 1));
            !waking.hears_first()
        };
        let judged: Vec<bool> = (0..4).map(judges).collect();
        assert_eq!(judged, [false, true, true, true]);
    }
}
