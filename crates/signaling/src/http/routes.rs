//! Shows each request its room of the house, and counts how it fared.

use super::{
    api::{self, Api},
    files::Files,
    problem::{Refusal, bad},
};
use crate::{
    Origin, PageHeaders, Proxies, Rates,
    admission::{
        crowd::{Crowd, Present},
        gate,
        rates::Buckets,
    },
    clock::unix_now,
    ice::IceDesk,
    lobby::{Lobby, Place, outbox::Inbox},
    operations::{
        health::Health,
        metrics::{Metrics, Route},
    },
    store::{Door, Refused},
    ticket::{self, BadTicket, key::Keys},
    websocket::{
        handshake::{self, Handshake},
        socket::{self, Patience},
    },
};
use axum::{
    Router,
    extract::{Query, Request, State, rejection::QueryRejection},
    http::{Uri, header},
    middleware::{Next, from_fn_with_state},
    response::{IntoResponse, Response},
    routing::get,
};
use percent_encoding::percent_decode_str;
use protocol::{
    api::{ProblemCode, parse_room_code},
    identity::{BadPeerToken, PeerToken},
};
use std::{
    sync::Arc,
    time::{Duration, Instant},
};
use tokio_util::sync::CancellationToken;
use tower_http::cors::{AllowHeaders, CorsLayer};
use tracing::{debug, field};

/// What every request may use.
#[derive(Debug)]
pub(crate) struct App {
    pub(crate) lobby: Arc<Lobby>,
    pub(crate) keys: Arc<Keys>,
    /// Whether rooms may be entered by a name alone.
    pub(crate) bare_rooms: bool,
    pub(crate) ice: Arc<IceDesk>,
    pub(crate) files: Files,
    pub(crate) patience: Patience,
    pub(crate) proxies: Proxies,
    pub(crate) origins: Option<Vec<Origin>>,
    pub(crate) pages: PageHeaders,
    pub(crate) rates: Rates,
    pub(crate) buckets: Arc<Buckets>,
    /// The WebSockets of each household.
    pub(crate) crowd: Arc<Crowd>,
    pub(crate) request_deadline: Duration,
    pub(crate) log_addresses: bool,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) health: Arc<Health>,
    /// Whether `/metrics` is among the players' paths.
    pub(crate) public_metrics: bool,
    /// Closes every WebSocket.
    pub(crate) closing: CancellationToken,
}

/// All that players and their browsers ask for.
pub(crate) fn players(app: &Arc<App>) -> Router {
    let guard = || from_fn_with_state(Arc::clone(app), gate::guard);
    // Browsers ask for leave before the gate, so that a page can read why it is refused. Open to
    // all origins: the gate knows which ones it lets through.
    let api = api::router(Api {
        lobby: Arc::clone(&app.lobby),
        keys: Arc::clone(&app.keys),
        ice: Arc::clone(&app.ice),
    });
    // Each header by its name: "all" does not mean `Authorization` (Fetch, 3.3.3).
    let any_header = AllowHeaders::mirror_request();
    let api = api
        .layer(guard())
        .layer(CorsLayer::permissive().allow_headers(any_header));
    let metrics = match app.public_metrics {
        true => metrics_route(),
        false => Router::new(),
    };
    let rest = health_routes()
        .merge(metrics)
        .fallback(socket_or_file)
        .layer(guard());
    Router::new()
        .nest("/api/v1", api)
        .merge(rest)
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

/// Finds out who asks for what, completes each answer and counts it. Paths are not logged, since
/// they name rooms, and queries hold secrets.
async fn observe(State(app): State<Arc<App>>, mut request: Request, next: Next) -> Response {
    let start = Instant::now();
    let route = route_of(&request);
    let address = gate::identify(&app, &mut request, route);
    let mut response = next.run(request).await;
    app.pages.complete(&mut response);
    app.metrics.http.of(route).record(start.elapsed());
    let code = response.extensions().get::<ProblemCode>();
    if let Some(code) = code {
        app.metrics.refusals.one(*code);
    }
    let address = address.filter(|_| app.log_addresses).map(field::display);
    // No warning: whoever can be refused could fill the disk with them.
    let status = response.status().as_u16();
    debug!(?route, status, problem = ?code, address, "answered");
    response
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
            return bad(format!("{error}.")).into_response();
        }
    };
    let present = gate::enter_crowd(&app, &request);
    let (place, inbox) = match join(&app, query, request.uri(), present).await {
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
    present: Result<Option<Present>, Refusal>,
) -> Result<(Place, Inbox), Refusal> {
    let Query(query) = query.map_err(|error| bad(error.body_text()))?;
    let token = token(&query)?;
    let door = way_in(app, uri, &query, token)?;
    app.lobby.join(door, token, present?).await
}

/// The values of a parameter, in their order.
fn values<'q>(
    query: &'q [(String, String)],
    name: &'static str,
) -> impl DoubleEndedIterator<Item = &'q str> {
    let named = query.iter().filter(move |(key, _)| key == name);
    named.map(|(_, value)| value.as_str())
}

/// The value of a parameter that may be given once; an empty one is a value.
fn value<'q>(
    query: &'q [(String, String)],
    name: &'static str,
) -> Result<Option<&'q str>, Refusal> {
    let mut values = values(query, name);
    match (values.next(), values.next()) {
        (_, Some(_)) => Err(bad(format!("`{name}` is given more than once."))),
        (value, None) => Ok(value),
    }
}

/// The token by which the peer keeps its id, if it has one.
pub(crate) fn token(query: &[(String, String)]) -> Result<Option<PeerToken>, Refusal> {
    let token = value(query, "token")?.map(str::parse).transpose();
    token.map_err(|error: BadPeerToken| bad(format!("{error}.")))
}

/// The way in that an address names, without a ticket.
pub(crate) fn door(uri: &Uri, query: &[(String, String)]) -> Result<Door, Refusal> {
    let path = uri.path().strip_prefix('/').unwrap_or_default();
    let name = percent_decode_str(path).decode_utf8_lossy();
    // As with the stock server, the last of several counts.
    Door::bare(&name, values(query, "next").next_back()).map_err(|error| bad(format!("{error}.")))
}

/// The way in that an address names, with a ticket if it has one.
fn way_in(
    app: &App,
    uri: &Uri,
    query: &[(String, String)],
    token: Option<PeerToken>,
) -> Result<Door, Refusal> {
    // Also with a ticket, so that what is malformed is always said to be.
    let bare = door(uri, query)?;
    let Some(text) = value(query, "ticket")? else {
        return match app.bare_rooms {
            true => Ok(bare),
            false => Err(Refused::TicketRequired.into()),
        };
    };
    let Door::Bare { name, group: None } = &bare else {
        return Err(bad("A ticket is for a room, and `next` for a group."));
    };
    let code = parse_room_code(name).unwrap_or_default();
    let claims = ticket::read(&app.keys, text, &code, unix_now())?;
    if token.map(PeerToken::peer_id) != Some(claims.peer) {
        return Err(BadTicket::OtherPeer.into());
    }
    Ok(claims.door())
}
