//! Watching: forwards, backwards and anywhere.

use crate::matches::{Match, SEED, settings};
use netplay::replay::{Playback, Recorder};
use protocol::Frame;
use sim::demo::World;

fn open(played: &Match<World>) -> Playback<World> {
    Playback::open(&played.recorder.bytes()).unwrap()
}

/// Whether the two worlds to draw between are those of the match.
fn assert_at(playback: &Playback<World>, played: &Match<World>, frame: Frame) {
    assert_eq!(playback.frame(), frame);
    assert_eq!(playback.current(), &played.worlds[frame as usize]);
    let previous = frame.saturating_sub(1) as usize;
    assert_eq!(playback.previous(), &played.worlds[previous]);
}

#[test]
fn every_world_is_shown_once_with_what_happened_in_it() {
    let played = Match::<World>::of(4, 1_500);
    let mut playback = open(&played);
    assert_at(&playback, &played, 0);
    let mut told = 0;
    for frame in 1..=1_500 {
        assert!(!playback.is_at_end());
        told += playback.step().unwrap().len();
        assert_at(&playback, &played, frame);
    }
    assert!(told > 10, "{told} events");
    assert!(playback.is_at_end());
    assert!(playback.step().is_none());
    assert_at(&playback, &played, 1_500);
}

#[test]
fn any_frame_can_be_sought() {
    let played = Match::<World>::of(2, 3_000);
    let mut playback = open(&played);
    let mut random = sim::rng::Rng::new(1);
    let chances = (0..200).map(|_| (random.next_u64() % 3_001) as Frame);
    let corners = [3_000, 0, 1, 2, 119, 120, 121, 120, 240, 3_000, 2_999, 0];
    for frame in corners.into_iter().chain(chances) {
        playback.seek(frame);
        assert_at(&playback, &played, frame);
    }
    playback.seek(Frame::MAX);
    assert_at(&playback, &played, 3_000);
    playback.seek(100);
    playback.step();
    assert_at(&playback, &played, 101);
}

#[test]
fn a_long_replay_is_sought_through_too() {
    // Longer than the keyframes reach at their first distance.
    let mut recorder = Recorder::<World>::new(SEED, &settings(2)).unwrap();
    let frames = 40_000;
    for frame in 0..frames {
        recorder.push(frame, &[0; 2], 0).unwrap();
    }
    let file = recorder.bytes();
    let mut straight = Playback::<World>::open(&file).unwrap();
    let mut wild = straight.clone();
    wild.seek(frames);
    for frame in (0..=frames).step_by(4_999) {
        straight.seek(frame);
        wild.seek(frames);
        wild.seek(frame);
        assert_eq!(wild.current(), straight.current());
        assert_eq!(wild.previous(), straight.previous());
        assert_eq!(wild.frame(), frame);
    }
}

#[test]
fn an_empty_replay_is_its_first_world() {
    let recorder = Recorder::<World>::new(SEED, &settings(2)).unwrap();
    let mut playback = Playback::<World>::open(&recorder.bytes()).unwrap();
    playback.seek(7);
    assert!(playback.is_at_end() && playback.step().is_none());
    assert_eq!(playback.current(), playback.previous());
}
