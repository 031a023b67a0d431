//! The smallest game, for tests of what plays any.

use crate::{
    contract::{Board, Game, Words},
    preferences::Language,
    sound::{Clip, Cue},
};
use bevy::prelude::App;
use protocol::{Driver, Frame, Seat, Simulation, limits::STEPS_PER_SECOND};
use serde::{Deserialize, Serialize};

/// Adds all inputs up, and tells of every second and of every press. The settings are the seats.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Toy {
    seats: u8,
    frame: Frame,
    sum: u64,
    before: [u8; 8],
    presses: [u32; 8],
}

/// What happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Happened {
    /// A second is over.
    Second(u32),
    /// A seat's input was 0 and is not any more, for the so many-th time.
    Press { seat: u8, count: u32 },
}

impl protocol::Event for Happened {
    fn key(&self) -> u64 {
        match self {
            Self::Second(second) => 1 << 40 | u64::from(*second),
            Self::Press { seat, count } => u64::from(*seat) << 32 | u64::from(*count),
        }
    }

    fn waits_for_confirmation(&self) -> bool {
        false
    }
}

impl Simulation for Toy {
    const FINGERPRINT: u64 = u64::from_le_bytes(*b"housetoy");
    type Input = u8;
    type Settings = u8;
    type Event = Happened;

    fn seats(settings: &u8) -> usize {
        usize::from((*settings).clamp(1, 8))
    }

    fn new(settings: &u8, seed: u64) -> Self {
        Self {
            seats: (*settings).clamp(1, 8),
            frame: 0,
            sum: seed,
            before: [0; 8],
            presses: [0; 8],
        }
    }

    fn step(&mut self, seats: &[Seat<u8>], events: &mut Vec<Happened>) {
        for (index, seat) in seats.iter().take(self.seats.into()).enumerate() {
            let bot = u64::from(seat.driver == Driver::Bot);
            self.sum = self.sum.wrapping_mul(31) + u64::from(seat.input) + bot;
            if self.before[index] == 0 && seat.input != 0 {
                let (seat, count) = (index as u8, self.presses[index]);
                self.presses[index] += 1;
                events.push(Happened::Press { seat, count });
            }
            self.before[index] = seat.input;
        }
        self.frame += 1;
        if self.frame.is_multiple_of(STEPS_PER_SECOND) {
            events.push(Happened::Second(self.frame / STEPS_PER_SECOND));
        }
    }

    fn checksum(&self) -> u64 {
        self.sum ^ u64::from(self.frame)
    }

    fn is_over(&self) -> bool {
        false
    }
}

/// Plays [`Toy`] without any picture.
pub struct ToyGame;

impl Game for ToyGame {
    type World = Toy;

    const TITLE: &'static str = "Toy";

    fn plugin(_: &mut App) {}

    fn words(_: Language) -> &'static Words {
        &Words {
            tagline: "",
            keys: [""; 3],
            teams: &[],
        }
    }

    fn settings(players: usize) -> u8 {
        players as u8
    }

    fn autopilot(_: &Toy, _: usize) -> u8 {
        0
    }

    fn board(_: &Toy, _: Language) -> Board {
        Board::default()
    }

    fn cues(event: &Happened, _: &Toy, _: bool) -> Vec<Cue> {
        match event {
            Happened::Second(_) => Vec::new(),
            Happened::Press { .. } => vec![Cue::plain(Clip::Kick, 0.5)],
        }
    }
}
