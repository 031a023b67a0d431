//! Hostile bytes: judged, counted, and without effect on anybody else's match.

use crate::{
    party::{Party, any_conditions, ms, plan},
    toy::{Stick, mix, play},
};
use netplay::{
    rollback::{Core, Rejected},
    transport::memory::Conditions,
};
use proptest::prelude::*;
use protocol::{PeerId, datagram::Datagram};
use std::time::Duration;

/// A match of three in full swing, with real datagrams from `players[2]` to `players[0]`.
pub fn match_of_three() -> (Party, Vec<Vec<u8>>) {
    let conditions = Conditions {
        latency: ms(50),
        ..Conditions::default()
    };
    let mut party = Party::new(3, conditions, 53);
    party.run(Duration::from_secs(2));
    party.record = Some(Vec::new());
    party.run(ms(500));
    let (victim, attacker) = (party.players[0].id, party.players[2].id);
    let record = party.record.take().unwrap();
    let real = record
        .into_iter()
        .filter(|(from, to, _)| (*from, *to) == (attacker, victim));
    let real = real.map(|(_, _, bytes)| bytes).collect();
    (party, real)
}

/// What everybody else could notice of a victim.
fn state(party: &Party) -> impl PartialEq + std::fmt::Debug + use<> {
    let core = &party.players[0].core;
    let peers = party.players.iter().map(|p| {
        core.peer_stats(p.id)
            .map(|s| (s.acknowledged, s.received, s.rtt, s.ahead, s.conflicts))
    });
    (
        core.frame(),
        core.confirmed(),
        core.checksum(),
        core.desync(),
        peers.collect::<Vec<_>>(),
    )
}

/// Hands forged bytes to the victim, in the attacker's name, and wants them to be rejected
/// without effect.
#[track_caller]
pub fn assert_rejected(party: &mut Party, datagram: &Datagram, why: Rejected) {
    let before = state(party);
    let attacker = party.players[2].id;
    let victim = &mut party.players[0];
    let clock = victim.clock(party.now);
    let bytes = datagram.clone().encode();
    let counted = victim.core.stats().rejected;
    assert_eq!(victim.core.receive(attacker, &bytes, clock), Err(why));
    assert_eq!(victim.core.stats().rejected, counted + 1);
    assert_eq!(state(party), before);
}

#[test]
fn every_kind_of_forgery_is_rejected_by_its_name_and_the_match_goes_on() {
    let (mut party, real) = match_of_three();
    let good = Datagram::decode(real.last().unwrap()).unwrap();
    assert_eq!(good.streams.len(), 1);
    let edited = |edit: &dyn Fn(&mut Datagram)| {
        let mut datagram = good.clone();
        edit(&mut datagram);
        datagram
    };
    let frame = good.frame;
    let first = good.streams[0].first;
    let forgeries = [
        (edited(&|d| d.view = 8), Rejected::OtherView(8)),
        (
            edited(&|d| d.frontiers.push(frame)),
            Rejected::OtherRoster(4),
        ),
        (
            edited(&|d| d.frontiers[0] = frame + 60),
            Rejected::ForgedAck(0),
        ),
        (edited(&|d| d.streams[0].seat = 1), Rejected::NotAuthor(1)),
        (edited(&|d| d.streams[0].seat = 0), Rejected::NotAuthor(0)),
        (
            edited(&|d| d.streams[0].first = first + 60),
            Rejected::Gap(2),
        ),
        (
            edited(&|d| d.streams[0].words.resize(128, 0)),
            Rejected::Future(first + 128),
        ),
        // The third byte is a bool, the fourth must be padding.
        (
            edited(&|d| d.streams[0].words[0] = 0x0002_0000),
            Rejected::BadInput(2),
        ),
        (
            edited(&|d| d.streams[0].words[0] = 0x0100_0000),
            Rejected::BadInput(2),
        ),
        (
            edited(&|d| d.checksum = Some((61, 0))),
            Rejected::BadChecksum(61),
        ),
        (
            edited(&|d| d.checksum = Some((6_000, 0))),
            Rejected::Future(6_000),
        ),
        (edited(&|d| d.frame += 60), Rejected::Future(frame + 60)),
    ];
    for (forged, why) in &forgeries {
        assert_rejected(&mut party, forged, *why);
    }
    party.run(Duration::from_secs(3));
    party.assert_agreed(300);
    let rejected = party.players[0].core.stats().rejected;
    assert_eq!(
        rejected,
        forgeries.len() as u64,
        "nothing honest was rejected"
    );
}

