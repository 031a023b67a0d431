//! What peers and servers agree on, and nothing that acts.
//!
//! Start with [`simulation::Simulation`], the contract between a game and the netcode. Then
//! [`peer`] (the reliable messages between peers), [`agreement`] (those among them that change who
//! drives which seat), [`statement`] (how these are said twice), [`feed`] (those for watchers),
//! [`datagram`] (the unreliable ones), [`identity`] (by what a server knows a peer), [`api`] (the
//! server's HTTP side), [`limits`] (every bound, with its consequence) and [`mod@name`] (what the game
//! is called).
//!
//! Deliberately absent: sockets, clocks, threads, the system's random source, the engine.
//! Whoever decodes something here may be decoding an attacker's bytes: every decoder is
//! bounded, fallible and free of panics.

pub mod agreement;
pub mod api;
pub mod bounded;
pub mod datagram;
pub mod feed;
pub mod identity;
pub mod limits;
pub mod name;
pub mod peer;
pub mod simulation;
pub mod statement;

pub use matchbox_protocol::PeerId;
pub use simulation::{Driver, Event, Seat, Simulation};

/// Counts the steps of a match, from 0 at its start, at [`limits::STEPS_PER_SECOND`].
///
/// World number `f` is the world before step `f`: world 0 is fresh, and step `f` turns world
/// `f` into world `f + 1` by the inputs of frame `f`. At 60 Hz a `u32` lasts 828 days.
pub type Frame = u32;

/// The version of everything that peers say to one another. Peers of different versions refuse
/// each other with a reason that both sides see.
pub const PROTOCOL_VERSION: u16 = 5;
