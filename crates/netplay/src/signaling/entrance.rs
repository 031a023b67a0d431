//! The way into a room that a server has created: a ticket, and the token of whom it is for.

use super::api::{
    ApiError, ServerUrl, close_room, create_room, quick_match, request_ticket, seal_room,
};
use protocol::{
    PeerId,
    api::{
        CreateRoom, Pass, QuickMatch, Remembered, Room, TicketRequest, VersionTag, parse_room_code,
    },
    identity::PeerToken,
};
use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use uuid::Uuid;

/// One socket's way into one room. A clone is another handle on the same.
///
/// Each entrance is another peer: two transports with one would take each other's place.
#[derive(Clone)]
pub struct Entrance(Arc<Way>);

struct Way {
    server: ServerUrl,
    token: PeerToken,
    room: Room,
    ticket: Mutex<String>,
}

/// How to get into a room of which one knows no more than its name.
#[derive(Clone, Debug)]
pub enum Found {
    /// With a ticket: the server has created it.
    Created(Entrance),
    /// By its name alone: on a stock matchbox server all rooms are, on ours those that are no
    /// codes.
    Bare {
        /// The room's WebSocket.
        room_url: String,
    },
}

impl Entrance {
    /// Makes a room; [`CreateRoom::peer`] is ours to fill in.
    ///
    /// # Errors
    /// Those of [`create_room`].
    pub async fn create(server: &ServerUrl, wanted: CreateRoom) -> Result<Self, ApiError> {
        let token = new_token();
        let wanted = CreateRoom {
            peer: Some(token.peer_id()),
            ..wanted
        };
        let made = create_room(server, &wanted).await?;
        let pass = made.pass.ok_or_else(|| ApiError::NotOurServer {
            server: server.to_string(),
            status: 201,
        })?;
        Ok(Self::new(server, token, made.room, pass))
    }

    /// Enters the room of a code. `earlier` is a ticket that the same player had for it, before a
    /// reload of the page say: with it one returns to a room that was sealed since.
    ///
    /// # Errors
    /// Those of [`request_ticket`].
    pub async fn join(
        server: &ServerUrl,
        code: &str,
        version: VersionTag,
        earlier: Option<&str>,
    ) -> Result<Self, ApiError> {
        let token = new_token();
        let wanted = TicketRequest {
            peer: token.peer_id(),
            version,
            again: None,
        };
        let admission = request_ticket(server, code, &wanted, earlier).await?;
        Ok(Self::new(server, token, admission.room, admission.pass))
    }

    /// Enters the fullest public room of a version, or makes one for so many peers.
    ///
    /// # Errors
    /// Those of [`quick_match`].
    pub async fn quick(
        server: &ServerUrl,
        version: VersionTag,
        capacity: usize,
    ) -> Result<Self, ApiError> {
        let token = new_token();
        let wanted = QuickMatch {
            peer: token.peer_id(),
            version,
            capacity,
        };
        let admission = quick_match(server, &wanted).await?;
        Ok(Self::new(server, token, admission.room, admission.pass))
    }

    fn new(server: &ServerUrl, token: PeerToken, room: Room, pass: Pass) -> Self {
        Self(Arc::new(Way {
            server: server.clone(),
            token,
            room,
            ticket: Mutex::new(pass.ticket),
        }))
    }

    /// The room as it was when it was found.
    pub fn room(&self) -> &Room {
        &self.0.room
    }

    /// By which id the server knows who enters here.
    pub fn peer_id(&self) -> PeerId {
        self.0.token.peer_id()
    }

    /// The newest ticket, to be kept for [`Entrance::join`] after a reload. A secret.
    pub fn ticket(&self) -> String {
        self.lock().clone()
    }

    /// Keeps newcomers out of the room, or lets them in again. Only the longest-present peer may.
    ///
    /// # Errors
    /// Those of [`seal_room`].
    pub async fn seal(&self, sealed: bool) -> Result<Room, ApiError> {
        let Way {
            server,
            token,
            room,
            ..
        } = &*self.0;
        seal_room(server, &room.code, *token, sealed).await
    }

    /// Ends the room for everybody. Only the longest-present peer may.
    ///
    /// # Errors
    /// Those of [`close_room`].
    pub async fn close(&self) -> Result<(), ApiError> {
        let Way {
            server,
            token,
            room,
            ..
        } = &*self.0;
        close_room(server, &room.code, *token).await
    }

