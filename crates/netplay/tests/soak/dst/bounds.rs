//! What must always hold, and by when: the bounds of `docs/NETPLAY.md` in a weather.

use super::schedule::{Weather, ms};
use std::{fmt, time::Duration};

/// How long after the last disturbance everybody is back at full pace.
pub const SETTLED: Duration = Duration::from_secs(4);

/// The same for watchers: they notice later that what they watch was given up.
pub const WATCHERS_SETTLED: Duration = Duration::from_secs(10);

/// The length of the windows over which the pace is judged.
pub const WINDOW: Duration = Duration::from_secs(4);

/// Confirmed frames a second that full pace has at least. The faster peer slows by at most 5 %:
/// for a moment when somebody takes a seat.
pub const FULL_PACE: f64 = 58.5;

/// What must always hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Invariant {
    /// No panic, whatever happens.
    Panic,
    /// Peers of one view have the same confirmed worlds, and none sees a desync.
    Worlds,
    /// Frames are confirmed at full pace while nothing disturbs.
    Pace,
    /// Nobody stalls for longer than it takes to agree that somebody is lost.
    Stall,
    /// Nobody loses its seat without a fault, where full pace can be kept.
    Seat,
    /// A newcomer is soon in the match.
    Join,
    /// A lost peer is soon shown as gone.
    Gone,
    /// Whoever is alive at the end plays with the others, or has a clear failure.
    End,
}

/// How an invariant was broken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Breach {
    pub invariant: Invariant,
    /// Simulated time since the start.
    pub at: Duration,
    /// At which peer it showed.
    pub peer: Option<u8>,
    pub detail: String,
}

impl fmt::Display for Breach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            invariant,
            at,
            peer,
            detail,
        } = self;
        write!(f, "{invariant:?} at {:.3} s", at.as_secs_f64())?;
        if let Some(peer) = peer {
            write!(f, " at P{peer}")?;
        }
        write!(f, ": {detail}")
    }
}

/// The bounds that hold in a weather.
pub struct Bounds {
    pub round_trip: Duration,
    /// The longest time without a step, counted from the last disturbance.
    pub stall: Duration,
    pub join: Duration,
    pub gone: Duration,
    /// Whether full pace can be kept.
    pub full_pace: bool,
}

impl Bounds {
    pub fn new(weather: Weather) -> Self {
        let held_back = if weather.reorder > 0 { 50 } else { 0 };
        let round_trip = ms(weather.rtt + 2 * weather.jitter + held_back);
        // Each loss of a reliable message costs a round trip; so many in a row come in a long run.
        let losses = match weather.loss {
            0 => 0,
            1..=5 => 4,
            _ => 8,
        };
        Self {
            round_trip,
            stall: PATIENCE + round_trip * (1 + losses),
            join: JOIN + round_trip * (JOIN_TRIPS + losses),
            gone: GONE + round_trip * (1 + losses),
            full_pace: weather.rtt <= 200 && weather.loss <= 5,
        }
    }
}

/// The longest that anybody waits for a peer that is lost, but for round trips: a second, and the
/// time until a peer that waits gets its next turn.
const PATIENCE: Duration = Duration::from_millis(1_050);

/// The longest time in which a newcomer enters a running match, but for round trips.
const JOIN: Duration = Duration::from_millis(1_500);

/// Round trips that a newcomer needs: hello, snapshot, inputs, a seat.
const JOIN_TRIPS: u32 = 6;

/// The longest time in which a lost peer is shown as gone, but for round trips.
pub const GONE: Duration = Duration::from_secs(3);
