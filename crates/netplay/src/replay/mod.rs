//! Matches as files: recorded while they run, watched and checked later, and compared when two
//! peers came to different worlds.
//!
//! A [`Recorder`] takes in what the rollback core confirms and gives a valid file at any time.
//! [`Replay::decode`] reads one, whoever wrote it. [`Playback`] shows it, [`verify()`] checks it.
//! At a desync each side writes an [`Artifact`]: a replay that begins at the last agreed world
//! and also has the worlds as this side saw them; [`diff()`] names where two files part.
//!
//! The parts: `container` tells a whole file from a foreign, cut or damaged one, `format` is what
//! is inside, `track` packs the inputs, `pack` compresses.
//!
//! A file is for the build that wrote it: inputs mean nothing to other rules, so the fingerprint
//! of a simulation decides who may read it. Deliberately absent: files and clocks. Bytes go in and
//! out, and whoever plays a [`Playback`] decides when.

mod artifact;
mod container;
mod diff;
mod fields;
mod format;
mod pack;
mod playback;
mod recorder;
mod run;
mod track;
mod verify;

pub use artifact::Artifact;
pub use container::VERSION;
pub use diff::{DiffError, Difference, InputDifference, WorldDifference, diff};
pub use fields::{FieldDifference, differing_fields};
pub use format::Replay;
pub use playback::Playback;
pub use recorder::{RecordError, Recorder};
pub use verify::{Mismatch, Verdict, verify};

use protocol::{
    Frame,
    limits::{MAX_SNAPSHOT_BYTES, STEPS_PER_SECOND},
};

/// Frames of a replay, an hour. A longer match is recorded up to there.
pub const MAX_FRAMES: Frame = 60 * 60 * STEPS_PER_SECOND;

/// Bytes of a file. A longer one is not read. The longest match of the most seats, all inputs at
/// random, has 7 MB; the rest is for worlds.
pub const MAX_FILE_BYTES: usize = 32 * 1024 * 1024;

/// Worlds that a match was given rather than came to: the first one of a latecomer or of an
/// [`Artifact`], and those that repaired a desync, of which a session makes 16. At the bound the
/// recording ends.
pub const MAX_WORLDS: usize = 20;

/// Different names of players in a replay. Further ones are not recorded.
pub const MAX_NAMES: usize = 64;

/// Times that a player took a seat in a replay. Further ones are not recorded.
pub const MAX_SITTINGS: usize = 1_024;

/// Bytes of all the worlds that an [`Artifact`] shows of its own side. Older ones are left out.
pub const MAX_SEEN_BYTES: usize = MAX_SNAPSHOT_BYTES;

/// Worlds that an [`Artifact`] shows of its own side, four seconds: a desync is noticed within
/// two. Older ones are left out.
pub const MAX_SEEN: usize = 256;

/// Why bytes are not a replay that this program can play.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReplayError {
    /// Another kind of file.
    #[error("this is not a replay")]
    Foreign,
    /// Longer than [`MAX_FILE_BYTES`].
    #[error("the file has {0} bytes, and no replay has more than {MAX_FILE_BYTES}")]
    TooLong(usize),
    /// The end is missing.
    #[error("the replay is cut off: its last {missing} bytes or more are missing")]
    Truncated {
        /// The bytes that are missing at least.
        missing: usize,
    },
    /// Bytes have changed since it was written, or it was never written by a [`Recorder`].
    #[error("the replay is damaged: its {0} cannot be right")]
    Corrupt(&'static str),
    /// Written in another version of the format.
    #[error("the replay has format {0}, and this program reads format {VERSION}")]
    Version(u16),
    /// Recorded by other rules.
    #[error("the replay was recorded by other rules ({0:016x}): play it with the build of then")]
    Rules(u64),
}
