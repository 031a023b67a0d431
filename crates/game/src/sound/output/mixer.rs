//! Adds up what sounds, sample by sample, on the device's thread: it waits for nobody, allocates
//! nothing and frees nothing.

use super::{Note, VOICES, limit};
use crate::sound::synth::{Clip, Pcm};
use std::sync::{
    Arc, OnceLock,
    atomic::{AtomicU32, Ordering},
    mpsc::Receiver,
};

/// What the mixer shares with those that make clips and set levels.
pub struct Shared {
    /// The clips that are ready, by number.
    pub clips: [OnceLock<Pcm>; Clip::ALL.len()],
    /// How loud each clip without end is to be, as the bits of a float.
    levels: [AtomicU32; LOOPS.len()],
}

/// The clips without end.
const LOOPS: [Clip; 2] = [Clip::Crowd, Clip::Music];

/// Seconds in which a voice that is taken by another cue fades away.
const FADE: f32 = 0.005;

/// Seconds in which a loop comes by 63 % nearer to its level.
const SMOOTHING: f32 = 0.08;

/// Below this nothing is heard.
const SILENCE: f32 = 1e-4;

impl Default for Shared {
    fn default() -> Self {
        Self {
            clips: std::array::from_fn(|_| OnceLock::new()),
            levels: std::array::from_fn(|_| AtomicU32::new(0)),
        }
    }
}

impl Shared {
    /// Sets how loud a clip without end is to be.
    pub fn set_level(&self, clip: Clip, level: f32) {
        let levels = LOOPS.iter().zip(&self.levels);
        for (_, stored) in levels.filter(|(c, _)| **c == clip) {
            stored.store(level.to_bits(), Ordering::Relaxed);
        }
    }

    fn level(&self, index: usize) -> f32 {
        f32::from_bits(self.levels[index].load(Ordering::Relaxed))
    }

    fn clip(&self, clip: Clip) -> Option<&Pcm> {
        self.clips[clip as usize].get()
    }
}

/// A cue on its way.
#[derive(Clone, Copy)]
struct Voice {
    clip: Clip,
    /// The sample that is due, and how many pass with one of the device's.
    position: f64,
    step: f64,
    sides: [f32; 2],
    /// How loud it still is: 1, and less once its voice was taken.
    fade: f32,
}

/// All that sounds.
pub struct Mixer {
    shared: Arc<Shared>,
    notes: Receiver<(usize, Note)>,
    voices: [Option<Voice>; VOICES],
    /// What was taken a voice from. A second one within the fade's few milliseconds is cut off.
    fading: [Option<Voice>; VOICES],
    /// How loud each loop is, and the sample that is due.
    loops: [(f32, f64); LOOPS.len()],
}

impl Mixer {
    /// A silent one.
    pub fn new(shared: Arc<Shared>, notes: Receiver<(usize, Note)>) -> Self {
        Self {
            shared,
            notes,
            voices: [None; VOICES],
            fading: [None; VOICES],
            loops: [(0.0, 0.0); LOOPS.len()],
        }
    }

    /// Forgets everything but the loops' places: what was to be heard while there was no device.
    pub fn hush(&mut self) {
        while self.notes.try_recv().is_ok() {}
        self.voices = [None; VOICES];
        self.fading = [None; VOICES];
        for (level, _) in &mut self.loops {
            *level = 0.0;
        }
    }

    /// Writes what is heard next: frames of so many channels, `rate` a second. Two or more hear
    /// both sides on the first two; a single one hears their middle.
    pub fn mix(&mut self, out: &mut [f32], channels: usize, rate: f32) {
        while let Ok((index, note)) = self.notes.try_recv() {
            self.start(index, note, rate);
        }
        let fade = 1.0 / (FADE * rate);
        let smoothing = 1.0 - (-1.0 / (SMOOTHING * rate)).exp();
        for frame in out.chunks_mut(channels.max(1)) {
            let mut sides = [0.0; 2];
            for voice in &mut self.voices {
                sound(&self.shared, voice, 0.0, &mut sides);
            }
            for voice in &mut self.fading {
                sound(&self.shared, voice, fade, &mut sides);
            }
            self.add_loops(&mut sides, smoothing, rate);
            let [left, right] = sides.map(limit);
            frame.fill(0.0);
            match frame {
                [one] => *one = (left + right) / 2.0,
                [l, r, ..] => (*l, *r) = (left, right),
                [] => {}
            }
        }
    }

