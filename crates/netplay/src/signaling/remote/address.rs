//! Where a socket's room is, and the secret by which the server knows the socket again.

use crate::signaling::entrance::{Entrance, new_token};
use protocol::PeerId;
use std::borrow::Cow;

/// The address of one socket's room.
pub(super) enum Address {
    /// Of a room that is entered by its name.
    Bare { url: String, may_return: bool },
    /// Of a room that is entered with a ticket, which may have to be replaced.
    Created(Entrance),
}

impl Address {
    /// With a new token. Our server makes our id of it; others ignore it, and so would a group's:
    /// who comes to `?next=N` belongs to the next group, and not to the one that it knows.
    pub(super) fn of(room_url: String) -> Self {
        let query = room_url.split_once('?').map(|(_, query)| query);
        let is_next = |part: &str| part.split('=').next() == Some("next");
        if query.is_some_and(|query| query.split('&').any(is_next)) {
            return Self::Bare {
                url: room_url,
                may_return: false,
            };
        }
        let joint = if query.is_some() { '&' } else { '?' };
        Self::Bare {
            url: format!("{room_url}{joint}token={}", new_token().to_secret_text()),
            may_return: true,
        }
    }

    /// The WebSocket's address. It holds the secret: not for logs, nor for players.
    pub(super) fn url(&self) -> Cow<'_, str> {
        match self {
            Self::Bare { url, .. } => url.into(),
            Self::Created(entrance) => entrance.url().into(),
        }
    }

    /// Our id, if only a server that gives it is the right one.
    pub(super) fn id(&self) -> Option<PeerId> {
        match self {
            Self::Bare { .. } => None,
            Self::Created(entrance) => Some(entrance.peer_id()),
        }
    }

    /// Whether a new connection leads to the same peers.
    pub(super) fn may_return(&self) -> bool {
        match self {
            Self::Bare { may_return, .. } => *may_return,
            Self::Created(_) => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_socket_has_a_token_of_its_own() {
        let mut tokens = Vec::new();
        for (room, before) in [
            ("ws://a/ROOM", "ws://a/ROOM?token="),
            ("ws://a/ROOM", "ws://a/ROOM?token="),
            ("ws://a/ROOM?x=next", "ws://a/ROOM?x=next&token="),
        ] {
            let address = Address::of(room.to_owned());
            assert!(address.may_return());
            let url = address.url();
            let token = url.strip_prefix(before).expect("the room comes first");
            assert!(token.len() == 32 && token.bytes().all(|byte| byte.is_ascii_hexdigit()));
            assert!(!tokens.contains(&token.to_owned()));
            tokens.push(token.to_owned());
        }
    }

    #[test]
    fn groups_are_not_returned_to() {
        for room in ["ws://a/ROOM?next=2", "ws://a/ROOM?x&next=3", "ws://a/?next"] {
            let address = Address::of(room.to_owned());
            assert_eq!((&*address.url(), address.may_return()), (room, false));
        }
    }
}
