//! Which of the few voices plays a cue: a crowd of hits takes the place of older ones, and no more.

use super::output::VOICES;
use std::time::Duration;

/// When each voice falls silent.
#[derive(Default)]
pub struct Voices([Duration; VOICES]);

impl Voices {
    /// The voice for something that starts at `now` and lasts so many seconds: a silent one, or the
    /// one that has least left to say.
    pub fn take(&mut self, now: Duration, lasts: f32) -> usize {
        let ends = self.0.iter().enumerate();
        let index = ends
            .min_by_key(|(_, end)| **end)
            .map_or(0, |(index, _)| index);
        self.0[index] = now + Duration::from_secs_f32(lasts);
        index
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_sound_keeps_its_voice_through_many_short_ones() {
        let mut voices = Voices::default();
        let long = voices.take(Duration::ZERO, 3.0);
        for i in 0..1_000 {
            let now = Duration::from_millis(i);
            assert_ne!(voices.take(now, 0.2), long);
        }
    }
}
