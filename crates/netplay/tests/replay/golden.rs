//! A file of format 1 as it was written when the format was settled: it must stay readable.

use crate::common::game::{Settings, Sums};
use netplay::replay::{Recorder, Replay, VERSION, verify};
use protocol::{Driver, Frame, Simulation};

const FRAMES: Frame = 90;

/// What seat 0 does; a bot has seat 1 from frame 30 on.
fn input(frame: Frame) -> u8 {
    (frame / 10) as u8 * 3
}

fn record() -> Vec<u8> {
    let settings = Settings {
        seats: 2,
        length: FRAMES,
    };
    let mut recorder = Recorder::<Sums>::new(5, &settings).unwrap();
    recorder.seated(0, 0, "Ada");
    recorder.seated(0, 1, "Björn");
    let mut world = Sums::<1>::new(&settings, 5);
    recorder.checksum(0, world.checksum());
    for frame in 0..FRAMES {
        let driver = if frame < 30 {
            Driver::Peer
        } else {
            Driver::Bot
        };
        let seats = [(input(frame), Driver::Peer), (0, driver)];
        let seats = seats.map(|(input, driver)| protocol::Seat { input, driver });
        world.step(&seats, &mut Vec::new());
        let peers = if driver == Driver::Peer { 0b11 } else { 0b01 };
        let words = [u32::from(input(frame)), 0];
        recorder.push(frame, &words, peers).unwrap();
        recorder.checksum(frame + 1, world.checksum());
    }
    recorder.bytes()
}

fn check(file: &[u8]) {
    let replay = Replay::<Sums>::decode(file).unwrap();
    assert_eq!((replay.seed(), replay.seats()), (5, 2));
    assert_eq!((replay.start(), replay.end()), (0, FRAMES));
    assert_eq!(replay.settings().length, FRAMES);
    assert_eq!(replay.name(0, 89), Some("Ada"));
    assert_eq!(
        (replay.name(1, 29), replay.name(1, 30)),
        (Some("Björn"), None)
    );
    for frame in 0..FRAMES {
        assert_eq!(replay.seats_at(frame).unwrap()[0].input, input(frame));
    }
    let verdict = verify(&replay);
    assert_eq!((verdict.checked, verdict.mismatch), (2, None));
}

#[test]
fn a_file_of_format_1_is_read() {
    let golden = include_str!("golden/v1.hex").trim();
    let bytes: Vec<u8> = (0..golden.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&golden[at..at + 2], 16).unwrap())
        .collect();
    check(&bytes);
    // What is written now may be compressed differently, and is read as well.
    check(&record());
    assert_eq!(
        VERSION, 1,
        "keep this file readable, or say in the changelog that it is not"
    );
}
