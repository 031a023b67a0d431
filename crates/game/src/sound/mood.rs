//! What has no end: the crowd, which swells with danger, and the music, which keeps out of its way.

use super::{Playing, Speaker, of_effects, of_music, synth::Clip};
use crate::{
    preferences::Preferences,
    scene::{Page, Scene},
};
use bevy::prelude::*;

pub(super) fn plugin(app: &mut App) {
    app.register_required_components::<Scene, Aim>();
    app.init_resource::<Mood>()
        .add_systems(Update, follow.before(Playing));
}

/// Seconds in which the crowd comes by 63 % nearer to what it should be: it rises sooner than it
/// calms down.
const RISE: f32 = 0.25;
const CALM: f32 = 1.2;

/// Seconds in which the music does.
const EASE: f32 = 0.5;

/// A change of a level that is not heard.
const STEP: f32 = 0.004;

/// How loud the crowd and the music are, and what the output was told.
#[derive(Resource, Default)]
struct Mood {
    crowd: f32,
    music: f32,
    told: [f32; 2],
}

/// How loud the crowd and the music of a scene's match should be, each from 0 to 1. A game that has a
/// crowd writes it.
#[derive(Component, Clone, Copy, Debug, PartialEq)]
pub struct Aim {
    /// The crowd.
    pub crowd: f32,
    /// The music, which keeps out of a match's way.
    pub music: f32,
}

impl Default for Aim {
    fn default() -> Self {
        Self {
            crowd: 0.0,
            music: 0.45,
        }
    }
}

/// Outside of matches there is music and no crowd.
const QUIET: Aim = Aim {
    crowd: 0.0,
    music: 1.0,
};

/// Comes nearer to a value, in `seconds` by 63 %. What is no number changes nothing.
fn approach(value: &mut f32, aim: f32, passed: f32, seconds: f32) {
    if aim.is_finite() {
        *value += (aim - *value) * (1.0 - (-passed / seconds).exp());
    }
}

fn follow(
    time: Res<Time<Real>>,
    preferences: Res<Preferences>,
    scenes: Query<(&Page, &Aim)>,
    mut mood: ResMut<Mood>,
    mut speaker: NonSendMut<Speaker>,
) {
    let volumes = [of_effects(&preferences), of_music(&preferences)];
    if volumes == [0.0; 2] && mood.told == [0.0; 2] {
        return;
    }
    let matches = scenes
        .iter()
        .filter(|(page, _)| matches!(page, Page::Playing | Page::Watching | Page::Result))
        .map(|(_, aim)| *aim);
    let aim = matches.fold(None, |all: Option<Aim>, aim| {
        Some(all.map_or(aim, |all| Aim {
            crowd: all.crowd.max(aim.crowd),
            music: all.music.min(aim.music),
        }))
    });
    let aim = aim.unwrap_or(QUIET);
    let passed = time.delta_secs();
    let pace = if aim.crowd > mood.crowd { RISE } else { CALM };
    approach(&mut mood.crowd, aim.crowd, passed, pace);
    approach(&mut mood.music, aim.music, passed, EASE);
    let levels = [mood.crowd * volumes[0], mood.music * volumes[1]];
    for (index, clip) in [Clip::Crowd, Clip::Music].into_iter().enumerate() {
        let (level, told) = (levels[index], mood.told[index]);
        if (level - told).abs() > STEP || (level == 0.0 && told != 0.0) {
            mood.told[index] = level;
            speaker.output.set_loop(clip, level);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_come_nearer_and_broken_ones_change_nothing() {
        let mut value = 0.0;
        approach(&mut value, 1.0, 0.25, 0.25);
        assert!((value - 0.632).abs() < 0.01);
        approach(&mut value, f32::NAN, 0.25, 0.25);
        assert!((value - 0.632).abs() < 0.01);
    }
}
