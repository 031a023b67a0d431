//! The rollback core: bytes, inputs and the time go in; datagrams, worlds and events come out.
//!
//! No sockets, threads or clocks in here: a test drives thousands of matches through simulated
//! time. Time is a [`std::time::Duration`] since an epoch of the caller's choosing (the
//! session's start); it must not run backwards.
//!
//! Each seat's inputs are a *stream* with one author, gapless from frame 0. Every peer steps
//! its world at once by what it knows and *predicts* the rest (the last input again). When the
//! real input differs, the core goes back to the newest right world and steps again. What no
//! input can change any more is *confirmed*.
//!
//! One turn of whoever drives a [`Core`]: [`Core::receive`] what has come, [`Core::tick`],
//! send all of [`Core::poll_datagram`], sleep until [`Core::next_due`] or the next packet.
//!
//! The parts: `core` steps and rolls back, `receive` judges datagrams before any of them counts,
//! `send` writes them, `clock` says when a step is due, `peer` measures the others.
//!
//! Deliberately absent for now: the roster is the match's start's. A datagram names its view
//! (always [`VIEW`]), and a stream knows its author, so that seats can change hands later.

mod checksums;
mod clock;
mod core;
mod events;
pub(crate) mod input;
mod peer;
mod receive;
mod send;
mod stream;
mod worlds;

pub use self::checksums::Desync;
pub use self::clock::STEP;
pub use self::core::Core;
pub use self::receive::Rejected;

use protocol::{Frame, PeerId, Simulation};
use std::time::Duration;

/// The view of a roster that is fixed at the match's start.
pub const VIEW: u32 = 0;

/// Frames between two checksums that peers compare.
pub const CHECKSUM_INTERVAL: Frame = 60;

/// What all peers of a match agree on at its start, and who of them we are.
#[derive(Clone, Debug)]
pub struct Plan<S: Simulation> {
    /// Names the match in every datagram.
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
    /// [`protocol::limits::MAX_INPUT_DELAY`]; more is clamped. Peers need not agree on it.
    pub input_delay: u32,
}

/// Why a [`Plan`] cannot be played.
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
    /// Frames stepped ahead of the confirmed frontier now.
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
