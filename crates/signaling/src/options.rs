//! What the program can be told, by flags and the environment.

use clap::Parser;
use signaling::{Config, limits};
use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
    time::Duration,
};

/// Where trunk puts the web client.
const DEFAULT_WEB_DIR: &str = "dist";

/// Introduces Peerball's peers to one another and serves the web client.
///
/// Peers meet at ws://HOST:PORT/ROOM (everybody in the room) or ws://HOST:PORT/ROOM?next=N (groups
/// of N in the order of their coming), in matchbox's protocol. Rooms with short codes are made by
/// POST /api/v1/rooms. GET /healthz, /readyz and /metrics are for operators. The first SIGTERM or
/// Ctrl-C ends the server in order, the second at once.
#[derive(Debug, Parser)]
#[command(version, about, long_about)]
pub(crate) struct Args {
    /// Address to listen on; 127.0.0.1 for this machine only
    #[arg(long, env = "PEERBALL_BIND", value_name = "ADDRESS", default_value_t = IpAddr::V4(Ipv4Addr::UNSPECIFIED))]
    bind: IpAddr,

    /// TCP port to listen on; 0 takes a free one, which the log tells
    #[arg(long, env = "PEERBALL_PORT", default_value_t = 3536)]
    port: u16,

    /// Address and port for /metrics, which players then do not see [default: none]
    #[arg(long, env = "PEERBALL_METRICS_BIND", value_name = "ADDRESS:PORT")]
    pub(crate) metrics_bind: Option<SocketAddr>,

    /// Folder of the built web client [default: dist, if it exists]
    #[arg(long, env = "PEERBALL_WEB_DIR", value_name = "FOLDER")]
    web_dir: Option<PathBuf>,

    /// TCP connections in all; further ones wait
    #[arg(long, env = "PEERBALL_MAX_CONNECTIONS", value_name = "N", default_value_t = limits::MAX_CONNECTIONS)]
    max_connections: usize,

    /// WebSockets in all; further ones are refused
    #[arg(long, env = "PEERBALL_MAX_SOCKETS", value_name = "N", default_value_t = limits::MAX_SOCKETS)]
    max_sockets: usize,

    /// Rooms in all; further ones replace empty ones, or are refused
    #[arg(long, env = "PEERBALL_MAX_ROOMS", value_name = "N", default_value_t = limits::MAX_ROOMS)]
    max_rooms: usize,

    /// Seconds that a created room stays while nobody is in it
    #[arg(long, env = "PEERBALL_ROOM_GRACE", value_name = "SECONDS", default_value_t = limits::ROOM_GRACE.as_secs())]
    room_grace: u64,

    /// Seconds that a peer with a token keeps its place after its connection broke
    #[arg(long, env = "PEERBALL_RETURN_GRACE", value_name = "SECONDS", default_value_t = limits::RETURN_GRACE.as_secs())]
    return_grace: u64,

    /// Seconds between pings; a WebSocket that misses three of them is closed
    #[arg(long, env = "PEERBALL_PING_INTERVAL", value_name = "SECONDS", default_value_t = limits::PING_INTERVAL.as_secs())]
    ping_interval: u64,

    /// Seconds that a server that was told to end serves who is there, refuses newcomers and is
    /// not ready
    #[arg(long, env = "PEERBALL_DRAIN_DELAY", value_name = "SECONDS", default_value_t = limits::DRAIN_DELAY.as_secs())]
    drain_delay: u64,

    /// Seconds that a shutdown waits for connections to end
    #[arg(long, env = "PEERBALL_SHUTDOWN_DEADLINE", value_name = "SECONDS", default_value_t = limits::SHUTDOWN_DEADLINE.as_secs())]
    shutdown_deadline: u64,

    /// What to log, in tracing's syntax, such as "debug" or "signaling=debug,warn"
    #[arg(
        long,
        env = "PEERBALL_LOG",
        value_name = "FILTER",
        default_value = "info"
    )]
    pub(crate) log: String,
}

impl Args {
    /// Where players come.
    pub(crate) fn address(&self) -> SocketAddr {
        SocketAddr::new(self.bind, self.port)
    }

    /// The library's part.
    pub(crate) fn config(self) -> Config {
        let built_client = || {
            Path::new(DEFAULT_WEB_DIR)
                .is_dir()
                .then(|| DEFAULT_WEB_DIR.into())
        };
        Config {
            web_dir: self.web_dir.or_else(built_client),
            max_connections: self.max_connections,
            max_sockets: self.max_sockets,
            max_rooms: self.max_rooms,
            room_grace: Duration::from_secs(self.room_grace),
            return_grace: Duration::from_secs(self.return_grace),
            ping_interval: Duration::from_secs(self.ping_interval),
            drain_delay: Duration::from_secs(self.drain_delay),
            shutdown_deadline: Duration::from_secs(self.shutdown_deadline),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn every_flag_has_help_and_an_environment_variable() {
        Args::command().debug_assert();
        for arg in Args::command().get_arguments() {
            assert!(arg.get_help().is_some(), "{} has no help", arg.get_id());
            let env = arg.get_env().unwrap().to_str().unwrap();
            let expected = format!("PEERBALL_{}", arg.get_id().as_str().to_uppercase());
            assert_eq!(env, expected);
        }
    }

    #[test]
    fn the_defaults_are_the_library_s() {
        let args = Args::parse_from(["signaling", "--web-dir", "."]);
        let expected = Config {
            web_dir: Some(".".into()),
            ..Config::default()
        };
        assert_eq!(args.port, 3536);
        assert_eq!(args.config(), expected);
    }
}
