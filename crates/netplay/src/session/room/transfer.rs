//! Snapshots on their way: cut into parts, acknowledged, put together again.

use protocol::{
    PeerId,
    agreement::Chunk,
    limits::{CHUNK_BYTES, CHUNKS_AHEAD, MAX_SNAPSHOT_BYTES},
};
use sha2::{Digest, Sha256};
use std::time::Duration;

/// A snapshot that goes to another peer.
#[derive(Debug)]
pub(super) struct Outgoing {
    pub to: PeerId,
    pub since: Duration,
    transfer: u32,
    hash: u64,
    bytes: Vec<u8>,
    sent: u16,
    came: u16,
}

impl Outgoing {
    /// Nothing if there are too many bytes, or none.
    pub fn new(to: PeerId, transfer: u32, bytes: Vec<u8>, now: Duration) -> Option<Self> {
        (1..=MAX_SNAPSHOT_BYTES)
            .contains(&bytes.len())
            .then(|| Self {
                to,
                since: now,
                transfer,
                hash: hash(&bytes),
                bytes,
                sent: 0,
                came: 0,
            })
    }

    /// The next part, unless it must wait for acknowledgements.
    pub fn next(&mut self) -> Option<Chunk> {
        let is_ahead = usize::from(self.sent - self.came) >= CHUNKS_AHEAD;
        let bytes = self.bytes.chunks(CHUNK_BYTES).nth(self.sent.into())?;
        if is_ahead {
            return None;
        }
        let index = self.sent;
        self.sent += 1;
        Some(Chunk {
            transfer: self.transfer,
            index,
            count: self.count(),
            hash: self.hash,
            bytes: bytes.to_vec(),
        })
    }

    /// A part has come. Acknowledgements of what was never sent count for nothing.
    pub fn acknowledge(&mut self, transfer: u32, index: u16) {
        if transfer == self.transfer && index < self.sent {
            self.came = self.came.max(index + 1);
        }
    }

    pub fn is_done(&self) -> bool {
        self.came == self.count()
    }

    fn count(&self) -> u16 {
        // Bounded by the limit on the bytes.
        self.bytes.len().div_ceil(CHUNK_BYTES) as u16
    }
}

/// Why a transfer cannot go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Broken {
    #[error("a part of another transfer, or out of order")]
    OutOfOrder,
    #[error("the parts are not what was announced")]
    Hash,
}

/// A snapshot that comes from another peer.
#[derive(Debug, Default)]
pub(super) struct Incoming {
    transfer: Option<(u32, u16, u64)>,
    next: u16,
    bytes: Vec<u8>,
}

impl Incoming {
    /// Takes in a part, which was checked against its bounds when it was decoded. The first one
    /// says what is to come. Gives the whole with the last one.
    pub fn take(&mut self, chunk: &Chunk) -> Result<Option<Vec<u8>>, Broken> {
        let name = (chunk.transfer, chunk.count, chunk.hash);
        if *self.transfer.get_or_insert(name) != name || chunk.index != self.next {
            return Err(Broken::OutOfOrder);
        }
        self.next += 1;
        self.bytes.extend_from_slice(&chunk.bytes);
        if self.next < chunk.count {
            return Ok(None);
        }
        let bytes = std::mem::take(&mut self.bytes);
        match hash(&bytes) == chunk.hash {
            true => Ok(Some(bytes)),
            false => Err(Broken::Hash),
        }
    }
}

fn hash(bytes: &[u8]) -> u64 {
    let digest = Sha256::digest(bytes);
    let mut first = [0; 8];
    first.copy_from_slice(&digest[..8]);
    u64::from_le_bytes(first)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outgoing(bytes: &[u8]) -> Outgoing {
        let to = PeerId(uuid::Uuid::from_u128(1));
        Outgoing::new(to, 7, bytes.to_vec(), Duration::ZERO).expect("within the limit")
    }

    #[test]
    fn arrives_whole_and_never_runs_ahead_of_the_acknowledgements() {
        let bytes: Vec<u8> = (0..CHUNK_BYTES * 9 + 5).map(|i| (i % 251) as u8).collect();
        let (mut from, mut to) = (outgoing(&bytes), Incoming::default());
        let mut whole = None;
        while whole.is_none() {
            let parts: Vec<Chunk> = std::iter::from_fn(|| from.next()).collect();
            assert!((1..=CHUNKS_AHEAD).contains(&parts.len()));
            for part in parts {
                whole = to.take(&part).expect("in order");
                from.acknowledge(7, part.index);
            }
        }
        assert!(from.is_done());
        assert_eq!(whole, Some(bytes));
    }

    #[test]
    fn a_part_that_was_changed_breaks_the_whole() {
        let mut from = outgoing(&[1; CHUNK_BYTES + 1]);
        let mut to = Incoming::default();
        let first = from.next().expect("a part");
        let mut last = from.next().expect("another");
        last.bytes[0] ^= 1;
        assert_eq!(to.take(&first), Ok(None));
        assert_eq!(to.take(&first), Err(Broken::OutOfOrder));
        assert_eq!(to.take(&last), Err(Broken::Hash));
    }

    #[test]
    fn forged_acknowledgements_release_nothing() {
        let mut from = outgoing(&vec![1; CHUNK_BYTES * 20]);
        while from.next().is_some() {}
        from.acknowledge(7, 19);
        from.acknowledge(8, 0);
        assert_eq!(from.next(), None);
        assert!(Outgoing::new(from.to, 1, Vec::new(), Duration::ZERO).is_none());
        let too_long = vec![0; MAX_SNAPSHOT_BYTES + 1];
        assert!(Outgoing::new(from.to, 1, too_long, Duration::ZERO).is_none());
    }
}
