//! Replays: what a recorder writes, what comes out again, and what a file of anybody's may do.
#![cfg(not(target_arch = "wasm32"))]
#![expect(
    clippy::unwrap_used,
    reason = "a test whose files cannot be read has failed"
)]

mod command;
#[path = "../common/mod.rs"]
mod common;
mod desync;
mod golden;
mod hostile;
mod matches;
mod playback;
mod recording;
