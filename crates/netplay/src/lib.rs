//! Peers, rooms and rollback: turns WebRTC data channels into agreed frames.
//!
//! From the inside out:
//! - [`rollback`]: the core. A state machine without sockets, threads or clocks.
//! - [`agreement`]: who drives which seat from when.
//! - [`audience`]: a match for those that only watch it.
//! - [`session`]: what a peer is in a room: hello, lobby, match. Around it the driver that runs
//!   by itself (a thread natively, a Worker's tick on the web) and the [`session::Handle`] that
//!   a game holds.
//! - [`queue`]: how full everything is that could grow.
//! - [`replay`]: matches as files: recorded, watched, checked, compared.
//! - [`transport`]: two channels to other peers; matchbox's, and an in-memory one.
//! - [`signaling`]: how peers find each other: over a server, or inside one process.
//!
//! It is generic over [`protocol::Simulation`] and knows no game and no engine.

pub mod agreement;
pub mod audience;
pub mod queue;
pub mod replay;
pub mod rollback;
pub mod session;
pub mod signaling;
pub mod transport;
