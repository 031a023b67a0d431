//! A transport made worse: what an impairment does to packets, and to the sessions above it.
#![cfg(not(target_arch = "wasm32"))]

mod common;

use bytes::Bytes;
use common::game::{Settings, Sums, eager};
use netplay::{
    session::{Config, Phase, room::Room},
    transport::{
        Channel, Transport,
        impair::{Impaired, Impairment, Line},
        memory::{Conditions, Hub, MemoryTransport, manual_network},
    },
};
use proptest::prelude::*;
use protocol::PeerId;
use std::{
    task::{Context, Waker},
    time::Duration,
};
use uuid::Uuid;

const PEER: PeerId = PeerId(Uuid::from_u128(7));

fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

fn number(packet: &Bytes) -> u64 {
    u64::from_le_bytes(packet[..].try_into().expect("a number"))
}

/// Every 10 ms a packet goes on each channel: gives the numbers and times of those that came.
fn through(conditions: Conditions, seed: u64, count: u64) -> [Vec<(u64, Duration)>; 2] {
    let mut line = Line::new(seed);
    let mut came = [Vec::new(), Vec::new()];
    for millis in 0..count * 10 + 60_000 {
        let now = ms(millis);
        if millis % 10 == 0 && millis / 10 < count {
            for channel in [Channel::Unreliable, Channel::Reliable] {
                let packet = Bytes::copy_from_slice(&(millis / 10).to_le_bytes());
                line.push(&conditions, PEER, channel, packet, now);
            }
        }
        while let Some((from, channel, packet)) = line.pop(now) {
            assert_eq!(from, PEER);
            let is_reliable = usize::from(channel == Channel::Reliable);
            came[is_reliable].push((number(&packet), now));
        }
    }
    assert_eq!(line.next(), None, "everything has come");
    came
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn the_unreliable_channel_loses_its_share_and_keeps_the_delay(
        latency in 0..200_u64,
        jitter in 0..100_u64,
        loss in 0.0..0.4,
        seed in any::<u64>(),
    ) {
        let conditions = Conditions {
            latency: ms(latency),
            jitter: ms(jitter),
            loss,
            ..Conditions::default()
        };
        const COUNT: u64 = 2_000;
        let [unreliable, _] = through(conditions, seed, COUNT);
        let lost = 1.0 - unreliable.len() as f64 / COUNT as f64;
        // Four standard deviations of 2,000 throws are at most 0.044.
        prop_assert!((lost - loss).abs() < 0.05, "{lost} of {loss}");
        for (number, came) in unreliable {
            let took = came - ms(number * 10);
            // Looked at in whole milliseconds.
            prop_assert!((ms(latency)..=ms(latency + jitter + 1)).contains(&took), "{took:?}");
        }
    }

    #[test]
    fn the_reliable_channel_is_late_and_whole_and_in_order(
        latency in 0..200_u64,
        jitter in 0..100_u64,
        loss in 0.0..0.4,
        seed in any::<u64>(),
    ) {
        let conditions = Conditions {
            latency: ms(latency),
            jitter: ms(jitter),
            loss,
            ..Conditions::default()
        };
        let [_, reliable] = through(conditions, seed, 500);
        prop_assert!(reliable.iter().map(|(number, _)| *number).eq(0..500));
        for (number, came) in reliable {
            prop_assert!(came - ms(number * 10) >= ms(latency));
        }
    }

    #[test]
    fn the_same_seed_does_the_same(seed in any::<u64>()) {
        let conditions = Conditions { jitter: ms(50), loss: 0.3, ..Conditions::default() };
        prop_assert_eq!(through(conditions, seed, 200), through(conditions, seed, 200));
    }
}

#[test]
fn a_full_line_drops_and_counts() {
    let conditions = Conditions {
        latency: ms(400),
        ..Conditions::default()
    };
    let mut line = Line::new(1);
    for _ in 0..5_000 {
        line.push(&conditions, PEER, Channel::Unreliable, Bytes::new(), ms(0));
    }
    assert_eq!(line.overflowed(), 5_000 - 4_096);
    let came = std::iter::from_fn(|| line.pop(ms(400))).count();
    assert_eq!(came, 4_096);
}

/// Two ends of a perfect network that one impairment makes worse, in simulated time.
fn pair(conditions: Conditions) -> (Hub, Impairment, [Impaired<MemoryTransport>; 2]) {
    let hub = manual_network(Conditions::default(), 1);
    let clock = hub.clone();
    let impairment = Impairment::with_clock(5, move || clock.now());
    impairment.set(conditions);
    let ends = [hub.join(), hub.join()].map(|end| impairment.wrap(end));
    (hub, impairment, ends)
}

