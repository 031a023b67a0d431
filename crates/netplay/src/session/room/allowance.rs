//! How much another peer may say in a time, so that nobody can keep a match busy with listening.

use std::time::Duration;

/// A token bucket, as the time until which what was said is paid for.
#[derive(Debug)]
pub(super) struct Allowance {
    /// What one more costs.
    interval: Duration,
    /// How far ahead of the time may be paid.
    ahead: Duration,
    paid: Duration,
}

impl Allowance {
    /// So many a second in the long run, and so many at once.
    pub const fn new(per_second: u32, at_once: u32) -> Self {
        let interval = Duration::from_nanos(1_000_000_000 / per_second as u64);
        Self {
            interval,
            ahead: interval.saturating_mul(at_once),
            paid: Duration::ZERO,
        }
    }

    /// Whether one more is allowed. What waited since `awake`, when nobody listened, came in that
    /// time and not at once.
    pub fn take(&mut self, awake: Duration, now: Duration) -> bool {
        let paid = self.paid.max(awake) + self.interval;
        let allowed = paid <= now + self.ahead;
        if allowed {
            self.paid = paid;
        }
        allowed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn taken(allowance: &mut Allowance, awake: Duration, now: Duration) -> usize {
        (0..1_000).filter(|_| allowance.take(awake, now)).count()
    }

    #[test]
    fn so_many_at_once_and_so_many_a_second() {
        let mut allowance = Allowance::new(10, 50);
        assert_eq!(taken(&mut allowance, Duration::ZERO, Duration::ZERO), 50);
        assert_eq!(taken(&mut allowance, SECOND, SECOND), 10);
        assert_eq!(taken(&mut allowance, 60 * SECOND, 60 * SECOND), 50);
    }

    #[test]
    fn what_waited_while_nobody_listened_is_allowed() {
        let mut allowance = Allowance::new(10, 50);
        assert_eq!(taken(&mut allowance, Duration::ZERO, 60 * SECOND), 650);
    }
}
