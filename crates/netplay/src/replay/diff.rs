//! Where two records of one match part, and what differs there.
//!
//! A file says with certainty what its peer's world was at a frame when it has its checksum or
//! the world itself. In between, running the inputs again tells it, as far as the re-run came to
//! the same checksums: a re-run is *trusted* up to the newest world that it came to as the peer
//! did.

use super::{
    FieldDifference, Replay, Verdict, differing_fields, run::Run, verify, verify::known_checksums,
};
use protocol::{Driver, Frame, Simulation};
use std::collections::BTreeMap;

/// What two records of a match do not have in common.
#[derive(Clone, Debug, PartialEq)]
pub struct Difference {
    /// The first world that both cover.
    pub from: Frame,
    /// The last one.
    pub to: Frame,
    /// Whether each file's own inputs lead to its own worlds, here and now.
    pub sides: [Verdict; 2],
    /// The first step with different inputs.
    pub inputs: Option<InputDifference>,
    /// The first world that differs.
    pub worlds: Option<WorldDifference>,
}

/// A seat that did different things in the same step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InputDifference {
    /// The step.
    pub frame: Frame,
    /// The seat.
    pub seat: usize,
    /// What it did in each file: `bot`, or the input in JSON.
    pub did: [String; 2],
}

/// A world that differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WorldDifference {
    /// The first world that is known to differ; it is made by the step before.
    pub frame: Frame,
    /// The newest world before it that is known to be the same, if any is. When it is not the one
    /// just before, the worlds parted somewhere in between.
    pub agreed: Option<Frame>,
    /// The first frame at which both sides' worlds are known whole, and the fields in which they
    /// differ there; nothing when there is no such frame.
    pub fields: Option<(Frame, Vec<FieldDifference>)>,
}

impl Difference {
    /// Whether nothing differs in what both files know.
    pub fn is_none(&self) -> bool {
        self.inputs.is_none() && self.worlds.is_none()
    }
}

/// Why two files cannot be compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DiffError {
    /// The seed or the settings differ.
    #[error("the files are of two matches: their {0} differ")]
    OtherMatch(&'static str),
    /// One ends before the other begins.
    #[error("the files have no frame in common: one ends at {end}, the other begins at {start}")]
    Apart {
        /// The last frame of the one.
        end: Frame,
        /// The first frame of the other.
        start: Frame,
    },
}

/// Compares two records of one match by running both again.
///
/// # Errors
/// [`DiffError`] when they are not of one match, or of different times of it.
pub fn diff<S: Simulation>(a: &Replay<S>, b: &Replay<S>) -> Result<Difference, DiffError> {
    if a.seed() != b.seed() {
        return Err(DiffError::OtherMatch("seeds"));
    }
    let settings = |replay: &Replay<S>| postcard::to_stdvec(replay.settings()).ok();
    if settings(a) != settings(b) {
        return Err(DiffError::OtherMatch("settings"));
    }
    let (from, to) = (a.start().max(b.start()), a.end().min(b.end()));
    if from > to {
        return Err(DiffError::Apart {
            end: to,
            start: from,
        });
    }
    let mut sides = [Side::new(a, b), Side::new(b, a)];
    for side in &mut sides {
        side.run.step_to(from);
    }
    Ok(Difference {
        from,
        to,
        inputs: (from..to).find_map(|frame| compare_inputs(a, b, frame)),
        worlds: compare_worlds(&mut sides, to),
        sides: sides.map(|side| side.verdict),
    })
}

/// One file, and how far it can be known.
struct Side<'a, S: Simulation> {
    verdict: Verdict,
    /// The newest world that the re-run stands for, if it stands for any.
    trusted: Option<Frame>,
    checksums: BTreeMap<Frame, u64>,
    worlds: BTreeMap<Frame, &'a S>,
    run: Run<'a, S>,
}

impl<'a, S: Simulation> Side<'a, S> {
    fn new(replay: &'a Replay<S>, other: &'a Replay<S>) -> Self {
        let verdict = verify(replay);
        let checksums = known_checksums(replay);
        let mut worlds = BTreeMap::new();
        // What the other was sent is this side's if this side's checksum says so.
        if let Some((frame, world)) = other.artifact().and_then(|a| a.other.as_ref())
            && checksums.get(frame) == Some(&world.checksum())
        {
            worlds.insert(*frame, world);
        }
        let seen = replay.artifact().map_or(&[][..], |artifact| &artifact.seen);
        worlds.extend(seen.iter().map(|(frame, world)| (*frame, world)));
        Self {
            trusted: match verdict.mismatch {
                None => Some(replay.end()),
                Some(_) => verdict.agreed,
            },
            verdict,
            checksums,
            worlds,
            run: Run::new(replay),
        }
    }

    fn checksum(&self) -> Option<u64> {
        let frame = self.run.frame();
        let known = self.checksums.get(&frame).copied();
        known.or_else(|| self.trusted_world().map(S::checksum))
    }

    fn world(&self) -> Option<&S> {
        let frame = self.run.frame();
        let known = self.worlds.get(&frame).copied();
        known.or_else(|| self.trusted_world())
    }

    fn trusted_world(&self) -> Option<&S> {
        let trusted = self
            .trusted
            .is_some_and(|trusted| self.run.frame() <= trusted);
        trusted.then(|| self.run.world())
    }
}

/// Walks both sides, which are at the same world, on to world `to`.
fn compare_worlds<S: Simulation>(
    sides: &mut [Side<'_, S>; 2],
    to: Frame,
) -> Option<WorldDifference> {
    let mut agreed = None;
    let mut found: Option<WorldDifference> = None;
    loop {
        let [a, b] = &*sides;
        let frame = a.run.frame();
        match (a.checksum(), b.checksum()) {
            (Some(ours), Some(theirs)) if found.is_none() => {
                if ours == theirs {
                    agreed = Some(frame);
                } else {
                    found = Some(WorldDifference {
                        frame,
                        agreed,
                        fields: None,
                    });
                }
            }
            _ => {}
        }
        if let (Some(found), Some(ours), Some(theirs)) = (&mut found, a.world(), b.world()) {
            found.fields = Some((frame, differing_fields(ours, theirs)));
            break;
        }
        if frame >= to || !sides.iter_mut().all(|side| side.run.step()) {
            break;
        }
    }
    found
}

fn compare_inputs<S: Simulation>(
    a: &Replay<S>,
    b: &Replay<S>,
    frame: Frame,
) -> Option<InputDifference> {
    if a.row(frame) == b.row(frame) {
        return None;
    }
    let did = |replay: &Replay<S>| {
        let seats = replay.seats_at(frame).unwrap_or_default();
        seats.into_iter().map(|seat| match seat.driver {
            Driver::Bot => "bot".to_owned(),
            Driver::Peer => serde_json::to_string(&seat.input).unwrap_or_default(),
        })
    };
    let mut seats = did(a).zip(did(b)).enumerate();
    seats
        .find(|(_, (a, b))| a != b)
        .map(|(seat, (a, b))| InputDifference {
            frame,
            seat,
            did: [a, b],
        })
}
