//! An embedded STUN and TURN server (RFC 8489, RFC 8656), so that one binary suffices: UDP relays for
//! peers whose NATs let no direct packet through, reached by UDP or TCP.
//!
//! From the outside in: this file (options and start), `socket` (sockets and tasks), `relay` and
//! `request` (packets and requests, without I/O), `allocation` (what a client holds), `access` (who
//! it is), `policy` (whom it may reach), `message` (bytes). What a stranger sends costs no memory:
//! nonces are signed, not kept.
//!
//! Deliberately absent: TURN over TLS (a proxy ends it; data channels are encrypted from peer to
//! peer anyway), relays that speak TCP to peers, reserved ports.

mod access;
mod allocation;
mod message;
mod policy;
mod relay;
mod request;
mod socket;
#[cfg(test)]
mod tests;

use crate::{
    IceConfig, TurnSecrets,
    clock::unix_now,
    limits::{
        MAX_TURN_ADDRESS_ALLOCATIONS, MAX_TURN_ALLOCATIONS, MAX_TURN_USER_ALLOCATIONS,
        TURN_USER_BYTES_PER_SECOND,
    },
    operations::metrics::Metrics,
};
use ipnet::IpNet;
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) use message::fuzz;
use policy::Policy;
pub(crate) use relay::Refused;
use relay::Relay;
use socket::{Ports, Shared};
use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    ops::RangeInclusive,
    sync::{Arc, Mutex, Weak},
    time::Instant,
};
use tokio::{
    net::{TcpListener, UdpSocket},
    task::JoinSet,
};
use tracing::info;

/// The options of the embedded server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TurnConfig {
    /// Where it listens, by UDP and TCP.
    pub listen: SocketAddr,
    /// Where its relays are for peers: at most one address of each family. Empty means that of
    /// `listen`.
    pub external: Vec<IpAddr>,
    /// The relays' ports.
    pub ports: RangeInclusive<u16>,
    /// Networks that peers may be in although they are not on the internet: for play on a LAN.
    pub allowed_peers: Vec<IpNet>,
    /// What one user may have.
    pub quotas: TurnQuotas,
}

/// How much the embedded server gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TurnQuotas {
    /// Allocations in all; default [`MAX_TURN_ALLOCATIONS`].
    pub allocations: usize,
    /// Allocations of a user; default [`MAX_TURN_USER_ALLOCATIONS`].
    pub user_allocations: usize,
    /// Allocations from an address; default [`MAX_TURN_ADDRESS_ALLOCATIONS`].
    pub address_allocations: usize,
    /// Bytes a second of a user; default [`TURN_USER_BYTES_PER_SECOND`].
    pub bytes_per_second: u64,
}

impl Default for TurnConfig {
    fn default() -> Self {
        Self {
            listen: (Ipv4Addr::UNSPECIFIED, crate::ice::DEFAULT_PORT).into(),
            external: Vec::new(),
            // The ports that IANA leaves to everybody (RFC 6335).
            ports: 49_152..=65_535,
            allowed_peers: Vec::new(),
            quotas: TurnQuotas::default(),
        }
    }
}

impl Default for TurnQuotas {
    fn default() -> Self {
        Self {
            allocations: MAX_TURN_ALLOCATIONS,
            user_allocations: MAX_TURN_USER_ALLOCATIONS,
            address_allocations: MAX_TURN_ADDRESS_ALLOCATIONS,
            bytes_per_second: TURN_USER_BYTES_PER_SECOND,
        }
    }
}

/// One of the server's clients: how it came, and from where.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Client {
    /// The number of its TCP connection; nothing by UDP.
    stream: Option<u64>,
    address: SocketAddr,
}

/// When something happens.
#[derive(Clone, Copy, Debug)]
struct Time {
    now: Instant,
    /// Seconds since 1970, in which credentials expire.
    unix: u64,
}

