//! The smallest piece of a sound: one tone or one hiss with a beginning and an end.
//!
//! Nothing in here asks the platform for a sine or a random number, so a clip has the same length
//! and shape everywhere, and costs little where floating point is slow.

/// How a tone swings.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Wave {
    /// Pure.
    Sine,
    /// Hollow: odd harmonics that fall off fast.
    Triangle,
    /// Bright: all harmonics. Its step is rounded off, against aliasing.
    Saw,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Source {
    /// A tone that glides from one frequency to the other, in hertz, by equal intervals.
    Tone { wave: Wave, from: f32, to: f32 },
    /// White noise. Equal seeds make equal noise.
    Noise { seed: u32 },
}

/// One tone or hiss. It starts and ends at silence, so parts can be put anywhere without a click.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Part {
    source: Source,
    /// Seconds from the clip's beginning.
    at: f32,
    /// Seconds.
    lasts: f32,
    level: f32,
    /// Seconds until it is loudest.
    attack: f32,
    /// Seconds in which it falls to 37 % after the attack; 0 lets it stay.
    decay: f32,
    /// Seconds of its end in which it falls to silence.
    release: f32,
    /// Hertz above which it is damped, at its beginning and its end; 0 leaves all.
    low_pass: (f32, f32),
    /// Hertz below which it is damped; 0 leaves all.
    high_pass: f32,
}

/// A tone that glides between two frequencies in hertz.
pub const fn tone(wave: Wave, from: f32, to: f32) -> Part {
    Part::new(Source::Tone { wave, from, to })
}

/// A hiss.
pub const fn noise(seed: u32) -> Part {
    Part::new(Source::Noise { seed })
}

impl Part {
    const fn new(source: Source) -> Self {
        Self {
            source,
            at: 0.0,
            lasts: 0.1,
            level: 1.0,
            attack: 0.002,
            decay: 0.0,
            release: 0.01,
            low_pass: (0.0, 0.0),
            high_pass: 0.0,
        }
    }

    /// When it sounds, in seconds, and how loud beside the other parts.
    pub const fn when(mut self, at: f32, lasts: f32, level: f32) -> Self {
        self.at = at;
        self.lasts = lasts;
        self.level = level;
        self
    }

    /// Struck: soon loudest, then dying away with this time constant.
    pub const fn struck(mut self, attack: f32, decay: f32) -> Self {
        self.attack = attack;
        self.decay = decay;
        self
    }

    /// Swelling: loudest after `attack` seconds, gone over the last `release`. Two that overlap by
    /// those add up to an even hiss: the squares of the two slopes have the sum 1.
    pub const fn swelling(mut self, attack: f32, release: f32) -> Self {
        self.attack = attack;
        self.release = release;
        self
    }

    /// Damped above a frequency that moves from the first to the second, in hertz.
    pub const fn below(mut self, from: f32, to: f32) -> Self {
        self.low_pass = (from, to);
        self
    }

    /// Damped below this frequency, in hertz.
    pub const fn above(mut self, frequency: f32) -> Self {
        self.high_pass = frequency;
        self
    }

    /// Its length in seconds.
    #[cfg(test)]
    pub fn lasts(&self) -> f32 {
        self.lasts
    }

    /// The second of the clip in which it ends.
    #[cfg(test)]
    pub fn end(&self) -> f32 {
        self.at + self.lasts
    }

    /// Adds itself to `samples` of `rate` a second. What is past their end begins them anew if the
    /// clip `wraps`, and is left out otherwise.
    pub fn add_to(&self, samples: &mut [f32], rate: f32, wraps: bool) {
        if samples.is_empty() {
            return;
        }
        let count = (self.lasts * rate) as usize;
        let mut source = Running::new(self.source, count, rate);
        let mut filter = Filter::new(self, count, rate);
        let mut envelope = Envelope::new(self, count, rate);
        let mut index = (self.at * rate) as usize;
        for _ in 0..count {
            if index >= samples.len() {
                if !wraps {
                    return;
                }
                index %= samples.len();
            }
            samples[index] += self.level * envelope.next() * filter.next(source.next());
            index += 1;
        }
    }
}

