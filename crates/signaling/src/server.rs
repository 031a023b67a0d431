//! Accepts connections, shows each request its room of the house, and shuts down in order.

use crate::{
    Config, api,
    connection::Connection,
    files::Files,
    limits::*,
    lobby::{Lobby, Place},
    outbox::Inbox,
    problem::Refusal,
    socket::{self, Patience},
    sockets::Sockets,
    store::{Door, memory::Memory},
    token::{InvalidToken, Token},
};
use axum::{
    Router,
    extract::{
        Query, Request, State, WebSocketUpgrade, rejection::QueryRejection,
        ws::rejection::WebSocketUpgradeRejection,
    },
    http::{HeaderMap, Uri, header},
    response::{IntoResponse, Response},
    routing::get,
};
use hyper::server::conn::http1;
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    service::TowerToHyperService,
};
use percent_encoding::percent_decode_str;
use protocol::api::ProblemCode;
use std::{io, path::PathBuf, sync::Arc};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore},
    time::{sleep, timeout},
};
use tokio_util::sync::CancellationToken;
use tracing::{debug, info, warn};

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
    /// A number in the configuration that cannot work.
    #[error("{0}")]
    Config(&'static str),
}

/// What every request may use.
struct App {
    lobby: Arc<Lobby>,
    files: Files,
    patience: Patience,
    shutdown: CancellationToken,
}

/// Serves signaling, the API and the web client on `listener` until `shutdown` resolves.
///
/// Then no more connections are accepted, every WebSocket is closed with 1001, running downloads
/// may end, and after [`Config::shutdown_deadline`] what is left is dropped. Peers that are
/// connected to one another stay so. Any number of servers may run in one process.
///
/// # Errors
/// [`ServeError`] before the first connection is accepted; none afterwards: what goes wrong with
/// one connection ends only that.
pub async fn serve(
    listener: TcpListener,
    config: Config,
    shutdown: impl Future<Output = ()>,
) -> Result<(), ServeError> {
    let address = listener.local_addr().map_err(ServeError::Listener)?;
    let max_connections = match u32::try_from(config.max_connections) {
        Ok(max @ 1..) if config.max_connections <= Semaphore::MAX_PERMITS => max,
        _ => {
            return Err(ServeError::Config(
                "the number of connections is out of bounds",
            ));
        }
    };
    if config.ping_interval.is_zero() {
        return Err(ServeError::Config("the ping interval is zero"));
    }
    let files = Files::new(config.web_dir.as_deref()).map_err(|source| ServeError::WebDir {
        path: config.web_dir.clone().unwrap_or_default(),
        source,
    })?;
    let closing = CancellationToken::new();
    let dropping = CancellationToken::new();
    // Dropping this future ends every connection too: an embedder may simply abort it.
    let _drop_guards = (closing.clone().drop_guard(), dropping.clone().drop_guard());
    let sockets = Arc::new(Sockets::default());
    let store = Memory::new(config.max_rooms, config.room_grace, sockets.clone());
    let app = Arc::new(App {
        lobby: Arc::new(Lobby::new(Arc::new(store), sockets, config.max_sockets)),
        files,
        patience: Patience {
            ping_interval: config.ping_interval,
            return_grace: config.return_grace,
        },
        shutdown: closing.clone(),
    });
    let service = TowerToHyperService::new(router(app));
    let places = Arc::new(Semaphore::new(config.max_connections));

    info!(%address, web_dir = ?config.web_dir, "serving");
    let accepting = async {
        loop {
            let (stream, place) = accept(&listener, &places).await;
            let connection = Connection::new(stream, place);
            tokio::spawn(run(
                connection,
                service.clone(),
                closing.clone(),
                dropping.clone(),
            ));
        }
    };
    tokio::select! {
        () = shutdown => {}
        () = accepting => {}
    }
    drop(listener);
    info!(%address, "shutting down");
    closing.cancel();
    if timeout(
        config.shutdown_deadline,
        places.acquire_many(max_connections),
    )
    .await
    .is_err()
    {
        let left = config.max_connections - places.available_permits();
        warn!(left, "dropping connections that did not end in time");
    }
    dropping.cancel();
    info!(%address, "stopped");
    Ok(())
}

