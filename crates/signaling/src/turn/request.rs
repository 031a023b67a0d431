//! The requests that need credentials: allocations, permissions and channels (RFC 8656).

use super::{
    Client, Time,
    access::{Doubt, Proof, REALM},
    allocation::{Allocation, NotBound},
    message::{
        ALLOCATE, CREATE_PERMISSION, ERROR, FAMILY_V4, FAMILY_V6, Message, REFRESH, SUCCESS,
        Writer, attribute,
    },
    relay::{Outcome, Refused, Relay, Sockets},
};
use crate::limits::{MAX_TURN_ALLOCATION_LIFETIME, MAX_TURN_PERMISSIONS, TURN_ALLOCATION_LIFETIME};
use std::{net::SocketAddr, time::Duration};

/// A request is refused with this code (RFC 8656, 18.4; RFC 8489, 14.8).
struct Refusal(u16, &'static str);

const BAD_REQUEST: Refusal = Refusal(400, "Bad Request");
const FORBIDDEN: Refusal = Refusal(403, "Forbidden");
const MISMATCH: Refusal = Refusal(437, "Allocation Mismatch");
const WRONG_FAMILY: Refusal = Refusal(440, "Address Family not Supported");
const WRONG_CREDENTIALS: Refusal = Refusal(441, "Wrong Credentials");
const WRONG_TRANSPORT: Refusal = Refusal(442, "Unsupported Transport Protocol");
const PEER_FAMILY: Refusal = Refusal(443, "Peer Address Family Mismatch");
const QUOTA_REACHED: Refusal = Refusal(486, "Allocation Quota Reached");
const NO_CAPACITY: Refusal = Refusal(508, "Insufficient Capacity");

/// `REQUESTED-TRANSPORT`'s value for UDP.
const UDP: u8 = 17;

/// `EVEN-PORT`'s wish to have the next port too: none is ever reserved.
const RESERVE: u8 = 0x80;

/// A request of a user who has proven to be one.
struct Asked<'a> {
    client: Client,
    message: &'a Message<'a>,
    proof: &'a Proof<'a>,
    time: Time,
}

