//! The brain of seats that nobody drives: it chases, shoots and defends.
//!
//! It lives inside the simulation, so it costs no network: every peer computes the same bot. It
//! sees only the world, and thinks as a member of the left team; for the right one it looks at the
//! mirror image. One disc of a team attacks, the one that gets to the ball first, and the others
//! support it: as keepers, or before the opponents' goal. A whim, drawn from the world's generator twice a second, moves its aim: else two equal
//! bots would mirror each other for ever.

use crate::{
    arena::{BALL_RADIUS, DISC_RADIUS, GOAL_HALF_WIDTH, HALF_LENGTH, HALF_WIDTH},
    disc::{Disc, KICK_REACH},
    flow::Phase,
    input::Input,
    physics::Body,
    rng::Rng,
    team::Team,
    vec2::{Vec2, within},
    world::World,
};
use protocol::limits::MAX_SEATS;

/// Steps between two whims.
pub(crate) const WHIM_STEPS: u32 = 30;

/// The speed that a bot counts on when it judges its way to the ball, in m/s.
const CRUISING_SPEED: f32 = 6.5;
/// How far ahead the bot sees the ball, in seconds.
const MAX_FORESIGHT: f32 = 0.8;
/// The distance between centres at which disc and ball touch.
const TOUCHING: f32 = DISC_RADIUS + BALL_RADIUS;
/// The distance to the ball below which the bot holds the kick.
const READY_DISTANCE: f32 = 2.4;
/// The distance to its place above which it is worth a dash.
const DASH_DISTANCE: f32 = 4.0;

/// Draws a new whim for every disc, also for those without a bot: who drives a seat must not
/// change the others' numbers.
pub(crate) fn draw_whims(discs: &mut [Disc], rng: &mut Rng) {
    for (disc, whim) in discs.iter_mut().zip(rng.next_u64().to_le_bytes()) {
        disc.whim = i8::from_le_bytes([whim]);
    }
}

/// What the bots of one world think with: what several of them look at is worked out once.
pub(crate) struct Bots<'a> {
    world: &'a World,
    /// By seat, as its own team sees it.
    ways: [Way; MAX_SEATS],
}

/// A disc's way to the ball.
#[derive(Clone, Copy, Default)]
struct Way {
    distance: f32,
    /// How long it takes to get behind the ball, as a distance.
    cost: f32,
}

impl Way {
    fn new(me: Body, ball: Body) -> Self {
        let way = ball.position - me.position;
        // Being on the wrong side costs.
        let detour = if way.x < 0.0 { 3.0 } else { 0.0 };
        let distance = way.length();
        Self {
            distance,
            cost: distance + detour,
        }
    }
}

/// A body as the team sees it whose direction of attack has this sign.
fn seen(body: Body, sign: f32) -> Body {
    Body {
        position: body.position.sided(sign),
        velocity: body.velocity.sided(sign),
    }
}

impl<'a> Bots<'a> {
    /// Those of this world, as it is before a step.
    pub(crate) fn new(world: &'a World) -> Self {
        let mut ways = [Way::default(); MAX_SEATS];
        for (seat, (way, disc)) in ways.iter_mut().zip(world.discs()).enumerate() {
            let sign = Team::of_seat(seat).attack_sign();
            *way = Way::new(seen(disc.body(), sign), seen(world.ball(), sign));
        }
        Self { world, ways }
    }

    /// What the bot would do in this seat.
    pub(crate) fn input(&self, seat: usize) -> Input {
        if !matches!(self.world.phase(), Phase::Play | Phase::KickOff { .. }) {
            return Input::default();
        }
        match self.view(seat) {
            None => Input::default(),
            Some(view) if view.rank == 0 => view.attack(),
            Some(view) => view.support(),
        }
    }

    fn view(&self, seat: usize) -> Option<View> {
        let world = self.world;
        let disc = world.discs().get(seat)?;
        let sign = Team::of_seat(seat).attack_sign();
        let Way { distance, cost } = self.ways[seat];
        let rank = (seat % 2..world.seat_count())
            .step_by(2)
            .filter(|mate| {
                let theirs = self.ways[*mate].cost;
                theirs < cost || (theirs == cost && *mate < seat)
            })
            .count();
        Some(View {
            sign,
            me: seen(disc.body(), sign),
            ball: seen(world.ball(), sign),
            distance,
            whim: within(f32::from(disc.whim) / 127.0, 1.0),
            rank,
            dash_ready: disc.dash_cooldown() == 0,
            charge: disc.charge(),
        })
    }
}

/// What the world looks like to one seat, as if its team were the left one.
struct View {
    sign: f32,
    me: Body,
    ball: Body,
    /// From this disc to the ball.
    distance: f32,
    /// From -1 to 1.
    whim: f32,
    /// How many mates get to the ball before this disc.
    rank: usize,
    dash_ready: bool,
    charge: f32,
}

