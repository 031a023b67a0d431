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
        let answered = match request.kind {
            ALLOCATE => self.allocate(client, request, &proof, time),
            REFRESH => self.refresh(client, request, &proof, time),
            CREATE_PERMISSION => self.permit(client, request, &proof, time),
            _ => self.bind_channel(client, request, &proof, time),
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

    fn allocate(
        &mut self,
        client: Client,
        request: &Message<'_>,
        proof: &Proof<'_>,
        time: Time,
    ) -> Result<Writer, Refusal> {
        if let Some(allocation) = self.allocations.get(&client) {
            // The answer was lost, and the same request has come again.
            let is_same =
                allocation.made_by == request.transaction && allocation.user == proof.user;
            let lifetime = allocation.expires.saturating_duration_since(time.now);
            return is_same
                .then(|| allocated(client, request, allocation.address, lifetime))
                .ok_or(MISMATCH);
        }
        let transport = request.get(attribute::REQUESTED_TRANSPORT);
        match transport.and_then(|value| value.first()) {
            None => return Err(BAD_REQUEST),
            Some(&UDP) => {}
            Some(_) => return Err(WRONG_TRANSPORT),
        }
        let v6 = match requested_family(request) {
            None | Some(FAMILY_V4) => false,
            Some(FAMILY_V6) => true,
            Some(_) => return Err(WRONG_FAMILY),
        };
        if !self.sockets.serves(v6) {
            return Err(WRONG_FAMILY);
        }
        let even = request.get(attribute::EVEN_PORT);
        if even.is_some_and(|value| value.first().is_none_or(|flags| flags & RESERVE != 0)) {
            return Err(NO_CAPACITY);
        }
        if !self.users.admit(proof.user, client.address.ip()) {
            return Err(QUOTA_REACHED);
        }
        let opened = (self.users.has_room(self.allocations.len()))
            .then(|| self.sockets.open(client, v6, even.is_some()))
            .flatten();
        let (address, socket) = opened.ok_or(NO_CAPACITY)?;
        let lifetime = requested_lifetime(request).max(TURN_ALLOCATION_LIFETIME);
        self.users.take(proof.user, client.address.ip(), time.now);
        self.metrics.turn_allocated.one();
        self.metrics.turn_allocations.add(1);
        let allocation = Allocation::new(
            proof.user,
            request.transaction,
            address,
            socket,
            time.now + lifetime,
        );
        self.allocations.insert(client, allocation);
        self.clients.insert(address, client);
        Ok(allocated(client, request, address, lifetime))
    }

    /// The client's allocation, if it is this user's.
    fn own(
        &mut self,
        client: Client,
        proof: &Proof<'_>,
    ) -> Result<&mut Allocation<S::Socket>, Refusal> {
        let allocation = self.allocations.get_mut(&client).ok_or(MISMATCH)?;
        let is_own = allocation.user == proof.user;
        is_own.then_some(allocation).ok_or(WRONG_CREDENTIALS)
    }

    fn refresh(
        &mut self,
        client: Client,
        request: &Message<'_>,
        proof: &Proof<'_>,
        time: Time,
    ) -> Result<Writer, Refusal> {
        let allocation = self.own(client, proof)?;
        let family = family_of(allocation.address);
        if requested_family(request).is_some_and(|asked| asked != family) {
            return Err(PEER_FAMILY);
        }
        let lifetime = requested_lifetime(request);
        allocation.expires = time.now + lifetime;
        if lifetime.is_zero() {
            self.forget(client);
        }
        let seconds = (lifetime.as_secs() as u32).to_be_bytes();
        Ok(succeeded(request).attribute(attribute::LIFETIME, &seconds))
    }

    /// The peer of an attribute's value, if the client's relay may speak to it.
    fn peer(
        &mut self,
        client: Client,
        request: &Message<'_>,
        proof: &Proof<'_>,
        value: &[u8],
    ) -> Result<SocketAddr, Refusal> {
        let family = family_of(self.own(client, proof)?.address);
        let peer = request.address(value).ok_or(BAD_REQUEST)?;
        if family_of(peer) != family {
            return Err(PEER_FAMILY);
        }
        self.policy
            .permits(peer.ip())
            .then_some(peer)
            .ok_or(FORBIDDEN)
    }

    /// `CreatePermission`: all of its peers, or none.
    fn permit(
        &mut self,
        client: Client,
        request: &Message<'_>,
        proof: &Proof<'_>,
        time: Time,
    ) -> Result<Writer, Refusal> {
        let values: Vec<&[u8]> = (request.attributes())
            .filter(|(kind, _)| *kind == attribute::XOR_PEER_ADDRESS)
            .map(|(_, value)| value)
            .take(MAX_TURN_PERMISSIONS + 1)
            .collect();
        if values.is_empty() {
            return Err(BAD_REQUEST);
        }
        let mut peers = Vec::with_capacity(values.len());
        for value in values {
            peers.push(self.peer(client, request, proof, value)?.ip());
        }
        let allocation = self.own(client, proof)?;
        if !allocation.permit(&peers, time.now) {
            return Err(NO_CAPACITY);
        }
        Ok(succeeded(request))
    }

    fn bind_channel(
        &mut self,
        client: Client,
        request: &Message<'_>,
        proof: &Proof<'_>,
        time: Time,
    ) -> Result<Writer, Refusal> {
        let value = request
            .get(attribute::XOR_PEER_ADDRESS)
            .ok_or(BAD_REQUEST)?;
        let number = request.get(attribute::CHANNEL_NUMBER).ok_or(BAD_REQUEST)?;
        let channel = number.first_chunk::<2>().ok_or(BAD_REQUEST)?;
        let peer = self.peer(client, request, proof, value)?;
        let allocation = self.own(client, proof)?;
        match allocation.bind(u16::from_be_bytes(*channel), peer, time.now) {
            Ok(()) => Ok(succeeded(request)),
            Err(NotBound::Taken) => Err(BAD_REQUEST),
            Err(NotBound::TooMany) => Err(NO_CAPACITY),
        }
    }
}

fn succeeded(request: &Message<'_>) -> Writer {
    Writer::new(request.kind + SUCCESS, &request.transaction)
}

fn allocated(
    client: Client,
    request: &Message<'_>,
    address: SocketAddr,
    lifetime: Duration,
) -> Writer {
    let seconds = (lifetime.as_secs() as u32).to_be_bytes();
    succeeded(request)
        .address(attribute::XOR_RELAYED_ADDRESS, address)
        .attribute(attribute::LIFETIME, &seconds)
        .address(attribute::XOR_MAPPED_ADDRESS, client.address)
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
