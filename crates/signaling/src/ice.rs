//! The servers that help connections through NATs, and credentials for those that relay.
//!
//! Credentials follow coturn's REST scheme (draft-uberti-behave-turn-rest-00): the user name says
//! when they expire, and a secret shared with the TURN server makes the password from it. So the
//! TURN server needs no list of users, be it ours, coturn or another.

#[cfg(feature = "turn")]
use crate::turn::TurnServer;
use crate::{Config, limits::TURN_CREDENTIAL_LIFETIME, operations::metrics::Metrics};
use base64::{Engine, engine::general_purpose::STANDARD};
use hmac::{Hmac, Mac};
use protocol::{
    PeerId,
    api::{IceServer, IceServers},
};
use sha1::Sha1;
#[cfg(feature = "turn")]
use std::sync::{Mutex, PoisonError};
use std::{collections::BTreeSet, fmt, io, net::IpAddr, sync::Arc};
use tokio::net::lookup_host;

/// The port of STUN and TURN where a URL names none (RFC 7064, RFC 7065).
pub(crate) const DEFAULT_PORT: u16 = 3478;

/// The servers that clients are told of by `GET /api/v1/ice`. The default names none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct IceConfig {
    /// `stun:host:port` each.
    pub stun: Vec<String>,
    /// `turn:host:port?transport=udp` each, and their `turns` forms.
    pub turn: Vec<String>,
    /// Shared with the TURN servers; needed as soon as there is one.
    pub secrets: TurnSecrets,
    /// The addresses on which the TURN servers relay, for clients that shall show themselves to
    /// nobody else. Empty means those of the hosts in [`IceConfig::turn`].
    pub relays: Vec<IpAddr>,
}

/// What the TURN server and we know: the first secret makes credentials, all of them are good, so
/// that a new one can be put before an old one without ending anybody's connection.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct TurnSecrets(Vec<String>);

impl TurnSecrets {
    /// One secret for each line of `text`; spaces around it and empty lines do not count.
    pub fn from_lines(text: &str) -> Self {
        let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
        Self(lines.map(str::to_owned).collect())
    }

    /// A secret that nobody else knows: for the embedded server of a single node.
    #[cfg(feature = "turn")]
    pub(crate) fn random() -> Self {
        let bits = [uuid::Uuid::new_v4(), uuid::Uuid::new_v4()];
        Self(vec![bits.map(|bits| bits.simple().to_string()).concat()])
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// A user's passwords: the one that we hand out, then those of older secrets.
    pub(crate) fn passwords(&self, username: &str) -> impl Iterator<Item = String> {
        self.0.iter().map(move |secret| {
            let hash = hmac_sha1(secret.as_bytes(), &[username.as_bytes()]);
            STANDARD.encode(hash)
        })
    }
}

/// Secrets do not get into logs.
impl fmt::Debug for TurnSecrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} secrets", self.0.len())
    }
}

/// HMAC-SHA1 over the parts, one after the other (RFC 2104).
pub(crate) fn hmac_sha1(key: &[u8], parts: &[&[u8]]) -> [u8; 20] {
    #[expect(clippy::expect_used, reason = "HMAC takes a key of any length")]
    let mut hmac = Hmac::<Sha1>::new_from_slice(key).expect("any length fits");
    for part in parts {
        hmac.update(part);
    }
    hmac.finalize().into_bytes().into()
}

/// Tells clients of a configuration that has been checked, and holds the embedded server.
#[derive(Debug)]
pub(crate) struct IceDesk {
    config: IceConfig,
    /// It relays until this is closed or dropped: during a shutdown's last seconds too.
    #[cfg(feature = "turn")]
    embedded: Mutex<Option<TurnServer>>,
}

