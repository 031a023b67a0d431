//! Fuzzing of every decoder. The work is done by an example of `netplay`, which knows them all.

use anyhow::Result;

use crate::{serve::become_program, workspace::Workspace};

/// Fuzzes all decoders for so long, or one of them.
///
/// # Errors
/// When the program cannot be built or started. What it finds is its exit status, and this one's.
pub fn run(workspace: &Workspace, seconds: u64, target: Option<&str>, seed: u64) -> Result<()> {
    let mut command = workspace.cargo();
    command.args(["run", "--quiet", "--package", "netplay"]);
    command.args(["--example", "fuzz", "--", "--seconds"]);
    command.args([seconds.to_string(), "--seed".into(), seed.to_string()]);
    if let Some(target) = target {
        command.args(["--target", target]);
    }
    become_program(&mut command)
}
