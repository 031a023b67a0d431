//! STUN messages and TURN's channel data as bytes (RFC 8489, RFC 8656): read without a copy, written
//! into one buffer.

use crate::ice::hmac_sha1;
use std::net::{IpAddr, SocketAddr};

pub(super) const BINDING: u16 = 0x001;
pub(super) const ALLOCATE: u16 = 0x003;
pub(super) const REFRESH: u16 = 0x004;
pub(super) const CREATE_PERMISSION: u16 = 0x008;
pub(super) const CHANNEL_BIND: u16 = 0x009;
pub(super) const SEND_INDICATION: u16 = 0x016;
pub(super) const DATA_INDICATION: u16 = 0x017;

/// Added to a request's type, it gives its successful answer's.
pub(super) const SUCCESS: u16 = 0x100;
/// Added to a request's type, it gives its refusal's.
pub(super) const ERROR: u16 = 0x110;

/// The attributes that we know.
pub(super) mod attribute {
    pub(in crate::turn) const USERNAME: u16 = 0x0006;
    pub(in crate::turn) const MESSAGE_INTEGRITY: u16 = 0x0008;
    pub(in crate::turn) const ERROR_CODE: u16 = 0x0009;
    pub(in crate::turn) const UNKNOWN_ATTRIBUTES: u16 = 0x000a;
    pub(in crate::turn) const CHANNEL_NUMBER: u16 = 0x000c;
    pub(in crate::turn) const LIFETIME: u16 = 0x000d;
    pub(in crate::turn) const XOR_PEER_ADDRESS: u16 = 0x0012;
    pub(in crate::turn) const DATA: u16 = 0x0013;
    pub(in crate::turn) const REALM: u16 = 0x0014;
    pub(in crate::turn) const NONCE: u16 = 0x0015;
    pub(in crate::turn) const XOR_RELAYED_ADDRESS: u16 = 0x0016;
    pub(in crate::turn) const REQUESTED_ADDRESS_FAMILY: u16 = 0x0017;
    pub(in crate::turn) const EVEN_PORT: u16 = 0x0018;
    pub(in crate::turn) const REQUESTED_TRANSPORT: u16 = 0x0019;
    pub(in crate::turn) const XOR_MAPPED_ADDRESS: u16 = 0x0020;

    /// Whether a message that holds it may only be answered by who understands it, and we do not.
    pub(in crate::turn) fn is_beyond_us(kind: u16) -> bool {
        let known = [
            USERNAME,
            MESSAGE_INTEGRITY,
            CHANNEL_NUMBER,
            LIFETIME,
            XOR_PEER_ADDRESS,
            DATA,
            REALM,
            NONCE,
            REQUESTED_ADDRESS_FAMILY,
            EVEN_PORT,
            REQUESTED_TRANSPORT,
        ];
        kind < 0x8000 && !known.contains(&kind)
    }
}

/// IANA's numbers of address families, as attributes have them.
pub(super) const FAMILY_V4: u8 = 1;
pub(super) const FAMILY_V6: u8 = 2;

/// Which message an answer belongs to.
pub(super) type Transaction = [u8; 12];

const HEADER: usize = 20;
const COOKIE: [u8; 4] = 0x2112_a442_u32.to_be_bytes();
const INTEGRITY: usize = 20;

/// Bytes of the header of channel data.
pub(super) const CHANNEL_HEADER: usize = 4;

/// A well-formed message. What stands behind its integrity does not count, and is not seen.
#[derive(Clone, Copy, Debug)]
pub(super) struct Message<'a> {
    /// Method and class.
    pub(super) kind: u16,
    pub(super) transaction: Transaction,
    raw: &'a [u8],
    /// Where the attributes end that count.
    end: usize,
}

