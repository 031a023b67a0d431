//! The picture of a match. It reads what a scene shows and never writes the simulation.
//!
//! The glow is painted once into textures ([`paint`]) and not computed for every pixel of every
//! picture: a bloom pass takes most of a picture's time where there is no graphics hardware. Where
//! there is, [`quality`](game::quality) lays one over it.
//!
//! What is felt is for the eye alone: [`force`] says how hard an event hits, `hit_stop` holds the
//! picture for it and [`drawn`] says where bodies are shown meanwhile, `shake` moves the camera.

mod aura;
mod bodies;
mod drawn;
mod effects;
mod errors;
pub mod field;
mod force;
mod ghosts;
mod hit_stop;
mod moods;
pub mod paint;
mod ribbon;
mod shake;
mod sparks;
mod trails;

use bevy::prelude::*;

pub(super) fn plugin(app: &mut App) {
    app.init_resource::<paint::Kit>().add_plugins((
        field::plugin,
        ribbon::plugin,
        drawn::plugin,
        bodies::plugin,
        trails::plugin,
        effects::plugin,
        moods::plugin,
        sparks::plugin,
        aura::plugin,
        ghosts::plugin,
        shake::plugin,
    ));
}

/// What is drawn over what.
mod height {
    pub const FIELD: f32 = 0.0;
    pub const AURA: f32 = 0.5;
    pub const TRAIL: f32 = 1.0;
    pub const GLOW: f32 = 2.0;
    pub const DISC: f32 = 3.0;
    pub const RING: f32 = 4.0;
    pub const BALL: f32 = 5.0;
    pub const EFFECT: f32 = 6.0;
}
