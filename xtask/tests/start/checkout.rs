//! A copy of the checkout, what runs in it, and what is left of its name.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

/// The template's name, in two parts so that it outlives a renaming.
pub const TEMPLATE: &str = concat!("peer", "ball");

/// A copy of the checkout, or a game that was made from it. It ends with this value.
pub struct Copy(pub PathBuf);

impl Copy {
    /// A copy in the place `name`, which is always the same one: what is built of it is built over,
    /// and does not pile up.
    pub fn new(name: &str) -> Self {
        let copy = Self::nothing(name);
        let root = root();
        for path in list(&root) {
            let target = copy.0.join(&path);
            fs::create_dir_all(target.parent().unwrap()).unwrap();
            fs::copy(root.join(&path), target).unwrap();
        }
        copy
    }

    /// Nothing is in the place `name` yet.
    pub fn nothing(name: &str) -> Self {
        let place = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        let _ = fs::remove_dir_all(&place);
        Self(place)
    }

    /// Whether it is still the template.
    pub fn is_template(&self) -> bool {
        self.read("crates/protocol/src/name.rs").contains(TEMPLATE)
    }

    /// The text of one of its files.
    pub fn read(&self, path: &str) -> String {
        fs::read_to_string(self.0.join(path)).unwrap()
    }

    /// Runs one of our commands in it.
    pub fn xtask(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
        // As cargo tells it, of the copy.
        command.env("CARGO_MANIFEST_DIR", self.0.join("xtask"));
        command.args(arguments).output().unwrap()
    }

    /// Runs cargo in it.
    pub fn cargo(&self, arguments: &[&str]) -> Output {
        // Beside the checks' own: they build the same packages under other paths.
        let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("renamed");
        let mut command = Command::new(env!("CARGO"));
        command.current_dir(&self.0).env("CARGO_TARGET_DIR", target);
        command.args(arguments).output().unwrap()
    }
}

impl Drop for Copy {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn root() -> PathBuf {
    let package = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").unwrap());
    package.parent().unwrap().to_owned()
}

/// The files that git knows or would, but for those that are ignored.
fn list(root: &Path) -> Vec<PathBuf> {
    let output = Command::new("git")
        .current_dir(root)
        .args([
            "ls-files",
            "-z",
            "--cached",
            "--others",
            "--exclude-standard",
        ])
        .output()
        .unwrap();
    assert!(output.status.success(), "the checkout is no repository");
    let text = String::from_utf8(output.stdout).unwrap();
    let paths = text.split_terminator('\0').map(PathBuf::from);
    paths.filter(|path| root.join(path).is_file()).collect()
}

/// Fails with what the command says.
pub fn succeed(output: &Output) {
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{told}");
}

/// Whether the command fails and says why.
pub fn refused_for(output: &Output, why: &str) {
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success() && told.contains(why), "{told}");
}

/// Where the old name still is, each line with its file.
fn left(root: &Path) -> Vec<String> {
    let mut found = Vec::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.strip_prefix(root).unwrap().display().to_string();
            if name.to_lowercase().contains(TEMPLATE) {
                found.push(name.clone());
            }
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let text = String::from_utf8_lossy(&fs::read(&path).unwrap()).into_owned();
            let lines = text.lines();
            let lines = lines.filter(|line| line.to_lowercase().contains(TEMPLATE));
            found.extend(lines.map(|line| format!("{name}: {line}")));
        }
    }
    found.sort();
    found
}

/// The old name is in the licence and in one line of thanks, and nowhere else.
pub fn is_another_game(root: &Path) {
    let left = left(root);
    let [licence, thanks] = left.as_slice() else {
        panic!("the old name is left in:\n{}", left.join("\n"));
    };
    assert!(licence.starts_with("LICENSE-MIT: "), "{licence}");
    assert!(
        thanks.starts_with("README.md: ") && thanks.contains("thanks"),
        "{thanks}"
    );
}
