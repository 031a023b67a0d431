//! Session descriptions and candidates as fields: read from what others wrote, and written anew.
//!
//! matchbox hands another peer's text to the WebRTC stack and unwraps the answer. Here the text
//! is read into the few fields that a data channel needs, each within its grammar and bounds,
//! and written again from those fields alone (RFC 8866, RFC 8839, RFC 8841). Whatever else the
//! text held is gone, and text that lacks a field is nothing.

mod candidate;

pub(super) use candidate::CandidateSignal;

use candidate::Candidate;
use std::{fmt, net::IpAddr};

/// Bytes of a description. Browsers with many interfaces write about 4 KiB; a longer one is
/// dropped.
const MAX_DESCRIPTION_BYTES: usize = 16 * 1024;

/// Candidates that a description may carry. Further ones are left out.
const MAX_EMBEDDED_CANDIDATES: usize = 32;

/// The largest message that a peer may claim to take (RFC 8841, `max-message-size`): what the
/// browsers and webrtc-rs manage between them. Larger claims, and "any size", are lowered.
const MAX_MESSAGE_BYTES: u64 = 256 * 1024;

/// The smallest such claim, which is also the default of RFC 8841. Smaller ones are raised: our
/// own limits on messages are below it.
const MIN_MESSAGE_BYTES: u64 = 64 * 1024;

/// The one SCTP port in use among WebRTC implementations.
const SCTP_PORT: &str = "5000";

/// Which half of the exchange a description is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Offer,
    Answer,
}

/// Who opens the DTLS connection (RFC 4145, `setup`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Setup {
    Either,
    Active,
    Passive,
}

/// A description of a connection that carries data channels and nothing else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Description {
    session: u64,
    version: u64,
    mid: String,
    ufrag: String,
    password: String,
    fingerprint: String,
    setup: Setup,
    max_message: u64,
    candidates: Vec<Candidate>,
}

/// The values found so far, at the session's or the media's level.
#[derive(Default)]
struct Found<'a> {
    mid: Option<&'a str>,
    ufrag: Option<&'a str>,
    password: Option<&'a str>,
    fingerprint: Option<&'a str>,
    setup: Option<&'a str>,
    sctp_port: Option<&'a str>,
    max_message: Option<&'a str>,
    candidates: Vec<Candidate>,
}

impl<'a> Found<'a> {
    /// Takes in an attribute (RFC 8866, 5.13). Of repeated ones the first counts.
    fn take(&mut self, attribute: &'a str) {
        let (name, value) = attribute.split_once(':').unwrap_or((attribute, ""));
        let value = value.trim();
        let field = match name {
            "mid" => &mut self.mid,
            "ice-ufrag" => &mut self.ufrag,
            "ice-pwd" => &mut self.password,
            // Every implementation offers SHA-256; others may stand beside it.
            "fingerprint" if value.to_ascii_lowercase().starts_with("sha-256 ") => {
                &mut self.fingerprint
            }
            "setup" => &mut self.setup,
            "sctp-port" => &mut self.sctp_port,
            "max-message-size" => &mut self.max_message,
            "candidate" => {
                if self.candidates.len() < MAX_EMBEDDED_CANDIDATES {
                    self.candidates.extend(value.parse::<Candidate>().ok());
                }
                return;
            }
            _ => return,
        };
        field.get_or_insert(value);
    }
}

impl Description {
    /// Reads a description, or nothing if a field is missing or out of its bounds.
    pub(super) fn parse(text: &str, kind: Kind) -> Option<Self> {
        if text.len() > MAX_DESCRIPTION_BYTES || !text.starts_with("v=0") {
            return None;
        }
        let (mut session, mut media) = (Found::default(), Found::default());
        let (mut origin, mut in_media) = (None, false);
        for line in text.lines() {
            match line.trim_end().split_once('=') {
                Some(("o", value)) => origin = origin.or(parse_origin(value)),
                Some(("m", value)) if !in_media && is_data_channel(value) => in_media = true,
                // A second section, or one of another kind.
                Some(("m", _)) => return None,
                Some(("a", attribute)) if in_media => media.take(attribute),
                Some(("a", attribute)) => session.take(attribute),
                _ => {}
            }
        }
        if !in_media || media.sctp_port.is_some_and(|port| port != SCTP_PORT) {
            return None;
        }
        let (session_id, version) = origin?;
        Some(Self {
            session: session_id,
            version,
            mid: token(media.mid?, 1..=16, |c| {
                c.is_ascii_alphanumeric() || c == '_'
            })?,
            ufrag: token(media.ufrag.or(session.ufrag)?, 4..=256, is_ice_char)?,
            password: token(media.password.or(session.password)?, 22..=256, is_ice_char)?,
            fingerprint: parse_fingerprint(media.fingerprint.or(session.fingerprint)?)?,
            setup: parse_setup(media.setup.or(session.setup)?, kind)?,
            max_message: parse_max_message(media.max_message)?,
            candidates: media.candidates,
        })
    }

