//! Leave to enter a created room, signed, so that no memory is needed to check it.
//!
//! A ticket is base64url (RFC 4648, section 5, without padding) of HMAC-SHA-256 and the claims
//! in postcard. Clients take it as it is. It is for one peer and one room: whoever shows it must
//! also hold that peer's token, so that a ticket that was overheard lets nobody in.

pub(crate) mod key;

use crate::{
    limits::{MAX_TICKET_BYTES, TICKET_LIFETIME},
    store::{Charter, Door},
};
use data_encoding::BASE64URL_NOPAD;
use key::Keys;
use matchbox_protocol::PeerId;
use protocol::api::Pass;
use serde::{Deserialize, Serialize};

/// Keeps these codes apart from whatever else the keys may sign; the digit is the claims' version.
const DOMAIN: &[u8] = concat!(protocol::name!(), " ticket 1").as_bytes();

/// Bytes of a code.
const CODE_BYTES: usize = 32;

/// Seconds since 1970.
pub(crate) type Seconds = u64;

/// What a ticket says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Claims {
    /// The room, which is made again by it if the server has forgotten it.
    pub(crate) charter: Charter,
    /// Who may enter.
    pub(crate) peer: PeerId,
    /// By which id the same player was known there before.
    pub(crate) formerly: Option<PeerId>,
    pub(crate) issued: Seconds,
    pub(crate) expires: Seconds,
}

impl Claims {
    /// Leave for a peer to enter a room, from now on for [`TICKET_LIFETIME`].
    pub(crate) fn new(
        charter: Charter,
        peer: PeerId,
        formerly: Option<PeerId>,
        now: Seconds,
    ) -> Self {
        Self {
            charter,
            peer,
            formerly,
            issued: now,
            expires: now.saturating_add(TICKET_LIFETIME.as_secs()),
        }
    }

    /// The way into the room.
    pub(crate) fn door(self) -> Door {
        Door::Ticket {
            charter: self.charter,
            formerly: self.formerly,
        }
    }
}

/// Why a ticket does not count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum BadTicket {
    #[error("no key of this server has signed the ticket")]
    Forged,
    #[error("the ticket has expired")]
    Expired,
    #[error("the ticket is for another room")]
    OtherRoom,
    #[error("the ticket is for another peer, whose token was not shown")]
    OtherPeer,
}

/// Signs claims.
pub(crate) fn issue(keys: &Keys, claims: &Claims) -> Option<Pass> {
    let payload = postcard::to_stdvec(claims).ok()?;
    let mut bytes = keys.sign(&signed(&payload)).to_vec();
    bytes.extend_from_slice(&payload);
    let ticket = BASE64URL_NOPAD.encode(&bytes);
    // A client could not come back with a longer one.
    (ticket.len() <= MAX_TICKET_BYTES).then_some(Pass {
        ticket,
        expires: claims.expires,
    })
}

/// The claims of a ticket that the server has signed for the room of this code.
pub(crate) fn read(keys: &Keys, text: &str, code: &str, now: Seconds) -> Result<Claims, BadTicket> {
    if text.len() > MAX_TICKET_BYTES {
        return Err(BadTicket::Forged);
    }
    let bytes = BASE64URL_NOPAD.decode(text.as_bytes());
    let bytes = bytes.map_err(|_| BadTicket::Forged)?;
    let (mac, payload) = bytes
        .split_at_checked(CODE_BYTES)
        .ok_or(BadTicket::Forged)?;
    if !keys.verify(&signed(payload), mac) {
        return Err(BadTicket::Forged);
    }
    // Ours, but perhaps of another version of this server.
    let claims: Claims = postcard::from_bytes(payload).map_err(|_| BadTicket::Forged)?;
    if now >= claims.expires {
        Err(BadTicket::Expired)
    } else if claims.charter.code != code {
        Err(BadTicket::OtherRoom)
    } else {
        Ok(claims)
    }
}

fn signed(payload: &[u8]) -> Vec<u8> {
    [DOMAIN, payload].concat()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::testing::{charter, peer};
    use proptest::prelude::*;
    use protocol::{
        api::Visibility,
        limits::{MAX_PEERS, MAX_VERSION_TAG_BYTES},
    };

    const NOW: Seconds = 1_800_000_000;
    const CODE: &str = "BCD234";

    fn claims() -> Claims {
        Claims::new(charter(CODE), peer(1), None, NOW)
    }

    #[test]
    fn what_was_signed_is_read_until_it_expires() {
        let keys = Keys::drawn().unwrap();
        let long = Charter {
            visibility: Visibility::Public,
            capacity: MAX_PEERS,
            version: "v".repeat(MAX_VERSION_TAG_BYTES).parse().unwrap(),
            born: u64::MAX,
            ..charter(CODE)
        };
        let long = Claims::new(long, peer(u128::MAX), Some(peer(u128::MAX)), u64::MAX - 1);
        for claims in [claims(), long] {
            let pass = issue(&keys, &claims).unwrap();
            assert!(pass.ticket.len() <= MAX_TICKET_BYTES / 2, "{pass:?}");
            assert_eq!(pass.expires, claims.expires);
            assert_eq!(
                read(&keys, &pass.ticket, CODE, claims.issued),
                Ok(claims.clone())
            );
            let last = read(&keys, &pass.ticket, CODE, claims.expires - 1);
            assert!(last.is_ok());
            let late = read(&keys, &pass.ticket, CODE, claims.expires);
            assert_eq!(late, Err(BadTicket::Expired));
        }
    }

    #[test]
    fn a_ticket_is_for_one_room_and_one_server() {
        let keys = Keys::drawn().unwrap();
        let ticket = issue(&keys, &claims()).unwrap().ticket;
        let other = read(&keys, &ticket, "BCD235", NOW);
        assert_eq!(other, Err(BadTicket::OtherRoom));
        let other = read(&Keys::drawn().unwrap(), &ticket, CODE, NOW);
        assert_eq!(other, Err(BadTicket::Forged));
    }

    #[test]
    fn no_bit_of_a_ticket_may_change() {
        let keys = Keys::drawn().unwrap();
        let ticket = issue(&keys, &claims()).unwrap().ticket;
        let bytes = BASE64URL_NOPAD.decode(ticket.as_bytes()).unwrap();
        for bit in 0..bytes.len() * 8 {
            let mut forged = bytes.clone();
            forged[bit / 8] ^= 1 << (bit % 8);
            let forged = BASE64URL_NOPAD.encode(&forged);
            assert_eq!(read(&keys, &forged, CODE, NOW), Err(BadTicket::Forged));
        }
        for cut in 0..ticket.len() {
            let forged = &ticket[..cut];
            assert_eq!(read(&keys, forged, CODE, NOW), Err(BadTicket::Forged));
        }
        let long = format!("{ticket}{}", "A".repeat(MAX_TICKET_BYTES));
        for forged in [&format!("{ticket}="), &format!("{ticket}A"), &long] {
            assert_eq!(read(&keys, forged, CODE, NOW), Err(BadTicket::Forged));
        }
    }

    proptest! {
        #[test]
        fn any_text_is_refused(text in "\\PC{0,600}|[A-Za-z0-9_-]{0,600}") {
            let keys = Keys::drawn().unwrap();
            prop_assert_eq!(read(&keys, &text, CODE, NOW), Err(BadTicket::Forged));
        }
    }
}
