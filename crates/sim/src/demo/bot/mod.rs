//! The brain of seats that nobody drives: it meets the ball, shoots, passes and defends.
//!
//! It lives inside the simulation, so it costs no network: every peer computes the same bot. It
//! sees only the world, and thinks as a member of the left team; for the right one it looks at the
//! mirror image. One disc of a team attacks, the one that gets to the ball first, and the others
//! support it: as keepers, or before the opponents' goal. A whim, drawn from the world's generator
//! twice a second, moves its aim: else two equal bots would mirror each other for ever.
//!
//! `level` says what a level can do, `foresight` where ball and discs will be, `player` what a bot
//! does of it, `kick` when it lets the ball go.

mod foresight;
mod kick;
mod level;
mod player;

pub use self::level::Level;
use self::{
    foresight::{MOMENTS, Meeting, ball_path},
    player::Player,
};
use crate::{
    demo::{disc::Disc, flow::Phase, input::Input, physics::Body, team::Team, world::World},
    rng::Rng,
    vec2::{Vec2, within},
};
use protocol::limits::MAX_SEATS;

/// Steps between two whims.
pub(crate) const WHIM_STEPS: u32 = 30;

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
    path: [Vec2; MOMENTS],
    /// By seat.
    meetings: [Meeting; MAX_SEATS],
}

/// So many steps later a player who stands counts on being at the ball: bots do not wait for
/// somebody who may be looking elsewhere.
const STANDING_COST: f32 = 45.0;
/// Whoever is slower than the root of this stands, in m/s.
const STANDING_SPEED_SQUARED: f32 = 0.25;

impl<'a> Bots<'a> {
    /// Those of this world, as it is before a step. Of seats that are not bots' they cannot know
    /// whether somebody plays.
    pub(crate) fn new(world: &'a World, is_bot: impl Fn(usize) -> bool) -> Self {
        let path = ball_path(world.arena(), world.ball());
        let mut meetings = [Meeting::default(); MAX_SEATS];
        for (seat, (meeting, disc)) in meetings.iter_mut().zip(world.discs()).enumerate() {
            *meeting = Meeting::new(&path, disc.body());
            // Being on the wrong side costs.
            let ahead = path[meeting.moment] - disc.body().position;
            if ahead.x * Team::of_seat(seat).attack_sign() < 0.0 {
                meeting.cost += 18.0;
            }
            let speed_squared = disc.body().velocity.length_squared();
            if !is_bot(seat) && speed_squared < STANDING_SPEED_SQUARED {
                meeting.cost += STANDING_COST;
            }
        }
        Self {
            world,
            path,
            meetings,
        }
    }

    /// What the bot would do in this seat.
    pub(crate) fn input(&self, seat: usize) -> Input {
        if !matches!(self.world.phase(), Phase::Play | Phase::KickOff { .. }) {
            return Input::default();
        }
        match self.player(seat) {
            Some(player) => player.act(),
            None => self.step_aside(seat),
        }
    }

    /// Whoever does not play leaves the way between the goals free.
    fn step_aside(&self, seat: usize) -> Input {
        let disc = self.world.discs().get(seat);
        let enough = self.world.arena().half_width * 0.6;
        match disc.is_some_and(|disc| disc.body().position.y < enough) {
            true => Input::new(0.0, 0.5, false, false),
            false => Input::default(),
        }
    }

    /// The player in this seat; none for a level that does not play.
    fn player(&self, seat: usize) -> Option<Player<'_>> {
        let world = self.world;
        let disc = world.discs().get(seat)?;
        let team = Team::of_seat(seat);
        let sign = team.attack_sign();
        let Meeting { moment, cost } = self.meetings[seat];
        let seats = world.seat_count();
        let rank = (seat % 2..seats)
            .step_by(2)
            .filter(|mate| {
                let theirs = self.meetings[*mate].cost;
                theirs < cost || (theirs == cost && *mate < seat)
            })
            .count();
        let mut rival_cost = f32::INFINITY;
        for rival in (1 - seat % 2..seats).step_by(2) {
            let cost = self.meetings[rival].cost;
            if cost < rival_cost {
                rival_cost = cost;
            }
        }
        let skill = world.settings().bots[team.index()].skill()?;
        let mut ball = seen(world.ball(), sign);
        ball.position -= ball.velocity * skill.lag;
        Some(Player {
            world,
            seat,
            sign,
            skill,
            me: seen(disc.body(), sign),
            ball,
            meeting_place: self.path[moment].sided(sign) - ball.velocity * skill.lag,
            moment,
            path: &self.path,
            lead: rival_cost - cost,
            rank,
            whim: within(f32::from(disc.whim) / 127.0, 1.0),
            dash_ready: skill.dashes && world.settings().dash && disc.dash_cooldown() == 0,
            charge: disc.charge(),
        })
    }
}

/// A body as the team sees it whose direction of attack has this sign.
fn seen(body: Body, sign: f32) -> Body {
    Body {
        position: body.position.sided(sign),
        velocity: body.velocity.sided(sign),
    }
}

/// What the bot would do in this seat. A peer without a player can send it as its own input.
pub fn autopilot(world: &World, seat: usize) -> Input {
    // Others that play so do not stand for long.
    Bots::new(world, |_| true).input(seat)
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests;
