//! The textures of everything that moves, painted by formula when the game starts.

use bevy::prelude::*;
use game::{bitmap::image, theme};
use sim::demo::Team;

/// The textures. They are white, to be tinted by a sprite's colour.
#[derive(Resource)]
pub struct Kit {
    /// A soft light: 1 in the middle, 0 at the rim.
    pub glow: Handle<Image>,
    /// The ball.
    pub ball: Handle<Image>,
    /// A disc with its team's emblem, by the team's index.
    pub discs: [Handle<Image>; 2],
    /// A thin ring.
    pub ring: Handle<Image>,
    /// The front of a wave as large as the arena, bright at its rim.
    pub wave: Handle<Image>,
    /// A ring that is closed by parts, from nothing to all in [`ARC_PARTS`] steps.
    pub arcs: Handle<Image>,
    /// The places of the arcs in their texture.
    pub arc_layout: Handle<TextureAtlasLayout>,
}

/// The arcs in their texture: how many, and in how many columns.
const ARC_PARTS: u32 = 32;
const ARC_COLUMNS: u32 = 8;

/// Pixels of an arc's side, of a wave's, and of everything else's.
const ARC_SIDE: u32 = 96;
const WAVE_SIDE: u32 = 448;
const SIDE: u32 = 160;

impl FromWorld for Kit {
    fn from_world(world: &mut World) -> Self {
        let layout = TextureAtlasLayout::from_grid(
            UVec2::splat(ARC_SIDE),
            ARC_COLUMNS,
            ARC_PARTS / ARC_COLUMNS,
            None,
            None,
        );
        let arc_layout = world
            .resource_mut::<Assets<TextureAtlasLayout>>()
            .add(layout);
        let mut images = world.resource_mut::<Assets<Image>>();
        let wave = images.add(round(WAVE_SIDE, |at| {
            let behind = 0.97 - at.length();
            let front = (1.0 + behind / 0.02).clamp(0.0, 1.0);
            Vec2::new(1.0, front * (-behind.max(0.0) / 0.05).exp())
        }));
        let mut add = |shade: fn(Vec2) -> Vec2| images.add(round(SIDE, shade));
        Self {
            glow: add(|at| Vec2::new(1.0, (1.0 - at.length()).max(0.0).powi(2))),
            ball: add(|at| {
                let r = at.length();
                Vec2::new(1.0 - 0.35 * band(r, 0.66, 0.06), disc(r, 0.97))
            }),
            discs: Team::BOTH.map(|team| {
                add(match team {
                    Team::Left => |at| emblem(at, at.x.abs() + at.y.abs() - 0.42),
                    Team::Right => |at| emblem(at, (at.length() - 0.31).abs() - 0.10),
                })
            }),
            ring: add(|at| Vec2::new(1.0, band(at.length(), 0.92, 0.05))),
            wave,
            arcs: images.add(arcs()),
            arc_layout,
        }
    }
}

impl Kit {
    /// The part of the arcs' texture that shows a ring closed to `part`, from 0 to 1.
    pub fn arc(part: f32) -> usize {
        (part.clamp(0.0, 1.0) * (ARC_PARTS - 1) as f32).round() as usize
    }
}

/// A disc's body: a dark inside with a bright rim, and an emblem where `distance` is negative.
fn emblem(at: Vec2, distance: f32) -> Vec2 {
    let r = at.length();
    let inside = 0.22 + 0.16 * (1.0 - r);
    let bright = band(r, 0.87, 0.09).max(soft(-distance));
    Vec2::new(inside + (1.0 - inside) * bright, disc(r, 0.97))
}

/// 1 inside of a circle of this radius, 0 outside, with a soft edge.
fn disc(r: f32, radius: f32) -> f32 {
    soft(radius - r)
}

/// 1 on a circle of this radius, 0 further away than `half_width`.
fn band(r: f32, radius: f32, half_width: f32) -> f32 {
    soft(half_width - (r - radius).abs())
}

/// From 0 to 1 over two pixels around 0.
fn soft(depth: f32) -> f32 {
    (0.5 + depth * SIDE as f32 / 4.0).clamp(0.0, 1.0)
}

/// A square texture; `shade` gives brightness and opacity at a place between -1 and 1, `y` up.
fn round(side: u32, shade: impl Fn(Vec2) -> Vec2) -> Image {
    image(UVec2::splat(side), |pixel| {
        let at = (pixel + 0.5) / side as f32 * 2.0 - 1.0;
        let Vec2 {
            x: brightness,
            y: alpha,
        } = shade(Vec2::new(at.x, -at.y));
        Vec4::new(brightness, brightness, brightness, alpha)
    })
}

/// The ring's arcs, clockwise from the top.
fn arcs() -> Image {
    let size = UVec2::new(ARC_COLUMNS, ARC_PARTS / ARC_COLUMNS) * ARC_SIDE;
    image(size, |pixel| {
        let cell = (pixel / ARC_SIDE as f32).floor();
        let part = (cell.y * ARC_COLUMNS as f32 + cell.x) / (ARC_PARTS - 1) as f32;
        let at = (pixel - cell * ARC_SIDE as f32 + 0.5) / ARC_SIDE as f32 * 2.0 - 1.0;
        let turn = at.x.atan2(-at.y) / std::f32::consts::TAU;
        let turn = if turn < 0.0 { turn + 1.0 } else { turn };
        let on = if turn <= part && part > 0.0 { 1.0 } else { 0.0 };
        Vec4::new(1.0, 1.0, 1.0, on * band(at.length(), 0.90, 0.06))
    })
}

/// The colour of a seat's team.
pub fn seat_color(seat: usize) -> Color {
    theme::team(Team::of_seat(seat).index())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arcs_go_from_nothing_to_all() {
        assert_eq!(Kit::arc(-1.0), 0);
        assert_eq!(Kit::arc(0.0), 0);
        assert_eq!(Kit::arc(1.0), ARC_PARTS as usize - 1);
        assert_eq!(Kit::arc(f32::INFINITY), ARC_PARTS as usize - 1);
    }
}
