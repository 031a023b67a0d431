//! Two sides of a desync: what each writes, and what comparing the two finds.

use crate::matches::{FAULT, Faulty, Match, Rules, SEED, settings};
use netplay::{
    replay::{DiffError, Difference, Recorder, Replay, diff, differing_fields},
    rollback::Desync,
};
use protocol::{Frame, PeerId, Simulation};
use serde_json::Value;
use sim::demo::{Input, World};

/// The step in which the faulty side goes wrong.
const AT: Frame = 130;

/// The newest frame whose checksums were equal.
const AGREED: Frame = 120;

/// The first one whose checksums differed.
const FOUND: Frame = 180;

/// The newest confirmed frame when a side notices.
pub const NOTICED: Frame = 205;

/// A match of three, all of whose inputs come from one of the right rules.
pub fn follow<S: Rules>(right: &Match<World>, see_each: Frame) -> Match<S> {
    let mut side = Match::<S>::new(3);
    side.see_each = see_each;
    for frame in 0..right.world.frame() {
        let inputs: Vec<Input> = inputs_of(right, frame);
        side.step(&inputs);
    }
    side
}

fn inputs_of(of: &Match<World>, frame: Frame) -> Vec<Input> {
    let seats = replay(&of.recorder.bytes()).seats_at(frame).unwrap();
    seats.iter().map(|seat| seat.input).collect()
}

fn replay(file: &[u8]) -> Replay<World> {
    Replay::decode(file).unwrap()
}

/// What a side writes when its checksum differs from the other's.
pub fn artifact<S: Rules, O: Rules>(
    side: &Match<S>,
    other: &Match<O>,
    given: Option<Frame>,
) -> Vec<u8> {
    let desync = Desync {
        frame: FOUND,
        ours: side.worlds[FOUND as usize].checksum(),
        theirs: other.worlds[FOUND as usize].checksum(),
        peer: PeerId(uuid::Uuid::from_u128(1)),
    };
    // It comes from the other's network, so it is of this side's own type.
    let world = given.map(|frame| {
        let world = serde_json::to_value(&other.worlds[frame as usize]).unwrap();
        (frame, serde_json::from_value::<S>(world).unwrap())
    });
    let world = world.as_ref().map(|(frame, world)| (*frame, world));
    side.recorder.artifact(&desync, AGREED, world)
}

fn compare(a: &[u8], b: &[u8]) -> Difference {
    diff(&replay(a), &replay(b)).unwrap()
}

fn paths(difference: &Difference) -> Option<(Frame, Vec<&str>)> {
    let (frame, fields) = difference.worlds.as_ref()?.fields.as_ref()?;
    Some((
        *frame,
        fields.iter().map(|field| field.path.as_str()).collect(),
    ))
}

#[test]
fn the_first_frame_and_the_field_are_named() {
    let right = Match::<World>::of(3, NOTICED);
    let wrong = follow::<Faulty<AT>>(&right, 1);
    let a = artifact(&right, &wrong, None);
    let b = artifact(&wrong, &right, None);
    println!("artifacts of {} and {} bytes", a.len(), b.len());
    let found = compare(&a, &b);
    assert_eq!((found.from, found.to), (AGREED, NOTICED));
    assert_eq!(found.inputs, None);
    let worlds = found.worlds.clone().unwrap();
    assert_eq!((worlds.frame, worlds.agreed), (AT + 1, Some(AT)));
    assert_eq!(paths(&found), Some((AT + 1, vec![FAULT])));
    let (_, fields) = worlds.fields.unwrap();
    let [first, second] = [&fields[0].first, &fields[0].second]
        .map(|text| text.as_ref().unwrap().parse::<f64>().unwrap());
    assert_eq!(second - first, 0.25);
    // And it says whose world does not follow from its inputs.
    assert_eq!(found.sides[0].mismatch, None);
    assert_eq!(found.sides[1].mismatch.unwrap().frame, AT + 1);
    // The other way round it is the same.
    let mirrored = compare(&b, &a).worlds.unwrap();
    assert_eq!((mirrored.frame, mirrored.agreed), (AT + 1, Some(AT)));
}

#[test]
fn worlds_that_were_not_seen_leave_a_gap_that_is_told() {
    let right = Match::<World>::of(3, NOTICED);
    let wrong = follow::<Faulty<AT>>(&right, 7);
    let found = compare(
        &artifact(&right, &wrong, None),
        &artifact(&wrong, &right, None),
    );
    let worlds = found.worlds.as_ref().unwrap();
    assert_eq!((worlds.frame, worlds.agreed), (133, Some(126)));
    let (frame, paths) = paths(&found).unwrap();
    assert_eq!(frame, 133);
    assert!(paths.contains(&FAULT), "{paths:?}");
}

#[test]
fn two_replays_tell_the_second_in_which_they_part() {
    let right = Match::<World>::of(3, NOTICED);
    let wrong = follow::<Faulty<AT>>(&right, 1);
    let found = compare(&right.recorder.bytes(), &wrong.recorder.bytes());
    assert_eq!(
        (found.from, found.to, found.inputs.clone()),
        (0, NOTICED, None)
    );
    let worlds = found.worlds.as_ref().unwrap();
    assert_eq!((worlds.frame, worlds.agreed), (FOUND, Some(AGREED)));
    // No world of the wrong side is known.
    assert_eq!(worlds.fields, None);
    assert_eq!(found.sides[1].mismatch.unwrap().frame, FOUND);

    // But the right side's artifact has one that it was sent.
    let told = artifact(&right, &wrong, Some(FOUND));
    let found = compare(&told, &wrong.recorder.bytes());
    assert_eq!(found.worlds.as_ref().unwrap().frame, FOUND);
    let (frame, paths) = paths(&found).unwrap();
    assert_eq!(frame, FOUND);
    assert!(
        paths.iter().any(|path| path.starts_with("discs[2].body")),
        "{paths:?}"
    );
}

