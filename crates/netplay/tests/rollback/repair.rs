//! A world that went wrong is replaced.

use crate::{
    party::{Party, ms},
    toy::Options,
};
use netplay::{rollback::AdoptError, transport::memory::Conditions};
use protocol::Frame;

const NETWORK: Conditions = Conditions {
    latency: ms(60),
    jitter: ms(20),
    loss: 0.05,
    reorder: 0.0,
    duplicate: 0.0,
};

/// A match in which player 2's simulation goes wrong at a frame.
fn astray(wrong_from: Frame) -> Party {
    Party::with(3, NETWORK, 107, |i, mut plan| {
        plan.settings = Options {
            wrong_from: (i == 2).then_some(wrong_from),
            ..plan.settings
        };
        plan
    })
}

#[test]
fn who_went_astray_is_given_the_world_of_the_others_and_plays_on() {
    for transfer in [0, 200, 1_000] {
        let mut party = astray(200);
        while party.players.iter().any(|p| p.core.desync().is_none()) {
            party.run(ms(10));
        }
        let ids: Vec<_> = party.players.iter().map(|p| p.id).collect();
        let desync = party.players[0].core.desync().unwrap();
        assert_eq!((desync.frame, desync.peer), (240, ids[2]));
        let verdicts = party.players[2].core.verdicts(240);
        assert_eq!(verdicts.len(), 2);
        assert!(verdicts.iter().all(|(_, sum)| *sum == desync.ours));
        // The owner's confirmed world takes a while to come.
        let owner = &party.players[0].core;
        let (frame, world) = (owner.confirmed(), owner.confirmed_world().clone());
        party.run(ms(transfer));
        let waits = party.players[0].core.stats().waits;
        let lost = &mut party.players[2];
        let clock = lost.clock(party.now);
        lost.core.adopt(frame, world, clock).unwrap();
        lost.confirmed.clear();
        lost.compared.clear();
        for player in &mut party.players {
            player.core.clear_desync();
        }
        party.run(ms(200));
        // What was on its way has come.
        for player in &mut party.players {
            player.core.clear_desync();
        }
        party.run(ms(5_000));
        party.assert_agreed(frame + 290);
        party.assert_true_to_frames();
        assert_eq!(party.players[0].core.stats().waits, waits, "nobody waited");
        let compared = party.players[2].core.checksum().unwrap();
        assert!(compared.0 > 500);
        let told = party.players[0].core.verdicts(compared.0 - 60);
        assert_eq!(told.len(), 2);
        assert!(told.iter().all(|(_, sum)| *sum == told[0].1));
    }
}

#[test]
fn a_world_ahead_is_taken_and_one_too_old_or_too_new_is_not() {
    let mut party = astray(200);
    party.run(ms(6_000));
    let old = party.players[0].core.confirmed_world().clone();
    let at = party.players[0].core.confirmed();
    party.run(ms(3_000));
    let clock = party.players[2].clock(party.now);
    let lost = &mut party.players[2].core;
    assert_eq!(
        lost.adopt(at, old.clone(), clock),
        Err(AdoptError::TooOld(at))
    );
    let ahead = lost.frame() + 30;
    assert_eq!(
        lost.adopt(ahead, old, clock),
        Err(AdoptError::TooNew(ahead))
    );
    let before = (lost.frame(), lost.confirmed());
    // The lossless end of the network: the others are ahead of who hears nothing.
    let ids: Vec<_> = party.players.iter().map(|p| p.id).collect();
    for from in &ids[..2] {
        let deaf = Conditions {
            loss: 1.0,
            ..NETWORK
        };
        party.network.set_link(*from, ids[2], deaf);
    }
    party.run(ms(150));
    let owner = &party.players[0].core;
    let (frame, world) = (owner.confirmed(), owner.confirmed_world().clone());
    let lost = &mut party.players[2];
    assert!(frame > lost.core.confirmed() && lost.core.confirmed() >= before.1);
    let clock = lost.clock(party.now);
    lost.core.adopt(frame, world, clock).unwrap();
    lost.confirmed.clear();
    lost.compared.clear();
    assert_eq!(lost.core.confirmed(), frame);
    for from in &ids[..2] {
        party.network.set_link(*from, ids[2], NETWORK);
    }
    party.run(ms(300));
    for player in &mut party.players {
        player.core.clear_desync();
    }
    party.run(ms(3_000));
    party.assert_agreed(frame + 160);
    // The others confirm nothing that it lacks, so its record is whole.
    party.assert_true_to_frames();
}
