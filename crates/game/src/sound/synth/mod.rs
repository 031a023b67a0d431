//! Every sound of the game, made from recipes instead of files: a few hundred bytes each.
//!
//! A recipe is a list of [`part::Part`]s; a [`Render`] adds them up one by one, so that whoever has
//! only a moment to spare, such as a page between two pictures, can stop in between. Equal clips
//! are equal, sample by sample.

mod crowd;
mod effects;
mod music;
mod part;

use part::Part;
use std::borrow::Cow;

/// Everything that can be heard, in the order in which it is made: what is wanted first is first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Clip {
    /// A button is pressed.
    Click,
    /// The keyboard's focus walks on.
    Focus,
    /// A disc kicks the ball.
    Kick,
    /// A disc and the ball collide.
    Touch,
    /// Two discs collide.
    Bump,
    /// Something hits a wall or a net.
    Wall,
    /// Something hits a goal post.
    Post,
    /// A disc dashes.
    Dash,
    /// A second of the kick-off, or one of the last of the match.
    Count,
    /// Play begins.
    Whistle,
    /// A goal.
    Goal,
    /// The crowd at a goal.
    Cheer,
    /// The next goal wins.
    GoldenGoal,
    /// The match is over.
    Over,
    /// Somebody comes into the room.
    Join,
    /// Somebody leaves it.
    Leave,
    /// The crowd, without end.
    Crowd,
    /// The music, without end.
    Music,
}

/// What is made of a clip.
#[derive(Clone, Debug, PartialEq)]
pub struct Pcm {
    /// Samples a second.
    pub rate: u32,
    /// One channel, each between -1 and 1.
    pub samples: Vec<f32>,
}

/// How loud the loudest sample of each clip is: cues say how loud it is played.
const PEAK: f32 = 0.9;

/// Samples that are levelled in one go.
const CHUNK: usize = 1 << 16;

impl Clip {
    /// All of them, in order.
    pub const ALL: [Self; 18] = [
        Self::Click,
        Self::Focus,
        Self::Kick,
        Self::Touch,
        Self::Bump,
        Self::Wall,
        Self::Post,
        Self::Dash,
        Self::Count,
        Self::Whistle,
        Self::Goal,
        Self::Cheer,
        Self::GoldenGoal,
        Self::Over,
        Self::Join,
        Self::Leave,
        Self::Crowd,
        Self::Music,
    ];

    /// Whether it goes on without end.
    pub fn is_loop(self) -> bool {
        matches!(self, Self::Crowd | Self::Music)
    }

    /// Its length in seconds.
    pub fn seconds(self) -> f32 {
        self.recipe().0
    }

    /// Samples a second: what has no end takes much room, and has little above 10 kHz.
    fn rate(self) -> u32 {
        if self.is_loop() { 22_050 } else { 44_100 }
    }

    /// The length in seconds, and the parts.
    fn recipe(self) -> (f32, Cow<'static, [Part]>) {
        let (seconds, parts) = match self {
            Self::Click => (0.07, effects::CLICK),
            Self::Focus => (0.05, effects::FOCUS),
            Self::Kick => (0.26, effects::KICK),
            Self::Touch => (0.12, effects::TOUCH),
            Self::Bump => (0.18, effects::BUMP),
            Self::Wall => (0.24, effects::WALL),
            Self::Post => (0.8, effects::POST),
            Self::Dash => (0.34, effects::DASH),
            Self::Count => (0.2, effects::COUNT),
            Self::Whistle => (0.5, effects::WHISTLE),
            Self::Goal => (1.6, effects::GOAL),
            Self::Cheer => (3.0, effects::CHEER),
            Self::GoldenGoal => (1.8, effects::GOLDEN_GOAL),
            Self::Over => (2.0, effects::OVER),
            Self::Join => (0.4, effects::JOIN),
            Self::Leave => (0.4, effects::LEAVE),
            Self::Crowd => return (crowd::SECONDS, crowd::parts().into()),
            Self::Music => return (music::SECONDS, music::parts().into()),
        };
        (seconds, parts.into())
    }
}

/// A clip in the making.
pub struct Render {
    clip: Clip,
    parts: Cow<'static, [Part]>,
    pcm: Pcm,
    /// Parts that are in.
    added: usize,
    /// Samples that the search for the loudest has seen, and the loudest so far.
    seen: usize,
    peak: f32,
    /// Samples that have their final level.
    levelled: usize,
}

