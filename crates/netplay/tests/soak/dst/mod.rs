//! Deterministic simulation testing of whole rooms: one seed, one history, bit for bit.
//!
//! A [`Schedule`] says all that happens in a run: who is there, what the network does, who crashes
//! when. It is generated from a seed, printed as one line, and read back from that line. [`run`]
//! plays it in simulated time, in one thread, through the same `Room`s that games run, and
//! [`judge`] watches the invariants of `docs/NETPLAY.md`. What fails is made smaller by
//! [`shrink`] as long as it fails in the same way.
//!
//! The `soak` test and the `soak` example (`cargo xtask soak`) share this module.

pub mod bounds;
pub mod figures;
pub mod games;
pub mod generate;
pub mod judge;
pub mod links;
pub mod panics;
pub mod run;
pub mod schedule;
pub mod shrink;
pub mod table;
pub mod wire;
pub mod worlds;

pub use bounds::{Breach, Invariant};
pub use figures::Figures;
pub use run::{Outcome, run};
pub use schedule::Schedule;
