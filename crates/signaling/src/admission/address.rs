//! Whose a request is: an address behind proxies, and what counts as one address.

use axum::http::HeaderMap;
use ipnet::IpNet;
use std::{
    fmt,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    str::FromStr,
};

/// What one customer of a provider has: an IPv4 address, or an IPv6 network of 64 bits.
///
/// In a word: IPv4 addresses take the place of multicast, which nobody connects from.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Household(u64);

impl From<IpAddr> for Household {
    fn from(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V4(v4) => Self(0xffff_ffff_0000_0000 | u64::from(v4.to_bits())),
            IpAddr::V6(v6) => Self((v6.to_bits() >> 64) as u64),
        }
    }
}

/// The household, as [`fmt::Debug`] writes it.
impl fmt::Display for Household {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

impl fmt::Debug for Household {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 >> 32 {
            0xffff_ffff => Ipv4Addr::from_bits(self.0 as u32).fmt(f),
            _ => write!(f, "{}/64", Ipv6Addr::from_bits(u128::from(self.0) << 64)),
        }
    }
}

/// Which header a proxy writes. Another one may come from the client as it is, and is not read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ForwardedHeader {
    /// `X-Forwarded-For`, as nginx, Caddy, HAProxy and most clouds do.
    #[default]
    XForwardedFor,
    /// `Forwarded` (RFC 7239).
    Forwarded,
}

/// The proxies that may say whom a connection is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proxies {
    /// Their networks. Their own requests, which name nobody else, are the operator's: no limit
    /// of one address holds for them. Default: this machine.
    pub trusted: Vec<IpNet>,
    /// Where they write it.
    pub header: ForwardedHeader,
}

impl Default for Proxies {
    fn default() -> Self {
        let this_machine = [
            IpNet::V4(ipnet::Ipv4Net::new_assert(Ipv4Addr::new(127, 0, 0, 0), 8)),
            IpNet::from(IpAddr::V6(Ipv6Addr::LOCALHOST)),
        ];
        Self {
            trusted: this_machine.into(),
            header: ForwardedHeader::default(),
        }
    }
}

/// A network as people write it: `10.0.0.0/8`, or one address alone.
///
/// # Errors
/// When it is neither.
pub fn parse_network(text: &str) -> Result<IpNet, InvalidNetwork> {
    let address = || text.parse::<IpAddr>().ok().map(IpNet::from);
    text.parse().ok().or_else(address).ok_or(InvalidNetwork)
}

/// The text is no network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a network is an address, or an address and its bits such as 10.0.0.0/8")]
pub struct InvalidNetwork;

impl Proxies {
    /// Whom a request is from that came from `peer`: the last hop that no trusted proxy is.
    /// Nobody if it is a trusted proxy's own.
    pub(crate) fn client(&self, peer: IpAddr, headers: &HeaderMap) -> Option<IpAddr> {
        if !self.trusts(peer) {
            return Some(peer);
        }
        // Each proxy adds its client at the end. What stands before the first one that is not
        // trusted may be made up by it.
        for hop in self.hops(headers).rev() {
            match address_of(hop) {
                Some(address) if self.trusts(address) => {}
                Some(address) => return Some(address),
                // A hop that hides itself, or a proxy that writes something else: all who come
                // this way are one.
                None => return Some(peer),
            }
        }
        None
    }

    /// Whether an address is a trusted proxy's.
    pub(crate) fn trusts(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.trusted
            .iter()
            .any(|network| network.contains(&address))
    }

    fn hops<'h>(&self, headers: &'h HeaderMap) -> std::vec::IntoIter<&'h str> {
        let name = match self.header {
            ForwardedHeader::XForwardedFor => "x-forwarded-for",
            ForwardedHeader::Forwarded => "forwarded",
        };
        let lines = headers.get_all(name).iter();
        let elements = lines.flat_map(|line| line.to_str().unwrap_or("?").split(','));
        let hops: Vec<_> = match self.header {
            ForwardedHeader::XForwardedFor => elements.map(str::trim).collect(),
            ForwardedHeader::Forwarded => elements.map(forwarded_for).collect(),
        };
        hops.into_iter()
    }
}

/// The `for` of an element of `Forwarded`, without its quotes; what has none is no address.
fn forwarded_for(element: &str) -> &str {
    let mut pairs = element.split(';').filter_map(|pair| pair.split_once('='));
    pairs
        .find(|(name, _)| name.trim().eq_ignore_ascii_case("for"))
        .map_or("", |(_, value)| value.trim().trim_matches('"'))
}

