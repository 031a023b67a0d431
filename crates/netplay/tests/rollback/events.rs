//! Events are told once each, and in time.

use crate::{
    party::{Party, any_conditions, ms},
    toy::Lap,
};
use netplay::transport::memory::Conditions;
use protocol::{Event, Frame};
use std::{collections::BTreeMap, time::Duration};

fn feasts(events: &[(Frame, Lap)]) -> Vec<(Frame, Lap)> {
    let mut feasts: Vec<_> =
        events.iter().filter(|(_, lap)| lap.waits_for_confirmation()).cloned().collect();
    feasts.sort_by_key(|(frame, lap)| (*frame, lap.key()));
    feasts
}

#[test]
fn every_event_is_told_once() {
    for seed in 0..20 {
        let mut party = Party::new(3, any_conditions(seed), seed);
        party.run(Duration::from_secs(10));
        for player in &party.players {
            let mut told = BTreeMap::new();
            for (frame, lap) in &player.events {
                let earlier = told.insert(lap.key(), frame);
                assert_eq!(earlier, None, "{lap:?} was told twice");
            }
            assert!(!told.is_empty());
        }
    }
}

#[test]
fn what_must_not_be_taken_back_waits_and_is_the_same_for_everybody() {
    let conditions = Conditions { latency: ms(100), loss: 0.1, ..Conditions::default() };
    let mut party = Party::new(4, conditions, 41);
    party.run(Duration::from_secs(20));
    let least = party.players.iter().map(|p| p.core.confirmed()).min().unwrap();
    let until =
        |i: usize| feasts(&party.players[i].events).into_iter().filter(|(f, _)| *f < least);
    let expected: Vec<_> = until(0).collect();
    assert!(expected.len() > 10);
    for i in 1..4 {
        assert!(until(i).eq(expected.iter().cloned()));
    }
}

#[test]
fn events_that_nobody_takes_are_bounded() {
    let party = Party::new(1, Conditions::default(), 43);
    let mut player = party.players.into_iter().next().unwrap();
    let start = player.clock(Duration::ZERO);
    let stick = crate::toy::Stick { x: 127, ..Default::default() };
    for frame in 0..6_000 {
        player.core.tick(start + ms(17) * frame, &mut |_, _| stick);
    }
    let events = player.core.take_events();
    assert_eq!(events.len(), 256);
    assert!(events.is_sorted_by_key(|(frame, _)| *frame));
    assert!(player.core.take_events().is_empty());
}
