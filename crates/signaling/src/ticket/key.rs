//! The keys that tickets are signed with, and the file that holds them.

use crate::limits::{MAX_KEY_FILE_BYTES, MAX_KEYS};
use data_encoding::{HEXLOWER, HEXLOWER_PERMISSIVE};
use hmac::{Hmac, Mac};
use sha2::Sha256;
use std::{
    fmt,
    fs::{self, File, OpenOptions},
    io::{self, Read, Write},
    path::{Path, PathBuf},
};

/// Bytes of a key: as many as SHA-256 gives, more would add nothing (RFC 2104, section 3).
const KEY_BYTES: usize = 32;

/// Why there are no keys.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// The file cannot be read, or made when it is missing.
    #[error("the key file {path} cannot be {attempt}")]
    File {
        /// The file as configured.
        path: PathBuf,
        /// What was tried: "read" or "made".
        attempt: &'static str,
        /// What the system said.
        source: io::Error,
    },
    /// The file holds something else. The line itself is not repeated: it may be half a key.
    #[error("line {line} of the key file {path} is not a key: 64 hexadecimal digits")]
    Line {
        /// The file as configured.
        path: PathBuf,
        /// Which line, from 1.
        line: usize,
    },
    /// The file holds no key, or more than [`MAX_KEYS`], or is longer than [`MAX_KEY_FILE_BYTES`].
    #[error("the key file {path} holds not 1 to {MAX_KEYS} keys")]
    Count {
        /// The file as configured.
        path: PathBuf,
    },
    /// The system gives no random bytes.
    #[error("the system gives no random bytes: {0}")]
    Random(String),
}

/// At least one key: the first signs, and what any of them has signed is genuine.
pub(crate) struct Keys {
    first: Hmac<Sha256>,
    others: Vec<Hmac<Sha256>>,
}

impl Keys {
    /// A key that lasts as long as this server.
    pub(crate) fn drawn() -> Result<Self, KeyError> {
        Ok(Self {
            first: keyed(&draw()?),
            others: Vec::new(),
        })
    }

    /// The keys of a file, one a line; empty lines and those that begin with `#` are skipped. A
    /// missing file is made with a new key, readable for its owner only.
    pub(crate) fn of_file(path: &Path) -> Result<Self, KeyError> {
        let text = match read(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                make(path)?;
                read(path)
            }
            read => read,
        };
        let text = text.map_err(|source| KeyError::File {
            path: path.to_owned(),
            attempt: "read",
            source,
        })?;
        let count = || KeyError::Count {
            path: path.to_owned(),
        };
        if text.len() > MAX_KEY_FILE_BYTES {
            return Err(count());
        }
        let mut keys = Vec::new();
        for (number, line) in text.lines().enumerate() {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let key = parse(line).ok_or_else(|| KeyError::Line {
                path: path.to_owned(),
                line: number + 1,
            })?;
            keys.push(keyed(&key));
        }
        if keys.is_empty() || keys.len() > MAX_KEYS {
            return Err(count());
        }
        Ok(Self {
            first: keys.remove(0),
            others: keys,
        })
    }

    /// HMAC-SHA-256 of a message by the first key.
    pub(crate) fn sign(&self, message: &[u8]) -> [u8; KEY_BYTES] {
        let mac = self.first.clone().chain_update(message);
        mac.finalize().into_bytes().into()
    }

    /// Whether one of the keys gives this code; compared in constant time.
    pub(crate) fn verify(&self, message: &[u8], code: &[u8]) -> bool {
        let mut keys = std::iter::once(&self.first).chain(&self.others);
        keys.any(|key| {
            let mac = key.clone().chain_update(message);
            mac.verify_slice(code).is_ok()
        })
    }
}

/// Tells how many there are, and nothing of what they are.
impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keys")
            .field("count", &(1 + self.others.len()))
            .finish_non_exhaustive()
    }
}

/// HMAC takes keys of any length; the shorter are padded with zeros to a block.
fn keyed(key: &[u8; KEY_BYTES]) -> Hmac<Sha256> {
    let mut block = hmac::digest::Key::<Hmac<Sha256>>::default();
    block[..KEY_BYTES].copy_from_slice(key);
    <Hmac<Sha256> as hmac::digest::KeyInit>::new(&block)
}

fn draw() -> Result<[u8; KEY_BYTES], KeyError> {
    let mut key = [0; KEY_BYTES];
    getrandom::fill(&mut key).map_err(|error| KeyError::Random(error.to_string()))?;
    Ok(key)
}

fn parse(line: &str) -> Option<[u8; KEY_BYTES]> {
    let bytes = HEXLOWER_PERMISSIVE.decode(line.as_bytes()).ok()?;
    bytes.try_into().ok()
}

/// The text of a file, and at most one byte more than it may have.
fn read(path: &Path) -> io::Result<String> {
    let mut text = String::new();
    let most = MAX_KEY_FILE_BYTES as u64 + 1;
    File::open(path)?.take(most).read_to_string(&mut text)?;
    Ok(text)
}

