//! A scene's part of the window, and where its camera looks.

use super::{PartOf, Scene};
use crate::{lab::Arrangement, theme::inset};
use bevy::{
    camera::{ScalingMode, Viewport, visibility::RenderLayers},
    prelude::*,
    window::PrimaryWindow,
};

pub(super) fn plugin(app: &mut App) {
    app.add_systems(PreUpdate, frame.in_set(Framing))
        .add_observer(dress_part);
}

/// When scenes are given their parts of the window.
#[derive(SystemSet, Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Framing;

/// Whether a scene shows its picture upright, what is on the right above: it does where it is clearly
/// higher than wide.
#[derive(Component, Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Turned(pub bool);

/// What a scene's picture shows of the world, around its origin: width and height, in the world's
/// units. The game says it.
#[derive(Component, Clone, Copy, Debug, PartialEq)]
pub struct Extent(pub Vec2);

impl Default for Extent {
    fn default() -> Self {
        Self(Vec2::new(16.0, 9.0))
    }
}

/// The camera of a scene: draws after the scenes before it, and only what belongs to it.
pub fn camera(index: usize) -> impl Bundle {
    (
        Camera2d,
        // Everything that is drawn has soft edges of its own.
        Msaa::Off,
        Camera {
            order: index as isize,
            clear_color: match index {
                0 => ClearColorConfig::Default,
                _ => ClearColorConfig::None,
            },
            ..default()
        },
        layer(index),
    )
}

/// The layer of everything that a scene draws.
pub fn layer(index: usize) -> RenderLayers {
    RenderLayers::layer(index + 1)
}

/// Puts each part of a scene onto its layer.
fn dress_part(
    added: On<Insert, PartOf>,
    parts: Query<&PartOf>,
    scenes: Query<&Scene>,
    mut commands: Commands,
) {
    if let Some(scene) = parts
        .get(added.entity)
        .ok()
        .and_then(|part| scenes.get(part.0).ok())
    {
        commands.entity(added.entity).insert(layer(scene.index));
    }
}

/// A part of the window in its own pixels, at least one: from where, and how large.
pub(crate) fn pixels(part: Rect, window: &Window) -> (UVec2, UVec2) {
    let end = window.physical_size();
    let pixel = |at: Vec2| (at * window.scale_factor()).round().as_uvec2().min(end);
    let (from, to) = (pixel(part.min), pixel(part.max));
    let from = from.min(end.saturating_sub(UVec2::ONE));
    (from, to.saturating_sub(from).max(UVec2::ONE))
}

/// What a camera must do to show the whole picture between the head-up display's parts.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Aim {
    turned: bool,
    /// World units in a logical pixel.
    scale: f32,
    /// The camera's place in the world.
    center: Vec2,
}

fn aim(extent: Vec2, size: Vec2) -> Aim {
    let unit = size.min_element() / 100.0;
    let free = Vec2::new(
        size.x - 2.0 * inset::SIDE * unit,
        size.y - (inset::TOP + inset::BOTTOM) * unit,
    )
    .max(Vec2::ONE);
    let scale_of = |extent: Vec2| (extent / free).max_element();
    let turned = scale_of(extent.yx()) * 1.15 < scale_of(extent);
    let scale = scale_of(if turned { extent.yx() } else { extent });
    // Looking higher moves the picture down, into the middle of what is free.
    let up = (inset::TOP - inset::BOTTOM) / 2.0 * unit * scale;
    Aim {
        turned,
        scale,
        center: if turned {
            Vec2::new(up, 0.0)
        } else {
            Vec2::new(0.0, up)
        },
    }
}

