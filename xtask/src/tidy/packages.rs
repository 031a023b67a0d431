//! What cargo knows of the packages.

use std::{collections::BTreeSet, path::Path, process::Command};

use anyhow::{Context, Result, ensure};
use cargo_metadata::{Metadata, MetadataCommand};

/// All packages that the lock file at `root` names, for every platform.
///
/// # Errors
/// When cargo fails, as it does when the lock file does not fit.
pub fn metadata(root: &Path) -> Result<Metadata> {
    MetadataCommand::new()
        .current_dir(root)
        .other_options(["--locked".to_owned()])
        .exec()
        .context("cargo metadata failed")
}

/// The names of all packages that `package` is built from, on any platform. Unlike the resolved
/// graph of `cargo metadata`, this has the features of this package alone.
///
/// # Errors
/// When cargo fails.
pub fn built_from(root: &Path, package: &str) -> Result<BTreeSet<String>> {
    let output = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .current_dir(root)
        .args(["tree", "--locked", "--package", package])
        .args([
            "--edges", "normal", "--target", "all", "--prefix", "none", "--format", "{p}",
        ])
        .output()
        .context("cannot start cargo")?;
    ensure!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let text = String::from_utf8(output.stdout)?;
    let names = text
        .lines()
        .filter_map(|line| line.split_whitespace().next());
    Ok(names.map(ToOwned::to_owned).collect())
}
