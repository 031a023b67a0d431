//! The tap of three fingers: all down, and all up again, within a moment and on their places.
//!
//! Two thumbs that play and a third finger that comes along are no such tap: the thumbs have been
//! down for too long by then.

use bevy::{input::touch::TouchPhase, prelude::*};
use std::time::Duration;

/// Three fingers have tapped at once. Recognised in [`crate::touch`], whatever the window shows;
/// observe it for what a keyboard does by a function key.
#[derive(Event, Clone, Copy, Debug, PartialEq, Eq)]
pub struct ThreeFingerTap;

/// From the first finger's coming to the last one's going.
const WITHIN: Duration = Duration::from_millis(500);

/// How far a finger may move, in logical pixels: farther is a swipe.
const SLOP: f32 = 24.0;

/// How many fingers it takes.
const FINGERS: usize = 3;

/// A finger of the tap that may come of it.
#[derive(Clone, Copy, Debug)]
struct Finger {
    id: u64,
    began_at: Vec2,
    is_down: bool,
}

/// Recognises the tap from one touch after another.
#[derive(Debug, Default)]
pub(super) struct Recogniser {
    /// Those that came together: at most [`FINGERS`].
    fingers: Vec<Finger>,
    /// When the first of them came.
    since: Duration,
    /// Whether no tap can come of them any more.
    is_spoiled: bool,
}

impl Recogniser {
    /// Takes in what a finger did at this time, and tells whether that completes a tap. Anything
    /// may come: fingers that never began, begin twice or are nowhere.
    pub(super) fn note(&mut self, phase: TouchPhase, id: u64, at: Vec2, now: Duration) -> bool {
        if phase == TouchPhase::Started {
            self.begin(id, at, now);
            return false;
        }
        let Some(finger) = self.fingers.iter_mut().find(|finger| finger.id == id) else {
            return false;
        };
        // Written so that a place that is no number is far away.
        let stays = finger.began_at.distance(at) <= SLOP;
        self.is_spoiled |= !stays || phase == TouchPhase::Canceled;
        finger.is_down &= phase == TouchPhase::Moved;
        let is_over = !self.fingers.iter().any(|finger| finger.is_down);
        let is_tap = is_over
            && !self.is_spoiled
            && self.fingers.len() == FINGERS
            && now.saturating_sub(self.since) <= WITHIN;
        if is_over {
            *self = Self::default();
        }
        is_tap
    }

    fn begin(&mut self, id: u64, at: Vec2, now: Duration) {
        // Who came long ago plays, or its end was never told: neither spoils what begins now.
        let is_stale = now.saturating_sub(self.since) > WITHIN;
        if self.fingers.is_empty() || is_stale {
            *self = Self {
                since: now,
                ..Self::default()
            };
        }
        self.fingers.retain(|finger| finger.id != id);
        if self.fingers.len() == FINGERS {
            self.is_spoiled = true;
            return;
        }
        self.fingers.push(Finger {
            id,
            began_at: at,
            is_down: true,
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use TouchPhase::{Canceled, Ended, Moved, Started};

    const fn ms(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    /// How many taps these touches are: phase, finger, place on a line, time.
    fn taps(touches: &[(TouchPhase, u64, f32, u64)]) -> usize {
        let mut recogniser = Recogniser::default();
        let mut count = 0;
        for &(phase, id, x, at) in touches {
            count += usize::from(recogniser.note(phase, id, Vec2::new(x, 100.0), ms(at)));
        }
        count
    }

    const TAP: [(TouchPhase, u64, f32, u64); 7] = [
        (Started, 1, 10.0, 0),
        (Started, 2, 90.0, 20),
        (Started, 3, 170.0, 60),
        (Moved, 2, 95.0, 80),
        (Ended, 1, 10.0, 120),
        (Ended, 3, 170.0, 130),
        (Ended, 2, 95.0, 150),
    ];

    #[test]
    fn three_fingers_tap() {
        assert_eq!(taps(&TAP), 1);
        let again = TAP.map(|(phase, id, x, at)| (phase, id + 7, x, at + 1000));
        assert_eq!(taps(&[TAP, again].concat()), 2);
    }

    #[test]
    fn what_is_slow_moved_cancelled_or_not_three_is_none() {
        for (change, what) in [
            ((Ended, 2, 95.0, 700), "slow"),
            ((Ended, 2, 300.0, 150), "moved"),
            ((Ended, 2, f32::NAN, 150), "nowhere"),
            ((Canceled, 2, 95.0, 150), "cancelled"),
        ] {
            let mut touches = TAP;
            touches[6] = change;
            assert_eq!(taps(&touches), 0, "{what}");
        }
        let mut four = TAP.to_vec();
        four.insert(3, (Started, 4, 250.0, 61));
        assert_eq!(taps(&four), 0);
        let two: Vec<_> = TAP.into_iter().filter(|touch| touch.1 != 3).collect();
        assert_eq!(taps(&two), 0);
    }

    #[test]
    fn thumbs_that_play_do_not_tap() {
        let touches = [
            (Started, 1, 10.0, 0),
            (Started, 2, 300.0, 800),
            (Started, 3, 170.0, 900),
            (Ended, 3, 170.0, 1000),
            (Ended, 2, 300.0, 1010),
            (Ended, 1, 10.0, 1020),
        ];
        assert_eq!(taps(&touches), 0);
    }

    #[test]
    fn fingers_whose_end_was_lost_spoil_no_later_tap() {
        let lost = [
            (Started, 7, 1.0, 0),
            (Started, 8, 1.0, 0),
            (Started, 9, 1.0, 0),
        ];
        let later = TAP.map(|(phase, id, x, at)| (phase, id, x, at + 5000));
        assert_eq!(taps(&[&lost[..], &later[..]].concat()), 1);
        assert_eq!(taps(&[&lost[..1], &later[..]].concat()), 1);
    }
}
