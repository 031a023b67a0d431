//! The unreliable messages between peers: rollback datagrams.
//!
//! A datagram says everything that its receiver lacks, so that any one of them may be lost: the
//! author's inputs that the receiver has not acknowledged, and how far the author has heard
//! everybody else. Layout (integers little-endian; `v` is LEB128, `z` zigzag LEB128 of a
//! difference to `frame`):
//!
//! | field | size | meaning |
//! |---|---|---|
//! | tag | 1 | [`TAG`] |
//! | view | 4 | [`crate::agreement::View::id`]; the first view has its match's id |
//! | frame | v | the newest world of the sender |
//! | phase | 1 | 256ths of a step since that world was due |
//! | lag | v | zigzag: how far the sender sees the receiver behind, in 16ths of a frame |
//! | stamp | 4 | the sender's clock in microseconds, wrapping |
//! | flags | 1 | bit 0: an echo follows; bit 1: a checksum; bit 2: the owner's reign; bits 3 to 7: the number |
//! | echo | 4 + v | the newest stamp from the receiver, and how long ago it came (µs) |
//! | checksum | v + 8 | a confirmed frame and its world's checksum |
//! | reign | v + z | changes in the log, and the first frame that is not final by them |
//! | frontiers | 1 + n × z | per seat, the first frame whose input the sender lacks |
//! | streams | 1 + n × … | seat (1), first frame (z), count (v), runs |
//!
//! An input travels as the 32-bit word of its postcard bytes (padded with zeros). A run is a
//! control byte, the changed bytes of the word against the word before (the first against 0),
//! lowest first: the control's low four bits say which bytes changed, its high four how many
//! inputs equal this word, 1 to 15; 0 means that the count follows as `v`, from 16.

use crate::{Frame, limits::*};

/// The first byte of a rollback datagram: other kinds of datagrams will have other tags.
pub const TAG: u8 = 1;

const FLAG_ECHO: u8 = 1;
const FLAG_CHECKSUM: u8 = 2;
const FLAG_REIGN: u8 = 4;

/// Above the flags is the datagram's number.
const NUMBER_SHIFT: u32 = 3;

/// How many numbers there are: a sender's datagrams to a receiver count 0, 1, … 31, 0, …
pub const NUMBERS: u8 = 1 << (u8::BITS - NUMBER_SHIFT);

/// A rollback datagram.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Datagram {
    /// Names the view that the sender follows, as [`crate::agreement::View::id`].
    pub view: u32,
    /// The number of the sender's newest world.
    pub frame: Frame,
    /// How much of a step, in 256ths, has passed since that world was due.
    pub phase: u8,
    /// How far the sender sees the receiver behind itself, in 16ths of a frame.
    pub lag: i16,
    /// The sender's clock in microseconds, wrapping.
    pub stamp: u32,
    /// Counts the sender's datagrams to the receiver, below [`NUMBERS`]: a gap tells of losses.
    pub number: u8,
    /// The answer to the newest stamp that came from the receiver.
    pub echo: Option<Echo>,
    /// A confirmed frame of the sender and the checksum of that world.
    pub checksum: Option<(Frame, u64)>,
    /// How far it is final who drives what. From the view's owner only, and always from it.
    pub reign: Option<Reign>,
    /// Per seat, the first frame whose input the sender does not have: everything before has
    /// come without a gap. At most [`MAX_SEATS`].
    pub frontiers: Vec<Frame>,
    /// The inputs of the streams that the sender is the author of. Seats ascend.
    pub streams: Vec<StreamPart>,
}

/// A time stamp that is sent back, to measure the round trip.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Echo {
    /// The stamp as it came.
    pub stamp: u32,
    /// Microseconds between its coming and this datagram's going.
    pub held: u32,
}

/// What the owner of a view promises: with the first `log` changes of the match's log, who drives
/// which seat is final for all frames before `horizon`.
///
/// (A peer that is lost may still have to give up its seat from an earlier frame: from the first
/// one whose input nobody has, and which nobody therefore can have confirmed.)
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reign {
    /// The number of changes since the match's start.
    pub log: u32,
    /// The first frame that is not final.
    pub horizon: Frame,
}

/// A gapless part of one seat's inputs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StreamPart {
    /// The seat; below the number of frontiers.
    pub seat: u8,
    /// The frame of the first input.
    pub first: Frame,
    /// The inputs from `first` on, 1 to [`MAX_UNACKED_INPUTS`].
    pub words: Vec<u32>,
}

impl StreamPart {
    /// The first frame after this part.
    pub fn end(&self) -> Frame {
        self.first.saturating_add(self.words.len() as Frame)
    }
}

/// Why bytes are not a [`Datagram`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// Longer than [`MAX_DATAGRAM_BYTES`].
    #[error("the datagram has {0} bytes, more than {MAX_DATAGRAM_BYTES}")]
    TooLong(usize),
    /// Ends before its last field does.
    #[error("the datagram is cut off")]
    Truncated,
    /// Goes on after its last field.
    #[error("the datagram has bytes left over")]
    LeftOver,
    /// A field past its bound.
    #[error("the datagram's {0} is out of bounds")]
    OutOfBounds(&'static str),
}