impl<S: Sockets> Relay<S> {
    /// Answers a request that needs credentials.
    pub(super) fn request(
        &mut self,
        client: Client,
        request: &Message<'_>,
        time: Time,
    ) -> Outcome<'static, S::Socket> {
        // Whoever has an allocation has proven its address, and who it is.
        let is_known = self.has(client);
        if !is_known && !self.strangers.admit(client.address.ip(), time.now) {
            return Outcome::Nothing;
        }
        let proof = match self.access.prove(request, client.address, time) {
            Ok(proof) => proof,
            Err(doubt) => return Outcome::Answer(self.doubt(client, request, doubt, time)),
        };
        let unknown: Vec<u8> = (request.attributes().map(|(kind, _)| kind))
            .filter(|kind| attribute::is_beyond_us(*kind))
            .flat_map(u16::to_be_bytes)
            .collect();
        let error = Writer::new(request.kind + ERROR, &request.transaction);
        if !unknown.is_empty() {
            self.refused(Refused::Other);
            let answer = error
                .error(420, "Unknown Attribute")
                .attribute(attribute::UNKNOWN_ATTRIBUTES, &unknown);
            return Outcome::Answer(answer.signed(&proof.key).finish());
        }
        let asked = Asked {
            client,
            message: request,
            proof: &proof,
            time,
        };
        let answered = match request.kind {
            ALLOCATE => self.allocate(&asked),
            REFRESH => self.refresh(&asked),
            CREATE_PERMISSION => self.permit(&asked),
            _ => self.bind_channel(&asked),
        };
        let answer = answered.unwrap_or_else(|Refusal(code, reason)| {
            self.refused(match code {
                403 => Refused::Peer,
                441 => Refused::Credentials,
                486 | 508 => Refused::Quota,
                _ => Refused::Other,
            });
            error.error(code, reason)
        });
        Outcome::Answer(answer.signed(&proof.key).finish())
    }

    /// Tells a stranger how to become a user.
    fn doubt(
        &mut self,
        client: Client,
        request: &Message<'_>,
        doubt: Doubt,
        time: Time,
    ) -> Vec<u8> {
        let answer = Writer::new(request.kind + ERROR, &request.transaction);
        let is_first = request.get(attribute::MESSAGE_INTEGRITY).is_none();
        match doubt {
            Doubt::Malformed => self.refused(Refused::Other),
            Doubt::Unauthorized if !is_first => self.refused(Refused::Credentials),
            Doubt::Unauthorized | Doubt::StaleNonce => {}
        }
        let answer = match doubt {
            Doubt::Malformed => return answer.error(400, "Bad Request").finish(),
            Doubt::Unauthorized => answer.error(401, "Unauthorized"),
            Doubt::StaleNonce => answer.error(438, "Stale Nonce"),
        };
        let nonce = self.access.nonce(client.address, time);
        answer
            .attribute(attribute::NONCE, nonce.as_bytes())
            .attribute(attribute::REALM, REALM.as_bytes())
            .finish()
    }

    fn allocate(&mut self, asked: &Asked<'_>) -> Result<Writer, Refusal> {
        if let Some(allocation) = self.allocations.get(&asked.client) {
            // The answer was lost, and the same request has come again.
            let is_same = allocation.made_by == asked.message.transaction
                && allocation.user == asked.proof.user;
            let lifetime = allocation.expires.saturating_duration_since(asked.time.now);
            return is_same
                .then(|| allocated(asked, allocation.address, lifetime))
                .ok_or(MISMATCH);
        }
        let transport = asked.message.get(attribute::REQUESTED_TRANSPORT);
        match transport.and_then(|value| value.first()) {
            None => return Err(BAD_REQUEST),
            Some(&UDP) => {}
            Some(_) => return Err(WRONG_TRANSPORT),
        }
        let v6 = match requested_family(asked.message) {
            None | Some(FAMILY_V4) => false,
            Some(FAMILY_V6) => true,
            Some(_) => return Err(WRONG_FAMILY),
        };
        if !self.sockets.serves(v6) {
            return Err(WRONG_FAMILY);
        }
        let even = asked.message.get(attribute::EVEN_PORT);
        if even.is_some_and(|value| value.first().is_none_or(|flags| flags & RESERVE != 0)) {
            return Err(NO_CAPACITY);
        }
        if !self
            .users
            .admit(asked.proof.user, asked.client.address.ip())
        {
            return Err(QUOTA_REACHED);
        }
        let opened = (self.users.has_room(self.allocations.len()))
            .then(|| self.sockets.open(asked.client, v6, even.is_some()))
            .flatten();
        let (address, socket) = opened.ok_or(NO_CAPACITY)?;
        let lifetime = requested_lifetime(asked.message).max(TURN_ALLOCATION_LIFETIME);
        self.users
            .take(asked.proof.user, asked.client.address.ip(), asked.time.now);
        self.metrics.turn_allocated.one();
        self.metrics.turn_allocations.add(1);
        let allocation = Allocation::new(
            asked.proof.user,
            asked.message.transaction,
            address,
            socket,
            asked.time.now + lifetime,
        );
        self.allocations.insert(asked.client, allocation);
        self.clients.insert(address, asked.client);
        Ok(allocated(asked, address, lifetime))
    }

    /// The client's allocation, if it is this user's.
    fn own(&mut self, asked: &Asked<'_>) -> Result<&mut Allocation<S::Socket>, Refusal> {
        let allocation = self.allocations.get_mut(&asked.client).ok_or(MISMATCH)?;
        let is_own = allocation.user == asked.proof.user;
        is_own.then_some(allocation).ok_or(WRONG_CREDENTIALS)
    }

    fn refresh(&mut self, asked: &Asked<'_>) -> Result<Writer, Refusal> {
        let allocation = self.own(asked)?;
        let family = family_of(allocation.address);
        if requested_family(asked.message).is_some_and(|wanted| wanted != family) {
            return Err(PEER_FAMILY);
        }
        let lifetime = requested_lifetime(asked.message);
        allocation.expires = asked.time.now + lifetime;
        if lifetime.is_zero() {
            self.forget(asked.client);
        }
        let seconds = (lifetime.as_secs() as u32).to_be_bytes();
        Ok(succeeded(asked.message).attribute(attribute::LIFETIME, &seconds))
    }

    /// The peer of an attribute's value, if the client's relay may speak to it.
    fn peer(&mut self, asked: &Asked<'_>, value: &[u8]) -> Result<SocketAddr, Refusal> {
        let family = family_of(self.own(asked)?.address);
        let peer = asked.message.address(value).ok_or(BAD_REQUEST)?;
        if family_of(peer) != family {
            return Err(PEER_FAMILY);
        }
        self.policy
            .permits(peer.ip())
            .then_some(peer)
            .ok_or(FORBIDDEN)
    }

    /// `CreatePermission`: all of its peers, or none.
    fn permit(&mut self, asked: &Asked<'_>) -> Result<Writer, Refusal> {
        let values: Vec<&[u8]> = (asked.message.attributes())
            .filter(|(kind, _)| *kind == attribute::XOR_PEER_ADDRESS)
            .map(|(_, value)| value)
            .take(MAX_TURN_PERMISSIONS + 1)
            .collect();
        if values.is_empty() {
            return Err(BAD_REQUEST);
        }
        let mut peers = Vec::with_capacity(values.len());
        for value in values {
            peers.push(self.peer(asked, value)?.ip());
        }
        let allocation = self.own(asked)?;
        if !allocation.permit(&peers, asked.time.now) {
            return Err(NO_CAPACITY);
        }
        Ok(succeeded(asked.message))
    }

    fn bind_channel(&mut self, asked: &Asked<'_>) -> Result<Writer, Refusal> {
        let value = asked
            .message
            .get(attribute::XOR_PEER_ADDRESS)
            .ok_or(BAD_REQUEST)?;
        let number = asked
            .message
            .get(attribute::CHANNEL_NUMBER)
            .ok_or(BAD_REQUEST)?;
        let channel = number.first_chunk::<2>().ok_or(BAD_REQUEST)?;
        let peer = self.peer(asked, value)?;
        let allocation = self.own(asked)?;
        match allocation.bind(u16::from_be_bytes(*channel), peer, asked.time.now) {
            Ok(()) => Ok(succeeded(asked.message)),
            Err(NotBound::Taken) => Err(BAD_REQUEST),
            Err(NotBound::TooMany) => Err(NO_CAPACITY),
        }
    }
}