/// The sine of a phase of 0 to 1: two parabolas, the error below 0.1 % (-60 dB).
fn sine(phase: f32) -> f32 {
    // From -1 to 1, a half turn away: hence the sign at the end.
    let x = 2.0 * phase - 1.0;
    let y = 4.0 * x * (1.0 - x.abs());
    -(0.225 * (y * y.abs() - y) + y)
}

/// A source on its way: what it gives next.
struct Running {
    source: Source,
    phase: f32,
    /// Turns in a sample.
    step: f32,
    /// By which `step` grows with each sample.
    glide: f32,
    random: u32,
}

impl Running {
    fn new(source: Source, count: usize, rate: f32) -> Self {
        let (step, glide, random) = match source {
            Source::Tone { from, to, .. } => {
                (from / rate, (to / from).powf(1.0 / count.max(1) as f32), 0)
            }
            // The generator stays at 0 once it is there.
            Source::Noise { seed } => (0.0, 1.0, seed.wrapping_mul(0x9E37_79B9) | 1),
        };
        Self {
            source,
            phase: 0.0,
            step,
            glide,
            random,
        }
    }

    fn next(&mut self) -> f32 {
        let Source::Tone { wave, .. } = self.source else {
            // Marsaglia, "Xorshift RNGs" (2003).
            self.random ^= self.random << 13;
            self.random ^= self.random >> 17;
            self.random ^= self.random << 5;
            return self.random as f32 / (u32::MAX / 2) as f32 - 1.0;
        };
        let value = match wave {
            Wave::Sine => sine(self.phase),
            Wave::Triangle => 4.0 * (self.phase - 0.5).abs() - 1.0,
            Wave::Saw => 2.0 * self.phase - 1.0 - self.rounding(),
        };
        self.phase += self.step;
        if self.phase >= 1.0 {
            self.phase -= 1.0;
        }
        self.step *= self.glide;
        value
    }

    /// What a saw's step is rounded by: PolyBLEP of the second order (Välimäki and Huovilainen,
    /// "Antialiasing Oscillators in Subtractive Synthesis", 2007).
    fn rounding(&self) -> f32 {
        if self.phase < self.step {
            let t = self.phase / self.step;
            2.0 * t - t * t - 1.0
        } else if self.phase > 1.0 - self.step {
            let t = (self.phase - 1.0) / self.step;
            t * t + 2.0 * t + 1.0
        } else {
            0.0
        }
    }
}

/// Two low passes of the first order in a row, and a high pass.
struct Filter {
    low: [f32; 2],
    /// How much of a new sample passes, and by how much that grows with each.
    open: f32,
    opening: f32,
    base: f32,
    /// How fast what lies below the high pass is learnt.
    learn: f32,
}

impl Filter {
    fn new(part: &Part, count: usize, rate: f32) -> Self {
        let openness = |frequency: f32| {
            if frequency > 0.0 {
                1.0 - (-std::f32::consts::TAU * frequency / rate).exp()
            } else {
                1.0
            }
        };
        let (from, to) = (openness(part.low_pass.0), openness(part.low_pass.1));
        Self {
            low: [0.0; 2],
            open: from,
            opening: (to - from) / count.max(1) as f32,
            base: 0.0,
            learn: if part.high_pass > 0.0 {
                openness(part.high_pass)
            } else {
                0.0
            },
        }
    }

    fn next(&mut self, sample: f32) -> f32 {
        self.low[0] += self.open * (sample - self.low[0]);
        self.low[1] += self.open * (self.low[0] - self.low[1]);
        self.open += self.opening;
        self.base += self.learn * (self.low[1] - self.base);
        self.low[1] - self.base
    }
}

/// How loud a part is, sample by sample.
struct Envelope {
    index: usize,
    count: usize,
    /// Samples of the two slopes.
    attack: usize,
    release: usize,
    strength: f32,
    fall: f32,
}