impl Datagram {
    /// Encodes this datagram into at most [`MAX_DATAGRAM_BYTES`].
    ///
    /// Inputs that do not fit are cut off, the newest of a stream first, so that every stream
    /// stays gapless; afterwards `self.streams` holds exactly what was encoded. Entries past
    /// [`MAX_SEATS`] and inputs past [`MAX_UNACKED_INPUTS`] are cut as well.
    pub fn encode(&mut self) -> Vec<u8> {
        self.frontiers.truncate(MAX_SEATS);
        self.streams.truncate(MAX_SEATS);
        let mut out = Vec::with_capacity(128);
        self.encode_header(&mut out);
        let count_at = out.len();
        out.push(0);
        for part in &mut self.streams {
            let part_at = out.len();
            out.push(part.seat);
            push_delta(&mut out, part.first, self.frame);
            let runs_at = out.len();
            // Between these and the runs comes the count of inputs: 2 bytes are set aside.
            let count = push_runs(&mut out, &part.words, MAX_DATAGRAM_BYTES - 2);
            part.words.truncate(count);
            if count == 0 {
                out.truncate(part_at);
                continue;
            }
            let count_at = out.len();
            push_varint(&mut out, count as u32);
            let bytes = out.len() - count_at;
            out[runs_at..].rotate_right(bytes);
        }
        self.streams.retain(|part| !part.words.is_empty());
        out[count_at] = self.streams.len() as u8;
        out
    }

    fn encode_header(&self, out: &mut Vec<u8>) {
        out.push(TAG);
        out.extend_from_slice(&self.view.to_le_bytes());
        push_varint(out, self.frame);
        out.push(self.phase);
        push_varint(out, zigzag(i32::from(self.lag)));
        out.extend_from_slice(&self.stamp.to_le_bytes());
        let flag = |is_there: bool, flag: u8| if is_there { flag } else { 0 };
        out.push(
            flag(self.echo.is_some(), FLAG_ECHO)
                | flag(self.checksum.is_some(), FLAG_CHECKSUM)
                | flag(self.reign.is_some(), FLAG_REIGN)
                | (self.number % NUMBERS) << NUMBER_SHIFT,
        );
        if let Some(Echo { stamp, held }) = self.echo {
            out.extend_from_slice(&stamp.to_le_bytes());
            push_varint(out, held);
        }
        if let Some((frame, sum)) = self.checksum {
            push_varint(out, frame);
            out.extend_from_slice(&sum.to_le_bytes());
        }
        if let Some(Reign { log, horizon }) = self.reign {
            push_varint(out, log);
            push_delta(out, horizon, self.frame);
        }
        out.push(self.frontiers.len() as u8);
        for frontier in &self.frontiers {
            push_delta(out, *frontier, self.frame);
        }
    }

    /// Decodes a datagram that another peer sent. Allocates at most [`MAX_SEATS`] streams of
    /// [`MAX_UNACKED_INPUTS`] words, whatever the bytes say.
    ///
    /// # Errors
    /// [`DecodeError`] for anything that [`Datagram::encode`] would not have written.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        if bytes.len() > MAX_DATAGRAM_BYTES {
            return Err(DecodeError::TooLong(bytes.len()));
        }
        let mut reader = Reader { rest: bytes };
        if reader.byte()? != TAG {
            return Err(DecodeError::OutOfBounds("tag"));
        }
        let view = reader.u32()?;
        let frame = reader.varint()?;
        let phase = reader.byte()?;
        let lag = i16::try_from(unzigzag(reader.varint()?))
            .map_err(|_| DecodeError::OutOfBounds("lag"))?;
        let stamp = reader.u32()?;
        let flags = reader.byte()?;
        let echo = match flags & FLAG_ECHO {
            0 => None,
            _ => Some(Echo {
                stamp: reader.u32()?,
                held: reader.varint()?,
            }),
        };
        let checksum = match flags & FLAG_CHECKSUM {
            0 => None,
            _ => Some((reader.varint()?, reader.u64()?)),
        };
        let reign = match flags & FLAG_REIGN {
            0 => None,
            _ => Some(Reign {
                log: reader.varint()?,
                horizon: reader.delta(frame)?,
            }),
        };
        let mut frontiers = Vec::with_capacity(MAX_SEATS);
        for _ in 0..reader.count("frontiers")? {
            frontiers.push(reader.delta(frame)?);
        }
        let mut streams: Vec<StreamPart> = Vec::new();
        for _ in 0..reader.count("streams")? {
            let part = reader.stream(frame)?;
            let ascends = streams.last().is_none_or(|last| last.seat < part.seat);
            if !ascends || usize::from(part.seat) >= frontiers.len() {
                return Err(DecodeError::OutOfBounds("seat"));
            }
            streams.push(part);
        }
        if !reader.rest.is_empty() {
            return Err(DecodeError::LeftOver);
        }
        Ok(Self {
            view,
            frame,
            phase,
            lag,
            stamp,
            number: flags >> NUMBER_SHIFT,
            echo,
            checksum,
            reign,
            frontiers,
            streams,
        })
    }
}

