//! `GET /api/v1/ice`: servers that help connections through NATs, and credentials for them.

use crate::{clock::unix_now, http::problem::Refusal, ice::IceDesk};
use axum::{
    Json,
    extract::{Query, State, rejection::QueryRejection},
    http::header,
    response::IntoResponse,
};
use protocol::{PeerId, api::ProblemCode};
use serde::Deserialize;
use std::sync::Arc;
use uuid::Uuid;

/// The query of a request.
#[derive(Deserialize)]
pub(super) struct Asked {
    /// Whose the credentials are to be; without it, somebody's who is not known yet. Nothing is
    /// proven by it: a TURN server counts a user's allocations by it, and an address's too.
    peer: Option<Uuid>,
}

pub(super) async fn answer(
    State(desk): State<Arc<IceDesk>>,
    asked: Result<Query<Asked>, QueryRejection>,
) -> Result<impl IntoResponse, Refusal> {
    let Query(asked) =
        asked.map_err(|error| Refusal::new(ProblemCode::BadRequest, error.body_text()))?;
    let peer = PeerId(asked.peer.unwrap_or_else(Uuid::new_v4));
    let no_store = [(header::CACHE_CONTROL, "no-store")];
    Ok((no_store, Json(desk.answer(peer, unix_now()))))
}