#[test]
fn what_is_long_past_is_rejected() {
    let (mut party, real) = match_of_three();
    party.run(Duration::from_secs(6));
    let old = Datagram::decode(&real[0]).unwrap();
    assert_rejected(&mut party, &old, Rejected::Past(old.frame));
}

#[test]
fn a_second_opinion_on_an_input_is_ignored_and_counted() {
    let (mut party, _) = match_of_three();
    let ids: Vec<_> = party.players.iter().map(|p| p.id).collect();
    // Without the third one's inputs nothing gets confirmed: the attacker's stay in question.
    party.network.cut(ids[0], ids[1]);
    party.record = Some(Vec::new());
    party.run(ms(150));
    let record = party.record.take().unwrap();
    let newest = record
        .iter()
        .rfind(|(from, to, _)| (*from, *to) == (ids[2], ids[0]));
    let mut datagram = Datagram::decode(&newest.unwrap().2).unwrap();
    let victim = &mut party.players[0];
    let known = victim.core.peer_stats(ids[2]).unwrap().received;
    let part = &mut datagram.streams[0];
    part.words.truncate((known - part.first) as usize);
    assert!(!part.words.is_empty());
    for word in &mut part.words {
        *word ^= 1;
    }
    let clock = victim.clock(party.now);
    victim
        .core
        .receive(ids[2], &datagram.encode(), clock)
        .unwrap();
    let stats = victim.core.peer_stats(ids[2]).unwrap();
    assert!(stats.conflicts > 0);
    assert_eq!(victim.core.stats().conflicts, stats.conflicts);
    party.network.repair(ids[0], ids[1], party.now);
    party.run(Duration::from_secs(3));
    party.assert_agreed(300);
}

#[test]
fn strangers_are_rejected_whatever_they_say() {
    let (mut party, real) = match_of_three();
    let stranger = PeerId(uuid::Uuid::from_u128(1));
    let me = party.players[0].id;
    let before = state(&party);
    for bytes in &real {
        let victim = &mut party.players[0];
        let clock = victim.clock(party.now);
        assert_eq!(
            victim.core.receive(stranger, bytes, clock),
            Err(Rejected::Stranger)
        );
        assert_eq!(
            victim.core.receive(me, bytes, clock),
            Err(Rejected::Stranger)
        );
    }
    assert_eq!(state(&party), before);
}

#[test]
fn flipped_cut_and_random_bytes_neither_panic_nor_leave_half_an_effect() {
    let (mut party, real) = match_of_three();
    let attacker = party.players[2].id;
    let mut rejected = 0;
    for turn in 0..20_000_u64 {
        let random = mix(turn);
        let mut bytes = real[random as usize % real.len()].clone();
        match turn % 4 {
            0 => bytes.truncate(mix(random) as usize % bytes.len()),
            1 => bytes
                .iter_mut()
                .enumerate()
                .for_each(|(i, b)| *b = mix(random ^ i as u64) as u8),
            2 => bytes.extend_from_slice(&random.to_le_bytes()),
            _ => {
                let at = mix(random) as usize % bytes.len();
                bytes[at] ^= 1 << (random >> 60 & 7);
            }
        }
        let before = state(&party);
        let victim = &mut party.players[0];
        let clock = victim.clock(party.now);
        if victim.core.receive(attacker, &bytes, clock).is_err() {
            rejected += 1;
            assert_eq!(state(&party), before);
        }
        if turn % 16 == 0 {
            // What was accepted is the attacker's own doing; the core lives with it.
            party.now += ms(2);
            let victim = &mut party.players[0];
            let clock = victim.clock(party.now);
            victim.core.tick(clock, &mut |_, _| Stick::default());
        }
    }
    assert!(rejected > 15_000, "{rejected}");
}

