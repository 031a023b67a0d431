//! A server as a child process, and what the system knows of it.

use anyhow::{Context, Result, bail};
use std::{
    fs,
    net::{Ipv4Addr, SocketAddr, TcpListener},
    path::PathBuf,
    process::{Child, Command, Stdio},
    time::Duration,
};
use tokio::{net::TcpStream, time::sleep};

/// Which server speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Ours.
    Ours,
    /// `matchbox_server`, which takes no options but its address.
    Stock,
}

/// A program that is measured.
#[derive(Clone, Debug)]
pub struct Program {
    /// What the table calls it.
    pub name: &'static str,
    /// How it is started.
    pub kind: Kind,
    /// Where it is.
    pub path: PathBuf,
}

/// A running server, which ends with this value.
pub struct Server {
    child: Child,
    /// Where it listens.
    pub address: SocketAddr,
}

/// Looks for a listening server, and the time between two of them.
const LOOKS: u32 = 200;
const BETWEEN_LOOKS: Duration = Duration::from_millis(50);

/// How often a second `/proc` counts CPU time: `USER_HZ`, 100 wherever Linux runs.
const TICKS_PER_SECOND: f64 = 100.0;

impl Server {
    /// Starts `program` on a free port of the loopback interface, with room for `connections`.
    ///
    /// # Errors
    /// When it cannot be started, ends at once or does not listen within ten seconds.
    pub async fn start(program: &Program, connections: usize) -> Result<Self> {
        let address = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?;
        let mut command = Command::new(&program.path);
        match program.kind {
            Kind::Ours => {
                let [all, sockets] =
                    [connections + 1_000, connections + 500].map(|n| n.to_string());
                command
                    .args(["--bind", &address.ip().to_string()])
                    .args(["--port", &address.port().to_string()])
                    .args(["--max-connections", &all, "--max-sockets", &sockets])
                    .args(["--max-rooms", &sockets]);
            }
            Kind::Stock => {
                command.env("HOST", address.to_string());
            }
        }
        let child = command
            // A folder without a web client.
            .current_dir(std::env::temp_dir())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .with_context(|| format!("cannot start {}", program.path.display()))?;
        let mut server = Self { child, address };
        for _ in 0..LOOKS {
            if let Some(status) = server.child.try_wait()? {
                bail!("{} ended with {status}", program.path.display());
            }
            if TcpStream::connect(address).await.is_ok() {
                return Ok(server);
            }
            sleep(BETWEEN_LOOKS).await;
        }
        bail!("{} does not listen at {address}", program.path.display());
    }

    /// Its resident memory in bytes.
    ///
    /// # Errors
    /// When it has ended.
    pub fn resident(&self) -> Result<i64> {
        let status = self.proc("status")?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kib: i64 = line
            .and_then(|line| line.trim().strip_suffix(" kB")?.parse().ok())
            .context("no VmRSS")?;
        Ok(kib * 1024)
    }

    /// The CPU time that it has used, in user and kernel mode.
    ///
    /// # Errors
    /// When it has ended.
    pub fn cpu(&self) -> Result<Duration> {
        let stat = self.proc("stat")?;
        // The program's name, in parentheses, may hold blanks; the 14th and 15th field are meant.
        let (_, fields) = stat.rsplit_once(')').context("no name")?;
        let ticks: f64 = fields
            .split_whitespace()
            .skip(11)
            .take(2)
            .filter_map(|field| field.parse::<f64>().ok())
            .sum();
        Ok(Duration::from_secs_f64(ticks / TICKS_PER_SECOND))
    }

    fn proc(&self, file: &str) -> Result<String> {
        let path = format!("/proc/{}/{file}", self.child.id());
        fs::read_to_string(&path).with_context(|| format!("cannot read {path}"))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself; then there is nothing to end.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
