//! What an event sounds like: which clip, how loud, how high, from where.

use game::sound::{Clip, Cue};
use sim::demo::{Event, EventKind, arena::Arena};

/// What a hit of this closing speed sounds like: a fast one is louder and higher. None if it is too
/// slow to be heard.
fn hit(clip: Clip, gain: f32, event: &Event) -> Option<Cue> {
    /// Speeds, in m/s, between which a hit grows from a whisper to its full force.
    const WHISPER: f32 = 1.5;
    const FULL: f32 = 16.0;
    let force = (event.strength - WHISPER) / (FULL - WHISPER);
    // A forged or broken world may say anything.
    if !force.is_finite() || force <= 0.0 {
        return None;
    }
    let force = force.min(1.0);
    Some(Cue {
        clip,
        gain: gain * (0.08 + 0.92 * force.powf(1.3)),
        pitch: (0.92 + 0.16 * force) * variation(event),
        pan: 0.0,
    })
}

/// A little higher or lower, by 3 % at most, so that no two hits in a row are the same. It follows
/// from the event's identity: a replay sounds as the match did.
fn variation(event: &Event) -> f32 {
    let mixed = (event.count.wrapping_mul(0x9E37_79B9) >> 24) as f32 / 255.0;
    0.97 + 0.06 * mixed
}

/// What an event sounds like in an arena that may be shown upright, if at all: a goal has a second
/// clip, for the crowd.
pub fn of_event(event: &Event, arena: &Arena, turned: bool) -> Vec<Cue> {
    let from = |cue: Cue| Cue {
        pan: pan(event.at, arena, turned),
        ..cue
    };
    let first = match event.kind {
        EventKind::Kick => hit(Clip::Kick, 0.95, event).map(from),
        EventKind::Dash => Some(Cue {
            pitch: variation(event),
            ..from(Cue::plain(Clip::Dash, 0.3))
        }),
        EventKind::Touch => hit(Clip::Touch, 0.6, event).map(from),
        EventKind::Bump => hit(Clip::Bump, 0.8, event).map(from),
        EventKind::Wall if event.subject == Event::BALL => hit(Clip::Wall, 0.7, event).map(from),
        // A disc is heavier than the ball, and its walls give way.
        EventKind::Wall => hit(Clip::Wall, 0.35, event).map(|cue| Cue {
            pitch: cue.pitch * 0.6,
            ..from(cue)
        }),
        EventKind::Post => hit(Clip::Post, 0.75, event).map(from),
        EventKind::Whistle => Some(Cue::plain(Clip::Whistle, 0.3)),
        EventKind::Goal => Some(Cue::plain(Clip::Goal, 0.85)),
        EventKind::GoldenGoal => Some(Cue::plain(Clip::GoldenGoal, 0.8)),
        EventKind::Over => Some(Cue::plain(Clip::Over, 0.7)),
    };
    let second = matches!(event.kind, EventKind::Goal | EventKind::Over)
        .then_some(Cue::plain(Clip::Cheer, 0.7));
    first.into_iter().chain(second).collect()
}

/// From the left (-1) to the right (1): where a place of the arena is on the screen, which may
/// show the arena upright. Not all the way, since a sound in one ear alone is unpleasant.
fn pan(at: sim::Vec2, arena: &Arena, turned: bool) -> f32 {
    const WIDTH: f32 = 0.7;
    let part = if turned {
        -at.y / arena.half_width
    } else {
        at.x / arena.half_length
    };
    // A forged or broken world may say anything.
    if part.is_finite() {
        WIDTH * part.clamp(-1.0, 1.0)
    } else {
        0.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sim::demo::ArenaKind;

    const ARENA: &Arena = ArenaKind::Classic.arena();

    fn event(kind: EventKind, strength: f32) -> Event {
        Event {
            kind,
            subject: Event::BALL,
            count: 3,
            at: sim::Vec2::new(6.0, 0.0),
            strength,
        }
    }

    #[test]
    fn harder_hits_are_louder_and_higher() {
        let cue = |strength| of_event(&event(EventKind::Wall, strength), ARENA, false).pop();
        assert_eq!(cue(1.1), None);
        let (soft, hard) = (cue(3.0).unwrap(), cue(15.0).unwrap());
        assert!(soft.gain < 0.3 * hard.gain && soft.pitch < hard.pitch);
        assert_eq!(cue(20.0), cue(2_000.0));
    }

    #[test]
    fn no_broken_number_is_heard() {
        for strength in [f32::NAN, f32::INFINITY, -1e30] {
            assert_eq!(
                of_event(&event(EventKind::Kick, strength), ARENA, false),
                []
            );
        }
        assert_eq!(
            pan(sim::Vec2::new(f32::NAN, f32::INFINITY), ARENA, true),
            0.0
        );
        assert_eq!(pan(sim::Vec2::new(1e30, 0.0), ARENA, false), 0.7);
    }

    #[test]
    fn the_crowd_cheers_at_a_goal_and_not_at_a_kick() {
        let clips = |kind| -> Vec<Clip> {
            let cues = of_event(&event(kind, 9.0), ARENA, false);
            cues.into_iter().map(|cue| cue.clip).collect()
        };
        assert_eq!(clips(EventKind::Goal), [Clip::Goal, Clip::Cheer]);
        assert_eq!(clips(EventKind::Kick), [Clip::Kick]);
    }

    #[test]
    fn sounds_come_from_where_they_are_seen() {
        let right = sim::Vec2::new(6.0, 0.0);
        assert!(pan(right, ARENA, false) > 0.3 && pan(right, ARENA, true) == 0.0);
        // Upright, the arena's upper side is on the left.
        assert!(pan(sim::Vec2::new(0.0, 5.0), ARENA, true) < -0.3);
    }
}
