//! A tiny game: everybody adds its input to its own sum; it ends after a second.

use netplay::session::Config;
use protocol::{Driver, Event, Frame, Seat, Simulation, limits::MAX_SEATS};
use serde::{Deserialize, Serialize};

/// When a simulation that is not deterministic begins to show it.
pub const STRAYS_AT: Frame = 90;

/// Steps of a match.
pub const LENGTH: Frame = 60;

/// The game; `RULES` below 100 tells incompatible ones apart. 100 more call themselves the same
/// but stray after [`STRAYS_AT`] steps.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Sums<const RULES: u64 = 1> {
    pub frame: Frame,
    pub length: Frame,
    pub sums: [u64; MAX_SEATS],
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Settings {
    pub seats: u8,
    pub length: Frame,
}

/// Every tenth step is an event.
#[derive(Clone, Debug, PartialEq)]
pub struct Tenth(pub Frame);

impl Event for Tenth {
    fn key(&self) -> u64 {
        self.0.into()
    }

    fn waits_for_confirmation(&self) -> bool {
        true
    }
}

impl<const RULES: u64> Simulation for Sums<RULES> {
    const FINGERPRINT: u64 = RULES % 100;
    type Input = u8;
    type Settings = Settings;
    type Event = Tenth;

    fn seats(settings: &Settings) -> usize {
        usize::from(settings.seats).clamp(1, MAX_SEATS)
    }

    fn new(settings: &Settings, seed: u64) -> Self {
        Self {
            frame: 0,
            length: settings.length,
            sums: [seed; MAX_SEATS],
        }
    }

    fn step(&mut self, seats: &[Seat<u8>], events: &mut Vec<Tenth>) {
        self.frame += 1;
        for (sum, seat) in self.sums.iter_mut().zip(seats) {
            let input = if seat.driver == Driver::Bot {
                1
            } else {
                seat.input.into()
            };
            *sum = sum.wrapping_mul(31).wrapping_add(input);
        }
        if RULES >= 100 && self.frame > STRAYS_AT {
            self.sums[0] ^= 1;
        }
        if self.frame.is_multiple_of(10) {
            events.push(Tenth(self.frame));
        }
    }

    fn checksum(&self) -> u64 {
        self.sums
            .iter()
            .fold(self.frame.into(), |hash, sum| hash.wrapping_mul(131) ^ sum)
    }

    fn is_over(&self) -> bool {
        self.frame >= self.length
    }
}

/// A player who is always ready and presses something else in every step.
pub fn eager(name: &str, min_peers: usize) -> Config<Sums> {
    eager_by(name, min_peers)
}

/// The same by rules of any number.
pub fn eager_by<const RULES: u64>(name: &str, min_peers: usize) -> Config<Sums<RULES>> {
    Config {
        name: name.into(),
        settings: |players| Settings {
            seats: players as u8 + 1,
            length: LENGTH,
        },
        seating: netplay::session::in_order::<Sums<RULES>>,
        autopilot: Some(|world, seat| (world.frame as u8).wrapping_mul(seat as u8 + 3)),
        auto_ready: true,
        min_peers,
        input_delay: Some(2),
        token: [0; 16],
        resumes: None,
        watch: false,
        color: 0,
    }
}

/// A match without end of so many seats, begun by so many peers.
pub fn seats<const SEATS: u8>(name: &str, min_peers: usize) -> Config<Sums> {
    Config {
        settings: |_| Settings {
            seats: SEATS,
            length: u32::MAX,
        },
        // Who they were, and will be again.
        token: token(name),
        ..eager(name, min_peers)
    }
}

/// A token that a person can read.
pub fn token(name: &str) -> [u8; 16] {
    let mut token = [0; 16];
    token[..name.len()].copy_from_slice(name.as_bytes());
    token
}
