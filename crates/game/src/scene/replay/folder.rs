//! Natively: replays and what desyncs left, as files in the user's state folder.

use bevy::prelude::*;
use netplay::{
    replay::MAX_FILE_BYTES,
    session::{Record, RecordKind},
};
use std::{
    ffi::OsStr,
    fs::{self, File},
    io::{self, Read, Write},
    path::{Path, PathBuf},
    time::{SystemTime, UNIX_EPOCH},
};

/// Files of the same second and match that are told apart: two scenes make two.
const MAX_TWINS: usize = 4;

/// Where files of one kind are.
struct Kind {
    folder: &'static str,
    extension: &'static str,
    /// Files that are kept; older ones go.
    max: usize,
}

const REPLAYS: Kind = Kind {
    folder: "replays",
    extension: "replay",
    max: 50,
};

const DESYNCS: Kind = Kind {
    folder: "desyncs",
    extension: "desync",
    max: 20,
};

/// What was recorded on this computer. Without a state folder nothing is kept.
#[derive(Resource)]
pub struct Shelf {
    state: Option<PathBuf>,
}

impl Default for Shelf {
    fn default() -> Self {
        Self {
            state: crate::desktop::state_folder(),
        }
    }
}

impl Shelf {
    /// Writes a file, and removes the oldest of its kind beyond the bound. A disk that is full
    /// keeps nothing.
    pub fn keep(&mut self, record: &Record) {
        let Some(state) = &self.state else { return };
        let kind = match record.kind {
            RecordKind::Replay => REPLAYS,
            RecordKind::Desync => DESYNCS,
        };
        match write(&state.join(kind.folder), &kind, record, SystemTime::now()) {
            Ok(path) => info!("recorded {}", path.display()),
            Err(error) => warn!("a recording is not kept: {error}"),
        }
    }

    /// The newest replay.
    pub fn newest(&self) -> Option<Source> {
        let folder = self.state.as_ref()?.join(REPLAYS.folder);
        files(&folder, &REPLAYS).ok()?.pop().map(Source)
    }
}

/// Where a replay is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source(pub PathBuf);

impl Source {
    /// The file, of which no more is read than shows that it is too long.
    ///
    /// # Errors
    /// What the system says.
    pub fn read(&self) -> Result<Vec<u8>, String> {
        let mut bytes = Vec::new();
        File::open(&self.0)
            .and_then(|file| file.take(MAX_FILE_BYTES as u64 + 1).read_to_end(&mut bytes))
            .map_err(|error| error.to_string())?;
        Ok(bytes)
    }
}

fn write(folder: &Path, kind: &Kind, record: &Record, at: SystemTime) -> io::Result<PathBuf> {
    fs::create_dir_all(folder)?;
    let name = format!("{}_{:08x}", stamp(at), record.match_id);
    for twin in 1..=MAX_TWINS {
        let twin = match twin {
            1 => String::new(),
            twin => format!("_{twin}"),
        };
        let path = folder.join(format!("{name}{twin}.{}", kind.extension));
        let mut file = match File::create_new(&path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => continue,
            file => file?,
        };
        file.write_all(&record.bytes)?;
        prune(folder, kind)?;
        return Ok(path);
    }
    Err(io::Error::from(io::ErrorKind::AlreadyExists))
}

/// Removes the oldest files of a kind.
fn prune(folder: &Path, kind: &Kind) -> io::Result<()> {
    let files = files(folder, kind)?;
    let excess = files.len().saturating_sub(kind.max);
    for path in &files[..excess] {
        fs::remove_file(path)?;
    }
    Ok(())
}