impl Envelope {
    fn new(part: &Part, count: usize, rate: f32) -> Self {
        Self {
            index: 0,
            count,
            attack: (part.attack * rate) as usize,
            release: (part.release * rate) as usize,
            strength: 1.0,
            fall: if part.decay > 0.0 {
                (-1.0 / (part.decay * rate)).exp()
            } else {
                1.0
            },
        }
    }

    fn next(&mut self) -> f32 {
        /// A slope that is `part` of the way up: a quarter of a sine.
        fn slope(part: f32) -> f32 {
            sine(0.25 * part)
        }
        let mut value = self.strength;
        if self.index < self.attack {
            value *= slope(self.index as f32 / self.attack as f32);
        } else {
            self.strength *= self.fall;
        }
        let left = self.count - 1 - self.index.min(self.count - 1);
        if left < self.release {
            value *= slope(left as f32 / self.release as f32);
        }
        self.index += 1;
        value
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATE: f32 = 10_000.0;

    fn sound(part: Part, seconds: f32, wraps: bool) -> Vec<f32> {
        let mut samples = vec![0.0; (seconds * RATE) as usize];
        part.add_to(&mut samples, RATE, wraps);
        samples
    }

    #[test]
    fn the_sine_is_one() {
        for i in 0..1_000 {
            let phase = i as f32 / 1_000.0;
            let real = (phase * std::f32::consts::TAU).sin();
            assert!((sine(phase) - real).abs() < 2e-3, "{phase}");
        }
    }

    #[test]
    fn a_tone_has_its_frequency() {
        let samples = sound(
            tone(Wave::Sine, 100.0, 100.0).when(0.0, 1.0, 1.0),
            1.0,
            false,
        );
        let ups = samples.windows(2).filter(|w| w[0] < 0.0 && w[1] >= 0.0);
        assert!((98..=101).contains(&ups.count()));
    }

    #[test]
    fn filters_damp_what_they_should() {
        let power = |part: Part| -> f32 {
            let samples = sound(part.when(0.0, 1.0, 1.0), 1.0, false);
            samples.iter().map(|s| s * s).sum()
        };
        let high = tone(Wave::Sine, 2_000.0, 2_000.0);
        let low = tone(Wave::Sine, 50.0, 50.0);
        assert!(power(high.below(200.0, 200.0)) < 0.01 * power(high));
        assert!(power(low.above(1_000.0)) < 0.05 * power(low));
        assert!(power(low.below(1_000.0, 1_000.0)) > 0.8 * power(low));
    }

    #[test]
    fn every_part_starts_and_ends_in_silence() {
        for part in [
            tone(Wave::Saw, 400.0, 100.0),
            tone(Wave::Triangle, 400.0, 900.0),
            noise(3),
        ] {
            let samples = sound(part.when(0.0, 0.2, 1.0), 0.2, false);
            assert!(samples[0].abs() < 0.01 && samples[1_999].abs() < 0.01);
            assert!(samples[1_000].abs() > 0.0);
        }
    }

    #[test]
    fn what_is_past_a_loops_end_begins_it() {
        let part = tone(Wave::Sine, 300.0, 300.0).when(0.45, 0.1, 1.0);
        let looped = sound(part, 0.5, true);
        let loud = |samples: &[f32]| samples.iter().any(|s| s.abs() > 0.5);
        assert!(loud(&looped[..500]) && !loud(&looped[500..4_500]));
        assert!(!loud(&sound(part, 0.5, false)[..500]));
        part.add_to(&mut [], RATE, true);
    }

    #[test]
    fn overlapping_swells_of_noise_are_even() {
        let mut samples = vec![0.0; RATE as usize];
        for i in 0..10 {
            noise(i)
                .when(i as f32 * 0.1, 0.2, 1.0)
                .swelling(0.1, 0.1)
                .add_to(&mut samples, RATE, true);
        }
        let power = |part: &[f32]| part.iter().map(|s| s * s).sum::<f32>() / part.len() as f32;
        let all = power(&samples);
        for part in samples.chunks(500) {
            let part = power(part);
            assert!((0.7..1.4).contains(&(part / all)), "{part} of {all}");
        }
    }
}
