//! The arena: its shape and sizes in metres, where discs line up, and what keeps bodies inside.
//!
//! The field is a rectangle with rounded corners, so that no ball rests in one. In the middle of
//! the left and the right side is a goal's mouth between two round posts, and behind it a net
//! that only the ball may enter: discs stay in the field, so nobody parks inside a goal.

use crate::{team::Team, vec2::Vec2};

/// Half the field's length: the goal lines are at `x = ±HALF_LENGTH`.
pub const HALF_LENGTH: f32 = 12.0;
/// Half the field's width: the side walls are at `y = ±HALF_WIDTH`.
pub const HALF_WIDTH: f32 = 6.5;
/// The radius of the field's rounded corners.
pub const CORNER_RADIUS: f32 = 2.0;
/// Half the goal's mouth, between the centres of its posts.
pub const GOAL_HALF_WIDTH: f32 = 2.5;
/// How far the net reaches behind the goal line.
pub const GOAL_DEPTH: f32 = 1.6;
/// The radius of a goal post, whose centre is on the goal line.
pub const POST_RADIUS: f32 = 0.25;
/// The radius of a player's disc.
pub const DISC_RADIUS: f32 = 0.6;
/// The radius of the ball.
pub const BALL_RADIUS: f32 = 0.4;

/// The centres of the four goal posts.
pub const POSTS: [Vec2; 4] = [
    Vec2::new(-HALF_LENGTH, -GOAL_HALF_WIDTH),
    Vec2::new(HALF_LENGTH, -GOAL_HALF_WIDTH),
    Vec2::new(-HALF_LENGTH, GOAL_HALF_WIDTH),
    Vec2::new(HALF_LENGTH, GOAL_HALF_WIDTH),
];

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

/// Whether a circle is surely where it can neither touch a post nor stick out of anything: off the
/// side walls, and not near a corner or a goal line. Most are, and need be asked no more.
pub(crate) fn is_clear(center: Vec2, radius: f32) -> bool {
    /// Whoever is further from a goal line touches neither it nor a post.
    const NEAR: f32 = 1.0;
    const { assert!(DISC_RADIUS + POST_RADIUS < NEAR && BALL_RADIUS < DISC_RADIUS) };
    let (x, y) = (center.x.abs(), center.y.abs());
    let beside_corners = x <= HALF_LENGTH - CORNER_RADIUS || y <= HALF_WIDTH - CORNER_RADIUS;
    beside_corners && x <= HALF_LENGTH - NEAR && y <= HALF_WIDTH - radius
}

/// How a circle sticks out of the field, the goals' mouths taken as walls.
pub(crate) fn field_breach(center: Vec2, radius: f32) -> Option<Breach> {
    let corner = Vec2::new(HALF_LENGTH - CORNER_RADIUS, HALF_WIDTH - CORNER_RADIUS);
    let beyond = Vec2::new(center.x.abs() - corner.x, center.y.abs() - corner.y);
    if beyond.x > 0.0 && beyond.y > 0.0 {
        // In a corner's square the wall is an arc around the square's inner vertex.
        let distance = beyond.length();
        let depth = distance - (CORNER_RADIUS - radius);
        let inward = Vec2::new(
            signed_like(-beyond.x / distance, center.x),
            signed_like(-beyond.y / distance, center.y),
        );
        return (depth > 0.0).then_some(Breach { inward, depth });
    }
    // Outside of the corners' squares at most one of these holds, as radii are below the corners'.
    Breach::of_walls(center.x, HALF_LENGTH - radius, ALONG)
        .or_else(|| Breach::of_walls(center.y, HALF_WIDTH - radius, ACROSS))
}

/// How the ball sticks out of the field and the nets behind the goals. Behind a goal line it may
/// stick out of the net's back and of its side at once: the back comes first.
pub(crate) fn ball_breach(center: Vec2) -> Option<Breach> {
    // Before the goal line the posts keep the ball off the mouth's edges, and behind it the net
    // does: so the ball does not change between the two cases in the wall's thickness.
    if center.y.abs() >= GOAL_HALF_WIDTH {
        return field_breach(center, BALL_RADIUS);
    }
    let back = HALF_LENGTH + GOAL_DEPTH - BALL_RADIUS;
    Breach::of_walls(center.x, back, ALONG).or_else(|| match center.x.abs() > HALF_LENGTH {
        true => Breach::of_walls(center.y, GOAL_HALF_WIDTH - BALL_RADIUS, ACROSS),
        false => None,
    })
}

/// The team that scores by a ball at this place: the whole ball must have passed the goal line.
pub(crate) fn scorer(ball: Vec2) -> Option<Team> {
    if ball.x > HALF_LENGTH + BALL_RADIUS {
        Some(Team::Left)
    } else if ball.x < -HALF_LENGTH - BALL_RADIUS {
        Some(Team::Right)
    } else {
        None
    }
}

/// Where a seat's disc stands at a kick-off: in front of its goal, mates above and below.
pub fn kick_off_place(seat: usize) -> Vec2 {
    /// By the place within the team, for the left team.
    const PLACES: [Vec2; 4] = [
        Vec2::new(-5.0, 0.0),
        Vec2::new(-8.0, 2.4),
        Vec2::new(-8.0, -2.4),
        Vec2::new(-10.0, 0.0),
    ];
    PLACES[(seat / 2) % PLACES.len()].sided(Team::of_seat(seat).attack_sign())
}

/// `magnitude` with the sign of `sign`, where zero counts as positive.
fn signed_like(magnitude: f32, sign: f32) -> f32 {
    if sign < 0.0 { -magnitude } else { magnitude }
}
