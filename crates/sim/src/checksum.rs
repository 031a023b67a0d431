//! A small hash whose values never change between targets and releases of dependencies.

use crate::{
    rng::{GAMMA, mix},
    vec2::Vec2,
};

/// Chains SplitMix64's finaliser over 64-bit words.
///
/// It finds accidents, not attacks: whoever can forge a world can forge its checksum.
pub struct Checksum(u64);

impl Default for Checksum {
    fn default() -> Self {
        Self::new()
    }
}

impl Checksum {
    /// The checksum of nothing.
    pub fn new() -> Self {
        Self(GAMMA)
    }

    /// Takes a word in; the order counts.
    pub fn word(&mut self, word: u64) {
        self.0 = mix(self.0.wrapping_add(GAMMA) ^ word);
    }

    /// Takes the bits of a vector in, so that even the sign of a zero counts: it is the first thing
    /// to differ between two targets that round differently.
    pub fn vector(&mut self, vector: Vec2) {
        self.word(u64::from(vector.x.to_bits()) << 32 | u64::from(vector.y.to_bits()));
    }

    /// The checksum of all that was taken in.
    pub fn finish(self) -> u64 {
        self.0
    }
}
