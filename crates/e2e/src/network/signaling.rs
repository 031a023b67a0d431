//! Our signaling server as a process on a host of its own, to be killed and started again at the
//! same address.

use std::{
    net::{Ipv4Addr, TcpStream as StdStream},
    time::Duration,
};

use anyhow::{Context, Result};
use tokio::{net::TcpStream, process::Command};

use super::{Namespace, Network};
use crate::{
    executable::executable,
    place::output,
    process::{Drained, Process},
    server::create_room,
};

/// The port, which nobody else can have taken on a host of its own.
const PORT: u16 = 3536;

/// How long the server may take to listen.
const START: Duration = Duration::from_secs(20);

/// A host on which the server runs, or not.
pub struct SignalingHost {
    namespace: Namespace,
    address: Ipv4Addr,
    /// The server's options, beside its port.
    options: Vec<String>,
    running: Option<Drained>,
}

impl SignalingHost {
    /// Adds a host to `network` and starts the server on it.
    ///
    /// # Errors
    /// When the server does not build or does not start.
    pub async fn new(network: &mut Network) -> Result<Self> {
        let host = network.host()?;
        Self::on(host.namespace, host.address, Vec::new()).await
    }

    /// Starts the server with `options` on a host that has `address`.
    ///
    /// # Errors
    /// When the server does not build or does not start.
    pub async fn on(namespace: Namespace, address: Ipv4Addr, options: Vec<String>) -> Result<Self> {
        let mut this = Self {
            namespace,
            address,
            options,
            running: None,
        };
        this.start().await?;
        Ok(this)
    }

    /// Starts the server, with nothing that it could remember.
    ///
    /// # Errors
    /// When it does not build or does not start.
    pub async fn start(&mut self) -> Result<()> {
        let folder = output()?;
        let mut command = Command::new(executable("signaling").await?);
        command
            .args(["--port", &PORT.to_string()])
            .args(&self.options);
        let mut process = self
            .namespace
            .inside(|| Process::start(&mut command, &folder.join("signaling.err.log")))??;
        process
            .wait_for(START, |line| line.contains("serving").then_some(()))
            .await?;
        self.running = Some(process.drain(&folder.join("signaling.log")).await?);
        Ok(())
    }

    /// Ends the server at once, without a word to it; its host stays.
    ///
    /// # Errors
    /// When the system does not let it be ended.
    pub async fn kill(&mut self) -> Result<()> {
        match self.running.take() {
            Some(running) => running.kill().await,
            None => Ok(()),
        }
    }

    /// The signaling address: `ws://10.77.N.2:PORT`.
    pub fn signaling(&self) -> String {
        format!("ws://{}:{PORT}", self.address)
    }

    /// Makes a room, and gives its code.
    ///
    /// # Errors
    /// When the server does not answer with a room.
    pub async fn create_room(&self) -> Result<String> {
        let stream = self
            .namespace
            .inside(|| StdStream::connect((Ipv4Addr::LOCALHOST, PORT)))?
            .context("the server does not listen")?;
        stream.set_nonblocking(true)?;
        create_room(TcpStream::from_std(stream)?).await
    }
}