impl<'a> Message<'a> {
    /// Reads a whole datagram.
    pub(super) fn parse(raw: &'a [u8]) -> Option<Self> {
        let header = raw.first_chunk::<HEADER>()?;
        let length = usize::from(u16::from_be_bytes([header[2], header[3]]));
        let is_message = header[0] < 0x40
            && header[4..8] == COOKIE
            && length.is_multiple_of(4)
            && raw.len() == HEADER + length;
        if !is_message {
            return None;
        }
        let mut transaction = Transaction::default();
        transaction.copy_from_slice(&header[8..]);
        let mut message = Self {
            kind: u16::from_be_bytes([header[0], header[1]]),
            transaction,
            raw,
            end: raw.len(),
        };
        let mut at = HEADER;
        while at < raw.len() {
            let (kind, value, next) = split_attribute(raw, at)?;
            at = next;
            if kind == attribute::MESSAGE_INTEGRITY {
                (value.len() == INTEGRITY).then_some(())?;
                message.end = at;
                break;
            }
        }
        Some(message)
    }

    /// The attributes up to the integrity, in their order.
    pub(super) fn attributes(&self) -> impl Iterator<Item = (u16, &'a [u8])> {
        let (raw, end, mut at) = (self.raw, self.end, HEADER);
        std::iter::from_fn(move || {
            let (kind, value, next) = split_attribute(raw, at).filter(|_| at < end)?;
            at = next;
            Some((kind, value))
        })
    }

    /// The first attribute of a kind.
    pub(super) fn get(&self, kind: u16) -> Option<&'a [u8]> {
        self.attributes()
            .find_map(|(found, value)| (found == kind).then_some(value))
    }

    /// The first attribute of a kind, as text.
    pub(super) fn text(&self, kind: u16) -> Option<&'a str> {
        std::str::from_utf8(self.get(kind)?).ok()
    }

    /// An address out of an attribute's value.
    pub(super) fn address(&self, value: &[u8]) -> Option<SocketAddr> {
        let (head, address) = value.split_first_chunk::<4>()?;
        let port = u16::from_be_bytes([head[2] ^ COOKIE[0], head[3] ^ COOKIE[1]]);
        let mask = self.raw.get(4..HEADER)?;
        let unmasked = || address.iter().zip(mask).map(|(byte, mask)| byte ^ mask);
        let ip = match (head[1], address.len()) {
            (FAMILY_V4, 4) => IpAddr::from(collect::<4>(unmasked())),
            (FAMILY_V6, 16) => IpAddr::from(collect::<16>(unmasked())),
            _ => return None,
        };
        Some(SocketAddr::new(ip, port))
    }

    /// Whether the message is one that the holder of `key` wrote (RFC 8489, 14.5).
    pub(super) fn is_signed_with(&self, key: &[u8]) -> bool {
        let Some(signature) = self.get(attribute::MESSAGE_INTEGRITY) else {
            return false;
        };
        let signed = self.end - 4 - INTEGRITY;
        // The length that counts ends with the integrity.
        let length = ((self.end - HEADER) as u16).to_be_bytes();
        let parts: [&[u8]; 3] = [&self.raw[..2], &length, &self.raw[4..signed]];
        let expected = hmac_sha1(key, &parts);
        // In the same time wherever they differ.
        let differences = signature.iter().zip(expected).map(|(a, b)| a ^ b);
        signature.len() == INTEGRITY && differences.fold(0, |all, one| all | one) == 0
    }
}

fn collect<const N: usize>(bytes: impl Iterator<Item = u8>) -> [u8; N] {
    let mut array = [0; N];
    for (to, from) in array.iter_mut().zip(bytes) {
        *to = from;
    }
    array
}

/// The attribute at `at`, and where the next one is.
fn split_attribute(raw: &[u8], at: usize) -> Option<(u16, &[u8], usize)> {
    let head = raw.get(at..)?.first_chunk::<4>()?;
    let kind = u16::from_be_bytes([head[0], head[1]]);
    let length = usize::from(u16::from_be_bytes([head[2], head[3]]));
    let value = raw.get(at + 4..at + 4 + length)?;
    let next = at + 4 + length.next_multiple_of(4);
    (next <= raw.len()).then_some((kind, value, next))
}

