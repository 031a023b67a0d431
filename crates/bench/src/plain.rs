//! The parts of a frame: a step, a snapshot, a checksum.

use crate::{
    figures::{PARTS, Timed},
    scene::{self, LAP, WARM_UP},
};
use protocol::{Seat, Simulation, limits::MAX_SEATS};
use sim::{Event, Input, World};
use std::{collections::VecDeque, hint::black_box};

/// How often a part repeats what would be too short to be timed.
const ROUNDS: u32 = 18 * 20 / PARTS;

/// Bare steps of the world, one after the other, without snapshots.
pub struct Steps {
    world: World,
    seats: VecDeque<[Seat<Input>; MAX_SEATS]>,
    events: Vec<Event>,
}

impl Timed for Steps {
    const NAME: &'static str = "step";

    fn prepare(seats: usize) -> Self {
        let inputs = |frame| std::array::from_fn(|seat| scene::input(seat, frame));
        Self {
            world: scene::world_at(seats, WARM_UP),
            seats: (WARM_UP..WARM_UP + LAP)
                .map(|frame| scene::seats(inputs(frame)))
                .collect(),
            events: Vec::new(),
        }
    }

    fn part(&mut self) -> u32 {
        let frames = (LAP / PARTS) as usize;
        let mut world = self.world.clone();
        for _ in 0..ROUNDS {
            world = self.world.clone();
            for seats in self.seats.iter().take(frames) {
                world.step(black_box(seats), &mut self.events);
                self.events.clear();
            }
        }
        self.world = world;
        self.seats.drain(..frames);
        ROUNDS * LAP / PARTS
    }
}

/// Snapshots into a ring, as a rollback core keeps them.
pub struct Snapshots {
    world: World,
    ring: Vec<World>,
}

impl Timed for Snapshots {
    const NAME: &'static str = "snapshot";

    fn prepare(seats: usize) -> Self {
        let world = scene::world_at(seats, WARM_UP);
        Self {
            ring: vec![world.clone(); 14],
            world,
        }
    }

    fn part(&mut self) -> u32 {
        for _ in 0..100 * ROUNDS {
            for kept in &mut self.ring {
                *kept = black_box(&self.world).clone();
            }
            black_box(&mut self.ring);
        }
        100 * ROUNDS * self.ring.len() as u32
    }
}

/// Checksums of one world.
pub struct Checksums(World);

impl Timed for Checksums {
    const NAME: &'static str = "checksum";

    fn prepare(seats: usize) -> Self {
        Self(scene::world_at(seats, WARM_UP))
    }

    fn part(&mut self) -> u32 {
        for _ in 0..20 * ROUNDS {
            black_box(black_box(&self.0).checksum());
        }
        20 * ROUNDS
    }
}
