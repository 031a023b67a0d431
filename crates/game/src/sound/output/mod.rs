//! Where sounds go: the system's device natively, the browser's own mixer in a page.
//!
//! Both mix on a thread of their own, which no picture holds up; what runs per picture only says
//! what is to be heard from now on.

#[cfg(not(target_arch = "wasm32"))]
mod device;
#[cfg(not(target_arch = "wasm32"))]
mod mixer;
#[cfg(target_arch = "wasm32")]
mod page;

use super::synth::Clip;

/// Cues that can sound at once.
pub const VOICES: usize = 20;

/// A clip to be played once, from now on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Note {
    /// What; one that is not ready yet stays unheard.
    pub clip: Clip,
    /// How loud, from 0 to 1.
    pub gain: f32,
    /// From -1, the left, to 1.
    pub pan: f32,
    /// How much faster than it was made.
    pub pitch: f32,
}

impl Note {
    /// How loud it is on the left and the right: of equal power wherever it is.
    #[cfg(not(target_arch = "wasm32"))]
    fn sides(&self) -> [f32; 2] {
        let angle = (self.pan.clamp(-1.0, 1.0) + 1.0) * std::f32::consts::FRAC_PI_4;
        [angle.cos() * self.gain, angle.sin() * self.gain]
    }
}

/// What plays. It never fails: without a device, or without a player's leave, it is silent.
pub trait Output {
    /// Whether anything may be heard. Asleep it holds no device and uses no time.
    fn set_awake(&mut self, awake: bool);

    /// Makes a clip, unless it has: not now, but in time that nobody needs.
    fn prepare(&mut self, clip: Clip);

    /// Plays a note by a voice below [`VOICES`]; what that played before fades away.
    fn play(&mut self, voice: usize, note: Note);

    /// Sets how loud a clip without end is, from 0 to 1; it goes there smoothly.
    fn set_loop(&mut self, clip: Clip, level: f32);

    /// Called with each picture.
    fn tick(&mut self) {}
}

/// Keeps what is too loud below 1 without cutting it off; what is quiet stays as it is.
fn limit(sample: f32) -> f32 {
    const KNEE: f32 = 0.7;
    let over = (sample.abs() - KNEE) / (1.0 - KNEE);
    if over <= 0.0 {
        return sample;
    }
    sample.signum() * (KNEE + (1.0 - KNEE) * over / (1.0 + over))
}

/// The platform's.
pub fn platform() -> Box<dyn Output> {
    #[cfg(not(target_arch = "wasm32"))]
    return Box::new(device::Device::default());
    #[cfg(target_arch = "wasm32")]
    Box::new(page::Page::new())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_too_loud_is_kept_in_bounds_and_in_order() {
        assert_eq!([limit(0.5), limit(-0.5), limit(0.0)], [0.5, -0.5, 0.0]);
        let rising: Vec<f32> = (0..400).map(|i| limit(i as f32 / 20.0)).collect();
        assert!(rising.is_sorted() && rising.iter().all(|sample| *sample < 1.0));
        assert_eq!(limit(-7.0), -limit(7.0));
    }
}
