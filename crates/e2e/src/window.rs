//! The native game in a window, on a display in memory.

use anyhow::Result;
use tokio::process::Command;

use crate::{
    browser::Display,
    executable::game,
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
        let folder = output()?;
        let state = Scratch::new()?;
        let mut command = Command::new(game().await?);
        command
            .args(arguments)
            .env("XDG_STATE_HOME", state.path())
            .env("XDG_CONFIG_HOME", state.path())
            .env_remove("WAYLAND_DISPLAY");
        display.give_to(&mut command);
        let game = Process::start(&mut command, &folder.join(format!("{name}.err.log")))?;
        Ok(Self {
            _process: game.drain(&folder.join(format!("{name}.log"))).await?,
            _state: state,
        })
    }
}