#[test]
fn a_network_full_of_garbage_changes_nothing() {
    for seed in 0..10 {
        let mut party = Party::new(3, any_conditions(seed), seed);
        let ids: Vec<_> = party.players.iter().map(|p| p.id).collect();
        for turn in 0..200_u64 {
            for (i, from) in ids.iter().enumerate() {
                let random = mix(seed << 32 ^ turn << 8 ^ i as u64);
                let bytes: Vec<u8> = (0..random % 1_300).map(|n| mix(random ^ n) as u8).collect();
                let to = ids[(i + 1) % 3];
                let channel = netplay::transport::Channel::Unreliable;
                party
                    .network
                    .send(*from, to, channel, bytes.into(), party.now);
            }
            party.run(ms(30));
        }
        party.assert_agreed(60);
        assert!(party.players.iter().all(|p| p.core.stats().rejected > 50));
    }
}

#[test]
fn a_peer_that_never_acknowledges_stalls_the_match_within_bounds() {
    let mut party = Party::new(2, Conditions::default(), 59);
    let (victim, others) = party.players.split_at_mut(1);
    let (victim, mute) = (&mut victim[0], &mut others[0]);
    for turn in 0..1_000 {
        let now = ms(10) * turn;
        let (clock, mute_clock) = (victim.clock(now), mute.clock(now));
        victim
            .core
            .tick(clock, &mut |world, seat| play(59, seat, world.frame));
        mute.core
            .tick(mute_clock, &mut |world, seat| play(59, seat, world.frame));
        while let Some((_, bytes)) = victim.core.poll_datagram(clock) {
            assert!(bytes.len() <= protocol::limits::MAX_DATAGRAM_BYTES);
            mute.core.receive(victim.id, &bytes, mute_clock).unwrap();
        }
        while let Some((_, bytes)) = mute.core.poll_datagram(mute_clock) {
            let mut datagram = Datagram::decode(&bytes).unwrap();
            datagram.frontiers[0] = 0;
            victim
                .core
                .receive(mute.id, &datagram.encode(), clock)
                .unwrap();
        }
    }
    // Stopped before its own inputs could not be sent any more; and whoever drives it can tell.
    let frame = victim.core.frame();
    assert!(
        (50..=protocol::limits::MAX_UNACKED_INPUTS).contains(&frame),
        "{frame}"
    );
    let missing = victim.core.missing(mute.id, victim.clock(ms(10_000)));
    assert!(missing > Duration::from_secs(5), "{missing:?}");
}

proptest! {
    #[test]
    fn no_bytes_make_a_fresh_core_panic(
        packets in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..1_200), 1..20),
        header in any::<bool>(),
    ) {
        let [me, other] = [1, 2].map(|id| PeerId(uuid::Uuid::from_u128(id)));
        let mut core = Core::new(plan(vec![Some(me), Some(other)], me, 1), ms(0)).unwrap();
        for (turn, mut bytes) in packets.into_iter().enumerate() {
            if header {
                // Past the first checks, deeper into the decoder.
                bytes.splice(..bytes.len().min(5), [1, 7, 0, 0, 0]);
            }
            let now = ms(20) * turn as u32;
            let _ = core.receive(other, &bytes, now);
            core.tick(now, &mut |_, _| Stick::default());
            while core.poll_datagram(now).is_some() {}
        }
    }
}
