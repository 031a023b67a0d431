//! The benches. They are a workspace of their own, so that no other build has their dependencies.

mod first_frame;
mod frame;

use std::{fs, process::Stdio};

use anyhow::{Context, Result, ensure};
use clap::ValueEnum;

use crate::{
    setup::{self, Part},
    steps::Steps,
    tools::{self, MATCHBOX_SERVER_RELEASE},
    workspace::{WASM, Workspace},
};

/// What can be timed.
#[derive(Clone, Copy, ValueEnum)]
pub enum What {
    /// Steps, snapshots, checksums, frames with a rollback and bytes on the wire, natively beside
    /// ggrs and bevy_ggrs, and as wasm in headless Chromium.
    Rollback,
    /// Memory, joins, signals, latency and CPU time of the signaling server, beside stock
    /// `matchbox_server`: `-- --connections 19000 --minutes 10` for a large load.
    Signaling,
    /// A picture of a match of eight in the native game: the main thread's time on the processor,
    /// and the growth of its memory. `-- --seconds 600` for longer.
    Frame,
    /// The web client's first picture in headless Chromium, beside that of an empty window of the
    /// engine.
    FirstFrame,
}

/// Times it and prints a table.
///
/// # Errors
/// When something cannot be built or started, or does not play the same match as the others;
/// never because it is slow.
pub fn run(
    workspace: &Workspace,
    steps: &mut Steps,
    what: What,
    arguments: &[String],
) -> Result<()> {
    match what {
        What::Rollback => {
            ensure!(arguments.is_empty(), "this bench takes no arguments");
            rollback(workspace, steps)
        }
        What::Signaling => signaling(workspace, steps, arguments),
        What::Frame => frame::run(workspace, steps, arguments),
        What::FirstFrame => first_frame::run(workspace, steps, arguments),
    }
}

fn signaling(workspace: &Workspace, steps: &mut Steps, arguments: &[String]) -> Result<()> {
    setup::run(workspace, steps, &[])?;
    tools::install(workspace, steps, &MATCHBOX_SERVER_RELEASE)?;
    steps.run(
        "build the server as it is deployed",
        workspace
            .cargo()
            .args(["build", "--locked", "--release"])
            .args(["--package", "signaling", "--bin", "signaling"])
            .args(["--features", "jemalloc"])
            .env("CARGO_TARGET_DIR", workspace.target()),
    )?;
    let installed = workspace.tool_root(&MATCHBOX_SERVER_RELEASE).join("bin");
    steps.run(
        "load it, and the stock server after it",
        workspace
            .cargo()
            .args(["run", "--locked", "--release", "--manifest-path", MANIFEST])
            .args(["--no-default-features", "--features", "signaling"])
            .env("CARGO_TARGET_DIR", workspace.target())
            .args(["--bin", "signaling-load", "--", "--ours"])
            .arg(workspace.target().join("release/signaling"))
            .arg("--stock")
            .arg(installed.join(MATCHBOX_SERVER_RELEASE.program))
            .args(arguments),
    )
}

fn rollback(workspace: &Workspace, steps: &mut Steps) -> Result<()> {
    setup::run(workspace, steps, &[Part::Web, Part::Test])?;
    let figures = workspace.target().join("bench-wasm.txt");
    steps.take("time it as wasm in headless Chromium", || {
        let output = workspace
            .cargo()
            .args(["test", "--locked", "--manifest-path", MANIFEST])
            .env("CARGO_TARGET_DIR", workspace.target())
            .args(["--no-default-features", "--features", "rollback"])
            .args(["--profile", "web"])
            .args(["--target", WASM, "--test", "browser", "--", "--nocapture"])
            .env(
                "CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUNNER",
                "wasm-bindgen-test-runner",
            )
            .env("CHROMEDRIVER", "chromedriver")
            .env("WASM_BINDGEN_TEST_TIMEOUT", "600")
            .stderr(Stdio::inherit())
            .output()
            .context("cannot start cargo")?;
        let text = String::from_utf8_lossy(&output.stdout);
        ensure!(output.status.success(), "it failed:\n{text}");
        fs::write(&figures, text.as_bytes())?;
        Ok(())
    })?;
    steps.run(
        "time it natively, beside ggrs and bevy_ggrs",
        workspace
            .cargo()
            .args(["bench", "--locked", "--manifest-path", MANIFEST])
            .args(["--bench", "rollback"])
            .env("CARGO_TARGET_DIR", workspace.target())
            .env("WASM_FIGURES", &figures),
    )
}

/// In the checkout.
pub const MANIFEST: &str = "crates/bench/Cargo.toml";
