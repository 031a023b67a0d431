//! The font of all text: Exo 2, cut to what European names and sentences need. Its licence, and how
//! it was cut, are in `assets/fonts/LICENSE-OFL.txt`.

use bevy::{asset::AssetId, prelude::*};

/// Part of the program: the first picture has its words.
const BYTES: &[u8] = include_bytes!("../../../assets/fonts/exo-2-medium.ttf");

/// Replaces the engine's own font, which has ASCII only.
pub(super) fn plugin(app: &mut App) {
    let font = Font::from_bytes(BYTES.to_vec());
    let mut fonts = app.world_mut().resource_mut::<Assets<Font>>();
    if let Err(error) = fonts.insert(AssetId::default(), font) {
        error!("the engine's font stays: {error}");
    }
}
