//! What a player does in one step: 3 bytes on the wire.

use crate::vec2::{Vec2, within};
use serde::{Deserialize, Serialize};

/// The thrust and the buttons of one step. Any bytes are a valid input.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Input {
    /// Thrust to the right in 127ths; -128 counts as -127.
    pub thrust_x: i8,
    /// Thrust upwards in 127ths; -128 counts as -127.
    pub thrust_y: i8,
    /// [`Input::KICK`] and [`Input::DASH`]; other bits mean nothing.
    pub buttons: u8,
}

impl Input {
    /// The bit of the kick button: held to charge, released to kick.
    pub const KICK: u8 = 1;
    /// The bit of the dash button: acts when it goes down.
    pub const DASH: u8 = 2;

    /// An input from axes between -1 and 1, as a stick, keys or a bot give them. What is beyond is
    /// clamped, and a NaN is 0.
    pub fn new(x: f32, y: f32, kick: bool, dash: bool) -> Self {
        // A conversion to an integer cuts towards zero and takes NaN to 0, on every target.
        let axis = |value: f32| (within(value, 1.0) * 127.0) as i8;
        let button = |down, bit| if down { bit } else { 0 };
        Self {
            thrust_x: axis(x),
            thrust_y: axis(y),
            buttons: button(kick, Self::KICK) | button(dash, Self::DASH),
        }
    }

    /// The thrust, at most 1 long: the corners of a square stick or of two keys give no more.
    pub fn thrust(self) -> Vec2 {
        let axis = |value: i8| within(f32::from(value) / 127.0, 1.0);
        Vec2::new(axis(self.thrust_x), axis(self.thrust_y)).clamped(1.0)
    }

    /// Whether the kick button is down.
    pub fn kick(self) -> bool {
        self.buttons & Self::KICK != 0
    }

    /// Whether the dash button is down.
    pub fn dash(self) -> bool {
        self.buttons & Self::DASH != 0
    }
}