/// A message that is being written.
pub(super) struct Writer(Vec<u8>);

impl Writer {
    pub(super) fn new(kind: u16, transaction: &Transaction) -> Self {
        let mut bytes = Vec::with_capacity(160);
        bytes.extend(kind.to_be_bytes());
        bytes.extend([0, 0]);
        bytes.extend(COOKIE);
        bytes.extend(transaction);
        Self(bytes)
    }

    /// Adds an attribute. Together they are shorter than 64 KiB, as what they answer is.
    pub(super) fn attribute(mut self, kind: u16, value: &[u8]) -> Self {
        self.0.extend(kind.to_be_bytes());
        self.0.extend((value.len() as u16).to_be_bytes());
        self.0.extend(value);
        self.0.resize(self.0.len().next_multiple_of(4), 0);
        let length = ((self.0.len() - HEADER) as u16).to_be_bytes();
        self.0[2..4].copy_from_slice(&length);
        self
    }

    /// Adds an address, masked so that no NAT on the way rewrites it.
    pub(super) fn address(self, kind: u16, address: SocketAddr) -> Self {
        let mut value = vec![0];
        let port = address.port() ^ u16::from_be_bytes([COOKIE[0], COOKIE[1]]);
        match address.ip() {
            IpAddr::V4(ip) => {
                value.push(FAMILY_V4);
                value.extend(port.to_be_bytes());
                value.extend(ip.octets());
            }
            IpAddr::V6(ip) => {
                value.push(FAMILY_V6);
                value.extend(port.to_be_bytes());
                value.extend(ip.octets());
            }
        }
        for (byte, mask) in value[4..].iter_mut().zip(&self.0[4..HEADER]) {
            *byte ^= mask;
        }
        self.attribute(kind, &value)
    }

    /// Adds an error's code and reason.
    pub(super) fn error(self, code: u16, reason: &str) -> Self {
        let mut value = vec![0, 0, (code / 100) as u8, (code % 100) as u8];
        value.extend(reason.bytes());
        self.attribute(attribute::ERROR_CODE, &value)
    }

    /// Signs what stands so far.
    pub(super) fn signed(self, key: &[u8]) -> Self {
        let signed = self.0.len();
        let mut message = self.attribute(attribute::MESSAGE_INTEGRITY, &[0; INTEGRITY]);
        let signature = hmac_sha1(key, &[&message.0[..signed]]);
        message.0[signed + 4..].copy_from_slice(&signature);
        message
    }

    pub(super) fn finish(self) -> Vec<u8> {
        self.0
    }
}

/// The channel and the data of a datagram that is channel data.
pub(super) fn read_channel_data(raw: &[u8]) -> Option<(u16, &[u8])> {
    let (head, rest) = raw.split_first_chunk::<CHANNEL_HEADER>()?;
    let length = usize::from(u16::from_be_bytes([head[2], head[3]]));
    Some((u16::from_be_bytes([head[0], head[1]]), rest.get(..length)?))
}

/// Channel data; on a stream filled up to a multiple of four.
pub(super) fn write_channel_data(channel: u16, data: &[u8], on_stream: bool) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(CHANNEL_HEADER + data.len() + 3);
    bytes.extend(channel.to_be_bytes());
    bytes.extend((data.len() as u16).to_be_bytes());
    bytes.extend(data);
    if on_stream {
        bytes.resize(bytes.len().next_multiple_of(4), 0);
    }
    bytes
}

/// How long the message or the channel data is that begins a stream so; nothing when it is neither.
pub(super) fn length_on_stream(head: &[u8; 4]) -> Option<usize> {
    let length = usize::from(u16::from_be_bytes([head[2], head[3]]));
    match head[0] {
        0x00..=0x3f => Some(HEADER + length),
        0x40..=0x7f => Some(CHANNEL_HEADER + length.next_multiple_of(4)),
        _ => None,
    }
}

