//! The options about servers that help connections through NATs.

use anyhow::Context;
use clap::Args;
use protocol::variable;
use signaling::{IceConfig, TurnSecrets};
use std::{fs, net::IpAddr, path::PathBuf};

/// Named alike in the help.
#[derive(Debug, Args)]
#[command(next_help_heading = "Connections through NATs")]
pub struct IceOptions {
    /// STUN servers that clients are told of, as stun:HOST:PORT; several with commas
    #[arg(
        long,
        env = variable!("STUN"),
        value_name = "URLS",
        value_delimiter = ','
    )]
    stun: Vec<String>,

    /// TURN servers that clients are told of, as turn:HOST:PORT?transport=udp; several with commas
    #[arg(
        long,
        env = variable!("TURN_URLS"),
        value_name = "URLS",
        value_delimiter = ','
    )]
    turn_urls: Vec<String>,

    /// The secret that the TURN servers share (coturn: static-auth-secret); better in a file
    #[arg(
        long,
        env = variable!("TURN_SECRET"),
        value_name = "SECRET",
        hide_env_values = true,
        conflicts_with = "turn_secret_file"
    )]
    turn_secret: Option<String>,

    /// A file with that secret; further lines hold older ones that are still good
    #[arg(long, env = variable!("TURN_SECRET_FILE"), value_name = "FILE")]
    turn_secret_file: Option<PathBuf>,

    /// Addresses on which they relay; several with commas [default: those of --turn-urls]
    #[arg(
        long,
        env = variable!("TURN_RELAYS"),
        value_name = "ADDRESSES",
        value_delimiter = ','
    )]
    turn_relays: Vec<IpAddr>,

    #[cfg(feature = "turn")]
    #[command(flatten)]
    embedded: embedded::EmbeddedOptions,
}

impl IceOptions {
    /// The servers that clients are told of.
    pub fn servers(&self) -> anyhow::Result<IceConfig> {
        let secrets = match (&self.turn_secret, &self.turn_secret_file) {
            (Some(secret), _) => TurnSecrets::from_lines(secret),
            (None, Some(file)) => {
                let text = fs::read_to_string(file).with_context(|| {
                    format!("--turn-secret-file {} cannot be read", file.display())
                })?;
                let secrets = TurnSecrets::from_lines(&text);
                anyhow::ensure!(
                    !secrets.is_empty(),
                    "--turn-secret-file {} holds no secret",
                    file.display()
                );
                secrets
            }
            (None, None) => TurnSecrets::default(),
        };
        Ok(IceConfig {
            stun: self.stun.clone(),
            turn: self.turn_urls.clone(),
            secrets,
            relays: self.turn_relays.clone(),
        })
    }

    /// The embedded server, if there is to be one.
    #[cfg(feature = "turn")]
    pub fn embedded(&self) -> Option<signaling::TurnConfig> {
        self.embedded.config()
    }
}

#[cfg(feature = "turn")]
mod embedded {
    use clap::Args;
    use protocol::variable;
    use signaling::{IpNet, TurnConfig, TurnQuotas, limits, parse_network};
    use std::{
        net::{IpAddr, SocketAddr},
        ops::RangeInclusive,
    };

    #[derive(Debug, Args)]
    pub struct EmbeddedOptions {
        /// Starts a STUN and TURN server beside the signaling
        #[arg(long, env = variable!("TURN"))]
        turn: bool,

        /// Where it listens, by UDP and TCP
        #[arg(long, env = variable!("TURN_BIND"), value_name = "ADDRESS:PORT", default_value_t = TurnConfig::default().listen)]
        turn_bind: SocketAddr,

        /// The public address of its relays; one of each family, with a comma [default: that of
        /// --turn-bind]
        #[arg(
            long,
            env = variable!("TURN_EXTERNAL"),
            value_name = "ADDRESSES",
            value_delimiter = ','
        )]
        turn_external: Vec<IpAddr>,

        /// The UDP ports of its relays
        #[arg(long, env = variable!("TURN_PORTS"), value_name = "FIRST-LAST", value_parser = ports, default_value = "49152-65535")]
        turn_ports: RangeInclusive<u16>,

        /// Networks that its relays may reach although they are not on the internet, for play on a
        /// LAN; several with commas
        #[arg(
            long,
            env = variable!("TURN_ALLOW_PEERS"),
            value_name = "NETWORKS",
            value_parser = parse_network,
            value_delimiter = ','
        )]
        turn_allow_peers: Vec<IpNet>,

        /// Allocations in all; further ones are refused
        #[arg(long, env = variable!("TURN_MAX_ALLOCATIONS"), value_name = "N", default_value_t = limits::MAX_TURN_ALLOCATIONS)]
        turn_max_allocations: usize,

        /// Allocations of one user; further ones are refused
        #[arg(long, env = variable!("TURN_USER_ALLOCATIONS"), value_name = "N", default_value_t = limits::MAX_TURN_USER_ALLOCATIONS)]
        turn_user_allocations: usize,

        /// Allocations from one address (IPv6: one /64); further ones are refused
        #[arg(long, env = variable!("TURN_ADDRESS_ALLOCATIONS"), value_name = "N", default_value_t = limits::MAX_TURN_ADDRESS_ALLOCATIONS)]
        turn_address_allocations: usize,

        /// Bytes a second that one user may have relayed; what is more is dropped
        #[arg(long, env = variable!("TURN_USER_BYTES"), value_name = "N", default_value_t = limits::TURN_USER_BYTES_PER_SECOND)]
        turn_user_bytes: u64,
    }

    impl EmbeddedOptions {
        pub fn config(&self) -> Option<TurnConfig> {
            self.turn.then(|| TurnConfig {
                listen: self.turn_bind,
                external: self.turn_external.clone(),
                ports: self.turn_ports.clone(),
                allowed_peers: self.turn_allow_peers.clone(),
                quotas: TurnQuotas {
                    allocations: self.turn_max_allocations,
                    user_allocations: self.turn_user_allocations,
                    address_allocations: self.turn_address_allocations,
                    bytes_per_second: self.turn_user_bytes,
                },
            })
        }
    }

    fn ports(text: &str) -> Result<RangeInclusive<u16>, String> {
        let ends = text.split_once('-').and_then(|(first, last)| {
            let (first, last) = (first.parse::<u16>().ok()?, last.parse::<u16>().ok()?);
            (0 < first && first <= last).then_some(first..=last)
        });
        ends.ok_or_else(|| format!("{text} is no range of ports such as 49152-65535"))
    }
}