fn succeeded(request: &Message<'_>) -> Writer {
    Writer::new(request.kind + SUCCESS, &request.transaction)
}

fn allocated(asked: &Asked<'_>, address: SocketAddr, lifetime: Duration) -> Writer {
    let seconds = (lifetime.as_secs() as u32).to_be_bytes();
    succeeded(asked.message)
        .address(attribute::XOR_RELAYED_ADDRESS, address)
        .attribute(attribute::LIFETIME, &seconds)
        .address(attribute::XOR_MAPPED_ADDRESS, asked.client.address)
}

fn family_of(address: SocketAddr) -> u8 {
    if address.is_ipv4() {
        FAMILY_V4
    } else {
        FAMILY_V6
    }
}

fn requested_family(request: &Message<'_>) -> Option<u8> {
    let value = request.get(attribute::REQUESTED_ADDRESS_FAMILY)?;
    Some(value.first().copied().unwrap_or_default())
}

/// What the client asks for, at most [`MAX_TURN_ALLOCATION_LIFETIME`].
fn requested_lifetime(request: &Message<'_>) -> Duration {
    let value = request.get(attribute::LIFETIME);
    let seconds = value.and_then(|value| value.first_chunk::<4>());
    let asked = seconds.map(|bytes| Duration::from_secs(u32::from_be_bytes(*bytes).into()));
    asked
        .unwrap_or(TURN_ALLOCATION_LIFETIME)
        .min(MAX_TURN_ALLOCATION_LIFETIME)
}
