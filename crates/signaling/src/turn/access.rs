//! Who may use the relay: long-term credentials (RFC 8489, 9.2), whose passwords follow from the
//! user's name, and nonces that nobody has to remember.

use super::{
    Time,
    message::{Message, attribute},
};
use crate::{
    admission::address::Household,
    ice::{TurnSecrets, hmac_sha1},
    limits::{MAX_TURN_USERNAME_BYTES, TURN_ANSWERS_PER_SECOND, TURN_NONCE_LIFETIME},
};
use md5::{Digest, Md5};
use std::{
    hash::{BuildHasher, RandomState},
    net::{IpAddr, SocketAddr},
    time::{Duration, Instant},
};
use uuid::Uuid;

/// What a server calls the realm of its users.
pub(super) const REALM: &str = "game";

/// A request's author.
pub(super) struct Proof<'a> {
    pub(super) user: &'a str,
    /// Signs the answer.
    pub(super) key: [u8; 16],
}

/// Why a request's author is not believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Doubt {
    /// It does not say who it is, or cannot prove it (401).
    Unauthorized,
    /// Its nonce is not ours, another address's or too old (438).
    StaleNonce,
    /// An attribute is missing (400).
    Malformed,
}

/// The key of a user's messages (RFC 8489, 9.2.2).
pub(super) fn key(user: &str, realm: &str, password: &str) -> [u8; 16] {
    Md5::digest(format!("{user}:{realm}:{password}")).into()
}

/// Tells users from strangers.
pub(super) struct Access {
    secrets: TurnSecrets,
    /// Signs nonces.
    nonce_key: [u8; 16],
}

impl Access {
    pub(super) fn new(secrets: TurnSecrets) -> Self {
        let nonce_key = Uuid::new_v4().into_bytes();
        Self { secrets, nonce_key }
    }

    /// A nonce for a client, good for [`TURN_NONCE_LIFETIME`]: the time, and a signature.
    pub(super) fn nonce(&self, client: SocketAddr, time: Time) -> String {
        self.nonce_of(client, time.unix)
    }

    fn nonce_of(&self, client: SocketAddr, made: u64) -> String {
        let whose = client.to_string();
        let signature = hmac_sha1(&self.nonce_key, &[&made.to_be_bytes(), whose.as_bytes()]);
        let (first, _) = signature.split_at(8);
        let hex: String = first.iter().map(|byte| format!("{byte:02x}")).collect();
        format!("{made:x}-{hex}")
    }

    fn is_fresh(&self, nonce: &str, client: SocketAddr, time: Time) -> bool {
        let made = nonce.split_once('-').map(|(made, _)| made);
        let made = made.and_then(|made| u64::from_str_radix(made, 16).ok());
        made.is_some_and(|made| {
            let age = time.unix.checked_sub(made);
            age.is_some_and(|age| age <= TURN_NONCE_LIFETIME.as_secs())
                && nonce == self.nonce_of(client, made)
        })
    }

    /// The author of a request, if it proves to be one.
    pub(super) fn prove<'a>(
        &self,
        request: &Message<'a>,
        client: SocketAddr,
        time: Time,
    ) -> Result<Proof<'a>, Doubt> {
        if request.get(attribute::MESSAGE_INTEGRITY).is_none() {
            return Err(Doubt::Unauthorized);
        }
        let text = |kind| request.text(kind).ok_or(Doubt::Malformed);
        let (user, realm) = (text(attribute::USERNAME)?, text(attribute::REALM)?);
        if !self.is_fresh(text(attribute::NONCE)?, client, time) {
            return Err(Doubt::StaleNonce);
        }
        let expires = user.split(':').next().and_then(|text| text.parse().ok());
        let is_good = expires.is_some_and(|expires: u64| expires > time.unix);
        if !is_good || realm != REALM || user.len() > MAX_TURN_USERNAME_BYTES {
            return Err(Doubt::Unauthorized);
        }
        let keys = (self.secrets.passwords(user)).map(|password| key(user, REALM, &password));
        let mut fitting = keys.filter(|key| request.is_signed_with(key));
        let key = fitting.next().ok_or(Doubt::Unauthorized)?;
        Ok(Proof { user, key })
    }
}

/// Counts the answers to strangers, so that nobody is flooded with those that others asked for in
/// its name. Addresses share [`TALLIES`] counters: no number of them needs more memory.
pub(super) struct Strangers {
    tallies: Box<[u16]>,
    hasher: RandomState,
    since: Instant,
}

/// Counters of [`Strangers`].
const TALLIES: usize = 4_096;

impl Strangers {
    pub(super) fn new(now: Instant) -> Self {
        Self {
            tallies: vec![0; TALLIES].into(),
            hasher: RandomState::new(),
            since: now,
        }
    }

    /// Whether one more answer may go there: [`TURN_ANSWERS_PER_SECOND`] to each address, for IPv6
    /// to each /64.
    pub(super) fn admit(&mut self, ip: IpAddr, now: Instant) -> bool {
        if now.saturating_duration_since(self.since) >= Duration::from_secs(1) {
            self.since = now;
            self.tallies.fill(0);
        }
        let at = self.hasher.hash_one(Household::from(ip)) as usize % TALLIES;
        let tally = &mut self.tallies[at];
        *tally = tally.saturating_add(1);
        *tally <= TURN_ANSWERS_PER_SECOND
    }
}
