//! Matches in simulated time through random faults, for as long as one likes.

use anyhow::Result;
use clap::Args;

use crate::{steps, workspace::Workspace};

/// What to simulate.
#[derive(Args)]
pub struct Soak {
    /// How long, in minutes.
    #[arg(long, default_value_t = 1.0)]
    minutes: f64,
    /// The first seed.
    #[arg(long, default_value_t = 0)]
    from: u64,
    /// Only this seed's schedule, with its history.
    #[arg(long)]
    seed: Option<u64>,
    /// Only this schedule, as a failure printed it, with its history.
    #[arg(long, conflicts_with = "seed")]
    schedule: Option<String>,
    /// Leave the matrix of conditions without faults out.
    #[arg(long)]
    random: bool,
    /// Go on after a failure.
    #[arg(long)]
    keep_going: bool,
    /// Shrink every failure, also with --keep-going or of a given schedule.
    #[arg(long)]
    shrink: bool,
    /// Print the table of measured figures in Markdown, and nothing else.
    #[arg(long)]
    table: bool,
}

/// Simulates. Built as for tests: arithmetic that overflows is a failure, too.
///
/// # Errors
/// When it cannot be built, or an invariant was broken.
pub fn run(workspace: &Workspace, soak: &Soak) -> Result<()> {
    let mut command = workspace.cargo();
    command.args(["run", "--quiet", "--locked", "--package", "netplay"]);
    command.args(["--example", "soak", "--"]);
    command.args(["--minutes", &soak.minutes.to_string()]);
    command.args(["--from", &soak.from.to_string()]);
    if let Some(seed) = soak.seed {
        command.args(["--seed", &seed.to_string()]);
    }
    if let Some(schedule) = &soak.schedule {
        command.args(["--schedule", schedule]);
    }
    if soak.random {
        command.arg("--random");
    }
    if soak.keep_going {
        command.arg("--keep-going");
    }
    if soak.shrink {
        command.arg("--shrink");
    }
    if soak.table {
        command.arg("--table");
    }
    steps::run(&mut command)
}
