//! Starts the server on its listeners, and shuts it down in order.

#[cfg(feature = "redis")]
use crate::store::redis::{Redis, Terms};
use crate::{
    Config, RedisUrl,
    admission::{crowd::Crowd, rates::Buckets},
    http::{files::Files, routes::App},
    ice::IceDesk,
    lobby::{Lobby, sockets::Sockets},
    operations::{
        health::{Health, Trouble},
        metrics::{Limit, Metrics},
    },
    store::{Store, memory::Memory},
    tcp::doors::Doors,
    ticket::key::{KeyError, Keys},
    websocket::socket::Patience,
};
use governor::clock::MonotonicClock;
use std::{error::Error, io, path::PathBuf, sync::Arc};
use tokio::{
    net::TcpListener,
    sync::Semaphore,
    time::{sleep, timeout},
};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

/// Why a server did not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServeError {
    /// The listener has no address: it is not bound.
    #[error("the listener is not usable")]
    Listener(#[source] io::Error),
    /// [`Config::web_dir`] is no folder that can be read.
    #[error("the web client's folder {path} cannot be read")]
    WebDir {
        /// The folder as configured.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// [`Config::key_file`] holds no keys, or none could be drawn.
    #[error("tickets cannot be signed")]
    Keys(#[from] KeyError),
    /// The certificate cannot be used.
    #[cfg(feature = "tls")]
    #[error(transparent)]
    Tls(#[from] crate::TlsError),
    /// [`Config::redis`] names no server.
    #[error("the address of Redis is not usable")]
    Redis(#[source] Box<dyn Error + Send + Sync>),
    /// A number in the configuration that cannot work.
    #[error("{0}")]
    Config(&'static str),
    /// The servers that help connections through NATs cannot be told of, or the embedded one not
    /// started: a sentence says why.
    #[error("{0}")]
    Ice(String),
}

/// Where a server listens.
#[derive(Debug)]
pub struct Listeners {
    /// For players and their browsers.
    pub players: TcpListener,
    /// For operators: `/metrics`, `/healthz` and `/readyz` in plain HTTP. Without it `/metrics`
    /// is among the players' paths; `/healthz` and `/readyz` always are.
    pub operators: Option<TcpListener>,
}

impl From<TcpListener> for Listeners {
    fn from(players: TcpListener) -> Self {
        Self {
            players,
            operators: None,
        }
    }
}

/// Serves signaling, the API and the web client on the listeners until `shutdown` resolves.
///
/// Then nobody begins anything new and `/readyz` says so; after [`Config::drain_delay`] no more
/// connections are accepted, every WebSocket is closed with 1001, running downloads may end, and
/// after [`Config::shutdown_deadline`] what is left is dropped. Peers that are connected to one
/// another stay so. Any number of servers may run in one process. Dropping the future ends all at
/// once.
///
/// # Errors
/// [`ServeError`] before the first connection is accepted; none afterwards: what goes wrong with
/// one connection ends only that.
pub async fn serve(
    listeners: impl Into<Listeners>,
    config: Config,
    shutdown: impl Future<Output = ()>,
) -> Result<(), ServeError> {
    let listeners = listeners.into();
    let address = listeners
        .players
        .local_addr()
        .map_err(ServeError::Listener)?;
    let max_connections = checked(&config)?;
    let closing = CancellationToken::new();
    let dropping = CancellationToken::new();
    // Dropping this future ends every connection too: an embedder may simply abort it.
    let _drop_guards = (closing.clone().drop_guard(), dropping.clone().drop_guard());
    let public_metrics = listeners.operators.is_none();
    let (app, store) = open(&config, public_metrics, &closing).await?;
    let doors = Doors::open(listeners, &config, &app, &dropping).await?;
    let places = doors.places();

    info!(%address, web_dir = ?config.web_dir, "serving");
    let draining = async {
        shutdown.await;
        info!(%address, "draining");
        app.health.begin(Trouble::Draining);
        sleep(config.drain_delay).await;
    };
    tokio::select! {
        () = draining => {}
        _ = doors.serve(&app) => {}
    }
    drop(doors);
    info!(%address, "shutting down");
    closing.cancel();
    let ended = places.acquire_many(max_connections);
    if timeout(config.shutdown_deadline, ended).await.is_err() {
        app.metrics.limits.one(Limit::ShutdownDeadline);
        let left = config.max_connections - places.available_permits();
        warn!(left, "dropping connections that did not end in time");
    }
    dropping.cancel();
    store.goodbye(config.return_grace).await;
    #[cfg(feature = "turn")]
    app.ice.close().await;
    info!(%address, "stopped");
    Ok(())
}

/// What requests are answered from, and the store of its rooms.
async fn open(
    config: &Config,
    public_metrics: bool,
    closing: &CancellationToken,
) -> Result<(Arc<App>, Arc<dyn Store>), ServeError> {
    let keys = match &config.key_file {
        Some(path) => Keys::of_file(path)?,
        None => Keys::drawn()?,
    };
    let sockets = Arc::new(Sockets::default());
    let health = Arc::new(Health::default());
    let store = open_store(config, &sockets, &health)?;
    let metrics = Arc::new(Metrics::default());
    let ice = IceDesk::open(config, &metrics).await;
    let app = Arc::new(App {
        lobby: Arc::new(Lobby::new(Arc::clone(&store), sockets, config.max_sockets)),
        keys: Arc::new(keys),
        bare_rooms: config.bare_rooms,
        files: Files::new(config.web_dir.as_deref()).map_err(|source| ServeError::WebDir {
            path: config.web_dir.clone().unwrap_or_default(),
            source,
        })?,
        patience: Patience {
            ping_interval: config.ping_interval,
            return_grace: config.return_grace,
            write_deadline: config.write_deadline,
        },
        proxies: config.proxies.clone(),
        origins: config.origins.clone(),
        pages: config.pages.clone(),
        rates: config.rates,
        buckets: Arc::new(Buckets::new(&config.rates, MonotonicClock)),
        crowd: Crowd::new(config.max_sockets_per_address),
        request_deadline: config.request_deadline,
        log_addresses: config.log_addresses,
        ice: Arc::new(ice.map_err(ServeError::Ice)?),
        metrics,
        health,
        public_metrics,
        closing: closing.clone(),
    });
    Ok((app, store))
}

/// Where the rooms are: in this process, or in the Redis of many.
fn open_store(
    config: &Config,
    sockets: &Arc<Sockets>,
    health: &Arc<Health>,
) -> Result<Arc<dyn Store>, ServeError> {
    let node = Arc::clone(sockets);
    let Some(url) = &config.redis else {
        let store = Memory::new(config.max_rooms, config.room_grace, node);
        return Ok(Arc::new(store));
    };
    open_redis(url, config, node, Arc::clone(health))
}

#[cfg(feature = "redis")]
fn open_redis(
    url: &RedisUrl,
    config: &Config,
    node: Arc<Sockets>,
    health: Arc<Health>,
) -> Result<Arc<dyn Store>, ServeError> {
    if url.0.starts_with("rediss:") {
        return Err(ServeError::Config(
            "Redis over TLS (rediss:) is not supported; reach it by redis: in a network of its own",
        ));
    }
    let terms = Terms {
        max_rooms: config.max_rooms,
        room_grace: config.room_grace,
        node_grace: config.node_grace,
    };
    let tell_operator = Box::new(move |is_here| match is_here {
        true => health.end(Trouble::StoreAway),
        false => health.begin(Trouble::StoreAway),
    });
    let store = Redis::new(&url.0, terms, node, tell_operator);
    Ok(Arc::new(
        store.map_err(|error| ServeError::Redis(error.into()))?,
    ))
}

#[cfg(not(feature = "redis"))]
fn open_redis(
    _: &RedisUrl,
    _: &Config,
    _: Arc<Sockets>,
    _: Arc<Health>,
) -> Result<Arc<dyn Store>, ServeError> {
    Err(ServeError::Config("this server was built without Redis"))
}

/// Refuses what cannot work; otherwise the number of connections.
fn checked(config: &Config) -> Result<u32, ServeError> {
    if config.ping_interval.is_zero() {
        return Err(ServeError::Config("the ping interval is zero"));
    }
    if config.write_deadline.is_zero() {
        return Err(ServeError::Config("the deadline of writes is zero"));
    }
    if config.request_deadline.is_zero() {
        return Err(ServeError::Config("the deadline of requests is zero"));
    }
    if !config.pages.is_valid() {
        return Err(ServeError::Config(
            "the content security policy is no header's value",
        ));
    }
    match u32::try_from(config.max_connections) {
        Ok(max @ 1..) if config.max_connections <= Semaphore::MAX_PERMITS => Ok(max),
        _ => Err(ServeError::Config(
            "the number of connections is out of bounds",
        )),
    }
}
