//! The in-memory network and its transport.

use crate::party::ms;
use bytes::Bytes;
use futures::{executor::block_on, future::poll_fn, task::noop_waker};
use netplay::transport::{
    Channel, Path, SignalingState, Transport,
    memory::{Conditions, Network, manual_network, network},
};
use std::{
    task::Context,
    time::{Duration, Instant},
};

fn packet(number: u32) -> Bytes {
    Bytes::copy_from_slice(&number.to_le_bytes())
}

/// Sends `count` packets at once and gives what arrives, in the order of arrival.
fn arrivals(conditions: Conditions, channel: Channel, count: u32) -> Vec<u32> {
    let mut network = Network::new(conditions, 1);
    let (a, b) = (network.join(), network.join());
    for number in 0..count {
        network.send(a, b, channel, packet(number), ms(number.into()));
    }
    let mut arrived = Vec::new();
    for now in 0..60_000 {
        while let Some((from, by, packet)) = network.receive(b, ms(now)) {
            assert_eq!((from, by), (a, channel));
            arrived.push(u32::from_le_bytes(packet[..].try_into().unwrap()));
        }
    }
    arrived
}

#[test]
fn latency_is_kept_to_the_millisecond() {
    let mut network = Network::new(
        Conditions {
            latency: ms(30),
            ..Conditions::default()
        },
        1,
    );
    let (a, b) = (network.join(), network.join());
    network.send(a, b, Channel::Unreliable, packet(0), ms(5));
    assert_eq!(network.next_arrival(b), Some(ms(35)));
    assert!(network.receive(b, ms(34)).is_none());
    assert!(network.receive(b, ms(35)).is_some());
    assert_eq!(network.next_arrival(b), None);
}

#[test]
fn the_unreliable_channel_loses_repeats_and_reorders_by_its_shares() {
    let conditions = Conditions {
        latency: ms(10),
        loss: 0.2,
        reorder: 0.1,
        duplicate: 0.1,
        ..Conditions::default()
    };
    let arrived = arrivals(conditions, Channel::Unreliable, 2_000);
    // 1.1 copies of each, four fifths of which arrive.
    assert!((1_660..1_860).contains(&arrived.len()), "{}", arrived.len());
    assert!(!arrived.is_sorted());
    assert_eq!(
        arrived,
        arrivals(conditions, Channel::Unreliable, 2_000),
        "seeded"
    );
}

#[test]
fn the_reliable_channel_is_whole_and_in_order() {
    let conditions = Conditions {
        latency: ms(10),
        jitter: ms(30),
        loss: 0.3,
        reorder: 0.3,
        duplicate: 0.3,
    };
    assert!(
        arrivals(conditions, Channel::Reliable, 1_000)
            .into_iter()
            .eq(0..1_000)
    );
}

#[test]
fn a_cut_link_loses_what_is_unreliable_and_holds_what_is_reliable() {
    let mut network = Network::new(Conditions::default(), 1);
    let (a, b, c) = (network.join(), network.join(), network.join());
    network.cut(a, b);
    for to in [b, c] {
        network.send(a, to, Channel::Unreliable, packet(1), ms(0));
        network.send(a, to, Channel::Reliable, packet(2), ms(0));
    }
    assert!(network.receive(b, ms(1_000)).is_none());
    assert_eq!(std::iter::from_fn(|| network.receive(c, ms(1))).count(), 2);
    network.repair(a, b, ms(2_000));
    assert_eq!(
        network.receive(b, ms(2_000)),
        Some((a, Channel::Reliable, packet(2)))
    );
    assert!(network.receive(b, ms(9_000)).is_none());
}

#[test]
fn a_full_inbox_drops_and_counts() {
    let mut network = Network::new(Conditions::default(), 1);
    let (a, b) = (network.join(), network.join());
    for number in 0..5_000 {
        network.send(a, b, Channel::Reliable, packet(number), ms(0));
    }
    assert_eq!(network.overflowed(b), 5_000 - 4_096);
    assert_eq!(
        std::iter::from_fn(|| network.receive(b, ms(0))).count(),
        4_096
    );
}

#[test]
fn transports_know_each_other_by_seniority_and_forget_the_gone() {
    let hub = manual_network(Conditions::default(), 1);
    let (first, mut second, third) = (hub.join(), hub.join(), hub.join());
    let known = |transport: &dyn Transport| -> Vec<_> {
        transport
            .known_peers()
            .iter()
            .map(|k| (k.id, k.here_before_us))
            .collect()
    };
    let id = |transport: &dyn Transport| transport.local_id().unwrap();
    assert_eq!(known(&second), [(id(&first), true), (id(&third), false)]);
    assert_eq!(second.signaling(), SignalingState::Online);
    assert_eq!(second.path(id(&first)), Path::Memory);
    drop(first);
    assert_eq!(known(&second), [(id(&third), false)]);
    second.ban(id(&third));
    assert_eq!(known(&second), []);
}

#[test]
fn banned_peers_and_packets_too_long_are_dropped_and_counted() {
    let hub = manual_network(Conditions::default(), 1);
    let (mut a, mut b) = (hub.join(), hub.join());
    let (from, to) = (a.local_id().unwrap(), b.local_id().unwrap());
    a.send(to, Channel::Unreliable, Bytes::from(vec![0; 1_101]));
    a.send(to, Channel::Reliable, Bytes::from(vec![0; 32 * 1024 + 1]));
    assert_eq!(a.dropped(), 2);
    a.send(to, Channel::Reliable, Bytes::from(vec![0; 32 * 1024]));
    assert!(b.receive().is_some());
    b.ban(from);
    a.send(to, Channel::Reliable, packet(1));
    assert!(b.receive().is_none());
    assert_eq!(b.dropped(), 1);
}

#[test]
fn a_hub_by_hand_delivers_when_its_time_comes() {
    let hub = manual_network(
        Conditions {
            latency: ms(50),
            ..Conditions::default()
        },
        1,
    );
    let (mut a, mut b) = (hub.join(), hub.join());
    let waker = noop_waker();
    let mut context = Context::from_waker(&waker);
    a.send(b.local_id().unwrap(), Channel::Unreliable, packet(1));
    hub.advance(ms(49));
    assert!(b.poll_ready(&mut context).is_pending());
    hub.advance(ms(1));
    assert!(b.poll_ready(&mut context).is_ready());
    assert_eq!(b.receive().map(|(_, _, packet)| packet), Some(packet(1)));
    assert_eq!(hub.now(), ms(50));
}

#[test]
fn a_hub_in_real_time_wakes_the_receiver_on_delivery() {
    let hub = network(
        Conditions {
            latency: ms(20),
            ..Conditions::default()
        },
        1,
    );
    let (mut a, mut b) = (hub.join(), hub.join());
    let to = b.local_id().unwrap();
    let start = Instant::now();
    let sender = std::thread::spawn(move || {
        a.send(to, Channel::Reliable, packet(1));
        a
    });
    // Whether the packet was sent before or after this first poll, it wakes us.
    let received = loop {
        block_on(poll_fn(|context| b.poll_ready(context)));
        if let Some((_, _, packet)) = b.receive() {
            break packet;
        }
    };
    assert_eq!(received, packet(1));
    assert!(start.elapsed() >= ms(20));
    assert!(start.elapsed() < Duration::from_secs(30));
    drop(sender.join());
}
