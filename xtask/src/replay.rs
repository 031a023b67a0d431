//! Replays and the files of a desync. The work is done by an example of `netplay`, which knows
//! the rules, so that `xtask` itself stays quick to build.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use clap::Subcommand;

use crate::{serve::become_program, workspace::Workspace};

/// What can be done with files.
#[derive(Subcommand)]
pub enum Task {
    /// Run a replay again at full speed and compare every checksum in it.
    ///
    /// Exit status: 0 when all are the same, 1 when one differs, 2 when the file cannot be read.
    Verify {
        /// A replay, or the file of a desync.
        file: PathBuf,
    },
    /// Find the first frame and the fields in which two records of a match differ.
    ///
    /// Exit status: 0 when nothing differs, 1 when something does, 2 when they cannot be compared.
    Diff {
        /// A replay, or the file of a desync.
        a: PathBuf,
        /// Another peer's record of the same match.
        b: PathBuf,
    },
}

/// Does it.
///
/// # Errors
/// When the program cannot be built or started. What it finds is its exit status, and this one's.
pub fn run(workspace: &Workspace, task: &Task) -> Result<()> {
    let (name, files): (&str, Vec<&Path>) = match task {
        Task::Verify { file } => ("verify", vec![file]),
        Task::Diff { a, b } => ("diff", vec![a, b]),
    };
    let mut command = workspace.cargo();
    command.args(["run", "--quiet", "--package", "netplay"]);
    command.args(["--example", "replay", "--", name]);
    for file in files {
        // Cargo runs in the checkout, wherever this was started.
        let file =
            std::path::absolute(file).with_context(|| format!("cannot find {}", file.display()))?;
        command.arg(file);
    }
    become_program(&mut command)
}