impl IceDesk {
    /// Checks what the configuration says, and starts the embedded server if there is to be one.
    ///
    /// # Errors
    /// A sentence that says what is wrong.
    #[cfg_attr(
        not(feature = "turn"),
        expect(unused_variables, reason = "the embedded server counts")
    )]
    pub(crate) async fn open(config: &Config, metrics: &Arc<Metrics>) -> Result<Self, String> {
        let mut ice = config.ice.clone();
        #[cfg(feature = "turn")]
        let embedded = match config.turn.clone() {
            Some(turn) => Some(TurnServer::start(turn, &mut ice, metrics).await?),
            None => None,
        };
        checked(&mut ice).await?;
        Ok(Self {
            config: ice,
            #[cfg(feature = "turn")]
            embedded: Mutex::new(embedded),
        })
    }

    /// Ends the embedded server; its sockets are free afterwards.
    #[cfg(feature = "turn")]
    pub(crate) async fn close(&self) {
        let embedded = (self.embedded.lock().unwrap_or_else(PoisonError::into_inner)).take();
        if let Some(server) = embedded {
            server.close().await;
        }
    }

    /// What a client is told: credentials are for `peer`, or for somebody new.
    pub(crate) fn answer(&self, peer: PeerId, unix_now: u64) -> IceServers {
        let IceConfig {
            stun,
            turn,
            secrets,
            relays,
        } = &self.config;
        let mut ice_servers = Vec::new();
        if !stun.is_empty() {
            ice_servers.push(IceServer {
                urls: stun.clone(),
                ..IceServer::default()
            });
        }
        let username = format!("{}:{peer}", unix_now + TURN_CREDENTIAL_LIFETIME.as_secs());
        let credential = secrets.passwords(&username).next();
        if credential.is_some() {
            ice_servers.push(IceServer {
                urls: turn.clone(),
                username: Some(username),
                credential,
            });
        }
        IceServers {
            ice_servers,
            ttl: TURN_CREDENTIAL_LIFETIME.as_secs(),
            relays: relays.clone(),
        }
    }
}

/// Refuses what cannot work, and looks up where TURN servers relay if it is not said.
async fn checked(config: &mut IceConfig) -> Result<(), String> {
    for url in &config.stun {
        host_of(url, &["stun", "stuns"])?;
    }
    let mut hosts = Vec::new();
    for url in &config.turn {
        hosts.push(host_of(url, &["turn", "turns"])?);
    }
    if config.turn.is_empty() != config.secrets.is_empty() {
        let missing = match config.turn.is_empty() {
            true => "a TURN secret is given, but no TURN server that knows it",
            false => "TURN servers are given, but no secret that they know",
        };
        return Err(missing.to_owned());
    }
    if config.relays.is_empty() {
        config.relays = addresses(&hosts).await?.into_iter().collect();
    }
    Ok(())
}

/// All addresses of these hosts, each once.
async fn addresses(hosts: &[&str]) -> Result<BTreeSet<IpAddr>, String> {
    let mut found = BTreeSet::new();
    for host in hosts {
        let failed = |error: io::Error| {
            format!("the TURN server {host} has no address ({error}); --turn-relays may name it")
        };
        let resolved = lookup_host((*host, DEFAULT_PORT)).await.map_err(failed)?;
        found.extend(resolved.map(|address| address.ip()));
    }
    Ok(found)
}

