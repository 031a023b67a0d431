//! What a server can be told.

use crate::{IceConfig, Origin, PageHeaders, Proxies, Rates, limits};
use std::{fmt, path::PathBuf, time::Duration};

/// The options of [`crate::serve`]. The default serves no files and fits one machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// The folder of the built web client; without one, `/` says how to build it.
    pub web_dir: Option<PathBuf>,
    /// The file of the keys that sign tickets, one a line in 64 hexadecimal digits: the first signs,
    /// and tickets of all of them count. It is made when it is missing. Without one a key is drawn
    /// at the start, and tickets end with the server.
    pub key_file: Option<PathBuf>,
    /// Whether rooms may be entered by a name alone, as stock matchbox clients do; default yes.
    pub bare_rooms: bool,
    /// TCP connections in all; default [`limits::MAX_CONNECTIONS`], at least 1.
    pub max_connections: usize,
    /// TCP connections of one address; default [`limits::MAX_CONNECTIONS_PER_ADDRESS`].
    pub max_connections_per_address: usize,
    /// WebSockets of one address; default [`limits::MAX_SOCKETS_PER_ADDRESS`].
    pub max_sockets_per_address: usize,
    /// The certificate of the players' listener, which then speaks TLS; default none.
    #[cfg(feature = "tls")]
    pub tls: Option<crate::TlsFiles>,
    /// How often one address may do what.
    pub rates: Rates,
    /// Who may say that a connection is for another address; default: this machine.
    pub proxies: Proxies,
    /// The pages that may use the API and WebSockets, beside the server's own; default all. Nothing
    /// here is guarded by a cookie, so that another site's page can do no more than its own
    /// server could.
    pub origins: Option<Vec<Origin>>,
    /// What pages may do.
    pub pages: PageHeaders,
    /// Whether the log tells addresses of players; default no.
    pub log_addresses: bool,
    /// WebSockets in all; default [`limits::MAX_SOCKETS`].
    pub max_sockets: usize,
    /// Rooms in all; default [`limits::MAX_ROOMS`].
    pub max_rooms: usize,
    /// The Redis that keeps the rooms for many nodes; without one this server is the only one.
    pub redis: Option<RedisUrl>,
    /// How long Redis keeps the places of this server's peers when it falls silent; default
    /// [`limits::NODE_GRACE`].
    pub node_grace: Duration,
    /// How long a created room outlives its peers; default [`limits::ROOM_GRACE`].
    pub room_grace: Duration,
    /// How long a peer with a token keeps its place after its connection broke; default
    /// [`limits::RETURN_GRACE`].
    pub return_grace: Duration,
    /// How long a request may take to come; default [`limits::REQUEST_DEADLINE`].
    pub request_deadline: Duration,
    /// How long a connection may take none of what it is sent; default [`limits::WRITE_DEADLINE`].
    pub write_deadline: Duration,
    /// How often a WebSocket is pinged; default [`limits::PING_INTERVAL`]. One that was not heard
    /// for [`limits::SILENT_PING_INTERVALS`] of it is closed.
    pub ping_interval: Duration,
    /// How long a server that was told to go down still serves those who are there, while it
    /// refuses newcomers and `/readyz` tells load balancers; default [`limits::DRAIN_DELAY`].
    pub drain_delay: Duration,
    /// How long a shutdown waits for connections; default [`limits::SHUTDOWN_DEADLINE`].
    pub shutdown_deadline: Duration,
    /// The servers that help connections through NATs; default none.
    pub ice: IceConfig,
    /// An embedded one of them, which clients are told of beside those of `ice`; default none. Without
    /// a secret in `ice` it makes one of its own.
    #[cfg(feature = "turn")]
    pub turn: Option<crate::TurnConfig>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            web_dir: None,
            key_file: None,
            bare_rooms: true,
            max_connections: limits::MAX_CONNECTIONS,
            max_connections_per_address: limits::MAX_CONNECTIONS_PER_ADDRESS,
            max_sockets_per_address: limits::MAX_SOCKETS_PER_ADDRESS,
            #[cfg(feature = "tls")]
            tls: None,
            rates: Rates::default(),
            proxies: Proxies::default(),
            origins: None,
            pages: PageHeaders::default(),
            log_addresses: false,
            max_sockets: limits::MAX_SOCKETS,
            max_rooms: limits::MAX_ROOMS,
            redis: None,
            node_grace: limits::NODE_GRACE,
            room_grace: limits::ROOM_GRACE,
            return_grace: limits::RETURN_GRACE,
            request_deadline: limits::REQUEST_DEADLINE,
            write_deadline: limits::WRITE_DEADLINE,
            ping_interval: limits::PING_INTERVAL,
            drain_delay: limits::DRAIN_DELAY,
            shutdown_deadline: limits::SHUTDOWN_DEADLINE,
            ice: IceConfig::default(),
            #[cfg(feature = "turn")]
            turn: None,
        }
    }
}

/// The address of a Redis, such as `redis://:password@host:6379/0`. May hold a secret: it is not
/// printed.
#[derive(Clone, PartialEq, Eq)]
pub struct RedisUrl(pub String);

impl From<String> for RedisUrl {
    fn from(url: String) -> Self {
        Self(url)
    }
}

impl fmt::Debug for RedisUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RedisUrl(…)")
    }
}
