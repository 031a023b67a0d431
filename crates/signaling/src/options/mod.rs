//! What the program can be told, by flags and the environment: here, about the NAT servers in
//! [`ice`], and by a file in [`file`].

pub(crate) mod file;
mod ice;

use clap::{ArgAction, Parser, ValueEnum, builder::BoolishValueParser};
use ice::IceOptions;
use protocol::variable;
#[cfg(feature = "tls")]
use signaling::TlsFiles;
use signaling::{
    Config, ForwardedHeader, InvalidNetwork, InvalidOrigin, IpNet, Origin, PageHeaders, Proxies,
    Rate, Rates, RedisUrl, limits, parse_network,
};
use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
    time::Duration,
};

/// Where trunk puts the web client.
const DEFAULT_WEB_DIR: &str = "dist";

/// Introduces a game's peers to one another and serves the web client.
///
/// Peers meet at ws://HOST:PORT/ROOM (everybody in the room) or ws://HOST:PORT/ROOM?next=N (groups
/// of N in the order of their coming), in matchbox's protocol. Rooms with short codes are made by
/// POST /api/v1/rooms. GET /healthz, /readyz and /metrics are for operators. The first SIGTERM or
/// Ctrl-C ends the server in order, the second at once.
#[derive(Debug, Parser)]
#[command(version, about, long_about)]
pub(crate) struct Args {
    /// TOML file of these flags by their names, such as max-rooms = 100; flags and the environment
    /// come first
    #[arg(long, env = variable!("CONFIG"), value_name = "FILE")]
    config: Option<PathBuf>,

    /// Address to listen on; 127.0.0.1 for this machine only
    #[arg(long, env = variable!("BIND"), value_name = "ADDRESS", default_value_t = IpAddr::V4(Ipv4Addr::UNSPECIFIED))]
    bind: IpAddr,

    /// TCP port to listen on; 0 takes a free one, which the log tells
    #[arg(long, env = variable!("PORT"), default_value_t = 3536)]
    port: u16,

    /// Address and port for /metrics, which players then do not see [default: none]
    #[arg(long, env = variable!("METRICS_BIND"), value_name = "ADDRESS:PORT")]
    pub(crate) metrics_bind: Option<SocketAddr>,

