//! The seconds that are counted: those to the kick-off, and the last ones of the match.

use crate::demo::{Shown, countdown};
use bevy::prelude::*;
use game::sound::{Clip, Cue, Cues, Heard, Playing, effects_are_on};
use protocol::limits::STEPS_PER_SECOND;
use sim::demo::{Phase, World as Match};

pub(super) fn plugin(app: &mut App) {
    app.add_systems(Update, hear_clock.before(Playing).run_if(effects_are_on));
}

/// Seconds at the end of the match that are counted.
const LAST_SECONDS: u32 = 5;

/// Counts the beats to the kick-off, and the last seconds of the match.
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
        if let Some(count) = count(world)
            && heard.is_new(count.key(), world.frame(), time.elapsed())
        {
            cues.add(count.cue());
        }
    }
}

/// A beat or a second that is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Count {
    /// Those before it: how often everybody lined up.
    line_ups: u32,
    /// How many there are left, this one included.
    left: u32,
    is_last_of_match: bool,
}

impl Count {
    /// A name as events have one. Theirs are below 2^48.
    fn key(self) -> u64 {
        1 << 63
            | u64::from(self.is_last_of_match) << 62
            | u64::from(self.left.min(0xFFFF)) << 32
            | u64::from(self.line_ups)
    }

    fn cue(self) -> Cue {
        let pitch = match (self.is_last_of_match, self.left) {
            (true, _) => 1.5,
            // Each a third higher than the one before.
            (false, 1) => 1.56,
            (false, 2) => 1.25,
            (false, _) => 1.0,
        };
        Cue {
            pitch,
            ..Cue::plain(Clip::Count, 0.35)
        }
    }
}

fn count(world: &Match) -> Option<Count> {
    let line_ups = world.line_ups();
    if let Some(beat) = countdown::beat(world) {
        return Some(Count {
            line_ups,
            left: beat.number.into(),
            is_last_of_match: false,
        });
    }
    let left = world.clock().div_ceil(STEPS_PER_SECOND);
    let is_last = world.phase() == Phase::Play && (1..=LAST_SECONDS).contains(&left);
    is_last.then_some(Count {
        line_ups,
        left,
        is_last_of_match: true,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use protocol::Simulation;
    use sim::demo::Settings;

    /// What is counted in a match in which nobody moves.
    fn counted(settings: &Settings, steps: u32) -> Vec<Count> {
        let mut world = Match::new(settings, 1);
        let mut counts: Vec<Count> = Vec::new();
        for _ in 0..steps {
            counts.extend(count(&world));
            world.step(&[], &mut Vec::new());
        }
        counts.dedup();
        counts
    }

    #[test]
    fn the_kick_off_and_the_last_seconds_are_counted_down() {
        let settings = Settings {
            match_steps: 10 * STEPS_PER_SECOND,
            ..Settings::for_seats(2)
        };
        let counts = counted(&settings, 20 * STEPS_PER_SECOND);
        let left = |of_match| -> Vec<u32> {
            let some = counts.iter().filter(|s| s.is_last_of_match == of_match);
            some.map(|s| s.left).collect()
        };
        assert_eq!(left(true), [5, 4, 3, 2, 1]);
        assert_eq!(left(false)[..3], [3, 2, 1]);
    }

    #[test]
    fn no_two_counts_have_one_name() {
        let settings = Settings {
            match_steps: 10 * STEPS_PER_SECOND,
            ..Settings::for_seats(2)
        };
        let mut keys: Vec<u64> = counted(&settings, 20 * STEPS_PER_SECOND)
            .into_iter()
            .map(Count::key)
            .collect();
        let count = keys.len();
        keys.sort_unstable();
        keys.dedup();
        assert_eq!(keys.len(), count);
    }
}
