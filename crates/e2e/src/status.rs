//! What a peer tells of itself: read as anybody outside would read it.

use serde::Deserialize;

/// The object that `headless` prints and `window.game.status()` returns: the fields that the
/// tests look at, see `netplay::session::status`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Status {
    /// `connecting`, `lobby`, `match`, `result` or `failed`.
    pub phase: String,
    /// The newest frame stepped.
    pub frame: u32,
    /// The newest frame all of whose inputs are known.
    pub confirmed: u32,
    /// The checksum of world `checksum_frame`, in hexadecimal digits.
    pub checksum: String,
    /// The newest confirmed frame that is a multiple of 60.
    pub checksum_frame: u32,
    /// Other peers in the room.
    pub peers: usize,
    /// How many of them are away.
    pub away: usize,
    /// Its own seat in the running or last match.
    pub seat: Option<usize>,
    /// Whether it only watches the running match.
    pub watching: bool,
    /// The largest round trip to any of them, in milliseconds.
    pub rtt_ms: f32,
    /// The largest share of datagrams lost on the way from any of them, from 0 to 1.
    pub loss: f32,
    /// Rollbacks since the match's start.
    pub rollbacks: u64,
    /// Frames stepped again in those rollbacks.
    pub resimulated: u64,
    /// Bytes sent since the session's start, both channels.
    pub bytes_out: u64,
    /// The first frame whose checksum differed from another peer's.
    pub desync: Option<u32>,
    /// Matches played to their end.
    pub matches: u32,
    /// How packets travel.
    pub path: String,
    /// The sentence for the player, after a failure.
    #[serde(default)]
    pub failure: Option<String>,
}
