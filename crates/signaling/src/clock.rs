//! The time of day, for what outlasts this server: tickets, and credentials of others.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Seconds since 1970; a clock before that says 0.
pub(crate) fn unix_now() -> u64 {
    since_1970().as_secs()
}

/// Milliseconds since 1970; a clock before that says 0.
pub(crate) fn unix_millis() -> u64 {
    // A u64 lasts for 584 million years.
    since_1970().as_millis() as u64
}

fn since_1970() -> Duration {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.unwrap_or_default()
}
