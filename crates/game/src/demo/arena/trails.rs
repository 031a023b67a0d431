//! The trails behind discs and ball: ribbons that end where the body was a moment ago.

use super::{height, paint::seat_color};
use crate::{
    preferences::Preferences,
    scene::{PartOf, Scene, shown::Shown},
    theme,
};
use bevy::{
    asset::RenderAssetUsages,
    mesh::{Indices, PrimitiveTopology},
    prelude::*,
    sprite_render::AlphaMode2d,
};
use protocol::limits::MAX_SEATS;
use sim::arena::{BALL_RADIUS, DISC_RADIUS};
use std::collections::VecDeque;

pub(super) fn plugin(app: &mut App) {
    app.add_observer(spawn_trails).add_systems(Update, draw);
}

/// Points that a trail keeps.
const POINTS: usize = 22;

/// Seconds between two points.
const SPACING: f32 = 1.0 / 60.0;

/// Further than this (in metres) between two pictures, a body was put and did not move.
const JUMP: f32 = 3.0;

/// Where a body was.
#[derive(Component, Debug)]
struct Trail {
    /// Whose trail; none is the ball's.
    seat: Option<usize>,
    /// Newest first.
    points: VecDeque<Vec2>,
    /// Seconds since the newest point.
    since: f32,
}

impl Trail {
    fn new(seat: Option<usize>) -> Self {
        Self {
            seat,
            points: VecDeque::with_capacity(POINTS + 1),
            since: 0.0,
        }
    }

    /// Takes in where the body is after `seconds`, with points at even times whatever the
    /// pictures' rate.
    fn follow(&mut self, at: Option<Vec2>, seconds: f32) {
        let Some(at) = at else {
            self.points.clear();
            return;
        };
        let Some(&from) = self.points.front().filter(|from| from.distance(at) < JUMP) else {
            self.points.clear();
            self.points.push_front(at);
            self.since = 0.0;
            return;
        };
        self.since += seconds;
        let due = ((self.since / SPACING) as usize).min(POINTS);
        for number in 1..=due {
            self.points
                .push_front(from.lerp(at, number as f32 / due as f32));
        }
        self.points.truncate(POINTS);
        self.since %= SPACING;
    }

    fn radius(&self) -> f32 {
        if self.seat.is_some() {
            DISC_RADIUS * 0.8
        } else {
            BALL_RADIUS * 0.9
        }
    }

    fn color(&self) -> Color {
        self.seat.map_or(theme::BALL, seat_color)
    }

    /// The ribbon: three vertices across at each point, the outer ones invisible. Slow bodies
    /// leave none.
    fn ribbon(&self) -> Mesh {
        let color = self.color().to_linear();
        let (mut positions, mut colors, mut indices) = (Vec::new(), Vec::new(), Vec::new());
        for (number, &at) in self.points.iter().enumerate() {
            let next = self.points.get(number + 1).copied();
            let along = match next {
                Some(next) => at - next,
                None => self
                    .points
                    .get(number.wrapping_sub(1))
                    .map_or(Vec2::ZERO, |last| *last - at),
            };
            let age = number as f32 / POINTS as f32;
            let across = along.perp().normalize_or_zero() * self.radius() * (1.0 - age);
            // At walking pace a trail would only smear the disc.
            let speed = along.length() / SPACING;
            let alpha = 0.5 * (1.0 - age).powi(2) * ((speed - 3.0) / 9.0).clamp(0.0, 1.0);
            for (offset, alpha) in [(across, 0.0), (Vec2::ZERO, alpha), (-across, 0.0)] {
                positions.push((at + offset).extend(0.0).to_array());
                colors.push([color.red, color.green, color.blue, alpha]);
            }
            if next.is_some() {
                let first = number as u16 * 3;
                for side in [first, first + 1] {
                    indices.extend([side, side + 1, side + 3, side + 3, side + 1, side + 4]);
                }
            }
        }
        if indices.is_empty() {
            // The renderer wants a triangle at least: one without an area.
            positions = vec![[0.0; 3]; 3];
            colors = vec![[0.0; 4]; 3];
            indices = vec![0, 1, 2];
        }
        Mesh::new(
            PrimitiveTopology::TriangleList,
            RenderAssetUsages::default(),
        )
        .with_inserted_attribute(Mesh::ATTRIBUTE_POSITION, positions)
        .with_inserted_attribute(Mesh::ATTRIBUTE_COLOR, colors)
        .with_inserted_indices(Indices::U16(indices))
    }
}

fn spawn_trails(
    added: On<Add, Scene>,
    mut meshes: ResMut<Assets<Mesh>>,
    mut materials: ResMut<Assets<ColorMaterial>>,
    mut commands: Commands,
) {
    let material = materials.add(ColorMaterial {
        alpha_mode: AlphaMode2d::Blend,
        ..ColorMaterial::from_color(Color::WHITE)
    });
    for seat in std::iter::once(None).chain((0..MAX_SEATS).map(Some)) {
        let trail = Trail::new(seat);
        commands.spawn((
            Mesh2d(meshes.add(trail.ribbon())),
            MeshMaterial2d(material.clone()),
            Transform::from_xyz(0.0, 0.0, height::TRAIL),
            Visibility::Hidden,
            trail,
            PartOf(added.entity),
        ));
    }
}

fn draw(
    time: Res<Time>,
    preferences: Res<Preferences>,
    scenes: Query<&Shown>,
    mut meshes: ResMut<Assets<Mesh>>,
    mut trails: Query<(&mut Trail, &Mesh2d, &PartOf, &mut Visibility)>,
) {
    for (mut trail, mesh, part, mut visibility) in &mut trails {
        let at = scenes.get(part.0).ok().and_then(|shown| match trail.seat {
            None => shown.ball(),
            Some(seat) => shown.disc(seat),
        });
        let at = at.filter(|_| !preferences.reduced_motion);
        trail.follow(at, time.delta_secs());
        if trail.points.len() < 2 {
            visibility.set_if_neq(Visibility::Hidden);
            continue;
        }
        visibility.set_if_neq(Visibility::Inherited);
        if let Some(mut mesh) = meshes.get_mut(&mesh.0) {
            *mesh = trail.ribbon();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(pictures: usize, seconds: f32) -> Trail {
        let mut trail = Trail::new(None);
        for picture in 0..pictures {
            trail.follow(Some(Vec2::X * 10.0 * picture as f32 * seconds), seconds);
        }
        trail
    }

    #[test]
    fn a_trail_is_as_long_at_any_rate_of_pictures() {
        let length = |trail: &Trail| trail.points[0].distance(trail.points[POINTS - 1]);
        let (slow, fast) = (run(20, 0.1), run(400, 0.005));
        assert!((length(&slow) - length(&fast)).abs() < 0.5);
    }

    #[test]
    fn a_trail_ends_at_a_jump_and_with_its_body() {
        let mut trail = run(30, 0.016);
        trail.follow(Some(Vec2::ZERO), 0.016);
        assert_eq!(trail.points.len(), 1);
        trail.follow(None, 0.016);
        assert!(trail.points.is_empty());
    }

    #[test]
    fn a_ribbon_always_has_a_triangle() {
        for trail in [Trail::new(Some(0)), run(1, 0.016), run(30, 0.016)] {
            assert!(
                trail
                    .ribbon()
                    .indices()
                    .is_some_and(|indices| indices.len() >= 3)
            );
        }
    }
}
