//! The server as a program: options, logging, signals of the system.

mod ice_options;

use anyhow::Context;
use clap::Parser;
use ice_options::IceOptions;
use signaling::{Config, limits};
use std::{
    io::IsTerminal,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
    time::Duration,
};
use tokio::net::TcpListener;
use tracing_subscriber::EnvFilter;

/// Where trunk puts the web client.
const DEFAULT_WEB_DIR: &str = "dist";

/// Introduces Peerball's peers to one another and serves the web client.
///
/// Peers meet at ws://HOST:PORT/ROOM (everybody in the room) or ws://HOST:PORT/ROOM?next=N (groups
/// of N in the order of their coming), in matchbox's protocol. Rooms with short codes are made by
/// POST /api/v1/rooms. GET /healthz answers "ok".
#[derive(Debug, Parser)]
#[command(version, about, long_about)]
struct Args {
    /// Address to listen on; 127.0.0.1 for this machine only
    #[arg(long, env = "PEERBALL_BIND", value_name = "ADDRESS", default_value_t = IpAddr::V4(Ipv4Addr::UNSPECIFIED))]
    bind: IpAddr,

    /// TCP port to listen on; 0 takes a free one, which the log tells
    #[arg(long, env = "PEERBALL_PORT", default_value_t = 3536)]
    port: u16,

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

    /// Seconds that a shutdown waits for connections to end
    #[arg(long, env = "PEERBALL_SHUTDOWN_DEADLINE", value_name = "SECONDS", default_value_t = limits::SHUTDOWN_DEADLINE.as_secs())]
    shutdown_deadline: u64,

    #[command(flatten)]
    ice: IceOptions,

    /// What to log, in tracing's syntax, such as "debug" or "signaling=debug,warn"
    #[arg(
        long,
        env = "PEERBALL_LOG",
        value_name = "FILTER",
        default_value = "info"
    )]
    log: String,
}

impl Args {
    fn config(self) -> anyhow::Result<Config> {
        let built_client = || {
            Path::new(DEFAULT_WEB_DIR)
                .is_dir()
                .then(|| DEFAULT_WEB_DIR.into())
        };
        Ok(Config {
            ice: self.ice.servers()?,
            #[cfg(feature = "turn")]
            turn: self.ice.embedded(),
            web_dir: self.web_dir.or_else(built_client),
            max_connections: self.max_connections,
            max_sockets: self.max_sockets,
            max_rooms: self.max_rooms,
            room_grace: Duration::from_secs(self.room_grace),
            return_grace: Duration::from_secs(self.return_grace),
            ping_interval: Duration::from_secs(self.ping_interval),
            shutdown_deadline: Duration::from_secs(self.shutdown_deadline),
        })
    }
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let args = Args::parse();
    let filter = EnvFilter::try_new(&args.log)
        .with_context(|| format!("--log {} is not a filter", args.log))?;
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_target(false)
        .with_ansi(std::io::stdout().is_terminal())
        .init();
    let address = SocketAddr::new(args.bind, args.port);
    let config = args.config()?;
    let listener = TcpListener::bind(address)
        .await
        .with_context(|| format!("cannot listen on {address}; is another server running?"))?;
    signaling::serve(listener, config, shutdown_signal()).await?;
    Ok(())
}

/// Resolves when the system asks the program to end: Ctrl-C, or SIGTERM where that exists.
async fn shutdown_signal() {
    #[cfg(unix)]
    let terminate = async {
        use tokio::signal::unix::{SignalKind, signal};
        match signal(SignalKind::terminate()) {
            Ok(mut signals) => {
                signals.recv().await;
            }
            Err(error) => {
                tracing::warn!(%error, "cannot listen for SIGTERM");
                std::future::pending().await
            }
        }
    };
    #[cfg(not(unix))]
    let terminate = std::future::pending::<()>();
    tokio::select! {
        () = terminate => {}
        result = tokio::signal::ctrl_c() => if let Err(error) = result {
            tracing::warn!(%error, "cannot listen for Ctrl-C");
            std::future::pending().await
        },
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
        assert_eq!(args.config().unwrap(), expected);
    }
}
