//! Replays of the first version, which must stay readable.
#![cfg(not(target_arch = "wasm32"))]
#![expect(
    clippy::unwrap_used,
    reason = "a test whose files cannot be read has failed"
)]

#[path = "../common/mod.rs"]
mod common;
mod golden;
