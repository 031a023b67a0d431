//! Which files and functions have grown long. No failure: some tables are long by nature.

use super::{Report, attributes::indentation, tree::Tree};

/// Lines that a file is read in with ease.
const FILE: usize = 400;

/// Lines that a function is understood in.
const FUNCTION: usize = 60;

/// Warns of what is longer.
pub fn check(tree: &Tree, report: &mut Report) {
    for (path, text) in tree.texts(&[".rs", ".js", ".lua"]) {
        let lines: Vec<&str> = text.lines().collect();
        if lines.len() > FILE {
            report.warn(format!(
                "{path} has {} lines: split it by concern",
                lines.len()
            ));
        }
        if path.ends_with(".rs") {
            for (first, length) in functions(&lines) {
                if length > FUNCTION {
                    report.warn(format!(
                        "{path}:{}: a function of {length} lines: name its parts",
                        first + 1
                    ));
                }
            }
        }
    }
}

/// Where functions begin, from 0, and how many lines they have.
fn functions(lines: &[&str]) -> Vec<(usize, usize)> {
    let is_start = |line: &str| {
        let line = line.trim_start();
        let before = line.split("fn ").next().unwrap_or(line);
        before.len() < line.len()
            && before.split_whitespace().all(|word| {
                ["async", "const", "extern", "pub"].contains(&word) || word.starts_with("pub(")
            })
    };
    let mut found = Vec::new();
    for (first, line) in lines.iter().enumerate() {
        if !is_start(line) || line.ends_with([';', '}']) {
            continue;
        }
        let depth = indentation(line);
        // One without a body ends with its signature.
        let end = lines[first..].iter().position(|line| {
            indentation(line) == depth && (line.trim() == "}" || line.ends_with(';'))
        });
        found.extend(end.map(|end| (first, end + 1)));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::temporary::report;

    #[test]
    fn what_is_long_is_listed_and_does_not_fail() {
        let body = "        step();\n".repeat(FUNCTION);
        let long =
            format!("impl A {{\n    pub(crate) const fn long(\n    ) {{\n{body}    }}\n}}\n");
        let report_of = |text: &str| report(&[("crates/a/src/lib.rs", text)], check);
        let found = report_of(&long);
        assert_eq!(found.complaints, Vec::<String>::new());
        assert_eq!(found.warnings.len(), 1, "{:?}", found.warnings);
        assert!(
            found.warnings[0].contains(":2: a function of 63 lines"),
            "{:?}",
            found.warnings
        );
        assert!(report_of("fn short() {\n}\n").warnings.is_empty());
        let found = report_of(&"// line\n".repeat(FILE + 1));
        assert!(
            found.warnings[0].contains("has 401 lines"),
            "{:?}",
            found.warnings
        );
    }
}
