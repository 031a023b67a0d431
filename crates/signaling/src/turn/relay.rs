//! The relay without its sockets (RFC 8656): what a client or a peer sent goes in, what is to be
//! sent comes out.

use super::{
    Client, Time, TurnQuotas,
    access::{Access, Doubt, Proof, REALM, Strangers},
    allocation::{Allocation, NotBound, Users},
    message::{
        ALLOCATE, BINDING, CHANNEL_BIND, CREATE_PERMISSION, DATA_INDICATION, ERROR, FAMILY_V4,
        FAMILY_V6, Message, REFRESH, SEND_INDICATION, SUCCESS, Transaction, Writer, attribute,
        read_channel_data, write_channel_data,
    },
    policy::Policy,
};
use crate::{
    ice::TurnSecrets,
    limits::{MAX_TURN_ALLOCATION_LIFETIME, MAX_TURN_PERMISSIONS, TURN_ALLOCATION_LIFETIME},
    metrics::{Metrics, labels},
};
use std::{collections::HashMap, net::SocketAddr, sync::Arc, time::Duration};

/// Opens the sockets that relay.
pub(super) trait Sockets {
    /// One of them; its last clone closes it.
    type Socket: Clone;

    /// Opens one for `client`, on an even port if it must be, and tells the address that peers see.
    /// Nothing if there is no port left, or no address of the family.
    fn open(&mut self, client: Client, v6: bool, even: bool) -> Option<(SocketAddr, Self::Socket)>;

    /// Whether we relay on addresses of this family at all.
    fn serves(&self, v6: bool) -> bool;
}

/// What is to be done about something that a client sent.
pub(super) enum Outcome<'a, S> {
    Nothing,
    /// Send this to the client.
    Answer(Vec<u8>),
    /// Send this from the client's relay.
    Forward {
        socket: S,
        peer: SocketAddr,
        data: &'a [u8],
    },
    /// Send this to another client: its relay is the peer.
    Cross(Client, Vec<u8>),
}

/// Why a request was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refused {
    /// Wrong or expired credentials; a first request's, which asks for a nonce, do not count.
    Credentials,
    /// A peer that must not be reached.
    Peer,
    /// More than a user, an address or the server may have.
    Quota,
    /// Everything else.
    Other,
}

labels!(Refused {
    Credentials => "credentials",
    Peer => "peer",
    Quota => "quota",
    Other => "other",
});

