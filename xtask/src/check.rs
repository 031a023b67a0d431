//! The checks: what must pass before a change goes in.

use anyhow::{Result, ensure};

use crate::{
    bench, build,
    setup::{self, Part},
    size,
    steps::Steps,
    tools::{self, CARGO_GENERATE},
    workspace::{WASM, Workspace},
};

/// What is documented for readers of another project, without a warning.
const LIBRARIES: [&str; 4] = ["protocol", "sim", "netplay", "signaling"];

/// Everything: natively, as wasm, and in browsers.
///
/// # Errors
/// The first check that fails.
pub fn all(workspace: &Workspace, steps: &mut Steps) -> Result<()> {
    setup::run(workspace, steps, Part::ALL)?;
    native(workspace, steps)?;
    wasm(workspace, steps)?;
    build::run(workspace, steps, None)?;
    size::run(workspace, steps, false)?;
    run_end_to_end(workspace, steps, &[])
}

/// What needs no browser and no web build.
///
/// # Errors
/// The first check that fails.
pub fn quick(workspace: &Workspace, steps: &mut Steps) -> Result<()> {
    setup::run(workspace, steps, &[Part::Native])?;
    native(workspace, steps)
}

/// The end-to-end tests alone, on the web client as it was built last.
///
/// # Errors
/// When there is none, or a test fails.
pub fn end_to_end(workspace: &Workspace, steps: &mut Steps, arguments: &[String]) -> Result<()> {
    setup::run(workspace, steps, &[Part::Test])?;
    run_end_to_end(workspace, steps, arguments)
}

/// The end-to-end tests that the arguments leave, where all that they need is installed.
pub(crate) fn run_end_to_end(
    workspace: &Workspace,
    steps: &mut Steps,
    arguments: &[String],
) -> Result<()> {
    ensure!(
        workspace.dist().join("index.html").is_file(),
        "dist/ holds no web client: build it with `cargo xtask build`"
    );
    steps.run(
        "end-to-end tests",
        // One at a time: each measures whether its peers keep pace.
        workspace
            .cargo()
            .args(["test", "--locked", "--package", "e2e"])
            .args(arguments)
            .args(["--", "--test-threads=1", "--nocapture"]),
    )
}

/// Measures peers on a network of their own.
///
/// # Errors
/// When networks are not permitted here, or the peers fail.
pub fn network(workspace: &Workspace, steps: &mut Steps, arguments: &[String]) -> Result<()> {
    setup::run(workspace, steps, &[Part::Test])?;
    steps.run(
        "peers on a network of their own",
        workspace
            .cargo()
            .args([
                "run",
                "--locked",
                "--package",
                "e2e",
                "--example",
                "network",
                "--",
            ])
            .args(arguments),
    )
}

fn native(workspace: &Workspace, steps: &mut Steps) -> Result<()> {
    steps.run(
        "formatting",
        workspace.cargo().args(["fmt", "--all", "--check"]),
    )?;
    if workspace.root().join(bench::MANIFEST).is_file() {
        benches(workspace, steps)?;
    }
    steps.run(
        "clippy",
        workspace
            .cargo()
            .args(["clippy", "--locked", "--workspace", "--all-targets"])
            .args(["--", "-D", "warnings"]),
    )?;
    steps.run(
        "documentation",
        workspace
            .cargo()
            .args(["doc", "--locked", "--no-deps"])
            .args(LIBRARIES.map(|library| format!("--package={library}")))
            .env("RUSTDOCFLAGS", "-D warnings"),
    )?;
    steps.run(
        "tests",
        workspace
            .cargo()
            .args(["test", "--locked", "--workspace", "--exclude", "e2e"]),
    )?;
    generator(workspace, steps)
}

/// The one test that needs cargo-generate, which few have.
fn generator(workspace: &Workspace, steps: &mut Steps) -> Result<()> {
    if !tools::is_installed(workspace, &CARGO_GENERATE) {
        eprintln!(
            "left out: a project by cargo-generate, which `cargo xtask setup extra` installs"
        );
        return Ok(());
    }
    steps.run(
        "a project by cargo-generate",
        workspace
            .cargo()
            .args(["test", "--locked", "--package", "xtask", "--test", "start"])
            .args(["--", "--ignored"]),
    )
}

/// The benches: they time the demo, and a game without it has none.
///
/// They are a workspace of their own. What they are compared with stays out of the checks: that is a
/// second build of Bevy, and changes only with the references' versions.
fn benches(workspace: &Workspace, steps: &mut Steps) -> Result<()> {
    steps.run(
        "formatting of the benches",
        workspace
            .cargo()
            .args(["fmt", "--check", "--manifest-path", bench::MANIFEST]),
    )?;
    steps.run(
        "clippy of the benches",
        workspace
            .cargo()
            .args(["clippy", "--locked", "--manifest-path", bench::MANIFEST])
            .args(["--no-default-features", "--features", "rollback,signaling"])
            .args(["--lib", "--bins", "--", "-D", "warnings"])
            .env("CARGO_TARGET_DIR", workspace.target()),
    )
}

fn wasm(workspace: &Workspace, steps: &mut Steps) -> Result<()> {
    steps.run(
        "clippy for wasm",
        workspace
            .cargo()
            .args(["clippy", "--locked", "--target", WASM])
            .args(["--package", "game", "--package", "netplay"])
            .args(["--", "-D", "warnings"]),
    )?;
    let test = |package: &str, test: &str| {
        let mut command = workspace.cargo();
        command
            .args(["test", "--locked", "--target", WASM])
            .args(["--package", package, "--test", test])
            .env(
                "CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUNNER",
                "wasm-bindgen-test-runner",
            )
            // Without it the runner takes the first driver that it finds, of any browser.
            .env("CHROMEDRIVER", "chromedriver")
            // Handshakes take their time; the runner's own limit is 20 seconds.
            .env("WASM_BINDGEN_TEST_TIMEOUT", "120");
        command
    };
    // It is of the demo, and another game may have none yet.
    if workspace.root().join("crates/sim/tests/demo").is_dir() {
        steps.run("the recorded match as wasm", &mut test("sim", "demo"))?;
    }
    steps.run("peers of one page", &mut test("netplay", "page"))
}
