//! The promise of `docs/TEMPLATE.md`: a copy gets another name, another game takes the demo's place by
//! the steps of the guide, everything compiles, and its peers' worlds are equal over the real server.

use std::{
    collections::BTreeMap,
    env, fs, io,
    path::{Path, PathBuf},
    process::Stdio,
    time::SystemTime,
};

use anyhow::{Context, Result, ensure};
use e2e::{
    place::{Scratch, root},
    server::Server,
};
use serde_json::Value;
use tokio::process::Command;

/// The template's name, in two parts so that it outlives a renaming.
const TEMPLATE: &str = concat!("peer", "ball");

/// How long the peers play.
const SECONDS: &str = "20";

/// Worlds that both peers tell of at least.
const COMPARED: usize = 5;

#[tokio::test(flavor = "multi_thread")]
async fn another_game_takes_the_demos_place() -> Result<()> {
    if protocol::name!() != TEMPLATE {
        // A game that was made from the template keeps no promise of the template's.
        return Ok(());
    }
    let _anew = Anew(root()?.join("crates"));
    let scratch = Scratch::new()?;
    let copy = scratch.path().join("game");
    copy_folder(&root()?.canonicalize()?, &copy)?;
    let start = ["run", "--locked", "-p", "xtask", "--", "rename"];
    let named = ["my-game", "My Game", "--without-demo"];
    cargo(&copy, &[&start[..], &named].concat()).await?;

    cargo(&copy, &["test", "--locked", "-p", "sim"]).await?;
    let all = ["check", "--locked", "--all-targets"];
    let packages = ["-p", "game", "-p", "netplay", "-p", "e2e"];
    cargo(&copy, &[&all[..], &packages].concat()).await?;
    let peer = [
        "build",
        "--locked",
        "-p",
        "netplay",
        "--example",
        "headless",
    ];
    cargo(&copy, &peer).await?;

    let server = Server::without_pages().await?;
    let room = server.create_room().await?;
    let address = server.signaling();
    let join = |name| play(&copy, &address, &room, name);
    let (first, second) = tokio::try_join!(join("first"), join("second"))?;
    let common = first.iter().filter(|(at, _)| second.contains_key(*at));
    ensure!(common.clone().count() >= COMPARED, "{first:?}\n{second:?}");
    for (at, checksum) in common {
        ensure!(second.get(at) == Some(checksum), "worlds {at:?} differ");
    }
    server.stop().await
}

/// Has cargo build the packages below this folder anew afterwards: those of the copy are in the same
/// target folder, and it tells the two apart by nothing but their age.
struct Anew(PathBuf);

impl Drop for Anew {
    fn drop(&mut self) {
        if let Err(error) = touch(&self.0) {
            eprintln!("the next build may have the copy's packages: {error}");
        }
    }
}

fn touch(folder: &Path) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            touch(&entry.path())?;
        } else {
            let file = fs::File::options().append(true).open(entry.path())?;
            file.set_modified(SystemTime::now())?;
        }
    }
    Ok(())
}

/// Copies sources: neither what was built nor what git keeps.
fn copy_folder(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let name = entry.file_name();
        if [".git", "target", "dist"].iter().any(|left| name == *left) {
            continue;
        }
        let (source, copy) = (entry.path(), to.join(&name));
        if entry.file_type()?.is_dir() {
            copy_folder(&source, &copy)?;
        } else {
            fs::copy(source, copy)?;
        }
    }
    Ok(())
}

/// The target folder that this test was built in: the copy shares all dependencies with it.
fn target() -> Result<PathBuf> {
    let program = env::current_exe()?;
    let target = program.ancestors().nth(3);
    Ok(target
        .context("the test is in no target folder")?
        .to_owned())
}

async fn cargo(copy: &Path, arguments: &[&str]) -> Result<()> {
    let mut cargo = Command::new(env!("CARGO"));
    // What cargo tells the test of its own package: build scripts that look at it would run again.
    for (name, _) in env::vars_os() {
        let text = name.to_string_lossy();
        if text.starts_with("CARGO_PKG_") || text.starts_with("CARGO_MANIFEST_") {
            cargo.env_remove(&name);
        }
    }
    let status = cargo
        .args(arguments)
        .current_dir(copy)
        .env("CARGO_TARGET_DIR", target()?)
        .status()
        .await?;
    ensure!(status.success(), "cargo {arguments:?} fails in the copy");
    Ok(())
}

/// Plays in a room, and returns the checksums that the peer tells: by the match and the world.
async fn play(
    copy: &Path,
    server: &str,
    room: &str,
    name: &str,
) -> Result<BTreeMap<(u64, u64), String>> {
    let mut peer = Command::new(env!("CARGO"));
    let output = peer
        .args(["run", "--quiet", "--locked", "-p", "netplay", "--example"])
        .args(["headless", "--", "--server", server, "--room", room])
        .args(["--name", name, "--seconds", SECONDS])
        .current_dir(copy)
        .env("CARGO_TARGET_DIR", target()?)
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()?
        .wait_with_output()
        .await?;
    ensure!(output.status.success(), "{name} calls its match a failure");
    let mut told = BTreeMap::new();
    for line in String::from_utf8(output.stdout)?.lines() {
        let status: Value = serde_json::from_str(line)?;
        let number = |field: &str| status[field].as_u64().unwrap_or(0);
        let checksum = status["checksum"].as_str().unwrap_or_default();
        if !checksum.is_empty() {
            let at = (number("matches"), number("checksum_frame"));
            told.insert(at, checksum.to_owned());
        }
    }
    Ok(told)
}
