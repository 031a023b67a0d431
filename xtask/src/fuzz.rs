//! Fuzzing of every decoder. The work is done by examples of the crates that have them.

use std::fs;

use anyhow::{Context, Result, ensure};

use crate::{steps, workspace::Workspace};

/// The crates, with the features that their examples need.
const CRATES: [(&str, &str); 2] = [("netplay", ""), ("signaling", "fuzzing")];

/// Fuzzes all decoders for so long, or one of them.
///
/// # Errors
/// When there is no such target, or a program cannot be built or started, or finds something.
pub fn run(workspace: &Workspace, seconds: u64, target: Option<&str>, seed: u64) -> Result<()> {
    let mut meant = Vec::new();
    for (package, features) in CRATES {
        let corpus = workspace
            .root()
            .join(format!("crates/{package}/tests/corpus"));
        let folders = fs::read_dir(&corpus)
            .with_context(|| format!("cannot read {}", corpus.display()))?
            .filter_map(|folder| folder.ok()?.file_name().into_string().ok())
            .filter(|name| target.is_none_or(|target| target == name));
        meant.push((package, features, folders.count() as u64));
    }
    let targets: u64 = meant.iter().map(|(.., targets)| targets).sum();
    ensure!(targets > 0, "no such target");
    for (package, features, of_package) in meant.into_iter().filter(|(.., count)| *count > 0) {
        let mut command = workspace.cargo();
        command.args(["run", "--quiet", "--package", package]);
        command.args(["--features", features, "--example", "fuzz", "--"]);
        let share = seconds * of_package / targets;
        command.args(["--seconds", &share.to_string()]);
        command.args(["--seed", &seed.to_string()]);
        if let Some(target) = target {
            command.args(["--target", target]);
        }
        steps::run(&mut command)?;
    }
    Ok(())
}