/// The files of a kind, oldest first: their names begin with their time.
fn files(folder: &Path, kind: &Kind) -> io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension() == Some(OsStr::new(kind.extension)) {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

/// The date and time (UTC) such as `2026-11-23_06-15-34`, which sorts as time does.
fn stamp(at: SystemTime) -> String {
    let seconds = at
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_secs());
    let (days, second) = (seconds / 86_400, seconds % 86_400);
    // <https://howardhinnant.github.io/date_algorithms.html#civil_from_days>, for days after 1970:
    // years begin in March, so that a leap day ends one, and repeat every 400.
    let days = days + 719_468;
    let (era, day_of_era) = (days / 146_097, days % 146_097);
    let leaps = day_of_era / 1_460 + day_of_era / 146_096 - day_of_era / 36_524;
    let year_of_era = (day_of_era - leaps) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * from_march + 2) / 5 + 1;
    let month = (from_march + 2) % 12 + 1;
    let year = era * 400 + year_of_era + u64::from(month <= 2);
    let (hour, minute, second) = (second / 3_600, second / 60 % 60, second % 60);
    format!("{year:04}-{month:02}-{day:02}_{hour:02}-{minute:02}-{second:02}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    /// A state folder of a test's own, removed with this value.
    struct State(PathBuf);

    impl State {
        fn new() -> Self {
            Self(std::env::temp_dir().join(format!("peerball-replays-{}", uuid::Uuid::new_v4())))
        }

        fn shelf(&self) -> Shelf {
            Shelf {
                state: Some(self.0.clone()),
            }
        }

        fn names(&self, kind: &Kind) -> Vec<String> {
            let files = files(&self.0.join(kind.folder), kind).unwrap();
            let name = |path: &PathBuf| path.file_name().unwrap().to_str().unwrap().to_owned();
            files.iter().map(name).collect()
        }
    }

    impl Drop for State {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    fn record(kind: RecordKind, match_id: u32) -> Record {
        Record {
            kind,
            match_id,
            bytes: match_id.to_le_bytes().to_vec(),
        }
    }

    fn at(seconds: u64) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(seconds)
    }

    #[test]
    fn names_tell_date_and_time() {
        assert_eq!(stamp(at(0)), "1970-01-01_00-00-00");
        assert_eq!(stamp(at(951_782_399)), "2000-02-28_23-59-59");
        assert_eq!(stamp(at(951_782_400)), "2000-02-29_00-00-00");
        assert_eq!(stamp(at(1_709_251_199)), "2024-02-29_23-59-59");
        assert_eq!(stamp(at(1_735_689_599)), "2024-12-31_23-59-59");
        assert_eq!(stamp(at(4_107_542_400)), "2100-03-01_00-00-00");
        let before = UNIX_EPOCH - Duration::from_secs(1);
        assert_eq!(stamp(before), "1970-01-01_00-00-00");
    }

    #[test]
    fn a_replay_is_found_again_beside_what_a_desync_left() {
        let state = State::new();
        let mut shelf = state.shelf();
        assert_eq!(shelf.newest(), None);
        shelf.keep(&record(RecordKind::Replay, 7));
        shelf.keep(&record(RecordKind::Desync, 8));
        let newest = shelf.newest().unwrap();
        assert_eq!(newest.read().unwrap(), 7_u32.to_le_bytes());
        assert_eq!(state.names(&DESYNCS).len(), 1);
    }

    #[test]
    fn the_oldest_go_and_foreign_files_stay() {
        let state = State::new();
        let folder = state.0.join(REPLAYS.folder);
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("0000.txt"), "mine").unwrap();
        for number in 0..REPLAYS.max as u32 + 3 {
            let record = record(RecordKind::Replay, number);
            write(&folder, &REPLAYS, &record, at(u64::from(number))).unwrap();
        }
        let names = state.names(&REPLAYS);
        assert_eq!(names.len(), REPLAYS.max);
        assert_eq!(names[0], "1970-01-01_00-00-03_00000003.replay");
        assert!(folder.join("0000.txt").exists());
    }

    #[test]
    fn two_scenes_of_one_match_write_two_files() {
        let state = State::new();
        let folder = state.0.join(DESYNCS.folder);
        let record = record(RecordKind::Desync, 1);
        let write = || write(&folder, &DESYNCS, &record, at(9));
        let paths: Vec<PathBuf> = (0..MAX_TWINS).map(|_| write().unwrap()).collect();
        assert_eq!(state.names(&DESYNCS).len(), MAX_TWINS);
        assert!(paths[0] < paths[1]);
        assert!(write().is_err());
    }

    #[test]
    fn what_cannot_be_read_is_told_and_a_long_file_is_read_in_part() {
        let state = State::new();
        fs::create_dir_all(&state.0).unwrap();
        assert!(Source(state.0.join("none")).read().is_err());
        assert!(Source(state.0.clone()).read().is_err());
        let long = state.0.join("long");
        let file = File::create(&long).unwrap();
        file.set_len(MAX_FILE_BYTES as u64 * 4).unwrap();
        assert_eq!(Source(long).read().unwrap().len(), MAX_FILE_BYTES + 1);
    }

    #[test]
    fn without_a_place_nothing_is_kept() {
        let mut shelf = Shelf { state: None };
        shelf.keep(&record(RecordKind::Replay, 1));
        assert_eq!(shelf.newest(), None);
    }
}
