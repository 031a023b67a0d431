//! What a recorder writes, and what `verify` makes of it.

use crate::matches::{Faulty, Match, SEED, settings, word};
use netplay::{
    replay::{MAX_FRAMES, MAX_WORLDS, Mismatch, RecordError, Recorder, Replay, Verdict, verify},
    rollback::Desync,
};
use protocol::{Driver, Frame, PeerId, Simulation};
use sim::demo::{Input, Settings, World};

const MINUTES_3: Frame = 3 * 60 * 60;

fn decode(file: &[u8]) -> Replay<World> {
    Replay::decode(file).unwrap()
}

#[test]
fn three_minutes_of_four_players_are_compact_and_come_out_the_same() {
    let played = Match::<World>::of(4, MINUTES_3);
    let file = played.recorder.bytes();
    println!("3 minutes, 4 seats: {} bytes", file.len());
    assert!(file.len() < 60_000, "{} bytes", file.len());
    let replay = decode(&file);
    assert_eq!(
        verify(&replay),
        Verdict {
            frames: MINUTES_3,
            checked: 181,
            agreed: Some(MINUTES_3),
            mismatch: None,
        }
    );
}

#[test]
fn eight_players_of_random_inputs_come_out_the_same() {
    let mut played = Match::<World>::new(8);
    let mut random = sim::rng::Rng::new(3);
    for _ in 0..2_000 {
        let inputs: Vec<Input> = (0..8)
            .map(|_| {
                let [x, y, buttons, ..] = random.next_u64().to_le_bytes();
                Input {
                    thrust_x: x as i8,
                    thrust_y: y as i8,
                    buttons,
                }
            })
            .collect();
        played.step(&inputs);
    }
    let replay = decode(&played.recorder.bytes());
    assert_eq!(replay.end(), 2_000);
    assert_eq!(verify(&replay).mismatch, None);
}

#[test]
fn a_running_match_is_a_valid_file_at_any_time() {
    let mut played = Match::<World>::new(2);
    for frames in [0, 1, 59, 963, 1, 1, 1_022] {
        played.play(frames);
        let replay = decode(&played.recorder.bytes());
        assert_eq!(replay.end(), played.world.frame());
        assert_eq!(verify(&replay).mismatch, None);
    }
    assert_eq!(played.world.frame(), 2_047);
}

#[test]
fn who_played_is_kept() {
    let mut played = Match::<World>::of(2, 300);
    played.recorder.seated(240, 1, "Eve");
    let replay = decode(&played.recorder.bytes());
    assert_eq!((replay.seed(), replay.seats()), (SEED, 2));
    assert_eq!(replay.settings(), &settings(2));
    assert_eq!(replay.name(0, 0), Some("Player 0"));
    assert_eq!(replay.name(1, 119), Some("Player 1"));
    // A bot has the seat in between.
    assert_eq!(replay.name(1, 120), None);
    assert_eq!(replay.name(1, 239), None);
    assert_eq!(replay.name(1, 240), Some("Eve"));
    assert_eq!((replay.name(2, 0), replay.name(0, 300)), (None, None));
    let drivers = |frame| -> Vec<Driver> {
        let seats = replay.seats_at(frame).unwrap();
        seats.iter().map(|seat| seat.driver).collect()
    };
    assert_eq!(drivers(119), [Driver::Peer, Driver::Peer]);
    assert_eq!(drivers(120), [Driver::Peer, Driver::Bot]);
}

#[test]
fn a_latecomer_records_from_where_it_came_in() {
    let early = Match::<World>::of(3, 700);
    let mut late = Recorder::enter(SEED, &settings(3), 250, &early.worlds[250]).unwrap();
    let whole = decode(&early.recorder.bytes());
    for frame in 250..700 {
        let seats = whole.seats_at(frame).unwrap();
        let words: Vec<u32> = seats.iter().map(|seat| word(seat.input)).collect();
        late.push(frame, &words, 0b111).unwrap();
        let next = frame + 1;
        late.checksum(next, early.worlds[next as usize].checksum());
    }
    let replay = decode(&late.bytes());
    assert_eq!((replay.start(), replay.end()), (250, 700));
    assert_eq!(replay.first_world(), early.worlds[250]);
    let verdict = verify(&replay);
    assert_eq!((verdict.checked, verdict.mismatch), (8, None));
}

#[test]
fn verify_names_the_first_world_that_differs() {
    let played = Match::<Faulty<400>>::of(3, 600);
    let replay = decode(&played.recorder.bytes());
    let verdict = verify(&replay);
    assert_eq!((verdict.agreed, verdict.checked), (Some(360), 8));
    let Some(Mismatch {
        frame,
        recorded,
        replayed,
    }) = verdict.mismatch
    else {
        panic!("the fault was not found");
    };
    assert_eq!((frame, recorded), (420, played.worlds[420].checksum()));
    assert_ne!(recorded, replayed);
}

