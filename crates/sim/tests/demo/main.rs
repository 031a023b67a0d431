//! Peerball's own rules, from outside: what a match does, what always holds, and the bits that every
//! target must reproduce.

mod golden;
#[cfg(not(target_arch = "wasm32"))]
mod play;
mod players;
#[cfg(not(target_arch = "wasm32"))]
mod properties;
#[cfg(not(target_arch = "wasm32"))]
mod rollback;
#[cfg(not(target_arch = "wasm32"))]
mod strength;
