//! What has no end: the crowd, which swells with danger, and the music, which keeps out of its way.

use super::{Playing, Speaker, of_effects, of_music, synth::Clip};
use crate::{
    preferences::Preferences,
    scene::{Page, shown::Shown},
};
use bevy::prelude::*;
use protocol::limits::STEPS_PER_SECOND;
use sim::{Phase, World as Match};

pub(super) fn plugin(app: &mut App) {
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

/// How loud the crowd and the music should be.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Aim {
    crowd: f32,
    music: f32,
}

/// Outside of matches there is music and no crowd.
const QUIET: Aim = Aim {
    crowd: 0.0,
    music: 1.0,
};

impl Aim {
    fn of(world: &Match) -> Self {
        let (crowd, music) = match world.phase() {
            Phase::KickOff { .. } => (0.1, 0.45),
            Phase::Play => (0.06 + 0.35 * danger(world) + drama(world), 0.45),
            Phase::Celebration { .. } => (0.6, 0.15),
            Phase::Over { .. } => (0.35, 0.35),
        };
        Self { crowd, music }
    }
}

/// How near the ball is to going in, from 0 to 1: by its place and by its speed towards the goal
/// that it is nearer to.
fn danger(world: &Match) -> f32 {
    /// A speed, in m/s, at which nobody keeps their seat.
    const FAST: f32 = 16.0;
    let ball = world.ball();
    let near = (ball.position.x.abs() / world.arena().half_length)
        .clamp(0.0, 1.0)
        .powi(2);
    let towards = (ball.velocity.x * ball.position.x.signum() / FAST).clamp(0.0, 1.0);
    near * (0.4 + 0.6 * towards)
}

/// What is added when a goal would decide.
fn drama(world: &Match) -> f32 {
    const LATE: u32 = 15 * STEPS_PER_SECOND;
    let [left, right] = world.score();
    let is_close = left.abs_diff(right) <= 1;
    if world.is_golden_goal() {
        0.12
    } else if is_close && world.clock() < LATE {
        0.07
    } else {
        0.0
    }
}

/// Comes nearer to a value, in `seconds` by 63 %. What is no number changes nothing.
fn approach(value: &mut f32, aim: f32, passed: f32, seconds: f32) {
    if aim.is_finite() {
        *value += (aim - *value) * (1.0 - (-passed / seconds).exp());
    }
}

fn follow(
    time: Res<Time<Real>>,
    preferences: Res<Preferences>,
    scenes: Query<(&Page, &Shown)>,
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
        .filter_map(|(_, shown)| shown.world());
    let aim = matches.map(Aim::of).fold(None, |all: Option<Aim>, aim| {
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
    use protocol::{Driver, Seat, Simulation};
    use sim::{Input, Settings};

    #[test]
    fn the_crowd_rises_as_the_ball_nears_a_goal_and_cheers_at_one() {
        let mut world = Match::new(&Settings::for_seats(2), 1);
        let drive = |x| Seat {
            input: Input::new(x, 0.0, false, false),
            driver: Driver::Peer,
        };
        let (mut calm, mut wild) = (f32::MAX, 0.0_f32);
        let mut before = Aim::of(&world);
        for _ in 0..600 {
            // One pushes the ball straight into the goal, the other goes along before it.
            world.step(&[drive(1.0), drive(0.0)], &mut Vec::new());
            let now = Aim::of(&world);
            if matches!(world.phase(), Phase::Play) {
                calm = calm.min(now.crowd);
                wild = wild.max(now.crowd);
            } else if matches!(world.phase(), Phase::Celebration { .. }) {
                assert!(now.crowd > before.crowd && now.music < before.music);
                break;
            }
            before = now;
        }
        assert!(wild > 2.0 * calm, "{calm} to {wild}");
    }

    #[test]
    fn levels_come_nearer_and_broken_ones_change_nothing() {
        let mut value = 0.0;
        approach(&mut value, 1.0, 0.25, 0.25);
        assert!((value - 0.632).abs() < 0.01);
        approach(&mut value, f32::NAN, 0.25, 0.25);
        assert!((value - 0.632).abs() < 0.01);
    }
}