#[test]
fn what_has_come_waits_for_its_time_and_is_told_of() {
    let (hub, impairment, [mut a, mut b]) = pair(Conditions {
        latency: ms(75),
        ..Conditions::default()
    });
    let (to, mut context) = (
        b.local_id().expect("assigned"),
        Context::from_waker(Waker::noop()),
    );
    a.send(to, Channel::Unreliable, Bytes::from_static(b"one"));
    assert!(b.poll_ready(&mut context).is_pending());
    // The dial is turned back: what waits keeps its time, what follows is faster.
    impairment.set(Conditions::default());
    hub.advance(ms(74));
    assert!(b.poll_ready(&mut context).is_pending() && b.receive().is_none());
    a.send(to, Channel::Reliable, Bytes::from_static(b"two"));
    assert_eq!(b.receive().map(|(_, _, packet)| packet), Some("two".into()));
    hub.advance(ms(1));
    assert!(b.poll_ready(&mut context).is_ready());
    assert_eq!(b.receive().map(|(_, _, packet)| packet), Some("one".into()));
    let flights = impairment.take_flights();
    let told = flights
        .iter()
        .map(|flight| (flight.to, flight.at, flight.takes, flight.is_lost));
    assert!(told.eq([(1, ms(0), ms(75), false), (1, ms(74), ms(0), false)]));
    assert_eq!(impairment.take_flights(), []);
}

#[test]
fn a_peer_is_gone_after_its_last_words_and_banned_at_once() {
    let conditions = Conditions {
        latency: ms(100),
        ..Conditions::default()
    };
    let (hub, _impairment, [mut a, mut b]) = pair(conditions);
    let (a_id, b_id) = (
        a.local_id().expect("assigned"),
        b.local_id().expect("assigned"),
    );
    a.send(b_id, Channel::Reliable, Bytes::from_static(b"goodbye"));
    hub.close(a_id, b_id);
    assert_eq!(b.take_closed(), None, "its last words are on their way");
    hub.advance(ms(100));
    assert!(b.receive().is_some());
    assert_eq!((b.take_closed(), b.take_closed()), (Some(a_id), None));

    let (hub, _impairment, [mut a, mut b]) = pair(conditions);
    let (a_id, b_id) = (
        a.local_id().expect("assigned"),
        b.local_id().expect("assigned"),
    );
    a.send(b_id, Channel::Reliable, Bytes::from_static(b"but"));
    assert!(b.receive().is_none());
    b.ban(a_id);
    hub.advance(ms(100));
    assert!(b.receive().is_none());
}

#[test]
fn pictures_that_are_not_taken_are_forgotten() {
    let (_hub, impairment, [mut a, mut b]) = pair(Conditions::default());
    let to = b.local_id().expect("assigned");
    for _ in 0..600 {
        a.send(to, Channel::Unreliable, Bytes::new());
        assert!(b.receive().is_some());
    }
    assert_eq!(impairment.take_flights().len(), 512);
}

/// Plays so long a match over these conditions, and gives what both tell at its end, after so many
/// seconds.
fn play(conditions: Conditions, seconds: u64) -> [netplay::session::Status; 2] {
    let (hub, impairment, mut ends) = pair(Conditions::default());
    let config = |name| Config {
        settings: |players| Settings {
            seats: players as u8,
            length: 60 * 60,
        },
        input_delay: Some(0),
        ..eager(name, 2)
    };
    let mut rooms =
        [("Ada", 1), ("Bob", 2)].map(|(name, entropy)| Room::<Sums>::new(config(name), entropy));
    let mut played = 0;
    while played < seconds * 1_000 {
        hub.advance(ms(1));
        for (room, end) in rooms.iter_mut().zip(&mut ends) {
            room.turn(hub.now(), end);
        }
        if rooms.iter().all(|room| *room.phase() == Phase::Match) {
            if played == 0 {
                impairment.set(conditions);
            }
            played += 1;
        }
    }
    rooms.map(|room| room.status())
}

#[test]
fn two_sessions_keep_pace_and_agree_at_150_ms_and_10_percent() {
    let told = play(
        Conditions {
            latency: ms(75),
            loss: 0.1,
            ..Conditions::default()
        },
        20,
    );
    for status in &told {
        assert!(status.frame >= 60 * 20 - 15, "kept pace: {status:?}");
        assert_eq!((status.desync, status.seat.is_some()), (None, true));
        assert!(status.rollbacks > 100, "{status:?}");
        assert!((149.0..175.0).contains(&status.rtt_ms), "{status:?}");
        assert!((0.03..0.2).contains(&status.loss), "{status:?}");
    }
    let [ada, bob] = told;
    assert_eq!(ada.checksum_frame, bob.checksum_frame);
    assert_eq!(ada.checksum, bob.checksum);
}

#[test]
fn jitter_is_measured_and_a_perfect_way_loses_nothing() {
    let told = play(Conditions::default(), 3);
    assert!(
        told.iter()
            .all(|status| status.loss == 0.0 && status.jitter_ms < 3.0)
    );
    let conditions = Conditions {
        latency: ms(20),
        jitter: ms(60),
        ..Conditions::default()
    };
    let told = play(conditions, 10);
    assert!(
        told.iter()
            .all(|status| status.jitter_ms > 8.0 && status.loss < 0.1)
    );
}
