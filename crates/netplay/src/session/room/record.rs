//! Every match is recorded as it is confirmed; the game gets the file when the match is over, and
//! a file of each desync.

use super::{peers::Peers, play::Play, *};
use crate::{
    queue::Queue,
    replay::{RecordError, Recorder},
    rollback::{CHECKSUM_INTERVAL, ConfirmedFrame, Desync},
};
use protocol::agreement::{Snapshot, Tenure};

/// Files that wait for a game that does not take them; older ones are dropped.
pub(super) const MAX_RECORDS: usize = 4;

/// A file that the game may keep.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// What it is.
    pub kind: RecordKind,
    /// The match.
    pub match_id: u32,
    /// The file, as [`crate::replay::Replay::decode`] reads it.
    pub bytes: Vec<u8>,
}

/// Why a file was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecordKind {
    /// A match is over for this peer, or it left it.
    Replay,
    /// Confirmed worlds differed: what this side saw of it.
    Desync,
}

/// Writes down what a core confirms, or what a watcher is told.
pub(super) struct Recording<S: Simulation> {
    /// Nothing for a match that cannot be recorded at all.
    recorder: Option<Recorder<S>>,
    /// Whether nothing more is written: an hour is over, or frames were skipped. What is written
    /// stays.
    is_over: bool,
    /// The seats' players as last written down.
    seated: Vec<Option<PeerId>>,
}

impl<S: Simulation> Recording<S> {
    pub fn new(recorder: Result<Recorder<S>, RecordError>) -> Self {
        if let Err(error) = &recorder {
            tracing::warn!(%error, "the match is not recorded");
        }
        Self {
            recorder: recorder.ok(),
            is_over: false,
            seated: Vec::new(),
        }
    }

    /// How full it is.
    pub fn queue(&self) -> Option<Queue> {
        self.recorder.as_ref().map(Recorder::queue)
    }

    /// Another world was put in the place of our own.
    pub fn adopt(&mut self, frame: Frame, world: &S) {
        if let Some(recorder) = self.running() {
            let adopted = recorder.adopt(frame, world);
            self.end_by(adopted);
        }
    }

    /// Whether what follows this frame of the same match can be written after what is here.
    fn reaches(&self, frame: Frame) -> bool {
        let recorder = self.recorder.as_ref().filter(|_| !self.is_over);
        recorder.is_some_and(|recorder| recorder.reaches(frame))
    }

    /// Writes down a confirmed frame of so many seats. One that is here already is passed over.
    pub fn push(&mut self, frame: &ConfirmedFrame, seats: usize) {
        let Some(recorder) = self.running() else {
            return;
        };
        if frame.frame >= recorder.next_frame() {
            let pushed = recorder.push(frame.frame, &frame.words[..seats], frame.peers);
            self.end_by(pushed);
        }
    }

    /// Writes down the checksum of a confirmed world.
    pub fn checksum(&mut self, frame: Frame, sum: u64) {
        if let Some(recorder) = self.running() {
            recorder.checksum(frame, sum);
        }
    }

    /// Writes down who sits where by now, as far as it is new. `own` is the name of those that are
    /// not among the others.
    pub fn seat(&mut self, tenures: impl Iterator<Item = Tenure>, others: &Peers, own: &str) {
        let Some(recorder) = self.recorder.as_mut().filter(|_| !self.is_over) else {
            return;
        };
        for (seat, tenure) in tenures.enumerate() {
            if self.seated.len() == seat {
                self.seated.push(None);
            }
            let known = std::mem::replace(&mut self.seated[seat], tenure.driver);
            if let Some(id) = tenure.driver.filter(|id| known != Some(*id)) {
                let name = others.get(id).map_or(own, |peer| shown(&peer.name));
                recorder.seated(tenure.from, seat, name);
            }
        }
    }

    fn end_by(&mut self, outcome: Result<(), RecordError>) {
        if let Err(error) = outcome {
            tracing::warn!(%error, "the recording ends");
            self.is_over = true;
        }
    }

