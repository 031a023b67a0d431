//! Sixty frames a second, and nobody runs away.

use crate::party::{Party, ms};
use netplay::{rollback::Plan, transport::memory::Conditions};
use std::time::Duration;

fn played(party: &Party) -> Vec<u32> {
    party.players.iter().map(|p| p.core.confirmed()).collect()
}

/// Plays a minute, and wants 60 frames a second of it within 1 %.
#[track_caller]
fn assert_holds_sixty(size: usize, conditions: Conditions, input_delay: Option<u32>) {
    let mut party = Party::with(size, conditions, 17, |_, plan| Plan {
        input_delay,
        ..plan
    });
    party.run(Duration::from_secs(60));
    party.assert_agreed(3_600 * 99 / 100);
}

#[test]
fn sixty_are_held_at_a_round_trip_of_200_ms_and_5_percent_loss() {
    let conditions = Conditions {
        latency: ms(95),
        jitter: ms(10),
        loss: 0.05,
        ..Conditions::default()
    };
    for size in [2, 4, 8] {
        assert_holds_sixty(size, conditions, Some(2));
    }
}

#[test]
fn sixty_are_held_at_200_ms_one_way_and_5_percent_loss() {
    let conditions = Conditions {
        latency: ms(190),
        jitter: ms(10),
        loss: 0.05,
        ..Conditions::default()
    };
    // That is the whole prediction window: with many peers somebody's datagram is always late,
    // and two frames of input delay make up for it.
    for (size, input_delay) in [(2, 0), (4, 2), (8, 2)] {
        assert_holds_sixty(size, conditions, Some(input_delay));
    }
}

#[test]
fn clocks_of_different_speed_are_paced() {
    let conditions = Conditions {
        latency: ms(40),
        jitter: ms(10),
        ..Conditions::default()
    };
    let mut party = Party::new(3, conditions, 19);
    for (i, rate) in [1.0, 1.01, 0.995].into_iter().enumerate() {
        party.start(i, Duration::ZERO, rate);
    }
    party.run(Duration::from_secs(10));
    let waits: Vec<_> = party.players.iter().map(|p| p.core.stats().waits).collect();
    party.run(Duration::from_secs(50));
    // The slowest clock sets the speed: 0.995 of 3,600 frames.
    party.assert_agreed(3_540);
    for (player, waits) in party.players.iter().zip(waits) {
        let stats = player.core.stats();
        assert!(stats.ahead.abs() < 2.5, "{} frames ahead", stats.ahead);
        assert_eq!(stats.waits, waits, "paced, not stopped");
    }
    let frames: Vec<_> = party.players.iter().map(|p| p.core.frame()).collect();
    assert!(
        frames.iter().max().unwrap() - frames.iter().min().unwrap() <= 3,
        "{frames:?}"
    );
}

#[test]
fn late_starters_converge() {
    let conditions = Conditions {
        latency: ms(75),
        jitter: ms(5),
        ..Conditions::default()
    };
    let mut party = Party::new(3, conditions, 23);
    party.start(1, ms(150), 1.0);
    party.start(2, ms(700), 1.0);
    party.run(Duration::from_secs(8));
    let frames: Vec<_> = party.players.iter().map(|p| p.core.frame()).collect();
    assert!(
        frames.iter().max().unwrap() - frames.iter().min().unwrap() <= 2,
        "{frames:?}"
    );
    party.run(Duration::from_secs(2));
    // Nobody could play before the last one came.
    party.assert_agreed(60 * 9);
    party.assert_nothing_rejected();
}

#[test]
fn three_seconds_of_sleep_stall_the_others_but_are_not_caught_up() {
    let conditions = Conditions {
        latency: ms(30),
        jitter: ms(5),
        ..Conditions::default()
    };
    let mut party = Party::new(3, conditions, 29);
    party.players[2].sleeps = |now| (ms(3_000)..ms(6_000)).contains(&now);
    party.run(ms(5_990));
    let before = played(&party)[0];
    assert!((175..=182).contains(&before), "{before}");
    let missing = |party: &Party, of: usize| {
        let player = &party.players[0];
        player
            .core
            .missing(party.players[of].id, player.clock(party.now))
    };
    assert!(missing(&party, 2) > ms(2_700));
    assert!(
        missing(&party, 1) < ms(100),
        "whoever waits for another misses nothing"
    );
    let stood = party.players[0].core.frame();
    party.run(ms(20));
    // The sleeper blames nobody for its own sleep.
    let sleeper = &party.players[2];
    let missed = sleeper
        .core
        .missing(party.players[0].id, sleeper.clock(party.now));
    assert!(missed < ms(300), "{missed:?}");
    party.run(ms(990));
    let after = party.players[0].core.frame();
    // A second at 60, and what of the prediction window there was to regain.
    assert!(
        (45..=60 + 15).contains(&(after - stood)),
        "{}",
        after - stood
    );
    assert!(missing(&party, 2) < ms(200));
    party.run(Duration::from_secs(3));
    party.assert_agreed(before + 60 * 4 - 20);
    party.assert_nothing_rejected();
    let frames: Vec<_> = party.players.iter().map(|p| p.core.frame()).collect();
    assert!(
        frames.iter().max().unwrap() - frames.iter().min().unwrap() <= 3,
        "{frames:?}"
    );
    assert!(sleeper_lost(&party) > ms(2_500));
}

fn sleeper_lost(party: &Party) -> Duration {
    party.players[2].core.stats().lost_time
}

#[test]
fn a_machine_that_looks_ten_times_a_second_keeps_sixty() {
    let conditions = Conditions {
        latency: ms(20),
        ..Conditions::default()
    };
    let mut party = Party::new(2, conditions, 31);
    // Two windows on one slow machine: each is busy for 96 of 100 ms, not at the same time.
    party.players[0].sleeps = |now| now.as_millis() % 100 >= 4;
    party.players[1].sleeps = |now| (now.as_millis() + 40) % 100 >= 4;
    party.run(Duration::from_secs(30));
    party.assert_agreed(1_800 * 97 / 100);
}

#[test]
fn rounds_are_measured() {
    let conditions = Conditions {
        latency: ms(60),
        jitter: ms(4),
        ..Conditions::default()
    };
    let mut party = Party::new(2, conditions, 37);
    party.run(Duration::from_secs(3));
    let stats = party.players[0]
        .core
        .peer_stats(party.players[1].id)
        .unwrap();
    let rtt = stats.rtt.unwrap();
    assert!((ms(120)..ms(132)).contains(&rtt), "{rtt:?}");
    assert!(stats.ahead.abs() < 1.0);
    assert!(
        party.players[0]
            .core
            .peer_stats(party.players[0].id)
            .is_none()
    );
}