    /// Certificate in PEM with those that it hangs on: players come by https: and wss:
    #[cfg(feature = "tls")]
    #[arg(
        long,
        env = variable!("TLS_CERT"),
        value_name = "FILE",
        requires = "tls_key"
    )]
    tls_cert: Option<PathBuf>,

    /// Its private key in PEM; both files are read anew when they change
    #[cfg(feature = "tls")]
    #[arg(
        long,
        env = variable!("TLS_KEY"),
        value_name = "FILE",
        requires = "tls_cert"
    )]
    tls_key: Option<PathBuf>,

    /// Folder of the built web client [default: dist, if it exists]
    #[arg(long, env = variable!("WEB_DIR"), value_name = "FOLDER")]
    web_dir: Option<PathBuf>,

    /// File of the keys that sign tickets, so that they outlast this server; made when missing
    #[arg(long, env = variable!("KEY_FILE"), value_name = "FILE")]
    key_file: Option<PathBuf>,

    /// Whether rooms may be entered by a name alone, as stock matchbox clients do
    #[arg(long, env = variable!("BARE_ROOMS"), value_name = "ON/OFF", default_value = "on", value_parser = BoolishValueParser::new(), action = clap::ArgAction::Set)]
    bare_rooms: bool,

    /// TCP connections in all; further ones wait
    #[arg(long, env = variable!("MAX_CONNECTIONS"), value_name = "N", default_value_t = limits::MAX_CONNECTIONS)]
    max_connections: usize,

    /// TCP connections of one address (of IPv6: of 64 bits); further ones are refused
    #[arg(long, env = variable!("MAX_CONNECTIONS_PER_ADDRESS"), value_name = "N", default_value_t = limits::MAX_CONNECTIONS_PER_ADDRESS)]
    max_connections_per_address: usize,

    /// WebSockets of one address; further ones are refused
    #[arg(long, env = variable!("MAX_SOCKETS_PER_ADDRESS"), value_name = "N", default_value_t = limits::MAX_SOCKETS_PER_ADDRESS)]
    max_sockets_per_address: usize,

    /// How often one address may open a TCP connection: so many at once, and again each so many
    /// seconds
    #[arg(long, env = variable!("CONNECTION_RATE"), value_name = "N/SECONDS", default_value_t = limits::CONNECTION_RATE)]
    connection_rate: Rate,

    /// How often one address may open a WebSocket
    #[arg(long, env = variable!("UPGRADE_RATE"), value_name = "N/SECONDS", default_value_t = limits::UPGRADE_RATE)]
    upgrade_rate: Rate,

    /// How often one address may ask the API
    #[arg(long, env = variable!("REQUEST_RATE"), value_name = "N/SECONDS", default_value_t = limits::REQUEST_RATE)]
    request_rate: Rate,

    /// How often one address may make or change something by the API
    #[arg(long, env = variable!("CHANGE_RATE"), value_name = "N/SECONDS", default_value_t = limits::CHANGE_RATE)]
    change_rate: Rate,

    /// How often one address may name a room or a ticket that is none, before it learns nothing
    #[arg(long, env = variable!("MISS_RATE"), value_name = "N/SECONDS", default_value_t = limits::MISS_RATE)]
    miss_rate: Rate,

    /// Networks of proxies that say whom a connection is for, separated by commas; no limit of one
    /// address holds for what they ask by themselves
    #[arg(long, env = variable!("TRUSTED_PROXIES"), value_name = "NETWORKS", default_value = "127.0.0.0/8,::1", value_parser = networks)]
    trusted_proxies: Networks,

    /// The header in which they say so; another one is not read
    #[arg(
        long,
        env = variable!("FORWARDED_HEADER"),
        value_name = "HEADER",
        default_value = "x-forwarded-for"
    )]
    forwarded_header: Header,

    /// Origins of pages that may use the server beside its own, such as https://play.example.org,
    /// separated by commas [default: all]
    #[arg(long, env = variable!("ORIGINS"), value_name = "ORIGINS", value_parser = origins)]
    origins: Option<Origins>,

    /// The Content-Security-Policy of pages instead of the server's own; empty for none
    #[arg(long, env = variable!("CONTENT_SECURITY_POLICY"), value_name = "POLICY")]
    content_security_policy: Option<String>,

    /// Make pages cross-origin isolated (COOP, COEP and CORP)
    #[arg(long, env = variable!("ISOLATE_PAGES"), value_name = "BOOL", default_value_t = false, action = ArgAction::Set, num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    isolate_pages: bool,

    /// Seconds that a request may take to come
    #[arg(long, env = variable!("REQUEST_DEADLINE"), value_name = "SECONDS", default_value_t = limits::REQUEST_DEADLINE.as_secs())]
    request_deadline: u64,

    /// WebSockets in all; further ones are refused
    #[arg(long, env = variable!("MAX_SOCKETS"), value_name = "N", default_value_t = limits::MAX_SOCKETS)]
    max_sockets: usize,

    /// Rooms in all; further ones replace empty ones, or are refused
    #[arg(long, env = variable!("MAX_ROOMS"), value_name = "N", default_value_t = limits::MAX_ROOMS)]
    max_rooms: usize,

    /// Redis that keeps the rooms for many servers, such as redis://:password@host:6379/0
    #[arg(
        long,
        env = variable!("REDIS"),
        value_name = "URL",
        hide_env_values = true
    )]
    redis: Option<String>,

    /// Seconds that Redis keeps the places of a server's peers when it falls silent
    #[arg(long, env = variable!("NODE_GRACE"), value_name = "SECONDS", default_value_t = limits::NODE_GRACE.as_secs())]
    node_grace: u64,

    /// Seconds that a created room stays while nobody is in it
    #[arg(long, env = variable!("ROOM_GRACE"), value_name = "SECONDS", default_value_t = limits::ROOM_GRACE.as_secs())]
    room_grace: u64,

    /// Seconds that a peer with a token keeps its place after its connection broke
    #[arg(long, env = variable!("RETURN_GRACE"), value_name = "SECONDS", default_value_t = limits::RETURN_GRACE.as_secs())]
    return_grace: u64,

    /// Seconds between pings; a WebSocket that misses three of them is closed
    #[arg(long, env = variable!("PING_INTERVAL"), value_name = "SECONDS", default_value_t = limits::PING_INTERVAL.as_secs())]
    ping_interval: u64,

    /// Seconds that a server that was told to end serves who is there, refuses newcomers and is
    /// not ready
    #[arg(long, env = variable!("DRAIN_DELAY"), value_name = "SECONDS", default_value_t = limits::DRAIN_DELAY.as_secs())]
    drain_delay: u64,

    /// Seconds that a shutdown waits for connections to end
    #[arg(long, env = variable!("SHUTDOWN_DEADLINE"), value_name = "SECONDS", default_value_t = limits::SHUTDOWN_DEADLINE.as_secs())]
    shutdown_deadline: u64,

    #[command(flatten)]
    ice: IceOptions,

    /// What to log, in tracing's syntax, such as "debug" or "signaling=debug,warn"
    #[arg(
        long,
        env = variable!("LOG"),
        value_name = "FILTER",
        default_value = "info"
    )]
    pub(crate) log: String,

    /// How to write the log
    #[arg(
        long,
        env = variable!("LOG_FORMAT"),
        value_name = "FORMAT",
        default_value = "text"
    )]
    pub(crate) log_format: LogFormat,

    /// Tell addresses of players in the log
    #[arg(long, env = variable!("LOG_ADDRESSES"), value_name = "BOOL", default_value_t = false, action = ArgAction::Set, num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    log_addresses: bool,
}