    /// The WebSocket's address. It holds both secrets: not for logs, nor for players.
    pub(super) fn url(&self) -> String {
        let Way {
            server,
            token,
            room,
            ..
        } = &*self.0;
        let (room, token) = (server.room(&room.code), token.to_secret_text());
        format!("{room}?token={token}&ticket={}", self.lock())
    }

    /// Gets another ticket for the same peer, when the server takes the one it gave no more. `was_in`:
    /// the peer has been in the room, so that a server that has forgotten it makes it again.
    pub(super) async fn renew(&self, was_in: bool) -> Result<(), ApiError> {
        let Way {
            server,
            token,
            room,
            ..
        } = &*self.0;
        let remembered = Remembered {
            visibility: room.visibility,
            capacity: room.capacity,
        };
        let wanted = TicketRequest {
            peer: token.peer_id(),
            version: room.version.clone(),
            again: was_in.then_some(remembered),
        };
        let earlier = self.ticket();
        let admission = request_ticket(server, &room.code, &wanted, Some(&earlier)).await?;
        *self.lock() = admission.pass.ticket;
        Ok(())
    }

    fn lock(&self) -> MutexGuard<'_, String> {
        // Nothing panics while it holds the lock; if it did, a ticket is still a ticket.
        let ticket = self.0.ticket.lock();
        ticket.unwrap_or_else(PoisonError::into_inner)
    }
}

/// Tells where it leads and who enters, and no secret.
impl fmt::Debug for Entrance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Entrance")
            .field("server", &self.0.server)
            .field("room", &self.0.room)
            .field("peer", &self.peer_id())
            .finish_non_exhaustive()
    }
}

/// Finds the way into a room by its code; on a stock matchbox server, which knows no codes, it is
/// the room's name.
///
/// # Errors
/// Those of [`request_ticket`]; a name that is no code is [`protocol::api::ProblemCode::NoSuchRoom`].
pub async fn by_code(
    server: &ServerUrl,
    code: &str,
    version: VersionTag,
    earlier: Option<&str>,
) -> Result<Found, ApiError> {
    match Entrance::join(server, code, version, earlier).await {
        Ok(entrance) => Ok(Found::Created(entrance)),
        Err(ApiError::NotOurServer { .. }) => Ok(by_name(server, code)),
        Err(error) => Err(error),
    }
}

/// Finds the way into a room by its code, or by its name if that is none.
///
/// # Errors
/// Those of [`by_code`].
pub async fn by_code_or_name(
    server: &ServerUrl,
    room: &str,
    version: VersionTag,
) -> Result<Found, ApiError> {
    match parse_room_code(room) {
        Some(code) => by_code(server, &code, version, None).await,
        None => Ok(by_name(server, room)),
    }
}

/// The way into a room that its name leads to. It is made by whoever comes first.
pub fn by_name(server: &ServerUrl, room: &str) -> Found {
    Found::Bare {
        room_url: server.room(room),
    }
}

/// A token of 128 random bits. Six bits of a UUID are fixed; here each of those meets a random one of
/// another.
pub(super) fn new_token() -> PeerToken {
    let bits = Uuid::new_v4().as_u128() ^ Uuid::new_v4().as_u128().rotate_left(64);
    PeerToken::from_random(bits.to_be_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_bit_of_a_token_is_random() {
        let (mut ones, mut zeros) = (0, 0);
        for _ in 0..200 {
            let text = new_token().to_secret_text();
            let token = u128::from_str_radix(&text, 16).expect("hexadecimal");
            (ones, zeros) = (ones | token, zeros | !token);
        }
        assert_eq!((ones, zeros), (u128::MAX, u128::MAX));
    }

    #[test]
    fn an_entrance_does_not_tell_its_secrets() {
        let server = "http://a".parse().expect("an address");
        let room = Room {
            code: "BCD234".to_owned(),
            peers: 0,
            capacity: 8,
            visibility: Default::default(),
            version: Default::default(),
            sealed: false,
        };
        let pass = Pass {
            ticket: "TICKET".to_owned(),
            expires: 0,
        };
        let entrance = Entrance::new(&server, new_token(), room, pass);
        let secret = entrance.0.token.to_secret_text();
        let url = format!("ws://a/BCD234?token={secret}&ticket=TICKET");
        assert_eq!(entrance.url(), url);
        let debug = format!("{entrance:?}");
        assert!(
            !debug.contains(&secret) && !debug.contains("TICKET"),
            "{debug}"
        );
    }
}
