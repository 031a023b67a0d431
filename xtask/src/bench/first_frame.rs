//! How long the web client takes to its first picture, beside an empty window of the engine that is
//! built and served in the same way.

use std::{fs, path::Path};

use anyhow::{Context, Result, ensure};

use crate::{
    build,
    setup::{self, Part},
    steps::Steps,
    workspace::Workspace,
};

/// The member of `examples/` that only opens a window.
const EMPTY: &str = "empty-window";

/// Builds both pages, opens them by turns in new browsers, and prints a table. `dist/` has the game
/// afterwards.
///
/// # Errors
/// When one does not build or draws nothing; never because it is slow.
pub fn run(workspace: &Workspace, steps: &mut Steps, arguments: &[String]) -> Result<()> {
    ensure!(arguments.is_empty(), "this bench takes no arguments");
    setup::run(workspace, steps, &[Part::Web, Part::Test])?;
    build::run(workspace, steps, Some(EMPTY))?;
    let empty = workspace.target().join(EMPTY);
    steps.take("keep the empty window's page", || {
        if empty.exists() {
            fs::remove_dir_all(&empty)?;
        }
        copy(&workspace.dist(), &empty)
    })?;
    build::run(workspace, steps, None)?;
    steps.run(
        "open them by turns",
        workspace
            .cargo()
            .args(["run", "--locked", "--package", "e2e"])
            .args(["--example", "first_frame", "--"])
            .arg(&empty)
            .arg(workspace.dist()),
    )
}

/// Copies a folder with all that is in it.
fn copy(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from).with_context(|| format!("no {}", from.display()))? {
        let entry = entry?;
        let to = to.join(entry.file_name());
        match entry.file_type()?.is_dir() {
            true => copy(&entry.path(), &to)?,
            false => fs::copy(entry.path(), to).map(drop)?,
        }
    }
    Ok(())
}
