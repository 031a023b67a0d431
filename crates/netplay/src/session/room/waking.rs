//! After a long pause of this process (a debugger, a sleeping laptop, a frozen page): the others are
//! heard before they are judged.
//!
//! Whoever wakes sees the time first, and what was said to it meanwhile a moment later: the system
//! and the socket's own task have yet to hand it on. Judged at once, everybody else would have
//! fallen silent.

use std::time::Duration;

/// A pause between two turns in which this process slept: a peer that stays silent for so long is
/// lost to an owner's followers. A room is driven at least every 50 ms.
const SLEPT: Duration = Duration::from_millis(500);

/// How long the others are only heard after that. Each that lives says something every 50 ms.
const MOMENT: Duration = Duration::from_millis(100);

/// Whether we have just woken up.
#[derive(Debug, Default)]
pub(super) struct Waking {
    /// Until when we only hear.
    hears_until: Option<Duration>,
    /// Whether the last turn came in time.
    was_awake: bool,
}

impl Waking {
    /// The room's turn has come, for the first time since `before`.
    pub fn turn(&mut self, before: Duration, now: Duration) {
        let paused = now.saturating_sub(before) >= SLEPT;
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
