//! How much the picture may cost: a level that the player chose, or one that adapts to the time
//! that pictures take.
//!
//! Automatically it begins low, since software renderers take seconds to find out that a high level
//! is too much. A high level is tried while pictures come in time, and given up when they do not;
//! each time that happens, the next trial is put off for longer: so it never goes to and fro, and
//! yet finds back once another program has left the machine alone.

use crate::{
    preferences::{Preferences, Quality},
    scene::Scene,
};
use bevy::{
    camera::Hdr,
    post_process::bloom::{Bloom, BloomCompositeMode, BloomPrefilter},
    prelude::*,
    render::{
        render_resource::{TextureFormat, TextureUsages},
        renderer::{RenderAdapter, RenderAdapterInfo},
    },
};

pub(super) fn plugin(app: &mut App) {
    app.init_resource::<Detail>()
        .init_resource::<Governor>()
        .add_systems(PreUpdate, (choose, bloom).chain());
}

/// How much of the picture is drawn now.
#[derive(Resource, Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Detail {
    /// What tells about the match.
    #[default]
    Low,
    /// Longer trails, more sparks, and bloom.
    High,
}

impl Detail {
    /// Whether everything is drawn.
    pub fn is_high(self) -> bool {
        self == Self::High
    }
}

/// Pictures that take longer, in seconds, are too slow: less than 48 come in a second.
const TOO_SLOW: f32 = 1.0 / 48.0;
/// Pictures that take no longer are in time, on the usual display of 60 Hz too.
const IN_TIME: f32 = 1.0 / 56.0;
/// A picture that took longer was no picture's fault: the window was hidden, or moved.
const HITCH: f32 = 1.0;
/// A picture counts as no slower than this: one alone decides nothing.
const SLOWEST: f32 = 0.06;
/// Seconds after a change in which pictures are not judged: shaders are made in them.
const SETTLING: f32 = 0.7;
/// Seconds in which the mean of pictures' times comes by 63 % nearer to them.
const MEAN: f32 = 1.0;
/// Seconds that are judged before anything is changed.
const JUDGING: f32 = 1.5;
/// Seconds from the beginning to the first trial of the high level, and the most to a later one.
const FIRST_TRIAL: f32 = 3.0;
const LAST_TRIAL: f32 = 900.0;
/// Each trial that fails puts the next one off for so much longer.
const BACK_OFF: f32 = 4.0;
/// A high level that was kept for so many seconds had not failed.
const PROVEN: f32 = 60.0;

/// Finds the level that a machine draws in time.
#[derive(Resource, Clone, Copy, Debug)]
struct Governor {
    detail: Detail,
    /// The mean time of a picture at this level, in seconds.
    mean: Option<f32>,
    /// Seconds at this level.
    since: f32,
    /// Seconds at the low level until the high one is tried.
    trial: f32,
}

impl Default for Governor {
    fn default() -> Self {
        Self {
            detail: Detail::Low,
            mean: None,
            since: 0.0,
            trial: FIRST_TRIAL,
        }
    }
}

impl Governor {
    /// Takes in how long a picture took, in seconds.
    fn pass(&mut self, seconds: f32) -> Detail {
        if !(0.0..=HITCH).contains(&seconds) {
            return self.detail;
        }
        self.since += seconds;
        if self.since < SETTLING {
            return self.detail;
        }
        let seconds = seconds.min(SLOWEST);
        let mean = self.mean.get_or_insert(seconds);
        *mean += (seconds - *mean) * (1.0 - (-seconds / MEAN).exp());
        let mean = *mean;
        if self.since < SETTLING + JUDGING {
            return self.detail;
        }
        match self.detail {
            Detail::High if mean > TOO_SLOW => {
                self.trial = match self.since > PROVEN {
                    true => FIRST_TRIAL * BACK_OFF,
                    false => (self.trial * BACK_OFF).min(LAST_TRIAL),
                };
                self.turn(Detail::Low);
            }
            Detail::Low if mean <= IN_TIME && self.since >= self.trial => self.turn(Detail::High),
            Detail::High | Detail::Low => {}
        }
        self.detail
    }

    fn turn(&mut self, detail: Detail) {
        self.detail = detail;
        self.mean = None;
        self.since = 0.0;
    }
}

/// Whether the processor draws: then a high level is never worth a trial.
fn draws_in_software(adapter: &RenderAdapterInfo) -> bool {
    // By its name: a page is told nothing else.
    const NAMES: [&str; 4] = ["swiftshader", "llvmpipe", "basic render", "software"];
    let name = adapter.name.to_lowercase();
    NAMES.iter().any(|known| name.contains(known))
}

fn choose(
    time: Res<Time<Real>>,
    preferences: Res<Preferences>,
    adapter: Option<Res<RenderAdapterInfo>>,
    mut governor: ResMut<Governor>,
    mut detail: ResMut<Detail>,
) {
    let chosen = match preferences.quality {
        Quality::Low => Detail::Low,
        Quality::High => Detail::High,
        Quality::Auto if adapter.is_some_and(|adapter| draws_in_software(&adapter)) => Detail::Low,
        Quality::Auto => governor.pass(time.delta_secs()),
    };
    detail.set_if_neq(chosen);
}

