//! Natively: a file in the user's config folder.

use super::{Language, Preferences, record::MAX_TEXT};
use bevy::log::{debug, warn};
use std::{
    env,
    fs::{self, File},
    io::{self, Read, Write},
    path::PathBuf,
    process,
};

/// The file of the preferences, which need not be there yet.
pub struct Store(PathBuf);

/// What the system prefers: its language. It tells no game about motion or contrast.
pub fn of_system() -> Preferences {
    let tag = ["LC_ALL", "LC_MESSAGES", "LANG"]
        .into_iter()
        .find_map(|name| env::var(name).ok().filter(|tag| !tag.is_empty()));
    Preferences {
        language: Language::of_tag(&tag.unwrap_or_default()),
        ..Preferences::default()
    }
}

impl Store {
    /// The user's; nothing where there is no config folder.
    pub fn of_player() -> Option<Self> {
        let folder = dirs::config_dir()?.join(protocol::name!());
        Some(Self(folder.join("preferences.json")))
    }

    /// What is kept, of which no more is read than shows that it is too long; nothing if nothing
    /// is there or may be read.
    pub fn read(&mut self) -> Option<String> {
        let mut bytes = Vec::new();
        let read = File::open(&self.0)
            .and_then(|file| file.take(MAX_TEXT as u64 + 1).read_to_end(&mut bytes));
        match read {
            // What is no text is no preferences either.
            Ok(_) => Some(String::from_utf8_lossy(&bytes).into_owned()),
            Err(error) => {
                debug!("no preferences: {error}");
                None
            }
        }
    }

    /// Keeps `text` instead: all of it or, on a disk that is full, what was kept before.
    pub fn write(&mut self, text: &str) {
        // Of this process alone: two games that write at once do not mix.
        let draft = self.0.with_extension(format!("{}.new", process::id()));
        if let Err(error) = self.replace(&draft, text) {
            warn!("preferences are not kept: {error}");
            // It need not be there.
            let _ = fs::remove_file(&draft);
        }
    }

    fn replace(&self, draft: &PathBuf, text: &str) -> io::Result<()> {
        if let Some(folder) = self.0.parent() {
            fs::create_dir_all(folder)?;
        }
        let mut file = File::create(draft)?;
        file.write_all(text.as_bytes())?;
        // Before the name: a machine that goes down would leave an empty file under it.
        file.sync_all()?;
        fs::rename(draft, &self.0)
    }

    /// Renames what is there, in place of what was put aside before, and says to what.
    pub fn put_aside(&mut self) -> String {
        let aside = self.0.with_extension("aside");
        if let Err(error) = fs::rename(&self.0, &aside) {
            warn!("preferences cannot be put aside: {error}");
        }
        aside.display().to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::{
        super::{load, record},
        *,
    };

    /// A config folder of a test's own, removed with this value.
    struct Folder(PathBuf);

    impl Folder {
        fn new() -> Self {
            Self(std::env::temp_dir().join(format!("peerball-config-{}", uuid::Uuid::new_v4())))
        }

        fn store(&self) -> Store {
            Store(self.0.join("peerball").join("preferences.json"))
        }

        fn names(&self) -> Vec<String> {
            let mut names: Vec<String> = fs::read_dir(self.0.join("peerball"))
                .unwrap()
                .map(|entry| entry.unwrap().file_name().into_string().unwrap())
                .collect();
            names.sort();
            names
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    fn chosen() -> Preferences {
        Preferences {
            name: "Ada".into(),
            high_contrast: true,
            ..Preferences::default()
        }
    }

    #[test]
    fn preferences_are_kept_from_one_start_to_the_next() {
        let folder = Folder::new();
        let system = Preferences::default();
        assert_eq!(load(&mut folder.store(), &system), (system.clone(), None));
        for preferences in [chosen(), system.clone()] {
            folder.store().write(&record::write(&preferences, &system));
            assert_eq!(load(&mut folder.store(), &system), (preferences, None));
        }
        assert_eq!(folder.names(), ["preferences.json"]);
    }

    #[test]
    fn what_cannot_be_read_is_put_aside_and_told() {
        let folder = Folder::new();
        let system = Preferences::default();
        for bytes in [
            vec![0xff; 64],
            vec![b' '; 1 << 20],
            b"{\"version\":9}".to_vec(),
        ] {
            folder.store().write("");
            fs::write(&folder.store().0, &bytes).unwrap();
            let (preferences, aside) = load(&mut folder.store(), &system);
            assert_eq!(preferences, system);
            assert_eq!(fs::read(aside.unwrap()).unwrap(), bytes);
            assert_eq!(folder.names(), ["preferences.aside"]);
            // The next start is an ordinary one.
            assert_eq!(load(&mut folder.store(), &system), (system.clone(), None));
        }
    }

    #[test]
    fn what_cannot_be_written_leaves_what_was_there() {
        let folder = Folder::new();
        let mut store = folder.store();
        // A folder in the file's place cannot be replaced by a file.
        fs::create_dir_all(store.0.join("taken")).unwrap();
        store.write("{}");
        assert_eq!(folder.names(), ["preferences.json"]);
        assert_eq!(store.read(), None);
    }
}