/// How to write the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogFormat {
    /// A line for people.
    Text,
    /// A JSON object on each line.
    Json,
}

/// A header that proxies write.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Header {
    /// As nginx, Caddy, HAProxy and most clouds do.
    XForwardedFor,
    /// RFC 7239.
    Forwarded,
}

impl From<Header> for ForwardedHeader {
    fn from(header: Header) -> Self {
        match header {
            Header::XForwardedFor => Self::XForwardedFor,
            Header::Forwarded => Self::Forwarded,
        }
    }
}

/// Of type `Vec` these would be a flag that is given several times.
#[derive(Clone, Debug)]
struct Networks(Vec<IpNet>);

#[derive(Clone, Debug)]
struct Origins(Vec<Origin>);

fn networks(text: &str) -> Result<Networks, InvalidNetwork> {
    elements(text)
        .map(parse_network)
        .collect::<Result<_, _>>()
        .map(Networks)
}

fn origins(text: &str) -> Result<Origins, InvalidOrigin> {
    elements(text)
        .map(str::parse)
        .collect::<Result<_, _>>()
        .map(Origins)
}

/// The elements of a list; the empty text has none.
fn elements(text: &str) -> impl Iterator<Item = &str> {
    text.split(',')
        .map(str::trim)
        .filter(|element| !element.is_empty())
}

impl Args {
    /// Where players come.
    pub(crate) fn address(&self) -> SocketAddr {
        SocketAddr::new(self.bind, self.port)
    }

    /// The library's part.
    ///
    /// # Errors
    /// When a file that an option names cannot be read.
    pub(crate) fn into_config(self) -> anyhow::Result<Config> {
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
            key_file: self.key_file,
            bare_rooms: self.bare_rooms,
            max_connections: self.max_connections,
            max_connections_per_address: self.max_connections_per_address,
            max_sockets_per_address: self.max_sockets_per_address,
            #[cfg(feature = "tls")]
            tls: self
                .tls_cert
                .zip(self.tls_key)
                .map(|(certificate, key)| TlsFiles::new(certificate, key)),
            rates: Rates {
                connections: self.connection_rate,
                upgrades: self.upgrade_rate,
                requests: self.request_rate,
                changes: self.change_rate,
                misses: self.miss_rate,
            },
            proxies: Proxies {
                trusted: self.trusted_proxies.0,
                header: self.forwarded_header.into(),
            },
            origins: self.origins.map(|origins| origins.0),
            pages: PageHeaders {
                content_security_policy: self.content_security_policy,
                isolate: self.isolate_pages,
            },
            log_addresses: self.log_addresses,
            request_deadline: Duration::from_secs(self.request_deadline),
            max_sockets: self.max_sockets,
            max_rooms: self.max_rooms,
            redis: self.redis.map(RedisUrl::from),
            node_grace: Duration::from_secs(self.node_grace),
            room_grace: Duration::from_secs(self.room_grace),
            return_grace: Duration::from_secs(self.return_grace),
            write_deadline: limits::WRITE_DEADLINE,
            ping_interval: Duration::from_secs(self.ping_interval),
            drain_delay: Duration::from_secs(self.drain_delay),
            shutdown_deadline: Duration::from_secs(self.shutdown_deadline),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;
    use std::collections::BTreeMap;

    #[test]
    fn every_flag_has_help_and_an_environment_variable() {
        Args::command().debug_assert();
        for arg in Args::command().get_arguments() {
            assert!(arg.get_help().is_some(), "{} has no help", arg.get_id());
            let env = arg.get_env().unwrap().to_str().unwrap();
            let flag = arg.get_id().as_str().to_uppercase();
            let expected = concat!(variable!(""), "{}").replace("{}", &flag);
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
        assert_eq!(args.into_config().unwrap(), expected);
    }

    #[test]
    fn the_table_in_the_documentation_has_every_flag() {
        let document = include_str!("../../../../docs/DEPLOY.md");
        let rows = document.lines().filter_map(|line| {
            let mut cells = line.strip_prefix("| `--")?.split('|').map(str::trim);
            let flag = cells.next()?.trim_end_matches('`');
            Some((flag.to_owned(), cells.next()?.trim_matches('`').to_owned()))
        });
        let command = Args::command();
        let flags = command.get_arguments().map(|arg| {
            let defaults = arg.get_default_values().first();
            let default = defaults.map(|value| value.to_str().unwrap().to_owned());
            let flag = arg.get_long().unwrap().to_owned();
            (flag, default.unwrap_or_default())
        });
        let (rows, flags): (BTreeMap<_, _>, BTreeMap<_, _>) = (rows.collect(), flags.collect());
        for (flag, default) in &flags {
            assert_eq!(rows.get(flag), Some(default), "--{flag} in docs/DEPLOY.md");
        }
        for flag in rows.keys() {
            assert!(
                flags.contains_key(flag),
                "--{flag} is in docs/DEPLOY.md only"
            );
        }
    }
}
