//! Peerball's own game on the screen: the discs' [`arena`], their [`input`], the [`options`] of a
//! match and the [`countdown`] to its kick-offs. Its rules are `sim::demo`.

pub mod arena;
pub mod countdown;
mod input;
pub mod options;
#[cfg(not(target_arch = "wasm32"))]
pub mod rules;

use bevy::prelude::*;

pub(super) fn plugin(app: &mut App) {
    app.add_plugins((arena::plugin, input::plugin, options::plugin));
    #[cfg(not(target_arch = "wasm32"))]
    app.add_plugins(rules::plugin);
}
