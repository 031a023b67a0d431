//! The crowd's murmur: overlapping hisses in the bands of voices, each a little different.

use super::part::{Part, noise};

/// The loop's length in seconds: long enough that nobody hears it come again.
pub const SECONDS: f32 = 8.0;

/// Breaths in the loop.
const BREATHS: usize = 16;

/// The parts of the murmur.
pub fn parts() -> Vec<Part> {
    /// How open the mouths are in turn, in hertz: an order without a pattern.
    const MOUTHS: [f32; 8] = [620.0, 840.0, 560.0, 980.0, 700.0, 640.0, 900.0, 760.0];
    let breath = SECONDS / BREATHS as f32;
    let mouth = |i: usize| MOUTHS[i % MOUTHS.len()];
    let mut parts = Vec::with_capacity(2 * BREATHS);
    for i in 0..BREATHS {
        let at = i as f32 * breath;
        let seed = 100 + i as u32;
        parts.push(
            noise(seed)
                .when(at, 2.0 * breath, 1.0)
                .swelling(breath, breath)
                .below(mouth(i), mouth(i + 1))
                .above(180.0),
        );
        // The consonants, fewer and thinner.
        parts.push(
            noise(seed + 50)
                .when(
                    at + 0.3 * breath,
                    0.8 * breath,
                    0.05 + 0.04 * (i % 3) as f32,
                )
                .swelling(0.4 * breath, 0.4 * breath)
                .below(3_200.0, 2_600.0)
                .above(1_500.0),
        );
    }
    parts
}
