//! Versions in documents are those that are built.

use std::collections::{BTreeMap, BTreeSet};

use super::{Report, tree::Tree};
use crate::tools::{GECKODRIVER, TRUNK};

/// Tells what was, not what is.
const HISTORY: &str = "CHANGELOG.md";

const LOCK: &str = "Cargo.lock";

/// The lock file of the benches, which are a workspace of their own.
const BENCH_LOCK: &str = "crates/bench/Cargo.lock";

/// What the benches must have in the version that is built here: they time it, or programs that
/// run them are of one version.
const SHARED: &[&str] = &["bevy_ecs", "ggrs", "libm", "postcard", "wasm-bindgen"];

/// Complains about versions that are not the locked ones.
pub fn check(tree: &Tree, report: &mut Report) {
    let mut known = locked(tree.text(LOCK).unwrap_or_default());
    let bench = locked(tree.text(BENCH_LOCK).unwrap_or_default());
    for name in SHARED {
        if let (Some(ours), Some(theirs)) = (known.get(name), bench.get(name))
            && !theirs.is_subset(ours)
        {
            report.complain(format!(
                "{BENCH_LOCK} has another version of {name}: `cargo update --manifest-path \
                 crates/bench/Cargo.toml -p {name} --precise VERSION` gives it that of {LOCK}"
            ));
        }
    }
    for (name, versions) in bench {
        known.entry(name).or_default().extend(versions);
    }
    for tool in [TRUNK, GECKODRIVER] {
        known.entry(tool.package).or_default().insert(tool.version);
    }
    known
        .entry("rust")
        .or_default()
        .insert(env!("CARGO_PKG_RUST_VERSION"));

    for (document, text) in tree.texts(&[".md"]) {
        if document == HISTORY {
            continue;
        }
        for (number, line) in text.lines().enumerate() {
            for (name, version, package) in mentions(line) {
                let Some(versions) = known.get(package) else {
                    continue;
                };
                if !versions.iter().any(|locked| is_of(version, locked)) {
                    let built: Vec<&str> = versions.iter().copied().collect();
                    report.complain(format!(
                        "{document}:{}: {name} {version} is not what is built, which is {}: say that",
                        number + 1,
                        built.join(" or ")
                    ));
                }
            }
        }
    }
}

/// Each package's versions in the text of a lock file.
fn locked(lock: &str) -> BTreeMap<&str, BTreeSet<&str>> {
    let mut packages: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for package in lock.split("[[package]]").skip(1) {
        let field = |key: &str| {
            let mut lines = package.lines();
            let value = lines.find_map(|line| line.strip_prefix(key)?.strip_prefix(" = \""))?;
            value.strip_suffix('"')
        };
        if let (Some(name), Some(version)) = (field("name"), field("version")) {
            packages.entry(name).or_default().insert(version);
        }
    }
    packages
}

/// Each word with a version after it, and the package that it may be.
fn mentions(line: &str) -> Vec<(&str, &str, &str)> {
    let words: Vec<&str> = line
        .split_whitespace()
        // Quoted, it is a crate whose figures follow.
        .map(|word| if word.starts_with('`') { "" } else { word })
        .map(|word| word.trim_matches(|c: char| !c.is_ascii_alphanumeric()))
        .collect();
    let pairs = words.windows(2).filter_map(|pair| {
        let version = pair[1];
        let mut parts = version.split('.');
        let is_version = version.contains('.') && parts.all(|part| part.parse::<u32>().is_ok());
        let package = match pair[0] {
            "Bevy" => "bevy",
            "Rust" => "rust",
            "matchbox" => "matchbox_socket",
            "rust" => return None,
            other => other,
        };
        is_version.then_some((pair[0], version, package))
    });
    pairs.collect()
}

/// Whether `version` is `locked`, or its beginning.
fn is_of(version: &str, locked: &str) -> bool {
    locked
        .strip_prefix(version)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::temporary::report;

    const LOCKED: &str = "[[package]]\nname = \"bevy\"\nversion = \"0.19.1\"\n\n\
                          [[package]]\nname = \"ggrs\"\nversion = \"0.13.0\"\n";

    #[test]
    fn an_old_version_is_told_with_the_new_one() {
        let text = "Bevy 0.19, ggrs 0.13.0, (bevy 0.1) and Rust 1.2.\nTLS 1.3, Bevy 3000, `bevy` 6.1 MB.\n";
        let found = report(
            &[
                (LOCK, LOCKED),
                ("README.md", text),
                (HISTORY, "Bevy 0.18.1"),
            ],
            check,
        );
        let [bevy, rust] = found.complaints.as_slice() else {
            panic!("{:?}", found.complaints);
        };
        assert!(bevy.starts_with("README.md:1: bevy 0.1 is not what is built, which is 0.19.1"));
        assert!(rust.contains(env!("CARGO_PKG_RUST_VERSION")), "{rust}");
    }

    #[test]
    fn benches_build_what_they_time() {
        let other = LOCKED.replace("0.13.0", "0.12.0");
        let found = report(&[(LOCK, LOCKED), (BENCH_LOCK, &other)], check);
        assert_eq!(found.complaints.len(), 1, "{:?}", found.complaints);
        assert!(found.complaints[0].contains("another version of ggrs"));
        assert!(found.complaints[0].contains("cargo update --manifest-path"));
        let found = report(&[(LOCK, LOCKED), (BENCH_LOCK, LOCKED)], check);
        assert!(found.complaints.is_empty());
    }
}
