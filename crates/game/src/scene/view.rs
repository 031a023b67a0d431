//! A scene's part of the window, and where its camera looks.

use super::{PartOf, Scene};
use crate::theme::inset;
use bevy::{
    camera::{ScalingMode, Viewport, visibility::RenderLayers},
    prelude::*,
    window::PrimaryWindow,
};

pub(super) fn plugin(app: &mut App) {
    app.add_systems(PreUpdate, frame).add_observer(dress_part);
}

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

/// The part of a window of this size that scene `index` of `of` has: side by side, or one below
/// the other where the window is higher than wide.
fn part(window: UVec2, index: usize, of: usize) -> (UVec2, UVec2) {
    let (index, of) = (index as u32, of.max(1) as u32);
    let gap = if of > 1 { 2 } else { 0 };
    if window.x >= window.y {
        let (from, to) = (window.x * index / of, window.x * (index + 1) / of);
        (
            UVec2::new(from, 0),
            UVec2::new((to - from).saturating_sub(gap).max(1), window.y.max(1)),
        )
    } else {
        let (from, to) = (window.y * index / of, window.y * (index + 1) / of);
        (
            UVec2::new(0, from),
            UVec2::new(window.x.max(1), (to - from).saturating_sub(gap).max(1)),
        )
    }
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
        let (position, size) = part(window_size, scene.index, scene.of);
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
    fn scenes_share_the_window_without_overlap() {
        for window in [
            UVec2::new(1280, 720),
            UVec2::new(390, 844),
            UVec2::new(1, 1),
        ] {
            let (first, second) = (part(window, 0, 2), part(window, 1, 2));
            let end = first.0 + first.1;
            assert!(end.x <= second.0.x || end.y <= second.0.y || window == UVec2::ONE);
            assert!((second.0 + second.1).cmple(window).all() || window == UVec2::ONE);
        }
        assert_eq!(
            part(UVec2::new(1280, 720), 0, 1),
            (UVec2::ZERO, UVec2::new(1280, 720))
        );
    }
}
