//! Where a socket's room is, and the secret by which the server knows the socket again.

use uuid::Uuid;

/// The address of one socket's room, the same for each of its connections.
pub(super) struct Address {
    url: String,
    may_return: bool,
}

impl Address {
    /// With a new token. Our server makes our id of it; others ignore it, and so would a group's:
    /// who comes to `?next=N` belongs to the next group, and not to the one that it knows.
    pub(super) fn of(room_url: String) -> Self {
        let query = room_url.split_once('?').map(|(_, query)| query);
        let is_next = |part: &str| part.split('=').next() == Some("next");
        if query.is_some_and(|query| query.split('&').any(is_next)) {
            return Self {
                url: room_url,
                may_return: false,
            };
        }
        let joint = if query.is_some() { '&' } else { '?' };
        Self {
            url: format!("{room_url}{joint}token={:032x}", new_token()),
            may_return: true,
        }
    }

    /// The WebSocket's address. It holds the secret: not for logs, nor for players.
    pub(super) fn url(&self) -> &str {
        &self.url
    }

    /// Whether a new connection leads to the same peers.
    pub(super) fn may_return(&self) -> bool {
        self.may_return
    }
}

/// 128 random bits. Six bits of a UUID are fixed; here each of those meets a random one of
/// another.
fn new_token() -> u128 {
    Uuid::new_v4().as_u128() ^ Uuid::new_v4().as_u128().rotate_left(64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token<'a>(address: &'a Address, before: &str) -> &'a str {
        let token = address.url().strip_prefix(before);
        token.expect("the room's address comes first")
    }

    #[test]
    fn each_socket_has_a_token_of_its_own() {
        let mut tokens = Vec::new();
        for (room, before) in [
            ("ws://a/ROOM", "ws://a/ROOM?token="),
            ("ws://a/ROOM", "ws://a/ROOM?token="),
            ("ws://a/ROOM?x=next", "ws://a/ROOM?x=next&token="),
        ] {
            let address = Address::of(room.to_owned());
            let token = token(&address, before).to_owned();
            assert!(address.may_return());
            assert!(token.len() == 32 && token.bytes().all(|byte| byte.is_ascii_hexdigit()));
            assert!(!tokens.contains(&token));
            tokens.push(token);
        }
    }

    #[test]
    fn every_bit_of_a_token_is_random() {
        let (mut ones, mut zeros) = (0, 0);
        for _ in 0..200 {
            let token = new_token();
            (ones, zeros) = (ones | token, zeros | !token);
        }
        assert_eq!((ones, zeros), (u128::MAX, u128::MAX));
    }

    #[test]
    fn groups_are_not_returned_to() {
        for room in ["ws://a/ROOM?next=2", "ws://a/ROOM?x&next=3", "ws://a/?next"] {
            let address = Address::of(room.to_owned());
            assert_eq!((address.url(), address.may_return()), (room, false));
        }
    }
}
