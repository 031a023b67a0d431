//! What every source says and does not do.

use std::collections::BTreeSet;

use super::{Report, attributes::Source, tree::Tree};

/// Where the template's own name stands for all sources.
const NAMES: &str = "crates/protocol/src/name.rs";

/// Crates that are nothing but tests and measurements.
const TESTING: &[&str] = &["crates/e2e/", "crates/bench/"];

/// Complains about sources that do not say their concern, that panic without a reason, and that
/// spell the game's name.
pub fn check(tree: &Tree, report: &mut Report) {
    let tests = test_files(tree);
    for (path, text) in tree.texts(&[".rs"]) {
        if !text.starts_with("//!") {
            report.complain(format!(
                "{path}: the first line should be `//! ...`: say in a sentence what the file is for"
            ));
        }
        let is_test = tests.contains(path)
            || TESTING.iter().any(|folder| path.starts_with(folder))
            || ["/tests/", "/benches/", "/examples/"]
                .iter()
                .any(|folder| path.contains(folder));
        if !is_test {
            panics(path, text, report);
            spelt_names(path, text, report);
        }
    }
}

/// The files of modules that only tests have.
fn test_files(tree: &Tree) -> BTreeSet<&str> {
    let mut folders = Vec::new();
    for (path, text) in tree.texts(&[".rs"]) {
        // A module's files are below its folder, which only some files are named after.
        let stem = path.trim_end_matches(".rs");
        let (parent, name) = stem.rsplit_once('/').unwrap_or(("", stem));
        let folder = match name {
            "mod" | "lib" | "main" => parent,
            _ => stem,
        };
        for module in Source::new(text).test_modules() {
            folders.push(format!("{folder}/{module}"));
        }
    }
    let paths = tree.texts(&[".rs"]).map(|(path, _)| path);
    paths
        .filter(|path| {
            folders.iter().any(|folder| {
                path.strip_prefix(folder.as_str())
                    .is_some_and(|rest| rest == ".rs" || rest.starts_with('/'))
            })
        })
        .collect()
}

fn panics(path: &str, text: &str, report: &mut Report) {
    // With what follows in calls of these alone: `expect` is also a parser's word.
    const CALLS: [(&str, &str); 2] = [
        (".unwrap()", "clippy::unwrap_used"),
        (".expect(\"", "clippy::expect_used"),
    ];
    let source = Source::new(text);
    for (number, line) in source.lines() {
        let line = without_texts(line);
        for (call, lint) in CALLS {
            if line.contains(call) && !source.is_excused(number, lint) {
                let call = call.trim_end_matches(['"', '(']);
                report.complain(format!(
                    "{path}:{}: `{call}` may panic: return an error, or prove that it cannot fail \
                     in #[expect({lint}, reason = \"...\")]",
                    number + 1
                ));
            }
        }
    }
}

/// The line with nothing between its quotes.
fn without_texts(line: &str) -> String {
    let mut rest = String::new();
    let mut inside = false;
    let mut escaped = false;
    for c in line.chars() {
        let is_quote = c == '"' && !escaped;
        if !inside || is_quote {
            rest.push(c);
        }
        inside ^= is_quote;
        escaped = inside && c == '\\' && !escaped;
    }
    rest
}

fn spelt_names(path: &str, text: &str, report: &mut Report) {
    // Written in two parts for `cargo xtask rename`, after which this looks for what is gone.
    let name = ["peer", "ball"].concat();
    if path == NAMES {
        return;
    }
    for (number, line) in Source::new(text).lines() {
        if line.to_ascii_lowercase().contains(&name) {
            report.complain(format!(
                "{path}:{}: spells the game's name: take it from protocol::name!(), title!() or \
                 variable!(), so that a game made from this one has its own",
                number + 1
            ));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::temporary::report;

    fn complaints(files: &[(&str, &str)]) -> Vec<String> {
        report(files, check).complaints
    }

    #[test]
    fn a_source_says_its_concern() {
        let found = complaints(&[("crates/a/src/lib.rs", "fn main() {}\n")]);
        assert_eq!(found.len(), 1);
        assert!(found[0].starts_with("crates/a/src/lib.rs: "), "{found:?}");
        assert!(found[0].contains("`//! ...`"), "{found:?}");
    }

    #[test]
    fn what_may_panic_gives_its_reason() {
        let panicking = "//! A.\n\nfn a() {\n    b().unwrap();\n}\n";
        let found = complaints(&[("crates/a/src/lib.rs", panicking)]);
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(
            found[0].starts_with("crates/a/src/lib.rs:4: `.unwrap()"),
            "{found:?}"
        );
        assert!(found[0].contains("return an error"), "{found:?}");

        let expecting = "//! A.\n\nfn a() {\n    b().expect(\"c\");\n}\n";
        let found = complaints(&[("xtask/src/main.rs", expecting)]);
        assert!(
            found[0].contains("#[expect(clippy::expect_used"),
            "{found:?}"
        );
    }

    #[test]
    fn tests_and_parsers_may() {
        let panicking = "//! A.\n\nfn a() {\n    b().unwrap();\n}\n";
        let parent = "//! A.\n\n#[cfg(test)]\nmod suite;\n\nfn a() {\n    self.expect(b':')?;\n}\n";
        let found = complaints(&[
            ("crates/a/src/room/mod.rs", parent),
            ("crates/a/src/room/suite.rs", panicking),
            ("crates/a/src/room/suite/more.rs", panicking),
            ("crates/a/tests/whole.rs", panicking),
            ("crates/e2e/src/lib.rs", panicking),
        ]);
        assert_eq!(found, Vec::<String>::new());
    }

    #[test]
    fn the_name_stands_in_one_place() {
        let name = ["Peer", "ball"].concat();
        let spelling = format!("//! A.\n\nconst TITLE: &str = \"{name}\";\n");
        assert!(complaints(&[(NAMES, &spelling)]).is_empty());
        let found = complaints(&[("crates/a/src/lib.rs", &spelling)]);
        assert!(
            found[0].contains(":3: ") && found[0].contains("title!()"),
            "{found:?}"
        );
    }
}
