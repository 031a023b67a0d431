//! What a bot does in one step: attack, fall back, save, or support a mate.

use super::{
    foresight::{MOMENTS, TOUCHING, thrust_to},
    level::Skill,
    seen,
};
use crate::{
    demo::{
        arena::{Arena, BALL_RADIUS, DISC_RADIUS},
        input::Input,
        physics::Body,
        world::World,
    },
    vec2::{Vec2, within},
};

/// The distance to its place above which it is worth a dash, in metres.
const DASH_DISTANCE: f32 = 4.0;
/// Behind a rival by so many steps, a bot that saves leaves the ball to it and falls back.
const TOO_LATE: f32 = -6.0;

/// The world as one seat sees it, as if its team were the left one.
pub(super) struct Player<'a> {
    pub world: &'a World,
    pub seat: usize,
    pub sign: f32,
    pub skill: &'static Skill,
    pub me: Body,
    pub ball: Body,
    /// Where it can first meet the ball.
    pub meeting_place: Vec2,
    /// When that is, as one of the moments of `path`.
    pub moment: usize,
    /// Where the ball will be, as the world has it.
    pub path: &'a [Vec2; MOMENTS],
    /// How many steps it is at the ball before the first opponent.
    pub lead: f32,
    /// How many mates get to the ball before this disc.
    pub rank: usize,
    /// From -1 to 1.
    pub whim: f32,
    pub dash_ready: bool,
    pub charge: f32,
}

