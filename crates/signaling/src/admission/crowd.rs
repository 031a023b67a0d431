//! How many of something each household has.

use super::address::Household;
use crate::shrink::shrink;
use std::{
    collections::{HashMap, hash_map::Entry},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// Counts by household; whoever has none takes no memory.
#[derive(Debug)]
pub(crate) struct Crowd {
    max: usize,
    present: Mutex<HashMap<Household, usize>>,
}

/// One of a crowd, for as long as it lives.
#[derive(Debug)]
pub(crate) struct Present {
    crowd: Arc<Crowd>,
    household: Household,
}

impl Crowd {
    /// At most `max` of each household.
    pub(crate) fn new(max: usize) -> Arc<Self> {
        Arc::new(Self {
            max,
            present: Mutex::default(),
        })
    }

    /// One more of a household, unless it has as many as it may.
    pub(crate) fn enter(self: &Arc<Self>, household: Household) -> Option<Present> {
        let mut present = self.lock();
        let count = present.get(&household).copied().unwrap_or(0);
        if count >= self.max {
            return None;
        }
        present.insert(household, count + 1);
        Some(Present {
            crowd: Arc::clone(self),
            household,
        })
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Household, usize>> {
        // Nobody panics while holding the lock; if one did, the counts are still whole.
        self.present.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Present {
    fn drop(&mut self) {
        let mut present = self.crowd.lock();
        if let Entry::Occupied(mut count) = present.entry(self.household) {
            *count.get_mut() -= 1;
            if *count.get() == 0 {
                count.remove();
            }
        }
        shrink(&mut present);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::{IpAddr, Ipv4Addr};

    #[test]
    fn each_household_has_its_own_bound_and_leaves_nothing() {
        let crowd = Crowd::new(2);
        let households = [1, 2].map(|host| IpAddr::V4(Ipv4Addr::new(192, 0, 2, host)).into());
        let mut all = Vec::new();
        for household in households {
            all.push(crowd.enter(household).unwrap());
            all.push(crowd.enter(household).unwrap());
            assert!(crowd.enter(household).is_none());
        }
        all.pop();
        assert!(crowd.enter(households[0]).is_none());
        assert!(crowd.enter(households[1]).is_some());
        all.clear();
        assert_eq!(crowd.lock().len(), 0);
        assert_eq!(Crowd::new(0).enter(households[0]).map(drop), None);
    }
}
