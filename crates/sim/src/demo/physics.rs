//! How bodies move and collide.
//!
//! A step is cut into [`SUBSTEPS`], each of which moves all bodies, then resolves discs against
//! discs, discs against the ball, bodies against posts, and at last bodies against walls, so that
//! nothing is ever outside. At the speed limits two bodies near each other by at most 0.18 m in a
//! sub-step, less than the smallest radius: nothing tunnels.
//!
//! No contact adds energy but that of the ball with a bumper. A single one takes the part `1 - restitution²` of the energy of
//! closing. Two discs that hit the ball at once are each computed as if alone and then halved:
//! the energy is a convex function of the impulses, so the mean of two that do not raise it does
//! not raise it.
//!
//! The order keeps the arena's symmetry (see the crate's page). Round `k` of the discs pairs seat
//! `i` with `i ^ k`: its pairs are disjoint, so their order within the round is of no effect, and
//! swapping each even seat with the next odd one only permutes them. The ball meets the discs of
//! `2m` and `2m + 1` at once, and a sum of two does not depend on their order.

mod bodies;

use self::bodies::{Bodies, overlap};
use crate::{
    checksum::Checksum,
    demo::{
        arena::{Arena, BALL_RADIUS, Breach, DISC_RADIUS, POST_RADIUS},
        disc::Disc,
        event::{Event, EventKind, Reporter},
    },
    vec2::Vec2,
};
use protocol::limits::{MAX_SEATS, STEPS_PER_SECOND};
use serde::{Deserialize, Serialize};

/// The length of a step in seconds.
pub(crate) const STEP_SECONDS: f32 = 1.0 / STEPS_PER_SECOND as f32;

const SUBSTEPS: u32 = 4;
const SUBSTEP_SECONDS: f32 = STEP_SECONDS / SUBSTEPS as f32;

/// The part of its speed that a disc keeps in a step without thrust: with
/// [`crate::demo::disc::THRUST`] it ends at 7.5 m/s.
pub(crate) const DISC_DAMPING: f32 = 0.951;
/// The part of its speed that the ball keeps in a step.
pub(crate) const BALL_DAMPING: f32 = 0.989;
/// No disc is faster, in m/s.
pub(crate) const MAX_DISC_SPEED: f32 = 18.0;
/// The ball is not faster, in m/s.
pub(crate) const MAX_BALL_SPEED: f32 = 24.0;

/// 1 divided by a disc's mass.
const DISC_INVERSE_MASS: f32 = 1.0;

/// The part of the closing speed with which two bodies part.
const TOUCH_RESTITUTION: f32 = 0.6;
const BUMP_RESTITUTION: f32 = 0.7;
pub(crate) const POST_RESTITUTION: f32 = 0.8;
pub(crate) const BALL_WALL_RESTITUTION: f32 = 0.8;
const DISC_WALL_RESTITUTION: f32 = 0.4;

/// The ball leaves a bumper at no less, in m/s.
pub(crate) const BUMPER_SPEED: f32 = 9.0;

/// Slower contacts, in m/s, do not rebound: bodies come to rest against each other.
const MIN_REBOUND_SPEED: f32 = 0.4;
/// Slower contacts, in m/s, are no events: a disc that pushes the ball is silent.
const MIN_HEARD_SPEED: f32 = 1.0;

/// A circle that moves.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Body {
    /// The centre, in metres.
    pub position: Vec2,
    /// In metres a second.
    pub velocity: Vec2,
}

impl Body {
    pub(crate) const fn resting(position: Vec2) -> Self {
        Self {
            position,
            velocity: Vec2::ZERO,
        }
    }

    pub(crate) fn hash_into(self, checksum: &mut Checksum) {
        checksum.vector(self.position);
        checksum.vector(self.velocity);
    }

    fn advance(&mut self) {
        self.position += self.velocity * SUBSTEP_SECONDS;
    }

    /// Puts the body back where it belongs and reflects it. Returns the closing speed.
    fn repel(&mut self, breach: Breach, restitution: f32) -> f32 {
        self.position += breach.inward * breach.depth;
        let closing = -self.velocity.dot(breach.inward);
        if closing > 0.0 {
            self.velocity += breach.inward * rebound(closing, restitution);
        }
        closing
    }
}

/// The change of the closing speed that a contact makes.
fn rebound(closing: f32, restitution: f32) -> f32 {
    if closing > MIN_REBOUND_SPEED {
        closing * (1.0 + restitution)
    } else {
        closing
    }
}

/// The shape and weight of a kind of body.
#[derive(Clone, Copy)]
struct Matter {
    radius: f32,
    inverse_mass: f32,
}

