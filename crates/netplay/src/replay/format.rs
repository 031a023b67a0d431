//! What is inside a file, in postcard, and what it means once it is decoded.

use super::{
    Artifact, MAX_FRAMES, MAX_NAMES, MAX_SITTINGS, MAX_WORLDS, ReplayError,
    artifact::ArtifactBody,
    container,
    track::{self, MAX_BLOCKS, Rows},
};
use crate::rollback::{CHECKSUM_INTERVAL, input};
use protocol::{
    Driver, Frame, Seat, Simulation,
    bounded::bounded,
    limits::{MAX_NAME_BYTES, MAX_SEATS, MAX_SETTINGS_BYTES, MAX_SNAPSHOT_BYTES},
    peer::clean_text,
};
use serde::{Deserialize, Serialize};
use std::ops::RangeInclusive;

/// Checksums in a replay: one each [`CHECKSUM_INTERVAL`].
pub(super) const MAX_CHECKSUMS: usize = (MAX_FRAMES / CHECKSUM_INTERVAL) as usize + 1;

/// The inside of a file.
#[derive(Serialize, Deserialize)]
pub(super) struct Body<'a> {
    pub seed: u64,
    #[serde(borrow)]
    pub settings: &'a [u8],
    pub seats: u8,
    /// The first world's number.
    pub start: Frame,
    /// How many steps follow it.
    pub frames: Frame,
    #[serde(borrow, deserialize_with = "bounded::<_, _, MAX_WORLDS>")]
    pub given: Vec<WorldBody<'a>>,
    #[serde(borrow, deserialize_with = "bounded::<_, _, MAX_NAMES>")]
    pub names: Vec<&'a str>,
    #[serde(deserialize_with = "bounded::<_, _, MAX_SITTINGS>")]
    pub sittings: Vec<Sitting>,
    #[serde(deserialize_with = "bounded::<_, _, MAX_CHECKSUMS>")]
    pub checksums: Vec<Checksum>,
    #[serde(borrow, deserialize_with = "bounded::<_, _, MAX_BLOCKS>")]
    pub blocks: Vec<&'a [u8]>,
    #[serde(borrow)]
    pub artifact: Option<ArtifactBody<'a>>,
}

/// A world, in postcard.
#[derive(Serialize, Deserialize)]
pub(super) struct WorldBody<'a> {
    pub frame: Frame,
    #[serde(borrow)]
    pub world: &'a [u8],
}

/// From frame `from` on, whenever a peer drives the seat, it is this player.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Sitting {
    pub from: Frame,
    pub seat: u8,
    /// An index of the names.
    pub name: u8,
}

/// The checksum of a confirmed world.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Checksum {
    pub frame: Frame,
    #[serde(with = "postcard::fixint::le")]
    pub sum: u64,
}

/// A recorded match, or the end of one.
#[derive(Clone)]
pub struct Replay<S: Simulation> {
    seed: u64,
    settings: S::Settings,
    start: Frame,
    rows: Rows,
    given: Vec<(Frame, S)>,
    names: Vec<String>,
    sittings: Vec<Sitting>,
    checksums: Vec<Checksum>,
    artifact: Option<Artifact<S>>,
}

impl<S: Simulation> Replay<S> {
    /// Reads a file, whoever wrote it. Allocates at most 7 MB for inputs, and for worlds what
    /// their decoding allocates for [`super::MAX_FILE_BYTES`].
    ///
    /// # Errors
    /// [`ReplayError`] for anything but what a [`super::Recorder`] of the same rules writes.
    pub fn decode(file: &[u8]) -> Result<Self, ReplayError> {
        let inside = container::open(S::FINGERPRINT, file)?;
        let body: Body<'_> = whole(inside, "content")?;
        if body.settings.len() > MAX_SETTINGS_BYTES {
            return Err(ReplayError::Corrupt("settings"));
        }
        let settings: S::Settings = whole(body.settings, "settings")?;
        let seats = usize::from(body.seats);
        if seats != S::seats(&settings) || !(1..=MAX_SEATS).contains(&seats) {
            return Err(ReplayError::Corrupt("number of seats"));
        }
        let rows = track::unpack(&body.blocks, body.frames, seats)?;
        check_rows::<S>(&rows, seats)?;
        let end = body
            .start
            .checked_add(body.frames)
            .ok_or(ReplayError::Corrupt("number of frames"))?;
        let range = body.start..=end;
        check_frames(body.given.iter().map(|w| w.frame), &range, "worlds")?;
        if body.start > 0 && body.given.first().is_none_or(|w| w.frame != body.start) {
            return Err(ReplayError::Corrupt("beginning"));
        }
        check_frames(body.checksums.iter().map(|c| c.frame), &range, "checksums")?;
        check_sittings(&body, seats)?;
        let given = body
            .given
            .iter()
            .map(WorldBody::decode)
            .collect::<Result<_, _>>()?;
        let artifact = body.artifact.map(|a| a.decode(&range)).transpose()?;
        Ok(Self {
            seed: body.seed,
            settings,
            start: body.start,
            rows,
            given,
            names: body
                .names
                .iter()
                .map(|name| clean_text(name, MAX_NAME_BYTES))
                .collect(),
            sittings: body.sittings,
            checksums: body.checksums,
            artifact,
        })
    }

    /// The seed of the match's world 0.
    pub fn seed(&self) -> u64 {
        self.seed
    }

    /// The settings of the match.
    pub fn settings(&self) -> &S::Settings {
        &self.settings
    }

