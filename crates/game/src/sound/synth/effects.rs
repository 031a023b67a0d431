//! The recipes of what ends: hits, signals, clicks.

use super::part::{
    Part,
    Wave::{Saw, Sine, Triangle},
    noise, tone,
};

/// A small wooden knock.
pub const CLICK: &[Part] = &[
    tone(Sine, 1_500.0, 950.0)
        .when(0.0, 0.06, 1.0)
        .struck(0.001, 0.014),
    noise(1).when(0.0, 0.012, 0.25).above(3_000.0),
];

/// Half of a knock.
pub const FOCUS: &[Part] = &[tone(Sine, 1_050.0, 1_000.0)
    .when(0.0, 0.045, 1.0)
    .struck(0.003, 0.012)];

/// A thump that falls, the slap of the contact, and the spring of the disc.
pub const KICK: &[Part] = &[
    tone(Sine, 240.0, 52.0)
        .when(0.0, 0.24, 1.0)
        .struck(0.001, 0.07),
    tone(Triangle, 620.0, 180.0)
        .when(0.0, 0.09, 0.35)
        .struck(0.001, 0.02),
    noise(2)
        .when(0.0, 0.03, 0.5)
        .struck(0.001, 0.007)
        .above(1_200.0),
];

/// A light body that is struck.
pub const TOUCH: &[Part] = &[
    tone(Sine, 430.0, 300.0)
        .when(0.0, 0.11, 1.0)
        .struck(0.001, 0.028),
    noise(3)
        .when(0.0, 0.02, 0.3)
        .struck(0.001, 0.005)
        .above(900.0),
];

/// Two heavy bodies that are.
pub const BUMP: &[Part] = &[
    tone(Triangle, 190.0, 95.0)
        .when(0.0, 0.17, 1.0)
        .struck(0.001, 0.045),
    tone(Sine, 310.0, 240.0)
        .when(0.0, 0.1, 0.4)
        .struck(0.001, 0.02),
    noise(4)
        .when(0.0, 0.05, 0.35)
        .struck(0.001, 0.012)
        .below(2_500.0, 900.0),
];

/// Light that is plucked: a fifth, and a knock.
pub const WALL: &[Part] = &[
    tone(Triangle, 392.0, 388.0)
        .when(0.0, 0.23, 0.7)
        .struck(0.001, 0.05),
    tone(Sine, 588.0, 584.0)
        .when(0.0, 0.2, 0.5)
        .struck(0.001, 0.035),
    noise(5)
        .when(0.0, 0.025, 0.4)
        .struck(0.001, 0.006)
        .below(4_000.0, 1_500.0),
];

/// The partials of a metal bar: none is a multiple of another.
pub const POST: &[Part] = &[
    tone(Sine, 1_046.0, 1_044.0)
        .when(0.0, 0.78, 0.8)
        .struck(0.001, 0.2),
    tone(Sine, 2_884.0, 2_880.0)
        .when(0.0, 0.5, 0.45)
        .struck(0.001, 0.1),
    tone(Sine, 5_652.0, 5_650.0)
        .when(0.0, 0.25, 0.2)
        .struck(0.001, 0.04),
    tone(Sine, 180.0, 120.0)
        .when(0.0, 0.12, 0.5)
        .struck(0.001, 0.03),
];

/// Air that opens.
pub const DASH: &[Part] = &[
    noise(6)
        .when(0.0, 0.33, 1.0)
        .swelling(0.06, 0.24)
        .below(900.0, 3_800.0)
        .above(400.0),
    tone(Triangle, 120.0, 420.0)
        .when(0.0, 0.22, 0.25)
        .swelling(0.03, 0.15),
];

/// A bell that is soon quiet.
pub const COUNT: &[Part] = &[
    tone(Sine, 660.0, 660.0)
        .when(0.0, 0.19, 1.0)
        .struck(0.003, 0.06),
    tone(Sine, 1_320.0, 1_320.0)
        .when(0.0, 0.12, 0.25)
        .struck(0.002, 0.03),
];

/// Two tones that beat against each other, as the pea of a whistle makes them.
pub const WHISTLE: &[Part] = &[
    tone(Sine, 2_180.0, 2_230.0)
        .when(0.0, 0.48, 1.0)
        .swelling(0.03, 0.12),
    tone(Sine, 2_225.0, 2_270.0)
        .when(0.0, 0.48, 0.8)
        .swelling(0.03, 0.12),
    noise(7)
        .when(0.0, 0.48, 0.3)
        .swelling(0.02, 0.15)
        .above(1_800.0),
];

