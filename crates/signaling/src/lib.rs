//! The signaling server: introduces peers to one another, and serves the web client.
//!
//! [`serve`] takes its listener, its [`Config`] and its shutdown as arguments, so that the binary,
//! the native game that hosts and every test run the same server. Peers speak matchbox's JSON
//! protocol over a WebSocket at `/ROOM` or `/ROOM?next=N`, and with `token=…` keep their id from one
//! connection to the next; rooms with short codes are made over HTTP under `/api/v1/`; every other
//! path is a file. All that is bounded is in [`limits`].
//!
//! From the outside in: `server` (start and shutdown), `doors`, `accept` and `connection` (TCP), `tls`, `gate`
//! (who may ask how often: `address`, `crowd`, `rates`, `origins`), `routes` (requests), `headers`
//! (what pages may do), `health` and `metrics` (what operators see), `handshake`, `socket` and
//! `session` (one WebSocket: its beginning, its life and end, its messages), `websocket` and
//! `signal` (bytes and texts, without I/O), `lobby` (joining, signals and leaving), `sockets` and
//! `outbox` (the way to each peer that is connected here), `store` (the seam behind which it is
//! decided who is in which room), `rooms` (that decision, without I/O), `ticket` and `key` (leave to
//! enter a room).
//! Beside them: `ice` (which servers help through NATs), and with the feature `turn` one of these.
//!
//! Deliberately absent: the peers' traffic, which comes here only to the relay; accounts; anything on disk.

mod accept;
mod address;
mod allowance;
mod api;
mod clock;
mod config;
mod connection;
mod crowd;
mod doors;
mod files;
#[cfg(any(all(test, feature = "turn"), feature = "fuzzing"))]
pub mod fuzzing;
mod gate;
mod handshake;
mod headers;
mod health;
mod ice;
mod key;
pub mod limits;
mod lobby;
mod metrics;
mod origins;
mod outbox;
mod problem;
mod rates;
mod rooms;
mod routes;
mod server;
mod session;
mod shrink;
mod signal;
mod socket;
mod sockets;
mod store;
mod ticket;
#[cfg(feature = "tls")]
mod tls;
#[cfg(feature = "turn")]
mod turn;
mod websocket;

pub use address::{ForwardedHeader, InvalidNetwork, Proxies, parse_network};
pub use config::{Config, RedisUrl};
pub use headers::PageHeaders;
pub use ice::{IceConfig, TurnSecrets};
pub use ipnet::IpNet;
pub use key::KeyError;
pub use origins::{InvalidOrigin, Origin};
pub use rates::{InvalidRate, Rate, Rates};
pub use server::{Listeners, ServeError, serve};
#[cfg(feature = "tls")]
pub use tls::{TlsError, TlsFiles};
#[cfg(feature = "turn")]
pub use turn::{TurnConfig, TurnQuotas};
