//! Writes down a match while it runs.

use super::{
    MAX_FRAMES, MAX_NAMES, MAX_SEEN, MAX_SEEN_BYTES, MAX_SITTINGS, MAX_WORLDS,
    artifact::{ArtifactBody, SeenBody},
    container,
    format::{Body, Checksum, MAX_CHECKSUMS, Sitting, WorldBody},
    pack,
    track::Track,
};
use crate::{
    queue::Queue,
    rollback::{CHECKSUM_INTERVAL, Desync, input},
};
use protocol::{
    Frame, Simulation,
    limits::{MAX_NAME_BYTES, MAX_SEATS, MAX_SETTINGS_BYTES, MAX_SNAPSHOT_BYTES},
    peer::clean_text,
};
use serde::Serialize;
use std::{collections::VecDeque, marker::PhantomData};

/// Bytes of all worlds that a match was given. At the bound the recording ends.
const MAX_GIVEN_BYTES: usize = 2 * MAX_SNAPSHOT_BYTES;

/// Why something cannot be recorded. What was recorded before stays a valid replay.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RecordError {
    /// A frame that does not follow the last one.
    #[error("frame {frame} does not follow: the next one is {next}")]
    Gap {
        /// The frame that was to be recorded.
        frame: Frame,
        /// The one that is next.
        next: Frame,
    },
    /// [`MAX_FRAMES`], [`MAX_WORLDS`] or the bytes of these are reached.
    #[error("the recording is full")]
    Full,
    /// A seat, an input or settings that no match has.
    #[error("the match's {0} are out of bounds")]
    OutOfBounds(&'static str),
}

/// Writes down one match. In memory it takes what the file takes, the newest 17 seconds of inputs
/// unpacked, and [`MAX_SEEN`] worlds.
#[derive(Clone)]
pub struct Recorder<S: Simulation> {
    head: Head,
    track: Track,
    /// Confirmed worlds in postcard, for a desync; at most [`MAX_SEEN_BYTES`] of them.
    seen: VecDeque<(Frame, Vec<u8>)>,
    rules: PhantomData<S>,
}

/// What goes into a file beside the inputs.
#[derive(Clone)]
struct Head {
    seed: u64,
    settings: Vec<u8>,
    seats: usize,
    start: Frame,
    given: Vec<(Frame, Vec<u8>)>,
    names: Vec<String>,
    sittings: Vec<Sitting>,
    checksums: Vec<Checksum>,
}

impl<S: Simulation> Recorder<S> {
    /// Records a match from world 0 on.
    ///
    /// # Errors
    /// [`RecordError::OutOfBounds`] for settings that no match can have.
    pub fn new(seed: u64, settings: &S::Settings) -> Result<Self, RecordError> {
        let seats = S::seats(settings);
        let settings =
            encode(settings, MAX_SETTINGS_BYTES).ok_or(RecordError::OutOfBounds("settings"))?;
        if !(1..=MAX_SEATS).contains(&seats) {
            return Err(RecordError::OutOfBounds("seats"));
        }
        Ok(Self {
            head: Head {
                seed,
                settings,
                seats,
                start: 0,
                given: Vec::new(),
                names: Vec::new(),
                sittings: Vec::new(),
                checksums: Vec::new(),
            },
            track: Track::new(seats),
            seen: VecDeque::new(),
            rules: PhantomData,
        })
    }

    /// Records a match from where a latecomer was let in: world `frame`.
    ///
    /// # Errors
    /// As [`Recorder::new`] and [`Recorder::adopt`].
    pub fn enter(
        seed: u64,
        settings: &S::Settings,
        frame: Frame,
        world: &S,
    ) -> Result<Self, RecordError> {
        let mut recorder = Self::new(seed, settings)?;
        recorder.head.start = frame;
        recorder.adopt(frame, world)?;
        Ok(recorder)
    }

    /// The frame whose inputs are recorded next.
    pub fn next_frame(&self) -> Frame {
        self.head.start + self.track.len()
    }

    /// Whether a world of this number is in the recording, so that the inputs after it may follow.
    pub fn reaches(&self, frame: Frame) -> bool {
        (self.head.start..=self.next_frame()).contains(&frame)
    }

