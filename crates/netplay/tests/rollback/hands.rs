//! Seats change hands: given away, taken from the lost, given back.

use crate::{
    agreeing::{FAIR, entry, give, join, lose, tell, with_bots},
    party::{Party, any_conditions, ms},
    toy::mix,
};
use netplay::{rollback::ApplyError, transport::memory::Conditions};
use protocol::{
    Frame,
    agreement::{Inputs, LogEntry, View},
};
use std::time::Duration;

#[test]
fn seats_change_hands_in_both_directions_whatever_the_network_does() {
    for seed in 0..60 {
        let conditions = Conditions {
            latency: ms(mix(seed) % 120),
            ..any_conditions(seed)
        };
        let mut party = with_bots(4, 1, conditions, seed);
        let pause = ms(mix(seed ^ 5) % 60);
        party.run(ms(2_000));
        let j = join(&mut party, ms(300));
        party.run(ms(1_500));
        give(&mut party, &[0, 1, 2, 3, j], 4, j, pause);
        party.run(ms(1_000));
        // The third dies: its seat goes to a bot, then to the next newcomer.
        party.kill(2);
        party.run(ms(900));
        let lost = party.players[2].id;
        lose(&mut party, &[0, 1, 3, j], lost, pause);
        party.run(ms(1_000));
        assert!(!party.players[0].core.drives(lost));
        let k = join(&mut party, ms(200));
        party.run(ms(1_500));
        give(&mut party, &[0, 1, 3, j, k], 2, k, pause);
        party.run(ms(2_000));
        // Nobody waits for the dead, and what they confirmed is true.
        party.assert_true_to_frames();
        let dead = party.players.remove(2);
        assert!(dead.core.confirmed() < party.confirmed_by_all());
        party.assert_agreed(dead.core.confirmed() + 120);
        party.assert_true_to_frames();
        for player in &party.players {
            assert_eq!(player.core.log(), 3);
            assert_eq!(player.core.stats().conflicts, 0);
            assert_eq!(player.core.order().len(), 5);
            let last = player.frames.last().unwrap();
            assert_eq!(last.peers, 0b11111, "seed {seed}");
        }
    }
}

/// One random step of a match's life: somebody comes, dies, or is too slow for its seat.
fn live(party: &mut Party, alive: &mut Vec<usize>, random: u64) {
    let pause = ms(mix(random ^ 1) % 40);
    let owner = &party.players[alive[0]].core;
    let bot = owner.ends().iter().position(|end| *end == Frame::MAX);
    match (random % 3, bot) {
        (0, Some(seat)) => {
            let entry = party.snapshot(alive[0]);
            party.run(ms(mix(random ^ 2) % 500));
            let j = party.enter(entry);
            party.run(ms(2_000));
            alive.push(j);
            give(party, alive, seat, j, pause);
        }
        (1, _) if alive.len() > 2 => {
            let gone = alive.remove(1 + mix(random ^ 3) as usize % (alive.len() - 1));
            party.kill(gone);
            party.run(ms(800 + mix(random ^ 4) % 400));
            let id = party.players[gone].id;
            lose(party, alive, id, pause);
        }
        (_, Some(seat)) if alive.len() > 2 => {
            // It is told first, and gives its seat for another one.
            let slow = alive[1 + mix(random ^ 5) as usize % (alive.len() - 1)];
            let (id, mut who) = (party.players[slow].id, alive.clone());
            who.retain(|i| *i != slow);
            let change = {
                let core = &mut party.players[slow].core;
                core.freeze(id);
                party.run(ms(1_000));
                let core = &party.players[slow].core;
                let old = core.seats_of(id).next().unwrap();
                let from = core.ends()[old];
                let inputs = core.inputs_from(old, from.saturating_sub(60)).unwrap();
                entry(old, from, None, inputs)
            };
            who.insert(1, slow);
            tell(party, &who, &change, pause);
            party.run(ms(1_500));
            who.sort_by_key(|i| alive.iter().position(|j| i == j));
            give(party, &who, seat, slow, pause);
        }
        _ => party.run(ms(500)),
    }
    party.run(ms(mix(random ^ 6) % 1_500));
}

