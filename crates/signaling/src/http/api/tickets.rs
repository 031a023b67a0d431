//! Leave to enter rooms: for a code that the player was told, or wherever others wait.

use super::{
    Api, created, fresh,
    input::{Body, Code, bearer, capacity},
    rooms::{Wanted, make},
};
use crate::{
    clock::{unix_millis, unix_now},
    http::problem::Refusal,
    store::{Charter, Refused, RoomState},
    ticket::{self, Claims, Seconds},
};
use axum::{
    extract::State,
    http::{HeaderMap, StatusCode},
    response::Response,
};
use matchbox_protocol::PeerId;
use protocol::api::{
    Admission, Pass, ProblemCode, QuickMatch, TicketRequest, VersionTag, Visibility,
};

pub(super) async fn issue(
    State(api): State<Api>,
    Code(code): Code,
    headers: HeaderMap,
    Body(wanted): Body<TicketRequest>,
) -> Result<Response, Refusal> {
    let now = unix_now();
    // One that does not count proves nothing, and does no harm.
    let earlier = bearer(&headers).and_then(|text| ticket::read(&api.keys, text, &code, now).ok());
    let state = match api.store().find(&code).await {
        Err(Refused::NoSuchRoom) => again(&api, code, earlier.as_ref(), &wanted).await?,
        found => found?,
    };
    let formerly = earlier
        .filter(|claims| claims.charter.born == state.charter.born)
        .map(|claims| claims.peer);
    admit(&state, wanted.peer, formerly, &wanted.version)?;
    let pass = sign(&api, state.charter.clone(), wanted.peer, formerly, now)?;
    let room = state.public();
    Ok(fresh(StatusCode::CREATED, Admission { pass, room }))
}

pub(super) async fn quick(
    State(api): State<Api>,
    Body(wanted): Body<QuickMatch>,
) -> Result<Response, Refusal> {
    let room = Wanted {
        visibility: Visibility::Public,
        capacity: capacity(wanted.capacity)?,
        version: wanted.version,
    };
    let (state, is_new) = make(api.store(), &room, Some(wanted.peer)).await?;
    let now = unix_now();
    let pass = sign(&api, state.charter.clone(), wanted.peer, None, now)?;
    let code = state.charter.code.clone();
    let room = state.public();
    let admission = Admission { pass, room };
    Ok(match is_new {
        true => created(&code, admission),
        false => fresh(StatusCode::OK, admission),
    })
}

/// The room of a code that the server has forgotten, for whoever was in it: as an earlier ticket
/// has it, or as the client remembers it.
async fn again(
    api: &Api,
    code: String,
    earlier: Option<&Claims>,
    wanted: &TicketRequest,
) -> Result<RoomState, Refusal> {
    if let Some(claims) = earlier {
        // It is made by whoever enters first.
        return Ok(RoomState::empty(claims.charter.clone()));
    }
    let remembered = wanted.again.ok_or(Refused::NoSuchRoom)?;
    let charter = Charter {
        visibility: remembered.visibility,
        capacity: capacity(remembered.capacity)?,
        version: wanted.version.clone(),
        born: unix_millis(),
        code,
    };
    match api.store().create(&charter).await {
        // Another of its peers was first.
        Err(Refused::Taken) => Ok(api.store().find(&charter.code).await?),
        made => Ok(made?),
    }
}

/// Whether the room takes this peer now. What counts is decided when it enters; but a browser
/// tells a page nothing of a refused WebSocket.
fn admit(
    state: &RoomState,
    peer: PeerId,
    formerly: Option<PeerId>,
    version: &VersionTag,
) -> Result<(), Refusal> {
    let capacity = state.charter.capacity;
    let of_room = &state.charter.version;
    if *of_room != VersionTag::default() && of_room != version {
        let detail = format!("It is for \"{of_room}\", and this is \"{version}\".");
        return Err(Refusal::new(ProblemCode::WrongVersion, detail));
    }
    if state.keeps_out(peer, formerly) {
        return Err(Refused::RoomSealed.into());
    }
    if state.peers.len() >= capacity && !state.peers.contains(&peer) {
        return Err(Refused::RoomFull(capacity).into());
    }
    Ok(())
}

/// A ticket, signed.
pub(super) fn sign(
    api: &Api,
    charter: Charter,
    peer: PeerId,
    formerly: Option<PeerId>,
    now: Seconds,
) -> Result<Pass, Refusal> {
    let claims = Claims::new(charter, peer, formerly, now);
    ticket::issue(&api.keys, &claims)
        .ok_or_else(|| Refusal::new(ProblemCode::Unavailable, "No ticket could be written."))
}
