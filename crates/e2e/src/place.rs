//! Where things are: the built web client, the tests' output, scratch folders.

use std::{
    env, fs, io,
    path::{Path, PathBuf},
    process,
    sync::atomic::{AtomicU32, Ordering},
};

use anyhow::{Context, Result, ensure};

/// The checkout's top folder.
///
/// # Errors
/// When cargo did not start the test.
pub fn root() -> Result<PathBuf> {
    // As cargo tells it now: the test may have been built in another checkout.
    let package = env::var_os("CARGO_MANIFEST_DIR").context("please start it with cargo test")?;
    Ok(Path::new(&package).join("../.."))
}

/// The folder of the built web client.
///
/// # Errors
/// When it was not built.
pub fn web_client() -> Result<PathBuf> {
    let dist = root()?.join("dist");
    ensure!(
        dist.join("index.html").is_file(),
        "dist/ holds no web client: build it with `cargo xtask build`"
    );
    Ok(dist)
}

/// Where pictures and the logs of browsers and their drivers are kept: `e2e/` in cargo's target
/// folder.
///
/// # Errors
/// When it cannot be made.
pub fn output() -> Result<PathBuf> {
    let program = env::current_exe()?;
    // target/debug/deps/TEST
    let target = program
        .ancestors()
        .nth(3)
        .context("the test is not in a target folder")?;
    let output = target.join("e2e");
    fs::create_dir_all(&output)?;
    Ok(output)
}

/// A folder of its own, removed with this value.
pub struct Scratch(PathBuf);

impl Scratch {
    /// Makes an empty folder.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn new() -> io::Result<Self> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let folder = env::temp_dir().join(format!("peerball-e2e-{}-{count}", process::id()));
        fs::create_dir(&folder)?;
        Ok(Self(folder))
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // What is left lies in the system's temporary folder.
        let _ = fs::remove_dir_all(&self.0);
    }
}
