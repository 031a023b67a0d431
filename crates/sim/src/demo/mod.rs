//! The rules of the game: hover-discs push, dash and kick a ball into goals.
//!
//! [`World`] is the whole game as a plain value; its [`step`](protocol::Simulation::step) turns it
//! one sixtieth of a second on. Read in this order: [`arena`] (shapes and sizes), [`disc`] (what a
//! player's disc can do), `physics` (how bodies move and collide), `flow` (kick-off, score, clock, end),
//! [`world`] (how a step puts these together), [`bot`] (the brain of seats that nobody drives),
//! [`tally`] (what each seat has done).
//!
//! # Units
//! Lengths are in metres, speeds in metres a second, times in steps of
//! [`protocol::limits::STEPS_PER_SECOND`]. The arena's centre is the origin; `x` grows to the right,
//! `y` upwards.
//!
//! # Determinism
//! The same settings, seed and inputs give the same bits on every target. Floats see only `+ - * /`
//! and `sqrt`, which IEEE 754 rounds alike everywhere; the crate's `clippy.toml` bans the rest. Every
//! float in a world is finite: speeds are clamped, positions contained, and decoding refuses what is not.
//!
//! # Symmetry
//! Mirror the arena left to right, swap each even seat with the odd one after it, and the mirrored
//! inputs give exactly the mirrored world. Negating an operand negates the result of all arithmetic
//! used here, so it is enough to treat the two seats of such a pair alike; where several bodies
//! meet, `physics` says how its order keeps that.
//!
//! Deliberately absent: sockets, clocks, threads, the system's random source, the heap (but for the
//! caller's list of events), the engine.

pub mod arena;
pub mod bot;
pub mod disc;
pub mod event;
mod flow;
pub mod input;
mod physics;
pub mod settings;
pub mod tally;
pub mod team;
pub mod world;

pub use arena::ArenaKind;
pub use bot::{Level, autopilot};
pub use disc::Disc;
pub use event::{Event, EventKind};
pub use flow::Phase;
pub use input::Input;
pub use physics::Body;
pub use settings::{Ball, Settings};
pub use tally::{Figures, Goal};
pub use team::Team;
pub use world::World;

use protocol::limits::MAX_SEATS;

/// The usual match of so many players: two seats at least, since alone one plays a bot.
pub fn settings(players: usize) -> Settings {
    Settings::for_seats(players.clamp(2, MAX_SEATS) as u8)
}
