//! Whom a relay may speak to: a relay that reaches everything would open the operator's own network
//! to everybody.

use ipnet::IpNet;
use std::net::{IpAddr, SocketAddr, UdpSocket};

/// Networks that no peer on the internet is in, or only under another name (IANA's registries of
/// special-purpose addresses). The documentation's own networks lead nowhere and are left out.
const DENIED: [&str; 25] = [
    "0.0.0.0/8",
    "10.0.0.0/8",
    "100.64.0.0/10",
    "127.0.0.0/8",
    "169.254.0.0/16",
    "172.16.0.0/12",
    "192.0.0.0/24",
    "192.88.99.0/24",
    "192.168.0.0/16",
    "198.18.0.0/15",
    "224.0.0.0/4",
    "240.0.0.0/4",
    // Unspecified, loopback, and IPv4 in other clothes.
    "::/96",
    "::ffff:0:0/96",
    "64:ff9b::/96",
    "64:ff9b:1::/48",
    "100::/64",
    "2001::/32",
    "2001:10::/28",
    "2001:20::/28",
    "2002::/16",
    "fc00::/7",
    "fe80::/10",
    "fec0::/10",
    "ff00::/8",
];

/// What a relay's peers may be.
#[derive(Debug)]
pub(super) struct Policy {
    denied: Vec<IpNet>,
    allowed: Vec<IpNet>,
    /// Our relays' own addresses: what is sent there goes from one of our clients to another.
    relays: Vec<IpAddr>,
}

impl Policy {
    pub(super) fn new(allowed: Vec<IpNet>, relays: Vec<IpAddr>) -> Self {
        let denied = DENIED.iter().filter_map(|text| text.parse().ok()).collect();
        Self {
            denied,
            allowed,
            relays,
        }
    }

    /// Whether a relay may be told to speak to this address at all. Asks the system whether it is
    /// this machine's: rarely, when a permission is asked for.
    pub(super) fn permits(&self, ip: IpAddr) -> bool {
        self.relays.contains(&ip)
            || self.is_allowed(ip)
            || !self.denied.iter().any(|network| network.contains(&ip)) && !is_ours(ip)
    }

    /// Whether a packet for a permitted peer, or from one, may take the network's way: on our own
    /// addresses there are other services, and relays hear one another without it.
    pub(super) fn reaches(&self, peer: SocketAddr) -> bool {
        peer.port() != 0 && (!self.relays.contains(&peer.ip()) || self.is_allowed(peer.ip()))
    }

    fn is_allowed(&self, ip: IpAddr) -> bool {
        self.allowed.iter().any(|network| network.contains(&ip))
    }
}

/// Whether an address belongs to this machine: only then the system lets a socket have it.
fn is_ours(ip: IpAddr) -> bool {
    UdpSocket::bind((ip, 0)).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    fn policy(allowed: &[&str]) -> Policy {
        let allowed = (allowed.iter()).map(|text| crate::parse_network(text).unwrap());
        Policy::new(allowed.collect(), vec![ip("203.0.113.9")])
    }

    #[test]
    fn every_denied_network_is_one() {
        assert_eq!(policy(&[]).denied.len(), DENIED.len());
    }

    #[test]
    fn what_is_not_on_the_internet_is_out_of_reach() {
        let policy = policy(&[]);
        for text in [
            "0.0.0.0",
            "10.1.2.3",
            "100.64.0.1",
            "100.127.255.255",
            "127.0.0.1",
            "127.9.9.9",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.1",
            "192.168.1.1",
            "198.19.0.1",
            "224.0.0.251",
            "239.255.255.250",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::127.0.0.1",
            "::ffff:10.0.0.1",
            "64:ff9b::a00:1",
            "2001::1",
            "2002:a00:1::",
            "fc00::1",
            "fd12:3456::1",
            "fe80::1",
            "fec0::1",
            "ff02::fb",
        ] {
            assert!(!policy.permits(ip(text)), "{text}");
        }
        for text in [
            "8.8.8.8",
            "100.63.0.1",
            "100.128.0.1",
            "172.32.0.1",
            "2606:4700::1111",
        ] {
            assert!(policy.permits(ip(text)), "{text}");
        }
    }

    #[test]
    fn other_services_at_our_own_address_are_out_of_reach() {
        let policy = policy(&[]);
        let (own, other) = (ip("203.0.113.9"), ip("8.8.8.8"));
        assert!(policy.permits(own) && !policy.reaches((own, 22).into()));
        assert!(policy.permits(other) && policy.reaches((other, 22).into()));
        assert!(!policy.reaches((other, 0).into()));
        assert!(super::tests::policy(&["203.0.113.9"]).reaches((own, 22).into()));
    }

    #[test]
    fn an_operator_may_open_a_network() {
        let policy = policy(&["192.168.7.0/24", "::1"]);
        assert!(policy.permits(ip("192.168.7.9")) && policy.permits(ip("::1")));
        assert!(!policy.permits(ip("192.168.8.9")) && !policy.permits(ip("::2")));
    }
}
