//! The camera's shake at hard hits and goals.
//!
//! What shakes is a strength that hits add to and time takes away; the camera moves by its square,
//! so that a small one is hardly seen and a large one dies down softly.

use super::force::{force, news};
use crate::demo::Shown;
use bevy::prelude::*;
use game::{preferences::Preferences, scene::Scene};
use sim::demo::EventKind;

pub(super) fn plugin(app: &mut App) {
    app.register_required_components::<Scene, Shake>()
        .add_systems(PostUpdate, shake.before(TransformSystems::Propagate));
}

/// The furthest that the camera moves, in metres, along each axis.
const REACH: f32 = 0.24;

/// Seconds in which the strongest shake ends.
const SECONDS: f32 = 0.55;

/// What the hardest hit adds; a goal adds all.
const HIT: f32 = 0.55;

/// Beyond this strength, others' hits add nothing: eight discs in a heap are no earthquake.
const HEAP: f32 = 0.75;

/// How much a scene's picture shakes.
#[derive(Component, Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Shake {
    /// From 0 to 1.
    strength: f32,
    /// Seconds since it began.
    age: f32,
}

impl Shake {
    /// Shakes more.
    fn add(&mut self, strength: f32, most: f32) {
        if self.strength <= 0.0 {
            self.age = 0.0;
        }
        self.strength = self.strength.max((self.strength + strength).min(most));
    }

    /// Lets time pass.
    fn pass(&mut self, seconds: f32) {
        self.age += seconds;
        self.strength = (self.strength - seconds / SECONDS).max(0.0);
    }

    /// Where the camera is moved to, in metres.
    fn offset(&self) -> Vec2 {
        // Two waves without a common period wander about like a shaken hand.
        let wander = |slow: f32, fast: f32, phase: f32| {
            0.6 * (self.age * slow + phase).sin() + 0.4 * (self.age * fast + 2.0 * phase).sin()
        };
        let way = Vec2::new(wander(61.0, 97.0, 0.4), wander(53.0, 89.0, 2.1));
        REACH * self.strength * self.strength * way
    }
}

/// Moves the cameras, which are put to their places anew before each picture.
fn shake(
    time: Res<Time<Real>>,
    preferences: Res<Preferences>,
    mut scenes: Query<(&Shown, &mut Shake, &mut Transform)>,
) {
    for (shown, mut shake, mut camera) in &mut scenes {
        if preferences.reduced_motion {
            *shake = Shake::default();
            continue;
        }
        for event in news(shown) {
            match event.kind {
                EventKind::Goal => shake.add(1.0, 1.0),
                _ => shake.add(HIT * force(event), HEAP),
            }
        }
        if shake.strength > 0.0 {
            shake.pass(time.delta_secs());
            camera.translation += shake.offset().extend(0.0);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The furthest offset of a shake of this strength.
    fn furthest(strength: f32) -> f32 {
        let mut shake = Shake::default();
        shake.add(strength, 1.0);
        (0..200).fold(0.0, |furthest: f32, _| {
            shake.pass(0.005);
            furthest.max(shake.offset().abs().max_element())
        })
    }

    #[test]
    fn harder_hits_shake_more_and_never_too_much() {
        let mut last = 0.0;
        for tenth in 1..=10 {
            let now = furthest(tenth as f32 / 10.0);
            assert!(now > last && now <= REACH, "{tenth}: {now}");
            last = now;
        }
    }

    #[test]
    fn it_ends_at_rest() {
        let mut shake = Shake::default();
        for _ in 0..50 {
            shake.add(1.0, 1.0);
            shake.pass(0.016);
        }
        let mut passed = 0.0;
        while shake.strength > 0.0 {
            shake.pass(0.016);
            passed += 0.016;
        }
        assert!(passed <= SECONDS + 0.016);
        assert_eq!(shake.offset(), Vec2::ZERO);
    }

    #[test]
    fn hits_add_up_to_a_bound_and_take_nothing_from_a_goal() {
        let mut shake = Shake::default();
        for _ in 0..100 {
            shake.add(HIT, HEAP);
        }
        assert_eq!(shake.strength, HEAP);
        shake.add(1.0, 1.0);
        shake.add(HIT, HEAP);
        assert_eq!(shake.strength, 1.0);
    }
}