    /// Names the media section; candidates refer to it.
    pub(super) fn mid(&self) -> &str {
        &self.mid
    }

    /// Keeps the candidates that show nothing but one of these relays.
    pub(super) fn keep_relays(&mut self, relays: &[IpAddr]) {
        let candidates = std::mem::take(&mut self.candidates);
        self.candidates = (candidates.into_iter())
            .filter_map(|candidate| candidate.through(relays))
            .collect();
    }

    /// Names the media section anew.
    pub(super) fn rename(&mut self, mid: &str) {
        mid.clone_into(&mut self.mid);
    }
}

impl fmt::Display for Description {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let setup = match self.setup {
            Setup::Either => "actpass",
            Setup::Active => "active",
            Setup::Passive => "passive",
        };
        let Self {
            session,
            version,
            mid,
            ufrag,
            password,
            fingerprint,
            max_message,
            ..
        } = self;
        write!(
            f,
            "v=0\r\no=- {session} {version} IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n"
        )?;
        write!(f, "a=group:BUNDLE {mid}\r\n")?;
        write!(
            f,
            "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\nc=IN IP4 0.0.0.0\r\n"
        )?;
        for candidate in &self.candidates {
            write!(f, "a={candidate}\r\n")?;
        }
        write!(
            f,
            "a=ice-ufrag:{ufrag}\r\na=ice-pwd:{password}\r\na=ice-options:trickle\r\n"
        )?;
        write!(
            f,
            "a=fingerprint:sha-256 {fingerprint}\r\na=setup:{setup}\r\na=mid:{mid}\r\n"
        )?;
        write!(
            f,
            "a=sctp-port:{SCTP_PORT}\r\na=max-message-size:{max_message}\r\n"
        )
    }
}

/// `<username> <session id> <version> IN <type> <address>` (RFC 8866, 5.2).
fn parse_origin(value: &str) -> Option<(u64, u64)> {
    let mut words = value.split(' ').skip(1);
    // Implementations read them as signed numbers.
    let mut number = || words.next()?.parse().ok().filter(|n| *n <= i64::MAX as u64);
    Some((number()?, number()?))
}

/// `application <port> UDP/DTLS/SCTP webrtc-datachannel` (RFC 8841); port 0 refuses it.
fn is_data_channel(value: &str) -> bool {
    let mut words = value.split(' ');
    words.next() == Some("application")
        && words
            .next()
            .and_then(|port| port.parse::<u16>().ok())
            .is_some_and(|port| port != 0)
        && words.next() == Some("UDP/DTLS/SCTP")
        && words.next() == Some("webrtc-datachannel")
        && words.next().is_none()
}

fn parse_setup(value: &str, kind: Kind) -> Option<Setup> {
    match (kind, value) {
        (Kind::Offer, "actpass") => Some(Setup::Either),
        (Kind::Answer, "active") => Some(Setup::Active),
        (Kind::Answer, "passive") => Some(Setup::Passive),
        _ => None,
    }
}

/// 32 bytes in hexadecimal with colons between. Their case is kept: some compare them as text.
fn parse_fingerprint(value: &str) -> Option<String> {
    let (_, hex) = value.split_once(' ')?;
    let is_byte = |byte: &str| byte.len() == 2 && byte.bytes().all(|b| b.is_ascii_hexdigit());
    (hex.split(':').count() == 32 && hex.split(':').all(is_byte)).then(|| hex.to_owned())
}

fn parse_max_message(value: Option<&str>) -> Option<u64> {
    match value {
        None => Some(MIN_MESSAGE_BYTES),
        Some("0") => Some(MAX_MESSAGE_BYTES),
        Some(text) => {
            let bytes: u64 = text.parse().ok()?;
            Some(bytes.clamp(MIN_MESSAGE_BYTES, MAX_MESSAGE_BYTES))
        }
    }
}

/// `ice-char` of RFC 8839, 5.4.
fn is_ice_char(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '+' || c == '/'
}

fn token(
    value: &str,
    length: std::ops::RangeInclusive<usize>,
    allowed: impl Fn(char) -> bool,
) -> Option<String> {
    (length.contains(&value.len()) && value.chars().all(allowed)).then(|| value.to_owned())
}
