//! How fast one peer may send: a token bucket, so that no peer can fill another's queue.

use crate::limits::{MESSAGE_OVERHEAD_BYTES, SEND_BURST_BYTES, SEND_BYTES_PER_SECOND};
use std::time::{Duration, Instant};

/// What one peer may still send.
#[derive(Debug)]
pub(crate) struct Allowance {
    /// When the bucket will be full again.
    full_at: Instant,
}

impl Allowance {
    /// A full bucket.
    pub(crate) fn new(now: Instant) -> Self {
        Self { full_at: now }
    }

    /// Takes a message of `bytes` and says how long to wait before the next one is read.
    pub(crate) fn spend(&mut self, bytes: usize, now: Instant) -> Duration {
        let cost = (bytes + MESSAGE_OVERHEAD_BYTES) as f64 / SEND_BYTES_PER_SECOND as f64;
        self.full_at = self.full_at.max(now) + Duration::from_secs_f64(cost);
        let burst = SEND_BURST_BYTES as f64 / SEND_BYTES_PER_SECOND as f64;
        (self.full_at - now).saturating_sub(Duration::from_secs_f64(burst))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_is_free_and_then_the_rate_holds() {
        let start = Instant::now();
        let mut allowance = Allowance::new(start);
        let (mut now, mut sent) = (start, 0);
        let message = 1_000;
        while now < start + Duration::from_secs(60) {
            now += allowance.spend(message, now);
            sent += message + MESSAGE_OVERHEAD_BYTES;
            if sent < SEND_BURST_BYTES {
                assert_eq!(now, start);
            }
        }
        let fair = SEND_BURST_BYTES + 60 * SEND_BYTES_PER_SECOND;
        assert!(sent.abs_diff(fair) <= 2 * message, "{sent} of {fair}");
    }

    #[test]
    fn a_pause_fills_the_bucket_but_no_further() {
        let start = Instant::now();
        let mut allowance = Allowance::new(start);
        assert!(allowance.spend(SEND_BURST_BYTES, start) > Duration::ZERO);
        let later = start + Duration::from_secs(3_600);
        assert_eq!(allowance.spend(SEND_BURST_BYTES / 2, later), Duration::ZERO);
        assert!(allowance.spend(SEND_BURST_BYTES, later) > Duration::ZERO);
    }
}
