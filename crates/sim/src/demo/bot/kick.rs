//! When a bot lets the ball go: at goal, to a mate, or away from its own goal.

use super::{
    foresight::{Roll, TOUCHING, folded},
    player::{Player, off_lane},
};
use crate::{
    demo::{
        arena::{BALL_RADIUS, DISC_RADIUS, Outline},
        disc::{KICK_REACH, MAX_KICK_SPEED, MIN_KICK_SPEED},
        physics::Body,
    },
    vec2::Vec2,
};

/// The distance to the ball below which the bot holds the kick, in metres.
const READY_DISTANCE: f32 = 2.4;

impl Player<'_> {
    /// Holds the kick near the ball, and releases it when a kick now would do good.
    pub fn holds_kick(&self) -> bool {
        let to_ball = self.ball.position - self.me.position;
        let distance = to_ball.length();
        if distance > READY_DISTANCE {
            return false;
        }
        let in_reach = distance < TOUCHING + KICK_REACH;
        let Some(direction) = to_ball
            .direction()
            .filter(|_| in_reach && self.charge > 0.0)
        else {
            return true;
        };
        // A ball that rests is stuck between this disc and something: any kick is better than none.
        let stuck = self.charge >= 1.0 && self.ball.velocity.length_squared() < 1.0;
        if stuck && direction.x > -0.5 {
            return false;
        }
        if self.skill.looks {
            return !self.would_do_good(direction);
        }
        if direction.x < 0.2 {
            return true;
        }
        let half_length = self.arena().half_length;
        let on_target = self.hits_goal(direction, false);
        let clears = self.ball.position.x < -half_length / 3.0;
        // A long shot waits for its charge, a short one does not.
        let strong = self.charge > 0.5 || self.ball.position.x > half_length / 2.0;
        !((on_target && strong) || clears)
    }

    /// Whether the ball would come into the goal if it flew so, or off a side wall.
    fn hits_goal(&self, flies: Vec2, by_wall: bool) -> bool {
        let arena = self.arena();
        let mouth = arena.goal_half_width - BALL_RADIUS;
        if by_wall && matches!(arena.outline, Outline::Hexagon { .. }) {
            let ball = Body {
                position: self.ball.position,
                velocity: flies,
            };
            let arrives = Roll::new(arena, ball).arrival();
            return arrives.is_some_and(|height| height.abs() < mouth);
        }
        let Some(way) = flies.direction().filter(|way| way.x >= 0.1) else {
            return false;
        };
        let flight = (arena.half_length - self.ball.position.x) / way.x;
        let mut arrives = self.ball.position.y + way.y * flight;
        if by_wall {
            arrives = folded(arrives, arena.half_width - BALL_RADIUS);
        }
        arrives.abs() < mouth
    }

    /// Whether a kick in this direction scores, finds a mate, or brings the ball out of danger.
    fn would_do_good(&self, direction: Vec2) -> bool {
        let part = MIN_KICK_SPEED + (MAX_KICK_SPEED - MIN_KICK_SPEED) * self.charge;
        let speed = part * self.world.settings().ball.kick_part();
        let flies = self.ball.velocity + direction * speed;
        let Some(way) = flies.direction() else {
            return false;
        };
        let half_length = self.arena().half_length;
        let from = self.ball.position;
        let to_line = half_length - from.x;
        if self.hits_goal(flies, true) {
            // Drag takes from the speed by the metre: a weak shot is a gift to the keeper.
            let arrives_fast = flies.length() > 5.0 + to_line * 0.67;
            let pressed = self.lead < 12.0;
            if pressed || arrives_fast && self.is_open(from, way, to_line) {
                return true;
            }
        }
        if from.x < -half_length / 3.0 && way.x > 0.2 {
            return self.is_open(from, way, 4.0) || self.lead < 12.0;
        }
        self.finds_mate(from, way)
    }

    /// Whether no opponent stands on a lane.
    fn is_open(&self, from: Vec2, way: Vec2, length: f32) -> bool {
        let width = DISC_RADIUS + BALL_RADIUS + 0.2;
        let mut rivals = self.rivals();
        rivals.all(|rival| off_lane(from, way, length, rival.position) > width)
    }

    /// Whether a mate further ahead takes what comes on this way before any opponent.
    fn finds_mate(&self, from: Vec2, way: Vec2) -> bool {
        self.mates().any(|mate| {
            let to = mate.position - from;
            let length = to.length();
            let ahead = to.x > 1.5 && length > 3.0;
            ahead
                && off_lane(from, way, length + 1.0, mate.position) < 0.9
                && self.is_open(from, way, length)
        })
    }
}
