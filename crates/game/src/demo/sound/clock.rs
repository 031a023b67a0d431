//! The seconds that are counted: those to the kick-off, and the last ones of the match.

use crate::demo::Shown;
use bevy::prelude::*;
use game::sound::{Clip, Cue, Cues, Heard, Playing, effects_are_on};
use protocol::limits::STEPS_PER_SECOND;
use sim::demo::{Phase, World as Match};

pub(super) fn plugin(app: &mut App) {
    app.add_systems(Update, hear_clock.before(Playing).run_if(effects_are_on));
}

/// Seconds at the end of the match that are counted.
const LAST_SECONDS: u32 = 5;

/// Counts the seconds to the kick-off, and the last ones of the match.
fn hear_clock(
    time: Res<Time<Real>>,
    scenes: Query<&Shown>,
    mut heard: ResMut<Heard>,
    mut cues: ResMut<Cues>,
) {
    for shown in &scenes {
        let Some(world) = shown.world() else {
            continue;
        };
        if let Some(second) = counted_second(world)
            && heard.is_new(second.key(), world.frame(), time.elapsed())
        {
            cues.add(second.cue());
        }
    }
}

/// A second that is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Second {
    /// Those before it: how often everybody lined up.
    line_ups: u32,
    /// How many there are left, this one included.
    left: u32,
    is_last_of_match: bool,
}

impl Second {
    /// A name as events have one. Theirs are below 2^48.
    fn key(self) -> u64 {
        1 << 63
            | u64::from(self.is_last_of_match) << 62
            | u64::from(self.left.min(0xFFFF)) << 32
            | u64::from(self.line_ups)
    }

    fn cue(self) -> Cue {
        let plain = Cue::plain(Clip::Count, 0.35);
        if self.is_last_of_match {
            Cue {
                pitch: 1.5,
                ..plain
            }
        } else {
            plain
        }
    }
}

fn counted_second(world: &Match) -> Option<Second> {
    let (steps, is_last_of_match) = match world.phase() {
        Phase::KickOff { steps_left } => (u32::from(steps_left), false),
        Phase::Play => (world.clock(), true),
        _ => return None,
    };
    let left = steps.div_ceil(STEPS_PER_SECOND);
    (left > 0 && (!is_last_of_match || left <= LAST_SECONDS)).then_some(Second {
        line_ups: world.line_ups(),
        left,
        is_last_of_match,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use protocol::Simulation;
    use sim::demo::Settings;

    /// The seconds counted in a match in which nobody moves.
    fn counted(settings: &Settings, steps: u32) -> Vec<Second> {
        let mut world = Match::new(settings, 1);
        let mut seconds: Vec<Second> = Vec::new();
        for _ in 0..steps {
            seconds.extend(counted_second(&world));
            world.step(&[], &mut Vec::new());
        }
        seconds.dedup();
        seconds
    }

    #[test]
    fn the_kick_off_and_the_last_seconds_are_counted_down() {
        let settings = Settings {
            match_steps: 10 * STEPS_PER_SECOND,
            ..Settings::for_seats(2)
        };
        let seconds = counted(&settings, 20 * STEPS_PER_SECOND);
        let left = |of_match| -> Vec<u32> {
            let some = seconds.iter().filter(|s| s.is_last_of_match == of_match);
            some.map(|s| s.left).collect()
        };
        assert_eq!(left(true), [5, 4, 3, 2, 1]);
        assert!(left(false).contains(&1));
    }

    #[test]
    fn no_two_seconds_have_one_name() {
        let settings = Settings {
            match_steps: 10 * STEPS_PER_SECOND,
            ..Settings::for_seats(2)
        };
        let mut keys: Vec<u64> = counted(&settings, 20 * STEPS_PER_SECOND)
            .into_iter()
            .map(Second::key)
            .collect();
        let count = keys.len();
        keys.sort_unstable();
        keys.dedup();
        assert_eq!(keys.len(), count);
    }
}
