//! How hard something hit, for all that answers to it: the hold of the picture, its shake, sparks.

use crate::demo::Shown;
use protocol::{Frame, limits::STEPS_PER_SECOND};
use sim::demo::{Event, EventKind};

/// Frames after which an event is not shown any more: a second. A page that is turned to again
/// learns of hundreds. Certain ones, such as goals, are told some frames late.
const STALE: Frame = STEPS_PER_SECOND;

/// What has happened since the last picture and is still worth a look. A session tells each event
/// once by its key, however often its step is made again.
pub(super) fn news(shown: &Shown) -> impl Iterator<Item = &Event> {
    let now = shown.world().map_or(0, sim::demo::World::frame);
    let events = shown.events.iter();
    events.filter_map(move |(frame, event)| (frame.saturating_add(STALE) >= now).then_some(event))
}

/// How hard an event hits, from 0 (not to be felt) to 1.
pub(super) fn force(event: &Event) -> f32 {
    // Speeds, in m/s, at which it begins to be felt, and at which it is felt fully.
    let (soft, hard) = match event.kind {
        EventKind::Kick => (9.5, 16.0),
        EventKind::Touch => (7.0, 18.0),
        EventKind::Bump => (7.0, 20.0),
        EventKind::Wall if event.subject == Event::BALL => (9.0, 24.0),
        EventKind::Wall => (9.0, 18.0),
        EventKind::Post => (7.0, 20.0),
        EventKind::Goal => return 1.0,
        EventKind::Dash | EventKind::Whistle | EventKind::GoldenGoal | EventKind::Over => {
            return 0.0;
        }
    };
    let part = (event.strength - soft) / (hard - soft);
    // A forged or broken world may say anything: what is no number is above nothing.
    if part > 0.0 { part.min(1.0) } else { 0.0 }
}

/// An event, for tests of what answers to it.
#[cfg(test)]
pub(super) fn event(kind: EventKind, strength: f32) -> Event {
    Event {
        kind,
        subject: 1,
        count: 0,
        at: sim::Vec2::ZERO,
        strength,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KINDS: [EventKind; 10] = [
        EventKind::Kick,
        EventKind::Dash,
        EventKind::Touch,
        EventKind::Bump,
        EventKind::Wall,
        EventKind::Post,
        EventKind::Whistle,
        EventKind::Goal,
        EventKind::GoldenGoal,
        EventKind::Over,
    ];

    #[test]
    fn force_grows_with_speed_and_is_bounded() {
        for kind in KINDS {
            let mut last = 0.0;
            for tenth in 0..500 {
                let now = force(&event(kind, tenth as f32 / 10.0));
                assert!((last..=1.0).contains(&now), "{kind:?} at {tenth}: {now}");
                last = now;
            }
        }
    }

    #[test]
    fn a_full_kick_is_felt_and_a_gentle_touch_is_not() {
        assert_eq!(force(&event(EventKind::Kick, 16.0)), 1.0);
        assert_eq!(force(&event(EventKind::Touch, 3.0)), 0.0);
    }

    #[test]
    fn broken_numbers_have_no_force() {
        for strength in [f32::NAN, f32::NEG_INFINITY, -1e30] {
            assert_eq!(force(&event(EventKind::Wall, strength)), 0.0);
        }
        assert_eq!(force(&event(EventKind::Wall, f32::INFINITY)), 1.0);
    }
}