impl Time {
    fn now() -> Self {
        Self {
            now: Instant::now(),
            unix: unix_now(),
        }
    }
}

/// A running server; dropping it closes all of its sockets.
#[derive(Debug)]
pub(crate) struct TurnServer {
    tasks: JoinSet<()>,
}

impl TurnServer {
    /// Starts one, and names it in `ice` among those that clients are told of. Its users' passwords
    /// follow from the secrets there; if there is none, from one that nobody else knows.
    ///
    /// # Errors
    /// A sentence that says why it cannot run.
    pub(crate) async fn start(
        config: TurnConfig,
        ice: &mut IceConfig,
        metrics: &Arc<Metrics>,
    ) -> Result<Self, String> {
        let external = external(&config)?;
        let listen = config.listen;
        let cannot = |error| format!("TURN cannot listen on {listen}: {error}");
        let udp = UdpSocket::bind(listen).await.map_err(cannot)?;
        // Port 0 is a test's: both get the same one.
        let address = udp.local_addr().map_err(cannot)?;
        let tcp = TcpListener::bind(address).await.map_err(cannot)?;
        if ice.secrets.is_empty() {
            ice.secrets = TurnSecrets::random();
        }
        announce(ice, &external, address.port());
        info!(urls = ?ice.turn, "relaying");
        let policy = Policy::new(config.allowed_peers, external.clone());
        let shared = Arc::new_cyclic(|shared| {
            let ports = Ports {
                listen,
                external: external.clone(),
                ports: config.ports,
                shared: Weak::clone(shared),
            };
            let users = (ice.secrets.clone(), config.quotas);
            let relay = Relay::new(users, policy, ports, Arc::clone(metrics), Time::now());
            Shared {
                metrics: Arc::clone(metrics),
                relay: Mutex::new(relay),
                udp,
                streams: Mutex::default(),
            }
        });
        let mut tasks = JoinSet::new();
        tasks.spawn(Arc::clone(&shared).listen());
        tasks.spawn(Arc::clone(&shared).accept(tcp));
        tasks.spawn(Arc::clone(&shared).sweep());
        Ok(Self { tasks })
    }

    /// Ends it; its listening sockets are free afterwards.
    pub(crate) async fn close(mut self) {
        self.tasks.shutdown().await;
    }
}

/// Names a server's URLs: STUN's, and TURN's by UDP and TCP.
fn announce(ice: &mut IceConfig, external: &[IpAddr], port: u16) {
    let at = |ip: &IpAddr| SocketAddr::new(*ip, port);
    ice.stun
        .extend(external.iter().map(|ip| format!("stun:{}", at(ip))));
    for transport in ["udp", "tcp"] {
        let url = |ip| format!("turn:{}?transport={transport}", at(ip));
        ice.turn.extend(external.iter().map(url));
    }
    if !ice.relays.is_empty() {
        // Otherwise they follow from the URLs.
        ice.relays.extend(external);
    }
}

/// Where relays are for peers.
fn external(config: &TurnConfig) -> Result<Vec<IpAddr>, String> {
    if config.ports.is_empty() || *config.ports.start() == 0 {
        return Err("the relays' ports are none".to_owned());
    }
    if config.external.is_empty() && config.listen.ip().is_unspecified() {
        return Err(format!(
            "TURN listens on every address ({}): say at which one the relays are \
             (--turn-external)",
            config.listen
        ));
    }
    let external = match &config.external[..] {
        [] => vec![config.listen.ip()],
        named => named.to_vec(),
    };
    let of_family = |v6| external.iter().filter(|ip| ip.is_ipv6() == v6).count();
    if of_family(true) > 1 || of_family(false) > 1 {
        return Err("TURN relays on one address of each family at most".to_owned());
    }
    if let Some(ip) = external.iter().find(|ip| ip.is_unspecified()) {
        return Err(format!("peers cannot reach relays at {ip}"));
    }
    Ok(external)
}