/// Appends as many of `words` as fit `out` up to `most` bytes, and says how many that are.
fn push_runs(out: &mut Vec<u8>, words: &[u32], most: usize) -> usize {
    let words = &words[..words.len().min(MAX_UNACKED_INPUTS as usize)];
    let mut done = 0;
    let mut last = 0;
    for run in words.chunk_by(|a, b| a == b) {
        let run_at = out.len();
        let word = run[0];
        let changed = (word ^ last).to_le_bytes();
        let mask = (0..4)
            .filter(|i| changed[*i] != 0)
            .fold(0, |mask, i| mask | 1 << i);
        if run.len() < 16 {
            out.push(mask | (run.len() as u8) << 4);
        } else {
            out.push(mask);
            push_varint(out, run.len() as u32);
        }
        out.extend(changed.into_iter().filter(|byte| *byte != 0));
        if out.len() > most {
            out.truncate(run_at);
            break;
        }
        done += run.len();
        last = word;
    }
    done
}

fn zigzag(value: i32) -> u32 {
    ((value << 1) ^ (value >> 31)) as u32
}

fn unzigzag(value: u32) -> i32 {
    (value >> 1) as i32 ^ -((value & 1) as i32)
}

/// Appends LEB128: seven bits a byte, lowest first, the high bit for "more follows".
fn push_varint(out: &mut Vec<u8>, mut value: u32) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// Appends the difference of two frames, wrapping: near frames are one or two bytes.
fn push_delta(out: &mut Vec<u8>, frame: Frame, base: Frame) {
    push_varint(out, zigzag(frame.wrapping_sub(base) as i32));
}

/// Takes fields off the front of hostile bytes.
struct Reader<'a> {
    rest: &'a [u8],
}

impl Reader<'_> {
    fn array<const N: usize>(&mut self) -> Result<[u8; N], DecodeError> {
        let (front, rest) = self
            .rest
            .split_first_chunk()
            .ok_or(DecodeError::Truncated)?;
        self.rest = rest;
        Ok(*front)
    }

    fn byte(&mut self) -> Result<u8, DecodeError> {
        self.array::<1>().map(|[byte]| byte)
    }

    fn u32(&mut self) -> Result<u32, DecodeError> {
        self.array().map(u32::from_le_bytes)
    }

    fn u64(&mut self) -> Result<u64, DecodeError> {
        self.array().map(u64::from_le_bytes)
    }

    fn varint(&mut self) -> Result<u32, DecodeError> {
        let mut value = 0;
        for shift in [0, 7, 14, 21, 28] {
            let byte = self.byte()?;
            let bits = u32::from(byte & 0x7f);
            let padded = byte == 0 && shift > 0;
            if padded || (shift == 28 && byte > 0x0f) {
                return Err(DecodeError::OutOfBounds("integer"));
            }
            value |= bits << shift;
            if byte & 0x80 == 0 {
                return Ok(value);
            }
        }
        Err(DecodeError::OutOfBounds("integer"))
    }

    fn delta(&mut self, base: Frame) -> Result<Frame, DecodeError> {
        base.checked_add_signed(unzigzag(self.varint()?))
            .ok_or(DecodeError::OutOfBounds("frame"))
    }

    fn count(&mut self, field: &'static str) -> Result<usize, DecodeError> {
        let count = usize::from(self.byte()?);
        if count > MAX_SEATS {
            Err(DecodeError::OutOfBounds(field))
        } else {
            Ok(count)
        }
    }

    fn stream(&mut self, base: Frame) -> Result<StreamPart, DecodeError> {
        let seat = self.byte()?;
        let first = self.delta(base)?;
        let count = self.varint()?;
        if !(1..=MAX_UNACKED_INPUTS).contains(&count) || first.checked_add(count).is_none() {
            return Err(DecodeError::OutOfBounds("count of inputs"));
        }
        let mut words = Vec::with_capacity(count as usize);
        let mut word = 0;
        while (words.len() as u32) < count {
            let control = self.byte()?;
            let run = match control >> 4 {
                0 => self.varint().map(|run| if run < 16 { 0 } else { run })?,
                run => u32::from(run),
            };
            if run == 0 || run > count - words.len() as u32 {
                return Err(DecodeError::OutOfBounds("run"));
            }
            let mut changed = [0; 4];
            for (i, byte) in changed.iter_mut().enumerate() {
                if control & 1 << i != 0 {
                    *byte = self.byte()?;
                }
            }
            word ^= u32::from_le_bytes(changed);
            words.resize(words.len() + run as usize, word);
        }
        Ok(StreamPart { seat, first, words })
    }
}
