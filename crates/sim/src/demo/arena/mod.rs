//! The arenas: their shapes and sizes in metres, where discs line up, and what keeps bodies inside.
//!
//! A field is a rectangle with rounded corners, so that no ball rests in one, or a hexagon whose
//! corners are all blunt. In the middle of the left and the right side is a goal's mouth between
//! two round posts, and behind it a net that only the ball may enter: discs stay in the field, so
//! nobody parks inside a goal. All of them are convex, and the same when mirrored along and across.

mod kinds;

pub use self::kinds::ArenaKind;
use crate::{
    demo::team::Team,
    vec2::{Vec2, within},
};

/// The radius of a goal post, whose centre is on the goal line.
pub const POST_RADIUS: f32 = 0.25;
/// The radius of a player's disc.
pub const DISC_RADIUS: f32 = 0.6;
/// The radius of the ball.
pub const BALL_RADIUS: f32 = 0.4;

/// The shape of one arena.
#[derive(Debug, PartialEq)]
pub struct Arena {
    /// Half the field's length: the goal lines are at `x = ±half_length`.
    pub half_length: f32,
    /// Half the field's width where it is widest.
    pub half_width: f32,
    /// What the walls do between the goals.
    pub outline: Outline,
    /// Half the goal's mouth, between the centres of its posts.
    pub goal_half_width: f32,
    /// How far the net reaches behind the goal line.
    pub goal_depth: f32,
    /// Where the left team's discs stand at a kick-off, by their place within the team.
    kick_off: [Vec2; 4],
    /// What stands in the field.
    pub bumpers: &'static [Bumper],
    /// Those of them whose coordinates are both not negative: the others are their mirror images.
    quarter: &'static [Bumper],
}

/// What the walls of a field do between its goals.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Outline {
    /// A rectangle with corners of this radius.
    Rounded {
        /// Larger than a disc's.
        radius: f32,
    },
    /// Upright walls beside the goals, and slopes from there to the middle, where the field is widest.
    Hexagon {
        /// Of length 1, out of the slope in which both coordinates are positive.
        normal: Vec2,
        /// The distance of that slope from the centre.
        reach: f32,
    },
}

/// A round obstacle that throws the ball back.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bumper {
    /// Where it stands.
    pub center: Vec2,
    /// In metres.
    pub radius: f32,
}

impl Bumper {
    const fn new(x: f32, y: f32, radius: f32) -> Self {
        Self {
            center: Vec2::new(x, y),
            radius,
        }
    }
}

/// Where a body sticks out of its bounds: how far, and which way leads back.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Breach {
    /// Of length 1, into the arena.
    pub inward: Vec2,
    /// In metres, above 0.
    pub depth: f32,
}

impl Breach {
    /// A breach for each wall that `coordinate` may pass, on the axis of `unit`.
    fn of_walls(coordinate: f32, limit: f32, unit: Vec2) -> Option<Self> {
        if coordinate > limit {
            Some(Self {
                inward: -unit,
                depth: coordinate - limit,
            })
        } else if coordinate < -limit {
            Some(Self {
                inward: unit,
                depth: -limit - coordinate,
            })
        } else {
            None
        }
    }
}

const ALONG: Vec2 = Vec2::new(1.0, 0.0);
const ACROSS: Vec2 = Vec2::new(0.0, 1.0);

impl Arena {
    /// The centres of the four goal posts.
    pub const fn posts(&self) -> [Vec2; 4] {
        let (x, y) = (self.half_length, self.goal_half_width);
        [
            Vec2::new(-x, -y),
            Vec2::new(x, -y),
            Vec2::new(-x, y),
            Vec2::new(x, y),
        ]
    }

    /// Where a seat's disc stands at a kick-off: in front of its goal, mates above and below.
    pub fn kick_off_place(&self, seat: usize) -> Vec2 {
        let place = self.kick_off[(seat / 2) % self.kick_off.len()];
        place.sided(Team::of_seat(seat).attack_sign())
    }

    /// Whether a circle is surely where it can neither touch anything nor stick out of it. Most
    /// are, and need be asked no more.
    pub(crate) fn is_clear(&self, center: Vec2, radius: f32) -> bool {
        /// Whoever is further from a goal line touches neither it nor a post.
        const NEAR: f32 = 1.0;
        const { assert!(DISC_RADIUS + POST_RADIUS < NEAR && BALL_RADIUS < DISC_RADIUS) };
        let (x, y) = (center.x.abs(), center.y.abs());
        let inside = match self.outline {
            Outline::Rounded { radius: corner } => {
                let beside_corners =
                    x <= self.half_length - corner || y <= self.half_width - corner;
                beside_corners && y <= self.half_width - radius
            }
            Outline::Hexagon { normal, reach } => normal.x * x + normal.y * y <= reach - radius,
        };
        // What is clear of these is clear of their mirror images.
        let folded = Vec2::new(x, y);
        let mut bumpers = self.quarter.iter();
        inside
            && x <= self.half_length - NEAR
            && bumpers.all(|bumper| {
                let reach = bumper.radius + radius;
                (folded - bumper.center).length_squared() >= reach * reach
            })
    }

