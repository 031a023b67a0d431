//! HTTP under `/api/v1/`: rooms with short codes, and servers that help through NATs.

mod ice;
mod input;
mod rooms;

use crate::{ice::IceDesk, lobby::Lobby, problem::Refusal};
use axum::{
    Router,
    extract::DefaultBodyLimit,
    http::StatusCode,
    routing::{get, post},
};
use protocol::{api::ProblemCode, limits::MAX_API_BODY_BYTES};
use std::sync::Arc;

/// The routes.
pub(crate) fn router(ice: Arc<IceDesk>) -> Router<Arc<Lobby>> {
    Router::new()
        .route("/ice", get(ice::answer).with_state(ice))
        .route("/rooms", post(rooms::create).get(rooms::list))
        .route(
            "/rooms/{code}",
            get(rooms::look_up)
                .patch(rooms::change)
                .delete(rooms::close),
        )
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
}
