//! The way of a ball between slopes and bumpers.
//!
//! As all damping is a constant part a step, the ball's way is a straight line in its *glide*: how
//! far a speed of 1 m/s would have come. What it hits is found by that, and not step by step.

use crate::{
    arena::{Arena, BALL_RADIUS, Bumper, Outline},
    physics::{
        BALL_DAMPING, BALL_WALL_RESTITUTION, BUMPER_SPEED, Body, POST_RESTITUTION, STEP_SECONDS,
    },
    vec2::Vec2,
};

/// Bounces that are foreseen. Nobody counts on more.
const MAX_BOUNCES: u32 = 3;

/// How far a speed of 1 m/s comes at all, in metres.
const WHOLE_GLIDE: f32 = STEP_SECONDS * BALL_DAMPING / (1.0 - BALL_DAMPING);

/// A ball on its way.
pub(in crate::bot) struct Roll<'a> {
    arena: &'a Arena,
    /// Where it was at `since`, and what it adds to that in a glide of 1.
    from: Vec2,
    way: Vec2,
    since: f32,
    next: Option<Hit>,
    bounces: u32,
}

/// What the ball meets next.
#[derive(Clone, Copy)]
struct Hit {
    /// The glide until then.
    after: f32,
    what: Obstacle,
}

#[derive(Clone, Copy)]
enum Obstacle {
    /// One of the slopes: which one, the place says.
    Slope { normal: Vec2 },
    /// The upright wall beside a goal, or its mouth.
    End,
    Bumper(Bumper),
}

impl<'a> Roll<'a> {
    pub fn new(arena: &'a Arena, ball: Body) -> Self {
        let (from, way) = (ball.position, ball.velocity);
        Self {
            arena,
            from,
            way,
            since: 0.0,
            next: next_hit(arena, from, way),
            bounces: 0,
        }
    }

    /// Where the ball is after this glide, which is no less than that of the call before.
    pub fn at(&mut self, glide: f32) -> Vec2 {
        while let Some(hit) = self.next
            && self.since + hit.after <= glide
        {
            self.since += hit.after;
            self.from += self.way * hit.after;
            self.next = match self.bounce(hit.what) {
                true if self.bounces < MAX_BOUNCES => {
                    next_hit(self.arena, self.from, self.way)
                }
                _ => None,
            };
        }
        let place = self.from + self.way * (glide - self.since);
        match self.bounces < MAX_BOUNCES {
            true => place,
            false => self.arena.nearest(place, BALL_RADIUS),
        }
    }

    /// The height at which the ball rolls into the goal at the right, if it does.
    pub fn arrival(mut self) -> Option<f32> {
        while let Some(hit) = self.next
            && self.since + hit.after < WHOLE_GLIDE
        {
            let bounces = self.bounces;
            self.at(self.since + hit.after);
            if self.bounces == bounces {
                return (self.from.x > 0.0).then_some(self.from.y);
            }
        }
        None
    }

    /// Throws the ball back. Returns whether it does: into a goal the ball rolls on.
    fn bounce(&mut self, what: Obstacle) -> bool {
        let (inward, restitution, least) = match what {
            Obstacle::Slope { normal } => {
                let down = if self.from.y < 0.0 { normal.y } else { -normal.y };
                let inward = if self.from.x > 0.0 {
                    Vec2::new(-normal.x, down)
                } else if self.from.x < 0.0 {
                    Vec2::new(normal.x, down)
                } else {
                    // Under the ridge neither slope is nearer.
                    Vec2::new(0.0, if self.from.y < 0.0 { 1.0 } else { -1.0 })
                };
                (inward, BALL_WALL_RESTITUTION, 0.0)
            }
            Obstacle::End if self.from.y.abs() < self.arena.goal_half_width => return false,
            Obstacle::End => {
                let inward = Vec2::new(if self.from.x < 0.0 { 1.0 } else { -1.0 }, 0.0);
                (inward, BALL_WALL_RESTITUTION, 0.0)
            }
            Obstacle::Bumper(bumper) => {
                let Some(inward) = (self.from - bumper.center).direction() else {
                    return false;
                };
                // Bumpers know the ball's speed, which by now is this part of what it was.
                let left = 1.0 - self.since / WHOLE_GLIDE;
                let least = if left > 0.1 { BUMPER_SPEED / left } else { 0.0 };
                (inward, POST_RESTITUTION, least)
            }
        };
        let closing = -self.way.dot(inward);
        let leaving = if closing * restitution < least { least } else { closing * restitution };
        self.way += inward * (closing + leaving);
        self.bounces += 1;
        true
    }
}

/// What a ball meets first on this way.
fn next_hit(arena: &Arena, from: Vec2, way: Vec2) -> Option<Hit> {
    let mut first: Option<Hit> = None;
    let mut meet = |after: f32, what: Obstacle| {
        if first.is_none_or(|hit| after < hit.after) {
            first = Some(Hit { after, what });
        }
    };
    // Where the way leads, from the middle's point of view: there is nothing behind.
    let (x, y) = (from.x * sign(way.x), from.y * sign(way.y));
    let (dx, dy) = (way.x.abs(), way.y.abs());
    if dx > 0.0 {
        meet(ahead(arena.half_length - BALL_RADIUS - x, dx), Obstacle::End);
    }
    if let Outline::Hexagon { normal, reach } = arena.outline {
        let reach = reach - BALL_RADIUS;
        let slope = Obstacle::Slope { normal };
        // The one that the way rises to, and the two beside it.
        for (side, height) in [(1.0, 1.0), (-1.0, 1.0), (1.0, -1.0)] {
            let (nx, ny) = (normal.x * side, normal.y * height);
            let rises = nx * dx + ny * dy;
            if rises > 0.0 {
                meet(ahead(reach - (nx * x + ny * y), rises), slope);
            }
        }
    }
    let square = way.length_squared();
    for bumper in arena.bumpers {
        let to = bumper.center - from;
        let along = to.dot(way);
        let radius = bumper.radius + BALL_RADIUS;
        let gap = to.length_squared() - radius * radius;
        let root = along * along - square * gap;
        if along > 0.0 && gap > 0.0 && root > 0.0 {
            meet((along - root.sqrt()) / square, Obstacle::Bumper(*bumper));
        }
    }
    first
}

/// The glide to a wall at this distance; none if it is passed already.
fn ahead(distance: f32, speed: f32) -> f32 {
    if distance > 0.0 { distance / speed } else { 0.0 }
}

/// Where zero counts as positive.
fn sign(value: f32) -> f32 {
    if value < 0.0 { -1.0 } else { 1.0 }
}
