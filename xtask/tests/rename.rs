//! A copy of the checkout becomes another game, with no word left of the old one.
//!
//! That the renamed game also passes every check takes as long as building it anew; the cheap
//! crates stand for it here.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

/// The template's name, in two parts so that it outlives a renaming.
const TEMPLATE: &str = concat!("peer", "ball");

/// A copy of the checkout that ends with this value.
struct Copy(PathBuf);

impl Copy {
    fn new() -> Self {
        let package = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").unwrap());
        let root = package.parent().unwrap();
        // Always the same place: what is built of it is built over, and does not pile up.
        let to = Path::new(env!("CARGO_TARGET_TMPDIR")).join("copy");
        let _ = fs::remove_dir_all(&to);
        for path in list(root) {
            let target = to.join(&path);
            fs::create_dir_all(target.parent().unwrap()).unwrap();
            fs::copy(root.join(&path), target).unwrap();
        }
        Self(to)
    }

    fn xtask(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
        // As cargo tells it, of the copy.
        command.env("CARGO_MANIFEST_DIR", self.0.join("xtask"));
        command.args(arguments).output().unwrap()
    }

    fn cargo(&self, arguments: &[&str]) -> Output {
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

fn succeed(output: &Output) {
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{told}");
}

fn refused_for(output: &Output, why: &str) {
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

#[test]
fn a_copy_becomes_another_game() {
    let copy = Copy::new();
    let names = fs::read_to_string(copy.0.join("crates/protocol/src/name.rs")).unwrap();
    if !names.contains(TEMPLATE) {
        refused_for(&copy.xtask(&["rename", "my-game", "My Game"]), "already");
        return;
    }
    refused_for(
        &copy.xtask(&["rename", "My Game", "My Game"]),
        "such as my-game",
    );
    refused_for(
        &copy.xtask(&["rename", "game", "My Game"]),
        "name of a crate",
    );
    refused_for(
        &copy.xtask(&["rename", "my-game", "<My Game>"]),
        "cannot be the title",
    );
    // Nothing is committed yet.
    let git = Command::new("git")
        .current_dir(&copy.0)
        .args(["init", "--quiet"])
        .status();
    assert!(git.unwrap().success());
    refused_for(
        &copy.xtask(&["rename", "my-game", "My Game"]),
        "not committed",
    );
    fs::remove_dir_all(copy.0.join(".git")).unwrap();
    assert!(left(&copy.0).len() > 100, "nothing was written");

    refused_for(
        &copy.xtask(&["rename", "my-game", "My Game", "--players", "9"]),
        "--players",
    );

    let given = ["--authors", "Ada", "--players", "4"];
    succeed(&copy.xtask(&[&["rename", "my-game", "My Game"], &given[..]].concat()));

    let left = left(&copy.0);
    let [licence, thanks] = left.as_slice() else {
        panic!("the old name is left in:\n{}", left.join("\n"));
    };
    assert!(licence.starts_with("LICENSE-MIT: "), "{licence}");
    assert!(
        thanks.starts_with("README.md: ") && thanks.contains("thanks"),
        "{thanks}"
    );
    refused_for(&copy.xtask(&["rename", "other-game", "Other"]), "already");

    let read = |path: &str| fs::read_to_string(copy.0.join(path)).unwrap();
    assert!(read("index.html").contains("<title>My Game</title>"));
    assert!(read("assets/game.webmanifest").contains("\"short_name\": \"My Game\""));
    assert!(read("deploy/my-game.service").contains("StateDirectory=my-game"));
    assert!(read("Cargo.toml").contains("authors = [\"Ada\"]"));
    assert!(read("crates/game/src/demo/options.rs").contains("const DEFAULT_SEATS: u8 = 4;"));
    let metadata = copy.cargo(&["metadata", "--no-deps", "--offline", "--format-version=1"]);
    succeed(&metadata);
    let metadata = String::from_utf8(metadata.stdout).unwrap();
    assert!(
        metadata.contains("\"name\":\"my-game\""),
        "no program of that name"
    );
    succeed(&copy.cargo(&["fmt", "--all", "--check"]));
    succeed(&copy.xtask(&["tidy"]));
    succeed(&copy.cargo(&[
        "test",
        "--locked",
        "--offline",
        "-p",
        "protocol",
        "-p",
        "sim",
    ]));
}