#[test]
fn an_input_that_differs_is_told_apart_from_a_fault() {
    let right = Match::<World>::of(3, NOTICED);
    let mut other = Match::<World>::new(3);
    for frame in 0..NOTICED {
        let mut inputs = inputs_of(&right, frame);
        if frame == 77 {
            inputs[2].thrust_y ^= 64;
        }
        other.step(&inputs);
    }
    let found = compare(&right.recorder.bytes(), &other.recorder.bytes());
    let inputs = found.inputs.as_ref().unwrap();
    assert_eq!((inputs.frame, inputs.seat), (77, 2));
    let thrust = |text: &str| serde_json::from_str::<Value>(text).unwrap()["thrust_y"].as_i64();
    let did = [&inputs.did[0], &inputs.did[1]].map(|text| thrust(text).unwrap());
    assert_eq!(did[0] ^ did[1], 64);
    let worlds = found.worlds.as_ref().unwrap();
    assert_eq!((worlds.frame, worlds.agreed), (78, Some(77)));
    let (frame, paths) = paths(&found).unwrap();
    assert_eq!(frame, 78);
    assert!(
        paths.iter().all(|path| path.starts_with("discs[2].body")),
        "{paths:?}"
    );
    assert!(found.sides.iter().all(|side| side.mismatch.is_none()));
}

#[test]
fn a_driver_that_differs_is_an_input_that_differs() {
    let record = |peers_of_80| {
        let mut recorder = Recorder::<World>::new(SEED, &settings(3)).unwrap();
        for frame in 0..100 {
            let peers = if frame == 80 { peers_of_80 } else { 0b111 };
            recorder.push(frame, &[0; 3], peers).unwrap();
        }
        recorder.bytes()
    };
    let found = compare(&record(0b111), &record(0b110));
    let inputs = found.inputs.unwrap();
    assert_eq!((inputs.frame, inputs.seat), (80, 0));
    assert_eq!(inputs.did[1], "bot");
    assert_ne!(inputs.did[0], "bot");
}

#[test]
fn the_same_match_has_no_difference() {
    let right = Match::<World>::of(3, 700);
    let whole = right.recorder.bytes();
    let found = compare(&whole, &whole);
    assert!(found.is_none(), "{found:?}");
    let part = artifact(&right, &right, None);
    let found = compare(&whole, &part);
    assert!(found.is_none(), "{found:?}");
    // What is remembered reaches back four seconds, so the file begins later than agreed.
    assert_eq!((found.from, found.to), (0, 700));
}

#[test]
fn an_artifact_begins_at_the_last_agreed_world() {
    let right = Match::<World>::of(3, NOTICED);
    let whole = right.recorder.bytes();
    let file = artifact(&right, &right, Some(NOTICED));
    let part = replay(&file);
    assert_eq!((part.start(), part.end()), (AGREED, NOTICED));
    assert_eq!(part.first_world(), right.worlds[AGREED as usize]);
    for frame in AGREED..NOTICED {
        assert_eq!(part.seats_at(frame), replay(&whole).seats_at(frame));
        assert_eq!(part.name(0, frame), Some("Player 0"));
    }
    let artifact = part.artifact().unwrap();
    assert_eq!(artifact.frame, FOUND);
    assert_eq!(artifact.ours, right.worlds[FOUND as usize].checksum());
    let seen: Vec<Frame> = artifact.seen.iter().map(|(frame, _)| *frame).collect();
    assert_eq!(seen, (AGREED..=NOTICED).collect::<Vec<_>>());
    assert_eq!(artifact.other, Some((NOTICED, right.world)));
    assert!(replay(&whole).artifact().is_none());
}

#[test]
fn files_of_two_matches_are_not_compared() {
    let file = |seed, seats, start| {
        let world = World::new(&settings(seats), seed);
        let mut recorder = Recorder::enter(seed, &settings(seats), start, &world).unwrap();
        recorder
            .push(start, &[0; 8][..usize::from(seats)], 0)
            .unwrap();
        replay(&recorder.bytes())
    };
    let refused = |a, b| diff(&a, &b).unwrap_err();
    assert_eq!(
        refused(file(1, 2, 0), file(2, 2, 0)),
        DiffError::OtherMatch("seeds")
    );
    assert_eq!(
        refused(file(1, 2, 0), file(1, 3, 0)),
        DiffError::OtherMatch("settings")
    );
    let apart = DiffError::Apart { end: 1, start: 5 };
    assert_eq!(refused(file(1, 2, 0), file(1, 2, 5)), apart);
    assert_eq!(refused(file(1, 2, 5), file(1, 2, 0)), apart);
}

#[test]
fn fields_are_named_by_their_way() {
    let json = |text: &str| serde_json::from_str::<Value>(text).unwrap();
    let a =
        json(r#"{"discs":[{"v":{"x":0.0}},{"v":{"x":1.25}}],"last":null,"n":[1],"phase":"Play"}"#);
    let b = json(
        r#"{"discs":[{"v":{"x":-0.0}},{"v":{"x":1.5}}],"last":2,"n":[1,2],"phase":{"Over":3}}"#,
    );
    let told: Vec<String> = differing_fields(&a, &b)
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(
        told,
        [
            "discs[0].v.x: 0.0 != -0.0",
            "discs[1].v.x: 1.25 != 1.5",
            "last: null != 2",
            "n[1]: nothing != 2",
            r#"phase: "Play" != {"Over":3}"#,
        ]
    );
    assert_eq!(differing_fields(&a, &a), []);
}
