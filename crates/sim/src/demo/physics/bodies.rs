//! The discs' bodies while they move, and who overlaps whom.

use super::{Body, SUBSTEP_SECONDS};
use crate::{
    demo::{
        arena::{BALL_RADIUS, DISC_RADIUS},
        disc::Disc,
    },
    vec2::Vec2,
};
use protocol::limits::MAX_SEATS;

/// The distance between the centres of two discs at which they touch.
const DISCS_TOUCH: f32 = DISC_RADIUS + DISC_RADIUS;

/// The distance between the centres of the ball and a disc at which they touch.
const BALL_TOUCHES: f32 = BALL_RADIUS + DISC_RADIUS;

/// Whether two circles overlap that touch at a distance of `reach`.
pub(super) fn overlap(a: Vec2, b: Vec2, reach: f32) -> bool {
    (b - a).length_squared() < reach * reach
}

/// The discs' bodies, coordinate by coordinate: what is done to all of them alike
/// has no branch, so that compilers turn it into vector instructions.
pub(super) struct Bodies {
    x: [f32; MAX_SEATS],
    y: [f32; MAX_SEATS],
    velocity_x: [f32; MAX_SEATS],
    velocity_y: [f32; MAX_SEATS],
    /// Seats in the match. The others' bodies rest far from everything and each other.
    pub(super) count: usize,
}

impl Bodies {
    pub(super) fn new(discs: &[Disc]) -> Self {
        let mut bodies = Self {
            x: std::array::from_fn(|seat| 1e6 * (seat + 1) as f32),
            y: [0.0; MAX_SEATS],
            velocity_x: [0.0; MAX_SEATS],
            velocity_y: [0.0; MAX_SEATS],
            count: discs.len().min(MAX_SEATS),
        };
        for (seat, disc) in discs.iter().take(MAX_SEATS).enumerate() {
            bodies.set(seat, disc.body);
        }
        bodies
    }

    pub(super) fn get(&self, seat: usize) -> Body {
        Body {
            position: self.position(seat),
            velocity: Vec2::new(self.velocity_x[seat], self.velocity_y[seat]),
        }
    }

    pub(super) fn position(&self, seat: usize) -> Vec2 {
        Vec2::new(self.x[seat], self.y[seat])
    }

    pub(super) fn set(&mut self, seat: usize, body: Body) {
        self.x[seat] = body.position.x;
        self.y[seat] = body.position.y;
        self.velocity_x[seat] = body.velocity.x;
        self.velocity_y[seat] = body.velocity.y;
    }

    /// [`Body::advance`] for all.
    pub(super) fn advance(&mut self) {
        for seat in 0..MAX_SEATS {
            self.x[seat] += self.velocity_x[seat] * SUBSTEP_SECONDS;
            self.y[seat] += self.velocity_y[seat] * SUBSTEP_SECONDS;
        }
    }

    /// Whether any disc overlaps the ball.
    pub(super) fn any_overlaps_ball(&self, ball: Vec2) -> bool {
        let mut overlaps = 0;
        for seat in 0..MAX_SEATS {
            overlaps |= u32::from(overlap(ball, self.position(seat), BALL_TOUCHES));
        }
        overlaps != 0
    }

    /// Whether any two discs overlap. Mostly none do.
    pub(super) fn any_two_overlap(&self) -> bool {
        const SHIFTS: usize = MAX_SEATS / 2;
        let overlaps = |a, b| u32::from(overlap(self.position(a), self.position(b), DISCS_TOUCH));
        let mut any = 0;
        if self.count <= SHIFTS {
            for high in 1..self.count {
                for low in 0..high {
                    any |= overlaps(low, high);
                }
            }
        } else {
            // Each with those that follow it on the circle of all seats.
            for shift in 1..=SHIFTS {
                for seat in 0..MAX_SEATS {
                    any |= overlaps(seat, (seat + shift) % MAX_SEATS);
                }
            }
        }
        any != 0
    }
}
