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

mod fields;

use crate::{Frame, limits::*};
use fields::{Reader, push_delta, push_runs, push_varint, unzigzag, zigzag};

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
        let mut reader = Reader::new(bytes);
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
        let streams = reader.streams(frame, frontiers.len())?;
        if !reader.is_empty() {
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
