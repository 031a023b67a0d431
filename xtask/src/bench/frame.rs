//! What a picture of a match of eight costs the native game's main thread.

use std::{
    fs,
    io::{BufRead, BufReader, Write},
    process::{Child, Command, Stdio},
};

use anyhow::{Context, Result, bail, ensure};

use crate::{
    setup::{self, Part},
    steps::Steps,
    workspace::Workspace,
};

/// The most that a picture may cost, in milliseconds of the main thread's time on the processor.
const BUDGET_MS: f64 = 4.0;

/// Seconds that are measured unless told otherwise.
const SECONDS: u64 = 60;

/// The window, as large as the pictures that the budget is for.
const SIZE: &str = "1280x720";

/// Eight, without an end within the run.
const RULES: &str = "seats=8,bots=hard,goals=0,seconds=900";

/// Builds the game as players get it, plays on a display in memory, and prints a table.
///
/// # Errors
/// When it does not build or start, or ends without figures; never because it is slow.
pub fn run(workspace: &Workspace, steps: &mut Steps, arguments: &[String]) -> Result<()> {
    let seconds = match arguments {
        [] => SECONDS,
        [flag, seconds] if flag == "--seconds" => seconds.parse().context("a number of seconds")?,
        _ => bail!("this bench takes --seconds N, and nothing else"),
    };
    setup::run(workspace, steps, &[Part::Native, Part::Test])?;
    steps.run(
        "build the game as players get it",
        workspace
            .cargo()
            .args(["build", "--locked", "--release"])
            .args(["--package", "game", "--bin", crate::name!()])
            .env("CARGO_TARGET_DIR", workspace.target()),
    )?;
    let told = steps.take("play a match of eight", || play(workspace, seconds))?;
    print(&told)
}

fn play(workspace: &Workspace, seconds: u64) -> Result<String> {
    let (display, name) = Display::start()?;
    // Nothing of the player's own preferences, and nothing into them.
    let state = workspace.target().join("bench-frame");
    fs::create_dir_all(&state)?;
    let output = Command::new(workspace.target().join(concat!("release/", crate::name!())))
        .args(["--practise", "--autopilot", "--rules", RULES])
        .args(["--size", SIZE, "--measure", &seconds.to_string()])
        .env("DISPLAY", name)
        .env("LIBGL_ALWAYS_SOFTWARE", "1")
        .env("XDG_STATE_HOME", &state)
        .env("XDG_CONFIG_HOME", &state)
        .env_remove("WAYLAND_DISPLAY")
        .stderr(Stdio::inherit())
        .output()
        .context("cannot start the game")?;
    drop(display);
    ensure!(
        output.status.success(),
        "the game ended with {}",
        output.status
    );
    Ok(String::from_utf8(output.stdout)?)
}

/// A display in memory, which ends with this value.
struct Display(Child);

impl Display {
    /// Starts one and tells its name.
    fn start() -> Result<(Self, String)> {
        let mut server = Command::new("Xvfb")
            .args(["-displayfd", "1", "-screen", "0", "1280x720x24"])
            .args(["-nolisten", "tcp"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .context("cannot start Xvfb")?;
        let told = server.stdout.take().context("Xvfb has an output")?;
        let display = Self(server);
        let mut number = String::new();
        BufReader::new(told).read_line(&mut number)?;
        let number: u32 = number.trim().parse().context("Xvfb tells no display")?;
        Ok((display, format!(":{number}")))
    }
}

impl Drop for Display {
    fn drop(&mut self) {
        // It may have ended by itself; then there is nothing to end.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The figure of this name among the lines that the game prints.
fn figure(told: &str, name: &str) -> Result<f64> {
    let mut lines = told.lines().filter_map(|line| line.split_once(' '));
    let (_, value) = lines
        .find(|(found, _)| *found == name)
        .with_context(|| format!("the game tells no {name}"))?;
    value
        .parse()
        .with_context(|| format!("{name} is no number"))
}

fn print(told: &str) -> Result<()> {
    let of = |name| figure(told, name);
    let (seconds, main) = (of("seconds")?, of("main_ms")?);
    let verdict = if main > BUDGET_MS { "over" } else { "within" };
    let table = format!(
        "a match of eight by bots at {SIZE}, graphics in software, {seconds:.0} s\n\
         {:9.1} pictures a second\n\
         {main:9.2} ms of the main thread a picture: {verdict} the budget of {BUDGET_MS} ms\n\
         {:9.2} ms of all threads a picture, software graphics included\n\
         {:9.1} MiB of memory of its own\n\
         {:9.0} KiB of growth a minute\n",
        of("pictures")? / seconds,
        of("all_ms")?,
        of("memory_mib")?,
        of("grown_kib")? * 60.0 / seconds,
    );
    std::io::stdout().write_all(table.as_bytes())?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_found_by_their_names() {
        let told = "pictures 600\nmain_ms 2.125\nall_ms none\n";
        assert_eq!(figure(told, "main_ms").ok(), Some(2.125));
        assert!(figure(told, "all_ms").is_err() && figure(told, "seconds").is_err());
    }
}
