//! A server for one test, on a free port of this machine.

use signaling::{Config, Listeners, ServeError, serve};
use std::net::SocketAddr;
use tokio::{net::TcpListener, sync::oneshot, task::JoinHandle};

/// A running server; dropping it stops it.
pub struct Server {
    pub address: SocketAddr,
    /// Where operators ask, unless they ask where players do.
    pub operators: SocketAddr,
    stop: oneshot::Sender<()>,
    running: JoinHandle<Result<(), ServeError>>,
}

impl Server {
    pub async fn start(config: Config) -> Self {
        Self::start_at(([127, 0, 0, 1], 0).into(), config).await
    }

    /// A server with a door of their own for operators, whom no limit keeps out there.
    pub async fn start_watched(config: Config) -> Self {
        let bind = || TcpListener::bind(("127.0.0.1", 0));
        let operators = Some(bind().await.unwrap());
        let players = bind().await.unwrap();
        Self::start_on(Listeners { players, operators }, config)
    }

    /// A server on an address of the test's own choice, as after a restart.
    pub async fn start_at(address: SocketAddr, config: Config) -> Self {
        Self::start_on(TcpListener::bind(address).await.unwrap().into(), config)
    }

    fn start_on(listeners: Listeners, config: Config) -> Self {
        let address = listeners.players.local_addr().unwrap();
        let operators = listeners.operators.as_ref();
        let operators = operators.map_or(address, |door| door.local_addr().unwrap());
        let (stop, stopped) = oneshot::channel();
        let shutdown = async move {
            let _ = stopped.await;
        };
        let running = tokio::spawn(serve(listeners, config, shutdown));
        Self {
            address,
            operators,
            stop,
            running,
        }
    }

    /// The WebSocket address of a path such as `room?next=2`.
    pub fn ws(&self, path: &str) -> String {
        format!("ws://{}/{path}", self.address)
    }

    /// Shuts the server down and waits until it has ended.
    pub async fn stop(self) {
        let _ = self.stop.send(());
        self.running.await.unwrap().unwrap();
    }
}
