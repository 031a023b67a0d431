//! The fields of a datagram as bytes: integers, differences of frames, runs of inputs.

use super::{DecodeError, StreamPart};
use crate::{Frame, limits::*};

/// Appends as many of `words` as fit `out` up to `most` bytes, and says how many that are.
pub(super) fn push_runs(out: &mut Vec<u8>, words: &[u32], most: usize) -> usize {
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

/// Small numbers of either sign as small numbers without one: 0, -1, 1, -2, …
pub(super) fn zigzag(value: i32) -> u32 {
    ((value << 1) ^ (value >> 31)) as u32
}

/// The inverse of [`zigzag`].
pub(super) fn unzigzag(value: u32) -> i32 {
    (value >> 1) as i32 ^ -((value & 1) as i32)
}

/// Appends LEB128: seven bits a byte, lowest first, the high bit for "more follows".
pub(super) fn push_varint(out: &mut Vec<u8>, mut value: u32) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// Appends the difference of two frames, wrapping: near frames are one or two bytes.
pub(super) fn push_delta(out: &mut Vec<u8>, frame: Frame, base: Frame) {
    push_varint(out, zigzag(frame.wrapping_sub(base) as i32));
}

/// Takes fields off the front of hostile bytes.
pub(super) struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    /// Whether everything was taken.
    pub(super) fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], DecodeError> {
        let (front, rest) = self
            .rest
            .split_first_chunk()
            .ok_or(DecodeError::Truncated)?;
        self.rest = rest;
        Ok(*front)
    }

    pub(super) fn byte(&mut self) -> Result<u8, DecodeError> {
        self.array::<1>().map(|[byte]| byte)
    }

    pub(super) fn u32(&mut self) -> Result<u32, DecodeError> {
        self.array().map(u32::from_le_bytes)
    }

    pub(super) fn u64(&mut self) -> Result<u64, DecodeError> {
        self.array().map(u64::from_le_bytes)
    }

    pub(super) fn varint(&mut self) -> Result<u32, DecodeError> {
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

    pub(super) fn delta(&mut self, base: Frame) -> Result<Frame, DecodeError> {
        base.checked_add_signed(unzigzag(self.varint()?))
            .ok_or(DecodeError::OutOfBounds("frame"))
    }

    pub(super) fn count(&mut self, field: &'static str) -> Result<usize, DecodeError> {
        let count = usize::from(self.byte()?);
        if count > MAX_SEATS {
            Err(DecodeError::OutOfBounds(field))
        } else {
            Ok(count)
        }
    }

    /// The parts of the streams, whose seats ascend and are below `seats`.
    pub(super) fn streams(
        &mut self,
        base: Frame,
        seats: usize,
    ) -> Result<Vec<StreamPart>, DecodeError> {
        let mut streams: Vec<StreamPart> = Vec::new();
        for _ in 0..self.count("streams")? {
            let part = self.stream(base)?;
            let ascends = streams.last().is_none_or(|last| last.seat < part.seat);
            if !ascends || usize::from(part.seat) >= seats {
                return Err(DecodeError::OutOfBounds("seat"));
            }
            streams.push(part);
        }
        Ok(streams)
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
