//! Servers that help connections through NATs, as far as matchbox can be given them, and whether
//! other peers may learn of any address but a relay's.

use crate::signaling::{
    api::{ServerUrl, ice_servers},
    directory::Directory,
};
use futures_timer::Delay;
use matchbox_socket::RtcIceServerConfig;
use protocol::api::IceServers;
use std::{
    net::IpAddr,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tracing::{debug, warn};

/// How soon the server is asked again when it did not answer.
const ASK_AGAIN: Duration = Duration::from_secs(60);

/// URLs of one answer that are used: each costs every connection a request.
const MAX_URLS: usize = 16;

/// Servers that help connections through NATs. Empty means none at all: matchbox would ask a
/// public server, and wait for it even on a LAN.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ice {
    /// `stun:host:port`, `turn:host:port?transport=udp` and their `s` forms.
    pub urls: Vec<String>,
    /// For TURN.
    pub username: Option<String>,
    /// For TURN.
    pub credential: Option<String>,
    /// Where those TURN servers relay. Only needed with [`Ice::relay_only`].
    pub relays: Vec<IpAddr>,
    /// A signaling server that is asked for further ones, and again before their credentials end.
    pub ask: Option<ServerUrl>,
    /// Connects by relays only: other peers learn of no address but the operator's.
    pub relay_only: bool,
}

impl Ice {
    /// The same servers and those that the signaling server names, and for how long the whole is
    /// good if not for ever.
    async fn asked(&self) -> (Self, Option<Duration>) {
        let Some(server) = &self.ask else {
            return (self.clone(), None);
        };
        match ice_servers(server).await {
            Ok(answer) => {
                let ttl = Duration::from_secs(answer.ttl);
                (self.clone().with(answer), Some(ttl))
            }
            Err(error) => {
                // A stock server has no such path; whoever must have a relay is told below.
                debug!(%error, "the server names no ICE servers");
                (self.clone(), Some(Duration::ZERO))
            }
        }
    }

    /// Adds what a server answered. matchbox takes one credential for all: our own, if there is one,
    /// or that of the first entry with any.
    fn with(mut self, answer: IceServers) -> Self {
        let has_own = self.username.is_some();
        for server in answer.ice_servers {
            let credential = (server.username, server.credential);
            let own = (&self.username, &self.credential);
            match credential {
                (None, _) | (_, None) => {}
                (Some(username), Some(credential)) if self.username.is_none() => {
                    self.username = Some(username);
                    self.credential = Some(credential);
                }
                (username, credential) if own == (&username, &credential) => {}
                _ => continue,
            }
            let room = MAX_URLS.saturating_sub(self.urls.len());
            self.urls.extend(server.urls.into_iter().take(room));
        }
        if !has_own {
            self.relays.extend(answer.relays);
        }
        self
    }

    /// What matchbox can be given: the WebRTC stacks refuse a whole configuration for one bad
    /// URL, and matchbox unwraps that.
    fn config(self) -> RtcIceServerConfig {
        let has_credential = self.username.is_some() && self.credential.is_some();
        let usable = |url: &String| {
            let usable = is_ice_url(url, has_credential);
            if !usable {
                warn!(
                    url,
                    "left out an ICE server: not a URL of one, or without its credential"
                );
            }
            // Nobody would be told what a STUN server says.
            usable && (!self.relay_only || url.starts_with("turn"))
        };
        RtcIceServerConfig {
            urls: self.urls.into_iter().filter(usable).collect(),
            username: self.username,
            credential: self.credential,
        }
    }
}

/// What the next socket is given. A clone is the same.
#[derive(Clone)]
pub(super) struct Servers(Arc<Mutex<RtcIceServerConfig>>);

impl Servers {
    pub(super) fn config(&self) -> RtcIceServerConfig {
        // It is only ever replaced as a whole.
        (self.0.lock().unwrap_or_else(PoisonError::into_inner)).clone()
    }

    fn set(&self, config: RtcIceServerConfig) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = config;
    }
}

/// Keeps what sockets are given good.
pub(super) struct Renewal {
    ice: Ice,
    directory: Directory,
    servers: Servers,
    /// How long the present ones are good, if not for ever.
    ttl: Option<Duration>,
}

impl Renewal {
    /// Asks whom there is to ask. Nothing when only relays are wanted and there is none; otherwise
    /// signals may show nothing but those from here on.
    pub(super) async fn begin(ice: Ice, directory: Directory) -> Option<Self> {
        let (whole, ttl) = ice.asked().await;
        let relays = whole.relays.clone();
        let relay_only = whole.relay_only;
        let config = whole.config();
        if relay_only {
            if relays.is_empty() || config.urls.is_empty() {
                return None;
            }
            directory.set_relays(&relays);
        }
        Some(Self {
            ice,
            directory,
            servers: Servers(Arc::new(Mutex::new(config))),
            ttl,
        })
    }

