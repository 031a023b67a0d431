//! The server as a program: options, logging, signals of the system.

mod options;

use anyhow::Context;
use options::{LogFormat, file::OptionsError};
use signaling::Listeners;
use std::{io::IsTerminal, net::SocketAddr};
use tokio::net::TcpListener;
use tracing_subscriber::EnvFilter;

#[cfg(all(feature = "jemalloc", target_os = "linux"))]
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let args = match options::file::read(std::env::args_os()) {
        Ok(args) => args,
        Err(OptionsError::Flags(error)) => error.exit(),
        Err(error) => return Err(error.into()),
    };
    let filter = EnvFilter::try_new(&args.log)
        .with_context(|| format!("--log {} is not a filter", args.log))?;
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_target(false)
        .with_ansi(std::io::stdout().is_terminal());
    match args.log_format {
        LogFormat::Text => log.init(),
        LogFormat::Json => log.json().flatten_event(true).init(),
    }
    let players = listen(args.address()).await?;
    let operators = match args.metrics_bind {
        Some(address) => Some(listen(address).await?),
        None => None,
    };
    let listeners = Listeners { players, operators };
    let mut signals = Signals::new()?;
    let (asked, shutdown) = tokio::sync::oneshot::channel();
    let server = signaling::serve(listeners, args.into_config()?, async {
        // The sender is only ever gone together with the server.
        let _ = shutdown.await;
    });
    let ended = async {
        signals.next().await;
        let _ = asked.send(());
        signals.next().await;
    };
    tokio::select! {
        result = server => result?,
        () = ended => tracing::warn!("asked a second time: ending at once"),
    }
    Ok(())
}

async fn listen(address: SocketAddr) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address)
        .await
        .with_context(|| format!("cannot listen on {address}; is another server running?"))
}

/// The system's wishes that the program end: SIGINT (Ctrl-C) and SIGTERM.
#[cfg(unix)]
struct Signals {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    fn new() -> anyhow::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        let listen = |kind| signal(kind).context("cannot listen for signals of the system");
        Ok(Self {
            interrupt: listen(SignalKind::interrupt())?,
            terminate: listen(SignalKind::terminate())?,
        })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}

/// The system's wishes that the program end: Ctrl-C.
#[cfg(windows)]
struct Signals(tokio::signal::windows::CtrlC);

#[cfg(windows)]
impl Signals {
    fn new() -> anyhow::Result<Self> {
        let signals = tokio::signal::windows::ctrl_c();
        Ok(Self(signals.context("cannot listen for Ctrl-C")?))
    }

    async fn next(&mut self) {
        self.0.recv().await;
    }
}
