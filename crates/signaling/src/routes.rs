//! Shows each request its room of the house, and counts how it fared.

use crate::{
    api,
    files::Files,
    handshake::{self, Handshake},
    health::{Health, Trouble},
    lobby::{Lobby, Place},
    metrics::{Metrics, Route},
    outbox::Inbox,
    problem::Refusal,
    socket::{self, Patience},
    store::Door,
    token::{InvalidToken, Token},
};
use axum::{
    Router,
    extract::{Query, Request, State, rejection::QueryRejection},
    http::{Method, Uri, header},
    middleware::{Next, from_fn_with_state},
    response::{IntoResponse, Response},
    routing::get,
};
use percent_encoding::percent_decode_str;
use protocol::api::ProblemCode;
use std::{sync::Arc, time::Instant};
use tokio_util::sync::CancellationToken;
use tracing::debug;

/// What every request may use.
#[derive(Debug)]
pub(crate) struct App {
    pub(crate) lobby: Arc<Lobby>,
    pub(crate) files: Files,
    pub(crate) patience: Patience,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) health: Arc<Health>,
    /// Whether `/metrics` is among the players' paths.
    pub(crate) public_metrics: bool,
    /// Closes every WebSocket.
    pub(crate) closing: CancellationToken,
}

/// All that players and their browsers ask for.
pub(crate) fn players(app: &Arc<App>) -> Router {
    Router::new()
        .nest("/api/v1", api::router().with_state(Arc::clone(&app.lobby)))
        .merge(health_routes())
        .fallback(socket_or_file)
        .merge(match app.public_metrics {
            true => metrics_route(),
            false => Router::new(),
        })
        .layer(from_fn_with_state(Arc::clone(app), admit))
        .layer(from_fn_with_state(Arc::clone(app), observe))
        .with_state(Arc::clone(app))
}

/// What only operators ask for, on a listener of their own.
pub(crate) fn operators(app: &Arc<App>) -> Router {
    health_routes()
        .merge(metrics_route())
        .with_state(Arc::clone(app))
}

fn health_routes() -> Router<Arc<App>> {
    Router::new()
        .route("/healthz", get(async || "ok\n"))
        .route("/readyz", get(readiness))
}

fn metrics_route() -> Router<Arc<App>> {
    Router::new().route("/metrics", get(show_metrics))
}

async fn readiness(State(app): State<Arc<App>>) -> Response {
    app.health.readiness()
}

async fn show_metrics(State(app): State<Arc<App>>) -> impl IntoResponse {
    app.metrics.rooms.set(app.lobby.store().room_count());
    let media_type = "text/plain; version=0.0.4; charset=utf-8";
    (
        [
            (header::CONTENT_TYPE, media_type),
            (header::CACHE_CONTROL, "no-store"),
        ],
        app.metrics.render(),
    )
}

/// Counts each answer. Paths are not logged, since they name rooms, and queries hold secrets.
async fn observe(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let start = Instant::now();
    let route = route_of(&request);
    let response = next.run(request).await;
    app.metrics.http.of(route).record(start.elapsed());
    let code = response.extensions().get::<ProblemCode>();
    if let Some(code) = code {
        app.metrics.refusals.one(*code);
    }
    // No warning: whoever can be refused could fill the disk with them.
    let status = response.status().as_u16();
    debug!(?route, status, problem = ?code, "answered");
    response
}

/// Lets nobody begin anything while the server is going down.
async fn admit(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let begins = match route_of(&request) {
        Route::Socket => true,
        Route::Api => request.method() == Method::POST,
        Route::File | Route::Operator => false,
    };
    if begins && app.health.has(Trouble::Draining) {
        return Refusal::new(ProblemCode::ShuttingDown, "").into_response();
    }
    next.run(request).await
}

fn route_of(request: &Request) -> Route {
    match request.uri().path() {
        path if path.starts_with("/api/") => Route::Api,
        "/healthz" | "/readyz" | "/metrics" => Route::Operator,
        _ if handshake::is_asked_for(request.headers()) => Route::Socket,
        _ => Route::File,
    }
}

/// An upgrade at any path is a peer that joins a room; everything else asks for a file.
async fn socket_or_file(
    State(app): State<Arc<App>>,
    query: Result<Query<Vec<(String, String)>>, QueryRejection>,
    mut request: Request,
) -> Response {
    let start = Instant::now();
    if !handshake::is_asked_for(request.headers()) {
        let (method, uri, headers) = (request.method(), request.uri(), request.headers());
        return app.files.respond(method, uri, headers).await;
    }
    let handshake = match Handshake::of(&mut request) {
        Ok(handshake) => handshake,
        Err(error) => {
            return Refusal::new(ProblemCode::BadRequest, format!("{error}.")).into_response();
        }
    };
    let (place, inbox) = match join(&app, query, request.uri()).await {
        Ok(joined) => joined,
        Err(refusal) => return refusal.into_response(),
    };
    app.metrics.join.record(start.elapsed());
    let metrics = Arc::clone(&app.metrics);
    let closing = app.closing.clone();
    socket::upgrade(handshake, place, inbox, app.patience, metrics, closing)
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
