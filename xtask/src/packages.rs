//! What the operating system must provide, and its packages' names on Debian and Ubuntu.

use std::{fs, process::Command};

use anyhow::{Result, bail};

use crate::{steps::Steps, workspace::Workspace};

/// How one sees that something is there, whatever the system calls its package.
#[derive(Clone, Copy)]
enum Sign {
    /// One of these programs is found.
    Program(&'static [&'static str]),
    /// pkg-config knows this library's headers.
    Header(&'static str),
    /// Only the package database tells; where there is none it is taken to be there.
    Package,
}

/// One thing that the system provides.
#[derive(Clone, Copy)]
pub struct Need {
    sign: Sign,
    debian: &'static str,
    /// Ubuntu's name of the package, where it differs.
    ubuntu: Option<&'static str>,
}

const fn need(sign: Sign, debian: &'static str) -> Need {
    Need {
        sign,
        debian,
        ubuntu: None,
    }
}

const fn renamed(sign: Sign, debian: &'static str, ubuntu: &'static str) -> Need {
    Need {
        sign,
        debian,
        ubuntu: Some(ubuntu),
    }
}

/// To build anything: a linker.
pub const BUILD: &[Need] = &[need(Sign::Program(&["cc"]), "build-essential")];

/// To build and run the native game: gamepads, sound, Wayland, and what winit loads when on X11.
pub const NATIVE: &[Need] = &[
    need(Sign::Program(&["pkg-config"]), "pkg-config"),
    need(Sign::Header("libudev"), "libudev-dev"),
    need(Sign::Header("alsa"), "libasound2-dev"),
    need(Sign::Header("wayland-client"), "libwayland-dev"),
    need(Sign::Header("xkbcommon"), "libxkbcommon-dev"),
    need(Sign::Package, "libxkbcommon-x11-0"),
    need(Sign::Package, "libxcursor1"),
    need(Sign::Package, "libxi6"),
    need(Sign::Package, "libxrandr2"),
];

/// To test: both browsers, Chromium's driver, a display for Firefox (which draws WebGL2 in
/// software only in a window), what minimises a window on it, Node for the tests that run as wasm, and what the tests make
/// networks of their own with (which only root's `PATH` leads to).
pub const TEST: &[Need] = &[
    renamed(
        Sign::Program(&["chromium", "chromium-browser", "google-chrome"]),
        "chromium",
        "chromium-browser",
    ),
    renamed(
        Sign::Program(&["chromedriver"]),
        "chromium-driver",
        "chromium-chromedriver",
    ),
    renamed(
        Sign::Program(&["firefox-esr", "firefox"]),
        "firefox-esr",
        "firefox",
    ),
    need(Sign::Program(&["Xvfb"]), "xvfb"),
    need(Sign::Program(&["openbox"]), "openbox"),
    need(Sign::Program(&["xdotool"]), "xdotool"),
    need(Sign::Package, "libegl1"),
    need(Sign::Package, "libgl1"),
    need(Sign::Package, "libgl1-mesa-dri"),
    need(Sign::Program(&["node"]), "nodejs"),
    need(Sign::Package, "iproute2"),
    need(Sign::Package, "nftables"),
    need(Sign::Program(&["redis-server"]), "redis-server"),
];

/// For checks that are left out without it: TURN by another hand than ours, what linters of workflows
/// are installed with, and what cargo-generate is built with.
pub const EXTRA: &[Need] = &[
    need(Sign::Program(&["turnserver"]), "coturn"),
    need(Sign::Program(&["python3"]), "python3-venv"),
    need(Sign::Header("openssl"), "libssl-dev"),
];

impl Need {
    /// Its name on Debian.
    pub fn name(&self) -> &'static str {
        self.debian
    }

    /// Whether it is there.
    pub fn is_met(&self, workspace: &Workspace) -> bool {
        is_met(workspace, self)
    }

    /// What tells its version, in some words of its own.
    pub fn version(&self, workspace: &Workspace) -> Option<Command> {
        let (program, arguments): (&str, &[&str]) = match self.sign {
            Sign::Program(programs) => {
                let program = programs.iter().find(|program| workspace.has(program))?;
                let argument = if *program == "Xvfb" {
                    "-version"
                } else {
                    "--version"
                };
                (program, &[argument])
            }
            Sign::Header(library) => ("pkg-config", &["--modversion", library]),
            Sign::Package => (
                "dpkg-query",
                &["--show", "--showformat=${Version}", self.debian],
            ),
        };
        let mut command = workspace.command(program);
        command.args(arguments);
        Some(command)
    }
}

/// Installs those of `needs` that are missing. What they are called is known for Linux alone.
///
/// # Errors
/// When apt-get fails, or where there is none: then the message says what to install.
pub fn install(workspace: &Workspace, steps: &mut Steps, needs: &[&[Need]]) -> Result<()> {
    if !cfg!(target_os = "linux") {
        return Ok(());
    }
    let missing: Vec<&Need> = needs
        .iter()
        .copied()
        .flatten()
        .filter(|need| !is_met(workspace, need))
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    let ubuntu = is_ubuntu();
    let names: Vec<&str> = missing
        .iter()
        .map(|need| need.ubuntu.filter(|_| ubuntu).unwrap_or(need.debian))
        .collect();
    let names_in_line = names.join(" ");
    if !workspace.has("apt-get") {
        bail!("please install what Debian calls: {names_in_line}");
    }
    let root = is_root(workspace);
    if !root && !workspace.has("sudo") {
        bail!("please install as root: apt-get install {names_in_line}");
    }
    let apt_get = || {
        let mut command = workspace.command(if root { "apt-get" } else { "sudo" });
        if !root {
            command.args(["DEBIAN_FRONTEND=noninteractive", "apt-get"]);
        }
        command.env("DEBIAN_FRONTEND", "noninteractive");
        command
    };
    steps.run(
        "update the list of system packages",
        apt_get().args(["update", "--quiet"]),
    )?;
    steps.run(
        &format!("install {names_in_line}"),
        apt_get()
            .args(["install", "--quiet", "--yes", "--no-install-recommends"])
            .args(names),
    )
}

fn is_met(workspace: &Workspace, need: &Need) -> bool {
    let succeeds = |program: &str, arguments: &[&str]| {
        workspace
            .command(program)
            .args(arguments)
            .output()
            .is_ok_and(|output| {
                // A removed package leaves its record: `Status: deinstall ok config-files`.
                output.status.success() && !output.stdout.starts_with(b"deinstall")
            })
    };
    match need.sign {
        Sign::Program(programs) => programs.iter().any(|program| workspace.has(program)),
        Sign::Header(library) => succeeds("pkg-config", &["--exists", library]),
        Sign::Package => {
            !workspace.has("dpkg-query")
                || succeeds(
                    "dpkg-query",
                    &["--show", "--showformat=${Status}", need.debian],
                )
        }
    }
}

fn is_ubuntu() -> bool {
    fs::read_to_string("/etc/os-release")
        .is_ok_and(|text| text.lines().any(|line| line == "ID=ubuntu"))
}

fn is_root(workspace: &Workspace) -> bool {
    workspace
        .command("id")
        .arg("-u")
        .output()
        .is_ok_and(|output| output.stdout.trim_ascii() == b"0")
}
