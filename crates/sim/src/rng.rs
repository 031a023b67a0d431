//! The world's own generator of random numbers. Tests and tools that need the same numbers on every
//! target use it too.

use serde::{Deserialize, Serialize};

/// SplitMix64's finaliser: spreads every bit of `value` over all bits of the result.
///
/// From Steele, Lea and Flood, "Fast splittable pseudorandom number generators" (2014).
pub const fn mix(value: u64) -> u64 {
    let value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ (value >> 31)
}

/// The step of SplitMix64's counter: 2^64 divided by the golden ratio.
pub const GAMMA: u64 = 0x9e37_79b9_7f4a_7c15;

/// A SplitMix64 generator: a counter whose values are mixed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rng(u64);

impl Rng {
    /// A generator whose numbers follow from `seed`.
    pub fn new(seed: u64) -> Self {
        Self(mix(seed))
    }

    /// The next 64 random bits.
    pub fn next_u64(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(GAMMA);
        mix(self.0)
    }

    /// All that its future follows from.
    pub fn state(&self) -> u64 {
        self.0
    }
}
