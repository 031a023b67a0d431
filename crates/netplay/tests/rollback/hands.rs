//! Seats change hands: given away, taken from the lost, given back.
//!
//! The test does here what the session's agreement does with messages: it asks everybody, decides
//! and tells everybody, each a while later than the one before.

use crate::{
    party::{Party, any_conditions, ms},
    toy::{Stick, mix},
};
use netplay::{
    rollback::{ApplyError, Core, PlanError},
    transport::memory::Conditions,
};
use protocol::{
    Frame, PeerId,
    agreement::{Inputs, LogEntry, SeatChange, Tenure, View},
};
use std::time::Duration;

const FAIR: Conditions = Conditions {
    latency: ms(50),
    jitter: Duration::ZERO,
    loss: 0.0,
    reorder: 0.0,
    duplicate: 0.0,
};

fn entry(seat: usize, from: Frame, driver: Option<PeerId>, inputs: Inputs) -> LogEntry {
    let seat = seat as u8;
    let change = SeatChange { seat, from, driver };
    LogEntry {
        change,
        inputs: Inputs { seat, ..inputs },
    }
}

/// Tells all of `who` one after the other, the first one at once.
fn tell(party: &mut Party, who: &[usize], entry: &LogEntry, pause: Duration) {
    for i in who {
        let player = &mut party.players[*i];
        let clock = player.clock(party.now);
        player.core.apply(entry, clock).unwrap();
        party.run(pause);
    }
}

/// The owner, the first of `who`, gives a bot's seat to a listener. Gives the first frame.
fn give(party: &mut Party, who: &[usize], seat: usize, to: usize, pause: Duration) -> Frame {
    let ahead = pause.as_millis() as Frame * who.len() as Frame * 60 / 1_000 + 15;
    let from = party.players[who[0]].core.horizon() + ahead;
    let driver = Some(party.players[to].id);
    tell(
        party,
        who,
        &entry(seat, from, driver, Inputs::default()),
        pause,
    );
    from
}

/// The owner, the first of `who`, gives the seats of a lost peer to bots.
fn lose(party: &mut Party, who: &[usize], lost: PeerId, pause: Duration) {
    let seats: Vec<usize> = party.players[who[0]].core.seats_of(lost).collect();
    let mut reports = Vec::new();
    for i in who {
        let core = &mut party.players[*i].core;
        core.freeze(lost);
        assert_eq!(core.frozen(), [lost]);
        reports.push((*i, core.ends()));
        party.run(pause);
    }
    for seat in seats {
        let ends = || reports.iter().map(|(i, ends)| (ends[seat], *i));
        let ((least, _), (from, best)) = (ends().min().unwrap(), ends().max().unwrap());
        let inputs = party.players[best].core.inputs_from(seat, least).unwrap();
        assert_eq!(inputs.first + inputs.words.len() as Frame, from);
        tell(party, who, &entry(seat, from, None, inputs), pause);
    }
}

/// A party of `size` with further seats for bots.
fn with_bots(size: usize, bots: usize, conditions: Conditions, seed: u64) -> Party {
    Party::with(size, conditions, seed, |_, mut plan| {
        plan.roster.extend(vec![None; bots]);
        plan.settings.seats += bots as u8;
        plan
    })
}

/// A newcomer gets the world of player 0, which takes a while to come, and listens.
fn join(party: &mut Party, after: Duration) -> usize {
    let entry = party.snapshot(0);
    party.run(after);
    party.enter(entry)
}

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
        // Nobody waits for the dead.
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
        // The dead may have confirmed what they wrote last, and nobody heard.
        let mut index = 0;
        party.players.retain(|_| {
            index += 1;
            alive.contains(&(index - 1))
        });
        party.assert_agreed(before + 100);
        party.assert_true_to_frames();
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
        party.players.remove(0);
        party.assert_agreed(before + 90);
        party.assert_true_to_frames();
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
    let loser = &mut party.players[2];
    let confirmed = loser.core.confirmed();
    let change = entry(2, change.from, None, Inputs::default());
    let clock = loser.clock(party.now);
    // It has confirmed frames by its own inputs that nobody else has: it has to begin anew.
    assert!(confirmed > change.change.from);
    let too_late = Err(ApplyError::TooLate(change.change.from));
    assert_eq!(loser.core.apply(&change, clock), too_late);
    // Told before, it goes on without a break.
    let mut party = Party::new(3, FAIR, 67);
    party.run(ms(2_000));
    let frozen = ids[2];
    lose(&mut party, &[0, 1, 2], frozen, ms(2));
    party.run(ms(2_000));
    let loser = &party.players[2];
    assert!(loser.core.is_listener());
    assert!(loser.core.keeps_up(loser.clock(party.now)));
    assert!(party.players[0].core.listeners().eq([frozen]));
    party.assert_agreed(225);
    give(&mut party, &[0, 1, 2], 2, 2, ms(10));
    party.run(ms(1_000));
    party.assert_agreed(290);
    party.assert_true_to_frames();
    assert_eq!(party.players[0].frames.last().unwrap().peers, 0b111);
    assert_eq!(party.players[0].core.listeners().count(), 0);
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
fn a_peer_at_50_steps_a_second_is_told_from_one_at_57() {
    for (rate, expected) in [(50.0 / 60.0, true), (57.0 / 60.0, false)] {
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
