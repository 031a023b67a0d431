//! The example `replay`, which `cargo xtask replay` runs: what it tells people and programs.

use crate::{
    desync::{NOTICED, artifact, follow},
    matches::{FAULT, Faulty, Match},
};
use sim::demo::World;
use std::{fs, path::PathBuf, process::Command};

/// A file of this test's own.
fn write(name: &str, bytes: &[u8]) -> String {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    fs::write(&path, bytes).unwrap();
    path.display().to_string()
}

/// The exit status and what was said.
fn replay(arguments: &[&str]) -> (Option<i32>, String, String) {
    let test = std::env::current_exe().unwrap();
    let profile = test.ancestors().nth(2).unwrap();
    let program = profile.join("examples").join("replay");
    let output = Command::new(program.with_extension(std::env::consts::EXE_EXTENSION))
        .args(arguments)
        .output()
        .unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (
        output.status.code(),
        text(&output.stdout),
        text(&output.stderr),
    )
}

#[test]
fn verify_says_how_far_and_how_fast() {
    let played = Match::<World>::of(2, 600);
    let file = write("right.replay", &played.recorder.bytes());
    let (status, told, _) = replay(&["verify", &file]);
    assert_eq!(status, Some(0), "{told}");
    assert!(told.contains("worlds 0 to 600, 0:10 of match; at the end Player 0, Player 1"));
    assert!(told.contains("times as fast as life"), "{told}");
    assert!(told.contains("lead to all of the 11 worlds"), "{told}");

    let played = Match::<Faulty<130>>::of(3, 600);
    let file = write("wrong.replay", &played.recorder.bytes());
    let (status, told, _) = replay(&["verify", &file]);
    assert_eq!(status, Some(1), "{told}");
    assert!(told.contains("do not lead to world 180"), "{told}");
    assert!(told.contains("World 120 is still the same"), "{told}");
}

#[test]
fn what_is_no_replay_is_told_in_a_sentence() {
    let file = write("foreign.replay", b"#!/bin/sh");
    let (status, told, why) = replay(&["verify", &file]);
    assert_eq!((status, told.as_str()), (Some(2), ""));
    assert!(
        why.ends_with("foreign.replay: this is not a replay\n"),
        "{why}"
    );

    let played = Match::<World>::of(2, 60).recorder.bytes();
    let file = write("cut.replay", &played[..played.len() - 1]);
    let (status, _, why) = replay(&["diff", &file, &file]);
    assert_eq!(status, Some(2));
    assert!(why.contains("cut off"), "{why}");

    let (status, _, why) = replay(&["verify", "no/such/file"]);
    assert_eq!(status, Some(2));
    assert!(why.contains("cannot read no/such/file"), "{why}");
}

#[test]
fn diff_names_the_frame_and_the_field() {
    let right = Match::<World>::of(3, NOTICED);
    let wrong = follow::<Faulty<130>>(&right, 1);
    let a = write("a.desync", &artifact(&right, &wrong, None));
    let b = write("b.desync", &artifact(&wrong, &right, None));
    let (status, told, _) = replay(&["diff", &a, &b]);
    println!("{told}");
    assert_eq!(status, Some(1), "{told}");
    assert!(told.contains("a desync: world 180 was"), "{told}");
    assert!(told.contains("A's inputs lead to all"), "{told}");
    assert!(
        told.contains("B's inputs do not lead to world 131"),
        "{told}"
    );
    assert!(told.contains("The inputs are the same."), "{told}");
    let first = "The first world that differs is 131, made by step 130 from the same inputs.";
    assert!(told.contains(first), "{told}");
    assert!(told.contains(&format!("   {FAULT}: ")), "{told}");

    let (status, told, _) = replay(&["diff", &a, &a]);
    assert_eq!(status, Some(0), "{told}");
    assert!(told.contains("The worlds are the same."), "{told}");
}
