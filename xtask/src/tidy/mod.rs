//! What the compiler does not check: the order of the crates, sources that explain themselves,
//! documents that tell the truth, licences. `docs/ARCHITECTURE.md` says what most of it is for.

mod assets;
mod attributes;
mod crates;
mod documents;
mod lengths;
mod licences;
mod packages;
mod sources;
#[cfg(test)]
mod temporary;
mod tree;
mod versions;
mod wire;
mod workflows;

use anyhow::{Result, ensure};

use crate::workspace::Workspace;
use tree::Tree;

/// What was found.
#[derive(Debug, Default)]
struct Report {
    /// Broken rules, each with what to do.
    complaints: Vec<String>,
    /// What grows too long: worth a look, and no failure.
    warnings: Vec<String>,
}

impl Report {
    fn complain(&mut self, complaint: String) {
        self.complaints.push(complaint);
    }

    fn warn(&mut self, warning: String) {
        self.warnings.push(warning);
    }
}

/// Checks the checkout, and says what to do about each broken rule.
///
/// # Errors
/// When a rule is broken, or a file that a rule is about cannot be read.
pub fn run(workspace: &Workspace, commands: &clap::Command) -> Result<()> {
    let root = workspace.root();
    let tree = Tree::read(root)?;
    let metadata = packages::metadata(root)?;
    let mut report = Report::default();
    crates::check(&metadata, &mut report)?;
    licences::check(&tree, &metadata, &mut report)?;
    assets::check(&tree, &mut report);
    sources::check(&tree, &mut report);
    lengths::check(&tree, &mut report);
    documents::check(&tree, &metadata, commands, &mut report);
    versions::check(&tree, &mut report);
    wire::check(&tree, &mut report);
    workflows::check(workspace, &tree, &mut report)?;

    for warning in &report.warnings {
        eprintln!("long: {warning}");
    }
    for complaint in &report.complaints {
        eprintln!("error: {complaint}");
    }
    let broken = report.complaints.len();
    ensure!(broken == 0, "the tree is not tidy: {broken} things to do");
    Ok(())
}
