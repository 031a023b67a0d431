//! The server's side of WebSocket (RFC 6455): bytes in, messages out, and frames back. No I/O.
//!
//! Written here because of what an idle connection may cost: this holds no buffer but for a message
//! that has begun. A library's reader keeps one for each connection, and its writer another, through
//! which nobody else can send.

use crate::limits::MAX_SIGNAL_BYTES;
use std::mem;

/// Bits of a frame's first two bytes.
const FINAL: u8 = 0x80;
const RESERVED: u8 = 0x70;
const OPCODE: u8 = 0x0f;
const MASKED: u8 = 0x80;

/// The kinds of frames.
const CONTINUATION: u8 = 0x0;
const TEXT: u8 = 0x1;
const BINARY: u8 = 0x2;
const CLOSE: u8 = 0x8;
const PING: u8 = 0x9;
const PONG: u8 = 0xa;

/// Bytes of a control frame's payload at most, and the largest length that fits the second byte.
const MAX_CONTROL_BYTES: usize = 125;
/// In place of a length: it follows in two bytes, or in eight.
const LENGTH_IN_2: u8 = 126;
const LENGTH_IN_8: u8 = 127;

/// Bytes of the longest head of a frame that [`text`] writes.
pub(crate) const MAX_HEAD_BYTES: usize = 10;