    /// From frame `from` on, the peer that drives `seat` is the player `name`. Told in any
    /// order, also ahead of `from`. What does not fit ([`MAX_NAMES`], [`MAX_SITTINGS`], no such
    /// seat) is left out: a replay does without names.
    pub fn seated(&mut self, from: Frame, seat: usize, name: &str) {
        let name = clean_text(name, MAX_NAME_BYTES);
        let head = &mut self.head;
        let known = head.names.iter().position(|known| *known == name);
        let fits = known.is_some() || head.names.len() < MAX_NAMES;
        if !fits || seat >= head.seats || head.sittings.len() >= MAX_SITTINGS {
            return;
        }
        let index = known.unwrap_or_else(|| {
            head.names.push(name);
            head.names.len() - 1
        });
        let sitting = Sitting {
            from,
            seat: seat as u8,
            name: index as u8,
        };
        let place = head.sittings.partition_point(|s| s.from <= from);
        head.sittings.insert(place, sitting);
    }

    /// Records the confirmed inputs of `frame`: a word for each seat, as it travels, and in
    /// `peers` a bit for each seat that a peer drives.
    ///
    /// # Errors
    /// [`RecordError`]; the frame is then not recorded.
    pub fn push(&mut self, frame: Frame, words: &[u32], peers: u8) -> Result<(), RecordError> {
        let next = self.next_frame();
        if frame != next {
            return Err(RecordError::Gap { frame, next });
        }
        if self.track.len() >= MAX_FRAMES || frame == Frame::MAX {
            return Err(RecordError::Full);
        }
        let seats = self.head.seats;
        if words.len() != seats || u32::from(peers) >> seats != 0 {
            return Err(RecordError::OutOfBounds("seats"));
        }
        if words.iter().any(|word| input::unpack::<S>(*word).is_none()) {
            return Err(RecordError::OutOfBounds("inputs"));
        }
        self.track.push(words, peers);
        Ok(())
    }

    /// Records the checksum of the confirmed world `frame`, each [`CHECKSUM_INTERVAL`]. Others,
    /// those of worlds before or after the recording, and those not newer than the last one are
    /// left out.
    pub fn checksum(&mut self, frame: Frame, sum: u64) {
        let is_recorded = self.reaches(frame);
        let sums = &mut self.head.checksums;
        let is_new = sums.last().is_none_or(|last| last.frame < frame);
        let counts = is_recorded && frame.is_multiple_of(CHECKSUM_INTERVAL);
        if is_new && counts && sums.len() < MAX_CHECKSUMS {
            sums.push(Checksum { frame, sum });
        }
    }

    /// Remembers the confirmed world `frame` for a while, in case of a desync. Meant to be called
    /// whenever a newer world is confirmed, once the inputs before it are recorded. A world of
    /// more than [`MAX_SEEN_BYTES`] is left out.
    pub fn see(&mut self, frame: Frame, world: &S) {
        let is_old = self.seen.back().is_some_and(|(last, _)| *last >= frame);
        if is_old || frame > self.next_frame() {
            return;
        }
        let Some(world) = encode(world, MAX_SEEN_BYTES) else {
            return;
        };
        self.seen.push_back((frame, world));
        while self.seen.len() > MAX_SEEN || self.seen_bytes() > MAX_SEEN_BYTES {
            self.seen.pop_front();
        }
    }

    /// World `frame` was replaced by one that another peer gave, to repair a desync. Checksums
    /// and worlds from there on are forgotten: they are told anew.
    ///
    /// # Errors
    /// [`RecordError::Gap`] for a world outside of the recording: begin another one.
    /// [`RecordError::Full`] when there are too many.
    pub fn adopt(&mut self, frame: Frame, world: &S) -> Result<(), RecordError> {
        if !self.reaches(frame) {
            let next = self.next_frame();
            return Err(RecordError::Gap { frame, next });
        }
        let head = &mut self.head;
        let world = encode(world, MAX_SNAPSHOT_BYTES).ok_or(RecordError::Full)?;
        let earlier = head.given.iter().take_while(|(given, _)| *given < frame);
        let (count, bytes) = earlier.fold((0, 0), |(count, bytes), (_, world)| {
            (count + 1, bytes + world.len())
        });
        // One place stays free, for the world that an artifact begins with.
        if count == MAX_WORLDS - 1 || bytes + world.len() > MAX_GIVEN_BYTES {
            return Err(RecordError::Full);
        }
        head.given.truncate(count);
        head.given.push((frame, world));
        head.checksums.retain(|checksum| checksum.frame < frame);
        self.seen.retain(|(seen, _)| *seen < frame);
        Ok(())
    }

