//! Programs from the crate registry, each at one version.

use anyhow::Result;

use crate::{steps::Steps, workspace::Workspace};

/// A program that `cargo install` builds from the crate registry.
#[derive(Clone, Copy)]
pub struct Tool<'a> {
    /// The crate's name.
    pub package: &'static str,
    /// The program's name.
    pub program: &'static str,
    /// The one version that is used.
    pub version: &'a str,
    /// Arguments for `cargo install`.
    pub arguments: &'static [&'static str],
    /// Whether `--version` prints the program's name and version.
    pub tells_version: bool,
}

/// The web build. Not optimised: it only copies files and starts cargo and wasm-bindgen, and an
/// optimised build of it takes four times as long. Without its default features it cannot
/// download anything.
pub const TRUNK: Tool<'static> = Tool {
    package: "trunk",
    program: "trunk",
    version: "0.21.14",
    arguments: &["--locked", "--no-default-features", "--debug"],
    tells_version: true,
};

/// Firefox's driver, for the end-to-end tests.
pub const GECKODRIVER: Tool<'static> = Tool {
    package: "geckodriver",
    program: "geckodriver",
    version: "0.37.1",
    arguments: &["--locked", "--debug"],
    tells_version: true,
};

/// The stock signaling server, for `serve --stock` and for the interoperation test.
pub const MATCHBOX_SERVER: Tool<'static> = Tool {
    package: "matchbox_server",
    program: "matchbox_server",
    version: "0.15.0",
    arguments: &["--locked", "--debug"],
    tells_version: false,
};

/// The same, as fast as its users have it: what ours is timed beside.
pub const MATCHBOX_SERVER_RELEASE: Tool<'static> = Tool {
    arguments: &["--locked"],
    ..MATCHBOX_SERVER
};

/// Starts a project from the template by questions, for the one test that runs it. The newest one
/// that this compiler builds.
pub const CARGO_GENERATE: Tool<'static> = Tool {
    package: "cargo-generate",
    program: "cargo-generate",
    version: "0.23.8",
    arguments: &["--locked", "--debug"],
    tells_version: false,
};

/// Installs `tool` unless it is there: in its own folder, or on the user's path at that version.
///
/// # Errors
/// When `cargo install` fails.
pub fn install(workspace: &Workspace, steps: &mut Steps, tool: &Tool<'_>) -> Result<()> {
    if is_installed(workspace, tool) {
        return Ok(());
    }
    let Tool {
        package, version, ..
    } = tool;
    steps.run(
        &format!("install {package} {version}"),
        workspace
            .cargo()
            .args(["install", package, "--version", version, "--root"])
            .arg(workspace.tool_root(tool))
            .args(tool.arguments)
            // A tool's build shares nothing with ours: leave its gigabyte in a temporary folder.
            .env_remove("CARGO_TARGET_DIR"),
    )
}

/// Whether `tool` is there at its version.
pub fn is_installed(workspace: &Workspace, tool: &Tool<'_>) -> bool {
    if workspace
        .tool_root(tool)
        .join("bin")
        .join(tool.program)
        .is_file()
    {
        return true;
    }
    tool.tells_version
        && workspace
            .command(tool.program)
            .arg("--version")
            .output()
            .is_ok_and(|output| {
                let text = String::from_utf8_lossy(&output.stdout);
                text.split_whitespace().nth(1) == Some(tool.version)
            })
}
