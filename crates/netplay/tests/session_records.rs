//! The files that a session writes: a replay of every match, and both sides of a desync.

mod common;

use common::{
    game::{STRAYS_AT, Settings, Sums, eager, eager_by},
    world::{FAIR, Peer, ROUGH, World, all_in},
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
fn whoever_watches_has_a_file_of_what_it_saw_and_knows_who_plays() {
    let world = World::new(ROUGH, 4);
    let of_two = |name| Config {
        settings: |_| Settings {
            seats: 3,
            length: 1_800,
        },
        ..long::<1>(name)
    };
    let (mut ada, mut bob) = (world.join(of_two("Ada")), world.join(of_two("Robert")));
    let both = &mut [&mut ada, &mut bob];
    assert!(world.run_until(both, 3 * SECOND, all_in(Phase::Match)));
    world.run(both, 2 * SECOND);
    let mut dia = world.join(Config {
        watch: true,
        ..of_two("Diana")
    });
    let three = &mut [&mut ada, &mut bob, &mut dia];
    world.run(three, 2 * SECOND);
    let seats_seen = |peers: &[&mut Peer<Sums>]| {
        let seen = peers[2].room.view().peers;
        seen.into_iter()
            .map(|peer| (peer.name, peer.seat))
            .collect::<Vec<_>>()
    };
    let [a, b, d] = ["Ada", "Robert", "Diana"].map(str::to_owned);
    let before = [(a.clone(), Some(0)), (b, Some(1)), (d.clone(), None)];
    assert_eq!(seats_seen(three), before);
    assert!(three[2].room.view().watching);
    // Robert leaves, and Chris gets a seat.
    three[1].room.command(Command::Leave);
    world.run(three, SECOND);
    assert_eq!(seats_seen(three), [(a.clone(), Some(0)), (d.clone(), None)]);
    let mut cem = world.join(of_two("Chris"));
    let three = &mut [&mut ada, &mut cem, &mut dia];
    world.run(three, 4 * SECOND);
    let after = [(a, Some(0)), (d, None), ("Chris".to_owned(), Some(2))];
    assert_eq!(seats_seen(three), after);
    assert!(world.run_until(three, 40 * SECOND, |peers| {
        peers.iter().all(|peer| peer.room.status().matches == 1)
    }));
    let (whole, seen) = (ada.room.take_records(), dia.room.take_records());
    assert_eq!((whole.len(), seen.len()), (1, 1));
    let (whole, seen) = (decode(&whole[0]), decode(&seen[0]));
    assert!(seen.start() > 60, "before that she knows nothing");
    // A player confirms a little past the end.
    assert!((1_800..=whole.end()).contains(&seen.end()));
    let verdict = verify(&seen);
    assert_eq!(verdict.mismatch, None);
    assert!(verdict.checked > 20);
    assert_eq!(seen.name(1, seen.start()), Some("Robert"));
    assert_eq!(seen.name(1, seen.end() - 1), None, "a bot");
    assert_eq!(seen.name(2, seen.end() - 1), Some("Chris"));
    let difference = diff(&whole, &seen).expect("one match");
    assert!(difference.is_none(), "{difference:?}");
}

/// One that would rather play asks for a seat again and again, and watches in between.
#[test]
fn a_watchers_file_goes_on_when_it_enters_the_same_match_again() {
    let world = World::new(FAIR, 5);
    let of_one = |name| Config {
        settings: |_| Settings {
            seats: 1,
            length: 2_400,
        },
        min_peers: 1,
        ..long::<1>(name)
    };
    let mut ada = world.join(of_one("Ada"));
    assert!(world.run_until(&mut [&mut ada], SECOND, all_in(Phase::Match)));
    let mut bob = world.join(of_one("Robert"));
    let both = &mut [&mut ada, &mut bob];
    world.run(both, 8 * SECOND);
    assert!(both[1].room.core().is_none(), "he watches");
    // Nothing comes to him for so long that he enters anew.
    let (a, b) = (both[0].id(), both[1].id());
    world.cut(a, b);
    world.run(both, 2 * SECOND);
    world.repair(a, b);
    assert!(world.run_until(both, 60 * SECOND, |peers| {
        peers.iter().all(|peer| peer.room.status().matches == 1)
    }));
    let seen = decode(&bob.room.take_records()[0]);
    assert!(seen.start() < 120, "{}", seen.start());
    assert_eq!(seen.end(), 2_400);
    assert_eq!(verify(&seen).mismatch, None);
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
