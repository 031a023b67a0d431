//! HTTP under `/api/v1/`: rooms with short codes, and `ice`.

mod ice;

use crate::{
    ice::IceDesk,
    limits::{ROOM_CODE_ATTEMPTS, ROOM_CODE_LENGTH},
    lobby::{Lobby, refuse_full},
    problem::Refusal,
    rooms::{NotCreated, Occupancy},
};
use axum::{
    Json, Router,
    extract::{Path, State, rejection::PathRejection},
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use protocol::{
    api::{ProblemCode, Room, parse_room_code},
    limits::ROOM_CODE_ALPHABET,
};
use std::sync::Arc;
use tower_http::cors::CorsLayer;
use uuid::Uuid;

/// The routes, open to pages of every origin: they hold no secret that a cookie would guard.
pub(crate) fn router(ice: Arc<IceDesk>) -> Router<Arc<Lobby>> {
    Router::new()
        .route("/ice", get(ice::answer).with_state(ice))
        .route("/rooms", post(create_room))
        .route("/rooms/{code}", get(look_up_room))
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
        .layer(CorsLayer::permissive())
}

async fn create_room(State(lobby): State<Arc<Lobby>>) -> Result<Response, Refusal> {
    for _ in 0..ROOM_CODE_ATTEMPTS {
        let code = room_code(Uuid::new_v4().as_u64_pair().1);
        match lobby.create(&code) {
            Ok(occupancy) => {
                let location = [(header::LOCATION, format!("/api/v1/rooms/{code}"))];
                return Ok(
                    (StatusCode::CREATED, location, describe(code, occupancy)).into_response()
                );
            }
            Err(NotCreated::Taken) => {}
            Err(NotCreated::Full(full)) => return Err(refuse_full(full)),
        }
    }
    Err(Refusal::new(
        ProblemCode::ServerFull,
        "No free room code was found.",
    ))
}

async fn look_up_room(
    State(lobby): State<Arc<Lobby>>,
    code: Result<Path<String>, PathRejection>,
) -> Result<Response, Refusal> {
    let Path(text) =
        code.map_err(|error| Refusal::new(ProblemCode::BadRequest, error.body_text()))?;
    let code = parse_room_code(&text).ok_or_else(|| {
        let detail = format!("A code has {ROOM_CODE_LENGTH} letters and digits.");
        Refusal::new(ProblemCode::NoSuchRoom, detail)
    })?;
    let occupancy = lobby.look_up(&code).ok_or_else(|| {
        let detail = format!("{code} was never created here, or has been empty for too long.");
        Refusal::new(ProblemCode::NoSuchRoom, detail)
    })?;
    Ok(describe(code, occupancy).into_response())
}

fn describe(code: String, occupancy: Occupancy) -> impl IntoResponse {
    let Occupancy { peers, capacity } = occupancy;
    let no_store = (header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    (
        [no_store],
        Json(Room {
            code,
            peers,
            capacity,
        }),
    )
}

/// A room code from random bits. The top two are dropped: in a UUID's lower half they are fixed.
///
/// 2^62 is no multiple of 26^6, but so large that no code is likelier than another by more than
/// one in 10^10.
fn room_code(random: u64) -> String {
    let mut rest = random & (u64::MAX >> 2);
    let radix = ROOM_CODE_ALPHABET.len() as u64;
    (0..ROOM_CODE_LENGTH)
        .map(|_| {
            let symbol = ROOM_CODE_ALPHABET[(rest % radix) as usize];
            rest /= radix;
            char::from(symbol)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::HashSet;

    proptest! {
        #[test]
        fn every_room_code_reads_back(random: u64) {
            let code = room_code(random);
            prop_assert_eq!(parse_room_code(&code), Some(code));
        }
    }

    #[test]
    fn room_codes_of_fresh_uuids_differ() {
        // 1,000 of 26^6 collide once with a probability of 0.16 %: compare fixed inputs instead.
        let codes: HashSet<_> = (0..1_000).map(room_code).collect();
        assert_eq!(codes.len(), 1_000);
    }
}
