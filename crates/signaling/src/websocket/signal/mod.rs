//! What a peer says, read where it lies: no tree is built of it, and what is relayed is copied once.
//!
//! A request is `"KeepAlive"` or `{"Signal":{"receiver":"<uuid>","data":{"Offer":"<text>"}}}`, with
//! `Answer` or `IceCandidate` in place of `Offer`: this and nothing else. It is JSON as everybody
//! writes it (blanks and the order of members are free), with two restrictions that no client
//! notices: names of members are not written with escapes, and none is unknown.

use crate::{limits::MAX_CANDIDATE_BYTES, websocket::frames};
use matchbox_protocol::PeerId;
use uuid::{Uuid, fmt::Hyphenated};

/// What a peer asks of the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Request<'a> {
    /// Pass this on.
    Signal {
        receiver: PeerId,
        /// A JSON object as the sender wrote it.
        data: &'a str,
    },
    /// Nothing: it has done its work by coming, since proxies saw traffic.
    KeepAlive,
}

/// The text is no request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the message is not one of matchbox's")]
pub(crate) struct Malformed;

impl<'a> Request<'a> {
    /// Reads a whole message.
    pub(crate) fn parse(text: &'a str) -> Result<Self, Malformed> {
        let mut cursor = Cursor { text, at: 0 };
        cursor.skip_blanks();
        let request = match cursor.peek() {
            Some(b'"') if cursor.string()? == "KeepAlive" => Self::KeepAlive,
            Some(b'{') => cursor.signal()?,
            _ => return Err(Malformed),
        };
        cursor.skip_blanks();
        match cursor.at == text.len() {
            true => Ok(request),
            false => Err(Malformed),
        }
    }
}

/// Text before and after what differs in an event that relays a signal.
const BEFORE_SENDER: &str = r#"{"Signal":{"sender":""#;
const AFTER_SENDER: &str = r#"","data":"#;
const AFTER_DATA: &str = "}}";

/// Writes the frame that brings a signal to its receiver into `frame`, whatever was in it.
pub(crate) fn write_event(frame: &mut Vec<u8>, sender: PeerId, data: &str) {
    let fixed = BEFORE_SENDER.len() + Hyphenated::LENGTH + AFTER_SENDER.len() + AFTER_DATA.len();
    let bytes = fixed + data.len();
    let mut id = [0; Hyphenated::LENGTH];
    let id = sender.0.as_hyphenated().encode_lower(&mut id);
    frame.clear();
    frame.reserve(frames::MAX_HEAD_BYTES + bytes);
    frames::begin_text(frame, bytes);
    for part in [BEFORE_SENDER, id, AFTER_SENDER, data, AFTER_DATA] {
        frame.extend_from_slice(part.as_bytes());
    }
}

/// The text of that event.
pub(crate) fn event(sender: PeerId, data: &str) -> String {
    format!("{BEFORE_SENDER}{sender}{AFTER_SENDER}{data}{AFTER_DATA}")
}

