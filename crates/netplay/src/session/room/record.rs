//! Every match is recorded as it is confirmed; the game gets the file when the match is over, and
//! a file of each desync.

use super::{play::Play, *};
use crate::{
    queue::Queue,
    replay::{RecordError, Recorder},
    rollback::{CHECKSUM_INTERVAL, Desync},
};

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

/// Writes down what a core confirms.
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
        let Some(recorder) = recording
            .recorder
            .as_mut()
            .filter(|_| !confirmed.is_empty() && !recording.is_over)
        else {
            return;
        };
        let tenures = core.tenures();
        recording.seated.resize(tenures.len(), None);
        for (seat, known) in recording.seated.iter_mut().enumerate() {
            let Some(last) = tenures[seat].last().filter(|last| last.driver != *known) else {
                continue;
            };
            *known = last.driver;
            if let Some(id) = last.driver {
                let peer = self.peers.get(id);
                let name = peer.map_or(&*self.config.name, |peer| peer.shown_name());
                recorder.seated(last.from, seat, name);
            }
        }
        let seats = tenures.len();
        let mut pushed = Ok(());
        for frame in confirmed {
            pushed = pushed
                .and_then(|()| recorder.push(frame.frame, &frame.words[..seats], frame.peers));
            // Every one of them, so that a desync is told to the frame.
            let next = frame.frame + 1;
            if let Some(world) = core.confirmed_world_at(next) {
                recorder.see(next, world);
            }
        }
        if let Some((frame, sum)) = core.checksum() {
            recorder.checksum(frame, sum);
        }
        recording.end_by(pushed);
    }

    /// The match is over for us: its file is the game's.
    pub(super) fn keep_replay(&mut self) {
        self.record();
        let Some(play) = &self.play else { return };
        let bytes = play.recording.recorder.as_ref().map(Recorder::bytes);
        self.keep_record(RecordKind::Replay, play.match_id, bytes);
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
