//! The input delay follows the network.

use crate::party::{Party, ms};
use netplay::{rollback::Plan, transport::memory::Conditions};
use std::time::Duration;

fn over(latency: u64, jitter: u64) -> Conditions {
    Conditions {
        latency: ms(latency),
        jitter: ms(jitter),
        loss: 0.05,
        ..Conditions::default()
    }
}

fn party(size: usize, conditions: Conditions, input_delay: Option<u32>) -> Party {
    Party::with(size, conditions, 109, |_, plan| Plan {
        input_delay,
        ..plan
    })
}

fn delays(party: &Party) -> impl Iterator<Item = u32> {
    party.players.iter().map(|p| p.core.input_delay())
}

/// Frames that all confirm in 20 s, once the match is in full swing.
fn confirmed_in_20_s(party: &mut Party) -> u32 {
    party.run(Duration::from_secs(5));
    let before = party.confirmed_by_all();
    party.run(Duration::from_secs(20));
    party.confirmed_by_all() - before
}

#[test]
fn up_to_200_ms_and_5_percent_loss_no_delay_is_needed_and_none_is_taken() {
    for size in [2, 4, 8] {
        let mut party = party(size, over(95, 10), None);
        let confirmed = confirmed_in_20_s(&mut party);
        assert!(confirmed >= 1_196, "{confirmed} frames of {size} peers");
        assert!(delays(&party).all(|delay| delay == 0));
        assert_eq!(party.players[0].core.stats().waits, 0);
    }
}

#[test]
fn past_what_prediction_hides_the_delay_holds_sixty() {
    for (size, conditions, expected) in [
        (2, over(190, 10), 2..=4),
        (4, over(190, 10), 2..=4),
        (8, over(190, 10), 2..=4),
        (4, over(190, 30), 4..=6),
        (4, over(230, 10), 4..=6),
    ] {
        let mut following = party(size, conditions, None);
        let confirmed = confirmed_in_20_s(&mut following);
        assert!(confirmed >= 1_190, "{confirmed} frames of {size} peers");
        let all: Vec<_> = delays(&following).collect();
        assert!(all.iter().all(|delay| expected.contains(delay)), "{all:?}");
    }
    let mut without = party(4, over(190, 10), Some(0));
    assert!(confirmed_in_20_s(&mut without) < 1_180, "it is needed");
}

#[test]
fn it_is_raised_at_once_and_lowered_slowly_without_a_hitch() {
    let mut party = party(3, over(30, 5), None);
    party.run(Duration::from_secs(5));
    assert!(delays(&party).all(|delay| delay == 0));
    party.network.set_conditions(over(190, 10));
    party.run(Duration::from_secs(1));
    assert!(delays(&party).all(|delay| delay >= 2));
    party.run(Duration::from_secs(5));
    let high: Vec<_> = delays(&party).collect();
    let waits = party.players[0].core.stats().waits;
    party.network.set_conditions(over(30, 5));
    party.run(Duration::from_secs(3));
    // A frame at a time.
    assert!(
        delays(&party)
            .zip(&high)
            .all(|(now, high)| now + 1 >= *high)
    );
    party.run(Duration::from_secs(20));
    assert!(delays(&party).all(|delay| delay == 0));
    assert_eq!(party.players[0].core.stats().waits, waits);
    party.assert_agreed(60 * 33);
    party.assert_nothing_rejected();
    // Fixed, it stays; set free, it follows from there.
    party.players[0].core.set_input_delay(Some(9));
    party.run(Duration::from_secs(10));
    assert_eq!(party.players[0].core.input_delay(), 6);
    party.players[0].core.set_input_delay(None);
    party.run(Duration::from_secs(10));
    assert!(party.players[0].core.input_delay() <= 3);
}