    /// What the next socket is given.
    pub(super) fn servers(&self) -> Servers {
        self.servers.clone()
    }

    /// Asks again in time, for ever: sockets that are opened later need credentials too. Those
    /// that are open keep what they have, so that it must last as long as they do.
    pub(super) async fn run(mut self) {
        while let Some(ttl) = self.ttl {
            Delay::new((ttl / 2).max(ASK_AGAIN)).await;
            let (whole, ttl) = self.ice.asked().await;
            self.ttl = ttl;
            if ttl.is_some_and(|ttl| ttl.is_zero()) {
                // Better the old ones than none.
                continue;
            }
            if whole.relay_only {
                self.directory.set_relays(&whole.relays);
            }
            self.servers.set(whole.config());
        }
        std::future::pending().await
    }
}

/// Whether this is `scheme:host[:port][?transport=…]` (RFC 7064, RFC 7065).
fn is_ice_url(url: &str, has_credential: bool) -> bool {
    let Some((scheme, rest)) = url.split_once(':') else {
        return false;
    };
    let (server, query) = rest
        .split_once('?')
        .map_or((rest, None), |(s, q)| (s, Some(q)));
    let turn = matches!(scheme, "turn" | "turns");
    let scheme_fits = matches!(scheme, "stun" | "stuns") && query.is_none()
        || turn
            && has_credential
            && matches!(query, None | Some("transport=udp" | "transport=tcp"));
    let (host, port) = match server
        .strip_prefix('[')
        .and_then(|rest| rest.split_once(']'))
    {
        Some((host, port)) if host.parse::<std::net::Ipv6Addr>().is_ok() => (host, port),
        Some(_) => return false,
        None => server
            .find(':')
            .map_or((server, ""), |colon| server.split_at(colon)),
    };
    let port_fits = port.is_empty()
        || port
            .strip_prefix(':')
            .is_some_and(|port| port.parse::<u16>().is_ok_and(|p| p != 0));
    let host_char = |c: char| c.is_ascii_alphanumeric() || "-.:".contains(c);
    scheme_fits && port_fits && !host.is_empty() && host.len() <= 253 && host.chars().all(host_char)
}

#[cfg(test)]
mod tests {
    use super::*;
    use protocol::api::IceServer;

    fn answer() -> IceServers {
        let turn = |url: &str, user: &str| IceServer {
            urls: vec![url.to_owned()],
            username: Some(user.to_owned()),
            credential: Some("secret".to_owned()),
        };
        IceServers {
            ice_servers: vec![
                IceServer {
                    urls: vec!["stun:203.0.113.9:3478".to_owned()],
                    ..IceServer::default()
                },
                turn("turn:203.0.113.9:3478?transport=udp", "alice"),
                turn("turns:203.0.113.9:5349", "alice"),
                turn("turn:198.51.100.1", "bob"),
            ],
            ttl: 60,
            relays: vec![[203, 0, 113, 9].into()],
        }
    }

    #[test]
    fn one_credential_goes_to_matchbox_and_only_what_it_fits() {
        let ice = Ice::default().with(answer());
        assert_eq!(ice.relays, [IpAddr::from([203, 0, 113, 9])]);
        let config = ice.config();
        assert_eq!(config.username.as_deref(), Some("alice"));
        assert_eq!(config.urls.len(), 3, "{config:?}");
        assert!(!config.urls.iter().any(|url| url.contains("198.51")));
    }

    #[test]
    fn who_wants_only_relays_asks_no_other_server() {
        let ice = Ice {
            relay_only: true,
            ..Ice::default()
        };
        let urls = ice.with(answer()).config().urls;
        assert_eq!(urls.len(), 2);
        assert!(urls.iter().all(|url| url.starts_with("turn")), "{urls:?}");
    }

    #[test]
    fn the_player_s_own_relay_comes_before_the_server_s() {
        let ice = Ice {
            urls: vec!["turn:192.0.2.1".to_owned()],
            username: Some("me".to_owned()),
            credential: Some("mine".to_owned()),
            relays: vec![[192, 0, 2, 1].into()],
            ..Ice::default()
        };
        let whole = ice.with(answer());
        assert_eq!(whole.relays, [IpAddr::from([192, 0, 2, 1])]);
        let config = whole.config();
        assert_eq!(config.username.as_deref(), Some("me"));
        assert_eq!(config.urls, ["turn:192.0.2.1", "stun:203.0.113.9:3478"]);
    }

    #[test]
    fn a_long_or_strange_answer_is_cut() {
        let mut answer = answer();
        answer.ice_servers[0].urls = (0..100).map(|port| format!("stun:h:{port}")).collect();
        answer.ice_servers[0].urls[3] = "javascript:alert(1)".to_owned();
        let config = Ice::default().with(answer).config();
        // Port 0 is none either.
        assert_eq!(config.urls.len(), MAX_URLS - 2);
    }
}
