//! The mouse: the left button held steers towards the pointer, the right one kicks, and the wheel's
//! dashes. Space and Shift do so too, for touchpads, where two buttons at once are no pleasure.

use super::Intent;
use crate::demo::{Shown, shown};
use bevy::{ecs::system::SystemParam, prelude::*, window::PrimaryWindow};
use game::scene::Seen;
use sim::demo::arena::DISC_RADIUS;

/// How far from the disc the pointer asks for full thrust, in radii of the disc.
const FULL: f32 = 4.0;

/// The pointer over the disc is at rest: so many radii of it.
const REST: f32 = 0.6;

/// What the mouse does, and where the discs are that it steers.
#[derive(SystemParam)]
pub(super) struct Mouse<'w, 's> {
    buttons: Res<'w, ButtonInput<MouseButton>>,
    windows: Query<'w, 's, &'static Window, With<PrimaryWindow>>,
    scenes: Query<
        'w,
        's,
        (
            &'static Camera,
            &'static GlobalTransform,
            &'static Shown,
            &'static Seen,
        ),
    >,
}

impl Mouse<'_, '_> {
    /// What it does in this scene: nothing while the pointer is elsewhere.
    pub(super) fn intent(&self, scene: Entity) -> Intent {
        self.over(scene).unwrap_or_default()
    }

    fn over(&self, scene: Entity) -> Option<Intent> {
        let pointer = self.windows.single().ok()?.cursor_position()?;
        let (camera, place, moment, seen) = self.scenes.get(scene).ok()?;
        if !camera.logical_viewport_rect()?.contains(pointer) {
            return None;
        }
        let thrust = if self.buttons.pressed(MouseButton::Left) {
            let disc = shown::disc(moment, seen.0.my_seat?)?;
            let seen_at = |at: Vec2| camera.world_to_viewport(place, at.extend(0.0)).ok();
            let center = seen_at(disc)?;
            let radius = seen_at(disc + Vec2::X * DISC_RADIUS)?.distance(center);
            towards(pointer - center, radius)
        } else {
            Vec2::ZERO
        };
        Some(Intent {
            thrust,
            kick: self.buttons.pressed(MouseButton::Right),
            dash: self.buttons.pressed(MouseButton::Middle),
        })
    }
}

/// The thrust, upwards counted, towards a pointer that is so many pixels to the right and down of a
/// disc of this radius.
fn towards(away: Vec2, radius: f32) -> Vec2 {
    if !away.is_finite() {
        return Vec2::ZERO;
    }
    let distance = away.length() / radius.max(1.0);
    let strength = ((distance - REST) / (FULL - REST)).clamp(0.0, 1.0);
    Vec2::new(away.x, -away.y).normalize_or_zero() * strength
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_disc_goes_where_the_pointer_is() {
        let radius = 10.0;
        assert_eq!(towards(Vec2::new(0.0, -90.0), radius), Vec2::Y);
        assert_eq!(towards(Vec2::new(-90.0, 0.0), radius), Vec2::NEG_X);
        let near = towards(Vec2::new(20.0, 0.0), radius);
        assert!(near.x > 0.0 && near.x < 1.0, "{near}");
        assert_eq!(towards(Vec2::new(4.0, 4.0), radius), Vec2::ZERO);
    }

    #[test]
    fn a_pointer_that_is_nowhere_steers_nowhere() {
        for away in [Vec2::NAN, Vec2::INFINITY, Vec2::ZERO] {
            for radius in [0.0, f32::NAN, f32::INFINITY, 10.0] {
                let thrust = towards(away, radius);
                assert_eq!(thrust, Vec2::ZERO, "{away} {radius}");
            }
        }
    }
}
