//! Connections, before anybody has asked anything: TCP, and TLS on it.
//!
//! [`doors`] opens the listeners, [`accept`] takes what comes to them and gives each connection a
//! place in the crowd (`admission`), [`connection`] is one of them, and [`tls`] its encryption. What
//! arrives on them is for `http`.

mod accept;
pub(crate) mod connection;
pub(crate) mod doors;
#[cfg(feature = "tls")]
pub(crate) mod tls;
