//! Replays and the agreement with Peerball's own rules: what a recorder writes, what comes out again,
//! and what a file of anybody's may do. Who leaves the demo out deletes this folder too.
#![cfg(not(target_arch = "wasm32"))]
#![expect(
    clippy::unwrap_used,
    reason = "a test whose files cannot be read has failed"
)]

mod agreement;
mod command;
mod desync;
mod hostile;
mod matches;
mod playback;
mod recording;
