//! The pictures in `docs/pictures/`, from a real run in a browser, and those that the page has.

use std::{fs, path::Path};

use anyhow::{Context, Result};

use crate::{
    build, check,
    setup::{self, Part},
    steps::Steps,
    workspace::Workspace,
};

/// The screens that the documents show, as the end-to-end test names its files, and their size.
const SCREENS: [&str; 3] = ["title", "match", "two-scenes"];
const SIZE: &str = "1280x720";

const ICONS: [&str; 5] = [
    "icon-192.png",
    "icon-512.png",
    "maskable-192.png",
    "maskable-512.png",
    "touch-180.png",
];

/// Takes all pictures anew, and puts them where documents and page find them.
///
/// # Errors
/// When the run that takes them fails, or one is missing.
pub fn run(workspace: &Workspace, steps: &mut Steps) -> Result<()> {
    setup::run(workspace, steps, &[Part::Web, Part::Test])?;
    build::run(workspace, steps, None)?;
    check::run_end_to_end(workspace, steps, &["--test", "pictures"].map(Into::into))?;
    let taken = workspace.target().join("e2e");
    let shown = workspace.root().join("docs/pictures");
    fs::create_dir_all(&shown)?;
    for screen in SCREENS {
        copy(
            &taken.join(format!("{screen}-{SIZE}.png")),
            &shown.join(format!("{screen}.png")),
        )?;
    }
    let assets = workspace.root().join("assets");
    for icon in ICONS {
        copy(&taken.join(icon), &assets.join("icons").join(icon))?;
    }
    copy(&taken.join("cover.jpg"), &assets.join("cover.jpg"))
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    fs::copy(from, to).with_context(|| format!("cannot copy {}", from.display()))?;
    Ok(())
}
