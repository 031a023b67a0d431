//! The arena itself: floor, lines, walls, goals and their light, as one texture.
//!
//! Distances to the walls give both the walls and their glow; see
//! <https://iquilezles.org/articles/distfunctions2d/> for the formulas.

use super::{height, paint::image};
use crate::{
    scene::{PartOf, Scene, view},
    theme,
};
use bevy::prelude::*;
use sim::arena::{
    CORNER_RADIUS, GOAL_DEPTH, GOAL_HALF_WIDTH, HALF_LENGTH, HALF_WIDTH, POST_RADIUS, POSTS,
};

pub(super) fn plugin(app: &mut App) {
    app.init_resource::<Floor>().add_observer(lay_out);
}

/// Pixels in a metre.
const RESOLUTION: f32 = 44.0;

/// What is painted: the arena, and a rim in which the walls' glow fades.
const CANVAS: Vec2 = Vec2::new(view::EXTENT.x + 1.4, view::EXTENT.y + 1.4);

/// The painted arena, the same for all scenes.
#[derive(Resource)]
pub struct Floor(pub Handle<Image>);

impl FromWorld for Floor {
    fn from_world(world: &mut World) -> Self {
        let size = (CANVAS * RESOLUTION).ceil();
        let floor = image(size.as_uvec2(), |pixel| {
            let at = (pixel + 0.5 - size / 2.0) / RESOLUTION;
            shade(Vec2::new(at.x, -at.y))
        });
        Self(world.resource_mut::<Assets<Image>>().add(floor))
    }
}

fn lay_out(added: On<Add, Scene>, floor: Res<Floor>, mut commands: Commands) {
    commands.spawn((
        Sprite {
            custom_size: Some(CANVAS),
            ..Sprite::from_image(floor.0.clone())
        },
        Transform::from_xyz(0.0, 0.0, height::FIELD),
        PartOf(added.entity),
    ));
}

/// The distance to a box's edge, negative inside.
fn to_box(at: Vec2, half: Vec2, corner: f32) -> f32 {
    let beyond = at.abs() - half + corner;
    beyond.max(Vec2::ZERO).length() + beyond.max_element().min(0.0) - corner
}

/// The colour at a place in metres, `y` up.
fn shade(at: Vec2) -> Vec4 {
    let field = to_box(at, Vec2::new(HALF_LENGTH, HALF_WIDTH), CORNER_RADIUS);
    let nets = to_box(
        at,
        Vec2::new(HALF_LENGTH + GOAL_DEPTH, GOAL_HALF_WIDTH),
        0.4,
    );
    let walls = field.min(nets);
    let team = theme::team(if at.x < 0.0 { 0 } else { 1 });
    let in_net = field > 0.0 && nets < 0.0;
    let pixel = 1.0 / RESOLUTION;
    let line = |distance: f32, half_width: f32| {
        ((half_width - distance.abs()) / pixel + 0.5).clamp(0.0, 1.0)
    };

    let mut light = Light(srgb(theme::NIGHT));
    if walls < 0.0 {
        light = Light(srgb(theme::FLOOR));
        light.add(theme::LINE, 0.16 * grid(at, line));
        let center = at.length();
        light.add(
            theme::LINE,
            line(at.x, 0.045).max(line(center - 2.2, 0.045)),
        );
        light.add(theme::LINE, ((0.16 - center) / pixel).clamp(0.0, 1.0));
        // Each goal lights its half a little: one sees where one defends.
        let goal = Vec2::new(HALF_LENGTH.copysign(at.x), 0.0);
        light.add(team, 0.16 * (-(at - goal).length() / 3.4).exp());
        if in_net {
            light.add(team, 0.10 + 0.16 * net_weave(at));
        }
        if at.y.abs() < GOAL_HALF_WIDTH {
            light.add(team, 0.8 * line(at.x.abs() - HALF_LENGTH, 0.05));
        }
    }
    let wall = if nets < field - 0.05 {
        team
    } else {
        theme::WALL
    };
    light.add(
        wall,
        line(walls, 0.055) + 0.42 * (-walls.abs() / 0.20).exp(),
    );
    for post in POSTS {
        let distance = at.distance(Vec2::new(post.x, post.y)) - POST_RADIUS;
        light.add(team, (0.5 - distance / pixel).clamp(0.0, 1.0));
        light.add(team, 0.6 * (-distance.max(0.0) / 0.18).exp());
    }
    light.0.extend(1.0)
}

/// Lines a metre apart.
fn grid(at: Vec2, line: impl Fn(f32, f32) -> f32) -> f32 {
    let off = (at - at.round()).abs();
    line(off.x, 0.015).max(line(off.y, 0.015))
}

/// The diagonal weave of a net, from 0 to 1.
fn net_weave(at: Vec2) -> f32 {
    let wave = |along: f32| (along * 9.0).sin().abs().powi(8);
    wave(at.x + at.y).max(wave(at.x - at.y))
}

/// Colours laid over one another, as light adds up.
struct Light(Vec3);

impl Light {
    fn add(&mut self, color: Color, amount: f32) {
        let amount = (amount * color.alpha()).clamp(0.0, 1.0);
        self.0 += (Vec3::ONE - self.0) * srgb(color) * amount;
    }
}

fn srgb(color: Color) -> Vec3 {
    color.to_srgba().to_vec3()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_walls_are_the_brightest_and_the_outside_is_night() {
        let brightness = |at: Vec2| shade(at).truncate().element_sum();
        let wall = brightness(Vec2::new(3.3, HALF_WIDTH));
        assert!(wall > 2.0 * brightness(Vec2::new(3.3, 3.3)));
        assert!(brightness(CANVAS / 2.0) < 0.15);
    }

    #[test]
    fn the_goals_are_open() {
        // On the goal line there is the team's line and no wall: no blue on the orange side.
        let mouth = shade(Vec2::new(-HALF_LENGTH + 0.3, 0.0));
        assert!(mouth.x > mouth.z);
    }
}