    /// How a circle sticks out of the field, the goals' mouths taken as walls. In a blunt corner it
    /// may stick out of two walls: the one further passed comes first, and what brings it back from
    /// there brings it nearer to the other's inside.
    pub(crate) fn field_breach(&self, center: Vec2, radius: f32) -> Option<Breach> {
        match self.outline {
            Outline::Rounded { radius: corner } => self.rounded_breach(center, radius, corner),
            Outline::Hexagon { normal, reach } => {
                let (x, y) = (center.x.abs(), center.y.abs());
                let depth = normal.x * x + normal.y * y - (reach - radius);
                if depth <= 0.0 || x - (self.half_length - radius) > depth {
                    return Breach::of_walls(center.x, self.half_length - radius, ALONG);
                }
                let down = signed_like(-normal.y, center.y);
                Some(if x > 0.0 {
                    let inward = Vec2::new(signed_like(-normal.x, center.x), down);
                    Breach { inward, depth }
                } else {
                    // Under the ridge neither slope is nearer.
                    Breach {
                        inward: Vec2::new(0.0, signed_like(-1.0, center.y)),
                        depth: depth / normal.y,
                    }
                })
            }
        }
    }

    fn rounded_breach(&self, center: Vec2, radius: f32, corner_radius: f32) -> Option<Breach> {
        let corner = Vec2::new(
            self.half_length - corner_radius,
            self.half_width - corner_radius,
        );
        let beyond = Vec2::new(center.x.abs() - corner.x, center.y.abs() - corner.y);
        if beyond.x > 0.0 && beyond.y > 0.0 {
            // In a corner's square the wall is an arc around the square's inner vertex.
            let distance = beyond.length();
            let depth = distance - (corner_radius - radius);
            let inward = Vec2::new(
                signed_like(-beyond.x / distance, center.x),
                signed_like(-beyond.y / distance, center.y),
            );
            return (depth > 0.0).then_some(Breach { inward, depth });
        }
        // Outside of the corners' squares at most one of these holds, as radii are below the corners'.
        Breach::of_walls(center.x, self.half_length - radius, ALONG)
            .or_else(|| Breach::of_walls(center.y, self.half_width - radius, ACROSS))
    }

    /// How the ball sticks out of the field and the nets behind the goals. Behind a goal line it
    /// may stick out of the net's back and of its side at once: the back comes first.
    pub(crate) fn ball_breach(&self, center: Vec2) -> Option<Breach> {
        // Before the goal line the posts keep the ball off the mouth's edges, and behind it the net
        // does: so the ball does not change between the two cases in the wall's thickness.
        if center.y.abs() >= self.goal_half_width {
            return self.field_breach(center, BALL_RADIUS);
        }
        let back = self.half_length + self.goal_depth - BALL_RADIUS;
        Breach::of_walls(center.x, back, ALONG).or_else(|| {
            match center.x.abs() > self.half_length {
                true => Breach::of_walls(center.y, self.goal_half_width - BALL_RADIUS, ACROSS),
                false => None,
            }
        })
    }

    /// The team that scores by a ball at this place: the whole ball must have passed the goal line.
    pub(crate) fn scorer(&self, ball: Vec2) -> Option<Team> {
        if ball.x > self.half_length + BALL_RADIUS {
            Some(Team::Left)
        } else if ball.x < -self.half_length - BALL_RADIUS {
            Some(Team::Right)
        } else {
            None
        }
    }

    /// A point of the field near `place` where a circle fits in, but for rounded corners.
    pub(crate) fn nearest(&self, place: Vec2, radius: f32) -> Vec2 {
        let inside = Vec2::new(
            within(place.x, self.half_length - radius),
            within(place.y, self.half_width - radius),
        );
        match self.outline {
            Outline::Rounded { .. } => inside,
            Outline::Hexagon { normal, reach } => {
                // The slope's height at this x.
                let height = (reach - radius - normal.x * inside.x.abs()) / normal.y;
                Vec2::new(inside.x, within(inside.y, height))
            }
        }
    }
}

/// `magnitude` with the sign of `sign`, where zero counts as positive.
fn signed_like(magnitude: f32, sign: f32) -> f32 {
    if sign < 0.0 { -magnitude } else { magnitude }
}
