//! Linters for the forge's workflow files. They come from Python's package index, so that only
//! machines that have set them up run them.

use std::path::PathBuf;

use anyhow::{Context, Result};

use crate::{steps::Steps, workspace::Workspace};

/// Looks for ways to misuse a workflow.
const ZIZMOR: (&str, &str) = ("zizmor", "1.32.0");

/// Holds a workflow to the forge's schema, of which it brings a copy.
const SCHEMA: (&str, &str) = ("check-jsonschema", "0.39.0");

/// What doctor calls them.
pub const NAME: &str = "linters of workflows";

/// Their versions, as doctor tells them.
pub fn version() -> String {
    format!("{} {}, {} {}", ZIZMOR.0, ZIZMOR.1, SCHEMA.0, SCHEMA.1)
}

/// A Python environment of their own, for exactly these versions.
fn folder(workspace: &Workspace) -> PathBuf {
    let name = format!("{}-{}-{}-{}", ZIZMOR.0, ZIZMOR.1, SCHEMA.0, SCHEMA.1);
    workspace.tools().join(name)
}

fn program(workspace: &Workspace, name: &str) -> PathBuf {
    folder(workspace).join("bin").join(name)
}

/// Whether both are there.
pub fn are_installed(workspace: &Workspace) -> bool {
    [ZIZMOR, SCHEMA]
        .iter()
        .all(|(name, _)| program(workspace, name).is_file())
}

/// Installs them unless they are there.
///
/// # Errors
/// When there is no Python, or its package index cannot be reached.
pub fn install(workspace: &Workspace, steps: &mut Steps) -> Result<()> {
    if are_installed(workspace) {
        return Ok(());
    }
    steps.run(
        "make a Python environment",
        workspace
            .command("python3")
            .args(["-m", "venv"])
            .arg(folder(workspace)),
    )?;
    let packages = [ZIZMOR, SCHEMA].map(|(name, version)| format!("{name}=={version}"));
    steps.run(
        &format!("install {}", packages.join(" ")),
        workspace
            .command(program(workspace, "pip"))
            .args(["install", "--quiet", "--disable-pip-version-check"])
            .args(packages),
    )
}

/// What they complain about in the workflows, each with what the linter says to do.
///
/// # Errors
/// When one cannot be started.
pub fn check(workspace: &Workspace, workflows: &[&str]) -> Result<Vec<String>> {
    let runs: [(&str, &[&str]); 2] = [
        (
            ZIZMOR.0,
            &[
                "--offline",
                "--no-progress",
                "--quiet",
                "--min-severity=medium",
                "--format=plain",
            ],
        ),
        (SCHEMA.0, &["--builtin-schema=vendor.github-workflows"]),
    ];
    let mut complaints = Vec::new();
    for (name, arguments) in runs {
        let output = workspace
            .command(program(workspace, name))
            .args(arguments)
            .args(workflows)
            .output()
            .with_context(|| format!("cannot start {name}"))?;
        if !output.status.success() {
            let said = [output.stdout, output.stderr].concat();
            complaints.push(format!("{name} says:\n{}", String::from_utf8_lossy(&said)));
        }
    }
    Ok(complaints)
}
