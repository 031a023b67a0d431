//! Candidates: the places where a peer may be reached, and the signals that tell of them.

use super::{is_ice_char, token};
use serde::Deserialize;
use std::{
    fmt,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    str::FromStr,
};

/// Bytes of a candidate's JSON. Browsers write about 250; a longer one is dropped.
const MAX_CANDIDATE_BYTES: usize = 1024;

/// The port that stands for none (RFC 8839, 5.1).
const NO_PORT: u16 = 9;

/// A foundation that tells nothing: stacks make theirs from addresses.
const NO_FOUNDATION: &str = "relay";

/// The kinds of addresses that a candidate may be (RFC 8839, 5.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum CandidateType {
    Host,
    ServerReflexive,
    PeerReflexive,
    Relay,
}

/// Where a peer may be reached by UDP. ICE over TCP is left out: nobody here listens for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::signaling) struct Candidate {
    foundation: String,
    priority: u32,
    /// An IP address, or a browser's mDNS name that hides one.
    address: String,
    port: u16,
    typ: CandidateType,
    related: Option<(IpAddr, u16)>,
}

/// Why text is not a [`Candidate`]; nobody asks for more.
#[derive(Debug)]
pub(in crate::signaling) struct NotACandidate;

impl FromStr for Candidate {
    type Err = NotACandidate;

    /// Reads the value of a candidate attribute, with or without its name before it.
    fn from_str(text: &str) -> Result<Self, NotACandidate> {
        Self::read(text.strip_prefix("candidate:").unwrap_or(text)).ok_or(NotACandidate)
    }
}

impl Candidate {
    fn read(text: &str) -> Option<Self> {
        let mut words = text.split_ascii_whitespace();
        let foundation = token(words.next()?, 1..=32, is_ice_char)?;
        // Component 2 was RTCP's.
        (words.next()? == "1").then_some(())?;
        words.next()?.eq_ignore_ascii_case("udp").then_some(())?;
        let priority = words
            .next()?
            .parse()
            .ok()
            .filter(|p| (1..=i32::MAX as u32).contains(p))?;
        let address = words.next()?;
        let port = words.next()?.parse().ok().filter(|port| *port != 0)?;
        (words.next()? == "typ").then_some(())?;
        let typ = match words.next()? {
            "host" => CandidateType::Host,
            "srflx" => CandidateType::ServerReflexive,
            "prflx" => CandidateType::PeerReflexive,
            "relay" => CandidateType::Relay,
            _ => return None,
        };
        let related = match (words.next(), words.next(), words.next(), words.next()) {
            (Some("raddr"), Some(address), Some("rport"), Some(port)) => {
                Some((address.parse().ok()?, port.parse().ok()?))
            }
            _ => None,
        };
        let address = parse_address(address, typ)?;
        Some(Self {
            foundation,
            priority,
            address,
            port,
            typ,
            related,
        })
    }

    /// The candidate without whatever tells of its owner, if it is on one of these relays.
    pub(super) fn through(self, relays: &[IpAddr]) -> Option<Self> {
        let address: IpAddr = self.address.parse().ok()?;
        let is_relay = self.typ == CandidateType::Relay && relays.contains(&address);
        let none: IpAddr = match address {
            IpAddr::V4(_) => Ipv4Addr::UNSPECIFIED.into(),
            IpAddr::V6(_) => Ipv6Addr::UNSPECIFIED.into(),
        };
        is_relay.then(|| Self {
            foundation: NO_FOUNDATION.to_owned(),
            related: Some((none, NO_PORT)),
            ..self
        })
    }
}

impl fmt::Display for Candidate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            foundation,
            priority,
            address,
            port,
            ..
        } = self;
        let typ = match self.typ {
            CandidateType::Host => "host",
            CandidateType::ServerReflexive => "srflx",
            CandidateType::PeerReflexive => "prflx",
            CandidateType::Relay => "relay",
        };
        write!(
            f,
            "candidate:{foundation} 1 udp {priority} {address} {port} typ {typ}"
        )?;
        match self.related {
            Some((address, port)) => write!(f, " raddr {address} rport {port}"),
            None => Ok(()),
        }
    }
}

/// An address that belongs to one machine, or for a host candidate an mDNS name as browsers
/// make them.
fn parse_address(text: &str, typ: CandidateType) -> Option<String> {
    if let Some(name) = text.strip_suffix(".local") {
        let is_name = typ == CandidateType::Host
            && token(name, 1..=63, |c| c.is_ascii_alphanumeric() || c == '-').is_some();
        return is_name.then(|| text.to_owned());
    }
    let ip: IpAddr = text.parse().ok()?;
    let broadcast = matches!(ip, IpAddr::V4(ip) if ip.is_broadcast());
    let single = !ip.is_unspecified() && !ip.is_multicast() && !broadcast;
    single.then(|| ip.to_string())
}

/// A candidate signal as fields.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::signaling) enum CandidateSignal {
    Candidate(Candidate),
    /// No further candidates will come.
    End,
}

/// What is read of a candidate signal's JSON (`RTCIceCandidate.toJSON`).
#[derive(Deserialize)]
struct CandidateJson {
    candidate: String,
}

impl CandidateSignal {
    /// Reads a candidate's JSON, or nothing if it is not one.
    pub(in crate::signaling) fn parse(text: &str) -> Option<Self> {
        if text.len() > MAX_CANDIDATE_BYTES {
            return None;
        }
        let json: Option<CandidateJson> = serde_json::from_str(text).ok()?;
        match json.map(|json| json.candidate) {
            None => Some(Self::End),
            Some(candidate) if candidate.is_empty() => Some(Self::End),
            Some(candidate) => candidate.parse().ok().map(Self::Candidate),
        }
    }

    /// The signal without whatever tells of its author, if it is a candidate on one of these relays
    /// or no candidate at all.
    pub(in crate::signaling) fn through(self, relays: &[IpAddr]) -> Option<Self> {
        match self {
            Self::Candidate(candidate) => candidate.through(relays).map(Self::Candidate),
            Self::End => Some(Self::End),
        }
    }

    /// Writes the JSON for the media section that both descriptions call `mid`.
    pub(in crate::signaling) fn write(&self, mid: &str) -> String {
        match self {
            // The end marker of matchbox.
            Self::End => "null".to_owned(),
            Self::Candidate(candidate) => serde_json::json!({
                "candidate": candidate.to_string(),
                "sdpMid": mid,
                "sdpMLineIndex": 0,
            })
            .to_string(),
        }
    }
}
