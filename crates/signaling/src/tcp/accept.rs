//! Takes connections, each with a place of its own, and serves their requests until they end.

use super::connection::{self, Connection, Occupied, Stream};
#[cfg(feature = "tls")]
use super::tls::Tls;
use crate::{
    Proxies,
    admission::{
        crowd::{Crowd, Present},
        gate::Peer,
        rates::{Buckets, Deed},
    },
    http::problem::Refusal,
    limits::{ACCEPT_PAUSE, CROWD_RETRY, MAX_REQUEST_HEAD_BYTES},
    operations::metrics::{Held, Limit, Metrics},
};
use axum::{Router, http::Request};
use hyper::{body::Incoming, server::conn::http1, service::Service};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    service::TowerToHyperService,
};
use protocol::api::ProblemCode;
use std::{convert::Infallible, net::IpAddr, sync::Arc, time::Duration};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore},
    time::sleep,
};
use tokio_util::sync::CancellationToken;
use tracing::{debug, warn};

/// A listener and the house behind it.
#[derive(Debug)]
pub(crate) struct Door {
    pub(crate) listener: TcpListener,
    pub(crate) house: Arc<House>,
}

/// All that the connections of a door share.
#[derive(Debug)]
pub(crate) struct House {
    pub(crate) places: Arc<Semaphore>,
    /// How many may be refused at one time.
    pub(crate) refusals: Arc<Semaphore>,
    pub(crate) limits: Option<AddressLimits>,
    #[cfg(feature = "tls")]
    pub(crate) tls: Option<Tls>,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) request_deadline: Duration,
    /// How long a connection may take nothing.
    pub(crate) write_deadline: Duration,
    /// Lets connections end after their running request.
    pub(crate) closing: CancellationToken,
    /// Drops them as they are.
    pub(crate) dropping: CancellationToken,
}

impl Door {
    /// Accepts connections for `router` for as long as it is polled.
    pub(crate) async fn serve(&self, router: Router) -> Infallible {
        let service = TowerToHyperService::new(router);
        let House {
            limits, metrics, ..
        } = &*self.house;
        loop {
            let (stream, address, permit) = self.accept().await;
            metrics.accepted.one();
            let present = match limits.as_ref().map(|limits| limits.admit(address)) {
                Some(Ok(present)) => present,
                Some(Err((limit, wait))) => {
                    metrics.limits.one(limit);
                    self.house.refuse(stream, wait);
                    continue;
                }
                None => None,
            };
            let held = Held::new(metrics, |metrics| &metrics.connections);
            let occupied = Occupied::new(permit, held, present);
            let service = Named {
                service: service.clone(),
                peer: Peer(address),
            };
            let house = Arc::clone(&self.house);
            tokio::spawn(async move {
                let opened = tokio::select! {
                    opened = house.open(stream) => opened,
                    () = house.closing.cancelled() => None,
                };
                if let Some(stream) = opened {
                    let connection = Connection::new(stream, occupied, house.write_deadline);
                    house.run(connection, service).await;
                }
            });
        }
    }

    /// The next connection, once there is a place for it.
    async fn accept(&self) -> (TcpStream, IpAddr, OwnedSemaphorePermit) {
        let House {
            places, metrics, ..
        } = &*self.house;
        loop {
            if places.available_permits() == 0 {
                metrics.limits.one(Limit::Connections);
            }
            // The semaphore is never closed; if it were, no connection would have a place.
            let Ok(permit) = Arc::clone(places).acquire_owned().await else {
                return std::future::pending().await;
            };
            match self.listener.accept().await {
                Ok((stream, address)) => {
                    // Signals are small and latency counts; a socket that refuses works all the
                    // same.
                    let _ = stream.set_nodelay(true);
                    return (stream, address.ip(), permit);
                }
                Err(error) => {
                    warn!(%error, "cannot accept a connection");
                    sleep(ACCEPT_PAUSE).await;
                }
            }
        }
    }
}

impl House {
    /// The stream as requests come over it; nothing if it does not get that far.
    async fn open(&self, stream: TcpStream) -> Option<Stream> {
        #[cfg(feature = "tls")]
        if let Some(tls) = &self.tls {
            let stream = tls.accept(stream).await?;
            return Some(Stream::Tls(Box::new(stream)));
        }
        Some(stream.into())
    }

    /// Says no in a task of its own, unless too many are told so already.
    fn refuse(&self, stream: TcpStream, wait: Duration) {
        self.metrics.refusals.one(ProblemCode::TooManyRequests);
        // Handshakes are what TLS costs most: there is none for that.
        #[cfg(feature = "tls")]
        if self.tls.is_some() {
            return;
        }
        if let Ok(permit) = Arc::clone(&self.refusals).try_acquire_owned() {
            let refusal = Refusal::new(ProblemCode::TooManyRequests, "").with_retry_after(wait);
            tokio::spawn(async move {
                connection::turn_away(stream, &refusal.to_http1()).await;
                drop(permit);
            });
        }
    }

    /// Serves one connection's requests, until it is upgraded or ends.
    async fn run(&self, connection: Connection, service: Named) {
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(self.request_deadline)
            .max_buf_size(MAX_REQUEST_HEAD_BYTES)
            .serve_connection(TokioIo::new(connection), service)
            .with_upgrades();
        tokio::pin!(connection);
        let result = tokio::select! {
            result = connection.as_mut() => result,
            () = self.closing.cancelled() => {
                connection.as_mut().graceful_shutdown();
                tokio::select! {
                    result = connection => result,
                    () = self.dropping.cancelled() => return,
                }
            }
        };
        if let Err(error) = result {
            if error.is_parse_too_large() {
                self.metrics.limits.one(Limit::RequestHead);
            } else if error.is_timeout() {
                self.metrics.limits.one(Limit::RequestHeadDeadline);
            }
            debug!(%error, "a connection broke");
        }
    }
}

/// What one address may have and do before it has said a word.
#[derive(Debug)]
pub(crate) struct AddressLimits {
    pub(crate) proxies: Proxies,
    pub(crate) crowd: Arc<Crowd>,
    pub(crate) buckets: Arc<Buckets>,
}

impl AddressLimits {
    /// A place among the connections of the address; none is needed for a proxy's. Otherwise which
    /// limit was hit, and how long to wait.
    fn admit(&self, address: IpAddr) -> Result<Option<Present>, (Limit, Duration)> {
        if self.proxies.trusts(address) {
            return Ok(None);
        }
        let household = address.into();
        let taken = self.buckets.take(Deed::Connect, household);
        taken.map_err(|wait| (Limit::ConnectionRate, wait))?;
        let present = self.crowd.enter(household);
        let present = present.ok_or((Limit::AddressConnections, CROWD_RETRY))?;
        Ok(Some(present))
    }
}

/// The routes, told who is at the other end.
#[derive(Clone)]
struct Named {
    service: TowerToHyperService<Router>,
    peer: Peer,
}

impl Service<Request<Incoming>> for Named {
    type Response = <TowerToHyperService<Router> as Service<Request<Incoming>>>::Response;
    type Error = <TowerToHyperService<Router> as Service<Request<Incoming>>>::Error;
    type Future = <TowerToHyperService<Router> as Service<Request<Incoming>>>::Future;

    fn call(&self, mut request: Request<Incoming>) -> Self::Future {
        request.extensions_mut().insert(self.peer);
        self.service.call(request)
    }
}
