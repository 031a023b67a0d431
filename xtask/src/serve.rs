//! Servers and the native game: what a person starts and then uses.

use std::{
    net::{IpAddr, Ipv4Addr, TcpListener, UdpSocket},
    process::{Child, Command},
    thread,
    time::Duration,
};

use anyhow::{Context, Result, bail, ensure};

use crate::{
    steps::Steps,
    tools::{self, MATCHBOX_SERVER},
    workspace::Workspace,
};

/// Where the page and signaling are; also the port of a stock matchbox server.
const PORT: u16 = 3536;
/// Where the page is while a stock server has the other port.
const PAGE_PORT: u16 = 3537;

/// Serves the web client and signaling until it is stopped.
///
/// # Errors
/// When the web client is not built, the port is taken, or the server fails.
pub fn ours(workspace: &Workspace, steps: &mut Steps) -> Result<()> {
    build_server(workspace, steps)?;
    expect_free(PORT)?;
    print_addresses(|host| format!("http://{host}:{PORT}"));
    become_program(&mut server(workspace, PORT))
}

/// The same game over a stock `matchbox_server`; ours serves only the page.
///
/// # Errors
/// As [`ours`], and when the stock server cannot be installed or ends.
pub fn stock(workspace: &Workspace, steps: &mut Steps) -> Result<()> {
    tools::install(workspace, steps, &MATCHBOX_SERVER)?;
    build_server(workspace, steps)?;
    expect_free(PORT)?;
    expect_free(PAGE_PORT)?;
    let mut stock = Running::start(
        workspace
            .command(MATCHBOX_SERVER.program)
            .env("HOST", format!("0.0.0.0:{PORT}")),
    )?;
    let mut page = Running::start(&mut server(workspace, PAGE_PORT))?;
    print_addresses(|host| format!("http://{host}:{PAGE_PORT}/?server=ws://{host}:{PORT}"));
    loop {
        for running in [&mut stock, &mut page] {
            if let Some(status) = running.0.try_wait()? {
                bail!("a server ended with {status}");
            }
        }
        thread::sleep(Duration::from_millis(200));
    }
}

/// Builds the native game, or another one of `examples/`, and becomes it.
///
/// # Errors
/// When the build or the game fails.
pub fn native(workspace: &Workspace, example: Option<&str>, arguments: &[String]) -> Result<()> {
    let (package, program) = example.map_or(("game", crate::name!()), |name| (name, name));
    become_program(
        workspace
            .cargo()
            .args(["run", "--package", package, "--bin", program, "--"])
            .args(arguments),
    )
}

fn build_server(workspace: &Workspace, steps: &mut Steps) -> Result<()> {
    ensure!(
        workspace.dist().join("index.html").is_file(),
        "dist/ holds no web client: build it with `cargo xtask build`"
    );
    steps.run(
        "build the server",
        workspace
            .cargo()
            .args(["build", "--package", "signaling", "--bin", "signaling"]),
    )
}

fn server(workspace: &Workspace, port: u16) -> Command {
    let mut command = workspace.cargo();
    command
        .args([
            "run",
            "--quiet",
            "--package",
            "signaling",
            "--bin",
            "signaling",
            "--",
        ])
        .args(["--port", &port.to_string(), "--web-dir"])
        .arg(workspace.dist());
    command
}

/// A clear sentence now instead of an address that leads to another program.
fn expect_free(port: u16) -> Result<()> {
    TcpListener::bind((Ipv4Addr::UNSPECIFIED, port))
        .map(drop)
        .with_context(|| format!("port {port} is taken: is a server running already?"))
}

fn print_addresses(address: impl Fn(&str) -> String) {
    eprintln!("\nPlay at      {}", address("localhost"));
    match lan_address() {
        Some(host) => eprintln!("on the LAN   {}", address(&host.to_string())),
        None => eprintln!("(this machine has no network address for others)"),
    }
    eprintln!("Ctrl-C ends it.\n");
}

/// The address of the interface that leads outside. Connecting a UDP socket only looks up the
/// route: nothing is sent. The destination is reserved for documentation by RFC 5737.
fn lan_address() -> Option<IpAddr> {
    let socket = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0)).ok()?;
    socket.connect((Ipv4Addr::new(192, 0, 2, 1), 9)).ok()?;
    let address = socket.local_addr().ok()?.ip();
    (!address.is_loopback() && !address.is_unspecified()).then_some(address)
}

/// Replaces this process, so that whoever stops it stops the program, and its exit status is
/// this one's.
#[cfg(unix)]
pub fn become_program(command: &mut Command) -> Result<()> {
    use std::os::unix::process::CommandExt;
    let error = command.exec();
    Err(error).with_context(|| format!("cannot start {command:?}"))
}

#[cfg(not(unix))]
pub fn become_program(command: &mut Command) -> Result<()> {
    crate::steps::run(command)
}

/// A process that ends with this value.
struct Running(Child);

impl Running {
    fn start(command: &mut Command) -> Result<Self> {
        let child = command
            .spawn()
            .with_context(|| format!("cannot start {command:?}"))?;
        Ok(Self(child))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself; then there is nothing to end.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
