//! A child process that ends with the value that stands for it.

use std::{path::Path, process::Stdio, time::Duration};

use anyhow::{Context, Result, anyhow};
use tokio::{
    fs::File,
    io::{AsyncBufReadExt, BufReader, Lines},
    process::{Child, ChildStdout, Command},
    time::timeout,
};

/// A running program whose standard output is read line by line.
pub struct Process {
    name: String,
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Process {
    /// Starts `command`; what it says of errors goes to `log`.
    ///
    /// # Errors
    /// When it cannot be started; the message tells how to get it.
    pub fn start(command: &mut Command, log: &Path) -> Result<Self> {
        let name = command
            .as_std()
            .get_program()
            .to_string_lossy()
            .into_owned();
        let errors = std::fs::File::create(log).with_context(|| format!("{}", log.display()))?;
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(errors)
            .kill_on_drop(true)
            .spawn()
            .with_context(|| format!("cannot start {name}: try `cargo xtask setup test`"))?;
        let stdout = child
            .stdout
            .take()
            .context("standard output was asked for")?;
        Ok(Self {
            name,
            child,
            lines: BufReader::new(stdout).lines(),
        })
    }

    /// The process's number, while it runs.
    pub fn id(&self) -> Option<u32> {
        self.child.id()
    }

    /// The next line that the program prints; nothing when it has closed its output.
    ///
    /// # Errors
    /// When its output cannot be read.
    pub async fn line(&mut self) -> Result<Option<String>> {
        Ok(self.lines.next_line().await?)
    }

    /// Reads lines until `pick` makes something of one.
    ///
    /// # Errors
    /// When the program ends, or `within` passes, before that.
    pub async fn wait_for<T>(
        &mut self,
        within: Duration,
        mut pick: impl FnMut(&str) -> Option<T>,
    ) -> Result<T> {
        let name = self.name.clone();
        let search = async {
            while let Some(line) = self.line().await? {
                if let Some(found) = pick(&line) {
                    return Ok(found);
                }
            }
            Err(anyhow!("{name} ended"))
        };
        timeout(within, search)
            .await
            .with_context(|| format!("{name} said nothing of use"))?
    }

    /// Waits for the end, and tells whether the program called itself successful.
    ///
    /// # Errors
    /// When it does not end within `within`.
    pub async fn succeeds(&mut self, within: Duration) -> Result<bool> {
        let status = timeout(within, self.child.wait())
            .await
            .with_context(|| format!("{} does not end", self.name))??;
        Ok(status.success())
    }

    /// Lets the program print on into `log`, so that it never waits for a reader.
    ///
    /// # Errors
    /// When `log` cannot be made.
    pub async fn drain(self, log: &Path) -> Result<Drained> {
        let mut file = File::create(log).await?;
        let mut output = self.lines.into_inner();
        tokio::spawn(async move {
            // It ends with the program; a full disk is no reason to fail a test.
            let _ = tokio::io::copy(&mut output, &mut file).await;
        });
        Ok(Drained { child: self.child })
    }
}

/// A running program that nobody reads any more.
pub struct Drained {
    child: Child,
}

impl Drained {
    /// Ends the program at once, without a word to it, and waits until it is gone.
    ///
    /// # Errors
    /// When the system does not let it be ended.
    pub async fn kill(mut self) -> Result<()> {
        Ok(self.child.kill().await?)
    }
}
