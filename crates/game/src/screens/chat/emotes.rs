//! The emotes: four faces and signs, painted by formula, that need no words.

use crate::{bitmap::image, text::Words};
use bevy::prelude::*;

/// How many there are.
pub const COUNT: usize = 4;

/// Pixels of an emote's side.
const SIDE: u32 = 96;

/// The pictures of the emotes, by their numbers.
#[derive(Resource)]
pub struct Emotes([Handle<Image>; COUNT]);

impl Emotes {
    /// All of them.
    pub fn pictures(&self) -> [Handle<Image>; COUNT] {
        self.0.clone()
    }

    /// The picture of an emote; nothing for a number that another version may know.
    pub fn picture(&self, emote: u8) -> Option<&Handle<Image>> {
        self.0.get(usize::from(emote))
    }
}

/// What an emote says in a word; nothing for a number that another version may know.
pub(super) fn word(emote: u8, words: &Words) -> Option<&'static str> {
    words.chat.emotes.get(usize::from(emote)).copied()
}

impl FromWorld for Emotes {
    fn from_world(world: &mut World) -> Self {
        let mut images = world.resource_mut::<Assets<Image>>();
        let shapes: [fn(Vec2) -> Vec4; COUNT] = [
            // Pleased.
            |at| {
                face(
                    at,
                    band(at - Vec2::new(0.0, 0.02), 0.52, 0.075) * below(at, -0.16),
                )
            },
            // Amazed.
            |at| face(at, soft(0.21 - (at - Vec2::new(0.0, -0.36)).length())),
            // Sorry.
            |at| {
                face(
                    at,
                    band(at - Vec2::new(0.0, -0.86), 0.52, 0.075) * (1.0 - below(at, -0.52)),
                )
            },
            heart,
        ];
        Self(shapes.map(|shape| {
            images.add(image(UVec2::splat(SIDE), |pixel| {
                let at = (pixel + 0.5) / SIDE as f32 * 2.0 - 1.0;
                shape(Vec2::new(at.x, -at.y))
            }))
        }))
    }
}

/// A yellow face with two eyes, and a mouth where `mouth` is 1.
fn face(at: Vec2, mouth: f32) -> Vec4 {
    let eye = soft(0.12 - (Vec2::new(at.x.abs(), at.y) - Vec2::new(0.33, 0.24)).length());
    let skin = Vec3::new(1.0, 0.86, 0.36);
    let features = Vec3::new(0.10, 0.09, 0.16);
    skin.lerp(features, eye.max(mouth))
        .extend(soft(0.94 - at.length()))
}

/// A heart: where (x² + y² - 1)³ < x² y³.
fn heart(at: Vec2) -> Vec4 {
    let Vec2 { x, y } = Vec2::new(at.x * 1.28, at.y * 1.24 + 0.12);
    let inside = x * x * y.powi(3) - (x * x + y * y - 1.0).powi(3);
    Vec3::new(1.0, 0.36, 0.46).extend(soft(0.4 * inside))
}

/// 1 on a circle of this radius, 0 further away than `half_width`.
fn band(at: Vec2, radius: f32, half_width: f32) -> f32 {
    soft(half_width - (at.length() - radius).abs())
}

/// 1 below this height, 0 above it.
fn below(at: Vec2, height: f32) -> f32 {
    soft(height - at.y)
}

/// From 0 to 1 over two pixels around 0.
fn soft(depth: f32) -> f32 {
    (0.5 + depth * SIDE as f32 / 4.0).clamp(0.0, 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{preferences::Language, text};
    use protocol::limits::MAX_EMOTES;

    #[test]
    fn every_emote_has_a_picture_and_a_word_and_no_other_number_has() {
        let mut world = World::new();
        world.init_resource::<Assets<Image>>();
        let emotes = Emotes::from_world(&mut world);
        for language in Language::ALL {
            let words = text::of(language);
            for number in 0..=u8::MAX {
                let is_one = usize::from(number) < COUNT;
                assert_eq!(emotes.picture(number).is_some(), is_one);
                assert_eq!(word(number, words).is_some(), is_one);
            }
        }
        assert!(COUNT <= usize::from(MAX_EMOTES));
    }

    #[test]
    fn a_face_has_eyes_and_nothing_around_it() {
        let dark = |at| face(at, 0.0).x < 0.5;
        assert!(dark(Vec2::new(0.33, 0.24)) && dark(Vec2::new(-0.33, 0.24)));
        assert!(!dark(Vec2::ZERO));
        assert_eq!(face(Vec2::ONE, 0.0).w, 0.0);
        assert_eq!((heart(Vec2::ZERO).w, heart(Vec2::ONE).w), (1.0, 0.0));
    }
}
