//! One allocation with its permissions and channels, and what its user may still have.

use super::{TurnQuotas, message::Transaction};
use crate::{
    admission::address::Household,
    limits::{
        MAX_TURN_CHANNELS, MAX_TURN_PERMISSIONS, TURN_CHANNEL_LIFETIME, TURN_PERMISSION_LIFETIME,
    },
};
use std::{
    collections::HashMap,
    net::{IpAddr, SocketAddr},
    time::{Duration, Instant},
};

/// A relay's address that is a client's for a while.
pub(super) struct Allocation<S> {
    pub(super) user: String,
    /// The request that it came of.
    pub(super) made_by: Transaction,
    /// Where peers see it.
    pub(super) address: SocketAddr,
    pub(super) socket: S,
    pub(super) expires: Instant,
    /// Peers' addresses, and until when they may speak to it.
    permissions: Vec<(IpAddr, Instant)>,
    channels: Vec<Channel>,
}

struct Channel {
    number: u16,
    peer: SocketAddr,
    expires: Instant,
}

/// Why a channel is not bound.
pub(super) enum NotBound {
    /// The number is no channel's or another peer's, or the peer has another number.
    Taken,
    /// The allocation has [`MAX_TURN_CHANNELS`] or [`MAX_TURN_PERMISSIONS`].
    TooMany,
}

impl<S> Allocation<S> {
    pub(super) fn new(
        user: &str,
        made_by: Transaction,
        address: SocketAddr,
        socket: S,
        expires: Instant,
    ) -> Self {
        Self {
            user: user.to_owned(),
            made_by,
            address,
            socket,
            expires,
            permissions: Vec::new(),
            channels: Vec::new(),
        }
    }

    /// Whether it may speak to this address, and hear it.
    pub(super) fn is_permitted(&self, ip: IpAddr, now: Instant) -> bool {
        (self.permissions.iter()).any(|(permitted, expires)| *permitted == ip && *expires > now)
    }

    /// The peer behind a channel.
    pub(super) fn peer_of(&self, number: u16, now: Instant) -> Option<SocketAddr> {
        let bound = |channel: &&Channel| channel.number == number && channel.expires > now;
        self.channels.iter().find(bound).map(|channel| channel.peer)
    }

    /// The channel to a peer.
    pub(super) fn channel_of(&self, peer: SocketAddr, now: Instant) -> Option<u16> {
        let bound = |channel: &&Channel| channel.peer == peer && channel.expires > now;
        (self.channels.iter().find(bound)).map(|channel| channel.number)
    }

    /// Permits all of these, or none: at most [`MAX_TURN_PERMISSIONS`] in all.
    pub(super) fn permit(&mut self, peers: &[IpAddr], now: Instant) -> bool {
        let mut permissions = self.permissions.clone();
        permissions.retain(|(ip, expires)| *expires > now && !peers.contains(ip));
        for peer in peers {
            if !permissions.iter().any(|(ip, _)| ip == peer) {
                permissions.push((*peer, now + TURN_PERMISSION_LIFETIME));
            }
        }
        let fits = permissions.len() <= MAX_TURN_PERMISSIONS;
        if fits {
            self.permissions = permissions;
        }
        fits
    }

    /// Binds a channel to a peer, or keeps it bound; permits the peer too (RFC 8656, 12).
    pub(super) fn bind(
        &mut self,
        number: u16,
        peer: SocketAddr,
        now: Instant,
    ) -> Result<(), NotBound> {
        self.channels.retain(|channel| channel.expires > now);
        let expires = now + TURN_CHANNEL_LIFETIME;
        let same =
            |channel: &Channel| (channel.number == number) as u8 + (channel.peer == peer) as u8;
        let bound = self.channels.iter().position(|channel| same(channel) == 2);
        // RFC 5766 had numbers up to 0x7ffe, and some clients still use them.
        let is_number = (0x4000..0x7fff).contains(&number);
        if !is_number || bound.is_none() && self.channels.iter().any(|channel| same(channel) > 0) {
            return Err(NotBound::Taken);
        }
        if bound.is_none() && self.channels.len() >= MAX_TURN_CHANNELS
            || !self.permit(&[peer.ip()], now)
        {
            return Err(NotBound::TooMany);
        }
        match bound {
            Some(at) => self.channels[at].expires = expires,
            None => self.channels.push(Channel {
                number,
                peer,
                expires,
            }),
        }
        Ok(())
    }

