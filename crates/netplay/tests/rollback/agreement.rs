//! Everybody plays the same match, whatever the network does.

use crate::{
    party::{Party, any_conditions, ms},
    toy::{Options, mix},
};
use netplay::{
    rollback::{Core, PlanError},
    transport::memory::Conditions,
};
use std::time::Duration;

/// Plays many matches with random conditions; at up to 300 ms one way and 20 % loss nobody
/// holds 60 frames a second, but everybody comes on.
fn play_matches(size: usize, seeds: std::ops::Range<u64>) {
    for seed in seeds.clone() {
        let mut party = Party::with(size, any_conditions(seed), seed, |i, plan| {
            let input_delay = (mix(seed ^ i as u64) % 7) as u32;
            netplay::rollback::Plan {
                input_delay: Some(input_delay),
                ..plan
            }
        });
        party.run(Duration::from_secs(10));
        party.assert_agreed(120);
        party.assert_nothing_rejected();
    }
    for seed in seeds.step_by(4) {
        let mut party = Party::new(size, any_conditions(seed), seed);
        party.run(Duration::from_secs(10));
        party.assert_agreed(120);
        party.assert_true_to_inputs();
    }
}

#[test]
fn hundreds_of_matches_of_two_agree() {
    play_matches(2, 0..300);
}

#[test]
fn hundreds_of_matches_of_four_agree() {
    play_matches(4, 1_000..1_200);
}

#[test]
fn a_hundred_matches_of_eight_agree() {
    play_matches(8, 2_000..2_100);
}

#[test]
fn changing_input_delays_keeps_streams_gapless() {
    for seed in 0..20 {
        let conditions = Conditions {
            loss: 0.1,
            ..any_conditions(seed)
        };
        let mut party = Party::new(3, conditions, seed);
        for change in 0..60 {
            let who = mix(seed ^ change) as usize % 3;
            // Past the bound now and then: it is clamped.
            let delay = (mix(seed ^ change << 9) % 9) as u32;
            party.players[who].core.set_input_delay(Some(delay));
            party.run(ms(20 + mix(change) % 200));
        }
        party.assert_agreed(60);
        party.assert_nothing_rejected();
    }
}

#[test]
fn a_wrong_simulation_is_caught_within_two_seconds() {
    for (size, wrong_from) in [(2, 0), (2, 61), (4, 119), (8, 125)] {
        let conditions = Conditions {
            latency: ms(80),
            jitter: ms(20),
            loss: 0.1,
            ..Conditions::default()
        };
        let mut party = Party::with(size, conditions, 5, |i, mut plan| {
            plan.settings = Options {
                wrong_from: (i == 1).then_some(wrong_from),
                ..plan.settings
            };
            plan
        });
        party.run(Duration::from_secs(2) + ms(u64::from(wrong_from) * 1_000 / 60));
        let culprit = party.players[1].id;
        for (i, player) in party.players.iter().enumerate() {
            let desync = player.core.desync().expect("found by everybody");
            assert_eq!(desync.frame, (wrong_from + 1).next_multiple_of(60));
            assert_ne!(desync.ours, desync.theirs);
            assert!(i == 1 || desync.peer == culprit);
        }
    }
}

#[test]
fn a_peer_alone_plays_and_confirms_at_once() {
    let mut party = Party::new(1, Conditions::default(), 3);
    party.run(Duration::from_secs(10));
    let core = &party.players[0].core;
    assert_eq!(core.frame(), 600);
    assert_eq!(core.confirmed(), core.frame());
    assert_eq!(core.checksum().map(|(frame, _)| frame), Some(600));
}

#[test]
fn bots_seats_and_several_seats_of_one_peer_are_played() {
    let conditions = Conditions {
        latency: ms(50),
        loss: 0.1,
        ..Conditions::default()
    };
    let ids: Vec<_> = Party::new(2, conditions, 9)
        .players
        .iter()
        .map(|p| p.id)
        .collect();
    // The same seed gives the same ids.
    let roster = vec![Some(ids[0]), None, Some(ids[1]), Some(ids[0]), None];
    let mut party = Party::with(2, conditions, 9, |_, mut plan| {
        plan.settings.seats = roster.len() as u8;
        plan.roster = roster.clone();
        plan
    });
    party.run(Duration::from_secs(10));
    party.assert_agreed(580);
    party.assert_nothing_rejected();
}

#[test]
fn impossible_plans_are_refused() {
    let party = Party::new(2, Conditions::default(), 1);
    let (me, other) = (party.players[0].id, party.players[1].id);
    let new = |roster: Vec<_>, seats| {
        let mut plan = crate::party::plan(roster, me, 0);
        plan.settings.seats = seats;
        Core::new(plan, Duration::ZERO).err()
    };
    assert_eq!(new(vec![Some(other), None], 2), Some(PlanError::NoSeat));
    assert_eq!(
        new(vec![Some(me)], 2),
        Some(PlanError::Seats {
            roster: 1,
            settings: 2
        })
    );
    assert_eq!(
        new(vec![Some(me); 9], 9),
        Some(PlanError::Seats {
            roster: 9,
            settings: 9
        })
    );
    assert_eq!(new(vec![Some(me), Some(other)], 2), None);
}

#[test]
fn total_loss_for_a_while_is_made_good() {
    let conditions = Conditions {
        latency: ms(40),
        ..Conditions::default()
    };
    let mut party = Party::new(4, conditions, 11);
    party.run(Duration::from_secs(2));
    let (a, b) = (party.players[0].id, party.players[3].id);
    party.network.cut(a, b);
    party.run(Duration::from_secs(3));
    let stuck: Vec<_> = party.players.iter().map(|p| p.core.frame()).collect();
    assert!(
        stuck.iter().all(|frame| *frame < 160),
        "nobody plays on without inputs: {stuck:?}"
    );
    party.network.repair(a, b, party.now);
    party.run(Duration::from_secs(3));
    party.assert_agreed(280);
    party.assert_nothing_rejected();
}

#[test]
fn acknowledgements_flow_although_the_match_is_over_for_one() {
    let conditions = Conditions {
        latency: ms(60),
        loss: 0.2,
        ..Conditions::default()
    };
    let mut party = Party::new(2, conditions, 13);
    party.run(Duration::from_secs(3));
    // Its caller ticks no more, but still receives and sends.
    let (ended, others) = party.players.split_at_mut(1);
    let (ended, other) = (&mut ended[0], &mut others[0]);
    let last = ended.core.frame();
    for _ in 0..1_000 {
        party.now += ms(2);
        for (player, ticks) in [(&mut *ended, false), (&mut *other, true)] {
            let clock = player.clock(party.now);
            while let Some((from, _, packet)) = party.network.receive(player.id, party.now) {
                player.core.receive(from, &packet, clock).unwrap();
            }
            if ticks {
                player.core.tick(clock, &mut |_, _| Default::default());
            }
            while let Some((to, bytes)) = player.core.poll_datagram(clock) {
                let packet = bytes.into();
                let channel = netplay::transport::Channel::Unreliable;
                party
                    .network
                    .send(player.id, to, channel, packet, party.now);
            }
        }
    }
    assert_eq!(ended.core.frame(), last);
    assert_eq!(other.core.confirmed(), last);
    let stats = other.core.peer_stats(ended.id).unwrap();
    assert_eq!(
        stats.acknowledged,
        other.core.frame(),
        "all was acknowledged"
    );
}
