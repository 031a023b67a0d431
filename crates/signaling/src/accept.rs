//! Takes connections, each with a place of its own, and serves their requests until they end.

use crate::{
    connection::Connection,
    limits::{ACCEPT_PAUSE, MAX_REQUEST_HEAD_BYTES, REQUEST_HEAD_DEADLINE},
    metrics::{Held, Limit, Metrics},
};
use axum::Router;
use hyper::server::conn::http1;
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    service::TowerToHyperService,
};
use std::{convert::Infallible, sync::Arc};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore},
    time::sleep,
};
use tokio_util::sync::CancellationToken;
use tracing::{debug, warn};

/// A listener and all that its connections share.
#[derive(Debug)]
pub(crate) struct Door {
    pub(crate) listener: TcpListener,
    pub(crate) places: Arc<Semaphore>,
    pub(crate) metrics: Arc<Metrics>,
    /// Lets connections end after their running request.
    pub(crate) closing: CancellationToken,
    /// Drops them as they are.
    pub(crate) dropping: CancellationToken,
}

impl Door {
    /// Accepts connections for `router` for as long as it is polled.
    pub(crate) async fn serve(&self, router: Router) -> Infallible {
        let service = TowerToHyperService::new(router);
        loop {
            let (stream, permit) = self.accept().await;
            self.metrics.accepted.one();
            let held = Held::new(&self.metrics, |metrics| &metrics.connections);
            tokio::spawn(run(
                Connection::new(stream, permit, held),
                Arc::clone(&self.metrics),
                service.clone(),
                self.closing.clone(),
                self.dropping.clone(),
            ));
        }
    }

    /// The next connection, once there is a place for it.
    async fn accept(&self) -> (TcpStream, OwnedSemaphorePermit) {
        loop {
            if self.places.available_permits() == 0 {
                self.metrics.limits.one(Limit::Connections);
            }
            // The semaphore is never closed; if it were, no connection would have a place.
            let Ok(permit) = Arc::clone(&self.places).acquire_owned().await else {
                return std::future::pending().await;
            };
            match self.listener.accept().await {
                Ok((stream, _)) => {
                    // Signals are small and latency counts; a socket that refuses works all the
                    // same.
                    let _ = stream.set_nodelay(true);
                    return (stream, permit);
                }
                Err(error) => {
                    warn!(%error, "cannot accept a connection");
                    sleep(ACCEPT_PAUSE).await;
                }
            }
        }
    }
}

/// Serves one connection's requests, until it is upgraded or ends.
async fn run(
    connection: Connection,
    metrics: Arc<Metrics>,
    service: TowerToHyperService<Router>,
    closing: CancellationToken,
    dropping: CancellationToken,
) {
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(REQUEST_HEAD_DEADLINE)
        .max_buf_size(MAX_REQUEST_HEAD_BYTES)
        .serve_connection(TokioIo::new(connection), service)
        .with_upgrades();
    tokio::pin!(connection);
    let result = tokio::select! {
        result = connection.as_mut() => result,
        () = closing.cancelled() => {
            connection.as_mut().graceful_shutdown();
            tokio::select! {
                result = connection => result,
                () = dropping.cancelled() => return,
            }
        }
    };
    if let Err(error) = result {
        if error.is_parse_too_large() {
            metrics.limits.one(Limit::RequestHead);
        } else if error.is_timeout() {
            metrics.limits.one(Limit::RequestHeadDeadline);
        }
        debug!(%error, "a connection broke");
    }
}
