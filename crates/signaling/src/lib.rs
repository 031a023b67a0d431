//! The signaling server: introduces peers to one another, and serves the web client.
//!
//! [`serve`] takes its listener, its [`Config`] and its shutdown as arguments, so that the binary,
//! the native game that hosts and every test run the same server. Peers speak matchbox's JSON
//! protocol over a WebSocket at `/ROOM` or `/ROOM?next=N`, and with `token=…` keep their id from one
//! connection to the next; rooms with short codes are made over HTTP under `/api/v1/`; every other
//! path is a file. All that is bounded is in [`limits`].
//!
//! Where to find what, from the outside in; the first file of each folder leads on:
//!
//! | | |
//! |---|---|
//! | `server`, `config`, `limits` | start and shutdown, what it can be told, every bound |
//! | `tcp` | listeners, connections, TLS |
//! | `admission` | who may ask, and how often: addresses, rates, origins |
//! | `http` | requests: routes, the API, files, refusals |
//! | `websocket` | one socket: its handshake, frames, signals and end |
//! | `lobby` | all sockets of this node: joining, signals, leaving, the way to each peer |
//! | `store` | the seam behind which it is decided who is in which room: here, or on Redis |
//! | `rooms` | that decision, without I/O |
//! | `ticket` | leave to enter a room, and the keys that sign it |
//! | `ice`, `turn` | which servers help through NATs, and one of these |
//! | `operations` | what operators see: health and metrics |
//!
//! Deliberately absent: the peers' traffic, which comes here only to the relay; accounts; anything on
//! disk.

mod admission;
mod clock;
mod config;
#[cfg(any(all(test, feature = "turn"), feature = "fuzzing"))]
pub mod fuzzing;
mod http;
mod ice;
pub mod limits;
mod lobby;
mod operations;
mod rooms;
mod server;
mod shrink;
mod store;
mod tcp;
mod ticket;
#[cfg(feature = "turn")]
mod turn;
mod websocket;

pub use admission::{
    address::{ForwardedHeader, InvalidNetwork, Proxies, parse_network},
    origins::{InvalidOrigin, Origin},
    rates::{InvalidRate, Rate, Rates},
};
pub use config::{Config, RedisUrl};
pub use http::headers::PageHeaders;
pub use ice::{IceConfig, TurnSecrets};
pub use ipnet::IpNet;
pub use server::{Listeners, ServeError, serve};
#[cfg(feature = "tls")]
pub use tcp::tls::{TlsError, TlsFiles};
pub use ticket::key::KeyError;
#[cfg(feature = "turn")]
pub use turn::{TurnConfig, TurnQuotas};
