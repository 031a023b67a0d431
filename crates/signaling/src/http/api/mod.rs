//! HTTP under `/api/v1/`: rooms with short codes, the tickets that let peers in, and servers that
//! help through NATs.

mod ice;
mod input;
mod rooms;
mod tickets;

use crate::{http::problem::Refusal, ice::IceDesk, lobby::Lobby, store::Store, ticket::key::Keys};
use axum::{
    Json, Router,
    extract::DefaultBodyLimit,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use protocol::{api::ProblemCode, limits::MAX_API_BODY_BYTES};
use serde::Serialize;
use std::sync::Arc;

/// What the routes work with.
#[derive(Clone, Debug)]
pub(crate) struct Api {
    pub(crate) lobby: Arc<Lobby>,
    pub(crate) keys: Arc<Keys>,
    pub(crate) ice: Arc<IceDesk>,
}

impl Api {
    fn store(&self) -> &dyn Store {
        self.lobby.store()
    }
}

/// The routes.
pub(crate) fn router<S: Clone + Send + Sync + 'static>(api: Api) -> Router<S> {
    Router::new()
        .route("/ice", get(ice::answer).with_state(Arc::clone(&api.ice)))
        .route("/rooms", post(rooms::create).get(rooms::list))
        .route(
            "/rooms/{code}",
            get(rooms::look_up)
                .patch(rooms::change)
                .delete(rooms::close),
        )
        .route("/rooms/{code}/tickets", post(tickets::issue))
        .route("/quick", post(tickets::quick))
        .fallback(async || {
            Refusal::new(ProblemCode::BadRequest, "The API has no such path.")
                .with_status(StatusCode::NOT_FOUND)
        })
        .method_not_allowed_fallback(async || {
            Refusal::new(
                ProblemCode::BadRequest,
                "The path does not take this method.",
            )
            .with_status(StatusCode::METHOD_NOT_ALLOWED)
        })
        .layer(DefaultBodyLimit::max(MAX_API_BODY_BYTES))
        .with_state(api)
}

/// An answer that holds only for now, and may be a secret.
fn fresh(status: StatusCode, body: impl Serialize) -> Response {
    let no_store = (header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    (status, [no_store], Json(body)).into_response()
}

/// An answer about a new room.
fn created(code: &str, body: impl Serialize) -> Response {
    let location = [(header::LOCATION, format!("/api/v1/rooms/{code}"))];
    (location, fresh(StatusCode::CREATED, body)).into_response()
}
