//! What the peers of a running match tell one another to agree on who drives which seat from
//! when, and to let others in. All of it travels on the reliable channel; what others wait for goes
//! over the unreliable one as well ([`crate::statement`]).
//!
//! The *log* of a match is the list of its [`SeatChange`]s. Only the owner of the *view* in force
//! appends to it. A new view begins when its owner is lost: the next in line asks the others to
//! [`Collect`] what they hold, and appends what follows from it. `docs/NETPLAY.md` has the
//! protocol and why it holds.

use crate::{
    Frame, PeerId,
    bounded::bounded,
    limits::*,
    peer::{DecodeError, bound},
};
use serde::{Deserialize, Deserializer, Serialize};

/// A reign: who may append to the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct View {
    /// Counts the reigns of a match, from 0 at its start.
    pub number: u32,
    /// Names the view in every datagram: chosen by chance by its owner, since the parts of a
    /// split room may come to the same number. The first view has the match's id.
    pub id: u32,
    /// Who appends to the log.
    pub owner: PeerId,
}

/// From frame `from` on, `driver` drives `seat`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeatChange {
    /// The seat, below the match's number of seats.
    pub seat: u8,
    /// The first frame of the new driver.
    pub from: Frame,
    /// A peer, or nobody: a bot.
    pub driver: Option<PeerId>,
}

/// A gapless stretch of one seat's inputs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Inputs {
    /// The seat.
    pub seat: u8,
    /// The frame of the first input.
    pub first: Frame,
    /// The inputs from `first` on, as in a datagram; at most [`MAX_UNACKED_INPUTS`].
    pub words: Vec<u32>,
}

/// From whoever wants to append for lost peers: "take nothing more from them, and tell me what
/// you hold". The current owner asks within its view; another peer asks for a view of its own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Collect {
    /// The match.
    pub match_id: u32,
    /// The view in force, or the new one that the sender proposes.
    pub view: View,
    /// Counts the sender's questions in that view; answers name it.
    pub question: u32,
    /// The peers that are lost, at most [`MAX_PEERS`].
    pub lost: Vec<PeerId>,
    /// The number of changes in the sender's log.
    pub log: u32,
    /// Per seat, the first frame whose input the sender lacks.
    pub ends: Vec<Frame>,
}

/// The answer to a [`Collect`]: a promise to take nothing more from the lost peers, and to follow
/// no view below the one named.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// The view of the question.
    pub view: u32,
    /// The question.
    pub question: u32,
    /// The number of the view that is in force here.
    pub installed: u32,
    /// The number of changes in this peer's log.
    pub log: u32,
    /// The changes that the asker lacks (those from [`Collect::log`] on), at most
    /// [`MAX_CHANGES_PER_MESSAGE`].
    pub changes: Vec<LogEntry>,
    /// Further peers from which this one takes nothing more, by an earlier promise.
    pub frozen: Vec<PeerId>,
    /// Per seat, the first frame whose input this peer lacks.
    pub ends: Vec<Frame>,
    /// The inputs of lost peers' seats that the asker lacks.
    pub inputs: Vec<Inputs>,
}

/// The other answer to a [`Collect`]: this peer does not agree that the owner is lost, or follows
/// somebody else.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deny {
    /// The view of the question.
    pub view: u32,
    /// The question.
    pub question: u32,
    /// The highest number of a view that this peer has promised to follow.
    pub promised: u32,
    /// Whether this peer has promised to take nothing more from the asker itself: others are
    /// about to go on without it.
    pub frozen: bool,
}

/// An entry of the log as it travels.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogEntry {
    /// The change.
    pub change: SeatChange,
    /// The seat's inputs before [`SeatChange::from`] that somebody may lack.
    pub inputs: Inputs,
}

/// From the owner: the log goes on. Whoever follows a lower view, and is not lost in this one,
/// installs it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Append {
    /// The match.
    pub match_id: u32,
    /// The owner's view.
    pub view: View,
    /// The index in the log of the first entry.
    pub first: u32,
    /// The entries, at most [`MAX_CHANGES_PER_MESSAGE`].
    pub entries: Vec<LogEntry>,
    /// The seats that are kept for players that were lost.
    pub kept: Vec<Kept>,
}

