//! Who one is after a reload: a secret token, of which others only know the hash until it is used,
//! and what is kept with it.

use protocol::{
    agreement::{Claim, Token},
    limits::MAX_NAME_BYTES,
    peer::clean_text,
};
use sha2::{Digest, Sha256};

/// A token that nobody else knows.
pub fn new_token() -> Token {
    uuid::Uuid::new_v4().into_bytes()
}

/// What is kept of a player in a room, as a few lines of text that anybody may have changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// The room's address. One that has several lines is no room's.
    pub room: String,
    /// The token of the session that had the seat.
    pub token: Token,
    /// The player's name.
    pub name: String,
}

impl Record {
    /// Reads what [`Record::text`] wrote; nothing of anything else.
    pub fn read(text: &str) -> Option<Self> {
        let mut lines = text.split('\n');
        let (room, token, name) = (lines.next()?, lines.next()?, lines.next()?);
        let token = uuid::Uuid::try_parse(token).ok()?.into_bytes();
        Some(Self {
            room: room.to_owned(),
            token,
            name: clean_text(name, MAX_NAME_BYTES),
        })
    }

    /// The text to keep.
    pub fn text(&self) -> String {
        let Self { room, token, name } = self;
        let token = uuid::Uuid::from_bytes(*token).simple();
        format!("{room}\n{token}\n{name}\n")
    }
}

/// What is told of a token: whoever shows the token later is the one that told this.
pub fn claim(token: &Token) -> Claim {
    let hash = Sha256::digest(token);
    let mut claim = Claim::default();
    claim.copy_from_slice(&hash[..16]);
    claim
}
