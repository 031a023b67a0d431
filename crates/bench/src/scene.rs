//! The match that everybody plays: the same seats, settings and inputs for each contender.
//!
//! Seats 0 and 1 are driven by peers, all others by bots. The peers' thrust is held for a while
//! as players hold it, but its lowest bit changes in every frame: each prediction is wrong, so
//! that each frame corrects all [`ROLLBACK`] frames that the other's input is late.

use protocol::{Driver, Frame, Seat, Simulation, limits::MAX_SEATS};
use sim::{
    demo::{Input, Level, Settings, World},
    rng::Rng,
};

/// Frames that each frame goes back and steps again.
pub const ROLLBACK: Frame = 8;

/// Frames that are played before time is taken: the kick-off, in which everybody stands.
pub const WARM_UP: Frame = 70;

/// Frames in which time is taken, half a minute of play.
pub const LAP: Frame = 1_800;

/// Seats of peers; the others are bots'.
pub const PEERS: usize = 2;

/// Steps that a thrust and the buttons are held.
const HELD: Frame = 14;

const SEED: u64 = 0x0b5e55ed;

/// A match that does not end within a lap, of bots that think the most.
pub fn settings(seats: usize) -> Settings {
    Settings {
        match_steps: Settings::MAX_MATCH_STEPS,
        goal_limit: 0,
        bots: [Level::Hard; 2],
        ..Settings::for_seats(seats as u8)
    }
}

/// World 0.
pub fn world(seats: usize) -> World {
    World::new(&settings(seats), SEED)
}

/// The seed of the world's generator.
pub fn seed() -> u64 {
    SEED
}

/// What the peer of this seat does in this frame.
pub fn input(seat: usize, frame: Frame) -> Input {
    let held = u64::from(frame / HELD) << 8 | seat as u64;
    let [x, y, buttons, ..] = Rng::new(held).next_u64().to_le_bytes();
    Input {
        thrust_x: i8::from_le_bytes([x & !1 | (frame & 1) as u8]),
        thrust_y: i8::from_le_bytes([y]),
        buttons: buttons & (Input::KICK | Input::DASH),
    }
}

/// What all peers do in this frame.
pub fn inputs(frame: Frame) -> [Input; PEERS] {
    std::array::from_fn(|seat| input(seat, frame))
}

/// All seats of a step, of which only as many count as the match has.
pub fn seats(peers: [Input; PEERS]) -> [Seat<Input>; MAX_SEATS] {
    let mut seats = [Seat::default(); MAX_SEATS];
    for (seat, input) in seats.iter_mut().zip(peers) {
        *seat = Seat {
            input,
            driver: Driver::Peer,
        };
    }
    seats
}

/// The world of a frame, as it is without any rollback.
pub fn world_at(seat_count: usize, frame: Frame) -> World {
    let mut world = world(seat_count);
    let mut events = Vec::new();
    for frame in 0..frame {
        world.step(&seats(inputs(frame)), &mut events);
        events.clear();
    }
    world
}