/// A seat that is kept for its player. Who knows the token whose hash `claim` is gets it back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kept {
    /// The seat.
    pub seat: u8,
    /// Who lost it.
    pub peer: PeerId,
    /// [`crate::peer::Hello::claim`] of the player.
    pub claim: Claim,
    /// The player's name.
    pub name: String,
    /// The frame until which the seat is kept.
    pub until: Frame,
}

/// The hash of a [`Token`]: SHA-256, the first 16 bytes.
pub type Claim = [u8; 16];

/// A secret that proves who one is after a reload. Only its hash is told, until it is used.
pub type Token = [u8; 16];

/// From a peer without a seat to the owner: "let me in".
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Join {
    /// The match, as the owner's lobby line names it.
    pub match_id: u32,
    /// The token of an earlier presence, whose seat is asked back.
    pub token: Option<Token>,
    /// Whether the peer only wants to watch.
    pub watch: bool,
    /// Whether it begins anew, and has nothing left of a seat that it may still drive for others.
    /// (Otherwise it keeps its place, and only its world is wrong.)
    pub anew: bool,
}

/// From a peer that has the world to the drivers: "send me your inputs".
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listen {
    /// The match.
    pub match_id: u32,
    /// The first frame whose inputs are wanted.
    pub from: Frame,
}

/// The parts of a [`Snapshot`]; each is acknowledged.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Chunk {
    /// Names the transfer.
    pub transfer: u32,
    /// The index of this part.
    pub index: u16,
    /// How many there are, at most [`MAX_CHUNKS`].
    pub count: u16,
    /// SHA-256 of the whole, the first 8 bytes, little-endian.
    pub hash: u64,
    /// At most [`CHUNK_BYTES`]; all but the last have exactly as many.
    pub bytes: Vec<u8>,
}

/// A match as it stands: what a newcomer begins with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Snapshot {
    /// The match.
    pub match_id: u32,
    /// [`crate::peer::Start::round`].
    pub round: u32,
    /// The seed of the match's start.
    pub seed: u64,
    /// The simulation's settings in postcard.
    pub settings: Vec<u8>,
    /// The view in force.
    pub view: View,
    /// The number of changes in the log, which `tenures` contains.
    pub log: u32,
    /// The peers that drive a seat, by seniority.
    #[serde(deserialize_with = "bounded::<_, _, MAX_SEATS>")]
    pub order: Vec<PeerId>,
    /// The frame of the world.
    pub frame: Frame,
    /// Per seat, who drives it from when: the tenure in force at `frame`, then later ones.
    #[serde(deserialize_with = "bounded_tenures")]
    pub tenures: Vec<Vec<Tenure>>,
    /// The seats that are kept for lost players.
    #[serde(deserialize_with = "bounded::<_, _, MAX_SEATS>")]
    pub kept: Vec<Kept>,
    /// The last entries of the log: others may lack them although its newcomer has no other way
    /// to know them, and may ask it when everybody else who had them is gone.
    #[serde(deserialize_with = "bounded::<_, _, MAX_CHANGES_PER_MESSAGE>")]
    pub recent: Vec<LogEntry>,
    /// The world in postcard.
    pub world: Vec<u8>,
}

/// From frame `from` on, this driver: a peer, or nobody (a bot).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tenure {
    /// The first frame.
    pub from: Frame,
    /// The driver.
    pub driver: Option<PeerId>,
}

