//! Feeds every parser of the server inputs that are nearly right, and keeps those that make one
//! panic.
//!
//! `cargo xtask fuzz --seconds 60 --target frames`
//!
//! Inputs begin with those in `crates/signaling/tests/corpus/<target>/`, which a plain test runs as
//! well; one that fails is written there. The exit status is 1 when one has failed.

#[path = "../../netplay/examples/fuzz/runner.rs"]
mod runner;

use anyhow::Result;
use std::{path::Path, process::ExitCode};

const CORPUS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/corpus");

fn main() -> Result<ExitCode> {
    runner::run(&signaling::fuzzing::TARGETS, Path::new(CORPUS))
}
