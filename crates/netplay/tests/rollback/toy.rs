//! The smallest simulation that forgives nothing: its hash holds every input it was ever given.

use protocol::{Driver, Event, Frame, Seat, Simulation};
use serde::{Deserialize, Serialize};

/// What a seat does: 3 bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Stick {
    pub x: i8,
    pub y: i8,
    pub press: bool,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Options {
    pub seats: u8,
    /// From this frame on, the simulation is another one.
    pub wrong_from: Option<Frame>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Toy {
    pub options: Options,
    pub frame: Frame,
    hash: u64,
    travelled: [u32; 8],
    laps: [u32; 8],
}

/// A seat finished a lap; every fifth is a feast, which must not be taken back.
#[derive(Clone, Debug, PartialEq)]
pub struct Lap {
    pub seat: usize,
    pub count: u32,
}

pub const LAP: u32 = 1_000;

impl Event for Lap {
    fn key(&self) -> u64 {
        (self.seat as u64) << 32 | u64::from(self.count)
    }

    fn waits_for_confirmation(&self) -> bool {
        self.count.is_multiple_of(5)
    }
}

impl Simulation for Toy {
    const FINGERPRINT: u64 = 1;
    type Input = Stick;
    type Settings = Options;
    type Event = Lap;

    fn seats(options: &Options) -> usize {
        options.seats.into()
    }

    fn new(options: &Options, seed: u64) -> Self {
        let options = options.clone();
        Self {
            options,
            frame: 0,
            hash: mix(seed),
            travelled: [0; 8],
            laps: [0; 8],
        }
    }

    fn step(&mut self, seats: &[Seat<Stick>], events: &mut Vec<Lap>) {
        for (seat, Seat { input, driver }) in seats.iter().enumerate() {
            let driven = u64::from(*driver == Driver::Peer);
            let Stick { x, y, press } = *input;
            let word = u32::from_le_bytes([x as u8, y as u8, press.into(), seat as u8]);
            self.hash = mix(self.hash ^ u64::from(word) << 8 ^ driven);
            self.travelled[seat] += u32::from(x.unsigned_abs());
            if self.travelled[seat] >= LAP {
                self.travelled[seat] -= LAP;
                self.laps[seat] += 1;
                events.push(Lap {
                    seat,
                    count: self.laps[seat],
                });
            }
        }
        if self
            .options
            .wrong_from
            .is_some_and(|wrong| self.frame >= wrong)
        {
            self.hash ^= 1;
        }
        self.frame += 1;
    }

    fn checksum(&self) -> u64 {
        let sums = self.travelled.iter().zip(self.laps);
        sums.fold(
            self.hash ^ u64::from(self.frame),
            |sum, (travelled, laps)| mix(sum ^ u64::from(*travelled) << 32 ^ u64::from(laps)),
        )
    }

    fn is_over(&self) -> bool {
        false
    }
}

/// SplitMix64's finalizer.
pub fn mix(value: u64) -> u64 {
    let z = value.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// What the player of `seat` does in `frame`: sticks that turn now and then, as people do.
pub fn play(seed: u64, seat: usize, frame: Frame) -> Stick {
    let who = seed ^ (seat as u64) << 40;
    let hold = 5 + mix(who) % 8;
    let at = mix(who ^ (u64::from(frame) / hold) << 8);
    let [x, y, press, ..] = at.to_le_bytes();
    Stick {
        x: x as i8,
        y: y as i8,
        press: press < 64,
    }
}
