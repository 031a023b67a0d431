//! What a server can be told.

use crate::limits;
use std::{path::PathBuf, time::Duration};

/// The options of [`crate::serve`]. The default serves no files and fits one machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// The folder of the built web client; without one, `/` says how to build it.
    pub web_dir: Option<PathBuf>,
    /// TCP connections in all; default [`limits::MAX_CONNECTIONS`], at least 1.
    pub max_connections: usize,
    /// WebSockets in all; default [`limits::MAX_SOCKETS`].
    pub max_sockets: usize,
    /// Rooms in all; default [`limits::MAX_ROOMS`].
    pub max_rooms: usize,
    /// How long a created room outlives its peers; default [`limits::ROOM_GRACE`].
    pub room_grace: Duration,
    /// How long a peer with a token keeps its place after its connection broke; default
    /// [`limits::RETURN_GRACE`].
    pub return_grace: Duration,
    /// How often a WebSocket is pinged; default [`limits::PING_INTERVAL`]. One that was not heard
    /// for [`limits::SILENT_PING_INTERVALS`] of it is closed.
    pub ping_interval: Duration,
    /// How long a server that was told to go down still serves those who are there, while it
    /// refuses newcomers and `/readyz` tells load balancers; default [`limits::DRAIN_DELAY`].
    pub drain_delay: Duration,
    /// How long a shutdown waits for connections; default [`limits::SHUTDOWN_DEADLINE`].
    pub shutdown_deadline: Duration,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            web_dir: None,
            max_connections: limits::MAX_CONNECTIONS,
            max_sockets: limits::MAX_SOCKETS,
            max_rooms: limits::MAX_ROOMS,
            room_grace: limits::ROOM_GRACE,
            return_grace: limits::RETURN_GRACE,
            ping_interval: limits::PING_INTERVAL,
            drain_delay: limits::DRAIN_DELAY,
            shutdown_deadline: limits::SHUTDOWN_DEADLINE,
        }
    }
}
