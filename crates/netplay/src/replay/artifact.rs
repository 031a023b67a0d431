//! What a peer saw of a desync.

use super::{
    MAX_SEEN, MAX_SEEN_BYTES, ReplayError,
    format::{WorldBody, check_frames, whole},
    pack,
};
use protocol::{Frame, Simulation, bounded::bounded};
use serde::{Deserialize, Serialize};
use std::ops::RangeInclusive;

/// Bytes of the list of worlds around them: a frame and a length each, and their count.
const LIST_BYTES: usize = 10 * MAX_SEEN + 5;

/// What one side of a desync saw, beside the replay from the last agreed world on.
#[derive(Clone, Debug)]
pub struct Artifact<S> {
    /// The first frame whose checksums differed.
    pub frame: Frame,
    /// This side's checksum of that world.
    pub ours: u64,
    /// The other's.
    pub theirs: u64,
    /// This side's confirmed worlds as they were, not as a re-run makes them. Ascending, at
    /// most [`MAX_SEEN`]; some may be missing in between.
    pub seen: Vec<(Frame, S)>,
    /// A world that the other side sent, where it did.
    pub other: Option<(Frame, S)>,
}

/// An [`Artifact`] as it is written.
#[derive(Serialize, Deserialize)]
pub(super) struct ArtifactBody<'a> {
    pub frame: Frame,
    #[serde(with = "postcard::fixint::le")]
    pub ours: u64,
    #[serde(with = "postcard::fixint::le")]
    pub theirs: u64,
    /// The length of [`SeenBody`] in postcard.
    pub seen_bytes: u32,
    /// It, deflated: a world is much like the one before.
    #[serde(borrow)]
    pub seen: &'a [u8],
    #[serde(borrow)]
    pub other: Option<WorldBody<'a>>,
}

/// The worlds of [`Artifact::seen`].
#[derive(Serialize, Deserialize)]
pub(super) struct SeenBody<'a>(
    #[serde(borrow, deserialize_with = "bounded::<_, _, MAX_SEEN>")] pub Vec<WorldBody<'a>>,
);

impl ArtifactBody<'_> {
    /// Decodes what a hostile file has of a desync in worlds `range`.
    pub(super) fn decode<S: Simulation>(
        &self,
        range: &RangeInclusive<Frame>,
    ) -> Result<Artifact<S>, ReplayError> {
        let length = self.seen_bytes as usize;
        if length > MAX_SEEN_BYTES + LIST_BYTES {
            return Err(ReplayError::Corrupt("worlds"));
        }
        let inflated = pack::inflate(self.seen, length)?;
        let SeenBody(seen) = whole(&inflated, "worlds")?;
        check_frames(seen.iter().map(|world| world.frame), range, "worlds")?;
        Ok(Artifact {
            frame: self.frame,
            ours: self.ours,
            theirs: self.theirs,
            seen: seen
                .iter()
                .map(WorldBody::decode)
                .collect::<Result<_, _>>()?,
            other: self.other.as_ref().map(WorldBody::decode).transpose()?,
        })
    }
}