    fn start(&mut self, index: usize, note: Note, rate: f32) {
        let (Some(pcm), Some(slot)) = (self.shared.clip(note.clip), self.voices.get_mut(index))
        else {
            return;
        };
        self.fading[index] = slot.replace(Voice {
            clip: note.clip,
            position: 0.0,
            step: f64::from(note.pitch.clamp(0.1, 10.0)) * f64::from(pcm.rate) / f64::from(rate),
            sides: note.sides(),
            fade: 1.0,
        });
    }

    fn add_loops(&mut self, sides: &mut [f32; 2], smoothing: f32, rate: f32) {
        for (index, (level, position)) in self.loops.iter_mut().enumerate() {
            let wanted = self.shared.level(index);
            *level += smoothing * (wanted - *level);
            if *level < SILENCE {
                continue;
            }
            let Some(pcm) = self.shared.clip(LOOPS[index]) else {
                *level = 0.0; // It fades in when it is ready.
                continue;
            };
            let at = *position as usize;
            let next = pcm.samples.get(at + 1).or(pcm.samples.first());
            let (Some(now), Some(next)) = (pcm.samples.get(at), next) else {
                *position = 0.0;
                continue;
            };
            let sample = level_between(*now, *next, *position) * *level;
            sides[0] += sample;
            sides[1] += sample;
            *position += f64::from(pcm.rate) / f64::from(rate);
            if *position >= pcm.samples.len() as f64 {
                *position -= pcm.samples.len() as f64;
            }
        }
    }
}

/// Adds a voice's next sample; one that is at its end falls silent.
fn sound(shared: &Shared, slot: &mut Option<Voice>, fade: f32, sides: &mut [f32; 2]) {
    let Some(voice) = slot else {
        return;
    };
    let at = voice.position as usize;
    let samples = shared.clip(voice.clip).map(|pcm| &pcm.samples[..]);
    let Some([now, next, ..]) = samples.and_then(|samples| samples.get(at..)) else {
        *slot = None;
        return;
    };
    let sample = level_between(*now, *next, voice.position) * voice.fade;
    sides[0] += sample * voice.sides[0];
    sides[1] += sample * voice.sides[1];
    voice.position += voice.step;
    voice.fade -= fade;
    if voice.fade <= 0.0 {
        *slot = None;
    }
}

