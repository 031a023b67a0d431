//! Who one is after a reload: a secret token, of which others only know the hash until it is used.

use protocol::agreement::{Claim, Token};
use sha2::{Digest, Sha256};

/// A token that nobody else knows.
pub fn new_token() -> Token {
    uuid::Uuid::new_v4().into_bytes()
}

/// What is told of a token: whoever shows the token later is the one that told this.
pub fn claim(token: &Token) -> Claim {
    let hash = Sha256::digest(token);
    let mut claim = Claim::default();
    claim.copy_from_slice(&hash[..16]);
    claim
}
