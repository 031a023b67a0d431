//! Peerball's own game on the screen: the discs' [`arena`], their [`input`], the [`options`] of a
//! match and the [`countdown`] to its kick-offs. Its rules are `sim::demo`.

pub mod arena;
pub mod countdown;
mod input;
pub mod options;
#[cfg(target_arch = "wasm32")]
mod told;

use bevy::prelude::*;

pub(super) fn plugin(app: &mut App) {
    app.add_plugins((arena::plugin, input::plugin, options::plugin));
    #[cfg(target_arch = "wasm32")]
    app.add_plugins(told::plugin);
}
