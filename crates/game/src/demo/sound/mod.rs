//! What is heard of the discs: their hits, the counted seconds, the crowd.

mod clock;
mod crowd;
mod cue;

use bevy::prelude::*;
pub use cue::of_event;

pub(super) fn plugin(app: &mut App) {
    app.add_plugins((clock::plugin, crowd::plugin));
}
