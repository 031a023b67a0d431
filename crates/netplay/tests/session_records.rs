//! The files that a session writes: a replay of every match, and both sides of a desync.

mod common;

use common::{
    game::{STRAYS_AT, Settings, Sums, eager, eager_by},
    world::{FAIR, ROUGH, World, all_in},
};
use netplay::{
    replay::{Replay, diff, verify},
    session::{Command, Config, Phase, Record, RecordKind},
    transport::memory::Conditions,
};
use std::time::Duration;

const SECOND: Duration = Duration::from_secs(1);

fn decode(record: &Record) -> Replay<Sums> {
    Replay::decode(&record.bytes).expect("it was just written")
}

fn long<const RULES: u64>(name: &str) -> Config<Sums<RULES>> {
    Config {
        settings: |_| Settings {
            seats: 3,
            length: 600,
        },
        token: [name.len() as u8; 16],
        ..eager_by(name, 2)
    }
}

#[test]
fn a_match_with_a_leaver_and_a_latecomer_is_the_same_file_for_all() {
    let world = World::new(ROUGH, 1);
    let (mut ada, mut bob) = (
        world.join(long::<1>("Ada")),
        world.join(long::<1>("Robert")),
    );
    let both = &mut [&mut ada, &mut bob];
    assert!(world.run_until(both, 3 * SECOND, all_in(Phase::Match)));
    world.run(both, 2 * SECOND);
    let mut cem = world.join(long::<1>("Chris"));
    let three = &mut [&mut ada, &mut bob, &mut cem];
    world.run(three, 3 * SECOND);
    three[1].room.command(Command::Leave);
    let left = three[1].room.take_records();
    assert_eq!(left.len(), 1, "who leaves has what it saw");
    assert_eq!(verify(&decode(&left[0])).mismatch, None);
    let two = &mut [&mut ada, &mut cem];
    assert!(world.run_until(two, 12 * SECOND, |peers| {
        peers.iter().all(|peer| peer.room.status().matches == 1)
    }));
    let (whole, part) = (ada.room.take_records(), cem.room.take_records());
    assert_eq!((whole.len(), part.len()), (1, 1));
    assert_eq!(whole[0].kind, RecordKind::Replay);
    let (whole, part) = (decode(&whole[0]), decode(&part[0]));
    assert_eq!((whole.start(), whole.end()), (0, 600));
    assert!(part.start() > 60);
    for replay in [&whole, &part] {
        let verdict = verify(replay);
        assert_eq!(verdict.mismatch, None);
        assert_eq!(replay.name(2, 599), Some("Chris"));
    }
    assert_eq!(whole.name(1, 10), Some("Robert"));
    let difference = diff(&whole, &part).expect("one match");
    assert!(difference.is_none(), "{difference:?}");
}

#[test]
fn both_sides_of_a_desync_name_the_frame_and_the_field() {
    both_sides_of_a_desync(FAIR, 2);
}

#[test]
fn they_do_too_where_packets_are_lost_and_many_frames_are_confirmed_at_once() {
    for seed in 0..24 {
        both_sides_of_a_desync(ROUGH, seed);
    }
}

fn both_sides_of_a_desync(conditions: Conditions, seed: u64) {
    let world = World::new(conditions, seed);
    let mut ada = world.join(long::<1>("Ada"));
    let mut bob = world.join(long::<101>("Robert"));
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    while ours.is_empty() || theirs.is_empty() {
        world.run(&mut [&mut ada], Duration::from_millis(5));
        world.turn(&mut bob);
        ours.extend(ada.room.take_records());
        theirs.extend(bob.room.take_records());
        assert!(world.now() < 10 * SECOND, "nobody noticed");
    }
    assert_eq!(ours[0].kind, RecordKind::Desync);
    assert_eq!(theirs[0].kind, RecordKind::Desync);
    let (ours, theirs) = (decode(&ours[0]), decode(&theirs[0]));
    let difference = diff(&ours, &theirs).expect("one match");
    assert!(difference.inputs.is_none(), "{difference:?}");
    let worlds = difference.worlds.expect("the worlds differ");
    assert_eq!(worlds.frame, STRAYS_AT + 1);
    let (frame, fields) = worlds.fields.expect("both wrote their worlds down");
    assert_eq!(frame, STRAYS_AT + 1);
    let paths: Vec<&str> = fields.iter().map(|field| &*field.path).collect();
    assert_eq!(paths, ["sums[0]"]);
    assert_eq!(*ada.room.phase(), Phase::Match, "and they play on");
}

#[test]
fn a_practice_is_recorded_too() {
    let world = World::new(FAIR, 3);
    let mut ada = world.join(eager("Ada", 1));
    assert!(world.run_until(&mut [&mut ada], 5 * SECOND, all_in(Phase::Result)));
    let records = ada.room.take_records();
    assert_eq!(verify(&decode(&records[0])).mismatch, None);
}
