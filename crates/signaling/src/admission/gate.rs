//! What every request passes before it reaches its room: is its page allowed here, does its
//! household not ask too often, and is the server not going down.

use super::{address::Household, crowd::Present, origins, rates::Deed};
use crate::{
    http::{problem::Refusal, routes::App},
    limits::CROWD_RETRY,
    operations::{
        health::Trouble,
        metrics::{Label, Limit, Route},
    },
};
use axum::{
    extract::{Request, State},
    http::{HeaderMap, Method, StatusCode},
    middleware::Next,
    response::{IntoResponse, Response},
};
use protocol::api::ProblemCode;
use std::{net::IpAddr, sync::Arc, time::Duration};
use tokio::time::timeout;

/// The other end of a request's TCP connection.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Peer(pub(crate) IpAddr);

/// Whom a request is from; nobody if it is a trusted proxy's own, for whom no limit of one
/// household holds.
#[derive(Clone, Copy, Debug)]
struct Client(Option<Household>);

/// Finds out whom a request is from, which all that follows reads from it. Returns the address.
pub(crate) fn identify(app: &App, request: &mut Request, route: Route) -> Option<IpAddr> {
    let peer = request.extensions().get::<Peer>().copied();
    let address = peer.and_then(|peer| app.proxies.client(peer.0, request.headers()));
    let client = Client(address.map(Household::from));
    let extensions = request.extensions_mut();
    extensions.insert(client);
    extensions.insert(route);
    address
}

/// Lets a request through, or refuses it.
pub(crate) async fn guard(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let route = request.extensions().get::<Route>().copied();
    let Some(route @ (Route::Api | Route::Socket)) = route else {
        return next.run(request).await;
    };
    let client = client_of(&request);
    let admitted = admit(&app, request.method(), request.headers(), route, client).await;
    if let Err(refusal) = admitted {
        return refusal.into_response();
    }
    let response = match timeout(app.request_deadline, next.run(request)).await {
        Ok(response) => response,
        Err(_) => {
            app.metrics.limits.one(Limit::RequestDeadline);
            Refusal::new(ProblemCode::BadRequest, "The request did not come in time.")
                .with_status(StatusCode::REQUEST_TIMEOUT)
                .into_response()
        }
    };
    let problem = response.extensions().get::<ProblemCode>();
    if let (Some(client), Some(problem)) = (client, problem)
        && is_miss(*problem)
        && let Err(wait) = take(&app, Deed::Miss, client).await
    {
        app.buckets.bar(client, wait);
    }
    response
}

async fn admit(
    app: &App,
    method: &Method,
    headers: &HeaderMap,
    route: Route,
    client: Option<Household>,
) -> Result<(), Refusal> {
    let changes = matches!(*method, Method::POST | Method::PATCH | Method::DELETE);
    let begins = route == Route::Socket || *method == Method::POST;
    if begins && app.health.has(Trouble::Draining) {
        return Err(Refusal::new(ProblemCode::ShuttingDown, ""));
    }
    if !origins::allows(app.origins.as_deref(), headers) {
        return Err(Refusal::new(ProblemCode::ForbiddenOrigin, ""));
    }
    let Some(client) = client else {
        return Ok(());
    };
    let barred = app.buckets.check_barred(client);
    barred.map_err(|wait| too_many(app, Limit::MissRate, wait))?;
    let deeds: &[Deed] = match (route, changes) {
        (Route::Socket, _) => &[Deed::Upgrade],
        (_, true) => &[Deed::Request, Deed::Change],
        (_, false) => &[Deed::Request],
    };
    for deed in deeds {
        let taken = take(app, *deed, client).await;
        taken.map_err(|wait| too_many(app, deed.limit(), wait))?;
    }
    Ok(())
}

/// Takes one from a household's bucket on this node and, where there are many, from the one that
/// all nodes share. When that is away this node's own is what holds.
async fn take(app: &App, deed: Deed, client: Household) -> Result<(), Duration> {
    app.buckets.take(deed, client)?;
    let bucket = format!("{}:{client}", deed.name());
    let shared = app.lobby.store().take(&bucket, app.rates.of(deed)).await;
    shared.ok().flatten().map_or(Ok(()), Err)
}

/// A place in the crowd of its household's WebSockets.
pub(crate) fn enter_crowd(app: &App, request: &Request) -> Result<Option<Present>, Refusal> {
    let Some(client) = client_of(request) else {
        return Ok(None);
    };
    let present = app.crowd.enter(client);
    let refusal = || too_many(app, Limit::AddressSockets, CROWD_RETRY);
    present.map(Some).ok_or_else(refusal)
}

fn client_of(request: &Request) -> Option<Household> {
    request
        .extensions()
        .get::<Client>()
        .and_then(|client| client.0)
}

/// Whether somebody who guesses would get this answer.
fn is_miss(problem: ProblemCode) -> bool {
    matches!(
        problem,
        ProblemCode::NoSuchRoom | ProblemCode::BadTicket | ProblemCode::TicketRequired
    )
}

fn too_many(app: &App, limit: Limit, wait: Duration) -> Refusal {
    app.metrics.limits.one(limit);
    Refusal::new(ProblemCode::TooManyRequests, "").with_retry_after(wait)
}