/// The host of `scheme:host[:port][?transport=udp|tcp]`.
fn host_of<'u>(url: &'u str, schemes: &[&str]) -> Result<&'u str, String> {
    let bad = || {
        let scheme = schemes[0];
        format!("{url} is no {scheme} URL; one is {scheme}:turn.example.org:{DEFAULT_PORT}")
    };
    let (scheme, rest) = url.split_once(':').ok_or_else(bad)?;
    let (server, query) = rest.split_once('?').unwrap_or((rest, ""));
    let query_fits = match schemes[0] {
        "stun" => query.is_empty() && !rest.contains('?'),
        _ => matches!(query, "" | "transport=udp" | "transport=tcp"),
    };
    let (host, port) = match server.strip_prefix('[') {
        Some(v6) => v6.split_once(']').ok_or_else(bad)?,
        None => server
            .find(':')
            .map_or((server, ""), |colon| server.split_at(colon)),
    };
    let port_fits = port.is_empty()
        || (port.strip_prefix(':')).is_some_and(|port| port.parse::<u16>().is_ok_and(|p| p > 0));
    let host_fits = match server.starts_with('[') {
        true => host.parse::<std::net::Ipv6Addr>().is_ok(),
        false => {
            (1..=253).contains(&host.len())
                && (host.bytes()).all(|b| b.is_ascii_alphanumeric() || b"-.".contains(&b))
        }
    };
    (schemes.contains(&scheme) && query_fits && port_fits && host_fits)
        .then_some(host)
        .ok_or_else(bad)
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn turn(urls: &[&str], secret: &str) -> IceConfig {
        IceConfig {
            turn: urls.iter().map(|url| (*url).to_owned()).collect(),
            secrets: TurnSecrets::from_lines(secret),
            ..IceConfig::default()
        }
    }

    async fn open(ice: IceConfig) -> Result<IceDesk, String> {
        let config = Config {
            ice,
            ..Config::default()
        };
        IceDesk::open(&config, &Arc::default()).await
    }

    /// `echo -n 1785000000:alice | openssl dgst -sha1 -hmac north -binary | base64`
    #[test]
    fn a_password_is_the_one_that_coturn_makes() {
        let secrets = TurnSecrets::from_lines("north\n\n  south \n");
        let passwords: Vec<_> = secrets.passwords("1785000000:alice").collect();
        assert_eq!(passwords.len(), 2);
        assert_eq!(passwords[0], "0SkivAMFz9sluCgpoIqp0cjlfOQ=");
        assert_eq!(format!("{secrets:?}"), "2 secrets");
    }

    #[tokio::test]
    async fn credentials_say_when_they_expire_and_whose_they_are() {
        let config = turn(&["turn:203.0.113.9:3478?transport=udp"], "north");
        let desk = open(config).await.unwrap();
        let peer = PeerId(Uuid::from_u128(7));
        let answer = desk.answer(peer, 1_000);
        assert_eq!(answer.ttl, TURN_CREDENTIAL_LIFETIME.as_secs());
        assert_eq!(answer.relays, [IpAddr::from([203, 0, 113, 9])]);
        let [server] = &answer.ice_servers[..] else {
            panic!("one entry: {answer:?}");
        };
        let username = format!("{}:{peer}", 1_000 + answer.ttl);
        assert_eq!(server.username.as_ref(), Some(&username));
        let password = TurnSecrets::from_lines("north").passwords(&username).next();
        assert_eq!(server.credential, password);
    }

    #[tokio::test]
    async fn a_configuration_that_cannot_work_is_refused() {
        for (config, word) in [
            (turn(&["turn:relay.example"], ""), "no secret"),
            (turn(&[], "north"), "no TURN server"),
            (turn(&["stun:203.0.113.9"], "north"), "no turn URL"),
            (turn(&["turn:203.0.113.9:0"], "north"), "no turn URL"),
            (turn(&["turn:203.0.113.9?x=1"], "north"), "no turn URL"),
            (turn(&["turn:[2001:db8::g]"], "north"), "no turn URL"),
            (turn(&["turn:"], "north"), "no turn URL"),
        ] {
            let error = open(config.clone()).await.unwrap_err();
            assert!(error.contains(word), "{config:?}: {error}");
        }
        let v6 = turn(&["turns:[2001:db8::9]:5349?transport=tcp"], "north");
        let answer = open(v6).await.unwrap().answer(PeerId(Uuid::nil()), 0);
        assert_eq!(answer.relays, ["2001:db8::9".parse::<IpAddr>().unwrap()]);
    }
}
