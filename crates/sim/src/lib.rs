//! Rules: a game as a plain value that steps, and what any such game is made of.
//!
//! [`rng`], [`vec2`] and [`checksum`] are for every game: random numbers, vectors and a hash that are
//! the same on every target. The rules of the one game that is built here are the module beside them
//! that [`World`] comes from; `docs/TEMPLATE.md` tells how another one takes its place.
//!
//! Deliberately absent: sockets, clocks, threads, the system's random source, the engine. The crate's
//! `clippy.toml` bans what would let two targets disagree.

pub mod checksum;
pub mod demo;
pub mod rng;
pub mod vec2;

pub use vec2::Vec2;

/// The game that the workspace's tools play, whichever it is: headless peers, replays, fuzzing, soak.
pub use demo::{World, autopilot, settings};