/// All allocations, and the rules that they keep.
pub(super) struct Relay<S: Sockets> {
    access: Access,
    policy: Policy,
    sockets: S,
    strangers: Strangers,
    users: Users,
    allocations: HashMap<Client, Allocation<S::Socket>>,
    /// Whose each of our relays is.
    clients: HashMap<SocketAddr, Client>,
    /// Numbers data indications, which nobody answers.
    indications: u64,
    metrics: Arc<Metrics>,
}

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
    pub(super) fn new(
        (secrets, quotas): (TurnSecrets, TurnQuotas),
        policy: Policy,
        sockets: S,
        metrics: Arc<Metrics>,
        time: Time,
    ) -> Self {
        Self {
            access: Access::new(secrets),
            policy,
            sockets,
            strangers: Strangers::new(time.now),
            users: Users::new(quotas),
            allocations: HashMap::new(),
            clients: HashMap::new(),
            indications: 0,
            metrics,
        }
    }

    pub(super) fn has(&self, client: Client) -> bool {
        self.allocations.contains_key(&client)
    }

    /// Takes in what a client sent.
    pub(super) fn hear_client<'a>(
        &mut self,
        client: Client,
        raw: &'a [u8],
        time: Time,
    ) -> Outcome<'a, S::Socket> {
        if raw
            .first()
            .is_some_and(|first| (0x40..0x80).contains(first))
        {
            return read_channel_data(raw).map_or(Outcome::Nothing, |(channel, data)| {
                let bound = self.allocations.get(&client);
                let peer = bound.and_then(|it| it.peer_of(channel, time.now));
                self.forward(client, peer, data, time)
            });
        }
        let Some(message) = Message::parse(raw) else {
            return Outcome::Nothing;
        };
        match message.kind {
            BINDING => self.bind(client, &message, time),
            SEND_INDICATION => self.send(client, &message, time),
            ALLOCATE | REFRESH | CREATE_PERMISSION | CHANNEL_BIND => {
                self.request(client, &message, time)
            }
            _ => Outcome::Nothing,
        }
    }

    /// Takes in what a peer sent to a client's relay; gives what the client is to be sent.
    pub(super) fn hear_peer(
        &mut self,
        client: Client,
        peer: SocketAddr,
        data: &[u8],
        time: Time,
    ) -> Option<Vec<u8>> {
        if self.policy.reaches(peer) {
            self.deliver(client, peer, data, time)
        } else {
            self.metrics.turn_dropped.one();
            None
        }
    }

    /// What a client is to be sent of a peer's data, if it wants to hear that peer.
    fn deliver(
        &mut self,
        client: Client,
        peer: SocketAddr,
        data: &[u8],
        time: Time,
    ) -> Option<Vec<u8>> {
        let allocation = self.allocations.get(&client)?;
        let is_heard = allocation.is_permitted(peer.ip(), time.now);
        if !is_heard || !self.users.spend(&allocation.user, data.len(), time.now) {
            self.metrics.turn_dropped.one();
            return None;
        }
        self.metrics.turn_bytes.add(data.len() as u64);
        if let Some(channel) = allocation.channel_of(peer, time.now) {
            return Some(write_channel_data(channel, data, client.stream.is_some()));
        }
        self.indications += 1;
        let mut transaction = Transaction::default();
        transaction[4..].copy_from_slice(&self.indications.to_be_bytes());
        let indication = Writer::new(DATA_INDICATION, &transaction)
            .address(attribute::XOR_PEER_ADDRESS, peer)
            .attribute(attribute::DATA, data);
        Some(indication.finish())
    }

    /// Lets go of a client whose stream has ended.
    pub(super) fn forget(&mut self, client: Client) {
        if let Some(allocation) = self.allocations.remove(&client) {
            self.users.release(&allocation.user, client.address.ip());
            self.clients.remove(&allocation.address);
            self.metrics.turn_allocations.add(-1);
        }
    }

    /// Lets go of whatever has expired.
    pub(super) fn sweep(&mut self, time: Time) {
        let (users, clients, metrics) = (&mut self.users, &mut self.clients, &self.metrics);
        self.allocations.retain(|client, allocation| {
            let lives = allocation.sweep(time.now);
            if !lives {
                users.release(&allocation.user, client.address.ip());
                clients.remove(&allocation.address);
                metrics.turn_allocations.add(-1);
            }
            lives
        });
        users.sweep(time.now);
    }

    /// STUN: tells a client its address as we see it.
    fn bind(
        &mut self,
        client: Client,
        request: &Message<'_>,
        time: Time,
    ) -> Outcome<'static, S::Socket> {
        if !self.strangers.admit(client.address.ip(), time.now) {
            return Outcome::Nothing;
        }
        let answer = Writer::new(BINDING + SUCCESS, &request.transaction);
        Outcome::Answer(
            answer
                .address(attribute::XOR_MAPPED_ADDRESS, client.address)
                .finish(),
        )
    }

    fn send<'a>(
        &mut self,
        client: Client,
        message: &Message<'a>,
        time: Time,
    ) -> Outcome<'a, S::Socket> {
        let peer = (message.get(attribute::XOR_PEER_ADDRESS)).and_then(|v| message.address(v));
        let data = message.get(attribute::DATA);
        let (Some(peer), Some(data)) = (peer, data) else {
            return Outcome::Nothing;
        };
        let allocation = self.allocations.get(&client);
        let is_permitted = allocation.is_some_and(|it| it.is_permitted(peer.ip(), time.now));
        self.forward(client, is_permitted.then_some(peer), data, time)
    }

    /// Sends data on to a peer, if it may be spoken to.
    fn forward<'a>(
        &mut self,
        client: Client,
        peer: Option<SocketAddr>,
        data: &'a [u8],
        time: Time,
    ) -> Outcome<'a, S::Socket> {
        let Some(allocation) = self.allocations.get(&client) else {
            return Outcome::Nothing;
        };
        let Some(peer) = peer.filter(|_| self.users.spend(&allocation.user, data.len(), time.now))
        else {
            self.metrics.turn_dropped.one();
            return Outcome::Nothing;
        };
        self.metrics.turn_bytes.add(data.len() as u64);
        if let Some(other) = self.clients.get(&peer).copied() {
            let from = allocation.address;
            return (self.deliver(other, from, data, time))
                .map_or(Outcome::Nothing, |bytes| Outcome::Cross(other, bytes));
        }
        if !self.policy.reaches(peer) {
            self.metrics.turn_dropped.one();
            return Outcome::Nothing;
        }
        Outcome::Forward {
            socket: allocation.socket.clone(),
            peer,
            data,
        }
    }

    fn refused(&self, why: Refused) {
        self.metrics.turn_refusals.one(why);
    }

    /// Answers a request that needs credentials.
    fn request(
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
