//! What must always hold, and by when: the bounds of `docs/NETPLAY.md` in a weather.

use super::schedule::{Weather, ms};
use std::{fmt, time::Duration};

/// How long after the last disturbance everybody is back at full pace.
pub const SETTLED: Duration = Duration::from_secs(4);

/// The same for watchers: they notice later that what they watch was given up.
pub const WATCHERS_SETTLED: Duration = Duration::from_secs(10);

/// How long confirmed frames are counted before their pace is judged.
pub const WINDOW: Duration = Duration::from_secs(4);

/// Frames by which confirming may be behind sixty a second over any time: it is known a little
/// sooner or later that everybody has a frame, and clocks come together when somebody takes a seat.
pub const LOST_FRAMES: f64 = 10.0;

/// Steps a second below which nobody may drag a match.
pub const LEAST_PACE: f64 = 55.0;

/// The time over which they are counted.
pub const LEAST_PACE_WINDOW: Duration = Duration::from_secs(2);

/// How much longer they may be too few, but for round trips: in those it is agreed that the slow one's
/// seat is a bot's, and then the slow steps leave the window.
pub const SLOW_FOR: Duration = LEAST_PACE_WINDOW;

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
    /// Without a fault nobody feels a gap between two steps, also when others come.
    Hitch,
    /// Nobody loses its seat without a fault, where full pace can be kept.
    Seat,
    /// Every queue keeps to its limit.
    Queue,
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
    /// The longest time without a step.
    pub stall: Duration,
    /// The longest time between two steps without a fault.
    pub hitch: Duration,
    pub join: Duration,
    /// The longest time in which a lost peer is shown as gone.
    pub gone: Duration,
    /// Whether full pace can be kept.
    pub full_pace: bool,
}

impl Bounds {
    pub fn new(weather: Weather) -> Self {
        let held_back = if weather.reorder > 0 { 50 } else { 0 };
        let round_trip = ms(weather.rtt + 2 * weather.jitter + held_back);
        // A snapshot and what leads to it come over the reliable channel, where each loss costs a
        // round trip; so many in a row come in a long run.
        let losses = match weather.loss {
            0 => 0,
            1..=5 => 4,
            _ => 8,
        };
        let full_pace = weather.rtt <= 200 && weather.loss <= 5;
        Self {
            round_trip,
            // In worse conditions several copies of a statement are lost in a row, and inputs, too.
            stall: STALL + round_trip * if full_pace { 1 } else { 2 },
            hitch: if weather.loss == 0 {
                HITCH
            } else {
                HITCH_LOSSY
            },
            join: JOIN + round_trip * (JOIN_TRIPS + losses),
            // There a last word may be sent again and again after its speaker is gone.
            gone: GONE + round_trip * if full_pace { 0 } else { losses },
            full_pace,
        }
    }
}

/// The longest that anybody waits for a peer that is lost, but for a round trip.
const STALL: Duration = Duration::from_secs(1);

/// The longest time between two steps without a fault: three steps, which nobody sees.
const HITCH: Duration = Duration::from_millis(50);

/// The same where packets are lost: so many in a row come in a long run.
const HITCH_LOSSY: Duration = Duration::from_millis(100);

/// The longest time in which a newcomer enters a running match, but for round trips.
const JOIN: Duration = Duration::from_millis(1_500);

/// Round trips that a newcomer needs: hello, snapshot, inputs, a seat.
const JOIN_TRIPS: u32 = 6;

/// The longest time in which a lost peer is shown as gone, in fair conditions.
pub const GONE: Duration = Duration::from_secs(3);
