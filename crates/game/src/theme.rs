//! The look in one place: colours and sizes.
//!
//! Sizes of text and widgets are in hundredths of the smaller side of the scene that they are
//! shown in (`VMin`), so every screen is laid out for a square of 100 by 100 and holds at any
//! window, half a window included.

use bevy::prelude::*;

/// Behind everything, also the window's bars.
pub const NIGHT: Color = Color::srgb(0.016, 0.020, 0.043);
/// The floor of the arena.
pub const FLOOR: Color = Color::srgb(0.030, 0.040, 0.080);
/// Lines on the floor.
pub const LINE: Color = Color::srgba(0.42, 0.52, 0.95, 0.20);
/// The arena's walls.
pub const WALL: Color = Color::srgb(0.50, 0.58, 0.98);
/// The ball.
pub const BALL: Color = Color::srgb(0.96, 1.0, 0.88);
/// Ordinary text.
pub const TEXT: Color = Color::srgb(0.88, 0.91, 1.0);
/// Text that matters less.
pub const FAINT: Color = Color::srgb(0.55, 0.60, 0.76);
/// Text and frames of what went wrong.
pub const ALARM: Color = Color::srgb(1.0, 0.42, 0.46);
/// What can be pressed.
pub const ACCENT: Color = Color::srgb(0.62, 0.69, 1.0);
/// A widget's ground.
pub const PANEL: Color = Color::srgba(0.10, 0.12, 0.23, 0.85);
/// A widget's ground under the pointer.
pub const PANEL_HOVER: Color = Color::srgba(0.17, 0.21, 0.40, 0.95);
/// A widget's ground while pressed.
pub const PANEL_PRESSED: Color = Color::srgba(0.28, 0.34, 0.62, 1.0);
/// Laid over the arena below text.
pub const VEIL: Color = Color::srgba(0.016, 0.020, 0.043, 0.86);

/// Text sizes, in `VMin`.
pub mod size {
    /// The game's name.
    pub const TITLE: f32 = 13.0;
    /// A screen's heading, and the banner over the arena.
    pub const HEADING: f32 = 8.5;
    /// The score.
    pub const SCORE: f32 = 8.0;
    /// Buttons, names, sentences.
    pub const BODY: f32 = 4.4;
    /// Hints.
    pub const SMALL: f32 = 3.4;
    /// Figures and keys at the edge of a match.
    pub const TINY: f32 = 2.9;
}

/// Parts of a scene that its heads-up display takes from the arena, in `VMin`.
pub mod inset {
    /// Above: score, names and clock.
    pub const TOP: f32 = 17.0;
    /// Below: round trip and keys.
    pub const BOTTOM: f32 = 7.0;
    /// Left and right.
    pub const SIDE: f32 = 2.0;
}

/// A team's colour: orange and blue, which every kind of colour blindness tells apart. The
/// discs' emblems differ too.
pub fn team(team: usize) -> Color {
    match team {
        0 => Color::srgb(1.0, 0.624, 0.110),
        _ => Color::srgb(0.180, 0.769, 0.945),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bevy::{color::Oklaba, math::Mat3};

    /// How the colour-blind see linear light, by rows, at full severity: Machado, Oliveira and
    /// Fernandes, "A Physiologically-based Model for Simulation of Color Vision Deficiency" (2009),
    /// after what everybody else sees.
    const EYES: [(&str, [[f32; 3]; 3]); 4] = [
        ("usual", [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]),
        (
            "protanopia",
            [
                [0.152286, 1.052583, -0.204868],
                [0.114503, 0.786281, 0.099216],
                [-0.003882, -0.048116, 1.051998],
            ],
        ),
        (
            "deuteranopia",
            [
                [0.367322, 0.860646, -0.227968],
                [0.280085, 0.672501, 0.047413],
                [-0.011820, 0.042940, 0.968881],
            ],
        ),
        (
            "tritanopia",
            [
                [1.255528, -0.076749, -0.178779],
                [-0.078411, 0.930809, 0.147602],
                [0.004733, 0.691367, 0.303900],
            ],
        ),
    ];

    /// A colour in a space in which distances are as large as they look.
    fn seen(eye: &[[f32; 3]; 3], color: Color) -> Vec3 {
        let light = color.to_linear();
        let rows = Mat3::from_cols_array_2d(eye).transpose();
        let light = rows * Vec3::new(light.red, light.green, light.blue);
        let light = light.clamp(Vec3::ZERO, Vec3::ONE);
        let lab = Oklaba::from(LinearRgba::rgb(light.x, light.y, light.z));
        Vec3::new(lab.lightness, lab.a, lab.b)
    }

    #[test]
    fn every_eye_tells_the_teams_and_the_ball_apart() {
        // In Oklab 0.02 is just seen; black and white are 1 apart.
        const APART: f32 = 0.2;
        const FROM_FLOOR: f32 = 0.5;
        for (name, eye) in &EYES {
            let [left, right, ball, floor] =
                [team(0), team(1), BALL, FLOOR].map(|color| seen(eye, color));
            for (one, other) in [(left, right), (left, ball), (right, ball)] {
                assert!(one.distance(other) > APART, "{name}: {one} {other}");
            }
            for body in [left, right, ball] {
                assert!(body.distance(floor) > FROM_FLOOR, "{name}: {body}");
            }
        }
    }
}