/// A horn's chord, A major over its fifth, and a run that rises above it.
pub const GOAL: &[Part] = &[
    tone(Saw, 110.0, 110.0)
        .when(0.0, 1.55, 0.8)
        .swelling(0.03, 0.7)
        .below(900.0, 1_400.0),
    tone(Saw, 164.8, 164.8)
        .when(0.0, 1.55, 0.6)
        .swelling(0.03, 0.7)
        .below(900.0, 1_400.0),
    tone(Saw, 220.0, 221.0)
        .when(0.0, 1.55, 0.5)
        .swelling(0.03, 0.7)
        .below(1_100.0, 1_700.0),
    tone(Saw, 277.2, 276.4)
        .when(0.0, 1.55, 0.5)
        .swelling(0.03, 0.7)
        .below(1_100.0, 1_700.0),
    tone(Sine, 90.0, 40.0)
        .when(0.0, 0.5, 1.2)
        .struck(0.002, 0.15),
    tone(Triangle, 440.0, 440.0)
        .when(0.08, 0.3, 0.5)
        .struck(0.003, 0.12),
    tone(Triangle, 554.4, 554.4)
        .when(0.18, 0.3, 0.5)
        .struck(0.003, 0.12),
    tone(Triangle, 659.3, 659.3)
        .when(0.28, 0.3, 0.5)
        .struck(0.003, 0.12),
    tone(Triangle, 880.0, 880.0)
        .when(0.38, 0.9, 0.6)
        .struck(0.003, 0.3),
];

/// Many voices: hiss in the bands of open vowels, and a few that whistle.
pub const CHEER: &[Part] = &[
    noise(8)
        .when(0.0, 1.6, 1.0)
        .swelling(0.35, 0.9)
        .below(1_100.0, 1_500.0)
        .above(350.0),
    noise(9)
        .when(0.7, 1.6, 0.8)
        .swelling(0.7, 0.9)
        .below(1_500.0, 1_000.0)
        .above(350.0),
    noise(10)
        .when(1.4, 1.58, 0.5)
        .swelling(0.7, 0.85)
        .below(1_000.0, 500.0)
        .above(250.0),
    noise(11)
        .when(0.1, 1.5, 0.25)
        .swelling(0.5, 0.9)
        .below(3_600.0, 2_400.0)
        .above(1_800.0),
    tone(Sine, 1_500.0, 2_600.0)
        .when(0.5, 0.35, 0.05)
        .swelling(0.1, 0.2),
    tone(Sine, 1_800.0, 2_900.0)
        .when(1.1, 0.3, 0.04)
        .swelling(0.1, 0.2),
];

/// A low throb that tightens: A, then the half tone above it, under a rising light.
pub const GOLDEN_GOAL: &[Part] = &[
    tone(Saw, 55.0, 55.0)
        .when(0.0, 0.5, 1.0)
        .swelling(0.02, 0.3)
        .below(300.0, 700.0),
    tone(Saw, 58.3, 58.3)
        .when(0.45, 0.5, 1.0)
        .swelling(0.02, 0.3)
        .below(400.0, 900.0),
    tone(Saw, 55.0, 55.0)
        .when(0.9, 0.85, 1.1)
        .swelling(0.02, 0.6)
        .below(500.0, 1_400.0),
    tone(Sine, 440.0, 880.0)
        .when(0.0, 1.4, 0.3)
        .swelling(1.1, 0.25),
    tone(Sine, 660.0, 1_320.0)
        .when(0.3, 1.2, 0.2)
        .swelling(0.9, 0.25),
    tone(Sine, 1_760.0, 1_760.0)
        .when(1.3, 0.48, 0.4)
        .struck(0.004, 0.16),
];

/// A long whistle's end and a fanfare that comes home.
pub const OVER: &[Part] = &[
    tone(Sine, 2_180.0, 2_200.0)
        .when(0.0, 0.7, 0.35)
        .swelling(0.03, 0.2),
    tone(Sine, 2_225.0, 2_240.0)
        .when(0.0, 0.7, 0.28)
        .swelling(0.03, 0.2),
    tone(Triangle, 329.6, 329.6)
        .when(0.45, 0.3, 0.7)
        .struck(0.005, 0.2),
    tone(Triangle, 440.0, 440.0)
        .when(0.65, 0.3, 0.7)
        .struck(0.005, 0.2),
    tone(Triangle, 554.4, 554.4)
        .when(0.85, 1.1, 0.7)
        .struck(0.005, 0.5),
    tone(Triangle, 659.3, 659.3)
        .when(0.85, 1.1, 0.6)
        .struck(0.005, 0.5),
    tone(Saw, 110.0, 110.0)
        .when(0.85, 1.12, 0.6)
        .swelling(0.02, 0.8)
        .below(1_000.0, 400.0),
];

/// A fifth upwards.
pub const JOIN: &[Part] = &[
    tone(Sine, 523.3, 523.3)
        .when(0.0, 0.18, 0.8)
        .struck(0.004, 0.07),
    tone(Sine, 784.0, 784.0)
        .when(0.1, 0.29, 1.0)
        .struck(0.004, 0.09),
];

/// A fifth downwards.
pub const LEAVE: &[Part] = &[
    tone(Sine, 659.3, 659.3)
        .when(0.0, 0.18, 0.8)
        .struck(0.004, 0.07),
    tone(Sine, 440.0, 440.0)
        .when(0.1, 0.29, 1.0)
        .struck(0.004, 0.09),
];
