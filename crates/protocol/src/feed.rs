//! What those that only watch are told of a match: its confirmed inputs, over the reliable
//! channel, by one of the drivers. Nobody waits for them.

use crate::{Frame, agreement::Tenure, limits::*, peer::DecodeError};
use serde::{Deserialize, Serialize};

/// From a watcher that has the world to a driver: "tell me the match from here on". Repeated now
/// and then, it also says how far everything has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Watch {
    /// The match.
    pub match_id: u32,
    /// The first frame that the watcher lacks.
    pub from: Frame,
}

/// From that driver: who drives which seat by now. Told before the first frames, and on each change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seated {
    /// The match.
    pub match_id: u32,
    /// Per seat, the tenure in force at the newest confirmed frame; at most [`MAX_SEATS`].
    pub seats: Vec<Tenure>,
}

impl Seated {
    pub(crate) fn check(&self) -> Result<(), DecodeError> {
        match (1..=MAX_SEATS).contains(&self.seats.len()) {
            true => Ok(()),
            false => Err(DecodeError::OutOfBounds("seats")),
        }
    }
}

/// A stretch of confirmed frames.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Feed {
    /// The match.
    pub match_id: u32,
    /// The first frame.
    pub first: Frame,
    /// The newest confirmed frame that is a multiple of 60, and its world's checksum.
    pub checksum: Option<(Frame, u64)>,
    /// The frames, [`MAX_FEED_FRAMES`] at most.
    pub spans: Vec<Span>,
}

/// Frames in which everybody did the same.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Span {
    /// How many frames, at least 1.
    pub frames: u8,
    /// A bit for each seat that a peer drives, the first seat's lowest.
    pub peers: u8,
    /// The inputs of those seats, in their order, as in a datagram.
    pub words: Vec<u32>,
}

impl Feed {
    /// The number of frames.
    pub fn frames(&self) -> usize {
        self.spans.iter().map(|span| usize::from(span.frames)).sum()
    }

    pub(crate) fn check(&self) -> Result<(), DecodeError> {
        let fits =
            |span: &Span| span.frames > 0 && span.words.len() == span.peers.count_ones() as usize;
        let in_bounds = self.spans.len() <= MAX_FEED_FRAMES
            && self.spans.iter().all(fits)
            && self.frames() <= MAX_FEED_FRAMES
            && self.first.checked_add(MAX_FEED_FRAMES as Frame).is_some();
        match in_bounds {
            true => Ok(()),
            false => Err(DecodeError::OutOfBounds("frames")),
        }
    }
}
