//! Something to be heard: which clip, how loud, how high, from where.

use super::synth::Clip;

/// Something to be heard once.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cue {
    /// What.
    pub clip: Clip,
    /// How loud, from 0 to 1.
    pub gain: f32,
    /// How much higher than it was made: 2 is an octave.
    pub pitch: f32,
    /// From the left (-1) to the right (1).
    pub pan: f32,
}

impl Cue {
    /// A clip as it was made, from the middle.
    pub const fn plain(clip: Clip, gain: f32) -> Self {
        Self {
            clip,
            gain,
            pitch: 1.0,
            pan: 0.0,
        }
    }
}