/// The next connection, once there is a place for it.
async fn accept(
    listener: &TcpListener,
    places: &Arc<Semaphore>,
) -> (TcpStream, OwnedSemaphorePermit) {
    loop {
        // The semaphore is never closed; if it were, no connection would have a place.
        let Ok(place) = Arc::clone(places).acquire_owned().await else {
            return std::future::pending().await;
        };
        match listener.accept().await {
            Ok((stream, _)) => {
                // Signals are small and latency counts; a socket that refuses works all the same.
                let _ = stream.set_nodelay(true);
                return (stream, place);
            }
            Err(error) => {
                warn!(%error, "cannot accept a connection");
                sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

/// Serves one connection's requests, until it is upgraded or ends.
async fn run(
    connection: Connection,
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
        debug!(%error, "a connection broke");
    }
}

fn router(app: Arc<App>) -> Router {
    Router::new()
        .nest("/api/v1", api::router().with_state(Arc::clone(&app.lobby)))
        .route("/healthz", get(async || "ok\n"))
        .fallback(socket_or_file)
        .with_state(app)
}

/// An upgrade at any path is a peer that joins a room; everything else asks for a file.
async fn socket_or_file(
    State(app): State<Arc<App>>,
    query: Result<Query<Vec<(String, String)>>, QueryRejection>,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
    request: Request,
) -> Response {
    let upgrade = match upgrade {
        Ok(upgrade) => upgrade,
        Err(error) if wants_websocket(request.headers()) => {
            return Refusal::new(ProblemCode::BadRequest, error.body_text()).into_response();
        }
        Err(_) => {
            return app
                .files
                .respond(request.method(), request.uri(), request.headers())
                .await;
        }
    };
    let joined = join(&app, query, request.uri()).await;
    match joined {
        Ok((place, inbox)) => {
            socket::upgrade(upgrade, place, inbox, app.patience, app.shutdown.clone())
        }
        Err(refusal) => {
            let problem = refusal.problem();
            warn!(code = ?problem.code, detail = problem.detail, "refused a peer");
            refusal.into_response()
        }
    }
}

/// Lets the peer in that an address names.
async fn join(
    app: &App,
    query: Result<Query<Vec<(String, String)>>, QueryRejection>,
    uri: &Uri,
) -> Result<(Place, Inbox), Refusal> {
    let Query(query) =
        query.map_err(|error| Refusal::new(ProblemCode::BadRequest, error.body_text()))?;
    let (door, token) = (door(uri, &query)?, token(&query)?);
    if app.shutdown.is_cancelled() {
        return Err(Refusal::new(ProblemCode::ShuttingDown, ""));
    }
    app.lobby.join(door, token).await
}

/// The values of a parameter, in their order.
fn values<'q>(
    query: &'q [(String, String)],
    name: &'static str,
) -> impl DoubleEndedIterator<Item = &'q str> {
    let named = query.iter().filter(move |(key, _)| key == name);
    named.map(|(_, value)| value.as_str())
}

/// The token by which the peer keeps its id, if it has one.
fn token(query: &[(String, String)]) -> Result<Option<Token>, Refusal> {
    let mut values = values(query, "token");
    let token = values.next().map(str::parse).transpose();
    let token = match values.next() {
        None => token,
        Some(_) => Err(InvalidToken),
    };
    token.map_err(|error| Refusal::new(ProblemCode::BadRequest, format!("{error}.")))
}

fn door(uri: &Uri, query: &[(String, String)]) -> Result<Door, Refusal> {
    let path = uri.path().strip_prefix('/').unwrap_or_default();
    let name = percent_decode_str(path).decode_utf8_lossy();
    // As with the stock server, the last of several counts.
    Door::bare(&name, values(query, "next").next_back())
        .map_err(|error| Refusal::new(ProblemCode::BadRequest, format!("{error}.")))
}

fn wants_websocket(headers: &HeaderMap) -> bool {
    headers
        .get(header::UPGRADE)
        .is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"websocket"))
}
