//! A network to play on: a signaling server, a room, and homes for players.

use std::ffi::OsStr;

use anyhow::Result;

use super::{Host, Network, Path, SignalingHost};
use crate::{
    peer::{Invitation, NativePeer},
    place::Scratch,
    process::Process,
};

/// A network with a signaling server on it, and a room there.
pub struct Venue {
    /// Where the server runs.
    pub server: SignalingHost,
    /// Where everybody is.
    pub network: Network,
    room: String,
}

/// A player's host, and where the token is kept.
pub struct Home {
    /// The host.
    pub host: Host,
    state: Scratch,
}

impl Venue {
    /// A network whose packets fare as `path` says.
    ///
    /// # Errors
    /// Those of [`Network::new`], [`SignalingHost::new`] and [`SignalingHost::create_room`].
    pub async fn open(path: Path) -> Result<Self> {
        let mut network = Network::new(path)?;
        let server = SignalingHost::new(&mut network).await?;
        let room = server.create_room().await?;
        Ok(Self {
            server,
            network,
            room,
        })
    }

    /// A host for one more player.
    ///
    /// # Errors
    /// Those of [`Network::host`], and when there is no place for the token.
    pub fn home(&mut self) -> Result<Home> {
        Ok(Home {
            host: self.network.host()?,
            state: Scratch::new()?,
        })
    }

    /// Lets the player `name` join from `home` and stay for `seconds`, with more of the example's
    /// options.
    ///
    /// # Errors
    /// When the peer cannot be started.
    pub async fn join(
        &self,
        home: &Home,
        name: &str,
        seconds: u64,
        options: &[&str],
    ) -> Result<NativePeer> {
        let mut all = vec![OsStr::new("--state"), home.state.path().as_os_str()];
        all.extend(options.iter().map(OsStr::new));
        let invitation = Invitation {
            name,
            server: &self.server.signaling(),
            room: &self.room,
            seconds,
            options: &all,
        };
        NativePeer::start(&invitation, |command, log| {
            home.host
                .namespace
                .inside(|| Process::start(command, log))?
        })
        .await
    }
}
