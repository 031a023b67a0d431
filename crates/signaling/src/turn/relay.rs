//! The relay without its sockets (RFC 8656): what a client or a peer sent goes in, what is to be
//! sent comes out.

use super::{
    Client, Time, TurnQuotas,
    access::{Access, Strangers},
    allocation::{Allocation, Users},
    message::{
        ALLOCATE, BINDING, CHANNEL_BIND, CREATE_PERMISSION, DATA_INDICATION, Message, REFRESH,
        SEND_INDICATION, SUCCESS, Transaction, Writer, attribute, read_channel_data,
        write_channel_data,
    },
    policy::Policy,
};
use crate::{
    ice::TurnSecrets,
    operations::metrics::{Metrics, labels},
};
use std::{collections::HashMap, net::SocketAddr, sync::Arc};

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
    pub(super) access: Access,
    pub(super) policy: Policy,
    pub(super) sockets: S,
    pub(super) strangers: Strangers,
    pub(super) users: Users,
    pub(super) allocations: HashMap<Client, Allocation<S::Socket>>,
    /// Whose each of our relays is.
    pub(super) clients: HashMap<SocketAddr, Client>,
    /// Numbers data indications, which nobody answers.
    indications: u64,
    pub(super) metrics: Arc<Metrics>,
}
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

    pub(super) fn refused(&self, why: Refused) {
        self.metrics.turn_refusals.one(why);
    }
}
