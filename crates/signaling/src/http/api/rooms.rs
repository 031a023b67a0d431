//! Making, finding, sealing and closing rooms.

use super::{
    Api, created, fresh,
    input::{Body, Code, Proven, capacity},
    tickets::sign,
};
use crate::{
    clock::{unix_millis, unix_now},
    http::problem::{Refusal, bad},
    limits::{ROOM_CODE_ATTEMPTS, ROOM_CODE_LENGTH},
    store::{BadCursor, Charter, Listing, Refused, RoomState, Store},
};
use axum::{
    extract::{Query, State, rejection::QueryRejection},
    http::StatusCode,
    response::Response,
};
use matchbox_protocol::PeerId;
use protocol::{
    api::{BadVersionTag, ChangeRoom, CreateRoom, CreatedRoom, RoomList, VersionTag, Visibility},
    limits::{MAX_LISTED_ROOMS, ROOM_CODE_ALPHABET},
};
use serde::Deserialize;
use uuid::Uuid;

pub(super) async fn create(
    State(api): State<Api>,
    Body(wanted): Body<CreateRoom>,
) -> Result<Response, Refusal> {
    let room = Wanted {
        visibility: wanted.visibility,
        capacity: capacity(wanted.capacity)?,
        version: wanted.version,
    };
    let (state, _) = make(api.store(), &room, None).await?;
    let now = unix_now();
    let sign = |peer| sign(&api, state.charter.clone(), peer, None, now);
    let pass = wanted.peer.map(sign).transpose()?;
    let code = state.charter.code.clone();
    let room = state.public();
    Ok(created(&code, CreatedRoom { room, pass }))
}

pub(super) async fn look_up(State(api): State<Api>, Code(code): Code) -> Result<Response, Refusal> {
    let state = api.store().find(&code).await?;
    Ok(fresh(StatusCode::OK, state.public()))
}

/// The query of a list, as text: what is wrong with it is told by a problem.
#[derive(Deserialize)]
pub(super) struct ListQuery {
    version: Option<String>,
    after: Option<String>,
    limit: Option<String>,
}

impl ListQuery {
    fn listing(self) -> Result<Listing, Refusal> {
        let limit = self.limit.map_or(Ok(MAX_LISTED_ROOMS), |text| {
            let limit = text.parse().ok();
            let limit = limit.filter(|limit| (1..=MAX_LISTED_ROOMS).contains(limit));
            limit.ok_or_else(|| bad(format!("`limit` is a number from 1 to {MAX_LISTED_ROOMS}.")))
        })?;
        let version = self.version.map(|text| text.parse()).transpose();
        let after = self.after.map(|text| text.parse()).transpose();
        Ok(Listing {
            version: version.map_err(|error: BadVersionTag| bad(format!("{error}.")))?,
            after: after.map_err(|error: BadCursor| bad(format!("{error}.")))?,
            limit,
        })
    }
}

pub(super) async fn list(
    State(api): State<Api>,
    query: Result<Query<ListQuery>, QueryRejection>,
) -> Result<Response, Refusal> {
    let Query(query) = query.map_err(|error| bad(error.body_text()))?;
    let page = api.store().list(&query.listing()?).await?;
    let list = RoomList {
        rooms: page.rooms.into_iter().map(RoomState::public).collect(),
        next: page.next.map(|cursor| cursor.to_string()),
    };
    Ok(fresh(StatusCode::OK, list))
}

pub(super) async fn change(
    State(api): State<Api>,
    Code(code): Code,
    Proven(owner): Proven,
    Body(ChangeRoom { sealed }): Body<ChangeRoom>,
) -> Result<Response, Refusal> {
    let state = api.store().seal(&code, owner, sealed).await?;
    Ok(fresh(StatusCode::OK, state.public()))
}

pub(super) async fn close(
    State(api): State<Api>,
    Code(code): Code,
    Proven(owner): Proven,
) -> Result<StatusCode, Refusal> {
    api.store().close(&code, owner).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// A room that may have to be made.
pub(super) struct Wanted {
    pub(super) visibility: Visibility,
    pub(super) capacity: usize,
    pub(super) version: VersionTag,
}

impl Wanted {
    fn charter(&self) -> Charter {
        Charter {
            code: room_code(Uuid::new_v4().as_u64_pair().1),
            visibility: self.visibility,
            capacity: self.capacity,
            version: self.version.clone(),
            born: unix_millis(),
        }
    }
}

/// Makes a room, unless there is one already for who wants a `quick` match; and whether it is new.
pub(super) async fn make(
    store: &dyn Store,
    wanted: &Wanted,
    quick: Option<PeerId>,
) -> Result<(RoomState, bool), Refused> {
    for _ in 0..ROOM_CODE_ATTEMPTS {
        let charter = wanted.charter();
        let made = match quick {
            Some(peer) => store.quick(peer, &charter).await,
            None => store.create(&charter).await,
        };
        match made {
            Err(Refused::Taken) => {}
            made => {
                let state = made?;
                let is_new = state.charter == charter;
                return Ok((state, is_new));
            }
        }
    }
    Err(Refused::Taken)
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
    use protocol::api::parse_room_code;
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