impl View {
    /// The input that goes to the point of the field nearest to `place`, and dashes if it is far
    /// and the way is taken already.
    fn go_to(&self, place: Vec2, kick: bool) -> Input {
        let way = in_field(place, DISC_RADIUS) - self.me.position;
        // Less thrust near the place, and against the momentum, to stop there.
        let thrust = (way * 1.6 - self.me.velocity * 0.25).clamped(1.0);
        let heading = self.me.velocity.dot(way);
        let far = way.length_squared() > DASH_DISTANCE * DASH_DISTANCE;
        let dash = self.dash_ready && far && heading > 0.0;
        Input::new(thrust.x * self.sign, thrust.y, kick, dash)
    }

    /// Where the ball will be when this disc can be there.
    fn met_ball(&self) -> Vec2 {
        let time = within(self.distance / CRUISING_SPEED, MAX_FORESIGHT);
        let ahead = self.ball.position + self.ball.velocity * time;
        in_field(ahead, BALL_RADIUS)
    }

    fn attack(&self) -> Input {
        let ball = self.met_ball();
        let goal = Vec2::new(HALF_LENGTH + 0.5, self.whim * (GOAL_HALF_WIDTH - 0.9));
        let shot = (goal - ball).direction().unwrap_or(Vec2::new(1.0, 0.0));
        let to_ball = ball - self.me.position;
        let behind = to_ball.dot(shot);
        let kick = self.holds_kick();

        if behind < 0.3 {
            return self.go_to(self.way_around(ball, shot), kick);
        }
        // Off the line of the shot it goes to the line first, and on it through the ball.
        let off = (to_ball - shot * behind).length();
        let place = if off > 0.35 && behind < 2.5 {
            ball - shot * (TOUCHING + 0.5)
        } else {
            ball + shot * 1.5
        };
        self.go_to(place, kick)
    }

    /// A place beside the ball on the way to where the shot can be taken from, so that the ball is
    /// not pushed towards the own goal.
    fn way_around(&self, ball: Vec2, shot: Vec2) -> Vec2 {
        let across = Vec2::new(-shot.y, shot.x);
        let beside = |side: f32| ball + across * (side * (TOUCHING + 0.4)) - shot * TOUCHING;
        let near = if (self.me.position - ball).dot(across) < 0.0 {
            -1.0
        } else {
            1.0
        };
        // Where a wall leaves no room, it goes around on the other side.
        let place = beside(near);
        match in_field(place, DISC_RADIUS) == place {
            true => place,
            false => beside(-near),
        }
    }

    /// Holds the kick near the ball, and releases it when a kick now would do good.
    fn holds_kick(&self) -> bool {
        if self.distance > READY_DISTANCE {
            return false;
        }
        let to_ball = self.ball.position - self.me.position;
        let in_reach = self.distance < TOUCHING + KICK_REACH;
        let Some(direction) = to_ball
            .direction()
            .filter(|_| in_reach && self.charge > 0.0)
        else {
            return true;
        };
        // A ball that rests is stuck between this disc and something: any kick is better than none.
        let stuck = self.charge >= 1.0 && self.ball.velocity.length_squared() < 1.0;
        if direction.x < 0.2 {
            return !(stuck && direction.x > -0.5);
        }
        let flight = (HALF_LENGTH - self.ball.position.x) / direction.x;
        let arrives = self.ball.position.y + direction.y * flight;
        let on_target = arrives.abs() < GOAL_HALF_WIDTH - BALL_RADIUS;
        let clears = self.ball.position.x < -HALF_LENGTH / 3.0;
        // A long shot waits for its charge, a short one does not.
        let strong = self.charge > 0.5 || self.ball.position.x > HALF_LENGTH / 2.0;
        !((on_target && strong) || clears || stuck)
    }

    /// What a disc does that leaves the ball to a mate: while the ball is in the opponents' half,
    /// every other one waits for it before their goal.
    fn support(&self) -> Input {
        let ahead = self.ball.position.x > 0.0 && self.rank % 2 == 1;
        let place = if ahead {
            self.striker_place()
        } else {
            self.keeper_place()
        };
        self.go_to(place, self.holds_kick())
    }

    /// Across from the ball, where rebounds and passes come.
    fn striker_place(&self) -> Vec2 {
        let side = if self.ball.position.y < 0.0 {
            1.0
        } else {
            -1.0
        };
        Vec2::new(HALF_LENGTH * 0.6, (2.0 + self.whim) * side)
    }

    /// Between the ball and the own goal; the further back, the more mates are before it.
    fn keeper_place(&self) -> Vec2 {
        let home = Vec2::new(-HALF_LENGTH + 1.2, 0.0);
        let advance = match self.rank {
            1 => 0.45,
            2 => 0.2,
            _ => 0.08,
        };
        let place = home + (self.ball.position - home) * advance;
        place + Vec2::new(0.0, self.whim * 1.4)
    }
}

/// The point nearest to `place` where a circle is inside of the field's rectangle.
fn in_field(place: Vec2, radius: f32) -> Vec2 {
    Vec2::new(
        within(place.x, HALF_LENGTH - radius),
        within(place.y, HALF_WIDTH - radius),
    )
}

/// What the bot would do in this seat. A peer without a player can send it as its own input.
pub fn autopilot(world: &World, seat: usize) -> Input {
    Bots::new(world).input(seat)
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests;
