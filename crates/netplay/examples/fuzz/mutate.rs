//! Inputs that are nearly right, from those that are: seeded, so that a run can be repeated.

/// Numbers at which decoders change their mind.
const INTERESTING: [u64; 10] = [
    0,
    1,
    0x7f,
    0x80,
    0xff,
    0x7fff,
    0xffff,
    0x7fff_ffff,
    0xffff_ffff,
    u64::MAX,
];

/// The longest input. Nothing here changes its mind further on.
const MAX_BYTES: usize = 64 * 1024;

/// A generator: splitmix64.
pub struct Mutator(pub u64);

impl Mutator {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Below `bound`, or 0.
    pub fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound.max(1) as u64) as usize
    }

    /// One of the inputs, changed in a few places.
    pub fn input(&mut self, corpus: &[Vec<u8>]) -> Vec<u8> {
        let mut bytes = self.pick(corpus);
        for _ in 0..=self.below(4) {
            self.change(&mut bytes, corpus);
        }
        bytes.truncate(MAX_BYTES);
        bytes
    }

    fn pick(&mut self, corpus: &[Vec<u8>]) -> Vec<u8> {
        let index = self.below(corpus.len());
        corpus.get(index).cloned().unwrap_or_default()
    }

    fn change(&mut self, bytes: &mut Vec<u8>, corpus: &[Vec<u8>]) {
        let at = self.below(bytes.len());
        let length = self.below(16).min(bytes.len() - at);
        match self.below(8) {
            0 => bytes.truncate(at),
            1 => bytes.insert(at, self.next() as u8),
            2 => drop(bytes.drain(at..at + length)),
            3 => {
                let again = bytes[at..at + length].to_vec();
                bytes.splice(at..at, again);
            }
            4 => {
                let other = self.pick(corpus);
                let from = self.below(other.len());
                bytes.truncate(at);
                bytes.extend(&other[from..]);
            }
            5 => self.write_number(bytes, at),
            _ => {
                if let Some(byte) = bytes.get_mut(at) {
                    *byte ^= 1 << self.below(8);
                }
            }
        }
    }

    /// An interesting number, fixed or as LEB128, in place of what is there.
    fn write_number(&mut self, bytes: &mut Vec<u8>, at: usize) {
        let mut number = INTERESTING[self.below(INTERESTING.len())];
        let mut written = Vec::new();
        if self.below(2) == 0 {
            let width = 1 << self.below(4);
            written.extend(&number.to_le_bytes()[..width]);
        } else {
            while number >= 0x80 {
                written.push(number as u8 | 0x80);
                number >>= 7;
            }
            written.push(number as u8);
        }
        let end = (at + written.len()).min(bytes.len());
        bytes.splice(at..end, written);
    }
}
