//! Natively: a few files in the user's state folder, each locked by the scene that uses it.

use super::{MAX_TEXT, Record};
use bevy::log::debug;
use std::{
    fs::{self, File, OpenOptions},
    io::{self, Read, Seek, Write},
    path::{Path, PathBuf},
    time::SystemTime,
};

/// Files, and so rooms that are remembered, and games that run at once and remember anything.
/// Beyond that the room entered longest ago is forgotten.
const SLOTS: usize = 8;

/// The text kept for one scene in one room. Its file is locked until this is dropped, however the
/// process ends: no two scenes and no two processes share one.
pub struct Slot(File);

impl Slot {
    /// A slot that remembers `room`, else the one that was not written to for longest; nothing
    /// where there is no state folder or all are in use. (Locks keep scenes apart, not `_index`.)
    pub fn take(room: &str, _index: usize) -> Option<Self> {
        Self::take_in(&crate::desktop::state_folder()?, room)
            .inspect_err(|error| debug!("seats are not remembered: {error}"))
            .ok()
            .flatten()
    }

    fn take_in(folder: &Path, room: &str) -> io::Result<Option<Self>> {
        fs::create_dir_all(folder)?;
        let mut oldest: Option<(SystemTime, PathBuf)> = None;
        for path in (0..SLOTS).map(|number| folder.join(format!("seat-{number}"))) {
            let Some(mut slot) = Self::lock(&path)? else {
                continue;
            };
            if Record::read(&slot.read()).is_some_and(|record| record.room == room) {
                return Ok(Some(slot));
            }
            let written = match slot.0.metadata()? {
                empty if empty.len() == 0 => SystemTime::UNIX_EPOCH,
                metadata => metadata.modified()?,
            };
            if oldest.as_ref().is_none_or(|(than, _)| written < *than) {
                oldest = Some((written, path));
            }
        }
        match oldest {
            Some((_, path)) => Self::lock(&path),
            None => Ok(None),
        }
    }

    /// The file, made if need be; nothing if another scene has it.
    fn lock(path: &Path) -> io::Result<Option<Self>> {
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false);
        // It holds a secret.
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options.open(path)?;
        match file.try_lock() {
            Ok(()) => Ok(Some(Self(file))),
            Err(fs::TryLockError::WouldBlock) => Ok(None),
            Err(fs::TryLockError::Error(error)) => Err(error),
        }
    }

    /// What is kept; empty when nothing readable is.
    pub fn read(&mut self) -> String {
        let mut text = String::new();
        let read = self.0.rewind().and_then(|()| {
            let mut bounded = (&self.0).take(MAX_TEXT as u64);
            bounded.read_to_string(&mut text)
        });
        match read {
            Ok(_) => text,
            Err(_) => String::new(),
        }
    }

    /// Keeps `text` instead. A disk that is full keeps nothing.
    pub fn write(&mut self, text: &str) {
        let file = &mut self.0;
        let written = file
            .set_len(0)
            .and_then(|()| file.rewind())
            .and_then(|()| file.write_all(text.as_bytes()));
        if let Err(error) = written {
            debug!("a seat is not remembered: {error}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A folder of a test's own, removed with this value.
    struct Folder(PathBuf);

    impl Folder {
        fn new() -> Self {
            Self(std::env::temp_dir().join(format!("peerball-seats-{}", uuid::Uuid::new_v4())))
        }

        fn take(&self, room: &str) -> Option<Slot> {
            Slot::take_in(&self.0, room).unwrap()
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    fn record(room: &str) -> Record {
        Record {
            room: room.into(),
            token: [7; 16],
            name: "Ada".into(),
            ticket: None,
        }
    }

    #[test]
    fn a_room_is_remembered() {
        let folder = Folder::new();
        for room in ["a", "b", "c"] {
            let mut slot = folder.take(room).unwrap();
            assert_eq!(slot.read(), "");
            slot.write(&record(room).text());
        }
        let mut slot = folder.take("b").unwrap();
        assert_eq!(Record::read(&slot.read()), Some(record("b")));
    }

    #[test]
    fn two_scenes_share_no_slot_and_too_many_remember_nothing() {
        let folder = Folder::new();
        let mut first = folder.take("a").unwrap();
        first.write(&record("a").text());
        let mut second = folder.take("a").unwrap();
        assert_eq!(second.read(), "");
        let more: Vec<Slot> = (2..SLOTS).filter_map(|_| folder.take("a")).collect();
        assert_eq!(more.len(), SLOTS - 2);
        assert!(folder.take("a").is_none());
    }

    #[test]
    fn what_cannot_be_read_is_replaced() {
        let folder = Folder::new();
        fs::create_dir_all(&folder.0).unwrap();
        for (number, bytes) in [vec![0xff; 64], vec![b'x'; 1 << 20]].iter().enumerate() {
            fs::write(folder.0.join(format!("seat-{number}")), bytes).unwrap();
        }
        let mut slots: Vec<Slot> = (0..SLOTS).filter_map(|_| folder.take("a")).collect();
        assert_eq!(slots.len(), SLOTS);
        for slot in &mut slots {
            assert!(slot.read().len() <= MAX_TEXT);
            slot.write(&record("a").text());
            assert_eq!(Record::read(&slot.read()), Some(record("a")));
        }
    }
}
