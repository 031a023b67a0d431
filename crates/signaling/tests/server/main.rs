//! The server over real sockets, against well-behaved and hostile clients.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod api;
mod bystanders;
mod client;
mod files;
#[cfg(all(unix, feature = "cli", feature = "tls"))]
mod hangup;
mod hostile;
mod hostile_bytes;
mod hostile_rooms;
mod http;
mod lifetime;
mod limits;
#[cfg(feature = "turn")]
mod nat;
#[cfg(feature = "redis")]
mod nodes;
mod operator;
mod peer;
mod raw;
#[cfg(feature = "redis")]
#[path = "../support/redis.rs"]
mod redis_server;
mod relay;
mod resume;
mod rooms;
#[path = "../support/mod.rs"]
mod support;
mod tickets;
#[cfg(feature = "tls")]
mod tls;