fn bounded_tenures<'de, D: Deserializer<'de>>(d: D) -> Result<Vec<Vec<Tenure>>, D::Error> {
    #[derive(Deserialize)]
    struct OfSeat(#[serde(deserialize_with = "bounded::<_, _, MAX_TENURES>")] Vec<Tenure>);
    let seats = bounded::<_, OfSeat, MAX_SEATS>(d)?;
    Ok(seats.into_iter().map(|OfSeat(tenures)| tenures).collect())
}

type Checked = Result<(), DecodeError>;

impl SeatChange {
    fn check(&self) -> Checked {
        bound(usize::from(self.seat) < MAX_SEATS, "seat")
    }
}

impl Inputs {
    fn check(&self) -> Checked {
        bound(usize::from(self.seat) < MAX_SEATS, "seat")?;
        let count = self.words.len();
        bound(count <= MAX_UNACKED_INPUTS as usize, "count of inputs")?;
        bound(self.first.checked_add(count as Frame).is_some(), "frame")
    }
}

impl LogEntry {
    /// Bytes in postcard, or a few more: an entry is at most 700.
    pub fn most_bytes(&self) -> usize {
        // Two frames, a seat each, an id and the count of words; then the words.
        const FIXED: usize = 2 * 5 + 2 + 18 + 2;
        FIXED + 5 * self.inputs.words.len()
    }

    fn check(&self) -> Checked {
        self.change.check()?;
        self.inputs.check()
    }
}

fn check_entries(entries: &[LogEntry]) -> Checked {
    bound(entries.len() <= MAX_CHANGES_PER_MESSAGE, "list of changes")?;
    entries.iter().try_for_each(LogEntry::check)
}

fn check_kept(kept: &[Kept]) -> Checked {
    bound(kept.len() <= MAX_SEATS, "list of kept seats")?;
    kept.iter().try_for_each(|kept| {
        bound(usize::from(kept.seat) < MAX_SEATS, "seat")?;
        bound(kept.name.len() <= MAX_NAME_BYTES, "name")
    })
}

impl Collect {
    pub(crate) fn check(&self) -> Checked {
        bound(self.lost.len() <= MAX_PEERS, "list of lost peers")?;
        bound(self.ends.len() <= MAX_SEATS, "list of ends")
    }
}

impl Report {
    pub(crate) fn check(&self) -> Checked {
        check_entries(&self.changes)?;
        bound(self.frozen.len() <= MAX_PEERS, "list of frozen peers")?;
        bound(self.ends.len() <= MAX_SEATS, "list of ends")?;
        bound(self.inputs.len() <= MAX_SEATS, "list of inputs")?;
        self.inputs.iter().try_for_each(Inputs::check)
    }
}

impl Append {
    pub(crate) fn check(&self) -> Checked {
        check_entries(&self.entries)?;
        check_kept(&self.kept)
    }
}

impl Chunk {
    pub(crate) fn check(&self) -> Checked {
        let count = usize::from(self.count);
        bound((1..=MAX_CHUNKS).contains(&count), "count of parts")?;
        bound(self.index < self.count, "part")?;
        let is_last = self.index + 1 == self.count;
        let length = self.bytes.len();
        bound(
            length == CHUNK_BYTES || is_last && (1..=CHUNK_BYTES).contains(&length),
            "length of a part",
        )
    }
}

impl Snapshot {
    /// Decodes a snapshot that another peer sent, and checks every bound but those that only the
    /// simulation knows.
    ///
    /// # Errors
    /// [`DecodeError`] for anything that this version would not have sent.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        if bytes.len() > MAX_SNAPSHOT_BYTES {
            return Err(DecodeError::TooLong(bytes.len()));
        }
        let (snapshot, rest) =
            postcard::take_from_bytes::<Self>(bytes).map_err(|_| DecodeError::Malformed)?;
        bound(rest.is_empty(), "length")?;
        bound(snapshot.settings.len() <= MAX_SETTINGS_BYTES, "settings")?;
        bound(snapshot.log as usize <= 2 * MAX_CHANGES, "log")?;
        bound(!snapshot.tenures.is_empty(), "seats")?;
        for tenures in &snapshot.tenures {
            bound(!tenures.is_empty(), "tenures")?;
            bound(tenures[0].from <= snapshot.frame, "tenures")?;
            bound(tenures.is_sorted_by_key(|tenure| tenure.from), "tenures")?;
        }
        check_kept(&snapshot.kept)?;
        check_entries(&snapshot.recent)?;
        bound(snapshot.recent.len() <= snapshot.log as usize, "recent")?;
        Ok(snapshot)
    }
}