fn frame(
    window: Single<&Window, With<PrimaryWindow>>,
    arrangement: Res<Arrangement>,
    mut scenes: Query<(
        &Scene,
        &mut Camera,
        &mut Projection,
        &mut Transform,
        &mut Turned,
        &Extent,
    )>,
) {
    let window_size = window.physical_size();
    if window_size.x == 0 || window_size.y == 0 {
        return; // Minimised: there is nothing to divide.
    }
    for (scene, mut camera, mut projection, mut transform, mut turned, extent) in &mut scenes {
        let part = match &arrangement.0 {
            Some(places) if scene.of > 1 => places.scene(scene.index),
            _ => Rect::from_corners(Vec2::ZERO, window.size()),
        };
        let (position, size) = pixels(part, &window);
        let fits = camera
            .viewport
            .as_ref()
            .is_some_and(|now| now.physical_position == position && now.physical_size == size);
        if !fits {
            camera.viewport = Some(Viewport {
                physical_position: position,
                physical_size: size,
                ..default()
            });
        }
        let aim = aim(extent.0, size.as_vec2() / window.scale_factor());
        turned.set_if_neq(Turned(aim.turned));
        let rotation = if aim.turned {
            -std::f32::consts::FRAC_PI_2
        } else {
            0.0
        };
        transform.set_if_neq(
            Transform::from_translation(aim.center.extend(0.0))
                .with_rotation(Quat::from_rotation_z(rotation)),
        );
        if let Projection::Orthographic(projection) = projection.as_mut() {
            projection.scaling_mode = ScalingMode::WindowSize;
            projection.scale = aim.scale;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WIDE: Vec2 = Vec2::new(20.0, 11.0);

    /// Where a point of the world appears in a scene of this size: pixels from the upper left.
    fn seen(extent: Vec2, point: Vec2, size: Vec2) -> Vec2 {
        let aim = aim(extent, size);
        let offset = (point - aim.center) / aim.scale;
        // The camera is turned by a right angle clockwise, so the world turns the other way.
        let offset = if aim.turned {
            Vec2::new(-offset.y, offset.x)
        } else {
            offset
        };
        Vec2::new(size.x / 2.0 + offset.x, size.y / 2.0 - offset.y)
    }

    #[test]
    fn the_whole_picture_is_between_the_displays() {
        for size in [
            (480.0, 320.0),
            (1280.0, 720.0),
            (390.0, 844.0),
            (640.0, 720.0),
            (240.0, 320.0),
        ] {
            let size = Vec2::from(size);
            let unit = size.min_element() / 100.0;
            let corners = [(1.0, 1.0), (1.0, -1.0), (-1.0, 1.0), (-1.0, -1.0)].map(Vec2::from);
            for extent in [WIDE, WIDE.yx(), Vec2::splat(12.0)] {
                for corner in corners {
                    let at = seen(extent, corner * extent / 2.0, size);
                    assert!((-0.1..=size.x + 0.1).contains(&at.x), "{size} {at}");
                    assert!(at.y >= inset::TOP * unit - 0.1, "{size} {at}");
                    assert!(at.y <= size.y - inset::BOTTOM * unit + 0.1, "{size} {at}");
                }
            }
        }
    }

    #[test]
    fn a_phone_turns_a_wide_picture_and_a_wide_window_does_not() {
        assert!(aim(WIDE, Vec2::new(390.0, 844.0)).turned);
        assert!(!aim(WIDE, Vec2::new(1280.0, 720.0)).turned);
    }

    #[test]
    fn a_part_has_the_pixels_of_its_display() {
        let mut window = Window::default();
        window.resolution.set_scale_factor(1.5);
        window.resolution.set_physical_resolution(1280, 720);
        let part = |x, y, to_x, to_y| pixels(Rect::new(x, y, to_x, to_y), &window);
        let whole = Vec2::new(1280.0, 720.0) / 1.5;
        let all = part(0.0, 0.0, whole.x, whole.y);
        assert_eq!(all, (UVec2::ZERO, UVec2::new(1280, 720)));
        let nothing = part(5000.0, 5000.0, 5000.0, 5000.0);
        assert_eq!(nothing, (UVec2::new(1279, 719), UVec2::ONE));
    }
}
