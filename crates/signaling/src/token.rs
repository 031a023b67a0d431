//! A peer's id from its secret, so that no memory is needed to give it back.

use matchbox_protocol::PeerId;
use sha2::{Digest, Sha256};
use std::str::FromStr;
use uuid::Builder;

/// Hexadecimal digits of a token: 128 bits.
const TOKEN_DIGITS: usize = 32;

/// Keeps these hashes apart from any others that a token may be put to.
const DOMAIN: &[u8] = b"peerball peer id";

/// What a client says to be known by the same id again. Secret: neither logged nor passed on.
#[derive(Clone, Copy)]
pub(crate) struct Token([u8; TOKEN_DIGITS / 2]);

/// The text is no token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`token` is given once, as {TOKEN_DIGITS} hexadecimal digits")]
pub(crate) struct InvalidToken;

impl FromStr for Token {
    type Err = InvalidToken;

    fn from_str(text: &str) -> Result<Self, InvalidToken> {
        // Number parsers take a sign, too.
        if text.len() != TOKEN_DIGITS || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(InvalidToken);
        }
        let number = u128::from_str_radix(text, 16).map_err(|_| InvalidToken)?;
        Ok(Self(number.to_be_bytes()))
    }
}

impl Token {
    /// The id of whoever holds this token, on any server at any time: the first 16 bytes of
    /// SHA-256 of the domain and the token, as a UUID of version 8 (RFC 9562, section 5.8).
    ///
    /// The id is public, and tells nobody the token. It equals no id that a server draws: those
    /// are of version 4.
    pub(crate) fn peer_id(self) -> PeerId {
        let hash = Sha256::new()
            .chain_update(DOMAIN)
            .chain_update(self.0)
            .finalize();
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&hash[..16]);
        PeerId(Builder::from_custom_bytes(bytes).into_uuid())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_derivation_is_pinned() {
        let id = |token: &str| token.parse::<Token>().unwrap().peer_id().to_string();
        // printf 'peerball peer id\x00…\x0f' | sha256sum, version and variant put in.
        let expected = "a6fcc619-693d-8721-86a2-4fd1fff0bea7";
        assert_eq!(id("000102030405060708090a0b0c0d0e0f"), expected);
        assert_eq!(id("000102030405060708090A0B0C0D0E0F"), expected);
        assert_ne!(id("000102030405060708090a0b0c0d0e0e"), expected);
    }

    #[test]
    fn what_is_no_token() {
        let digits = "0123456789abcdef".repeat(2);
        let signed = format!("+{}", &digits[1..]);
        let (short, long) = (&digits[1..], format!("{digits}0"));
        let umlauts = "ä".repeat(TOKEN_DIGITS / 2);
        for text in [
            "",
            short,
            &long,
            &signed,
            &umlauts,
            &digits.replace('a', "g"),
        ] {
            assert!(text.parse::<Token>().is_err(), "{text}");
        }
    }
}