    /// How full the worlds are that are remembered in case of a desync.
    pub fn queue(&self) -> Queue {
        Queue::new("remembered worlds", self.seen.len(), MAX_SEEN)
    }

    /// The replay as it is now: a valid file at any time.
    pub fn bytes(&self) -> Vec<u8> {
        self.head.encode::<S>(&self.track, None)
    }

    /// The file of a desync: the replay from the last agreed world on, and what this peer saw.
    /// `agreed` is the newest frame whose checksums were compared and equal, `other` a world that
    /// the other side sent. When no world so old is remembered, it begins where the recording
    /// began.
    pub fn artifact(&self, desync: &Desync, agreed: Frame, other: Option<(Frame, &S)>) -> Vec<u8> {
        let (head, track) = self
            .since(agreed)
            .unwrap_or_else(|| (self.head.clone(), self.track.clone()));
        let end = head.start + track.len();
        let seen = self
            .seen
            .iter()
            .filter(|(frame, _)| (head.start..=end).contains(frame));
        let seen = SeenBody(seen.map(world_body).collect());
        let seen = postcard_bytes(&seen);
        let other =
            other.and_then(|(frame, world)| Some((frame, encode(world, MAX_SNAPSHOT_BYTES)?)));
        let body = ArtifactBody {
            frame: desync.frame,
            ours: desync.ours,
            theirs: desync.theirs,
            seen_bytes: seen.len() as u32,
            seen: &pack::deflate(&seen),
            other: other.as_ref().map(world_body),
        };
        head.encode::<S>(&track, Some(body))
    }

    /// The recording from the newest remembered world on that is not newer than `agreed`.
    fn since(&self, agreed: Frame) -> Option<(Head, Track)> {
        let (start, world) = self.seen.iter().rfind(|(frame, _)| *frame <= agreed)?;
        let track = self.track.since(start.checked_sub(self.head.start)?)?;
        let mut head = self.head.clone();
        head.start = *start;
        head.given.retain(|(given, _)| given > start);
        head.given.insert(0, (*start, world.clone()));
        head.checksums.retain(|checksum| checksum.frame >= *start);
        Some((head, track))
    }

    fn seen_bytes(&self) -> usize {
        self.seen.iter().map(|(_, world)| world.len()).sum()
    }
}

impl Head {
    fn encode<S: Simulation>(&self, track: &Track, artifact: Option<ArtifactBody<'_>>) -> Vec<u8> {
        let blocks = track.to_blocks();
        let body = Body {
            seed: self.seed,
            settings: &self.settings,
            seats: self.seats as u8,
            start: self.start,
            frames: track.len(),
            given: self.given.iter().map(world_body).collect(),
            names: self.names.iter().map(String::as_str).collect(),
            sittings: self.sittings.clone(),
            checksums: self.checksums.clone(),
            blocks: blocks.iter().map(Vec::as_slice).collect(),
            artifact,
        };
        container::seal(S::FINGERPRINT, &postcard_bytes(&body))
    }
}

fn world_body((frame, world): &(Frame, Vec<u8>)) -> WorldBody<'_> {
    WorldBody {
        frame: *frame,
        world,
    }
}

/// The postcard of a value of the simulation's, if it can be written at all and in `max` bytes.
fn encode(value: &impl Serialize, max: usize) -> Option<Vec<u8>> {
    postcard::to_stdvec(value)
        .ok()
        .filter(|bytes| bytes.len() <= max)
}

/// The postcard of what this module defines.
#[expect(
    clippy::expect_used,
    reason = "lists, bytes and integers have lengths: nothing fails"
)]
fn postcard_bytes(value: &impl Serialize) -> Vec<u8> {
    postcard::to_stdvec(value).expect("plain data into a vector")
}
