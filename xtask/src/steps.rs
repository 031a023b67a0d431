//! What a command does, step by step, and how long each step took.

use std::{
    process::Command,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};

/// The steps taken so far, with their times.
#[derive(Default)]
pub struct Steps {
    taken: Vec<(String, Duration)>,
}

impl Steps {
    /// Announces `what`, does it, and says how long it took.
    ///
    /// # Errors
    /// `work`'s own, with `what` as its context.
    pub fn take<T>(&mut self, what: &str, work: impl FnOnce() -> Result<T>) -> Result<T> {
        eprintln!("==> {what}");
        let start = Instant::now();
        let done = work().with_context(|| format!("failed: {what}"))?;
        let took = start.elapsed();
        eprintln!("    {what}: {:.1} s", took.as_secs_f32());
        self.taken.push((what.to_owned(), took));
        Ok(done)
    }

    /// Takes the step of running `command` to its end.
    ///
    /// # Errors
    /// When it cannot be started, or ends with another status than 0.
    pub fn run(&mut self, what: &str, command: &mut Command) -> Result<()> {
        self.take(what, || run(command))
    }

    /// Lists the steps with their times, when there was more than one.
    pub fn summary(&self) {
        if self.taken.len() < 2 {
            return;
        }
        eprintln!();
        for (what, took) in &self.taken {
            eprintln!("{:>8.1} s  {what}", took.as_secs_f32());
        }
        let total: Duration = self.taken.iter().map(|(_, took)| *took).sum();
        eprintln!("{:>8.1} s  in all", total.as_secs_f32());
    }
}

/// Runs `command` to its end.
///
/// # Errors
/// When it cannot be started, or ends with another status than 0.
pub fn run(command: &mut Command) -> Result<()> {
    let status = command
        .status()
        .with_context(|| format!("cannot start {command:?}"))?;
    if !status.success() {
        bail!("{command:?} ended with {status}");
    }
    Ok(())
}
