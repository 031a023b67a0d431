//! What is heard.
//!
//! Nothing here is a file: `synth` makes every clip from a recipe. `events` and `interface`
//! put what happens into words, as [`Cue`]s; `mood` says how loud the crowd and the music
//! are; and `play` gives it all to an `output::Output`, which mixes beside the pictures. What
//! is muted costs nothing: its clips are never made.

mod cue;
mod events;
mod heard;
mod interface;
mod mood;
mod output;
mod synth;
mod voices;

use crate::{contract::Game, preferences::Preferences};
use bevy::prelude::*;
pub use cue::Cue;
pub use heard::Heard;
pub use mood::Aim;
use output::{Note, Output};
pub use synth::Clip;
use voices::Voices;

pub(super) fn plugin<G: Game>(app: &mut App) {
    app.insert_non_send(Speaker::new(output::platform()));
    app.add_plugins(parts::<G>);
}

/// Everything but where it sounds.
fn parts<G: Game>(app: &mut App) {
    app.init_resource::<Cues>()
        .add_plugins((interface::plugin, events::plugin::<G>, mood::plugin))
        .add_systems(Update, (set_volume, play).chain().in_set(Playing));
}

/// When cues are given away: after everything that makes some.
#[derive(SystemSet, Clone, Debug, PartialEq, Eq, Hash)]
pub struct Playing;

/// The gain of effects and the crowd, from 0 to 1.
fn of_effects(preferences: &Preferences) -> f32 {
    gain(preferences.volume.overall) * gain(preferences.volume.effects)
}

/// The gain of the music, from 0 to 1.
fn of_music(preferences: &Preferences) -> f32 {
    gain(preferences.volume.overall) * gain(preferences.volume.music)
}

/// The gain of a slider: its square, since ears hear ratios. What is no number is silent.
fn gain(slider: f32) -> f32 {
    if slider.is_finite() {
        slider.clamp(0.0, 1.0).powi(2)
    } else {
        0.0
    }
}

/// Whether effects can be heard at all.
pub fn effects_are_on(preferences: Res<Preferences>) -> bool {
    of_effects(&preferences) > 0.0
}

/// What is to be heard in this picture, in any order.
#[derive(Resource, Default)]
pub struct Cues(Vec<Cue>);

impl Cues {
    /// Asks for a cue. Past 256 of one picture it is not heard.
    pub fn add(&mut self, cue: Cue) {
        if self.0.len() < MAX_ASKED {
            self.0.push(cue);
        }
    }
}

/// Cues of one picture that are looked at; further ones are not heard. A late picture has many.
const MAX_ASKED: usize = 256;

/// Cues that one picture can start, the loudest of all that are asked for.
const MAX_STARTED: usize = 8;

/// Those of them that may be the same clip: more would only be louder.
const MAX_ALIKE: usize = 2;

/// The output, and who speaks by it. Outputs belong to the main thread.
struct Speaker {
    output: Box<dyn Output>,
    voices: Voices,
}

impl Speaker {
    fn new(output: Box<dyn Output>) -> Self {
        Self {
            output,
            voices: Voices::default(),
        }
    }
}

/// Wakes the output up, has the clips made that can be heard, and lets it sleep when none can.
fn set_volume(preferences: Res<Preferences>, mut speaker: NonSendMut<Speaker>) {
    if !preferences.is_changed() {
        return;
    }
    let effects = of_effects(&preferences) > 0.0;
    let music = of_music(&preferences) > 0.0;
    speaker.output.set_awake(effects || music);
    for clip in Clip::ALL {
        if if clip == Clip::Music { music } else { effects } {
            speaker.output.prepare(clip);
        }
    }
}

fn play(
    time: Res<Time<Real>>,
    preferences: Res<Preferences>,
    mut cues: ResMut<Cues>,
    mut speaker: NonSendMut<Speaker>,
) {
    let Speaker { output, voices } = &mut *speaker;
    let asked = std::mem::take(&mut cues.bypass_change_detection().0);
    let volume = of_effects(&preferences);
    if volume > 0.0 {
        for cue in choose(asked) {
            let voice = voices.take(time.elapsed(), cue.clip.seconds() / cue.pitch);
            let note = Note {
                clip: cue.clip,
                gain: cue.gain * volume,
                pan: cue.pan,
                pitch: cue.pitch,
            };
            output.play(voice, note);
        }
    }
    output.tick();
}

/// The loudest cues of a picture, not many of them alike.
fn choose(mut cues: Vec<Cue>) -> Vec<Cue> {
    cues.sort_by(|a, b| b.gain.total_cmp(&a.gain));
    let mut alike = [0; Clip::ALL.len()];
    cues.retain(|cue| {
        let count = &mut alike[cue.clip as usize];
        *count += 1;
        *count <= MAX_ALIKE
    });
    cues.truncate(MAX_STARTED);
    cues
}

#[cfg(test)]
mod tests;
