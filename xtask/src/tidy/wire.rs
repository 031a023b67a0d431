//! `docs/PROTOCOL.md` beside the golden fixtures, which tests hold to the code: the version, every
//! tag of a message, and every code of a problem.

use std::collections::BTreeSet;

use super::{Report, tree::Tree};

const DOCUMENT: &str = "docs/PROTOCOL.md";

/// What a client reads a code as that it does not know: no server says it.
const UNSENT: &str = "unknown";

const FIXTURES: &str = "crates/protocol/tests/golden/";

/// The tag of messages that hold a statement.
const STATEMENT: u8 = 3;

/// Complains about what one has and the other has not.
pub fn check(tree: &Tree, report: &mut Report) {
    let (Some(document), Some(codes)) = (
        tree.text(DOCUMENT),
        tree.text(&format!("{FIXTURES}api_problem_codes.json")),
    ) else {
        report.complain(format!("{DOCUMENT} or the fixtures in {FIXTURES} are gone"));
        return;
    };
    version(tree, document, report);
    tags(tree, document, report);
    for code in codes.split('"').skip(1).step_by(2) {
        if code != UNSENT && !document.contains(&format!("| `{code}` |")) {
            report.complain(format!(
                "{DOCUMENT}: no row for the problem `{code}`: say its status and when it comes"
            ));
        }
    }
}

/// The document's version is the hello's.
fn version(tree: &Tree, document: &str, report: &mut Report) {
    let said = document
        .split("This is version")
        .nth(1)
        .and_then(|rest| rest.split_whitespace().next())
        .map(|word| word.trim_end_matches('.'));
    // The tag, and a number below 128.
    let written = bytes(tree, "peer_hello.hex")
        .and_then(|bytes| bytes.get(1).copied())
        .map(|byte| byte.to_string());
    if said.is_none() || said != written.as_deref() {
        report.complain(format!(
            "{DOCUMENT} says \"This is version {}\", but {FIXTURES}peer_hello.hex has {}: let the \
             document tell of the new version",
            said.unwrap_or("..."),
            written.as_deref().unwrap_or("none")
        ));
    }
}

/// The document's tables of messages and statements have the tags of the fixtures, and no other.
fn tags(tree: &Tree, document: &str, report: &mut Report) {
    let mut messages = BTreeSet::new();
    let mut statements = BTreeSet::new();
    for file in &tree.files {
        let Some(name) = file.path.strip_prefix(FIXTURES) else {
            continue;
        };
        // A snapshot is what messages carry in parts.
        if !name.starts_with("peer_") || name == "peer_snapshot.hex" {
            continue;
        }
        let bytes = bytes(tree, name).unwrap_or_default();
        let Some((&tag, rest)) = bytes.split_first() else {
            report.complain(format!("{FIXTURES}{name} is no line of hexadecimal digits"));
            continue;
        };
        messages.insert(tag);
        if tag == STATEMENT {
            // After the statement's number, whose bytes but the last have their highest bit.
            statements.extend(rest.iter().skip_while(|byte| **byte > 127).nth(1));
        }
    }
    for (title, head, written) in [
        ("message", "| tag | message |", messages),
        ("statement", "| tag | statement |", statements),
    ] {
        let said = rows(document, head);
        for tag in written.difference(&said) {
            report.complain(format!(
                "{DOCUMENT}: no row for {title} {tag}, which {FIXTURES} has: describe it"
            ));
        }
        for tag in said.difference(&written) {
            report.complain(format!(
                "{DOCUMENT}: {title} {tag} has no fixture in {FIXTURES}: add a sample to \
                 crates/protocol/tests/peer/samples.rs, or take the row out"
            ));
        }
    }
}

/// The tags of the table that begins so.
fn rows(document: &str, head: &str) -> BTreeSet<u8> {
    let lines = document.lines().skip_while(|line| !line.starts_with(head));
    let rows = lines.skip(2).take_while(|line| line.starts_with('|'));
    rows.filter_map(|row| row.split('|').nth(1)?.trim().parse().ok())
        .collect()
}

/// The bytes of a fixture.
fn bytes(tree: &Tree, name: &str) -> Option<Vec<u8>> {
    let text = tree.text(&format!("{FIXTURES}{name}"))?.trim();
    data_encoding::HEXLOWER.decode(text.as_bytes()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::temporary::report;

    const TOLD: &str = "This is version\n4. See:\n\n| tag | message | who |\n|---|---|---|\n\
                        | 0 | `Hello` | all |\n| 3 | `Statement` | all |\n\n\
                        | tag | statement | who |\n|---|---|---|\n| 1 | `Start` | the owner |\n\n\
                        | code | status |\n|---|---|\n| `room-full` | 409 |\n";

    fn complaints(document: &str) -> Vec<String> {
        let fixture = |name: &str| format!("{FIXTURES}{name}");
        let files = [
            (DOCUMENT.to_owned(), document),
            (fixture("api_problem_codes.json"), "[\"room-full\"]"),
            (fixture("peer_hello.hex"), "0004ef\n"),
            (fixture("peer_start.hex"), "03c801010203\n"),
        ];
        let files: Vec<(&str, &str)> = files
            .iter()
            .map(|(path, text)| (path.as_str(), *text))
            .collect();
        report(&files, check).complaints
    }

    #[test]
    fn a_document_that_tells_all_is_fine() {
        assert_eq!(complaints(TOLD), Vec::<String>::new());
    }

    #[test]
    fn what_the_document_lacks_is_told() {
        for (from, to, expected) in [
            ("version\n4.", "version\n3.", "says \"This is version 3\""),
            ("| 0 | `Hello` | all |\n", "", "no row for message 0"),
            (
                "| 1 | `Start` | the owner |\n",
                "",
                "no row for statement 1",
            ),
            (
                "| `room-full` | 409 |\n",
                "",
                "no row for the problem `room-full`",
            ),
            (
                "| 3 | `Statement` | all |\n",
                "| 3 | `Statement` | all |\n| 4 | `New` | all |\n",
                "message 4 has no fixture",
            ),
        ] {
            let found = complaints(&TOLD.replacen(from, to, 1));
            assert_eq!(found.len(), 1, "{found:?}");
            assert!(found[0].contains(expected), "{found:?}");
        }
    }
}
