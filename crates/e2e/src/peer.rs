//! A native peer without a picture: the `headless` example of `netplay`.

use std::{
    ffi::OsStr,
    fs,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use tokio::{process::Command, sync::watch, task::JoinHandle, time::timeout};

use crate::{
    executable::executable, place::output, process::Process, record::Told, status::Status,
};

/// How long a peer may go on after the seconds that it was given.
const GRACE: Duration = Duration::from_secs(30);

/// A running headless peer.
pub struct NativePeer {
    told: watch::Receiver<Vec<Told>>,
    running: JoinHandle<Result<bool>>,
    process: Option<u32>,
    log: PathBuf,
}

/// What a peer is told at its start.
pub struct Invitation<'a> {
    /// The player's name; the log files have it too.
    pub name: &'a str,
    /// The signaling server: `ws://HOST:PORT`.
    pub server: &'a str,
    /// The room's code or name.
    pub room: &'a str,
    /// How long the peer stays.
    pub seconds: u64,
    /// More options of the example.
    pub options: &'a [&'a OsStr],
}

impl NativePeer {
    /// Lets the player `name` join `room` at `server` (`ws://HOST:PORT`) and play by itself for `seconds`.
    ///
    /// # Errors
    /// When the example does not build or cannot be started.
    pub async fn join(name: &str, server: &str, room: &str, seconds: u64) -> Result<Self> {
        let invitation = Invitation {
            name,
            server,
            room,
            seconds,
            options: &[],
        };
        Self::start(&invitation, Process::start).await
    }

    /// Starts a peer by `start`, which says where: it is given the command and the file for
    /// what the peer says of errors.
    ///
    /// # Errors
    /// When the example does not build, and those of `start`.
    pub async fn start(
        invitation: &Invitation<'_>,
        start: impl FnOnce(&mut Command, &Path) -> Result<Process>,
    ) -> Result<Self> {
        let Invitation {
            name,
            server,
            room,
            seconds,
            options,
        } = *invitation;
        let mut command = Command::new(executable("headless").await?);
        command
            .args(["--server", server, "--room", room, "--name", name])
            .args(["--seconds", &seconds.to_string()])
            .args(options);
        let log = output()?.join(format!("{name}.err.log"));
        let process = start(&mut command, &log)?;
        let id = process.id();
        let (sender, told) = watch::channel(Vec::new());
        let running = tokio::spawn(listen(process, sender, seconds));
        Ok(Self {
            told,
            running,
            process: id,
            log,
        })
    }

    /// The status that the peer printed last, with its time.
    ///
    /// # Errors
    /// When the peer has ended.
    pub fn latest(&self) -> Result<Option<Told>> {
        self.is_running()?;
        Ok(self.told.borrow().last().cloned())
    }

    /// The status that the peer printed last.
    ///
    /// # Errors
    /// When the peer has ended.
    pub fn status(&self) -> Result<Option<Status>> {
        Ok(self.latest()?.map(|told| told.status))
    }

    /// All that the peer has printed so far.
    ///
    /// # Errors
    /// When the peer has ended.
    pub fn history(&self) -> Result<Vec<Told>> {
        self.is_running()?;
        Ok(self.told.borrow().clone())
    }

    /// The next status that the peer prints; it prints at least one a second.
    ///
    /// # Errors
    /// When the peer ends before it prints another.
    pub async fn next(&mut self) -> Result<Told> {
        self.told.mark_unchanged();
        self.told.changed().await.context("the peer has ended")?;
        let told = self.told.borrow().last().cloned();
        told.context("a status was printed")
    }

    /// How long after its start it had a confirmed frame; nothing before it has.
    ///
    /// # Errors
    /// When its log cannot be read.
    pub fn first_confirmed(&self) -> Result<Option<Duration>> {
        let log = fs::read_to_string(&self.log)?;
        let milliseconds = log.lines().find_map(|line| {
            let rest = line.strip_prefix("headless: first confirmed frame after ")?;
            rest.strip_suffix(" ms")?.parse().ok()
        });
        Ok(milliseconds.map(Duration::from_millis))
    }

    fn is_running(&self) -> Result<()> {
        ensure!(
            !self.running.is_finished(),
            "a headless peer ended too early"
        );
        Ok(())
    }

    /// Waits for the peer's end.
    ///
    /// # Errors
    /// When its time is over but not its life, or when it saw no match or a desync.
    pub async fn finish(mut self) -> Result<()> {
        ensure!(
            (&mut self.running).await??,
            "a headless peer calls its match a failure"
        );
        Ok(())
    }

    /// Sends the peer's process a signal of this name, such as `STOP` or `CONT`.
    ///
    /// # Errors
    /// When it has ended, or the system has no such signals.
    pub async fn signal(&self, name: &str) -> Result<()> {
        self.is_running()?;
        let process = self.process.context("the process has ended")?;
        let sent = Command::new("kill")
            .args(["-s", name, &process.to_string()])
            .status()
            .await?;
        ensure!(sent.success(), "the process takes no signal {name}");
        Ok(())
    }

    /// Ends the peer at once, without a word to it or from it.
    pub async fn kill(mut self) {
        self.running.abort();
        // Cancelled, or already at its end: the process is gone either way.
        let _ = (&mut self.running).await;
    }
}

impl Drop for NativePeer {
    fn drop(&mut self) {
        // The process ends with the task that reads it.
        self.running.abort();
    }
}

/// Notes what the peer prints until it ends, and tells whether it calls itself successful.
async fn listen(
    mut process: Process,
    told: watch::Sender<Vec<Told>>,
    seconds: u64,
) -> Result<bool> {
    let talk = async {
        while let Some(line) = process.line().await? {
            let at = Instant::now();
            let status =
                serde_json::from_str(&line).with_context(|| format!("not a status: {line}"))?;
            told.send_modify(|told| told.push(Told { at, status }));
        }
        anyhow::Ok(())
    };
    timeout(Duration::from_secs(seconds) + GRACE, talk)
        .await
        .context("a headless peer plays on after its time")??;
    process.succeeds(GRACE).await
}