/// Reads JSON from left to right.
struct Cursor<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Cursor<'a> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn next(&mut self) -> Result<u8, Malformed> {
        let byte = self.peek().ok_or(Malformed)?;
        self.at += 1;
        Ok(byte)
    }

    fn skip_blanks(&mut self) {
        while let Some(b' ' | b'\t' | b'\n' | b'\r') = self.peek() {
            self.at += 1;
        }
    }

    /// A byte of JSON's grammar, and the blanks around it.
    fn expect(&mut self, byte: u8) -> Result<(), Malformed> {
        self.skip_blanks();
        if self.next()? != byte {
            return Err(Malformed);
        }
        self.skip_blanks();
        Ok(())
    }

    /// The name of a member, and its colon.
    fn name(&mut self) -> Result<&'a str, Malformed> {
        let name = self.string()?;
        self.expect(b':')?;
        Ok(name)
    }

    fn signal(&mut self) -> Result<Request<'a>, Malformed> {
        self.expect(b'{')?;
        if self.name()? != "Signal" {
            return Err(Malformed);
        }
        self.expect(b'{')?;
        let (mut receiver, mut data) = (None, None);
        for member in 0..2 {
            if member > 0 {
                self.expect(b',')?;
            }
            match self.name()? {
                "receiver" if receiver.is_none() => receiver = Some(self.peer()?),
                "data" if data.is_none() => data = Some(self.data()?),
                _ => return Err(Malformed),
            }
        }
        self.expect(b'}')?;
        self.expect(b'}')?;
        let (receiver, data) = receiver.zip(data).ok_or(Malformed)?;
        Ok(Request::Signal { receiver, data })
    }

    fn peer(&mut self) -> Result<PeerId, Malformed> {
        let id = Uuid::try_parse(self.string()?).map_err(|_| Malformed)?;
        Ok(PeerId(id))
    }

    /// What is relayed: an object with one member of a known name, a string.
    fn data(&mut self) -> Result<&'a str, Malformed> {
        let start = self.at;
        self.expect(b'{')?;
        let name = self.name()?;
        let text = self.string()?;
        match name {
            "Offer" | "Answer" => {}
            "IceCandidate" if text.len() <= MAX_CANDIDATE_BYTES => {}
            _ => return Err(Malformed),
        }
        self.skip_blanks();
        if self.next()? != b'}' {
            return Err(Malformed);
        }
        Ok(&self.text[start..self.at])
    }

    /// A string as it is written, without its quotes. What it says is valid, too: escapes are
    /// known, and those of UTF-16 come in pairs where they must.
    fn string(&mut self) -> Result<&'a str, Malformed> {
        if self.next()? != b'"' {
            return Err(Malformed);
        }
        let start = self.at;
        loop {
            self.at += plain(&self.text.as_bytes()[self.at..]);
            match self.next()? {
                b'"' => return Ok(&self.text[start..self.at - 1]),
                b'\\' => self.escape()?,
                _ => return Err(Malformed),
            }
        }
    }

    /// What follows a backslash.
    fn escape(&mut self) -> Result<(), Malformed> {
        match self.next()? {
            b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => Ok(()),
            b'u' => match self.utf16()? {
                0xd800..0xdc00 => {
                    let pair = (self.next()?, self.next()?);
                    match pair == (b'\\', b'u') && (0xdc00..0xe000).contains(&self.utf16()?) {
                        true => Ok(()),
                        false => Err(Malformed),
                    }
                }
                0xdc00..0xe000 => Err(Malformed),
                _ => Ok(()),
            },
            _ => Err(Malformed),
        }
    }

    /// Four hexadecimal digits.
    fn utf16(&mut self) -> Result<u32, Malformed> {
        (0..4).try_fold(0, |unit, _| {
            let digit = char::from(self.next()?).to_digit(16).ok_or(Malformed)?;
            Ok(unit * 16 + digit)
        })
    }
}

/// How many bytes mean themselves inside of a string: up to the next quote, backslash or control
/// character. Nearly all of a signal's time goes by here, so it looks at eight bytes at once.
fn plain(bytes: &[u8]) -> usize {
    let is_plain = |byte: &&u8| !matches!(**byte, 0..b' ' | b'"' | b'\\');
    let (words, _) = bytes.as_chunks();
    let is_plain_word = |word: &&[u8; 8]| !has_special(u64::from_ne_bytes(**word));
    let skipped = words.iter().take_while(is_plain_word).count() * 8;
    skipped + bytes[skipped..].iter().take_while(is_plain).count()
}

/// Whether one of eight bytes is a quote, a backslash or a control character.
fn has_special(word: u64) -> bool {
    const EACH: u64 = u64::MAX / 255;
    const TOP: u64 = EACH * 0x80;
    // Sets the top bit of the lowest byte below `bound`, if there is one, for bounds up to 128.
    let below = |word: u64, bound: u8| word.wrapping_sub(EACH * u64::from(bound)) & !word & TOP;
    let equal = |byte: u8| below(word ^ (EACH * u64::from(byte)), 1);
    below(word, b' ') | equal(b'"') | equal(b'\\') != 0
}

#[cfg(test)]
mod tests;
