//! The arena itself: floor, lines, walls, goals and their light, as one texture.
//!
//! Distances to the walls give both the walls and their glow; see
//! <https://iquilezles.org/articles/distfunctions2d/> for the formulas.

use super::height;
use crate::demo::{
    Chosen, Shown,
    shown::{self, point},
};
use bevy::prelude::*;
use game::{
    bitmap::image,
    scene::{PartOf, Scene, view::Extent},
    screens::backdrop::Ground,
    theme,
};
use sim::demo::{
    ArenaKind,
    arena::{Arena, Outline, POST_RADIUS},
};

pub(super) fn plugin(app: &mut App) {
    app.init_resource::<Floor>();
    let classic = app.world().resource::<Floor>().classic.clone();
    app.insert_resource(Ground(Some(classic)))
        .add_observer(lay_out)
        .add_systems(Update, change);
}

/// Pixels of a texture's longer side, whatever the arena: that of the classic one has 44 in a metre.
const PIXELS: f32 = 1_300.0;

/// The extent of an arena: the field, the nets and the walls' glow.
fn extent(arena: &Arena) -> Vec2 {
    Vec2::new(
        2.0 * (arena.half_length + arena.goal_depth) + 0.8,
        2.0 * arena.half_width + 0.8,
    )
}

/// What is painted: the arena, and a rim in which the walls' glow fades.
pub(super) fn canvas(arena: &Arena) -> Vec2 {
    extent(arena) + 1.4
}

/// The painted arenas.
#[derive(Resource)]
pub struct Floor {
    /// The classic arena, which is also behind screens without a match.
    pub classic: Handle<Image>,
    /// Those that were needed so far.
    painted: Vec<(ArenaKind, Handle<Image>)>,
}

impl FromWorld for Floor {
    fn from_world(world: &mut World) -> Self {
        let classic = paint(ArenaKind::Classic.arena());
        let classic = world.resource_mut::<Assets<Image>>().add(classic);
        Self {
            painted: vec![(ArenaKind::Classic, classic.clone())],
            classic,
        }
    }
}

impl Floor {
    /// The texture of an arena, painted when it is needed first.
    fn of(&mut self, kind: ArenaKind, images: &mut Assets<Image>) -> Handle<Image> {
        let mut painted = self.painted.iter();
        if let Some((_, image)) = painted.find(|(painted, _)| *painted == kind) {
            return image.clone();
        }
        let image = images.add(paint(kind.arena()));
        self.painted.push((kind, image.clone()));
        image
    }
}

fn paint(arena: &Arena) -> Image {
    let resolution = PIXELS / canvas(arena).max_element();
    let size = (canvas(arena) * resolution).ceil();
    image(size.as_uvec2(), |pixel| {
        let at = (pixel + 0.5 - size / 2.0) / resolution;
        shade(arena, Vec2::new(at.x, -at.y), 1.0 / resolution)
    })
}

/// Which arena a floor shows.
#[derive(Component, PartialEq)]
struct Shows(ArenaKind);

fn lay_out(added: On<Add, Scene>, floor: Res<Floor>, mut commands: Commands) {
    let kind = ArenaKind::Classic;
    commands
        .entity(added.entity)
        .insert(Extent(extent(kind.arena())));
    commands.spawn((
        Sprite {
            custom_size: Some(canvas(kind.arena())),
            ..Sprite::from_image(floor.classic.clone())
        },
        Transform::from_xyz(0.0, 0.0, height::FIELD),
        Shows(kind),
        PartOf(added.entity),
    ));
}

/// Lays out the arena that a scene's match is played in.
fn change(
    mut scenes: Query<(&Shown, &Chosen, &mut Extent)>,
    mut floors: Query<(&PartOf, &mut Shows, &mut Sprite)>,
    mut floor: ResMut<Floor>,
    mut images: ResMut<Assets<Image>>,
) {
    for (part, mut shows, mut sprite) in &mut floors {
        let Ok((shown, chosen, mut seen)) = scenes.get_mut(part.0) else {
            continue;
        };
        let kind = shown::arena(shown, chosen);
        seen.set_if_neq(Extent(extent(kind.arena())));
        if shows.set_if_neq(Shows(kind)) {
            sprite.image = floor.of(kind, &mut images);
            sprite.custom_size = Some(canvas(kind.arena()));
        }
    }
}

