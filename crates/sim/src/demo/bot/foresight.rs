//! Where ball and discs will be: what a bot knows of the near future.
//!
//! All damping is a constant part a step, so a body's way is its own speed's share plus what thrust
//! adds, whatever the speed: a disc can be at any place of a circle around where it would glide to,
//! and the circle's radius only depends on the time. Both come from tables.

use crate::{
    demo::{
        arena::{Arena, BALL_RADIUS, DISC_RADIUS, Outline},
        disc::THRUST,
        physics::{BALL_DAMPING, Body, DISC_DAMPING, STEP_SECONDS},
    },
    vec2::Vec2,
};

mod roll;

pub(super) use self::roll::Roll;

/// Moments that are looked at, so many steps ahead: close ones closely.
const STEPS: [u32; MOMENTS] = [0, 3, 6, 10, 14, 19, 25, 32, 40, 50, 64];
pub(super) const MOMENTS: usize = 11;

/// The distance between centres at which disc and ball touch.
pub(super) const TOUCHING: f32 = DISC_RADIUS + BALL_RADIUS;

/// How far a body gets by a speed of 1 m/s that is damped so in each step, in metres.
const fn glides(damping: f32) -> [f32; MOMENTS] {
    let mut glides = [0.0; MOMENTS];
    let (mut step, mut moment, mut speed, mut way) = (0, 0, 1.0, 0.0);
    while moment < MOMENTS {
        while step < STEPS[moment] {
            speed *= damping;
            way += speed * STEP_SECONDS;
            step += 1;
        }
        glides[moment] = way;
        moment += 1;
    }
    glides
}

/// How far full thrust takes a disc from rest, in metres.
const fn reaches() -> [f32; MOMENTS] {
    let mut reaches = [0.0; MOMENTS];
    let (mut step, mut moment, mut speed, mut way) = (0, 0, 0.0, 0.0);
    while moment < MOMENTS {
        while step < STEPS[moment] {
            speed = (speed + THRUST * STEP_SECONDS) * DISC_DAMPING;
            way += speed * STEP_SECONDS;
            step += 1;
        }
        reaches[moment] = way;
        moment += 1;
    }
    reaches
}

static BALL_GLIDES: [f32; MOMENTS] = glides(BALL_DAMPING);
static DISC_GLIDES: [f32; MOMENTS] = glides(DISC_DAMPING);
static DISC_REACHES: [f32; MOMENTS] = reaches();

/// Where the ball is at each moment if nobody touches it.
pub(super) fn ball_path(arena: &Arena, ball: Body) -> [Vec2; MOMENTS] {
    match arena.outline {
        Outline::Rounded { .. } => {
            BALL_GLIDES.map(|glide| rolled(arena, ball.position + ball.velocity * glide))
        }
        Outline::Hexagon { .. } => {
            let mut roll = Roll::new(arena, ball);
            BALL_GLIDES.map(|glide| roll.at(glide))
        }
    }
}

/// A place that the ball would roll to if there were no walls, folded back at straight ones. Within
/// the width of the goals it rolls on.
fn rolled(arena: &Arena, place: Vec2) -> Vec2 {
    let y = folded(place.y, arena.half_width - BALL_RADIUS);
    let x = match y.abs() < arena.goal_half_width {
        true => place.x,
        false => folded(place.x, arena.half_length - BALL_RADIUS),
    };
    Vec2::new(x, y)
}

/// What is past a wall at `±limit`, thrown back by it.
pub(super) fn folded(coordinate: f32, limit: f32) -> f32 {
    if coordinate > limit {
        limit + limit - coordinate
    } else if coordinate < -limit {
        -limit - limit - coordinate
    } else {
        coordinate
    }
}

/// Where a disc can first meet the ball.
#[derive(Clone, Copy, Default)]
pub(super) struct Meeting {
    /// Which of the moments.
    pub moment: usize,
    /// When, in steps; later than any moment if it is further away.
    pub cost: f32,
}

impl Meeting {
    pub fn new(path: &[Vec2; MOMENTS], disc: Body) -> Self {
        let mut gap = 0.0;
        for moment in 0..MOMENTS {
            let between = path[moment] - glided(disc, moment);
            let reach = TOUCHING + 0.1 + DISC_REACHES[moment];
            let square = between.length_squared();
            if square <= reach * reach {
                // Within a moment whoever is nearer is the earlier.
                let cost = STEPS[moment] as f32 + between.length() * 0.5;
                return Self { moment, cost };
            }
            gap = square;
        }
        Self {
            moment: MOMENTS - 1,
            cost: 100.0 + gap.sqrt(),
        }
    }
}

/// Where a disc is at a moment without thrust.
pub(super) fn glided(disc: Body, moment: usize) -> Vec2 {
    disc.position + disc.velocity * DISC_GLIDES[moment]
}

/// The thrust, as a part of the full one, that takes a disc to a place at a moment; longer than 1
/// if none does.
pub(super) fn thrust_to(disc: Body, place: Vec2, moment: usize) -> Vec2 {
    // At the first moment there is no time: as if it were the next.
    let moment = if moment == 0 { 1 } else { moment };
    (place - glided(disc, moment)) * (1.0 / DISC_REACHES[moment])
}
