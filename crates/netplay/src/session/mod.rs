//! A peer in a room, running by itself.
//!
//! [`room`] is the state machine (hello, lobby, match; no I/O, no clock), `driver` runs it (a
//! thread natively, a Worker's tick on the web), [`Handle`] is what a game holds.

mod driver;
mod handle;
mod notice;
pub mod resume;
pub mod room;
mod status;

pub use crate::rollback::{HISTORY, History};
pub use handle::{Command, Handle, spawn};
pub use notice::{BanReason, Notice};
pub use room::{Record, RecordKind};
pub use status::Status;

use crate::transport::Outage;
use protocol::{Frame, PeerId, Simulation, agreement::Token, peer::RefusalReason};

/// What a session needs to know from its game.
pub struct Config<S: Simulation> {
    /// The secret by which this player is known again after a reload or a crash: keep it where
    /// the next session finds it ([`resume::new_token`] makes one).
    pub token: Token,
    /// The token of the session before, whose seat is asked back in a running match.
    pub resumes: Option<Token>,
    /// The player's name; cut to [`protocol::limits::MAX_NAME_BYTES`].
    pub name: String,
    /// The colour that the player chose for itself, as the game counts them.
    pub color: u8,
    /// The settings of a match of so many players (peers); asked of the owner at each start, while
    /// it has chosen none by [`Handle::choose`].
    pub settings: fn(players: usize) -> S::Settings,
    /// Who sits where; asked of the owner at each start.
    pub seating: Seating<S>,
    /// Drives this peer's seat instead of the mailbox: called with the newest world and this
    /// peer's seat before each step.
    pub autopilot: Option<fn(world: &S, seat: usize) -> S::Input>,
    /// Is ready as soon as it enters a lobby, also for every further match.
    pub auto_ready: bool,
    /// The fewest peers (this one included) that a match starts with: 2 to play with others,
    /// 1 to practise.
    pub min_peers: usize,
    /// Only watches: never takes a seat.
    pub watch: bool,
    /// Frames between a player's input and its step, 0 to
    /// [`protocol::limits::MAX_INPUT_DELAY`]; nothing to have it follow the measured round trip.
    pub input_delay: Option<u32>,
}

/// Says the settings of a match, and each player's seat in it, or none for one who watches at first.
/// It is given the settings asked for and, the longest-present first, the team that each player
/// wants ([`Command::SetTeam`]). Seats without a player are bots'.
pub type Seating<S> = fn(
    <S as Simulation>::Settings,
    teams: &[Option<u8>],
) -> (<S as Simulation>::Settings, Vec<Option<usize>>);

/// The seating that leaves the settings as they are, and seats players by seniority.
pub fn in_order<S: Simulation>(
    settings: S::Settings,
    teams: &[Option<u8>],
) -> (S::Settings, Vec<Option<usize>>) {
    (settings, (0..teams.len()).map(Some).collect())
}

/// Where a session is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Phase {
    /// Finding the room: nothing is known of anybody yet.
    #[default]
    Connecting,
    /// In the room, before a match.
    Lobby,
    /// Playing.
    Match,
    /// A match is over; being ready again is a vote for the next one, which begins when all are, or
    /// [`room::VOTE`] after more than half of all are. The others enter it when they are ready.
    Result,
    /// Ended for good; a new session is needed.
    Failed(Failure),
}

/// Why a session ended. The game turns it into a sentence with a way back.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// Signaling was never reached, or refused us.
    #[error("signaling failed: {0}")]
    Signaling(Outage),
    /// Another peer refused us, or we refused the only other one.
    #[error("refused ({reason:?}): {detail}")]
    Refused {
        /// The reason.
        reason: RefusalReason,
        /// More, for people.
        detail: String,
    },
    /// No connection to the peer of this name could be made, though the others of the room reach
    /// it: its network or ours lets nothing through.
    #[error("no connection to {} could be made", notice::shown(.0))]
    Unreachable(String),
    /// The worlds differ again and again: the simulation is not deterministic, or somebody
    /// cheats.
    #[error("the worlds differ at frame {0}")]
    Desync(Frame),
    /// The session itself could not run: a fault of this program or this system.
    #[error("the session failed: {0}")]
    Internal(String),
    /// This peer left by its own wish.
    #[error("left")]
    Left,
}