/// The distance to a box's edge, negative inside.
fn to_box(at: Vec2, half: Vec2, corner: f32) -> f32 {
    let beyond = at.abs() - half + corner;
    beyond.max(Vec2::ZERO).length() + beyond.max_element().min(0.0) - corner
}

/// The distance to the field's edge, negative inside.
pub(super) fn to_field(arena: &Arena, at: Vec2) -> f32 {
    let half = Vec2::new(arena.half_length, arena.half_width);
    match arena.outline {
        Outline::Rounded { radius } => to_box(at, half, radius),
        Outline::Hexagon { normal, reach } => {
            // Exact inside; outside of a corner a little short, which only its glow shows.
            let slope = at.abs().dot(point(normal)) - reach;
            slope.max(at.x.abs() - half.x)
        }
    }
}

/// The colour at a place in metres, `y` up, in pixels of this size.
fn shade(arena: &Arena, at: Vec2, pixel: f32) -> Vec4 {
    let (length, goal) = (arena.half_length, arena.goal_half_width);
    let field = to_field(arena, at);
    let nets = to_box(at, Vec2::new(length + arena.goal_depth, goal), 0.4);
    let walls = field.min(nets);
    let team = theme::team(if at.x < 0.0 { 0 } else { 1 });
    let in_net = field > 0.0 && nets < 0.0;
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
        let mouth = Vec2::new(length.copysign(at.x), 0.0);
        light.add(team, 0.16 * (-(at - mouth).length() / 3.4).exp());
        if in_net {
            light.add(team, 0.10 + 0.16 * net_weave(at));
        }
        if at.y.abs() < goal {
            light.add(team, 0.8 * line(at.x.abs() - length, 0.05));
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
    for post in arena.posts() {
        let distance = at.distance(point(post)) - POST_RADIUS;
        light.add(team, (0.5 - distance / pixel).clamp(0.0, 1.0));
        light.add(team, 0.6 * (-distance.max(0.0) / 0.18).exp());
    }
    for bumper in arena.bumpers {
        // A ring with a lit heart: what throws back, and no place to stand.
        let distance = at.distance(point(bumper.center)) - bumper.radius;
        light.add(theme::WALL, line(distance + 0.09, 0.07));
        light.add(theme::WALL, 0.5 * (-distance.abs() / 0.16).exp());
        let heart = distance + bumper.radius * 0.55;
        light.add(theme::WALL, 0.55 * (0.5 - heart / pixel).clamp(0.0, 1.0));
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

    const PIXEL: f32 = 0.02;

    #[test]
    fn the_walls_are_the_brightest_and_the_outside_is_night() {
        for arena in ArenaKind::ALL.map(ArenaKind::arena) {
            let brightness = |at: Vec2| shade(arena, at, PIXEL).truncate().element_sum();
            // Where a way up from here meets the wall.
            let mut wall = Vec2::new(3.3, 0.0);
            while to_field(arena, wall) < 0.0 {
                wall.y += PIXEL / 4.0;
            }
            assert!(brightness(wall) > 2.0 * brightness(Vec2::new(3.3, 1.3)));
            assert!(brightness(canvas(arena) / 2.0) < 0.15);
        }
    }

    #[test]
    fn the_goals_are_open() {
        for arena in ArenaKind::ALL.map(ArenaKind::arena) {
            // On the goal line there is the team's line and no wall: no blue on the orange side.
            let mouth = shade(arena, Vec2::new(-arena.half_length + 0.3, 0.0), PIXEL);
            assert!(mouth.x > mouth.z);
        }
    }
}