    /// Forgets what has expired; says whether the allocation itself still lives.
    pub(super) fn sweep(&mut self, now: Instant) -> bool {
        self.permissions.retain(|(_, expires)| *expires > now);
        self.channels.retain(|channel| channel.expires > now);
        self.expires > now
    }
}

/// What users have, and addresses behind which many of them may be.
pub(super) struct Users {
    quotas: TurnQuotas,
    users: HashMap<String, User>,
    addresses: HashMap<Household, usize>,
}

/// A user who has had an allocation lately.
struct User {
    allocations: usize,
    /// Bytes that may be relayed at once, as of `since`.
    bytes: f64,
    since: Instant,
}

impl User {
    /// Lets the budget grow back.
    fn refill(&mut self, quotas: &TurnQuotas, now: Instant) {
        let time = now.saturating_duration_since(self.since);
        let grown = self.bytes + time.as_secs_f64() * quotas.bytes_per_second as f64;
        self.bytes = grown.min(quotas.burst());
        self.since = self.since.max(now);
    }
}

impl TurnQuotas {
    /// Bytes that a user may relay at once.
    fn burst(&self) -> f64 {
        const BURST: Duration = Duration::from_secs(2);
        self.bytes_per_second as f64 * BURST.as_secs_f64()
    }
}

impl Users {
    pub(super) fn new(quotas: TurnQuotas) -> Self {
        Self {
            quotas,
            users: HashMap::new(),
            addresses: HashMap::new(),
        }
    }

    /// Whether the server has room for one more allocation.
    pub(super) fn has_room(&self, allocations: usize) -> bool {
        allocations < self.quotas.allocations
    }

    /// Whether this user may have one more allocation, from this address.
    pub(super) fn admit(&self, user: &str, ip: IpAddr) -> bool {
        let by_user = self.users.get(user).map_or(0, |user| user.allocations);
        let by_address = self
            .addresses
            .get(&Household::from(ip))
            .copied()
            .unwrap_or_default();
        by_user < self.quotas.user_allocations && by_address < self.quotas.address_allocations
    }

    /// Counts one more allocation.
    pub(super) fn take(&mut self, user: &str, ip: IpAddr, now: Instant) {
        let bytes = self.quotas.burst();
        let fresh = || User {
            allocations: 0,
            bytes,
            since: now,
        };
        let user = self.users.entry(user.to_owned()).or_insert_with(fresh);
        user.allocations += 1;
        *self.addresses.entry(ip.into()).or_default() += 1;
    }

    /// Counts one allocation less. The user is remembered until the budget has grown back.
    pub(super) fn release(&mut self, user: &str, ip: IpAddr) {
        if let Some(user) = self.users.get_mut(user) {
            user.allocations = user.allocations.saturating_sub(1);
        }
        let address = Household::from(ip);
        if let Some(count) = self.addresses.get_mut(&address) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                self.addresses.remove(&address);
            }
        }
    }

    /// Takes bytes out of a user's budget, if it has as many.
    pub(super) fn spend(&mut self, user: &str, bytes: usize, now: Instant) -> bool {
        let Some(user) = self.users.get_mut(user) else {
            return false;
        };
        user.refill(&self.quotas, now);
        let fits = user.bytes >= bytes as f64;
        if fits {
            user.bytes -= bytes as f64;
        }
        fits
    }

    /// Forgets users without allocations whose budget is whole again.
    pub(super) fn sweep(&mut self, now: Instant) {
        let quotas = self.quotas;
        self.users.retain(|_, user| {
            user.refill(&quotas, now);
            user.allocations > 0 || user.bytes < quotas.burst()
        });
    }
}
