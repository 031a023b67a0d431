//! The way of a ball between slopes and bumpers.
//!
//! As all damping is a constant part a step, the ball's way is a straight line in its *glide*: how
//! far a speed of 1 m/s would have come. What it hits is found by that, and not step by step.

use crate::{
    demo::{
        arena::{Arena, BALL_RADIUS, Bumper, Outline},
        physics::{
            BALL_DAMPING, BALL_WALL_RESTITUTION, BUMPER_SPEED, Body, POST_RESTITUTION, STEP_SECONDS,
        },
    },
    vec2::Vec2,
};

/// Bounces that are foreseen. Nobody counts on more.
const MAX_BOUNCES: u32 = 3;

/// How far a speed of 1 m/s comes at all, in metres.
const WHOLE_GLIDE: f32 = STEP_SECONDS * BALL_DAMPING / (1.0 - BALL_DAMPING);

/// A ball on its way.
pub(in crate::demo::bot) struct Roll<'a> {
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
    Slope {
        normal: Vec2,
    },
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
                true if self.bounces < MAX_BOUNCES => next_hit(self.arena, self.from, self.way),
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
                let down = if self.from.y < 0.0 {
                    normal.y
                } else {
                    -normal.y
                };
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
        let leaving = if closing * restitution < least {
            least
        } else {
            closing * restitution
        };
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
        meet(
            ahead(arena.half_length - BALL_RADIUS - x, dx),
            Obstacle::End,
        );
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
    if distance > 0.0 {
        distance / speed
    } else {
        0.0
    }
}

/// Where zero counts as positive.
fn sign(value: f32) -> f32 {
    if value < 0.0 { -1.0 } else { 1.0 }
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::*;
    use crate::{
        demo::{
            arena::ArenaKind,
            event::{EventCounts, Reporter},
            physics::{Ground, advance},
            settings::Ball,
        },
        rng::Rng,
    };

    const STEPS: u32 = 30;

    /// The ball's way, step by step, as the rules have it.
    fn steps(mut ball: Body) -> Vec<Vec2> {
        let ground = Ground {
            arena: ArenaKind::Hexagon.arena(),
            ball_inverse_mass: Ball::Normal.inverse_mass(),
        };
        let (mut counts, mut events) = (EventCounts::default(), Vec::new());
        let mut reporter = Reporter {
            counts: &mut counts,
            events: &mut events,
        };
        (0..STEPS)
            .map(|_| {
                advance(&ground, &mut ball, &mut [], &mut reporter);
                ball.position
            })
            .collect()
    }

    /// The same, foreseen.
    fn foreseen(ball: Body) -> Vec<Vec2> {
        let mut roll = Roll::new(ArenaKind::Hexagon.arena(), ball);
        let (mut glide, mut speed) = (0.0, 1.0);
        (0..STEPS)
            .map(|_| {
                speed *= BALL_DAMPING;
                glide += speed * STEP_SECONDS;
                roll.at(glide)
            })
            .collect()
    }

    /// Balls anywhere in the field but in a bumper, on any way, up to 20 m/s.
    fn balls(count: usize) -> impl Iterator<Item = Body> {
        let mut rng = Rng::new(3);
        let arena = ArenaKind::Hexagon.arena();
        let all = std::iter::repeat_with(move || {
            let [x, y, dx, dy, ..] = rng.next_u64().to_le_bytes();
            let part = |byte| f32::from(i8::from_le_bytes([byte])) / 128.0;
            let place = Vec2::new(part(x) * arena.half_length, part(y) * arena.half_width);
            Body {
                position: arena.nearest(place, BALL_RADIUS),
                velocity: Vec2::new(part(dx), part(dy)) * 20.0,
            }
        });
        let is_free = |ball: &Body| {
            let mut bumpers = arena.bumpers.iter();
            bumpers.all(|it| (ball.position - it.center).length() > it.radius + BALL_RADIUS)
        };
        all.filter(is_free).take(count)
    }

    /// Whether a place is before the goal lines.
    fn is_in_field(place: Vec2) -> bool {
        place.x.abs() <= ArenaKind::Hexagon.arena().half_length - BALL_RADIUS
    }

    #[test]
    fn the_way_between_slopes_and_bumpers_is_foreseen() {
        // Posts are left out, and a hit on the edge of a bumper may go either way.
        let far = balls(2_000).filter(|ball| {
            let both = steps(*ball).into_iter().zip(foreseen(*ball));
            let mut in_field = both.take_while(|(is, _)| is_in_field(*is));
            in_field.any(|(is, seen)| (is - seen).length() > 0.5)
        });
        let far = far.count();
        assert!(far < 200, "{far} of 2000 roll elsewhere");
    }

    #[test]
    fn what_is_foreseen_is_in_the_arena() {
        let arena = ArenaKind::Hexagon.arena();
        for ball in balls(2_000) {
            for place in foreseen(ball).into_iter().take_while(|it| is_in_field(*it)) {
                let inside = arena.nearest(place, BALL_RADIUS);
                assert!((place - inside).length() < 0.05, "{ball:?} at {place:?}");
            }
        }
    }

    #[test]
    fn a_shot_off_a_slope_arrives_in_the_goal() {
        let arrival = |x, y, dx, dy| {
            let ball = Body {
                position: Vec2::new(x, y),
                velocity: Vec2::new(dx, dy),
            };
            Roll::new(ArenaKind::Hexagon.arena(), ball).arrival()
        };
        assert_eq!(arrival(6.0, 0.0, 15.0, 0.0), Some(0.0));
        assert_eq!(arrival(-6.0, 0.0, -15.0, 0.0), None, "the own goal");
        assert_eq!(arrival(0.0, 0.0, 1.0, 0.0), None, "too slow");
        let off = (0..100).filter(|part| {
            let height = 4.0 + *part as f32 * 0.1;
            arrival(7.0, 2.0, 12.0, height).is_some()
        });
        assert!(off.count() > 3);
    }
}