#[test]
fn random_lives_are_agreed_on() {
    for seed in 0..40 {
        let conditions = Conditions {
            latency: ms(mix(seed) % 100),
            ..any_conditions(seed)
        };
        let size = 2 + seed as usize % 3;
        let mut party = with_bots(size, 1 + seed as usize % 2, conditions, seed);
        let mut alive: Vec<usize> = (0..size).collect();
        party.run(ms(1_000));
        for turn in 0..8 {
            live(&mut party, &mut alive, mix(seed << 8 | turn) >> 3);
        }
        let before = party.players[0].core.confirmed();
        party.run(ms(3_000));
        // What the dead confirmed is true as well.
        party.assert_true_to_frames();
        let mut index = 0;
        party.players.retain(|_| {
            index += 1;
            alive.contains(&(index - 1))
        });
        party.assert_agreed(before + 100);
        let log = party.players[0].core.log();
        assert!(party.players.iter().all(|p| p.core.log() == log));
    }
}

#[test]
fn the_next_in_line_owns_the_match_when_the_owner_is_lost() {
    for seed in 0..30 {
        let conditions = Conditions {
            latency: ms(mix(seed) % 120),
            ..any_conditions(seed)
        };
        let mut party = Party::new(3, conditions, seed);
        party.run(ms(2_000));
        party.kill(0);
        party.run(ms(900));
        let (old, heir) = (party.players[0].id, party.players[1].id);
        let clock = party.players[1].clock(party.now);
        assert!(party.players[1].core.missing(old, clock) > ms(500));
        lose(&mut party, &[1, 2], old, ms(30));
        let before = party.players[1].core.confirmed();
        let view = View {
            number: 1,
            id: 99,
            owner: heir,
        };
        party.players[1].core.set_view(view);
        party.run(ms(100));
        party.players[2].core.set_view(view);
        party.run(ms(2_000));
        party.assert_true_to_frames();
        party.players.remove(0);
        party.assert_agreed(before + 90);
        assert_eq!(party.players[1].core.order(), [heir, party.players[1].id]);
    }
}

#[test]
fn who_loses_its_seat_watches_on_and_gets_it_back() {
    let mut party = Party::new(3, FAIR, 67);
    party.run(ms(2_000));
    // Its inputs are lost on the way, but it hears the others.
    let ids: Vec<_> = party.players.iter().map(|p| p.id).collect();
    let nothing = Conditions { loss: 1.0, ..FAIR };
    for to in &ids[..2] {
        party.network.set_link(ids[2], *to, nothing);
    }
    party.run(ms(150));
    lose(&mut party, &[0, 1], ids[2], ms(10));
    for to in &ids[..2] {
        party.network.set_link(ids[2], *to, FAIR);
    }
    let change = *party.players[0]
        .core
        .entries_from(0)
        .unwrap()
        .last()
        .unwrap();
    let change = entry(2, change.from, None, Inputs::default());
    // It has stepped and written further, but confirmed nothing that was not heard.
    let loser = &party.players[2].core;
    assert!(loser.ends()[2] > change.change.from);
    assert!(loser.confirmed() <= change.change.from);
    tell(&mut party, &[2], &change, ms(2_000));
    let loser = &party.players[2];
    assert!(loser.core.is_listener());
    assert!(loser.core.keeps_up(loser.clock(party.now)));
    assert!(party.players[0].core.listeners().eq([ids[2]]));
    party.assert_agreed(235);
    give(&mut party, &[0, 1, 2], 2, 2, ms(10));
    party.run(ms(1_000));
    party.assert_agreed(295);
    party.assert_true_to_frames();
    assert_eq!(party.players[0].frames.last().unwrap().peers, 0b111);
    assert_eq!(party.players[0].core.listeners().count(), 0);
}

#[test]
fn what_only_the_lost_and_a_listener_have_is_confirmed_by_neither() {
    let mut party = Party::new(3, FAIR, 69);
    party.run(ms(1_000));
    let j = join(&mut party, ms(50));
    party.run(ms(1_000));
    // The others hear nothing of the third one any more; it hears them, and the listener it.
    let ids: Vec<_> = party.players.iter().map(|p| p.id).collect();
    let nothing = Conditions { loss: 1.0, ..FAIR };
    for to in &ids[..2] {
        party.network.set_link(ids[2], *to, nothing);
    }
    party.run(ms(900));
    let ends = [0, j].map(|i| party.players[i].core.ends()[2]);
    assert!(ends[1] > ends[0], "{ends:?}");
    lose(&mut party, &[0, 1], ids[2], ms(10));
    let from = party.players[0].core.entries_from(0).unwrap()[0].from;
    assert_eq!(from, ends[0]);
    for i in [2, j] {
        assert!(party.players[i].core.confirmed() <= from);
    }
    let change = entry(2, from, None, Inputs::default());
    tell(&mut party, &[2, j], &change, ms(20));
    party.run(ms(2_000));
    party.assert_agreed(from + 100);
    party.assert_true_to_frames();
}