    /// Seats in the match, at most [`MAX_SEATS`].
    pub fn seats(&self) -> usize {
        self.rows.seats()
    }

    /// The number of the first world: 0, or where a latecomer came in.
    pub fn start(&self) -> Frame {
        self.start
    }

    /// The number of the last world.
    pub fn end(&self) -> Frame {
        self.start + self.rows.len() as Frame
    }

    /// Whose name goes with `seat` in the step of `frame`: nobody's while a bot drives it, and
    /// where no name was recorded.
    pub fn name(&self, seat: usize, frame: Frame) -> Option<&str> {
        let (_, peers) = self.row(frame)?;
        if seat >= self.seats() || peers & 1 << seat == 0 {
            return None;
        }
        let mut past = self.sittings.iter().rev().filter(|s| s.from <= frame);
        let sitting = past.find(|s| usize::from(s.seat) == seat)?;
        self.names
            .get(usize::from(sitting.name))
            .map(String::as_str)
    }

    /// What a desync left, if the file is of one.
    pub fn artifact(&self) -> Option<&Artifact<S>> {
        self.artifact.as_ref()
    }

    /// The checksums that were confirmed, with the numbers of their worlds, ascending.
    pub fn checksums(&self) -> impl Iterator<Item = (Frame, u64)> {
        self.checksums.iter().map(|c| (c.frame, c.sum))
    }

    /// The first world.
    pub fn first_world(&self) -> S {
        self.given_at(self.start)
            .cloned()
            .unwrap_or_else(|| S::new(&self.settings, self.seed))
    }

    /// What each seat does in the step of `frame`; nothing outside of the replay.
    pub fn seats_at(&self, frame: Frame) -> Option<Vec<Seat<S::Input>>> {
        let (words, peers) = self.row(frame)?;
        let seats = words.iter().enumerate().map(|(seat, word)| Seat {
            // `decode` lets no word in that is not an input.
            input: input::unpack::<S>(*word).map_or_else(S::Input::default, |i| i.value),
            driver: match peers & 1 << seat {
                0 => Driver::Bot,
                _ => Driver::Peer,
            },
        });
        Some(seats.collect())
    }

    /// Turns world `frame` into the one after it. False, and nothing done, at the end.
    pub(super) fn advance(&self, frame: Frame, world: &mut S, events: &mut Vec<S::Event>) -> bool {
        let Some(seats) = self.seats_at(frame) else {
            return false;
        };
        world.step(&seats, events);
        if let Some(given) = self.given_at(frame + 1) {
            *world = given.clone();
        }
        true
    }

    pub(super) fn row(&self, frame: Frame) -> Option<(&[u32], u8)> {
        let index = frame.checked_sub(self.start)? as usize;
        (index < self.rows.len()).then(|| self.rows.row(index))
    }

    /// The world that `frame` has from elsewhere, if it has.
    pub(super) fn given_at(&self, frame: Frame) -> Option<&S> {
        let (_, world) = self.given.iter().find(|(given, _)| *given == frame)?;
        Some(world)
    }
}

impl WorldBody<'_> {
    pub(super) fn decode<S: Simulation>(&self) -> Result<(Frame, S), ReplayError> {
        if self.world.len() > MAX_SNAPSHOT_BYTES {
            return Err(ReplayError::Corrupt("worlds"));
        }
        Ok((self.frame, whole(self.world, "worlds")?))
    }
}

/// Decodes exactly `bytes`.
pub(super) fn whole<'a, T: Deserialize<'a>>(
    bytes: &'a [u8],
    field: &'static str,
) -> Result<T, ReplayError> {
    match postcard::take_from_bytes(bytes) {
        Ok((value, [])) => Ok(value),
        _ => Err(ReplayError::Corrupt(field)),
    }
}

/// Frames that ascend within `range`.
pub(super) fn check_frames(
    frames: impl Iterator<Item = Frame> + Clone,
    range: &RangeInclusive<Frame>,
    field: &'static str,
) -> Result<(), ReplayError> {
    let ascend = frames.clone().is_sorted_by(|a, b| a < b);
    match ascend && frames.clone().all(|frame| range.contains(&frame)) {
        true => Ok(()),
        false => Err(ReplayError::Corrupt(field)),
    }
}

/// Every word is an input, and no bit is set of a seat that does not exist.
fn check_rows<S: Simulation>(rows: &Rows, seats: usize) -> Result<(), ReplayError> {
    // Most inputs repeat the one before.
    let mut last = [None; MAX_SEATS];
    for (words, peers) in (0..rows.len()).map(|index| rows.row(index)) {
        if u32::from(peers) >> seats != 0 {
            return Err(ReplayError::Corrupt("drivers"));
        }
        for (word, last) in words.iter().zip(&mut last) {
            if *last != Some(*word) && input::unpack::<S>(*word).is_none() {
                return Err(ReplayError::Corrupt("inputs"));
            }
            *last = Some(*word);
        }
    }
    Ok(())
}

fn check_sittings(body: &Body<'_>, seats: usize) -> Result<(), ReplayError> {
    let short = body.names.iter().all(|name| name.len() <= MAX_NAME_BYTES);
    let known = |s: &Sitting| usize::from(s.seat) < seats && usize::from(s.name) < body.names.len();
    match short && body.sittings.iter().all(known) && body.sittings.is_sorted_by_key(|s| s.from) {
        true => Ok(()),
        false => Err(ReplayError::Corrupt("names")),
    }
}
