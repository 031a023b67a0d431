//! Whom one waits for.

use crate::{
    agreeing::FAIR,
    party::{Party, ms},
};
use std::time::Duration;

#[test]
fn who_sends_little_holds_the_others_up_and_who_waits_does_not() {
    // What the slow one is asked for: of each 100 ms, it is driven so many.
    let cases: [(fn(Duration) -> bool, bool); 3] = [
        (|_| false, false),
        // One input every 790 ms, and the silence never lasts long enough.
        (|now| now > ms(2_000) && now.as_millis() % 790 >= 4, true),
        // A single gap of 700 ms.
        (|now| (ms(2_000)..ms(2_700)).contains(&now), false),
    ];
    for (case, (sleeps, expected)) in cases.into_iter().enumerate() {
        let mut party = Party::new(3, FAIR, 101);
        party.players[2].sleeps = sleeps;
        let mut held_up = false;
        for _ in 0..250 {
            party.run(ms(20));
            let player = &party.players[0];
            let clock = player.clock(party.now);
            let [_, patient, slow] = [0, 1, 2].map(|i| party.players[i].id);
            held_up |= player.core.holds_up(slow, clock);
            assert!(!player.core.holds_up(patient, clock), "case {case}");
            assert!(player.core.missing(slow, clock) < ms(800), "case {case}");
        }
        assert_eq!(held_up, expected, "case {case}");
    }
}

#[test]
fn a_peer_at_54_steps_a_second_is_told_from_one_at_56() {
    for (rate, expected) in [
        (50.0 / 60.0, true),
        (54.0 / 60.0, true),
        (56.0 / 60.0, false),
    ] {
        let mut party = Party::new(2, FAIR, 103);
        party.start(1, Duration::ZERO, rate);
        let mut held_up = None;
        for turn in 0..500 {
            party.run(ms(20));
            let player = &party.players[0];
            let clock = player.clock(party.now);
            if player.core.holds_up(party.players[1].id, clock) {
                held_up.get_or_insert(turn);
            }
        }
        assert_eq!(held_up.is_some(), expected, "{rate} {held_up:?}");
    }
}
