//! How often one household may do something: token buckets, in bounded memory.

use super::address::Household;
use crate::{
    limits::RATE_SLOTS,
    operations::metrics::{Label, Limit, labels},
};
use governor::{
    Quota, RateLimiter,
    clock::{Clock, MonotonicClock},
    middleware::NoOpMiddleware,
    state::keyed::HashMapStateStore,
};
use std::{
    collections::HashMap,
    fmt,
    hash::{BuildHasher, RandomState},
    num::NonZeroU32,
    str::FromStr,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

/// So many at once, and then as many again, evenly, in each period: written `COUNT/SECONDS`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// At once.
    pub count: NonZeroU32,
    /// Until as many more have been given; at least a second.
    pub seconds: NonZeroU32,
}

impl Rate {
    /// A rate from constants.
    ///
    /// # Panics
    /// When one of them is zero, which the compiler finds where the rate is a constant.
    pub const fn new(count: u32, seconds: u32) -> Self {
        match (NonZeroU32::new(count), NonZeroU32::new(seconds)) {
            (Some(count), Some(seconds)) => Self { count, seconds },
            _ => panic!("a rate of zero"),
        }
    }

    /// How long it takes for one more, once those at once are spent.
    pub(crate) fn each(self) -> Duration {
        Duration::from_secs(self.seconds.get().into()) / self.count.get()
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.count, self.seconds)
    }
}

/// The text is no rate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a rate is COUNT/SECONDS in whole numbers from 1, such as 60/30")]
pub struct InvalidRate;

impl FromStr for Rate {
    type Err = InvalidRate;

    fn from_str(text: &str) -> Result<Self, InvalidRate> {
        let (count, seconds) = text.split_once('/').ok_or(InvalidRate)?;
        Ok(Self {
            count: count.parse().map_err(|_| InvalidRate)?,
            seconds: seconds.parse().map_err(|_| InvalidRate)?,
        })
    }
}

/// What is bounded by a rate for each household.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Deed {
    /// Opening a TCP connection.
    Connect,
    /// Opening a WebSocket.
    Upgrade,
    /// Asking the API.
    Request,
    /// Asking it to make or change something.
    Change,
    /// Naming a room or a ticket that is none.
    Miss,
}

labels!(Deed {
    Connect => "connect",
    Upgrade => "upgrade",
    Request => "request",
    Change => "change",
    Miss => "miss",
});

impl Deed {
    /// How it is counted when the rate is reached.
    pub(crate) fn limit(self) -> Limit {
        match self {
            Self::Connect => Limit::ConnectionRate,
            Self::Upgrade => Limit::UpgradeRate,
            Self::Request => Limit::RequestRate,
            Self::Change => Limit::ChangeRate,
            Self::Miss => Limit::MissRate,
        }
    }
}

/// One bucket of each `Deed`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rates {
    /// TCP connections; default [`crate::limits::CONNECTION_RATE`].
    pub connections: Rate,
    /// WebSockets; default [`crate::limits::UPGRADE_RATE`].
    pub upgrades: Rate,
    /// Requests to the API; default [`crate::limits::REQUEST_RATE`].
    pub requests: Rate,
    /// Those that make or change something; default [`crate::limits::CHANGE_RATE`].
    pub changes: Rate,
    /// Rooms and tickets that are none; default [`crate::limits::MISS_RATE`].
    pub misses: Rate,
}

impl Default for Rates {
    fn default() -> Self {
        use crate::limits::*;
        Self {
            connections: CONNECTION_RATE,
            upgrades: UPGRADE_RATE,
            requests: REQUEST_RATE,
            changes: CHANGE_RATE,
            misses: MISS_RATE,
        }
    }
}

impl Rates {
    pub(crate) fn of(&self, deed: Deed) -> Rate {
        match deed {
            Deed::Connect => self.connections,
            Deed::Upgrade => self.upgrades,
            Deed::Request => self.requests,
            Deed::Change => self.changes,
            Deed::Miss => self.misses,
        }
    }
}

/// Where a household's buckets are. There are [`RATE_SLOTS`] slots, so that no crowd of addresses
/// fills the memory. Two households that share one share its buckets; which ones do is drawn anew
/// in each process.
type Slot = u16;

type Limiter<C> =
    RateLimiter<Slot, HashMapStateStore<Slot>, C, NoOpMiddleware<<C as Clock>::Instant>>;

/// The buckets of all households on this node.
pub(crate) struct Buckets<C: Clock = MonotonicClock> {
    clock: C,
    hasher: RandomState,
    /// In the order of [`Deed::ALL`].
    limiters: Vec<Limiter<C>>,
    /// Who has missed too often, and until when it is told nothing.
    barred: Mutex<HashMap<Slot, C::Instant>>,
}

impl<C: Clock + Clone> Buckets<C> {
    pub(crate) fn new(rates: &Rates, clock: C) -> Self {
        let limiter = |deed: &Deed| {
            let rate = rates.of(*deed);
            // A rate's period is never zero, and neither is a part of it.
            let quota = Quota::with_period(rate.each().max(Duration::from_nanos(1)))
                .unwrap_or(Quota::per_second(NonZeroU32::MIN))
                .allow_burst(rate.count);
            RateLimiter::hashmap_with_clock(quota, clock.clone())
        };
        Self {
            limiters: Deed::ALL.iter().map(limiter).collect(),
            clock,
            hasher: RandomState::new(),
            barred: Mutex::default(),
        }
    }