const DISC: Matter = Matter {
    radius: DISC_RADIUS,
    inverse_mass: DISC_INVERSE_MASS,
};

/// What a match is played on, and with.
pub(crate) struct Ground {
    pub arena: &'static Arena,
    /// 1 divided by the ball's mass, where a disc's is 1.
    pub ball_inverse_mass: f32,
}

impl Ground {
    fn ball(&self) -> Matter {
        Matter {
            radius: BALL_RADIUS,
            inverse_mass: self.ball_inverse_mass,
        }
    }
}

/// What a contact does to its two bodies.
#[derive(Clone, Copy, Default)]
struct Contact {
    first: Change,
    second: Change,
    /// In m/s; negative if they part already.
    closing: f32,
}

#[derive(Clone, Copy, Default)]
struct Change {
    position: Vec2,
    velocity: Vec2,
}

impl Change {
    fn apply(self, body: &mut Body, part: f32) {
        body.position += self.position * part;
        body.velocity += self.velocity * part;
    }
}

/// The contact of two circles, if they overlap. Exactly coincident centres have no direction in
/// which to part, and only a forged world has them: they are no contact.
fn contact(
    (a, a_matter): (&Body, Matter),
    (b, b_matter): (&Body, Matter),
    restitution: f32,
) -> Option<Contact> {
    let between = b.position - a.position;
    let reach = a_matter.radius + b_matter.radius;
    if !overlap(a.position, b.position, reach) {
        return None;
    }
    let normal = between.direction()?;
    let depth = reach - between.length();
    let closing = -(b.velocity - a.velocity).dot(normal);
    let total = a_matter.inverse_mass + b_matter.inverse_mass;
    let speed = if closing > 0.0 {
        rebound(closing, restitution)
    } else {
        0.0
    };
    let share = |inverse_mass: f32, direction: Vec2| {
        let share = inverse_mass / total;
        Change {
            position: direction * (depth * share),
            velocity: direction * (speed * share),
        }
    };
    Some(Contact {
        first: share(a_matter.inverse_mass, -normal),
        second: share(b_matter.inverse_mass, normal),
        closing,
    })
}

/// Moves the ball and the discs by a step. Returns the last seat whose disc touched the ball, if
/// any did.
pub(crate) fn advance(
    ground: &Ground,
    ball: &mut Body,
    discs: &mut [Disc],
    reporter: &mut Reporter<'_>,
) -> Option<usize> {
    for disc in discs.iter_mut() {
        let body = &mut disc.body;
        body.velocity = (body.velocity * DISC_DAMPING).clamped(MAX_DISC_SPEED);
    }
    ball.velocity = (ball.velocity * BALL_DAMPING).clamped(MAX_BALL_SPEED);

    let mut bodies = Bodies::new(discs);
    let mut touched = None;
    for _ in 0..SUBSTEPS {
        ball.advance();
        bodies.advance();
        if bodies.any_two_overlap() {
            bump_discs(&mut bodies, reporter);
        }
        if bodies.any_overlaps_ball(ball.position) {
            touched = touch_ball(ground.ball(), ball, &mut bodies, reporter).or(touched);
        }
        contain_ball(ground.arena, ball, reporter);
        for seat in 0..bodies.count {
            if !ground.arena.is_clear(bodies.position(seat), DISC_RADIUS) {
                let mut body = bodies.get(seat);
                contain_disc(ground.arena, seat, &mut body, reporter);
                bodies.set(seat, body);
            }
        }
    }
    for (seat, disc) in discs.iter_mut().enumerate() {
        disc.body = bodies.get(seat);
    }
    touched
}

fn bump_discs(bodies: &mut Bodies, reporter: &mut Reporter<'_>) {
    for round in 1..MAX_SEATS {
        for low in 0..bodies.count {
            let high = low ^ round;
            // Each pair once, and only of seats that are in this match.
            if high <= low || high >= bodies.count {
                continue;
            }
            let (mut a, mut b) = (bodies.get(low), bodies.get(high));
            let Some(contact) = contact((&a, DISC), (&b, DISC), BUMP_RESTITUTION) else {
                continue;
            };
            contact.first.apply(&mut a, 1.0);
            contact.second.apply(&mut b, 1.0);
            bodies.set(low, a);
            bodies.set(high, b);
            if contact.closing > MIN_HEARD_SPEED {
                let at = (a.position + b.position) * 0.5;
                reporter.report(EventKind::Bump, low, at, contact.closing);
            }
        }
    }
}

