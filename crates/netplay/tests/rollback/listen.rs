//! Listeners: they come into a running match, watch, and are given seats.

use crate::{
    agreeing::{FAIR, give, join, with_bots},
    party::{Party, ms},
    toy::Stick,
};
use netplay::rollback::{Core, PlanError};
use protocol::agreement::Tenure;

#[test]
fn a_newcomer_catches_up_and_takes_its_seat_and_nobody_feels_it() {
    let mut party = with_bots(3, 1, FAIR, 61);
    let mut control = with_bots(3, 1, FAIR, 61);
    party.run(ms(3_000));
    let j = join(&mut party, ms(300));
    // At first it keeps still, as the others predict.
    party.players[j].plays = |_, _, _| Stick::default();
    let entered = party.now;
    while !party.players[j]
        .core
        .keeps_up(party.players[j].clock(party.now))
    {
        party.run(ms(10));
    }
    let took = party.now - entered;
    assert!(took < ms(600), "caught up within {took:?}");
    let from = give(&mut party, &[0, 1, 2, j], 3, j, ms(20));
    assert!(
        party.players[j].core.frame() < from,
        "it takes its seat in time"
    );
    party.run(ms(3_000));
    control.run(party.now);
    for (player, same) in party.players.iter().zip(&control.players) {
        let (stats, expected) = (player.core.stats(), same.core.stats());
        assert_eq!(stats.rollbacks, expected.rollbacks);
        assert_eq!(stats.resimulated, expected.resimulated);
        assert_eq!(stats.waits, expected.waits);
        assert_eq!(player.core.frame(), same.core.frame());
        assert_eq!(player.rejected, []);
    }
    assert_eq!(party.players[j].core.stats().conflicts, 0);
    assert!(!party.players[j].core.is_listener());
    let seats: Vec<_> = party.players[1]
        .core
        .seats_of(party.players[j].id)
        .collect();
    assert_eq!(seats, [3]);
    // Then it plays like everybody.
    party.players[j].plays = crate::toy::play;
    party.run(ms(2_000));
    party.assert_agreed(470);
    party.assert_true_to_frames();
    let last = party.players[0].frames.last().unwrap();
    assert_eq!(last.peers, 0b1111);
    assert_ne!(last.words[3], 0);
}

#[test]
fn whoever_acknowledges_nothing_is_dropped_and_never_waited_for() {
    let mut party = with_bots(2, 1, FAIR, 71);
    party.run(ms(1_000));
    let j = join(&mut party, ms(100));
    party.run(ms(500));
    let watcher = party.players[j].id;
    assert!(party.players[0].core.listeners().eq([watcher]));
    party.kill(j);
    party.run(ms(3_000));
    assert_eq!(party.players[0].core.listeners().count(), 0);
    assert!(party.players[0].core.confirmed() > 60 * 4 + 15);
    assert_eq!(party.players[0].core.stats().waits, 0);
}

#[test]
fn a_listener_that_was_left_behind_is_stranded_until_it_begins_anew() {
    let mut party = with_bots(2, 1, FAIR, 73);
    party.run(ms(1_000));
    let j = join(&mut party, ms(100));
    party.players[j].sleeps = |now| (ms(2_000)..ms(6_000)).contains(&now);
    party.run(ms(5_500));
    let (me, from) = (party.players[j].id, party.players[j].core.confirmed());
    let is_stranded = |party: &Party| {
        let player = &party.players[j];
        player.core.is_stranded(player.clock(party.now))
    };
    let drivers = &mut party.players[..2];
    let clock = drivers[0].clock(party.now);
    assert!(!drivers[0].core.listen(me, from, clock), "kept no more");
    // They speak to it of what comes now; what lies between, nobody will say.
    for driver in drivers {
        let (clock, now) = (driver.clock(party.now), driver.core.confirmed());
        assert!(driver.core.listen(me, now, clock));
    }
    party.run(ms(300));
    assert!(!is_stranded(&party));
    party.run(ms(2_200));
    assert!(is_stranded(&party));
    assert_eq!(party.players[j].rejected, [], "a gap is no offence");
    let snapshot = party.snapshot(0);
    let player = &mut party.players[j];
    let clock = player.clock(party.now);
    player.core = Core::enter(netplay::rollback::Entry { me, ..snapshot }, clock).unwrap();
    player.frames.clear();
    let from = player.core.frame();
    for driver in &mut party.players[..2] {
        let clock = driver.clock(party.now);
        assert!(driver.core.listen(me, from, clock));
    }
    party.run(ms(1_000));
    let player = &party.players[j];
    assert!(!is_stranded(&party) && player.core.keeps_up(player.clock(party.now)));
    party.assert_agreed(60 * 8);
    party.assert_true_to_frames();
}

#[test]
fn one_newcomer_after_the_other_is_heard_by_all_who_came_before() {
    let mut party = with_bots(2, 3, FAIR, 75);
    party.run(ms(1_000));
    let mut who = vec![0, 1];
    for seat in 2..5 {
        // The world is older than the youngest driver's own core.
        let entry = party.snapshot(0);
        party.run(ms(600));
        let j = party.enter(entry);
        party.run(ms(500));
        who.push(j);
        give(&mut party, &who, seat, j, ms(5));
    }
    party.run(ms(2_000));
    party.assert_agreed(60 * 5);
    party.assert_true_to_frames();
    assert_eq!(party.players[1].frames.last().unwrap().peers, 0b11111);
    let waits = party.players.iter().map(|p| p.core.stats().waits);
    assert_eq!(waits.take(2).sum::<u64>(), 0);
}

#[test]
fn a_peer_that_plays_alone_waits_for_nobody_and_lets_others_in() {
    let mut party = with_bots(1, 1, FAIR, 83);
    party.run(ms(2_000));
    assert_eq!(party.players[0].core.confirmed(), 120);
    let j = join(&mut party, ms(100));
    party.run(ms(1_000));
    give(&mut party, &[0, j], 1, j, ms(20));
    party.run(ms(2_000));
    party.assert_agreed(60 * 5 - 5);
    party.assert_nothing_rejected();
    party.assert_true_to_frames();
    assert_eq!(party.players[0].core.stats().waits, 0);
}

#[test]
fn entries_that_cannot_be_are_refused() {
    let mut party = with_bots(2, 1, FAIR, 97);
    party.run(ms(1_000));
    let good = party.snapshot(0);
    let other = party.players[1].id;
    let tenure = |from, driver| Tenure { from, driver };
    let with = |seat: usize, tenures: Vec<Tenure>| {
        let mut entry = good.clone();
        entry.tenures[seat] = tenures;
        Core::enter(entry, ms(0)).err()
    };
    let frame = good.frame;
    assert_eq!(with(2, vec![tenure(0, None)]), None);
    assert_eq!(with(2, vec![]), Some(PlanError::Tenures(2)));
    assert_eq!(
        with(2, vec![tenure(frame + 1, None)]),
        Some(PlanError::Tenures(2))
    );
    let back = vec![tenure(9, None), tenure(9, Some(other))];
    assert_eq!(with(2, back), Some(PlanError::Tenures(2)));
    let gives_up = vec![tenure(9, Some(other)), tenure(frame + 9, None)];
    assert_eq!(with(1, gives_up), Some(PlanError::Tenures(1)));
    let later = vec![tenure(9, None), tenure(frame + 9, Some(other))];
    assert_eq!(with(2, later), None);
    assert_eq!(
        with(2, vec![tenure(9, Some(good.me))]),
        Some(PlanError::Seated)
    );
    let mut none = good.clone();
    none.tenures.clear();
    assert!(Core::enter(none, ms(0)).is_err());
}
