//! What decides who plays what: said on both channels, taken once and in order.
//!
//! A reliable channel that lost a packet waits for its timer before it sends it again, and all that
//! follows waits as well; an agreement takes three such messages one after the other, while
//! everybody waits for it. So each [`Statement`] also goes out as a few datagrams. Both carry the
//! same number, counted per receiver: whichever comes first counts, the others are known by it.

use crate::{
    agreement::{Append, Collect, Deny, Report},
    limits::MAX_DATAGRAM_BYTES,
    peer::{DecodeError, Start},
};
use serde::{Deserialize, Serialize};

/// The first byte of a statement on the unreliable channel.
pub const TAG: u8 = 3;

/// Something that others wait for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Statement {
    /// From the room's owner only: the match starts.
    Start(Start),
    /// See [`Collect`].
    Collect(Collect),
    /// See [`Report`].
    Report(Report),
    /// See [`Deny`].
    Deny(Deny),
    /// See [`Append`].
    Append(Append),
}

/// A statement as it travels.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Numbered {
    /// Counts the sender's statements to this receiver, from 0; below [`u32::MAX`].
    pub number: u32,
    /// What is stated.
    pub statement: Statement,
}

impl Numbered {
    /// This statement for the unreliable channel; nothing if it does not fit a datagram.
    ///
    /// # Panics
    /// Never: writing plain data to a vector cannot fail.
    pub fn to_datagram(&self) -> Option<Vec<u8>> {
        #[expect(
            clippy::expect_used,
            reason = "plain data into a growing vector cannot fail"
        )]
        let bytes = postcard::to_extend(self, vec![TAG]).expect("plain data encodes");
        (bytes.len() <= MAX_DATAGRAM_BYTES).then_some(bytes)
    }

    /// Decodes a statement that came over the unreliable channel, and checks every bound.
    ///
    /// # Errors
    /// [`DecodeError`] for anything that this version would not have sent.
    pub fn from_datagram(bytes: &[u8]) -> Result<Self, DecodeError> {
        if bytes.len() > MAX_DATAGRAM_BYTES {
            return Err(DecodeError::TooLong(bytes.len()));
        }
        let fields = bytes.strip_prefix(&[TAG]).ok_or(DecodeError::Malformed)?;
        let (numbered, rest) =
            postcard::take_from_bytes::<Self>(fields).map_err(|_| DecodeError::Malformed)?;
        if !rest.is_empty() {
            return Err(DecodeError::Malformed);
        }
        numbered.check()?;
        Ok(numbered)
    }

    pub(crate) fn check(&self) -> Result<(), DecodeError> {
        if self.number == u32::MAX {
            return Err(DecodeError::OutOfBounds("number"));
        }
        match &self.statement {
            Statement::Start(start) => start.check(),
            Statement::Collect(collect) => collect.check(),
            Statement::Report(report) => report.check(),
            Statement::Append(append) => append.check(),
            Statement::Deny(_) => Ok(()),
        }
    }
}
