//! How loud the crowd is: it swells with danger, and the music keeps out of its way.

use crate::demo::Shown;
use bevy::prelude::*;
use game::sound::{Aim, Playing};
use protocol::limits::STEPS_PER_SECOND;
use sim::demo::{Phase, World as Match};

pub(super) fn plugin(app: &mut App) {
    app.add_systems(Update, follow.before(Playing));
}

fn follow(mut scenes: Query<(&Shown, &mut Aim)>) {
    for (shown, mut aim) in &mut scenes {
        if let Some(world) = shown.world() {
            aim.set_if_neq(of(world));
        }
    }
}

fn of(world: &Match) -> Aim {
    let (crowd, music) = match world.phase() {
        Phase::KickOff { .. } => (0.1, 0.45),
        Phase::Play => (0.06 + 0.35 * danger(world) + drama(world), 0.45),
        Phase::Celebration { .. } => (0.6, 0.15),
        Phase::Over { .. } => (0.35, 0.35),
    };
    Aim { crowd, music }
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

#[cfg(test)]
mod tests {
    use super::*;
    use protocol::{Driver, Seat, Simulation};
    use sim::demo::{Input, Settings};

    #[test]
    fn the_crowd_rises_as_the_ball_nears_a_goal_and_cheers_at_one() {
        let mut world = Match::new(&Settings::for_seats(2), 1);
        let drive = |x| Seat {
            input: Input::new(x, 0.0, false, false),
            driver: Driver::Peer,
        };
        let (mut calm, mut wild) = (f32::MAX, 0.0_f32);
        let mut before = of(&world);
        for _ in 0..600 {
            // One pushes the ball straight into the goal, the other goes along before it.
            world.step(&[drive(1.0), drive(0.0)], &mut Vec::new());
            let now = of(&world);
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
}
