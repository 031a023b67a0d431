//! Sessions that run by themselves, in real time.
#![cfg(not(target_arch = "wasm32"))]

mod common;

use common::game::{LENGTH, Sums, Tenth, eager};
use netplay::{
    session::{Command, Config, Failure, Handle, Notice, Phase, spawn},
    transport::memory::{Conditions, network},
};
use std::time::{Duration, Instant};

/// Nothing here takes a tenth of it.
const DEADLINE: Duration = Duration::from_secs(30);

/// Waits, as a game does picture by picture, until something is so.
fn wait(what: &str, mut done: impl FnMut() -> bool) {
    let start = Instant::now();
    while !done() {
        assert!(start.elapsed() < DEADLINE, "waited in vain for {what}");
        std::thread::sleep(Duration::from_millis(4));
    }
}

#[test]
fn two_sessions_play_by_themselves() {
    let hub = network(Conditions::default(), 1);
    let manual = |name| Config {
        auto_ready: false,
        autopilot: None,
        ..eager(name, 2)
    };
    let [ada, bob]: [Handle<Sums>; 2] = ["Ada", "Bob"].map(|name| spawn(hub.join(), manual(name)));
    assert!(ada.frames().is_none());
    wait("each other", || {
        ada.view().peers.len() == 2 && bob.view().peers.len() == 2
    });
    ada.set_input(7);
    bob.set_input(9);
    ada.command(Command::SetReady(true));
    bob.command(Command::SetReady(true));

    wait("the first frame", || {
        ada.frames().is_some_and(|frames| frames.frame > 0)
    });
    let frames = ada.frames().expect("there was one");
    assert_eq!(frames.previous.frame + 1, frames.current.frame);
    assert_eq!(frames.current.frame, frames.frame);
    let due = frames.at.elapsed();
    assert!(
        due < DEADLINE,
        "a frame is published once it is due, {due:?} ago"
    );

    let (mut ada_saw, mut bob_saw) = (Vec::new(), Vec::new());
    wait("the result", || {
        ada_saw.extend(ada.take_events());
        bob_saw.extend(bob.take_events());
        ada.view().phase == Phase::Result && bob.view().phase == Phase::Result
    });
    ada_saw.extend(ada.take_events());
    ada_saw.retain(|(frame, _)| *frame < LENGTH);
    let expected: Vec<_> = (1..=LENGTH / 10).map(|n| Tenth(n * 10)).collect();
    let events: Vec<_> = ada_saw.into_iter().map(|(_, event)| event).collect();
    assert_eq!(events, expected, "each event once");
    let (ada_status, bob_status) = (ada.status(), bob.status());
    assert_eq!(ada_status.checksum, bob_status.checksum);
    assert_eq!((ada_status.phase, ada_status.matches), ("result", 1));
    assert!(ada_status.bytes_in > 0 && ada_status.bytes_out > 0);
    let sums = ada.frames().expect("the last ones stay").current.sums;
    assert_ne!(sums[0], sums[1], "the inputs came out of the mailboxes");

    // Dropping the last handle leaves the room, and the other learns of it.
    let last = ada.clone();
    drop(ada);
    assert_eq!(bob.view().peers.len(), 2);
    drop(last);
    wait("Ada to be gone", || bob.view().peers.len() == 1);
    assert_eq!(bob.view().notice, Some(Notice::Left("Ada".into())));

    bob.command(Command::Leave);
    wait("the end", || bob.has_ended());
    assert_eq!(bob.view().phase, Phase::Failed(Failure::Left));
    assert_eq!(bob.status().failure, Some("left".into()));
}

#[test]
fn a_simulation_that_panics_ends_its_own_session_only() {
    let hub = network(Conditions::default(), 2);
    let fragile = Config::<Sums> {
        autopilot: Some(|_, _| panic!("on purpose")),
        ..eager("Ada", 1)
    };
    let ada = spawn(hub.join(), fragile);
    wait("the end", || ada.has_ended());
    assert!(matches!(
        ada.view().phase,
        Phase::Failed(Failure::Internal(_))
    ));
}

#[test]
fn a_look_tells_what_the_one_before_showed_wrong() {
    let conditions = Conditions {
        latency: Duration::from_millis(40),
        ..Conditions::default()
    };
    let hub = network(conditions, 1);
    let [ada, _bob]: [Handle<Sums>; 2] = ["Ada", "Bob"].map(|name| {
        let config = Config {
            input_delay: Some(0),
            ..eager(name, 2)
        };
        spawn(hub.join(), config)
    });
    let mut before: Option<Sums> = None;
    let mut corrections = 0;
    wait("some corrections", || {
        let Some(look) = ada.look() else { return false };
        if let Some((frame, world)) = look.corrected {
            let shown = before.take().expect("only what was looked at is corrected");
            assert_eq!((frame, world.frame), (shown.frame, shown.frame));
            corrections += u32::from(world != shown);
        }
        assert_eq!(look.history.frame, look.frames.frame);
        before = Some(look.frames.current);
        corrections >= 3 && look.history.again.iter().any(|again| *again > 0)
    });
}