/// An IPv4 address that an IPv6 socket has dressed up is one again.
pub(super) fn plain(address: SocketAddr) -> SocketAddr {
    SocketAddr::new(address.ip().to_canonical(), address.port())
}

/// For the fuzzer: what is read of a packet is what is written of it, and the stream's reader finds
/// the same end.
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) fn fuzz(packet: &[u8]) {
    let on_stream = || packet.first_chunk::<4>().and_then(length_on_stream);
    if let Some(message) = Message::parse(packet) {
        assert_eq!(on_stream(), Some(packet.len()));
        let mut writer = Writer::new(message.kind, &message.transaction);
        for (kind, value) in message.attributes() {
            writer = writer.attribute(kind, value);
            let _ = message.address(value);
        }
        let again = writer.finish();
        let read = Message::parse(&again).map(|message| message.attributes().collect::<Vec<_>>());
        assert_eq!(read, Some(message.attributes().collect()));
        assert!(!message.is_signed_with(packet));
    }
    let is_channel = packet
        .first()
        .is_some_and(|first| (0x40..0x80).contains(first));
    if let Some((channel, data)) = read_channel_data(packet).filter(|_| is_channel) {
        let again = write_channel_data(channel, data, true);
        assert!(
            on_stream() == Some(again.len()) && read_channel_data(&again) == Some((channel, data))
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn any_address() -> impl Strategy<Value = SocketAddr> {
        (any::<IpAddr>(), any::<u16>()).prop_map(|(ip, port)| SocketAddr::new(ip, port))
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(
            transaction: Transaction, address in any_address(), text in "\\PC{0,40}", key: [u8; 16],
        ) {
            let raw = Writer::new(ALLOCATE, &transaction)
                .address(attribute::XOR_PEER_ADDRESS, address)
                .attribute(attribute::USERNAME, text.as_bytes())
                .signed(&key)
                .attribute(attribute::REALM, b"behind the integrity")
                .finish();
            let message = Message::parse(&raw).unwrap();
            prop_assert_eq!((message.kind, message.transaction), (ALLOCATE, transaction));
            let value = message.get(attribute::XOR_PEER_ADDRESS).unwrap();
            prop_assert_eq!(message.address(value), Some(address));
            prop_assert_eq!(message.text(attribute::USERNAME), Some(&text[..]));
            prop_assert_eq!(message.get(attribute::REALM), None);
            prop_assert!(message.is_signed_with(&key));
            prop_assert!(!message.is_signed_with(b"another"));
        }

        #[test]
        fn any_bytes_are_read_or_not(
            raw in proptest::collection::vec(any::<u8>(), 0..200), at in 0usize..200, to: u8,
        ) {
            fuzz(&raw);
            let mut changed = Writer::new(REFRESH, &[7; 12])
                .attribute(attribute::NONCE, &raw)
                .signed(b"key")
                .finish();
            let at = at % changed.len();
            changed[at] = to;
            fuzz(&changed);
            fuzz(&changed[..at]);
        }
    }

    #[test]
    fn a_message_as_others_write_it() {
        // RFC 5769, 2.4: a request with long-term credentials.
        let raw: Vec<u8> = "000100602112a44278ad3433c6ad72c029da412e00060012e3839ee38388e383aa\
             e38383e382afe382b900000015001c662f2f3439396b39353464364f4c33346f4c394653547679\
             36347341001400 0b6578616d706c652e6f72670000080014f67024656dd64a3e02b8e0712e85c9a28ca89666"
            .split_whitespace()
            .collect::<String>()
            .as_bytes()
            .chunks(2)
            .map(|hex| u8::from_str_radix(std::str::from_utf8(hex).unwrap(), 16).unwrap())
            .collect();
        let message = Message::parse(&raw).unwrap();
        assert_eq!(message.kind, BINDING);
        assert_eq!(message.text(attribute::REALM), Some("example.org"));
        let user = message.text(attribute::USERNAME).unwrap();
        assert!(message.is_signed_with(&super::super::access::key(
            user,
            "example.org",
            "TheMatrIX"
        )));
    }
}
