//! What the session's tests share: a tiny game, and a room of peers in simulated time.

#![allow(dead_code, reason = "each test binary uses its part")]

pub mod alone;
pub mod forger;
pub mod game;
pub mod hostile;
pub mod world;