fn touch_ball(
    matter: Matter,
    ball: &mut Body,
    bodies: &mut Bodies,
    reporter: &mut Reporter<'_>,
) -> Option<usize> {
    let mut touched = None;
    for first in (0..bodies.count).step_by(2) {
        let pair = first..bodies.count.min(first + 2);
        let mut contacts = [None; 2];
        for (slot, seat) in contacts.iter_mut().zip(pair.clone()) {
            let disc = bodies.get(seat);
            *slot = contact((ball, matter), (&disc, DISC), TOUCH_RESTITUTION);
        }
        let part = if contacts[0].is_some() && contacts[1].is_some() {
            0.5
        } else {
            1.0
        };
        let mut sum = Change::default();
        for (seat, contact) in pair.zip(contacts) {
            let Some(Contact {
                first,
                second,
                closing,
            }) = contact
            else {
                continue;
            };
            sum.position += first.position;
            sum.velocity += first.velocity;
            let mut disc = bodies.get(seat);
            second.apply(&mut disc, part);
            bodies.set(seat, disc);
            // Of two opponents who touch it at once neither is the last one.
            touched = (part == 1.0).then_some(seat);
            if closing > MIN_HEARD_SPEED {
                let at =
                    ball.position - first.position.direction().unwrap_or_default() * BALL_RADIUS;
                reporter.report(EventKind::Touch, seat, at, closing);
            }
        }
        sum.apply(ball, part);
    }
    touched
}

fn contain_ball(arena: &Arena, ball: &mut Body, reporter: &mut Reporter<'_>) {
    if arena.is_clear(ball.position, BALL_RADIUS) {
        return;
    }
    let subject = usize::from(Event::BALL);
    hit_posts(arena, subject, ball, BALL_RADIUS, reporter);
    hit_bumpers(arena, subject, ball, BALL_RADIUS, BUMPER_SPEED, reporter);
    // In a corner there are two walls.
    for _ in 0..2 {
        if let Some(breach) = arena.ball_breach(ball.position) {
            hit_wall(subject, ball, breach, BALL_WALL_RESTITUTION, reporter);
        }
    }
}

fn contain_disc(arena: &Arena, seat: usize, body: &mut Body, reporter: &mut Reporter<'_>) {
    hit_posts(arena, seat, body, DISC_RADIUS, reporter);
    hit_bumpers(arena, seat, body, DISC_RADIUS, 0.0, reporter);
    for _ in 0..2 {
        if let Some(breach) = arena.field_breach(body.position, DISC_RADIUS) {
            hit_wall(seat, body, breach, DISC_WALL_RESTITUTION, reporter);
        }
    }
}

fn hit_wall(
    subject: usize,
    body: &mut Body,
    breach: Breach,
    restitution: f32,
    reporter: &mut Reporter<'_>,
) {
    let closing = body.repel(breach, restitution);
    if closing > MIN_HEARD_SPEED {
        reporter.report(EventKind::Wall, subject, body.position, closing);
    }
}

/// How a circle overlaps a round thing that does not move.
fn overlap_with(center: Vec2, radius: f32, body: &Body, body_radius: f32) -> Option<Breach> {
    let away = body.position - center;
    let reach = radius + body_radius;
    // No length is less than one of its coordinates, rounded or not: this spares the root.
    if away.x.abs() >= reach || away.y.abs() >= reach {
        return None;
    }
    let depth = reach - away.length();
    let inward = away.direction().filter(|_| depth > 0.0)?;
    Some(Breach { inward, depth })
}

fn hit_posts(
    arena: &Arena,
    subject: usize,
    body: &mut Body,
    radius: f32,
    reporter: &mut Reporter<'_>,
) {
    for post in arena.posts() {
        let Some(breach) = overlap_with(post, POST_RADIUS, body, radius) else {
            continue;
        };
        let closing = body.repel(breach, POST_RESTITUTION);
        if closing > MIN_HEARD_SPEED {
            reporter.report(EventKind::Post, subject, post, closing);
        }
    }
}

/// Bumpers are posts that a body leaves with at least so much speed.
fn hit_bumpers(
    arena: &Arena,
    subject: usize,
    body: &mut Body,
    radius: f32,
    least_speed: f32,
    reporter: &mut Reporter<'_>,
) {
    for bumper in arena.bumpers {
        let Some(breach) = overlap_with(bumper.center, bumper.radius, body, radius) else {
            continue;
        };
        let closing = body.repel(breach, POST_RESTITUTION);
        let missing = least_speed - body.velocity.dot(breach.inward);
        // What only lies against it is thrown, too: a ball never rests there.
        if least_speed > 0.0 && missing > 0.0 {
            body.velocity += breach.inward * missing;
        }
        if closing > MIN_HEARD_SPEED {
            reporter.report(EventKind::Post, subject, bumper.center, closing);
        }
    }
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests;
