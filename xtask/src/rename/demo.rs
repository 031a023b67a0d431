//! Leaves the demo out: the example's two files take its place, by the steps of `docs/TEMPLATE.md`.

use std::{fs, path::Path};

use anyhow::{Context, Result, ensure};

use super::marks;

/// What is the demo's alone: its rules, its picture, the tests that play it, and the benches, which
/// time it beside other netcode.
const ITS_OWN: &[&str] = &[
    "crates/sim/src/demo",
    "crates/game/src/demo",
    "crates/sim/tests/demo",
    "crates/netplay/tests/demo",
    "crates/e2e/tests/touch.rs",
    "crates/bench",
];

/// A file that another one is made of, and what is replaced in it.
struct Made {
    from: &'static str,
    to: &'static str,
    replaced: &'static [(&'static str, &'static str)],
}

/// Where the new game's rules and picture come from, and the four lines that name a game.
const MADE: &[Made] = &[
    Made {
        from: "examples/scramble/src/rules.rs",
        to: RULES,
        replaced: &[("use sim::", "use crate::")],
    },
    Made {
        from: "examples/scramble/src/picture.rs",
        to: "crates/game/src/picture.rs",
        replaced: &[
            ("use crate::rules::", "use sim::rules::"),
            ("\"Scramble\"", "protocol::title!()"),
        ],
    },
    Made {
        from: "crates/sim/src/lib.rs",
        to: "crates/sim/src/lib.rs",
        replaced: &[
            (
                "pub mod demo;\npub mod rng;\n",
                "pub mod rng;\npub mod rules;\n",
            ),
            ("pub use demo::", "pub use rules::"),
        ],
    },
    Made {
        from: "crates/game/src/main.rs",
        to: "crates/game/src/main.rs",
        replaced: &[
            ("mod demo;", "mod picture;"),
            ("demo::Discs", "picture::Scramble"),
        ],
    },
];

/// The rules of the game that takes the demo's place.
pub const RULES: &str = "crates/sim/src/rules.rs";

/// Puts the example's files in the demo's place, and takes out what is the demo's alone.
///
/// # Errors
/// When a file is not as it is expected, or cannot be read, written or deleted.
pub fn leave_out(root: &Path) -> Result<()> {
    for made in MADE {
        let text = read(root, made.from)?;
        let text = made
            .replaced
            .iter()
            .try_fold(text, |text, (before, after)| {
                ensure!(text.contains(before), "{} has no {before:?}", made.from);
                Ok(text.replace(before, after))
            })?;
        write(root, made.to, &text)?;
    }
    for path in ITS_OWN {
        let at = root.join(path);
        let deleted = match at.is_dir() {
            true => fs::remove_dir_all(at),
            false => fs::remove_file(at),
        };
        deleted.with_context(|| format!("cannot delete {path}"))?;
    }
    for document in documents(root)? {
        let text = read(root, &document)?;
        let without = untold(&text).with_context(|| document.clone())?;
        if without != text {
            write(root, &document, &without)?;
        }
    }
    Ok(())
}

/// The documents at the top and in `docs`.
fn documents(root: &Path) -> Result<Vec<String>> {
    let mut found = Vec::new();
    for folder in ["", "docs/"] {
        for entry in fs::read_dir(root.join(folder))? {
            let name = entry?.file_name().to_string_lossy().into_owned();
            if name.ends_with(".md") {
                found.push(format!("{folder}{name}"));
            }
        }
    }
    Ok(found)
}

/// The document without what it tells of the demo: what is marked so, and the rows of tables that name
/// a part of it.
fn untold(text: &str) -> Result<String> {
    let text = marks::without("demo", text)?;
    let names_it = |line: &str| ITS_OWN.iter().any(|path| line.contains(path));
    let lines = text.split_inclusive('\n');
    Ok(lines
        .filter(|line| !(line.starts_with("| ") && names_it(line)))
        .collect())
}

fn read(root: &Path, path: &str) -> Result<String> {
    fs::read_to_string(root.join(path)).with_context(|| format!("cannot read {path}"))
}

fn write(root: &Path, path: &str, text: &str) -> Result<()> {
    fs::write(root.join(path), text).with_context(|| format!("cannot write {path}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_lose_the_rows_of_the_demo() {
        let table = "| a | b |\n|---|---|\n| `crates/bench` | c |\n| `crates/sim` | d |\n";
        let left = "| a | b |\n|---|---|\n| `crates/sim` | d |\n";
        assert_eq!(untold(table).unwrap(), left);
        assert_eq!(untold(left).unwrap(), left);
    }
}
