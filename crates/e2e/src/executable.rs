//! The programs of this workspace that the tests run as processes, built once in this process.

use std::{collections::HashMap, env, path::PathBuf, process::Stdio};

use anyhow::{Context, Result, ensure};
use serde::Deserialize;
use tokio::{process::Command, sync::OnceCell};

use crate::place::root;

/// The program `name`: `headless` (a peer without a picture) or `signaling` (the server).
///
/// # Errors
/// When it does not build, or there is none of that name.
pub async fn executable(name: &str) -> Result<&'static PathBuf> {
    static EXECUTABLES: OnceCell<HashMap<String, PathBuf>> = OnceCell::const_new();
    // In one go: the example links the server's library anyway, so it costs no crate more.
    let programs = [
        "-p",
        "netplay",
        "--example",
        "headless",
        "-p",
        "signaling",
        "--bin",
        "signaling",
    ];
    EXECUTABLES
        .get_or_try_init(|| build(&programs))
        .await?
        .get(name)
        .with_context(|| format!("cargo names no executable {name}"))
}

/// The native game.
///
/// # Errors
/// When it does not build.
pub async fn game() -> Result<&'static PathBuf> {
    static EXECUTABLES: OnceCell<HashMap<String, PathBuf>> = OnceCell::const_new();
    EXECUTABLES
        .get_or_try_init(|| build(&["-p", "game", "--bin", protocol::name!()]))
        .await?
        .get(protocol::name!())
        .context("cargo names no executable of the game")
}

/// The developers' commands.
///
/// # Errors
/// When they do not build.
pub async fn xtask() -> Result<&'static PathBuf> {
    static EXECUTABLES: OnceCell<HashMap<String, PathBuf>> = OnceCell::const_new();
    EXECUTABLES
        .get_or_try_init(|| build(&["-p", "xtask"]))
        .await?
        .get("xtask")
        .context("cargo names no executable xtask")
}

/// The part of cargo's messages that tells where an executable is.
#[derive(Deserialize)]
struct Message {
    target: Option<Target>,
    executable: Option<PathBuf>,
}

#[derive(Deserialize)]
struct Target {
    name: String,
}

/// Lets cargo build `programs`, and gives each by its name.
async fn build(programs: &[&str]) -> Result<HashMap<String, PathBuf>> {
    let mut cargo = Command::new(env!("CARGO"));
    // What cargo tells the test of its own package. Build scripts that look at the like, such as
    // ring's, would run again, and all that is built on them.
    for (name, _) in env::vars_os() {
        let text = name.to_string_lossy();
        if text.starts_with("CARGO_PKG_") || text.starts_with("CARGO_MANIFEST_") {
            cargo.env_remove(&name);
        }
    }
    let output = cargo
        .current_dir(root()?)
        .args([
            "build",
            "--locked",
            "--message-format=json-render-diagnostics",
        ])
        .args(programs)
        .stdout(Stdio::piped())
        .spawn()
        .context("cannot start cargo")?
        .wait_with_output()
        .await?;
    ensure!(output.status.success(), "cargo does not build {programs:?}");
    Ok(String::from_utf8(output.stdout)?
        .lines()
        .filter_map(|line| serde_json::from_str::<Message>(line).ok())
        .filter_map(|message| Some((message.target?.name, message.executable?)))
        .collect())
}