    fn running(&mut self) -> Option<&mut Recorder<S>> {
        self.recorder.as_mut().filter(|_| !self.is_over)
    }
}

impl<S: Simulation> Room<S> {
    /// Writes down what was confirmed since the last call, for the file and for watchers.
    pub(super) fn record(&mut self) {
        let Some(Play {
            core,
            recording,
            feeds,
            ..
        }) = &mut self.play
        else {
            return;
        };
        let confirmed = core.take_confirmed();
        feeds.keep(&confirmed);
        if confirmed.is_empty() {
            return;
        }
        let tenures = core.tenures();
        let newest = tenures.iter().filter_map(|tenures| tenures.last().copied());
        recording.seat(newest, &self.peers, &self.config.name);
        for frame in &confirmed {
            recording.push(frame, tenures.len());
            // Every one of them, so that a desync is told to the frame.
            let next = frame.frame + 1;
            if let (Some(recorder), Some(world)) =
                (recording.running(), core.confirmed_world_at(next))
            {
                recorder.see(next, world);
            }
        }
        if let Some((frame, sum)) = core.checksum() {
            recording.checksum(frame, sum);
        }
    }

    /// The recording of a match that is entered: what we have of it already, if the snapshot is of
    /// the same branch and leaves no gap, or one that begins with the snapshot's world. Before that
    /// nothing is known of the match.
    pub(super) fn recording_from(
        &mut self,
        snapshot: &Snapshot,
        settings: &S::Settings,
        world: &S,
    ) -> Recording<S> {
        let of_play = self.play.take_if(|play| {
            (play.match_id, play.core.view().id) == (snapshot.match_id, snapshot.view.id)
                && play.core.desync().is_none()
        });
        let of_watching = self.watching.take_if(|watching| watching.shows(snapshot));
        let known = of_play.map(|play| play.recording);
        let known = known.or(of_watching.map(|watching| watching.recording));
        let known = known.filter(|recording| recording.reaches(snapshot.frame));
        known.unwrap_or_else(|| {
            let recorder = Recorder::enter(snapshot.seed, settings, snapshot.frame, world);
            Recording::new(recorder)
        })
    }

    /// The match is over for us: its file is the game's.
    pub(super) fn keep_replay(&mut self) {
        self.record();
        let watched = || {
            let watching = self.watching.as_ref()?;
            Some((&watching.recording, watching.playing().match_id))
        };
        let played = self
            .play
            .as_ref()
            .map(|play| (&play.recording, play.match_id));
        let Some((recording, match_id)) = played.or_else(watched) else {
            return;
        };
        let bytes = recording.recorder.as_ref().map(Recorder::bytes);
        self.keep_record(RecordKind::Replay, match_id, bytes);
    }

    /// Writes down a desync, with the world of the other side if it has come.
    pub(super) fn keep_artifact(&mut self, desync: &Desync, theirs: Option<(Frame, &S)>) {
        let Some(play) = &self.play else { return };
        let agreed = desync.frame.saturating_sub(CHECKSUM_INTERVAL);
        let recording = &play.recording;
        let recorder = recording.recorder.as_ref().filter(|_| !recording.is_over);
        let bytes = recorder.map(|recorder| recorder.artifact(desync, agreed, theirs));
        self.keep_record(RecordKind::Desync, play.match_id, bytes);
    }

    fn keep_record(&mut self, kind: RecordKind, match_id: u32, bytes: Option<Vec<u8>>) {
        let Some(bytes) = bytes else { return };
        if self.records.len() == MAX_RECORDS {
            self.records.pop_front();
        }
        self.records.push_back(Record {
            kind,
            match_id,
            bytes,
        });
    }

    /// The files that were written since the last call.
    pub fn take_records(&mut self) -> Vec<Record> {
        std::mem::take(&mut self.records).into()
    }
}
