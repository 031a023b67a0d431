//! A native peer without a picture: the `headless` example of `netplay`.

use std::{path::PathBuf, process::Stdio, time::Duration};

use anyhow::{Context, Result, ensure};
use serde::Deserialize;
use tokio::{
    process::Command,
    sync::{OnceCell, watch},
    task::JoinHandle,
    time::timeout,
};

use crate::{
    place::{output, root},
    process::Process,
    status::Status,
};

/// How long a peer may go on after the seconds that it was given.
const GRACE: Duration = Duration::from_secs(30);

/// A running headless peer.
pub struct NativePeer {
    statuses: watch::Receiver<Option<Status>>,
    running: JoinHandle<Result<bool>>,
}

impl NativePeer {
    /// Lets the player `name` join `room` at `server` (`ws://HOST:PORT`) and play by itself for `seconds`.
    ///
    /// # Errors
    /// When the example does not build or cannot be started.
    pub async fn join(name: &str, server: &str, room: &str, seconds: u64) -> Result<Self> {
        let mut command = Command::new(executable().await?);
        command.args(["--server", server, "--room", room, "--name", name]);
        command.args(["--seconds", &seconds.to_string()]);
        let mut process = Process::start(&mut command, &output()?.join(format!("{name}.err.log")))?;
        let (sender, statuses) = watch::channel(None);
        let running = tokio::spawn(async move {
            let talk = async {
                while let Some(line) = process.line().await? {
                    let status: Status = serde_json::from_str(&line)
                        .with_context(|| format!("not a status: {line}"))?;
                    // Nobody may be looking any more; the peer plays on.
                    let _ = sender.send(Some(status));
                }
                anyhow::Ok(())
            };
            timeout(Duration::from_secs(seconds) + GRACE, talk)
                .await
                .context("a headless peer plays on after its time")??;
            process.succeeds(GRACE).await
        });
        Ok(Self { statuses, running })
    }

    /// The status that the peer printed last.
    ///
    /// # Errors
    /// When the peer has ended.
    pub fn status(&mut self) -> Result<Option<Status>> {
        ensure!(
            !self.running.is_finished(),
            "a headless peer ended too early"
        );
        Ok(self.statuses.borrow().clone())
    }

    /// The next status that the peer prints; it prints one a second.
    ///
    /// # Errors
    /// When the peer ends before it prints another.
    pub async fn next_status(&mut self) -> Result<Status> {
        self.statuses
            .changed()
            .await
            .context("the peer has ended")?;
        let status = self.statuses.borrow_and_update().clone();
        status.context("a status was printed")
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
}

impl Drop for NativePeer {
    fn drop(&mut self) {
        // The process ends with the task that reads it.
        self.running.abort();
    }
}

/// The example's executable, built once in this process.
async fn executable() -> Result<&'static PathBuf> {
    static EXECUTABLE: OnceCell<PathBuf> = OnceCell::const_new();
    EXECUTABLE
        .get_or_try_init(|| build("netplay", "--example", "headless"))
        .await
}

/// The part of cargo's messages that tells where an executable is.
#[derive(Deserialize)]
struct Message {
    target: Option<Target>,
    executable: Option<PathBuf>,
}

#[derive(Deserialize)]
struct Target {
    name: String,
}

/// Lets cargo build one executable of `package`, of the `kind` `--bin` or `--example`.
pub(crate) async fn build(package: &str, kind: &str, name: &str) -> Result<PathBuf> {
    let output = Command::new(env!("CARGO"))
        .current_dir(root()?)
        .args(["build", "--locked", "--package", package, kind, name])
        .arg("--message-format=json-render-diagnostics")
        .stdout(Stdio::piped())
        .spawn()
        .context("cannot start cargo")?
        .wait_with_output()
        .await?;
    ensure!(output.status.success(), "{name} does not build");
    String::from_utf8(output.stdout)?
        .lines()
        .filter_map(|line| serde_json::from_str::<Message>(line).ok())
        .filter(|message| {
            message
                .target
                .as_ref()
                .is_some_and(|target| target.name == name)
        })
        .find_map(|message| message.executable)
        .context("cargo names no executable")
}