    /// Takes one, or says how long there is none.
    pub(crate) fn take(&self, deed: Deed, household: Household) -> Result<(), Duration> {
        self.limiters[deed.index()]
            .check_key(&self.slot(household))
            .map_err(|until| until.wait_time_from(self.clock.now()))
    }

    /// Tells nothing to a household for so long.
    pub(crate) fn bar(&self, household: Household, wait: Duration) {
        let until = self.clock.now() + wait.into();
        self.lock().insert(self.slot(household), until);
    }

    /// Whether a household is told nothing now, and for how long.
    pub(crate) fn check_barred(&self, household: Household) -> Result<(), Duration> {
        let mut barred = self.lock();
        let slot = self.slot(household);
        let now = self.clock.now();
        match barred.get(&slot) {
            Some(until) if *until > now => {
                Err(governor::clock::Reference::duration_since(until, now).into())
            }
            Some(_) => {
                barred.remove(&slot);
                Ok(())
            }
            None => Ok(()),
        }
    }

    /// Gives the memory of full buckets back. To be called now and then.
    pub(crate) fn sweep(&self) {
        for limiter in &self.limiters {
            limiter.retain_recent();
            limiter.shrink_to_fit();
        }
        let mut barred = self.lock();
        let now = self.clock.now();
        barred.retain(|_, until| *until > now);
        barred.shrink_to_fit();
    }

    fn slot(&self, household: Household) -> Slot {
        const { assert!(RATE_SLOTS == 1 << Slot::BITS) };
        self.hasher.hash_one(household) as Slot
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Slot, C::Instant>> {
        // Nobody panics while holding the lock; if one did, the map is still whole.
        self.barred.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<C: Clock> fmt::Debug for Buckets<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let slots: Vec<_> = self.limiters.iter().map(RateLimiter::len).collect();
        f.debug_tuple("Buckets").field(&slots).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use governor::clock::FakeRelativeClock;
    use std::net::{IpAddr, Ipv4Addr};

    fn household(host: u32) -> Household {
        IpAddr::V4(Ipv4Addr::from_bits(0x0a00_0000 + host)).into()
    }

    #[test]
    fn a_rate_is_written_as_it_is_read() {
        for text in ["1/1", "64/16", "5/80"] {
            assert_eq!(text.parse::<Rate>().unwrap().to_string(), text);
        }
        for text in ["", "5", "0/1", "1/0", "-1/1", "1/1/1", "1.5/1", " 1/1"] {
            assert_eq!(text.parse::<Rate>(), Err(InvalidRate), "{text}");
        }
    }

    #[test]
    fn a_bucket_is_spent_refilled_and_each_household_s_own() {
        let clock = FakeRelativeClock::default();
        let rates = Rates {
            upgrades: Rate::new(4, 8),
            ..Rates::default()
        };
        let buckets = Buckets::new(&rates, clock.clone());
        let take = |host| buckets.take(Deed::Upgrade, household(host));
        for _ in 0..4 {
            assert_eq!(take(1), Ok(()));
        }
        assert_eq!(take(1), Err(Duration::from_secs(2)));
        assert_eq!(buckets.take(Deed::Request, household(1)), Ok(()));
        clock.advance(Duration::from_secs(2));
        assert_eq!(take(1), Ok(()));
        assert!(take(1).is_err());
        clock.advance(Duration::from_secs(3_600));
        for _ in 0..4 {
            assert_eq!(take(1), Ok(()));
        }
        assert!(take(1).is_err(), "a pause fills no more than the bucket");
    }

    #[test]
    fn a_bar_ends_by_itself() {
        let clock = FakeRelativeClock::default();
        let buckets = Buckets::new(&Rates::default(), clock.clone());
        buckets.bar(household(1), Duration::from_secs(5));
        clock.advance(Duration::from_secs(2));
        let left = Duration::from_secs(3);
        assert_eq!(buckets.check_barred(household(1)), Err(left));
        clock.advance(left);
        assert_eq!(buckets.check_barred(household(1)), Ok(()));
        assert!(buckets.lock().is_empty());
    }

    #[test]
    fn no_crowd_of_addresses_takes_more_than_the_slots() {
        let clock = FakeRelativeClock::default();
        let buckets = Buckets::new(&Rates::default(), clock.clone());
        for host in 0..4 * RATE_SLOTS as u32 {
            // Some share a slot, and may be refused.
            let _ = buckets.take(Deed::Request, household(host));
            buckets.bar(household(host), Duration::from_secs(1));
        }
        let limiter = &buckets.limiters[Deed::Request.index()];
        assert!(limiter.len() <= RATE_SLOTS && limiter.len() > RATE_SLOTS / 2);
        assert!(buckets.lock().len() <= RATE_SLOTS);
        clock.advance(Duration::from_secs(3_600));
        buckets.sweep();
        assert_eq!((limiter.len(), buckets.lock().len()), (0, 0));
    }
}
