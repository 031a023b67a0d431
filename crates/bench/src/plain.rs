//! The parts of a frame: a step, a snapshot, a checksum.

use crate::{
    figures::Timed,
    scene::{self, LAP, WARM_UP},
};
use protocol::{Seat, Simulation, limits::MAX_SEATS};
use sim::{Event, Input, World};
use std::hint::black_box;

/// Bare steps of the world, one after the other, without snapshots.
pub struct Steps {
    start: World,
    seats: Vec<[Seat<Input>; MAX_SEATS]>,
    events: Vec<Event>,
}

impl Timed for Steps {
    const NAME: &'static str = "step";

    fn prepare(seats: usize) -> Self {
        let inputs = |frame| std::array::from_fn(|seat| scene::input(seat, frame));
        Self {
            start: scene::world_at(seats, WARM_UP),
            seats: (WARM_UP..WARM_UP + LAP)
                .map(|frame| scene::seats(inputs(frame)))
                .collect(),
            events: Vec::new(),
        }
    }

    fn lap(&mut self) -> u32 {
        const ROUNDS: u32 = 20;
        for _ in 0..ROUNDS {
            let mut world = self.start.clone();
            for seats in &self.seats {
                world.step(black_box(seats), &mut self.events);
                self.events.clear();
            }
            black_box(world);
        }
        ROUNDS * LAP
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

    fn lap(&mut self) -> u32 {
        const ROUNDS: u32 = 50_000;
        for _ in 0..ROUNDS {
            for kept in &mut self.ring {
                *kept = black_box(&self.world).clone();
            }
            black_box(&mut self.ring);
        }
        ROUNDS * self.ring.len() as u32
    }
}

/// Checksums of one world.
pub struct Checksums(World);

impl Timed for Checksums {
    const NAME: &'static str = "checksum";

    fn prepare(seats: usize) -> Self {
        Self(scene::world_at(seats, WARM_UP))
    }

    fn lap(&mut self) -> u32 {
        const ROUNDS: u32 = 50_000;
        for _ in 0..ROUNDS {
            black_box(black_box(&self.0).checksum());
        }
        ROUNDS
    }
}
