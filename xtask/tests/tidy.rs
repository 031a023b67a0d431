//! What the compiler does not check: the order of the crates, and documents that tell the truth.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot read the checkout has failed"
)]

use std::{
    collections::BTreeSet,
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

use cargo_metadata::{DependencyKind, MetadataCommand};

/// Folders of the checkout that hold sources and documents.
const FOLDERS: &[&str] = &[
    ".cargo", ".ci", "assets", "crates", "deploy", "docs", "examples", "xtask",
];

fn root() -> PathBuf {
    // As cargo tells it now: the test may have been built in another checkout.
    let package = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").unwrap());
    package.join("..").canonicalize().unwrap()
}

/// The files of the checkout that end with `extension`: in [`FOLDERS`] and at the top.
fn files(extension: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders: Vec<PathBuf> = FOLDERS.iter().map(|folder| root().join(folder)).collect();
    folders.retain(|folder| folder.is_dir());
    let top = fs::read_dir(root())
        .unwrap()
        .map(|entry| entry.unwrap().path());
    found.extend(top.filter(|path| path.is_file()));
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                found.push(path);
            }
        }
    }
    found.retain(|path| path.extension().is_some_and(|found| found == extension));
    found.sort();
    assert!(
        !found.is_empty(),
        "no .{extension} file below {}",
        root().display()
    );
    found
}

fn relative(path: &Path) -> String {
    path.strip_prefix(root()).unwrap().display().to_string()
}

fn assert_none(complaints: &[String]) {
    assert!(complaints.is_empty(), "\n{}\n", complaints.join("\n"));
}

/// What each crate may use of the others when it is built for use (tests may use more).
#[test]
fn crates_depend_one_way() {
    const MAY_USE: &[(&str, &[&str])] = &[
        ("protocol", &[]),
        ("sim", &["protocol"]),
        ("netplay", &["protocol"]),
        ("signaling", &["protocol"]),
        ("game", &["netplay", "protocol", "signaling", "sim"]),
        // What tests the whole may use the whole.
        // A game in a crate of its own, as anybody may write one.
        ("scramble", &["game", "protocol", "sim"]),
        ("e2e", &["netplay", "protocol", "signaling", "sim"]),
        ("xtask", &[]),
    ];
    let metadata = MetadataCommand::new()
        .current_dir(root())
        .other_options(["--locked".to_owned()])
        .no_deps()
        .exec()
        .unwrap();
    let ours: BTreeSet<&str> = metadata
        .packages
        .iter()
        .map(|package| package.name.as_str())
        .collect();
    let mut complaints = Vec::new();
    for package in &metadata.packages {
        let name = package.name.as_str();
        let Some((_, may_use)) = MAY_USE.iter().find(|(of, _)| *of == name) else {
            complaints.push(format!("{name}: say here what it may use"));
            continue;
        };
        for dependency in &package.dependencies {
            let used = dependency.name.as_str();
            if dependency.kind == DependencyKind::Normal
                && ours.contains(used)
                && !may_use.contains(&used)
            {
                complaints.push(format!("{name} must not use {used}"));
            }
        }
    }
    assert_none(&complaints);
}

/// The names of all packages that `package` is built from, on any platform. Unlike the resolved
/// graph of `cargo metadata`, this has the features of this package alone.
fn built_from(package: &str) -> BTreeSet<String> {
    let output = Command::new(env!("CARGO"))
        .current_dir(root())
        .args(["tree", "--locked", "--package", package])
        .args([
            "--edges", "normal", "--target", "all", "--prefix", "none", "--format", "{p}",
        ])
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines()
        .filter_map(|line| Some(line.split_whitespace().next()?.to_owned()))
        .collect()
}

/// The benches are a workspace of their own, but they time what is built here, and the programs
/// that run them as wasm are of one version.
#[test]
fn benches_build_the_same_versions() {
    const SHARED: &[&str] = &["bevy_ecs", "ggrs", "libm", "postcard", "wasm-bindgen"];
    let locked = |lock: &str| -> BTreeSet<String> {
        let text = fs::read_to_string(root().join(lock)).unwrap();
        let packages = text.split("[[package]]").map(str::trim);
        let shared = packages.filter(|package| {
            let name = |name: &&str| package.starts_with(&format!("name = \"{name}\"\n"));
            SHARED.iter().any(name)
        });
        shared
            .map(|package| package.lines().take(2).collect::<Vec<_>>().join(" "))
            .collect()
    };
    let ours = locked("Cargo.lock");
    let complaints: Vec<String> = locked("crates/bench/Cargo.lock")
        .difference(&ours)
        .map(|package| format!("crates/bench/Cargo.lock has another version: {package}"))
        .collect();
    assert_none(&complaints);
}

#[test]
fn only_the_game_knows_the_engine() {
    for package in ["protocol", "sim", "netplay", "signaling"] {
        let engine: Vec<String> = built_from(package)
            .into_iter()
            .filter(|name| name == "bevy" || name.starts_with("bevy_") || name == "winit")
            .map(|name| format!("{package} is built from {name}"))
            .collect();
        assert_none(&engine);
    }
}

