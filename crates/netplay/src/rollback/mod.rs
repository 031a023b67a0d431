//! The rollback core: bytes, inputs and the time go in; datagrams, worlds and events come out.
//!
//! No sockets, threads or clocks in here: a test drives thousands of matches through simulated
//! time. Time is a [`std::time::Duration`] since an epoch of the caller's choosing (the
//! session's start); it must not run backwards.
//!
//! Each seat's inputs are a gapless *stream*, written by whoever drives the seat. Every peer steps
//! its world at once by what it knows and *predicts* the rest (the last input again). When the
//! real input differs, the core goes back to the newest right world and steps again. A frame is
//! *confirmed* when every driver is known to have all of its inputs, and the view's owner has made
//! final who drives it: nothing can change it any more, whoever is lost.
//!
//! One turn of whoever drives a [`Core`]: [`Core::receive`] what has come, [`Core::tick`],
//! send all of [`Core::poll_datagram`], sleep until [`Core::next_due`] or the next packet.
//!
//! The parts: `begin` makes a core, `core` is its turn, `step` steps and rolls back, `receive`
//! judges datagrams before any of them counts, `send` writes them, `clock` says when a step is due,
//! `peer` measures the others, `seats` keeps the log of who drives what, `reign` how far it is
//! final, `listen` is what a peer without a seat does, `waits` judges for whom one waits, `delay`
//! follows the round trip, `repair` replaces a wrong world, `history` and `losses` are for pictures
//! of it, `queues` tells how full everything is.
//!
//! Deliberately absent: any decision about who is to drive a seat. The log of changes comes from
//! the session, by the protocol of [`protocol::agreement`].

mod begin;
mod checksums;
mod clock;
mod core;
mod delay;
mod events;
mod history;
pub(crate) mod input;
mod listen;
mod losses;
mod peer;
mod queues;
mod receive;
mod reign;
mod repair;
mod seats;
mod send;
mod step;
mod stream;
mod waits;
mod worlds;

pub use self::checksums::Desync;
pub use self::clock::STEP;
pub use self::core::Core;
pub use self::history::{HISTORY, History};
pub use self::receive::Rejected;
pub use self::repair::AdoptError;
pub use self::seats::ApplyError;

use protocol::{
    Frame, PeerId, Simulation,
    agreement::{Tenure, View},
    limits::MAX_SEATS,
};
use std::time::Duration;

/// Frames between two checksums that peers compare.
pub const CHECKSUM_INTERVAL: Frame = 60;

/// What all peers of a match agree on at its start, and who of them we are.
#[derive(Clone, Debug)]
pub struct Plan<S: Simulation> {
    /// Names the match, and its first view.
    pub match_id: u32,
    /// The seed of the world's generator.
    pub seed: u64,
    /// The simulation's settings.
    pub settings: S::Settings,
    /// Who drives each seat: a peer, or nobody (a bot). As many as the settings have seats.
    pub roster: Vec<Option<PeerId>>,
    /// This peer; drives one seat or more.
    pub me: PeerId,
    /// Frames between sampling an input and its step, at most
    /// [`protocol::limits::MAX_INPUT_DELAY`]; more is clamped. Peers need not agree on it. Nothing
    /// follows the measured round trips.
    pub input_delay: Option<u32>,
}

/// A match in full swing, and who enters it: what [`protocol::agreement::Snapshot`] tells.
#[derive(Clone, Debug)]
pub struct Entry<S> {
    /// This peer; drives no seat as yet.
    pub me: PeerId,
    /// The view in force.
    pub view: View,
    /// The number of changes in the log, all of which `tenures` contains.
    pub log: u32,
    /// The peers that drive a seat, by seniority.
    pub order: Vec<PeerId>,
    /// Per seat, the tenure in force at `frame`, then later ones. No peer may be followed by
    /// somebody else, since its inputs until then would be lacking: the owner gives a snapshot
    /// of a later frame.
    pub tenures: Vec<Vec<Tenure>>,
    /// The number of the world.
    pub frame: Frame,
    /// A confirmed world.
    pub world: S,
    /// As [`Plan::input_delay`].
    pub input_delay: Option<u32>,
}

/// What all peers of a match agree on about one frame.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ConfirmedFrame {
    /// The frame.
    pub frame: Frame,
    /// The input of each seat, as its word in a datagram.
    pub words: [u32; MAX_SEATS],
    /// A bit for each seat that a peer drives, the first seat's lowest.
    pub peers: u8,
}

/// Why a [`Plan`] or an [`Entry`] cannot be played.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PlanError {
    /// The roster does not fit the settings, or is past [`protocol::limits::MAX_SEATS`].
    #[error("the roster has {roster} seats, the settings have {settings}")]
    Seats {
        /// Seats of the roster.
        roster: usize,
        /// Seats of the settings.
        settings: usize,
    },
    /// This peer drives no seat of the roster.
    #[error("this peer has no seat in the match")]
    NoSeat,
    /// This peer drives a seat already, so it cannot enter as a listener.
    #[error("this peer drives a seat already")]
    Seated,
    /// The tenures of a seat are not in order, or a peer gives its seat up after the entry's
    /// frame.
    #[error("the tenures of seat {0} cannot be entered")]
    Tenures(u8),
    /// The default input has more than [`protocol::limits::MAX_INPUT_BYTES`] in postcard.
    #[error("the simulation's input is too long")]
    InputTooLong,
}

/// What a core has done since the match's start.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Stats {
    /// Wrong predictions that were corrected.
    pub rollbacks: u64,
    /// Frames stepped again in those corrections.
    pub resimulated: u64,
    /// The longest correction, in frames.
    pub longest_rollback: u32,
    /// Frames stepped with predicted inputs now.
    pub predicted: u32,
    /// How far this peer is ahead of the one furthest behind, in frames (smoothed); negative
    /// when it is itself behind all.
    pub ahead: f32,
    /// Ticks at which a due step had to wait at the prediction bound.
    pub waits: u64,
    /// Time not played: waited at the prediction bound, or slept through by this machine.
    pub lost_time: Duration,
    /// Datagrams made.
    pub datagrams_out: u64,
    /// Datagrams that came, rejected ones included.
    pub datagrams_in: u64,
    /// Datagrams that were rejected.
    pub rejected: u64,
    /// Inputs that contradicted an earlier one of the same frame, and were ignored.
    pub conflicts: u64,
    /// The longest datagram made, in bytes.
    pub longest_datagram: usize,
}

/// What is known of another peer of the match.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct PeerStats {
    /// The smoothed round trip; nothing before the first measurement.
    pub rtt: Option<Duration>,
    /// The smoothed deviation of the round trip from its mean.
    pub jitter: Duration,
    /// The share of its latest datagrams that were lost on the way to us, from 0 to 1.
    pub loss: f32,
    /// How far this peer is ahead of it, in frames (smoothed); negative when behind.
    pub ahead: f32,
    /// The first frame of which it lacks an input of ours.
    pub acknowledged: Frame,
    /// The first frame of which we lack an input of its.
    pub received: Frame,
    /// Datagrams of its that were rejected.
    pub rejected: u64,
    /// Inputs of its that contradicted an earlier one, and were ignored.
    pub conflicts: u64,
}
