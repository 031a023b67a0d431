//! A server for one test, on a free port of this machine.

use signaling::{Config, ServeError, serve};
use std::net::SocketAddr;
use tokio::{net::TcpListener, sync::oneshot, task::JoinHandle};

/// A running server; dropping it stops it.
pub struct Server {
    pub address: SocketAddr,
    stop: oneshot::Sender<()>,
    running: JoinHandle<Result<(), ServeError>>,
}

impl Server {
    pub async fn start(config: Config) -> Self {
        Self::start_at(([127, 0, 0, 1], 0).into(), config).await
    }

    /// A server on an address of the test's own choice, as after a restart.
    pub async fn start_at(address: SocketAddr, config: Config) -> Self {
        let listener = TcpListener::bind(address).await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel();
        let shutdown = async move {
            let _ = stopped.await;
        };
        let running = tokio::spawn(serve(listener, config, shutdown));
        Self {
            address,
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