impl Render {
    /// Begins to make a clip.
    pub fn new(clip: Clip) -> Self {
        let rate = clip.rate();
        let (seconds, parts) = clip.recipe();
        Self {
            clip,
            parts,
            pcm: Pcm {
                rate,
                samples: vec![0.0; (seconds * rate as f32) as usize],
            },
            added: 0,
            seen: 0,
            peak: 0.0,
            levelled: 0,
        }
    }

    /// Does a small piece of the work, and gives the clip when it is done.
    pub fn step(&mut self) -> Option<Pcm> {
        let samples = &mut self.pcm.samples;
        if let Some(part) = self.parts.get(self.added) {
            part.add_to(samples, self.pcm.rate as f32, self.clip.is_loop());
            self.added += 1;
        } else if self.seen < samples.len() {
            let end = samples.len().min(self.seen + CHUNK);
            let loudest = |peak: f32, sample: &f32| peak.max(sample.abs());
            self.peak = samples[self.seen..end].iter().fold(self.peak, loudest);
            self.seen = end;
        } else if self.levelled < samples.len() && self.peak > 0.0 {
            let end = samples.len().min(self.levelled + CHUNK);
            for sample in &mut samples[self.levelled..end] {
                *sample *= PEAK / self.peak;
            }
            self.levelled = end;
        } else {
            let samples = std::mem::take(samples);
            return Some(Pcm {
                samples,
                ..self.pcm
            });
        }
        None
    }

    /// Makes a clip in one go.
    #[cfg(any(test, not(target_arch = "wasm32")))]
    pub fn all(clip: Clip) -> Pcm {
        let mut render = Self::new(clip);
        loop {
            if let Some(pcm) = render.step() {
                return pcm;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clips_are_in_the_order_of_their_numbers() {
        for (index, clip) in Clip::ALL.into_iter().enumerate() {
            assert_eq!(clip as usize, index);
        }
    }

    #[test]
    fn every_clip_has_its_length_and_peak_and_no_faulty_sample() {
        for clip in Clip::ALL {
            let pcm = Render::all(clip);
            let seconds = pcm.samples.len() as f32 / pcm.rate as f32;
            assert!((seconds - clip.seconds()).abs() < 1e-3, "{clip:?}");
            let peak = pcm
                .samples
                .iter()
                .fold(0.0_f32, |peak, s| peak.max(s.abs()));
            assert!((peak - PEAK).abs() < 1e-3, "{clip:?}: {peak}");
            assert!(pcm.samples.iter().all(|s| s.is_finite()), "{clip:?}");
        }
    }

    #[test]
    fn clips_that_end_do_so_in_silence() {
        for clip in Clip::ALL.into_iter().filter(|clip| !clip.is_loop()) {
            for part in clip.recipe().1.iter() {
                assert!(part.end() <= clip.seconds() + 1e-4, "{clip:?}: {part:?}");
            }
            let samples = Render::all(clip).samples;
            assert!(samples[0].abs() < 0.02, "{clip:?} starts with a click");
            let last = samples.last().copied().unwrap_or_default();
            assert!(last.abs() < 0.02, "{clip:?} ends with a click: {last}");
        }
    }

    #[test]
    fn loops_go_on_over_their_seam_as_within() {
        for clip in Clip::ALL.into_iter().filter(|clip| clip.is_loop()) {
            let samples = Render::all(clip).samples;
            let step = |i: usize| (samples[(i + 1) % samples.len()] - samples[i]).abs();
            let largest = (0..samples.len() - 1).map(step).fold(0.0_f32, f32::max);
            assert!(step(samples.len() - 1) <= largest, "{clip:?}");
            // Nor does it fall silent there.
            let power = |part: &[f32]| part.iter().map(|s| s * s).sum::<f32>() / part.len() as f32;
            let (first, last) = (&samples[..2_000], &samples[samples.len() - 2_000..]);
            let all = power(&samples);
            assert!(
                power(first) > 0.05 * all && power(last) > 0.05 * all,
                "{clip:?}"
            );
        }
    }

    #[test]
    fn a_clip_is_made_the_same_each_time() {
        for clip in [Clip::Kick, Clip::Cheer] {
            assert_eq!(Render::all(clip), Render::all(clip));
        }
    }

    #[test]
    fn no_step_of_the_work_is_long() {
        // A page makes clips between two pictures, and cannot stop within a step.
        const LONGEST: f32 = 1.6;
        for clip in Clip::ALL {
            for part in clip.recipe().1.iter() {
                assert!(
                    part.lasts() * clip.rate() as f32 <= LONGEST * 44_100.0,
                    "{clip:?}"
                );
            }
        }
    }
}
