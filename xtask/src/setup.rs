//! Installs what is missing, and only that.

use std::path::Path;

use anyhow::{Context, Result};
use clap::ValueEnum;

use crate::{
    linters, packages,
    steps::Steps,
    tools::{self, CARGO_GENERATE, GECKODRIVER, MATCHBOX_SERVER, TRUNK},
    workspace::{WASM, Workspace},
};

/// A part of the set-up. A player needs one of the first two, never a second browser.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Part {
    /// To build and serve the web client.
    Web,
    /// To build and play the native game.
    Native,
    /// To run the tests: formatter, linter, browsers and their drivers.
    Test,
    /// For single tests that are left out without it.
    Extra,
}

impl Part {
    /// Every part that a command needs.
    pub const ALL: &[Self] = &[Self::Web, Self::Native, Self::Test];
}

/// Installs what is missing for `parts`.
///
/// # Errors
/// When an installation fails, or must be done by hand: the message says what.
pub fn run(workspace: &Workspace, steps: &mut Steps, parts: &[Part]) -> Result<()> {
    let has = |part| parts.contains(&part);
    let mut needs = vec![packages::BUILD];
    needs.extend(has(Part::Native).then_some(packages::NATIVE));
    needs.extend(has(Part::Test).then_some(packages::TEST));
    needs.extend(has(Part::Extra).then_some(packages::EXTRA));
    packages::install(workspace, steps, &needs)?;

    if has(Part::Web) {
        wasm_target(workspace, steps)?;
        tools::install(workspace, steps, &TRUNK)?;
        tools::install(workspace, steps, &workspace.wasm_bindgen_cli())?;
    }
    if has(Part::Extra) {
        linters::install(workspace, steps)?;
        tools::install(workspace, steps, &CARGO_GENERATE)?;
    }
    if has(Part::Test) {
        components(workspace, steps)?;
        tools::install(workspace, steps, &GECKODRIVER)?;
        tools::install(workspace, steps, &MATCHBOX_SERVER)?;
    }
    Ok(())
}

/// Whether the standard library is there for [`WASM`].
///
/// # Errors
/// When rustc cannot be started.
pub fn has_wasm_target(workspace: &Workspace) -> Result<bool> {
    let output = workspace
        .command("rustc")
        .args(["--print", "target-libdir", "--target", WASM])
        .output()
        .context("cannot start rustc")?;
    let library = String::from_utf8_lossy(&output.stdout);
    Ok(Path::new(library.trim()).is_dir())
}

fn wasm_target(workspace: &Workspace, steps: &mut Steps) -> Result<()> {
    if has_wasm_target(workspace)? {
        return Ok(());
    }
    steps.run(
        &format!("add the target {WASM}"),
        workspace.command("rustup").args(["target", "add", WASM]),
    )
}

fn components(workspace: &Workspace, steps: &mut Steps) -> Result<()> {
    for (component, program) in [("rustfmt", "cargo-fmt"), ("clippy", "cargo-clippy")] {
        let works = workspace
            .command(program)
            .arg("--version")
            .output()
            .is_ok_and(|output| output.status.success());
        if !works {
            steps.run(
                &format!("add {component}"),
                workspace
                    .command("rustup")
                    .args(["component", "add", component]),
            )?;
        }
    }
    Ok(())
}
