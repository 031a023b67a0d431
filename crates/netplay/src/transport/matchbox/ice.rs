//! Servers that help connections through NATs, as far as matchbox can be given them.

use matchbox_socket::RtcIceServerConfig;
use tracing::warn;

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
}

impl Ice {
    /// What matchbox can be given: the WebRTC stacks refuse a whole configuration for one bad
    /// URL, and matchbox unwraps that.
    pub(super) fn config(self) -> RtcIceServerConfig {
        let has_credential = self.username.is_some() && self.credential.is_some();
        let usable = |url: &String| {
            let usable = is_ice_url(url, has_credential);
            if !usable {
                warn!(
                    url,
                    "left out an ICE server: not a URL of one, or without its credential"
                );
            }
            usable
        };
        RtcIceServerConfig {
            urls: self.urls.into_iter().filter(usable).collect(),
            username: self.username,
            credential: self.credential,
        }
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