#[test]
fn nothing_is_confirmed_that_the_owner_has_not_made_final() {
    let mut party = Party::new(3, FAIR, 79);
    party.run(ms(1_000));
    let ids: Vec<_> = party.players.iter().map(|p| p.id).collect();
    // A change that only the owner knows: the others go on up to its frame, and wait there.
    let owner = &mut party.players[0];
    let clock = owner.clock(party.now);
    let from = owner.core.horizon() + 30;
    let change = entry(1, from, Some(ids[1]), Inputs::default());
    assert!(matches!(
        owner.core.apply(&change, clock),
        Err(ApplyError::Gap(_))
    ));
    let mut party = with_bots(2, 1, FAIR, 79);
    party.run(ms(1_000));
    let j = join(&mut party, ms(50));
    party.run(ms(1_000));
    let from = party.players[0].core.horizon() + 30;
    let change = entry(2, from, Some(party.players[j].id), Inputs::default());
    tell(&mut party, &[0, j], &change, Duration::ZERO);
    party.run(ms(1_200));
    let horizons: Vec<_> = party.players.iter().map(|p| p.core.horizon()).collect();
    assert!(
        horizons[0] > from && horizons[1] <= from,
        "{horizons:?} of {from}"
    );
    let waiting = &party.players[1].core;
    assert_eq!(waiting.confirmed(), horizons[1]);
    assert_eq!(waiting.frame(), horizons[1] + 12);
    assert!(party.players[0].core.confirmed() <= from + 12);
    tell(&mut party, &[1], &change, Duration::ZERO);
    party.run(ms(1_000));
    party.assert_agreed(from + 50);
    party.assert_true_to_frames();
}

#[test]
fn changes_that_cannot_be_are_refused_without_effect() {
    let mut party = with_bots(2, 1, FAIR, 89);
    party.run(ms(2_000));
    let (now, other) = (party.now, party.players[1].id);
    let player = &mut party.players[0];
    let clock = player.clock(now);
    let (confirmed, frame) = (player.core.confirmed(), player.core.frame());
    let end = player.core.ends()[1];
    let words = |first, count: usize, word| Inputs {
        seat: 1,
        first,
        words: vec![word; count],
    };
    let none = Inputs::default();
    let mut refused = |change: LogEntry, why| {
        assert_eq!(player.core.apply(&change, clock), Err(why));
    };
    use ApplyError::*;
    refused(entry(3, frame, None, none.clone()), BadSeat(3));
    refused(
        entry(1, confirmed - 1, None, none.clone()),
        TooLate(confirmed - 1),
    );
    refused(entry(1, end + 1, None, none.clone()), Gap(end));
    refused(entry(1, end + 9, None, words(end + 1, 9, 0)), Gap(end));
    refused(
        entry(1, end + 2, None, words(end, 2, 0x0002_0000)),
        BadInput(end),
    );
    let of_another = LogEntry {
        inputs: words(end, 2, 0),
        ..entry(2, end, None, none.clone())
    };
    refused(of_another, BadSeat(1));
    assert_eq!(player.core.log(), 0);
    // Ahead of time, eight tenures of a seat at most.
    for i in 1..8 {
        let driver = (i % 2 == 1).then_some(player.id);
        let change = entry(2, frame + 20 * i, driver, none.clone());
        if i % 2 == 0 {
            // What we have not written yet, somebody would have to say.
            assert!(matches!(player.core.apply(&change, clock), Err(Gap(_))));
        } else if i == 1 {
            player.core.apply(&change, clock).unwrap();
        }
    }
    for i in 1..8 {
        let change = entry(
            2,
            frame + 20 + i,
            None,
            Inputs {
                seat: 2,
                ..words(frame + 20, 9, 0)
            },
        );
        let result = player.core.apply(&change, clock);
        let expected = if i < 7 { Ok(()) } else { Err(Full) };
        assert_eq!(result, expected);
    }
    assert!(player.core.drives(other));
}
