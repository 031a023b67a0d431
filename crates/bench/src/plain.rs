//! The parts of a frame: a step, a snapshot, a checksum.

use crate::{
    figures::{PARTS, Timed},
    scene::{self, LAP, PEERS, ROLLBACK, WARM_UP},
};
use protocol::Simulation;
use sim::demo::{Event, Input, World};
use std::{hint::black_box, time::Duration};
use web_time::Instant;

/// How often a part repeats what would be too short to be timed.
const ROUNDS: u32 = 360 / PARTS;

/// Bare steps: those that a frame with a rollback consists of, and nothing else. From the world of
/// [`ROLLBACK`] frames ago it steps as many times, with the other peer's newest input held, to a
/// world that is forgotten; then comes the next frame.
pub struct Steps {
    world: World,
    /// By frame. What they take to be made is no part of a step.
    inputs: Vec<[Input; PEERS]>,
    events: Vec<Event>,
}

impl Timed for Steps {
    const NAME: &'static str = "step";

    fn prepare(seats: usize) -> Self {
        Self {
            world: scene::world_at(seats, WARM_UP),
            inputs: (0..=WARM_UP + LAP + ROLLBACK).map(scene::inputs).collect(),
            events: Vec::new(),
        }
    }

    fn part(&mut self) -> (Duration, u32) {
        let start = Instant::now();
        for _ in 0..LAP / PARTS {
            let known = self.world.frame() as usize;
            let held = self.inputs[known];
            self.world.step(&scene::seats(held), &mut self.events);
            self.events.clear();
            let mut world = self.world;
            for inputs in &self.inputs[known + 1..=known + ROLLBACK as usize] {
                let seats = scene::seats([inputs[0], held[1]]);
                world.step(&seats, &mut self.events);
                self.events.clear();
            }
            black_box(world);
        }
        (start.elapsed(), (1 + ROLLBACK) * LAP / PARTS)
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
            ring: vec![world; 14],
            world,
        }
    }

    fn part(&mut self) -> (Duration, u32) {
        let start = Instant::now();
        for _ in 0..100 * ROUNDS {
            for kept in &mut self.ring {
                *kept = *black_box(&self.world);
            }
            black_box(&mut self.ring);
        }
        (start.elapsed(), 100 * ROUNDS * self.ring.len() as u32)
    }
}

/// Checksums of one world.
pub struct Checksums(World);

impl Timed for Checksums {
    const NAME: &'static str = "checksum";

    fn prepare(seats: usize) -> Self {
        Self(scene::world_at(seats, WARM_UP))
    }

    fn part(&mut self) -> (Duration, u32) {
        let start = Instant::now();
        for _ in 0..20 * ROUNDS {
            black_box(black_box(&self.0).checksum());
        }
        (start.elapsed(), 20 * ROUNDS)
    }
}
