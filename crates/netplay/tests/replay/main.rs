//! Replays: what a recorder writes, what comes out again, and what a file of anybody's may do.
#![cfg(not(target_arch = "wasm32"))]

mod desync;
mod hostile;
mod matches;
mod playback;
mod recording;