/// Makes a key file. Several servers that share it may start at once: it is there whole or not at
/// all, and whoever comes second takes the first one's.
fn make(path: &Path) -> Result<(), KeyError> {
    let key = draw()?;
    let failed = |source| KeyError::File {
        path: path.to_owned(),
        attempt: "made",
        source,
    };
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}", HEXLOWER.encode(&draw()?[..8])));
    let unfinished = path.with_file_name(name);
    let write = || {
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(&unfinished)?;
        file.write_all(format!("{}\n", HEXLOWER.encode(&key)).as_bytes())?;
        file.sync_all()
    };
    let linked = write().and_then(|()| match fs::hard_link(&unfinished, path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        linked => linked,
    });
    // There is none if writing failed.
    let _ = fs::remove_file(&unfinished);
    linked.map_err(failed)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A folder of this test's own, removed with it.
    struct Folder(PathBuf);

    impl Folder {
        fn new(name: &str) -> Self {
            let name = format!("peerball-keys-{}-{name}", std::process::id());
            let path = std::env::temp_dir().join(name);
            fs::create_dir_all(&path).unwrap();
            Self(path)
        }

        fn file(&self, text: &str) -> PathBuf {
            let path = self.0.join("keys");
            fs::write(&path, text).unwrap();
            path
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    #[test]
    fn the_code_is_rfc_4231_s() {
        // Test case 2: its key is "Jefe", here padded with zeros as HMAC itself does.
        let mut key = [0; KEY_BYTES];
        key[..4].copy_from_slice(b"Jefe");
        let keys = Keys {
            first: keyed(&key),
            others: Vec::new(),
        };
        let code = keys.sign(b"what do ya want for nothing?");
        let expected = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
        assert_eq!(HEXLOWER.encode(&code), expected);
        assert!(keys.verify(b"what do ya want for nothing?", &code));
        assert!(!keys.verify(b"what do ya want for nothing!", &code));
        assert!(!keys.verify(b"what do ya want for nothing?", &code[..31]));
    }

    #[test]
    fn a_missing_file_is_made_and_kept() {
        let folder = Folder::new("missing");
        let path = folder.0.join("keys");
        let first = Keys::of_file(&path).unwrap();
        let second = Keys::of_file(&path).unwrap();
        assert!(second.verify(b"a", &first.sign(b"a")));
        let names: Vec<_> = fs::read_dir(&folder.0).unwrap().collect();
        assert_eq!(names.len(), 1, "nothing else is left: {names:?}");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = fs::metadata(&path).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
        assert!(!Keys::drawn().unwrap().verify(b"a", &first.sign(b"a")));
    }

    #[test]
    fn servers_that_start_at_once_share_one_key() {
        let folder = Folder::new("race");
        let path = folder.0.join("keys");
        let codes: Vec<_> = std::thread::scope(|scope| {
            let start = || Keys::of_file(&path).unwrap().sign(b"a");
            let running: Vec<_> = (0..8).map(|_| scope.spawn(start)).collect();
            running.into_iter().map(|one| one.join().unwrap()).collect()
        });
        assert!(codes.iter().all(|code| *code == codes[0]));
    }

    #[test]
    fn the_first_key_signs_and_all_verify() {
        let folder = Folder::new("rotation");
        let (old, new) = ("0a".repeat(32), "0B".repeat(32));
        let before = Keys::of_file(&folder.file(&old)).unwrap();
        let text = format!("# the new one\n\n  {new}  \r\n{old}\n");
        let between = Keys::of_file(&folder.file(&text)).unwrap();
        let after = Keys::of_file(&folder.file(&new)).unwrap();
        assert!(between.verify(b"a", &before.sign(b"a")));
        assert!(after.verify(b"a", &between.sign(b"a")));
        assert!(!after.verify(b"a", &before.sign(b"a")));
    }

    #[test]
    fn what_is_no_key_file() {
        let folder = Folder::new("wrong");
        let key = "0a".repeat(32);
        for text in ["", "\n# none\n"] {
            let error = Keys::of_file(&folder.file(text)).unwrap_err();
            assert!(matches!(error, KeyError::Count { .. }), "{error}");
        }
        for text in [
            format!("{key}\n").repeat(MAX_KEYS + 1),
            format!("{key}\n{}", "#".repeat(MAX_KEY_FILE_BYTES)),
        ] {
            let error = Keys::of_file(&folder.file(&text)).unwrap_err();
            assert!(matches!(error, KeyError::Count { .. }), "{error}");
        }
        for line in [
            &key[1..],
            &format!("{key}0a"),
            "secret",
            &key.replace('a', "g"),
        ] {
            let error = Keys::of_file(&folder.file(&format!("{key}\n{line}\n"))).unwrap_err();
            assert!(matches!(error, KeyError::Line { line: 2, .. }), "{error}");
            assert!(!error.to_string().contains(line), "{error}");
        }
        let nowhere = folder.0.join("no such folder").join("keys");
        let error = Keys::of_file(&nowhere).unwrap_err();
        assert!(matches!(
            error,
            KeyError::File {
                attempt: "made",
                ..
            }
        ));
    }
}
