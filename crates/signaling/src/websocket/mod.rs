//! One WebSocket, from its opening handshake to its end.
//!
//! [`socket`] is its whole life, and where to start: [`handshake`] opens it, [`session`] is what
//! happens while it lives. Those two read by [`frames`] (bytes into messages) and [`signal`]
//! (messages into what a peer says), both without I/O, and let a peer send as fast as [`allowance`]
//! says. Where its messages go is for the `lobby`.

mod allowance;
pub(crate) mod frames;
pub(crate) mod handshake;
mod session;
pub(crate) mod signal;
pub(crate) mod socket;