/// One peer of the room, this one included, as the lobby shows it.
#[derive(Clone, Debug, PartialEq)]
pub struct PeerView {
    /// Its id.
    pub id: PeerId,
    /// Its player's name.
    pub name: String,
    /// Whether this is us.
    pub is_me: bool,
    /// Whether it decides the match's start: the longest-present peer.
    pub is_owner: bool,
    /// Whether it is ready.
    pub ready: bool,
    /// Its seat in the running or last match.
    pub seat: Option<usize>,
    /// The team that its player wants to play for; nothing for any.
    pub team: Option<u8>,
    /// The colour that its player chose for itself, as the game counts them: any number.
    pub color: u8,
    /// Whether our player does not want to hear it.
    pub muted: bool,
    /// Whether its player does not look: the page or window is hidden.
    pub away: bool,
    /// Whether it cannot keep up with the match.
    pub slow: bool,
    /// The smoothed round trip in milliseconds; nothing before the first measurement.
    pub rtt_ms: Option<f32>,
    /// The rest of what is measured of the way to it.
    pub link: Link,
}

/// What is measured of the way between this peer and another.
#[derive(Clone, Copy, Debug, Default, PartialEq, serde::Serialize)]
pub struct Link {
    /// The smoothed deviation of the round trip from its mean, in milliseconds.
    pub jitter_ms: f32,
    /// The share of the latest rollback datagrams, two seconds', that were lost on the way to us,
    /// from 0 to 1.
    pub loss: f32,
    /// Bytes that came from it since it was met, both channels.
    pub bytes_in: u64,
    /// Bytes that went to it since it was met, both channels.
    pub bytes_out: u64,
    /// How packets travel.
    pub path: crate::transport::Path,
}

/// Something that a player said, as clean text or as an emote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    /// Counts what was said, from 0: what is new has a higher one.
    pub number: u64,
    /// Who said it.
    pub from: PeerId,
    /// Whether that was us.
    pub is_me: bool,
    /// Its player's name when it said so.
    pub name: String,
    /// What it said.
    pub words: Words,
}

/// What a player may say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Words {
    /// A line of text.
    Text(String),
    /// An emote, as the game counts them.
    Emote(u8),
}

/// The room as it is now, for the screens.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RoomView {
    /// Where the session is.
    pub phase: Phase,
    /// Who is here, the owner first, then by seniority.
    pub peers: Vec<PeerView>,
    /// Our seat in the running or last match.
    pub my_seat: Option<usize>,
    /// Whether we only watch the running match: without a seat, or until we keep up again.
    pub watching: bool,
    /// Whether others play a match, and we are not in it: being ready enters it.
    pub others_play: bool,
    /// Signaling, as the transport sees it.
    pub signaling: crate::transport::SignalingState,
    /// What was said of late, oldest first; at most [`protocol::limits::MAX_SAID`].
    pub said: Vec<Said>,
    /// What is to be told of the room: the newest, until a match begins.
    pub notice: Option<Notice>,
}

/// What a picture needs of a match.
#[derive(Clone)]
pub struct Look<S: Simulation> {
    /// The two newest worlds.
    pub frames: Frames<S>,
    /// The newest world of the look before, as it is known now, if it was predicted wrong: a picture
    /// that showed it can go over to the right one without a jump.
    pub corrected: Option<(Frame, S)>,
    /// What became of the newest frames.
    pub history: History,
}

/// The two newest worlds, to draw between.
#[derive(Clone)]
pub struct Frames<S: Simulation> {
    /// The number of `current`.
    pub frame: Frame,
    /// World `frame - 1` (world 0 at the start).
    pub previous: S,
    /// World `frame`.
    pub current: S,
    /// When `current` was due, on the clock of [`web_time::Instant`]: `previous` is shown then,
    /// `current` one step length later.
    pub at: web_time::Instant,
    /// The newest frame whose inputs are all known.
    pub confirmed: Frame,
}
