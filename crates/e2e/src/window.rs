//! The native game in a window, on a display in memory.

use std::path::PathBuf;

use anyhow::Result;
use tokio::{process::Command, sync::OnceCell};

use crate::{
    browser::Display,
    peer::build,
    place::{Scratch, output},
    process::{Drained, Process},
};

/// A running game. It ends with this value.
pub struct Game {
    _process: Drained,
    _state: Scratch,
}

impl Game {
    /// Starts the game with `arguments`, its logs under `name`. A display without a window manager
    /// shows it at its upper left corner, in front of what is there.
    ///
    /// # Errors
    /// When it does not build or cannot be started.
    pub async fn start(name: &str, display: &Display, arguments: &[&str]) -> Result<Self> {
        static EXECUTABLE: OnceCell<PathBuf> = OnceCell::const_new();
        let executable = EXECUTABLE
            .get_or_try_init(|| build("game", "--bin", "peerball"))
            .await?;
        let folder = output()?;
        let state = Scratch::new()?;
        let mut command = Command::new(executable);
        command
            .args(arguments)
            .env("XDG_STATE_HOME", state.path())
            .env_remove("WAYLAND_DISPLAY");
        display.give_to(&mut command);
        let game = Process::start(&mut command, &folder.join(format!("{name}.err.log")))?;
        Ok(Self {
            _process: game.drain(&folder.join(format!("{name}.log"))).await?,
            _state: state,
        })
    }
}
