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
    /// With which the player was let into the room: it opens a seal that came later. A secret. A
    /// room that only has a name has none.
    pub ticket: Option<String>,
}

impl Record {
    /// Reads what [`Record::text`] wrote; nothing of anything else.
    pub fn read(text: &str) -> Option<Self> {
        let mut lines = text.split('\n');
        let (room, token, name) = (lines.next()?, lines.next()?, lines.next()?);
        let token = uuid::Uuid::try_parse(token).ok()?.into_bytes();
        let is_ticket =
            |text: &&str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_graphic());
        Some(Self {
            room: room.to_owned(),
            token,
            name: clean_text(name, MAX_NAME_BYTES),
            ticket: lines.next().filter(is_ticket).map(str::to_owned),
        })
    }

    /// The text to keep.
    pub fn text(&self) -> String {
        let Self { room, name, .. } = self;
        let token = uuid::Uuid::from_bytes(self.token).simple();
        let ticket = self.ticket.as_deref().unwrap_or_default();
        format!("{room}\n{token}\n{name}\n{ticket}\n")
    }
}

/// What is told of a token: whoever shows the token later is the one that told this.
pub fn claim(token: &Token) -> Claim {
    let hash = Sha256::digest(token);
    let mut claim = Claim::default();
    claim.copy_from_slice(&hash[..16]);
    claim
}
