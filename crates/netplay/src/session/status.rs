//! The one JSON object that a peer tells of itself, headless or on the web.

use protocol::Frame;
use serde::Serialize;

/// A peer's state in numbers: printed by the `headless` example once a second, returned by
/// `window.game.status()` on the web.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Status {
    /// `connecting`, `lobby`, `match`, `result` or `failed`.
    pub phase: &'static str,
    /// The newest frame stepped, predictions included.
    pub frame: Frame,
    /// The newest frame all of whose inputs are known.
    pub confirmed: Frame,
    /// The checksum of world `checksum_frame`, as 16 hexadecimal digits (JavaScript's numbers
    /// cannot hold 64 bits).
    pub checksum: String,
    /// The newest confirmed frame that is a multiple of 60.
    pub checksum_frame: Frame,
    /// Other peers in the room with open channels.
    pub peers: usize,
    /// How many of them are away: their players do not look.
    pub away: usize,
    /// Our seat in the running or last match.
    pub seat: Option<usize>,
    /// Whether we only watch the running match.
    pub watching: bool,
    /// The largest smoothed round trip to any of them, in milliseconds.
    pub rtt_ms: f32,
    /// The largest deviation of the round trip from its mean, smoothed, of any of them, in
    /// milliseconds.
    pub jitter_ms: f32,
    /// The largest share of the latest rollback datagrams, two seconds', that were lost on the way
    /// from any of them, from 0 to 1.
    pub loss: f32,
    /// Rollbacks since the match's start.
    pub rollbacks: u64,
    /// Frames stepped again in those rollbacks.
    pub resimulated: u64,
    /// Frames stepped ahead of `confirmed` now.
    pub predicted: u32,
    /// How far this peer is ahead of the others, in frames; negative when behind.
    pub ahead: f32,
    /// Bytes sent since the session's start, both channels.
    pub bytes_out: u64,
    /// Bytes received since the session's start, both channels.
    pub bytes_in: u64,
    /// Packets dropped: malformed, foreign, too long or too many.
    pub dropped: u64,
    /// The first frame whose checksum differed from another peer's.
    pub desync: Option<Frame>,
    /// Matches played to their end in this session.
    pub matches: u32,
    /// How packets travel: `direct`, `relayed`, `memory` or `unknown`.
    pub path: crate::transport::Path,
    /// The failure's sentence, when `phase` is `failed`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failure: Option<String>,
}
