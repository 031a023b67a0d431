//! Does a replay come to the worlds that it says it came to?

use super::{Replay, run::Run};
use protocol::{Frame, Simulation};
use std::collections::BTreeMap;

/// What running a replay again has shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// Steps in the replay.
    pub frames: Frame,
    /// Worlds of which the replay has a checksum, up to the first that differs.
    pub checked: usize,
    /// The newest world before the first difference whose checksum was the same, if one was.
    pub agreed: Option<Frame>,
    /// The first world that differs.
    pub mismatch: Option<Mismatch>,
}

/// A world that came out differently.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mismatch {
    /// Its number.
    pub frame: Frame,
    /// The checksum in the replay.
    pub recorded: u64,
    /// The checksum that its inputs lead to here.
    pub replayed: u64,
}

/// Runs a replay again and compares every checksum, until one differs. Those of the worlds in an
/// [`super::Artifact`] count too.
pub fn verify<S: Simulation>(replay: &Replay<S>) -> Verdict {
    let mut verdict = Verdict {
        frames: replay.end() - replay.start(),
        checked: 0,
        agreed: None,
        mismatch: None,
    };
    let mut run = Run::new(replay);
    for (frame, recorded) in known_checksums(replay) {
        run.step_to(frame);
        let replayed = run.world().checksum();
        verdict.checked += 1;
        if recorded != replayed {
            verdict.mismatch = Some(Mismatch {
                frame,
                recorded,
                replayed,
            });
            break;
        }
        verdict.agreed = Some(frame);
    }
    verdict
}

/// All checksums that a replay has or has the worlds of, but for those that replaced another.
pub(super) fn known_checksums<S: Simulation>(replay: &Replay<S>) -> BTreeMap<Frame, u64> {
    let mut known: BTreeMap<Frame, u64> = replay.checksums().collect();
    let given = replay.given_at(replay.start());
    known.extend(given.map(|world| (replay.start(), world.checksum())));
    let seen = replay.artifact().map_or(&[][..], |artifact| &artifact.seen);
    known.extend(seen.iter().map(|(frame, world)| (*frame, world.checksum())));
    known
}