/// No async runtime, no clock, no random source of the system, no socket.
#[test]
fn protocol_and_sim_touch_nothing_outside() {
    const BANNED: &[&str] = &[
        "async-io",
        "async-std",
        "chrono",
        "fastrand",
        "futures",
        "getrandom",
        "instant",
        "mio",
        "rand",
        "rand_core",
        "smol",
        "socket2",
        "time",
        "tokio",
        "web-sys",
        "web-time",
    ];
    for package in ["protocol", "sim"] {
        let banned: Vec<String> = built_from(package)
            .into_iter()
            .filter(|name| BANNED.contains(&name.as_str()))
            .map(|name| format!("{package} is built from {name}"))
            .collect();
        assert_none(&banned);
    }
}

#[test]
fn every_source_file_says_its_concern() {
    let silent: Vec<String> = files("rs")
        .iter()
        .filter(|path| !fs::read_to_string(path).unwrap().starts_with("//!"))
        .map(|path| format!("{}: the first line should be `//! …`", relative(path)))
        .collect();
    assert_none(&silent);
}

/// The targets of Markdown links, and what is between backticks, outside of code blocks.
fn mentions(text: &str) -> (Vec<&str>, Vec<&str>) {
    let mut links = Vec::new();
    let mut quoted = Vec::new();
    for (block, outside) in text.split("```").zip([true, false].into_iter().cycle()) {
        if outside {
            let targets = block
                .split("](")
                .skip(1)
                .filter_map(|rest| rest.split([')', ' ']).next());
            links
                .extend(targets.filter(|target| !target.contains(':') && !target.starts_with('#')));
            quoted.extend(block.split('`').skip(1).step_by(2));
        }
    }
    (links, quoted)
}

#[test]
fn paths_in_markdown_exist() {
    let mut complaints = Vec::new();
    for document in files("md") {
        let text = fs::read_to_string(&document).unwrap();
        let (links, quoted) = mentions(&text);
        let folder = document.parent().unwrap();
        let linked = links
            .into_iter()
            .map(|link| (link, folder.join(link.split('#').next().unwrap_or(link))));
        let named = quoted
            .into_iter()
            .filter(|text| is_path(text))
            .map(|text| (text, root().join(text)));
        for (mention, path) in linked.chain(named) {
            if !path.exists() {
                complaints.push(format!("{}: there is no `{mention}`", relative(&document)));
            }
        }
    }
    assert_none(&complaints);
}

/// Whether `text` is a path of the checkout, rather than a word, a pattern or a URL.
fn is_path(text: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || "._-/".contains(c);
    text.chars().all(plain)
        && text
            .split_once('/')
            .is_some_and(|(top, rest)| FOLDERS.contains(&top) && !rest.is_empty())
}

/// A code block below `<!-- PATH -->` is a part of that file.
#[test]
fn code_blocks_are_parts_of_their_files() {
    let mut complaints = Vec::new();
    let mut compared = 0;
    for document in files("md") {
        let text = fs::read_to_string(&document).unwrap();
        for rest in text.split("<!-- ").skip(1) {
            let Some((path, rest)) = rest.split_once(" -->\n```") else {
                continue;
            };
            let block = rest.split("```").next().unwrap_or_default();
            let code = block.split_once('\n').map_or("", |(_, code)| code);
            let file = fs::read_to_string(root().join(path)).unwrap_or_default();
            compared += 1;
            if code.is_empty() || !file.contains(code) {
                let document = relative(&document);
                complaints.push(format!("{document}: {path} does not contain\n{code}"));
            }
        }
    }
    assert_none(&complaints);
    assert!(compared > 0, "no document has a code block of a file");
}

/// Each `cargo xtask …` in a document is a command, with its flags.
#[test]
fn commands_in_markdown_exist() {
    let mut complaints = Vec::new();
    for document in files("md") {
        let text = fs::read_to_string(&document).unwrap();
        for rest in text.split("cargo xtask ").skip(1) {
            let end = rest
                .find(['`', '\n', '#', '(', '|', ',', '.', ';'])
                .unwrap_or(rest.len());
            let mut words = rest[..end].split_whitespace();
            let Some(command) = words.next() else {
                continue;
            };
            let help = Command::new(env!("CARGO_BIN_EXE_xtask"))
                .args([command, "--help"])
                .output()
                .unwrap();
            let known = String::from_utf8_lossy(&help.stdout).into_owned();
            let flags: Vec<&str> = words
                .take_while(|word| *word != "--")
                .filter(|word| word.starts_with("--"))
                .collect();
            if !help.status.success() || flags.iter().any(|flag| !known.contains(flag)) {
                let document = relative(&document);
                complaints.push(format!("{document}: no `cargo xtask {command} {flags:?}`"));
            }
        }
    }
    assert_none(&complaints);
}
