//! By what a server knows a peer again: a peer's id is made of its secret, so that any server
//! gives it at any time, whatever it remembers.

use matchbox_protocol::PeerId;
use sha2::{Digest, Sha256};
use std::{fmt, str::FromStr};
use uuid::Builder;

/// Bytes of a token.
const TOKEN_BYTES: usize = 16;

/// Keeps these hashes apart from any others that a token may be put to.
const DOMAIN: &[u8] = b"peer id";

/// What a client says to be known by the same id on each of its connections: `?token=` and 32
/// hexadecimal digits. Secret: neither logged nor passed on.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct PeerToken([u8; TOKEN_BYTES]);

/// The text is no token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a token has {} hexadecimal digits", 2 * TOKEN_BYTES)]
pub struct BadPeerToken;

impl FromStr for PeerToken {
    type Err = BadPeerToken;

    fn from_str(text: &str) -> Result<Self, BadPeerToken> {
        // Number parsers take a sign, too.
        if text.len() != 2 * TOKEN_BYTES || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(BadPeerToken);
        }
        let number = u128::from_str_radix(text, 16).map_err(|_| BadPeerToken)?;
        Ok(Self(number.to_be_bytes()))
    }
}

impl PeerToken {
    /// A token of random bytes.
    pub fn from_random(bytes: [u8; TOKEN_BYTES]) -> Self {
        Self(bytes)
    }

    /// As it is said: 32 hexadecimal digits. They are the secret.
    pub fn to_secret_text(self) -> String {
        format!("{:032x}", u128::from_be_bytes(self.0))
    }

    /// The id of whoever holds this token, on any server at any time: the first 16 bytes of
    /// SHA-256 of the domain and the token, as a UUID of version 8 (RFC 9562, section 5.8).
    ///
    /// The id is public, and tells nobody the token. It equals no id that a server draws: those
    /// are of version 4.
    pub fn peer_id(self) -> PeerId {
        let hash = Sha256::new()
            .chain_update(DOMAIN)
            .chain_update(self.0)
            .finalize();
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&hash[..16]);
        PeerId(Builder::from_custom_bytes(bytes).into_uuid())
    }
}

/// Tells the id, not the secret.
impl fmt::Debug for PeerToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PeerToken(of {})", self.peer_id())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_derivation_is_pinned() {
        let token = |text: &str| text.parse::<PeerToken>().unwrap();
        let id = |text: &str| token(text).peer_id().to_string();
        // printf 'peer id\x00…\x0f' | sha256sum, version and variant put in.
        let expected = "255b1933-5c06-8ca3-8547-e18b8ac4236f";
        let text = "000102030405060708090a0b0c0d0e0f";
        assert_eq!(id(text), expected);
        assert_eq!(id("000102030405060708090A0B0C0D0E0F"), expected);
        assert_ne!(id("000102030405060708090a0b0c0d0e0e"), expected);
        assert_eq!(token(text).to_secret_text(), text);
        let debug = format!("{:?}", token(text));
        assert!(
            debug.contains(expected) && !debug.contains("0102"),
            "{debug}"
        );
    }

    #[test]
    fn what_is_no_token() {
        let digits = "0123456789abcdef".repeat(2);
        let signed = format!("+{}", &digits[1..]);
        let (short, long) = (&digits[1..], format!("{digits}0"));
        let umlauts = "ä".repeat(TOKEN_BYTES);
        for text in [
            "",
            short,
            &long,
            &signed,
            &umlauts,
            &digits.replace('a', "g"),
        ] {
            assert!(text.parse::<PeerToken>().is_err(), "{text}");
        }
    }
}
