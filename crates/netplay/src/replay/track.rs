//! The inputs of a match, packed in blocks while it runs.
//!
//! Frames come in blocks of [`BLOCK`]. A block is deflated from *lanes*, each a byte a frame: the
//! bits of the seats that a peer drives, then per seat the four bytes of its input's word. A lane
//! holds differences to the frame before, so that what stays or turns evenly is nearly nothing.
//! (The runs of a datagram, which have no need to unpack as a whole, take twice the bytes, and a
//! fifth more once they are deflated too.) A block needs no other one: packing costs the match a
//! third of a millisecond now and then, never a long pause.

use super::{MAX_FRAMES, ReplayError, pack};
use protocol::{Frame, limits::MAX_SEATS};

/// Frames in a block, 17 seconds: all but the last one have as many. Half as many cost a replay
/// of four autopilots 4 %, twice as many save 3 %.
pub(super) const BLOCK: usize = 1_024;

/// Blocks in a track.
pub(super) const MAX_BLOCKS: usize = (MAX_FRAMES as usize).div_ceil(BLOCK);

/// Bytes of a word, and so lanes of a seat.
const WORD: usize = size_of::<u32>();

/// What all seats do in consecutive frames.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Rows {
    seats: usize,
    /// The words of all seats of the first frame, then of the next one, and so on.
    words: Vec<u32>,
    /// Per frame, a bit for each seat that a peer drives.
    peers: Vec<u8>,
}

impl Rows {
    pub(super) fn new(seats: usize) -> Self {
        debug_assert!((1..=MAX_SEATS).contains(&seats));
        Self {
            seats,
            words: Vec::new(),
            peers: Vec::new(),
        }
    }

    pub(super) fn seats(&self) -> usize {
        self.seats
    }

    /// How many frames there are.
    pub(super) fn len(&self) -> usize {
        self.peers.len()
    }

    /// The words and the peers' bits of a frame.
    pub(super) fn row(&self, index: usize) -> (&[u32], u8) {
        let words = &self.words[index * self.seats..][..self.seats];
        (words, self.peers[index])
    }

    fn push(&mut self, words: &[u32], peers: u8) {
        self.words.extend_from_slice(words);
        self.peers.push(peers);
    }

    fn clear(&mut self) {
        self.words.clear();
        self.peers.clear();
    }

    fn to_block(&self) -> Vec<u8> {
        let mut lanes = Vec::with_capacity(block_bytes(self.len(), self.seats));
        push_lane(&mut lanes, self.peers.iter().copied());
        for seat in 0..self.seats {
            let words = self.words.iter().skip(seat).step_by(self.seats);
            for byte in 0..WORD {
                push_lane(
                    &mut lanes,
                    words.clone().map(|word| word.to_le_bytes()[byte]),
                );
            }
        }
        pack::deflate(&lanes)
    }

    fn push_block(&mut self, block: &[u8], frames: usize) -> Result<(), ReplayError> {
        let lanes = pack::inflate(block, block_bytes(frames, self.seats))?;
        let mut lanes = lanes.chunks_exact(frames);
        self.peers.extend(sums(lanes.next().unwrap_or_default()));
        let first = self.words.len();
        self.words.resize(first + frames * self.seats, 0);
        for (index, lane) in lanes.enumerate() {
            let (seat, byte) = (index / WORD, index % WORD);
            let words = self.words[first..]
                .iter_mut()
                .skip(seat)
                .step_by(self.seats);
            for (word, value) in words.zip(sums(lane)) {
                *word |= u32::from(value) << (8 * byte);
            }
        }
        Ok(())
    }
}

/// A match's inputs, packed but for the newest. At most [`MAX_FRAMES`].
#[derive(Clone)]
pub(super) struct Track {
    blocks: Vec<Vec<u8>>,
    /// The frames after those of the blocks, fewer than [`BLOCK`].
    newest: Rows,
}

impl Track {
    pub(super) fn new(seats: usize) -> Self {
        Self {
            blocks: Vec::new(),
            newest: Rows::new(seats),
        }
    }

    /// How many frames there are.
    pub(super) fn len(&self) -> Frame {
        (self.blocks.len() * BLOCK + self.newest.len()) as Frame
    }

    /// Adds a frame, of as many words as there are seats. The caller keeps to [`MAX_FRAMES`].
    pub(super) fn push(&mut self, words: &[u32], peers: u8) {
        debug_assert!(self.len() < MAX_FRAMES && words.len() == self.newest.seats);
        self.newest.push(words, peers);
        if self.newest.len() == BLOCK {
            self.blocks.push(self.newest.to_block());
            self.newest.clear();
        }
    }

    /// The same without its first `frames`; nothing if there are far fewer.
    pub(super) fn since(&self, frames: Frame) -> Option<Self> {
        let blocks = self.to_blocks();
        let whole = frames as usize / BLOCK;
        let rest: Vec<&[u8]> = blocks.iter().skip(whole).map(Vec::as_slice).collect();
        let first = (whole * BLOCK) as Frame;
        let rows = unpack(&rest, self.len().checked_sub(first)?, self.newest.seats).ok()?;
        let mut track = Self::new(self.newest.seats);
        for index in (frames - first) as usize..rows.len() {
            let (words, peers) = rows.row(index);
            track.push(words, peers);
        }
        Some(track)
    }

    /// All blocks, the unfinished one at the end.
    pub(super) fn to_blocks(&self) -> Vec<Vec<u8>> {
        let mut blocks = self.blocks.clone();
        if self.newest.len() > 0 {
            blocks.push(self.newest.to_block());
        }
        blocks
    }
}

/// Unpacks `frames` frames of `seats` seats from hostile blocks. Allocates at most what
/// [`MAX_FRAMES`] frames of [`MAX_SEATS`] take, 7 MB.
pub(super) fn unpack(blocks: &[&[u8]], frames: Frame, seats: usize) -> Result<Rows, ReplayError> {
    if frames > MAX_FRAMES || blocks.len() != (frames as usize).div_ceil(BLOCK) {
        return Err(ReplayError::Corrupt("number of frames"));
    }
    let mut rows = Rows::new(seats);
    rows.words.reserve_exact(frames as usize * seats);
    rows.peers.reserve_exact(frames as usize);
    for block in blocks {
        let left = frames as usize - rows.len();
        rows.push_block(block, left.min(BLOCK))?;
    }
    Ok(rows)
}

/// Bytes of a block before it is deflated.
fn block_bytes(frames: usize, seats: usize) -> usize {
    frames * (1 + seats * WORD)
}

fn push_lane(lanes: &mut Vec<u8>, values: impl Iterator<Item = u8>) {
    let mut last = 0;
    lanes.extend(values.map(|value| value.wrapping_sub(std::mem::replace(&mut last, value))));
}

/// The values whose differences a lane holds.
fn sums(lane: &[u8]) -> impl Iterator<Item = u8> {
    lane.iter().scan(0, |sum: &mut u8, difference| {
        *sum = sum.wrapping_add(*difference);
        Some(*sum)
    })
}
