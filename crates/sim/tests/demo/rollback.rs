//! Rollback over random matches: whatever was predicted, the corrected world is the right one.

use crate::players::Players;
use protocol::{Event as _, Seat, Simulation};
use sim::{
    demo::{Input, Settings, World},
    rng::Rng,
};
use std::collections::BTreeSet;

const FRAMES: usize = 6_000;
const MAX_DEPTH: u64 = 12;

/// The world before each frame of a match without any rollback, and the inputs of the frames.
fn straight(settings: &Settings, seed: u64) -> (Vec<World>, Vec<Vec<Seat<Input>>>) {
    let mut players = Players::new(settings.seats.into(), seed);
    let mut worlds = vec![World::new(settings, seed)];
    let mut inputs = Vec::new();
    for frame in 0..FRAMES {
        let seats = players.next_step();
        let mut world = worlds[frame];
        world.step(&seats, &mut Vec::new());
        worlds.push(world);
        inputs.push(seats);
    }
    (worlds, inputs)
}

#[test]
fn mispredicted_frames_are_corrected_without_a_trace() {
    for (seats, seed) in [(2, 1), (4, 2), (5, 3), (8, 4)] {
        let (worlds, inputs) = straight(&Settings::for_seats(seats), seed);
        let mut rng = Rng::new(seed ^ 0xfeed);
        let mut snapshots = vec![worlds[0]];
        let mut wrong = Players::new(seats.into(), !seed);
        for frame in 0..FRAMES {
            // First on by wrong inputs, as a prediction would, and back.
            let mut predicted = snapshots[frame];
            for _ in 0..=rng.next_u64() % MAX_DEPTH {
                predicted.step(&wrong.next_step(), &mut Vec::new());
            }
            // Then from an older snapshot by the right inputs.
            let depth = (rng.next_u64() % MAX_DEPTH) as usize;
            let from = frame.saturating_sub(depth);
            snapshots.truncate(from + 1);
            for (again, seats) in inputs.iter().enumerate().take(frame + 1).skip(from) {
                let mut world = snapshots[again];
                world.step(seats, &mut Vec::new());
                snapshots.push(world);
            }
            assert_eq!(
                snapshots[frame + 1].checksum(),
                worlds[frame + 1].checksum(),
                "{seats} seats, frame {frame}"
            );
        }
        assert_eq!(snapshots, worlds);
    }
}

#[test]
fn every_event_of_a_match_has_its_own_key() {
    let mut world = World::new(&Settings::for_seats(8), 5);
    let mut players = Players::new(8, 5);
    let mut events = Vec::new();
    for _ in 0..FRAMES {
        world.step(&players.next_step(), &mut events);
    }
    let keys: BTreeSet<u64> = events.iter().map(|event| event.key()).collect();
    assert_eq!(keys.len(), events.len());
    assert!(
        events.len() > 500,
        "a lively match has more than {} events",
        events.len()
    );
}

/// A correction that moves what one player did must not rename what another one did.
#[test]
fn a_corrected_event_keeps_its_key() {
    let settings = Settings::for_seats(2);
    let dash_at = |frames: [u32; 2]| {
        let mut world = World::new(&settings, 6);
        let mut events = Vec::new();
        for frame in 0..120 {
            let seats = frames.map(|dash_frame| Seat {
                input: Input::new(0.0, 1.0, false, frame == dash_frame),
                driver: protocol::Driver::Peer,
            });
            world.step(&seats, &mut events);
        }
        let of = |seat| {
            let event = events
                .iter()
                .find(|event| event.kind == sim::demo::EventKind::Dash && event.subject == seat);
            event.unwrap().key()
        };
        [of(0), of(1)]
    };
    assert_eq!(dash_at([70, 75]), dash_at([78, 75]));
}
