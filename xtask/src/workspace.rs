//! Where things are, and how every child process is started.

use std::{
    env,
    ffi::{OsStr, OsString},
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result};

use crate::tools::{CARGO_GENERATE, GECKODRIVER, MATCHBOX_SERVER, TRUNK, Tool};

/// The target of everything that runs in browsers.
pub const WASM: &str = "wasm32-unknown-unknown";

/// The checkout, and the folders outside it that commands use.
pub struct Workspace {
    root: PathBuf,
    target: PathBuf,
    tools: PathBuf,
    wasm_bindgen: String,
    path: OsString,
}

impl Workspace {
    /// Finds the checkout.
    ///
    /// # Errors
    /// When it was not started by cargo, or `Cargo.lock` cannot be read or names no wasm-bindgen.
    pub fn find() -> Result<Self> {
        // As cargo tells it now: a target folder that checkouts share may hold a program that
        // was built in another one.
        let package = env::var_os("CARGO_MANIFEST_DIR")
            .context("please start it as `cargo xtask`")
            .map(PathBuf::from)?;
        let root = package
            .parent()
            .context("xtask is in no workspace")?
            .to_owned();
        let target = env::var_os("CARGO_TARGET_DIR").map_or_else(
            || root.join("target"),
            |target| root.join(PathBuf::from(target)),
        );
        let home = env::var_os("HOME").map(PathBuf::from);
        let cache = env::var_os("XDG_CACHE_HOME")
            .map(PathBuf::from)
            .or_else(|| Some(home.as_ref()?.join(".cache")));
        let tools = cache.map_or_else(
            || target.join("tools"),
            |cache| cache.join(concat!(crate::name!(), "/tools")),
        );
        let lock = fs::read_to_string(root.join("Cargo.lock")).context("cannot read Cargo.lock")?;
        let wasm_bindgen = locked_version(&lock, "wasm-bindgen")
            .context("Cargo.lock names no wasm-bindgen")?
            .to_owned();
        let mut workspace = Self {
            root,
            target,
            tools,
            wasm_bindgen,
            path: OsString::new(),
        };
        workspace.path = workspace.search_path(home.as_deref())?;
        Ok(workspace)
    }

    /// Our own tools first, then cargo's folder (which a shell that was open while Rust was
    /// installed does not search), then whatever was searched anyway.
    fn search_path(&self, home: Option<&Path>) -> Result<OsString> {
        let tools = [
            TRUNK,
            GECKODRIVER,
            MATCHBOX_SERVER,
            CARGO_GENERATE,
            self.wasm_bindgen_cli(),
        ];
        let mut folders: Vec<PathBuf> = tools
            .iter()
            .map(|tool| self.tool_root(tool).join("bin"))
            .collect();
        let cargo_home = env::var_os("CARGO_HOME").map(PathBuf::from);
        folders.extend(
            cargo_home
                .or_else(|| Some(home?.join(".cargo")))
                .map(|cargo_home| cargo_home.join("bin")),
        );
        folders.extend(env::split_paths(&env::var_os("PATH").unwrap_or_default()));
        env::join_paths(folders).context("a folder of PATH has a separator in its name")
    }

    /// The checkout's top folder.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Cargo's target folder.
    pub fn target(&self) -> &Path {
        &self.target
    }

    /// Where programs are installed, each in a folder of its own.
    pub fn tools(&self) -> &Path {
        &self.tools
    }

    /// Where trunk writes the web client.
    pub fn dist(&self) -> PathBuf {
        self.root.join("dist")
    }

    /// Where `tool` is installed: a folder of its own per version, so that no checkout and no
    /// other project of the user's sees its tool replaced.
    ///
    /// A debug build may lie beside an optimised one of the same version.
    pub fn tool_root(&self, tool: &Tool<'_>) -> PathBuf {
        let Tool {
            package, version, ..
        } = tool;
        let kind = match tool.arguments.contains(&"--debug") {
            true => "",
            false => "-release",
        };
        self.tools.join(format!("{package}-{version}{kind}"))
    }

    /// wasm-bindgen's command line, which must be of exactly the version that the client links.
    pub fn wasm_bindgen_cli(&self) -> Tool<'_> {
        Tool {
            package: "wasm-bindgen-cli",
            program: "wasm-bindgen",
            version: &self.wasm_bindgen,
            // The published lock file names a crate that the registry lacks.
            arguments: &[],
            tells_version: true,
        }
    }

    /// Whether `program` is found where commands look for it.
    pub fn has(&self, program: &str) -> bool {
        let file = format!("{program}{}", env::consts::EXE_SUFFIX);
        env::split_paths(&self.path).any(|folder| folder.join(&file).is_file())
    }

    /// A command that runs `program` in the checkout, with our tools found first.
    pub fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new(program);
        command.current_dir(&self.root).env("PATH", &self.path);
        command
    }

    /// Cargo, in the checkout.
    pub fn cargo(&self) -> Command {
        let mut cargo = self.command(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        // What cargo tells us of our own package. Build scripts that look at the like, such as
        // ring's, would run again whenever cargo is started by hand and by us in turn.
        for (name, _) in env::vars_os() {
            if is_of_a_package(&name.to_string_lossy()) {
                cargo.env_remove(name);
            }
        }
        cargo
    }
}

/// Whether cargo sets the variable `name` to describe the package of what it runs.
fn is_of_a_package(name: &str) -> bool {
    name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_")
}

/// The version of `package` in the text of a `Cargo.lock`.
fn locked_version<'a>(lock: &'a str, package: &str) -> Option<&'a str> {
    let name = format!("name = \"{package}\"");
    let mut lines = lock.lines().skip_while(|line| *line != name);
    lines
        .nth(1)?
        .strip_prefix("version = \"")?
        .strip_suffix('"')
}

#[cfg(test)]
mod tests {
    use super::locked_version;

    #[test]
    fn version_is_that_of_the_whole_name() {
        let lock = "[[package]]\nname = \"wasm-bindgen-backend\"\nversion = \"0.1.0\"\n\n\
                    [[package]]\nname = \"wasm-bindgen\"\nversion = \"0.2.130\"\n";
        assert_eq!(locked_version(lock, "wasm-bindgen"), Some("0.2.130"));
        assert_eq!(locked_version(lock, "bindgen"), None);
    }
}
