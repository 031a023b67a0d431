//! Numbers by chance, from a seed: random in life, fixed in tests.

/// A small generator for match ids and seeds: splitmix64 (Steele, Lea and Flood, "Fast
/// splittable pseudorandom number generators", 2014).
pub(super) struct Entropy(pub u64);

impl Entropy {
    /// The next 64 bits.
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
}
