//! The picture of a match. It reads what a scene shows and never writes the simulation.
//!
//! The glow is painted once into textures ([`paint`]) and not computed for every pixel of every
//! picture: a bloom pass takes most of a picture's time where there is no graphics hardware.

mod bodies;
mod effects;
pub mod field;
pub mod paint;
mod trails;

use bevy::prelude::*;

pub(super) fn plugin(app: &mut App) {
    app.init_resource::<paint::Kit>().add_plugins((
        field::plugin,
        bodies::plugin,
        trails::plugin,
        effects::plugin,
    ));
}

/// What is drawn over what.
mod height {
    pub const FIELD: f32 = 0.0;
    pub const TRAIL: f32 = 1.0;
    pub const GLOW: f32 = 2.0;
    pub const DISC: f32 = 3.0;
    pub const RING: f32 = 4.0;
    pub const BALL: f32 = 5.0;
    pub const EFFECT: f32 = 6.0;
}