/// A whole message from a client.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Message<'a> {
    Text(&'a str),
    Binary(&'a [u8]),
    Ping(&'a [u8]),
    Pong(&'a [u8]),
    /// With its code, if it has one. Nothing follows.
    Close(Option<u16>),
}

/// What no client may send. The connection is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// A message of over [`MAX_SIGNAL_BYTES`], told by its frame's head.
    TooLong,
    /// Text that is not UTF-8.
    NotText,
    /// Frames that RFC 6455 does not allow.
    NotWebSocket,
}

/// Puts a client's messages together.
#[derive(Debug, Default)]
pub(crate) struct Decoder {
    /// The beginning of a frame.
    frame: Vec<u8>,
    /// The beginning of a message in several frames.
    message: Option<Box<Begun>>,
}

#[derive(Debug)]
struct Begun {
    is_text: bool,
    payload: Vec<u8>,
}

/// A frame's head.
struct Head {
    is_final: bool,
    opcode: u8,
    mask: [u8; 4],
    /// Its own length, and the payload's.
    head_bytes: usize,
    payload_bytes: usize,
}

impl Decoder {
    /// Takes `bytes` as they have come, which it unmasks in place, and gives each message that is
    /// now whole to `take`, until that returns an error.
    pub(crate) fn decode<E: From<Fault>>(
        &mut self,
        bytes: &mut [u8],
        mut take: impl FnMut(Message<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        if self.frame.is_empty() {
            let read = self.read(bytes, &mut take)?;
            self.frame.extend_from_slice(&bytes[read..]);
        } else {
            let mut frame = mem::take(&mut self.frame);
            frame.extend_from_slice(bytes);
            let read = self.read(&mut frame, &mut take)?;
            if read < frame.len() {
                frame.drain(..read);
                self.frame = frame;
            }
        }
        Ok(())
    }

    /// Whether a message has begun and not ended.
    pub(crate) fn is_amid(&self) -> bool {
        !self.frame.is_empty() || self.message.is_some()
    }

    /// Reads all whole frames, and says up to where they reach.
    fn read<E: From<Fault>>(
        &mut self,
        bytes: &mut [u8],
        take: &mut impl FnMut(Message<'_>) -> Result<(), E>,
    ) -> Result<usize, E> {
        let mut at = 0;
        while let Some(head) = Head::read(&bytes[at..])? {
            let begun = self.message.as_ref().map_or(0, |begun| begun.payload.len());
            let is_control = head.opcode >= CLOSE;
            if !is_control && head.payload_bytes > MAX_SIGNAL_BYTES - begun {
                return Err(Fault::TooLong.into());
            }
            let start = at + head.head_bytes;
            let Some(payload) = bytes.get_mut(start..start + head.payload_bytes) else {
                break;
            };
            unmask(payload, head.mask);
            at = start + head.payload_bytes;
            if is_control {
                take(control(head.opcode, payload)?)?;
            } else {
                self.take_data(&head, payload, take)?;
            }
        }
        Ok(at)
    }

    fn take_data<E: From<Fault>>(
        &mut self,
        head: &Head,
        payload: &[u8],
        take: &mut impl FnMut(Message<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        match (head.opcode, self.message.as_mut(), head.is_final) {
            (CONTINUATION, Some(begun), false) => begun.payload.extend_from_slice(payload),
            (CONTINUATION, Some(begun), true) => {
                begun.payload.extend_from_slice(payload);
                let whole = self.message.take();
                if let Some(whole) = whole {
                    take(data(whole.is_text, &whole.payload)?)?;
                }
            }
            (TEXT | BINARY, None, true) => take(data(head.opcode == TEXT, payload)?)?,
            (TEXT | BINARY, None, false) => {
                self.message = Some(Box::new(Begun {
                    is_text: head.opcode == TEXT,
                    payload: payload.to_vec(),
                }));
            }
            // A continuation of nothing, or a message within a message.
            _ => return Err(Fault::NotWebSocket.into()),
        }
        Ok(())
    }
}

impl Head {
    /// Nothing while it has not come as a whole.
    fn read(bytes: &[u8]) -> Result<Option<Self>, Fault> {
        let [first, second, rest @ ..] = bytes else {
            return Ok(None);
        };
        let (is_final, opcode) = (first & FINAL != 0, first & OPCODE);
        let length = second & !MASKED;
        let is_known = matches!(opcode, CONTINUATION | TEXT | BINARY | CLOSE | PING | PONG);
        let is_control_in_parts =
            opcode >= CLOSE && (!is_final || usize::from(length) > MAX_CONTROL_BYTES);
        if first & RESERVED != 0 || second & MASKED == 0 || !is_known || is_control_in_parts {
            return Err(Fault::NotWebSocket);
        }
        let (length, rest) = match length {
            LENGTH_IN_2 => match rest.split_first_chunk() {
                Some((length, rest)) => (u64::from(u16::from_be_bytes(*length)), rest),
                None => return Ok(None),
            },
            LENGTH_IN_8 => match rest.split_first_chunk() {
                Some((length, rest)) => (u64::from_be_bytes(*length), rest),
                None => return Ok(None),
            },
            length => (u64::from(length), rest),
        };
        let Some((mask, rest)) = rest.split_first_chunk() else {
            // Too long is too long, whatever the mask.
            return match length > MAX_SIGNAL_BYTES as u64 {
                true => Err(Fault::TooLong),
                false => Ok(None),
            };
        };
        Ok(Some(Self {
            is_final,
            opcode,
            mask: *mask,
            head_bytes: bytes.len() - rest.len(),
            payload_bytes: usize::try_from(length).map_err(|_| Fault::TooLong)?,
        }))
    }
}

fn unmask(payload: &mut [u8], mask: [u8; 4]) {
    let [a, b, c, d] = mask;
    let wide = u64::from_ne_bytes([a, b, c, d, a, b, c, d]);
    let (words, rest) = payload.as_chunks_mut();
    for word in words {
        *word = (u64::from_ne_bytes(*word) ^ wide).to_ne_bytes();
    }
    for (byte, mask) in rest.iter_mut().zip(mask.iter().cycle()) {
        *byte ^= mask;
    }
}

fn data(is_text: bool, payload: &[u8]) -> Result<Message<'_>, Fault> {
    match is_text {
        true => str::from_utf8(payload)
            .map(Message::Text)
            .map_err(|_| Fault::NotText),
        false => Ok(Message::Binary(payload)),
    }
}

fn control(opcode: u8, payload: &[u8]) -> Result<Message<'_>, Fault> {
    Ok(match (opcode, payload) {
        (PING, _) => Message::Ping(payload),
        (PONG, _) => Message::Pong(payload),
        (_, []) => Message::Close(None),
        (_, [high, low, reason @ ..]) => {
            let code = u16::from_be_bytes([*high, *low]);
            // Section 7.4: the others are never sent, or not yet defined.
            if !matches!(code, 1000..=1003 | 1007..=1014 | 3000..=4999) {
                return Err(Fault::NotWebSocket);
            }
            str::from_utf8(reason).map_err(|_| Fault::NotText)?;
            Message::Close(Some(code))
        }
        (_, [_]) => return Err(Fault::NotWebSocket),
    })
}

/// Appends a text message's head to `frame`; the text of so many bytes is to follow.
pub(crate) fn begin_text(frame: &mut Vec<u8>, bytes: usize) {
    head(frame, TEXT, bytes);
}

/// A text message as one frame.
pub(crate) fn text(text: &str) -> Vec<u8> {
    whole(TEXT, text.as_bytes())
}

/// An empty ping.
pub(crate) fn ping() -> Vec<u8> {
    whole(PING, &[])
}

/// The answer to a ping, whose payload it repeats.
pub(crate) fn pong(payload: &[u8]) -> Vec<u8> {
    whole(PONG, payload)
}

/// A close frame; without a code, one is not given.
pub(crate) fn close(code: Option<u16>, reason: &str) -> Vec<u8> {
    let mut payload = Vec::new();
    if let Some(code) = code {
        payload.extend(code.to_be_bytes());
        payload.extend_from_slice(reason.as_bytes());
    }
    whole(CLOSE, &payload)
}

fn whole(opcode: u8, payload: &[u8]) -> Vec<u8> {
    let mut frame = Vec::with_capacity(MAX_HEAD_BYTES + payload.len());
    head(&mut frame, opcode, payload.len());
    frame.extend_from_slice(payload);
    frame
}

fn head(frame: &mut Vec<u8>, opcode: u8, bytes: usize) {
    frame.push(FINAL | opcode);
    match (u8::try_from(bytes), u16::try_from(bytes)) {
        (Ok(length @ ..LENGTH_IN_2), _) => frame.push(length),
        (_, Ok(length)) => {
            frame.push(LENGTH_IN_2);
            frame.extend(length.to_be_bytes());
        }
        _ => {
            frame.push(LENGTH_IN_8);
            frame.extend((bytes as u64).to_be_bytes());
        }
    }
}

#[cfg(test)]
mod tests;
