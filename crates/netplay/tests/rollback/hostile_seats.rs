//! Hostile peers where seats change hands: forged reigns, inputs for others' seats, listeners.

use crate::{
    hostile::{assert_rejected, match_of_three},
    party::ms,
    toy::Stick,
};
use netplay::rollback::Rejected;
use protocol::{
    PeerId,
    agreement::{Inputs, LogEntry, SeatChange},
    datagram::{Datagram, Reign},
    limits::MAX_PEERS,
};

#[test]
fn only_the_owner_says_what_is_final_and_nothing_far_ahead() {
    let (mut party, real) = match_of_three();
    let good = Datagram::decode(real.last().unwrap()).unwrap();
    assert_eq!(good.reign, None);
    let horizon = party.players[0].core.horizon();
    let reign = Some(Reign { log: 0, horizon });
    assert_rejected(&mut party, &Datagram { reign, ..good }, Rejected::NotOwner);
    // Now the attacker is the owner.
    let ids: Vec<_> = party.players.iter().map(|p| p.id).collect();
    let mut record = party.record.take().unwrap_or_default();
    party.record = Some(Vec::new());
    party.run(ms(100));
    record.extend(party.record.take().unwrap());
    let real = record
        .iter()
        .rfind(|(from, to, _)| (*from, *to) == (ids[0], ids[1]));
    let good = Datagram::decode(&real.unwrap().2).unwrap();
    let true_reign = good.reign.unwrap();
    let victim = &mut party.players[1];
    let (clock, reachable) = (victim.clock(party.now), victim.core.ends()[1] + 12 + 7);
    let mut say = |log, horizon| {
        let mut forged = good.clone();
        forged.reign = Some(Reign { log, horizon });
        victim.core.receive(ids[0], &forged.encode(), clock)
    };
    let ahead = reachable + 1;
    assert_eq!(say(0, ahead), Err(Rejected::Future(ahead)));
    assert_eq!(
        say(0, good.frame + 1_000_000),
        Err(Rejected::Future(good.frame + 1_000_000))
    );
    assert_eq!(
        say(8_193, true_reign.horizon),
        Err(Rejected::LongLog(8_193))
    );
    // What waits for a longer log does not count, and what is lower lowers nothing.
    assert_eq!(say(5, reachable), Ok(()));
    assert_eq!(say(0, 1), Ok(()));
    assert!(party.players[1].core.horizon() <= true_reign.horizon + 6);
    assert!(party.players[1].core.horizon() > 1);
}

#[test]
fn who_drives_no_seat_writes_none() {
    let (mut party, real) = match_of_three();
    let ids: Vec<_> = party.players.iter().map(|p| p.id).collect();
    let good = Datagram::decode(real.last().unwrap()).unwrap();
    let victim = &mut party.players[0];
    let clock = victim.clock(party.now);
    // The attacker loses its seat; what it still says of it is ignored, the rest counts.
    let from = victim.core.ends()[2];
    let change = SeatChange {
        seat: 2,
        from,
        driver: None,
    };
    let inputs = Inputs::default();
    victim
        .core
        .apply(&LogEntry { change, inputs }, clock)
        .unwrap();
    let late = good.clone().encode();
    assert_eq!(victim.core.receive(ids[2], &late, clock), Ok(()));
    assert_eq!(victim.core.ends()[2], u32::MAX);
    let mut forged = good.clone();
    forged.streams[0].seat = 1;
    assert_eq!(
        victim.core.receive(ids[2], &forged.encode(), clock),
        Err(Rejected::NotAuthor(1))
    );
    // A listener never had one.
    let stranger = PeerId(uuid::Uuid::from_u128(1));
    assert!(victim.core.listen(stranger, victim.core.confirmed(), clock));
    assert_eq!(
        victim.core.receive(stranger, &late, clock),
        Err(Rejected::NoAuthor(2))
    );
    let mut forged = good.clone();
    forged.streams.clear();
    forged.frontiers[0] = victim.core.ends()[0] + 1;
    assert_eq!(
        victim.core.receive(stranger, &forged.encode(), clock),
        Err(Rejected::ForgedAck(0))
    );
}

#[test]
fn listeners_are_bounded_and_cannot_ask_for_what_is_gone_or_never_was() {
    let (mut party, _) = match_of_three();
    party.run(ms(3_000));
    let victim = &mut party.players[0];
    let clock = victim.clock(party.now);
    let id = |number| PeerId(uuid::Uuid::from_u128(number));
    let confirmed = victim.core.confirmed();
    assert!(!victim.core.listen(id(1), confirmed - 129, clock));
    assert!(!victim.core.listen(id(1), confirmed + 1_000, clock));
    assert!(!victim.core.listen(victim.id, confirmed, clock));
    let told = (1..1_000).filter(|n| victim.core.listen(id(*n), confirmed, clock));
    assert_eq!(told.count(), MAX_PEERS - 2);
    assert_eq!(victim.core.listeners().count(), MAX_PEERS - 2);
    victim.core.unlisten(id(1));
    assert_eq!(victim.core.listeners().count(), MAX_PEERS - 3);
    // None of them says a word: they are gone after 128 frames, and the match felt nothing.
    party.run(ms(3_000));
    assert_eq!(party.players[0].core.listeners().count(), 0);
    party.assert_agreed(500);
    assert_eq!(party.players[0].core.stats().waits, 0);
}

#[test]
fn a_listener_takes_nothing_far_ahead_from_a_liar() {
    let (mut party, real) = match_of_three();
    let ids: Vec<_> = party.players.iter().map(|p| p.id).collect();
    let entry = party.snapshot(0);
    let j = party.enter(entry);
    party.run(ms(1_000));
    let good = Datagram::decode(real.last().unwrap()).unwrap();
    let listener = &mut party.players[j];
    let clock = listener.clock(party.now);
    let before = (listener.core.frame(), listener.core.ends());
    for turn in 0..2_000 {
        let mut forged = good.clone();
        forged.stamp = forged.stamp.wrapping_add(10_000_000 + turn);
        forged.frame = before.0 + turn * 4;
        forged.frontiers.fill(forged.frame);
        let first = listener.core.ends()[2];
        forged.streams[0].first = first;
        forged.streams[0].words = vec![0; 128];
        let _ = listener.core.receive(ids[2], &forged.encode(), clock);
    }
    let end = listener.core.ends()[2];
    assert!(end <= before.0 + 1_024 + 12 + 6 + 1, "{end}");
    // One liar of three does not move its clock either.
    listener.core.tick(clock, &mut |_, _| Stick::default());
    assert!(listener.core.frame() <= before.0 + 2);
}
