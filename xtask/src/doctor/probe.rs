//! How one thing is looked for, and how its version is read out of what it prints.

use std::{
    io::Read,
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use super::table::State;
use crate::{
    linters,
    packages::Need,
    setup,
    tools::{self, Tool},
    workspace::Workspace,
};

/// How long a program may take to tell its version; then it counts as missing.
const DEADLINE: Duration = Duration::from_secs(15);

/// How often one looks whether it has.
const LOOK: Duration = Duration::from_millis(10);

/// How something is looked for.
pub enum Probe<'a> {
    /// The compiler, at least as new as the workspace says.
    Rustc,
    /// The standard library for browsers.
    WasmTarget,
    /// Some version of a program.
    Program(&'static str),
    /// One version of a program from the crate registry.
    Tool(&'a Tool<'a>),
    /// The linters of workflows.
    Linters,
    /// Something that the system provides.
    Need(&'static Need),
    /// Chromium's driver drives no Chromium but that of its own major version.
    DriverFits,
    /// Whether this user may make network namespaces.
    Namespaces,
}

impl Probe<'_> {
    /// What there is.
    pub fn state(&self, workspace: &Workspace) -> State {
        let ask = |program: &str| answer(workspace.command(program).arg("--version"));
        match self {
            Self::Rustc => match ask("rustc") {
                Some(text) => at_least(version_in(&text), env!("CARGO_PKG_RUST_VERSION")),
                None => State::Missing,
            },
            Self::WasmTarget => match setup::has_wasm_target(workspace) {
                Ok(true) => State::Found(None),
                _ => State::Missing,
            },
            Self::Program(program) => found(ask(program)),
            Self::Tool(tool) => match tools::is_installed(workspace, tool) {
                true => State::Found(Some(tool.version.to_owned())),
                false => {
                    let other = tool.tells_version.then(|| ask(tool.program)).flatten();
                    match other.as_deref().and_then(version_in) {
                        Some(found) => State::Wrong {
                            found: found.to_owned(),
                            wanted: tool.version.to_owned(),
                        },
                        None => State::Missing,
                    }
                }
            },
            Self::Linters => match linters::are_installed(workspace) {
                true => State::Found(Some(linters::version())),
                false => State::Missing,
            },
            Self::Need(need) => {
                let version = need
                    .version(workspace)
                    .and_then(|mut command| answer(&mut command));
                match need.is_met(workspace) {
                    true => State::Found(
                        version
                            .as_deref()
                            .and_then(version_in)
                            .map(ToOwned::to_owned),
                    ),
                    false => State::Missing,
                }
            }
            Self::DriverFits => {
                let browser = ["chromium", "chromium-browser", "google-chrome"]
                    .into_iter()
                    .find(|browser| workspace.has(browser))
                    .and_then(ask);
                let driver = ask("chromedriver");
                same_major(
                    driver.as_deref().and_then(version_in),
                    browser.as_deref().and_then(version_in),
                )
            }
            Self::Namespaces => {
                match answer(workspace.command("unshare").args(["--net", "ip", "link"])) {
                    Some(_) => State::Found(None),
                    None => State::Missing,
                }
            }
        }
    }
}

/// What `command` prints, unless it cannot be started, fails, or takes too long.
fn answer(command: &mut Command) -> Option<String> {
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .ok()?;
    let end = Instant::now() + DEADLINE;
    let status = loop {
        match child.try_wait() {
            Ok(Some(status)) => break status,
            Ok(None) if Instant::now() < end => thread::sleep(LOOK),
            _ => {
                // It may have ended just now; then there is nothing to end.
                let _ = child.kill();
                let _ = child.wait();
                return None;
            }
        }
    };
    let mut text = String::new();
    // Xvfb tells its version as an error.
    child.stdout.take()?.read_to_string(&mut text).ok()?;
    child.stderr.take()?.read_to_string(&mut text).ok()?;
    status.success().then_some(text)
}

fn found(answer: Option<String>) -> State {
    answer.map_or(State::Missing, |text| {
        State::Found(version_in(&text).map(ToOwned::to_owned))
    })
}

/// The first number with a point in it, such as `0.21.14` of `trunk 0.21.14`.
fn version_in(text: &str) -> Option<&str> {
    text.split(|c: char| !c.is_ascii_digit() && c != '.')
        .map(|number| number.trim_matches('.'))
        .find(|number| number.contains('.'))
        // udev counts its versions.
        .or_else(|| {
            let text = text.trim();
            let is_number = !text.is_empty() && text.chars().all(|c| c.is_ascii_digit());
            is_number.then_some(text)
        })
}

/// The version's numbers.
fn numbers(version: &str) -> Vec<u32> {
    version
        .split('.')
        .map_while(|part| part.parse().ok())
        .collect()
}

fn at_least(found: Option<&str>, wanted: &str) -> State {
    match found {
        Some(found) if numbers(found) >= numbers(wanted) => State::Found(Some(found.to_owned())),
        Some(found) => State::Wrong {
            found: found.to_owned(),
            wanted: format!("{wanted} or newer"),
        },
        None => State::Missing,
    }
}

fn same_major(found: Option<&str>, wanted: Option<&str>) -> State {
    let (Some(found), Some(wanted)) = (found, wanted) else {
        return State::Missing;
    };
    let major = |version| numbers(version).first().copied();
    match major(found) == major(wanted) {
        true => State::Found(Some(found.to_owned())),
        false => State::Wrong {
            found: found.to_owned(),
            wanted: wanted.to_owned(),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_out_of_what_programs_print() {
        for (text, version) in [
            ("rustc 1.95.0 (0b1efea77 2026-04-14)", Some("1.95.0")),
            (
                "Chromium 150.0.7871.46 built on Debian",
                Some("150.0.7871.46"),
            ),
            ("Mozilla Firefox 140.1.0esr", Some("140.1.0")),
            ("nftables v1.0.6 (Lester Gooch #5)", Some("1.0.6")),
            ("Redis server v=7.0.15 sha=00000000:0", Some("7.0.15")),
            ("ip utility, iproute2-6.1.0, libbpf 1.1.0", Some("6.1.0")),
            (
                "X.Org X Server 1.21.1.7\nX Protocol Version 11",
                Some("1.21.1.7"),
            ),
            ("v20.19.2", Some("20.19.2")),
            ("252\n", Some("252")),
            ("a program. It has no version.", None),
            ("", None),
        ] {
            assert_eq!(version_in(text), version, "{text}");
        }
    }

    #[test]
    fn an_older_compiler_is_not_the_right_one() {
        let found = |version: &str| State::Found(Some(version.to_owned()));
        assert_eq!(at_least(Some("1.95.0"), "1.95"), found("1.95.0"));
        assert_eq!(at_least(Some("1.100.1"), "1.95"), found("1.100.1"));
        assert_eq!(
            at_least(Some("1.9.0"), "1.95"),
            State::Wrong {
                found: "1.9.0".into(),
                wanted: "1.95 or newer".into()
            }
        );
        assert_eq!(at_least(None, "1.95"), State::Missing);
    }

    #[test]
    fn a_driver_is_for_one_major_version() {
        let fits = |driver, browser| matches!(same_major(driver, browser), State::Found(_));
        assert!(fits(Some("150.0.1"), Some("150.0.7")));
        assert!(!fits(Some("149.0.1"), Some("150.0.7")));
        assert!(!fits(None, Some("150.0.7")));
        assert!(!fits(Some("150.0.7"), None));
    }

    #[test]
    fn who_fails_or_is_not_there_gives_no_answer() {
        assert_eq!(answer(&mut Command::new("no-such-program-anywhere")), None);
        let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
        assert_eq!(answer(Command::new(&rustc).arg("--no-such-flag")), None);
        let text = answer(Command::new(&rustc).arg("--version")).unwrap();
        assert!(version_in(&text).is_some(), "{text}");
    }
}
