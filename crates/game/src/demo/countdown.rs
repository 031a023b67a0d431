//! The count to a kick-off: three beats, seen and heard.

use sim::demo::{Phase, World as Match};

/// Steps from one beat to the next: three of them make a kick-off.
const BEAT_STEPS: u16 = 20;

/// A beat of the count.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Beat {
    /// What is counted: 3, 2, 1.
    pub number: u16,
    /// How long ago it was, from 0 to 1.
    pub part: f32,
}

/// The beat of this moment, while everybody waits for a kick-off.
pub fn beat(world: &Match) -> Option<Beat> {
    match world.phase() {
        Phase::KickOff { steps_left } if steps_left > 0 => {
            let number = steps_left.div_ceil(BEAT_STEPS);
            let since = number * BEAT_STEPS - steps_left;
            let part = f32::from(since) / f32::from(BEAT_STEPS);
            Some(Beat { number, part })
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use protocol::Simulation;
    use sim::demo::Settings;

    #[test]
    fn three_even_beats_lead_to_the_kick_off() {
        let mut world = Match::new(&Settings::for_seats(2), 1);
        let mut counted = Vec::new();
        let mut last = 1.0;
        while let Some(beat) = beat(&world) {
            if beat.part < last {
                counted.push((beat.number, world.frame()));
            }
            assert!((0.0..1.0).contains(&beat.part));
            last = beat.part;
            world.step(&[], &mut Vec::new());
        }
        assert_eq!(counted, [(3, 0), (2, 20), (1, 40)]);
        assert_eq!(world.phase(), Phase::Play);
    }
}