/// An address, with or without a port, in brackets or not.
fn address_of(hop: &str) -> Option<IpAddr> {
    let bare = hop.strip_prefix('[').and_then(|hop| hop.strip_suffix(']'));
    IpAddr::from_str(bare.unwrap_or(hop))
        .or_else(|_| SocketAddr::from_str(hop).map(|address| address.ip()))
        .ok()
        .map(|address| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    fn household(text: &str) -> Household {
        text.parse::<IpAddr>().unwrap().into()
    }

    #[test]
    fn a_household_is_an_ipv4_address_or_64_bits_of_ipv6() {
        assert_eq!(household("192.0.2.1"), household("::ffff:192.0.2.1"));
        assert_ne!(household("192.0.2.1"), household("192.0.2.2"));
        assert_eq!(household("2001:db8::1"), household("2001:db8::ffff:1:2:3"));
        assert_ne!(household("2001:db8::1"), household("2001:db8:0:1::1"));
        assert_eq!(format!("{:?}", household("192.0.2.1")), "192.0.2.1");
        assert_eq!(format!("{:?}", household("2001:db8::1")), "2001:db8::/64");
    }

    #[test]
    fn networks_are_read_as_people_write_them() {
        for (text, inside) in [
            ("10.0.0.0/8", "10.9.8.7"),
            ("192.0.2.1", "192.0.2.1"),
            ("2001:db8::/32", "2001:db8:ffff::"),
            ("::1", "::1"),
        ] {
            let network = parse_network(text).unwrap();
            assert!(
                network.contains(&inside.parse::<IpAddr>().unwrap()),
                "{text}"
            );
        }
        for text in ["", "10.0.0.0/33", "example.org", "10.0.0"] {
            assert_eq!(parse_network(text), Err(InvalidNetwork), "{text}");
        }
    }

    /// Whom the lines of a header name to a server that trusts 10.0.0.0/8.
    fn client(header: ForwardedHeader, lines: &[&str]) -> Option<IpAddr> {
        let proxies = Proxies {
            trusted: vec![parse_network("10.0.0.0/8").unwrap()],
            header,
        };
        let name = match header {
            ForwardedHeader::XForwardedFor => "x-forwarded-for",
            ForwardedHeader::Forwarded => "forwarded",
        };
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(name, HeaderValue::from_str(line).unwrap());
        }
        // Whoever is not trusted cannot say anything.
        let outsider = "198.51.100.9".parse().unwrap();
        assert_eq!(proxies.client(outsider, &headers), Some(outsider));
        proxies.client("::ffff:10.0.0.1".parse().unwrap(), &headers)
    }

    #[test]
    fn the_last_hop_that_is_no_proxy_is_the_client() {
        use ForwardedHeader::{Forwarded, XForwardedFor};
        let is = |text: &str| Some(text.parse::<IpAddr>().unwrap());
        for (lines, expected) in [
            (&["192.0.2.1"][..], is("192.0.2.1")),
            (&["made up, 203.0.113.5, 192.0.2.1"], is("192.0.2.1")),
            (&["192.0.2.1, 10.1.1.1,10.2.2.2"], is("192.0.2.1")),
            (&["203.0.113.5", "192.0.2.1", "10.1.1.1"], is("192.0.2.1")),
            (&["192.0.2.1:4711"], is("192.0.2.1")),
            (&["[2001:db8::1]:4711"], is("2001:db8::1")),
            (&["2001:db8::1"], is("2001:db8::1")),
            (&["10.1.1.1"], None),
            (&[], None),
            (&["192.0.2.1, unknown"], is("::ffff:10.0.0.1")),
            (&[""], is("::ffff:10.0.0.1")),
        ] {
            assert_eq!(client(XForwardedFor, lines), expected, "{lines:?}");
        }
        for (lines, expected) in [
            (&["for=192.0.2.1;proto=https"][..], is("192.0.2.1")),
            (
                &["for=203.0.113.5, For=\"[2001:db8::1]:80\""],
                is("2001:db8::1"),
            ),
            (
                &["for=192.0.2.1, proto=https;for=10.0.0.2"],
                is("192.0.2.1"),
            ),
            (&["for=_hidden"], is("::ffff:10.0.0.1")),
            (&["proto=https"], is("::ffff:10.0.0.1")),
        ] {
            assert_eq!(client(Forwarded, lines), expected, "{lines:?}");
        }
    }

    #[test]
    fn this_machine_is_trusted_by_default() {
        let proxies = Proxies::default();
        for address in ["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"] {
            assert!(proxies.trusts(address.parse().unwrap()), "{address}");
        }
        assert!(!proxies.trusts("192.168.0.1".parse().unwrap()));
    }
}
