//! Workflows for a public forge: actions are taken at one commit, and linters have no complaint.

use anyhow::Result;

use super::{Report, tree::Tree};
use crate::{linters, workspace::Workspace};

/// Where the forge looks for them.
const FOLDER: &str = ".github/workflows/";

/// Digits of a commit's hash.
const HASH: usize = 40;

/// Complains about actions that may change, and passes on what the linters say.
///
/// # Errors
/// When a linter that is installed cannot be started.
pub fn check(workspace: &Workspace, tree: &Tree, report: &mut Report) -> Result<()> {
    pins(tree, report);
    let workflows: Vec<&str> = workflows(tree).map(|(path, _)| path).collect();
    if workflows.is_empty() {
        return Ok(());
    }
    if !linters::are_installed(workspace) {
        eprintln!(
            "left out: {}, which `cargo xtask setup extra` installs",
            linters::NAME
        );
        return Ok(());
    }
    for complaint in linters::check(workspace, &workflows)? {
        report.complain(complaint);
    }
    Ok(())
}

fn workflows(tree: &Tree) -> impl Iterator<Item = (&str, &str)> {
    tree.texts(&[".yml", ".yaml"])
        .filter(|(path, _)| path.starts_with(FOLDER))
}

fn pins(tree: &Tree, report: &mut Report) {
    for (path, text) in workflows(tree) {
        for (number, line) in text.lines().enumerate() {
            let Some((_, action)) = line.split_once("uses: ") else {
                continue;
            };
            let action = action.split_whitespace().next().unwrap_or_default();
            let commit = action.split_once('@').map_or("", |(_, commit)| commit);
            let is_hash = commit.len() == HASH && commit.bytes().all(|b| b.is_ascii_hexdigit());
            if !is_hash && !action.starts_with("./") {
                report.complain(format!(
                    "{path}:{}: {action} may change under its tag: name the commit, and its version \
                     in a comment after it",
                    number + 1
                ));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::temporary::report;

    #[test]
    fn an_action_is_taken_at_one_commit() {
        let text = "jobs:\n  a:\n    uses: ./.github/workflows/b.yml\n    steps:\n\
                    \x20     - uses: actions/cache@5a3ec84eff668545956fd18022155c47e93e2684 # v4.2.3\n\
                    \x20     - uses: actions/checkout@v4\n";
        let found = report(&[(".github/workflows/a.yml", text)], pins);
        assert_eq!(found.complaints.len(), 1, "{:?}", found.complaints);
        assert!(found.complaints[0].starts_with(".github/workflows/a.yml:6: actions/checkout@v4"));
        assert!(found.complaints[0].contains("name the commit"));
    }
}