/// What bloom draws to: WebGL needs an extension for it.
const FORMATS: [TextureFormat; 2] = [TextureFormat::Rgba16Float, TextureFormat::Rg11b10Ufloat];

fn can_bloom(adapter: &RenderAdapter) -> bool {
    FORMATS.iter().all(|format| {
        let features = adapter.get_texture_format_features(*format);
        let usages = TextureUsages::RENDER_ATTACHMENT | TextureUsages::TEXTURE_BINDING;
        features.allowed_usages.contains(usages)
    })
}

/// Gives the scenes' cameras bloom, or takes it away.
fn bloom(
    detail: Res<Detail>,
    adapter: Option<Res<RenderAdapter>>,
    scenes: Query<(Entity, Has<Bloom>), With<Scene>>,
    mut commands: Commands,
) {
    for (scene, blooms) in &scenes {
        let mut camera = commands.entity(scene);
        if blooms && !detail.is_high() {
            camera.remove::<(Bloom, Hdr)>();
        } else if !blooms && detail.is_high() && adapter.as_deref().is_some_and(can_bloom) {
            camera.insert(Bloom {
                // The glow of walls and bodies is painted already: only what is bright adds to it.
                intensity: 0.12,
                prefilter: BloomPrefilter {
                    threshold: 0.45,
                    threshold_softness: 0.5,
                },
                composite_mode: BloomCompositeMode::Additive,
                max_mip_dimension: 256,
                ..Bloom::NATURAL
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A machine that takes so many seconds for a picture of each level, and shows none faster
    /// than its display.
    struct Machine {
        low: f32,
        high: f32,
        display: f32,
    }

    impl Machine {
        /// Runs for so many seconds, and returns how often the level changed and for how long it
        /// was high.
        fn run(&self, governor: &mut Governor, seconds: f32) -> (usize, f32) {
            let (mut passed, mut changes, mut high) = (0.0, 0, 0.0);
            while passed < seconds {
                let before = governor.detail;
                let took = match before {
                    Detail::Low => self.low,
                    Detail::High => self.high,
                };
                let took = (took / self.display).ceil().max(1.0) * self.display;
                changes += usize::from(governor.pass(took) != before);
                passed += took;
                high += if before.is_high() { took } else { 0.0 };
            }
            (changes, high)
        }
    }

    const FAST: Machine = Machine {
        low: 0.004,
        high: 0.009,
        display: 1.0 / 60.0,
    };
    const MIDDLING: Machine = Machine {
        low: 0.012,
        high: 0.028,
        ..FAST
    };
    const SLOW: Machine = Machine {
        low: 0.06,
        high: 0.30,
        ..FAST
    };

    #[test]
    fn a_fast_machine_draws_everything_soon_and_for_good() {
        for display in [1.0 / 60.0, 1.0 / 144.0, 1.0 / 240.0] {
            let mut governor = Governor::default();
            let (changes, high) = Machine { display, ..FAST }.run(&mut governor, 600.0);
            assert_eq!(changes, 1);
            assert!(high > 590.0, "high for {high} s");
        }
    }

    #[test]
    fn a_slow_machine_never_tries() {
        let mut governor = Governor::default();
        assert_eq!(SLOW.run(&mut governor, 3_600.0), (0, 0.0));
    }

    #[test]
    fn a_trial_that_is_far_too_slow_ends_soon() {
        let mut governor = Governor::default();
        let trap = Machine { high: 0.9, ..FAST };
        let (_, high) = trap.run(&mut governor, 10.0);
        assert!(governor.detail == Detail::Low && high < 5.0, "for {high} s");
    }

    #[test]
    fn a_machine_between_both_does_not_go_to_and_fro() {
        let mut governor = Governor::default();
        let (changes, high) = MIDDLING.run(&mut governor, 3_600.0);
        assert!(changes <= 16, "{changes} changes in an hour");
        assert!(high < 36.0, "slow for {high} s of an hour");
        assert_eq!(governor.detail, Detail::Low);
    }

    #[test]
    fn it_recovers_when_the_machine_is_free_again() {
        let mut governor = Governor::default();
        FAST.run(&mut governor, 120.0);
        let busy = Machine { high: 0.05, ..FAST };
        busy.run(&mut governor, 10.0);
        assert_eq!(governor.detail, Detail::Low);
        FAST.run(&mut governor, 30.0);
        assert_eq!(governor.detail, Detail::High);
        // Also after an hour of it.
        busy.run(&mut governor, 3_600.0);
        FAST.run(&mut governor, LAST_TRIAL + 10.0);
        assert_eq!(governor.detail, Detail::High);
    }

    #[test]
    fn hitches_and_broken_times_change_nothing() {
        let mut governor = Governor::default();
        FAST.run(&mut governor, 60.0);
        for seconds in [5.0, 1.1, -1.0, f32::NAN, f32::INFINITY] {
            for _ in 0..100 {
                assert_eq!(governor.pass(seconds), Detail::High);
            }
        }
        // One slow picture in a second is nobody's reason.
        for picture in 0..600 {
            let seconds = if picture % 60 == 0 { 0.2 } else { 1.0 / 60.0 };
            assert_eq!(governor.pass(seconds), Detail::High);
        }
    }
}
