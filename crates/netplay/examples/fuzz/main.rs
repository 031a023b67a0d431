//! Feeds every decoder inputs that are nearly right, and keeps those that make one panic.
//!
//! `cargo xtask fuzz --seconds 60 --target message`
//!
//! Inputs begin with those in `crates/netplay/tests/corpus/<target>/`, which a plain test runs as
//! well; one that fails is written there. The exit status is 1 when one has failed.

mod runner;
mod targets;

use anyhow::Result;
use std::{path::Path, process::ExitCode};

const CORPUS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/corpus");

fn main() -> Result<ExitCode> {
    runner::run(&targets::TARGETS, Path::new(CORPUS))
}
