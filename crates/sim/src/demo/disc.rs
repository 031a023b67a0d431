//! A player's disc: thrust, the kick and the dash.

use crate::{
    checksum::Checksum,
    demo::{
        arena::{BALL_RADIUS, DISC_RADIUS},
        event::{EventKind, Reporter},
        input::Input,
        physics::{Body, STEP_SECONDS},
    },
    vec2::Vec2,
};
use serde::{Deserialize, Serialize};

/// The acceleration of full thrust, in m/s².
pub const THRUST: f32 = 23.0;
/// The part of the thrust that is left while the kick is held: aiming costs speed.
pub const CHARGING_THRUST: f32 = 0.75;
/// The gap between disc and ball that a kick still bridges, in metres.
pub const KICK_REACH: f32 = 0.4;
/// The speed that a kick without charge gives the ball, in m/s.
pub const MIN_KICK_SPEED: f32 = 8.0;
/// The speed that a fully charged kick gives the ball, in m/s.
pub const MAX_KICK_SPEED: f32 = 16.0;
/// Steps that the kick must be held for its full charge.
pub const FULL_CHARGE_STEPS: u8 = 30;
/// Steps after the release in which a ball that comes into reach is still kicked, so that a
/// player who releases a moment early is not punished.
pub const KICK_GRACE_STEPS: u8 = 8;
/// The speed that a dash adds, in m/s.
pub const DASH_SPEED: f32 = 9.0;
/// Steps from one dash to the next.
pub const DASH_COOLDOWN_STEPS: u8 = 90;

/// A player's disc. It can be copied: an array of them is cloned at once.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Disc {
    pub(crate) body: Body,
    /// The buttons of the step before: presses and releases are changes.
    buttons: u8,
    charge: u8,
    /// The charge of the released kick that waits for the ball.
    released_charge: u8,
    grace: u8,
    dash_cooldown: u8,
    /// What a bot in this seat is up to: drawn now and then, see [`crate::demo::bot`].
    pub(crate) whim: i8,
}

impl Disc {
    /// A disc on its place before the first kick-off.
    pub(crate) fn new(place: Vec2) -> Self {
        Self {
            body: Body::resting(place),
            buttons: 0,
            charge: 0,
            released_charge: 0,
            grace: 0,
            dash_cooldown: 0,
            whim: 0,
        }
    }

    /// Where the disc is and how it moves.
    pub fn body(&self) -> Body {
        self.body
    }

    /// Whether the kick is held.
    pub fn is_charging(&self) -> bool {
        self.charge > 0
    }

    /// How far the kick is charged, from 0 (not held) to 1.
    pub fn charge(&self) -> f32 {
        charge_part(self.charge)
    }

    /// Steps until the next dash is possible, from 0 to [`DASH_COOLDOWN_STEPS`].
    pub fn dash_cooldown(&self) -> u8 {
        self.dash_cooldown
    }

    /// The gap between the disc's and the ball's edge, in metres; negative where they overlap.
    pub(crate) fn gap_to(&self, ball: Vec2) -> f32 {
        (ball - self.body.position).length() - (DISC_RADIUS + BALL_RADIUS)
    }

    /// Puts the disc on its place for a kick-off. A held kick stays held.
    pub(crate) fn line_up(&mut self, place: Vec2) {
        self.body = Body::resting(place);
        self.grace = 0;
        self.dash_cooldown = 0;
    }

    /// Lets the time of a step pass for the buttons, whether or not the disc may move.
    pub(crate) fn handle_kick_button(&mut self, input: Input) {
        self.grace = self.grace.saturating_sub(1);
        if input.kick() {
            self.charge = self.charge.saturating_add(1).min(FULL_CHARGE_STEPS);
            self.grace = 0;
        } else if self.charge > 0 {
            self.released_charge = self.charge;
            self.charge = 0;
            self.grace = KICK_GRACE_STEPS;
        }
    }

    /// Accelerates by thrust and dash, and remembers the buttons.
    pub(crate) fn accelerate(
        &mut self,
        seat: usize,
        input: Input,
        may_dash: bool,
        reporter: &mut Reporter<'_>,
    ) {
        let thrust = input.thrust();
        let part = if self.charge > 0 {
            CHARGING_THRUST
        } else {
            1.0
        };
        self.body.velocity += thrust * (THRUST * part * STEP_SECONDS);

        self.dash_cooldown = self.dash_cooldown.saturating_sub(1);
        let pressed = may_dash && input.dash() && self.buttons & Input::DASH == 0;
        if pressed && self.dash_cooldown == 0 {
            // Without thrust the dash goes where the disc goes; at rest it goes nowhere and is
            // kept for later.
            let towards = thrust
                .direction()
                .or_else(|| self.body.velocity.direction());
            if let Some(direction) = towards {
                self.body.velocity += direction * DASH_SPEED;
                self.dash_cooldown = DASH_COOLDOWN_STEPS;
                let Body { position, velocity } = self.body;
                reporter.report(EventKind::Dash, seat, position, velocity.length());
            }
        }
        self.remember_buttons(input);
    }

    /// Remembers the buttons of a step in which the disc may not move.
    pub(crate) fn remember_buttons(&mut self, input: Input) {
        self.buttons = input.buttons & (Input::KICK | Input::DASH);
    }

    /// The velocity that this disc's kick adds to the ball, if one is due and reaches it.
    pub(crate) fn kick(&mut self, ball: Vec2) -> Option<Vec2> {
        if self.grace == 0 || self.gap_to(ball) > KICK_REACH {
            return None;
        }
        let direction = (ball - self.body.position).direction()?;
        self.grace = 0;
        let part = charge_part(self.released_charge);
        Some(direction * (MIN_KICK_SPEED + (MAX_KICK_SPEED - MIN_KICK_SPEED) * part))
    }

    pub(crate) fn hash_into(&self, checksum: &mut Checksum) {
        let Self {
            body,
            buttons,
            charge,
            released_charge,
            grace,
            dash_cooldown,
            whim,
        } = self;
        body.hash_into(checksum);
        checksum.word(u64::from_le_bytes([
            *buttons,
            *charge,
            *released_charge,
            *grace,
            *dash_cooldown,
            whim.to_le_bytes()[0],
            0,
            0,
        ]));
    }
}

/// A charge in steps as a part of the full one, at most 1 whatever was decoded.
fn charge_part(charge: u8) -> f32 {
    f32::from(charge.min(FULL_CHARGE_STEPS)) / f32::from(FULL_CHARGE_STEPS)
}