/// The value at a position between two samples.
fn level_between(now: f32, next: f32, position: f64) -> f32 {
    now + (next - now) * position.fract() as f32
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sound::synth::Render;
    use std::sync::mpsc::{SyncSender, sync_channel};

    const RATE: f32 = 48_000.0;

    fn mixer(clips: &[Clip]) -> (Mixer, Arc<Shared>, SyncSender<(usize, Note)>) {
        let shared = Arc::new(Shared::default());
        for clip in clips {
            let _ = shared.clips[*clip as usize].set(Render::all(*clip));
        }
        let (sender, receiver) = sync_channel(64);
        (Mixer::new(shared.clone(), receiver), shared, sender)
    }

    fn note(clip: Clip) -> Note {
        Note {
            clip,
            gain: 1.0,
            pan: 0.0,
            pitch: 1.0,
        }
    }

    fn heard(mixer: &mut Mixer, seconds: f32) -> Vec<f32> {
        let mut out = vec![9.0; 2 * (seconds * RATE) as usize];
        mixer.mix(&mut out, 2, RATE);
        out
    }

    fn peak(samples: &[f32]) -> f32 {
        samples
            .iter()
            .fold(0.0, |peak, sample| peak.max(sample.abs()))
    }

    #[test]
    fn a_note_is_heard_for_as_long_as_its_clip_lasts() {
        let (mut mixer, _, notes) = mixer(&[Clip::Kick]);
        assert_eq!(peak(&heard(&mut mixer, 0.1)), 0.0);
        notes.send((0, note(Clip::Kick))).unwrap();
        let out = heard(&mut mixer, Clip::Kick.seconds());
        assert!(peak(&out) > 0.5);
        assert_eq!(peak(&heard(&mut mixer, 0.1)), 0.0);
    }

    #[test]
    fn what_is_not_ready_or_no_voice_is_silent() {
        let (mut mixer, _, notes) = mixer(&[Clip::Kick]);
        notes.send((0, note(Clip::Goal))).unwrap();
        notes.send((VOICES, note(Clip::Kick))).unwrap();
        assert_eq!(peak(&heard(&mut mixer, 0.1)), 0.0);
    }

    #[test]
    fn every_voice_at_once_is_not_too_loud() {
        let (mut mixer, _, notes) = mixer(&[Clip::Kick]);
        for voice in 0..VOICES {
            notes.send((voice, note(Clip::Kick))).unwrap();
        }
        let out = heard(&mut mixer, 0.2);
        assert!(peak(&out) > 0.9 && peak(&out) <= 1.0);
    }

    #[test]
    fn a_taken_voice_does_not_click() {
        let (mut mixer, _, notes) = mixer(&[Clip::Whistle, Clip::Focus]);
        let jump = |out: &[f32]| {
            let left: Vec<f32> = out.iter().step_by(2).copied().collect();
            left.windows(2)
                .map(|w| (w[1] - w[0]).abs())
                .fold(0.0_f32, f32::max)
        };
        notes.send((0, note(Clip::Whistle))).unwrap();
        let mut out = heard(&mut mixer, 0.2);
        let undisturbed = jump(&out);
        let quiet = Note {
            gain: 0.01,
            ..note(Clip::Focus)
        };
        notes.send((0, quiet)).unwrap();
        out.extend(heard(&mut mixer, 0.2));
        assert!(jump(&out) <= undisturbed * 1.1);
        assert!(peak(&out[out.len() - 1_000..]) < 0.01);
    }

    #[test]
    fn loops_go_smoothly_to_their_level_and_go_on() {
        let (mut mixer, shared, _notes) = mixer(&[Clip::Crowd]);
        shared.set_level(Clip::Crowd, 0.5);
        let out = heard(&mut mixer, Clip::Crowd.seconds() * 2.0);
        assert!(peak(&out[..200]) < 0.02);
        let end = out.len() - 96_000;
        assert!(peak(&out[end..]) > 0.2 && peak(&out[end..]) <= 0.5);
        shared.set_level(Clip::Crowd, 0.0);
        heard(&mut mixer, 1.0);
        assert_eq!(peak(&heard(&mut mixer, 0.1)), 0.0);
    }

    #[test]
    fn a_note_is_louder_on_its_side_and_whole_on_a_single_channel() {
        let (mut mixer, _, notes) = mixer(&[Clip::Kick]);
        let right = Note {
            pan: 0.7,
            ..note(Clip::Kick)
        };
        notes.send((0, right)).unwrap();
        let out = heard(&mut mixer, 0.3);
        let side = |first: usize| {
            peak(
                &out.iter()
                    .skip(first)
                    .step_by(2)
                    .copied()
                    .collect::<Vec<_>>(),
            )
        };
        assert!(side(1) > 2.0 * side(0));
        notes.send((0, right)).unwrap();
        let mut single = [0.0; 4_800];
        mixer.mix(&mut single, 1, RATE);
        assert!(peak(&single) > 0.3);
    }

    #[test]
    fn what_came_before_the_device_is_not_heard_late() {
        let (mut mixer, _, notes) = mixer(&[Clip::Kick]);
        notes.send((0, note(Clip::Kick))).unwrap();
        mixer.hush();
        assert_eq!(peak(&heard(&mut mixer, 0.1)), 0.0);
    }
}
