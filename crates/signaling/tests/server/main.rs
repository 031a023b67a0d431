//! The server over real sockets, against well-behaved and hostile clients.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod api;
mod files;
mod hostile;
mod http;
mod lifetime;
mod operator;
mod peer;
mod relay;
mod resume;
#[path = "../support/mod.rs"]
mod support;