impl Player<'_> {
    pub fn act(&self) -> Input {
        if self.skill.saves && self.rank <= 1 && self.comes_for_our_goal() {
            return self.save();
        }
        match self.rank {
            0 if self.skill.saves && self.lead < TOO_LATE => self.fall_back(),
            0 => self.attack(),
            _ => self.support(),
        }
    }

    pub fn arena(&self) -> &'static Arena {
        self.world.arena()
    }

    /// The other discs as this team sees them: first the mates, then the opponents.
    pub fn mates(&self) -> impl Iterator<Item = Body> {
        let here = self.seat;
        self.discs(here % 2)
            .filter_map(move |(seat, disc)| (seat != here).then_some(disc))
    }

    /// The opponents as this team sees them.
    pub fn rivals(&self) -> impl Iterator<Item = Body> {
        self.discs(1 - self.seat % 2).map(|(_, disc)| disc)
    }

    fn discs(&self, first: usize) -> impl Iterator<Item = (usize, Body)> {
        let sign = self.sign;
        let discs = self.world.discs().iter().enumerate();
        let team = discs.skip(first).step_by(2);
        team.map(move |(seat, disc)| (seat, seen(disc.body(), sign)))
    }

    fn input(&self, thrust: Vec2, kick: bool, dash: bool) -> Input {
        let thrust = thrust.clamped(1.0) * self.skill.thrust;
        Input::new(thrust.x * self.sign, thrust.y, kick, dash)
    }

    /// Goes to the point of the field nearest to `place` and stops there, and dashes if it is far
    /// and the way is taken already.
    fn go_to(&self, place: Vec2, kick: bool) -> Input {
        let way = self.arena().nearest(place, DISC_RADIUS) - self.me.position;
        // Less thrust near the place, and against the momentum, to stop there.
        let thrust = way * 1.6 - self.me.velocity * 0.25;
        let heading = self.me.velocity.dot(way);
        let far = way.length_squared() > DASH_DISTANCE * DASH_DISTANCE;
        self.input(thrust, kick, self.dash_ready && far && heading > 0.0)
    }

    /// Is at `place` at a moment, at any speed.
    fn be_at(&self, place: Vec2, moment: usize, kick: bool) -> Input {
        let place = self.arena().nearest(place, DISC_RADIUS);
        let thrust = thrust_to(self.me, place, moment);
        // Dashing where thrust is too slow by far, and only along its way.
        let late = thrust.length_squared() > 2.2 * 2.2;
        let along = self.me.velocity.dot(thrust) > 0.0;
        self.input(thrust, kick, self.dash_ready && late && along)
    }

    /// Where to shoot: the part of the goal that is furthest from the opponents' reach.
    fn aim(&self, from: Vec2) -> Vec2 {
        let arena = self.arena();
        let goal = arena.half_length + 0.5;
        let half = arena.goal_half_width - 0.8;
        let moved = self.whim * self.skill.error * half;
        if !self.skill.looks {
            return Vec2::new(goal, moved);
        }
        let mut best = (Vec2::new(goal, 0.0), f32::NEG_INFINITY);
        let approach = from - self.me.position;
        for part in [0.0, 0.85, -0.85] {
            let target = Vec2::new(goal, half * part + moved);
            let way = target - from;
            let length = way.length();
            let Some(direction) = way.direction() else {
                continue;
            };
            let mut open = 2.5;
            for rival in self.rivals() {
                let off = off_lane(from, direction, length, rival.position);
                if off < open {
                    open = off;
                }
            }
            // An open way, and one that needs no detour.
            let straight = approach.direction().map_or(0.0, |to| to.dot(direction));
            let value = open + straight * 1.5;
            if value > best.1 {
                best = (target, value);
            }
        }
        best.0
    }

    fn attack(&self) -> Input {
        let ball = self.arena().nearest(self.meeting_place, BALL_RADIUS);
        let shot = (self.aim(ball) - ball)
            .direction()
            .unwrap_or(Vec2::new(1.0, 0.0));
        let to_ball = ball - self.me.position;
        let behind = to_ball.dot(shot);
        let kick = self.holds_kick();

        if behind < 0.3 {
            return self.go_to(self.way_around(ball, shot), kick);
        }
        // Off the line of the shot it goes to the line first, and on it through the ball.
        let off = (to_ball - shot * behind).length();
        if off > 0.35 && behind < 2.5 {
            return self.go_to(ball - shot * (TOUCHING + 0.5), kick);
        }
        if self.skill.looks && self.moment > 0 {
            let place = ball - shot * (TOUCHING * 0.8);
            return self.be_at(place, self.moment, kick);
        }
        self.go_to(ball + shot * 1.5, kick)
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
        match self.arena().nearest(place, DISC_RADIUS) == place {
            true => place,
            false => beside(-near),
        }
    }

    /// Whether the ball rolls into the own goal unless somebody meets it.
    fn comes_for_our_goal(&self) -> bool {
        let line = -self.arena().half_length;
        let last = self.path[MOMENTS - 1].sided(self.sign);
        self.ball.velocity.x < -1.0 && last.x < line && last.y.abs() < self.arena().goal_half_width
    }

    /// Meets the ball before the goal: from behind where there is time, else anyhow.
    fn save(&self) -> Input {
        let line = -self.arena().half_length;
        // The place on its way that is nearest in time and thrust.
        let mut best = (1, f32::INFINITY);
        for moment in 1..MOMENTS {
            let ball = self.path[moment].sided(self.sign);
            if ball.x < line + 0.2 {
                break;
            }
            let place = ball + Vec2::new(-0.5, 0.0);
            let need = thrust_to(self.me, place, moment).length_squared();
            if need < best.1 {
                best = (moment, need);
            }
        }
        let ball = self.path[best.0].sided(self.sign);
        self.be_at(ball + Vec2::new(-0.5, 0.0), best.0, self.holds_kick())
    }

    /// Stays between the ball and the own goal while an opponent has the ball, near enough to
    /// challenge.
    fn fall_back(&self) -> Input {
        let home = Vec2::new(-self.arena().half_length, 0.0);
        let ball = self.meeting_place;
        let way = home - ball;
        let length = way.length();
        let depth = within(1.4 + length * 0.22, length);
        let place = ball + way.direction().unwrap_or(Vec2::new(-1.0, 0.0)) * depth;
        self.go_to(place, self.holds_kick())
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
        Vec2::new(self.arena().half_length * 0.6, (2.0 + self.whim) * side)
    }

    /// Between the ball and the own goal; the further back, the more mates are before it.
    fn keeper_place(&self) -> Vec2 {
        let home = Vec2::new(-self.arena().half_length + 1.2, 0.0);
        let advance = match self.rank {
            1 => 0.45,
            2 => 0.2,
            _ => 0.08,
        };
        let place = home + (self.ball.position - home) * advance;
        let restless = if self.skill.saves { 0.4 } else { 1.4 };
        place + Vec2::new(0.0, self.whim * restless)
    }
}

/// How far a place is off a lane of this length.
pub(super) fn off_lane(from: Vec2, direction: Vec2, length: f32, place: Vec2) -> f32 {
    let to = place - from;
    let along = to.dot(direction);
    if along < 0.0 || along > length {
        return f32::INFINITY;
    }
    (to - direction * along).length()
}