#[test]
fn a_world_that_repaired_a_desync_is_part_of_the_match() {
    let right = Match::<World>::of(3, 600);
    let mut wrong = Match::<Faulty<400>>::of(3, 430);
    // What a faulty peer is given from elsewhere, its replay goes on from.
    let given = Faulty::<400>::new(&settings(3), 99);
    wrong.recorder.adopt(400, &given).unwrap();
    let replay = decode(&wrong.recorder.bytes());
    assert_eq!((replay.end(), verify(&replay).mismatch), (430, None));
    assert_eq!(verify(&replay).agreed, Some(360));
    let mut playback = netplay::replay::Playback::new(replay);
    playback.seek(399);
    assert_eq!(playback.current(), &right.worlds[399]);
    playback.seek(400);
    assert_eq!(playback.current(), &World::new(&settings(3), 99));
    assert_eq!(playback.previous(), &right.worlds[399]);
}

#[test]
fn what_no_match_has_is_not_recorded() {
    let mut recorder = Recorder::<World>::new(SEED, &settings(2)).unwrap();
    let idle = [0; 2];
    assert_eq!(
        recorder.push(1, &idle, 0b11),
        Err(RecordError::Gap { frame: 1, next: 0 })
    );
    for (words, peers) in [(&idle[..1], 1), (&idle, 0b111), (&[0; 3], 0)] {
        let refused = recorder.push(0, words, peers);
        assert_eq!(refused, Err(RecordError::OutOfBounds("seats")));
    }
    let not_an_input = [0, 1 << 24];
    assert_eq!(
        recorder.push(0, &not_an_input, 0b11),
        Err(RecordError::OutOfBounds("inputs"))
    );
    let world = World::new(&settings(2), SEED);
    assert_eq!(
        recorder.adopt(1, &world),
        Err(RecordError::Gap { frame: 1, next: 0 })
    );
    assert_eq!(recorder.next_frame(), 0);
    assert_eq!(decode(&recorder.bytes()).end(), 0);
}

#[test]
fn a_recording_has_an_end() {
    let mut recorder = Recorder::<World>::new(SEED, &settings(2)).unwrap();
    for frame in 0..MAX_FRAMES {
        recorder.push(frame, &[0; 2], 0b11).unwrap();
        recorder.checksum(frame, 0);
    }
    assert_eq!(
        recorder.push(MAX_FRAMES, &[0; 2], 0b11),
        Err(RecordError::Full)
    );
    let file = recorder.bytes();
    println!("an idle hour: {} bytes", file.len());
    let replay = decode(&file);
    assert_eq!(replay.end(), MAX_FRAMES);
    assert_eq!(replay.checksums().count(), 3_600);

    let world = World::new(&settings(2), SEED);
    for frame in 0..MAX_WORLDS - 1 {
        recorder.adopt(frame as Frame, &world).unwrap();
    }
    assert_eq!(recorder.adopt(60, &world), Err(RecordError::Full));
    // A later repair at an earlier frame makes the ones after it void.
    recorder.adopt(3, &world).unwrap();
    recorder.adopt(60, &world).unwrap();
    assert!(Replay::<World>::decode(&recorder.bytes()).is_ok());
}

#[test]
fn a_desync_after_many_repairs_is_written_down_too() {
    let mut played = Match::<World>::of(2, 200);
    let given = World::new(&settings(2), 1);
    let mut repairs = 0;
    while played.recorder.adopt(101 + repairs, &given).is_ok() {
        repairs += 1;
    }
    assert_eq!(repairs as usize, MAX_WORLDS - 1);
    let desync = Desync {
        frame: 180,
        ours: 1,
        theirs: 2,
        peer: PeerId(uuid::Uuid::nil()),
    };
    let file = played.recorder.artifact(&desync, 100, None);
    assert_eq!((decode(&file).start(), decode(&file).end()), (100, 200));
}

#[test]
fn what_is_told_of_worlds_that_are_not_recorded_is_left_out() {
    let mut played = Match::<World>::of(2, 100);
    played.recorder.checksum(120, 1);
    played.recorder.see(120, &played.world);
    assert_eq!(decode(&played.recorder.bytes()).checksums().count(), 2);
    played.play(20);
    let replay = decode(&played.recorder.bytes());
    assert_eq!(
        (replay.checksums().count(), verify(&replay).mismatch),
        (3, None)
    );
}

#[test]
fn names_are_bounded() {
    let mut recorder = Recorder::<World>::new(SEED, &settings(2)).unwrap();
    for index in 0..5_000 {
        recorder.seated(
            index,
            0,
            &format!("{index}: a name that is far too long to be one"),
        );
        recorder.seated(index, 1, "Ada\n");
        recorder.seated(index, 2, "nobody");
    }
    recorder.push(0, &[0; 2], 0b11).unwrap();
    let file = recorder.bytes();
    assert!(file.len() < 10_000);
    let replay = decode(&file);
    assert_eq!(replay.name(0, 0), Some("0: a name that is far to"));
    assert_eq!(replay.name(1, 0), Some("Ada"));
}

#[test]
fn settings_are_those_of_the_match() {
    let settings = Settings {
        seats: 200,
        ..Settings::default()
    };
    let recorder = Recorder::<World>::new(SEED, &settings).unwrap();
    assert_eq!(decode(&recorder.bytes()).seats(), 8);
}
