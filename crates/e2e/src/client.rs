//! Copies of the built web client, which a test may break, repair and replace by another version.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, ensure};
use tokio::process::Command;

use crate::{
    executable::xtask,
    place::{Scratch, root, web_client},
};

/// A copy of the web client.
pub struct WebClient(Scratch);

impl WebClient {
    /// Copies what was built last.
    ///
    /// # Errors
    /// When it was not built, or cannot be copied.
    pub fn copy() -> Result<Self> {
        let copy = Self(Scratch::new()?);
        copy_files(&web_client()?, copy.folder())?;
        Ok(copy)
    }

    /// Its folder.
    pub fn folder(&self) -> &Path {
        self.0.path()
    }

    /// The only file at the top whose name ends so.
    ///
    /// # Errors
    /// When there is none, or a second one.
    pub fn file(&self, ending: &str) -> Result<PathBuf> {
        let mut found = None;
        for entry in fs::read_dir(self.folder())? {
            let path = entry?.path();
            if path.to_string_lossy().ends_with(ending) {
                ensure!(found.is_none(), "several files end with {ending}");
                found = Some(path);
            }
        }
        found.with_context(|| format!("no file ends with {ending}"))
    }

    /// Makes another version of it: `change` edits the page's text and the styles', whose file has
    /// another name then, as in any build.
    ///
    /// # Errors
    /// When it is not as it is built.
    pub async fn update(&self, page: impl Fn(String) -> String, styles: &str) -> Result<()> {
        let old = self.file(".css")?;
        let old_name = name(&old)?;
        let new_name = "page-fedcba9876543210.css";
        ensure!(old_name != new_name, "this is the new version already");
        let text = fs::read_to_string(&old)?;
        fs::write(self.folder().join(new_name), format!("{text}\n{styles}\n"))?;
        let index = self.folder().join("index.html");
        let text = fs::read_to_string(&index)?;
        let at = text.find(&old_name).context("the page has no styles")? + old_name.len();
        // Without the integrity of the old file, which follows its name.
        let end = at + text[at..].find("/>").context("the link has no end")?;
        let text = format!("{}\"{}", &text[..at], &text[end..]);
        fs::write(&index, page(text.replace(&old_name, new_name)))?;
        // Copies of what was before, and the old file, as when a folder is replaced.
        for path in [&old, &index] {
            for suffix in ["br", "gz"] {
                let copy = format!("{}.{suffix}", path.display());
                fs::remove_file(copy)?;
            }
        }
        fs::remove_file(old)?;
        for suffix in ["br", "gz"] {
            // There is none of a page that was never compressed.
            let _ = fs::remove_file(self.folder().join(format!("service-worker.js.{suffix}")));
        }
        let mut finish = Command::new(xtask().await?);
        finish.arg("finish").arg(self.folder());
        finish.env("CARGO_MANIFEST_DIR", root()?.join("xtask"));
        ensure!(
            finish.status().await?.success(),
            "the page was not finished"
        );
        Ok(())
    }
}

fn name(path: &Path) -> Result<String> {
    let name = path.file_name().context("a file has a name")?;
    Ok(name.to_string_lossy().into_owned())
}

fn copy_files(from: &Path, to: &Path) -> Result<()> {
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            fs::create_dir(&target)?;
            copy_files(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}
