//! A mesh of real WebRTC connections, of which single ones break: the others never notice.
#![cfg(not(target_arch = "wasm32"))]

mod scripted;
mod talk;

use bytes::Bytes;
use matchbox_socket::{PeerEvent, PeerSignal};
use netplay::{
    signaling::{guard::AGAIN, local::LocalHub},
    transport::{
        Channel, Transport,
        matchbox::{Ice, MatchboxTransport, Signaling, open, spawn},
    },
};
use protocol::{PeerId, limits::HANDSHAKE_DEADLINE};
use scripted::{Connection, Server, id, soon};
use std::{
    cell::Cell,
    sync::Arc,
    time::{Duration, Instant},
};
use talk::{id_of, know_again, knows, part_and_meet_again, say, until};

/// How often a third peer comes and goes.
const VISITS: u32 = 30;

/// The longest visit: on one machine a handshake takes about as long.
const LONGEST_VISIT: Duration = Duration::from_millis(120);

fn join(signaling: &Signaling) -> MatchboxTransport {
    spawn(signaling.clone(), Ice::default()).expect("a thread")
}

/// A room on a server of the test's own, which lives as long as the test's runtime.
async fn server() -> Signaling {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
        .await
        .expect("a free port");
    let address = listener.local_addr().expect("bound");
    tokio::spawn(signaling::serve(
        listener,
        signaling::Config::default(),
        std::future::pending(),
    ));
    Signaling::Remote {
        room_url: format!("ws://{address}/MESH"),
    }
}

/// Splitmix64: the same visits in every run.
fn chance(state: &mut u64) -> f64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let z = (*state ^ (*state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    ((z ^ (z >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
}

/// Two peers who have met keep each other, whenever a third breaks off its handshake with both.
async fn two_keep_each_other(signaling: Signaling) {
    let (mut a, mut b) = (join(&signaling), join(&signaling));
    say(&mut a, &mut b, "met").await;
    say(&mut b, &mut a, "met").await;
    let mut seed = 7;
    for visit in 0..VISITS {
        let visitor = join(&signaling);
        tokio::time::sleep(LONGEST_VISIT.mul_f64(chance(&mut seed))).await;
        drop(visitor);
        let word = format!("still here after visit {visit}");
        say(&mut a, &mut b, &word).await;
        say(&mut b, &mut a, &word).await;
    }
}

#[tokio::test]
async fn a_handshake_broken_off_costs_nobody_else_over_the_hub() {
    two_keep_each_other(Signaling::Local(LocalHub::new())).await;
}

#[tokio::test]
async fn a_handshake_broken_off_costs_nobody_else_over_a_server() {
    two_keep_each_other(server().await).await;
}

/// Three who have all met.
async fn three(signaling: &Signaling) -> [MatchboxTransport; 3] {
    let mut peers = [join(signaling), join(signaling), join(signaling)];
    for (from, to) in [(0, 1), (1, 2), (2, 0)] {
        let [from, to] = peers.get_disjoint_mut([from, to]).expect("two of three");
        say(from, to, "there").await;
        say(to, from, "back").await;
    }
    peers
}

/// Waits until a peer's channels to somebody have closed, asleep for as long as nothing happens.
async fn closed(peer: &mut MatchboxTransport) -> PeerId {
    soon(async {
        loop {
            while peer.receive().is_some() {}
            if let Some(closed) = peer.take_closed() {
                return closed;
            }
            std::future::poll_fn(|context| peer.poll_ready(context)).await;
        }
    })
    .await
}

#[tokio::test]
async fn a_ban_closes_the_connection_to_that_peer_alone() {
    let [mut a, mut b, mut c] = three(&server().await).await;
    let (a_id, c_id) = (id_of(&a).await, id_of(&c).await);
    a.send(c_id, Channel::Reliable, Bytes::from_static(b"the reason"));
    a.ban(c_id);
    assert!(!knows(&a, c_id));
    let mut reason = None;
    until("the reason has come", || {
        while let Some((from, _, packet)) = c.receive() {
            reason = (from == a_id).then_some(packet).or(reason.take());
        }
        reason.as_deref() == Some(b"the reason")
    })
    .await;
    assert_eq!(closed(&mut c).await, a_id);
    assert!(!knows(&c, a_id));
    say(&mut a, &mut b, "you stay").await;
    say(&mut b, &mut c, "and you").await;
    say(&mut c, &mut b, "I do").await;
    assert_eq!((a.take_closed(), b.take_closed()), (None, None));
}

#[tokio::test]
async fn who_goes_is_told_of_by_its_channels() {
    let [mut a, mut b, c] = three(&Signaling::Local(LocalHub::new())).await;
    let c_id = id_of(&c).await;
    let start = Instant::now();
    drop(c);
    assert_eq!((closed(&mut a).await, closed(&mut b).await), (c_id, c_id));
    // Without its word they would only notice when ICE gives up, after half a minute.
    let taken = start.elapsed();
    assert!(taken < Duration::from_secs(5), "{taken:?}");
    assert!(!knows(&a, c_id));
    say(&mut a, &mut b, "only we are left").await;
    assert_eq!((a.take_closed(), b.take_closed()), (None, None), "once");
}

/// Waits for an offer to this peer.
async fn offer(connection: &mut Connection, to: PeerId) {
    loop {
        if let (receiver, PeerSignal::Offer(_)) = connection.hear().await {
            assert_eq!(receiver, to);
            return;
        }
    }
}

#[tokio::test]
async fn a_handshake_that_nobody_answers_ends_and_may_begin_anew() {
    let server = Server::start().await;
    let signaling = Signaling::Remote {
        room_url: server.room_url(),
    };
    let mut peer = join(&signaling);
    let mut connection = server.accept().await;
    connection.tell(PeerEvent::IdAssigned(id(1))).await;
    connection.tell(PeerEvent::NewPeer(id(2))).await;
    offer(&mut connection, id(2)).await;
    assert!(knows(&peer, id(2)));
    let start = Instant::now();
    // Whoever listens answers the client's probes, too.
    tokio::select! {
        () = until("it is given up", || !knows(&peer, id(2))) => {}
        said = connection.hear() => panic!("one offer is all, not {said:?}"),
    }
    assert!(start.elapsed() > HANDSHAKE_DEADLINE / 2);
    assert_eq!(peer.take_closed(), None, "it was never open");
    connection.tell(PeerEvent::NewPeer(id(2))).await;
    offer(&mut connection, id(2)).await;
    assert!(knows(&peer, id(2)));
}

/// A peer whose first sockets die before they have done anything, as a contained panic leaves them.
fn join_with_dead_sockets(signaling: &Signaling, dead: u32) -> MatchboxTransport {
    let executor = Arc::new(smol::Executor::new());
    let loops = executor.clone();
    let mut opened = 0;
    let opener = move |socket, message_loop| {
        opened += 1;
        if opened > dead {
            loops.spawn(message_loop).detach();
        }
        Box::new(socket)
    };
    let (transport, room) = open(signaling.clone(), Ice::default(), opener);
    std::thread::spawn(move || smol::block_on(executor.run(room)));
    transport
}

/// How long a pair may take to meet whose first attempt has failed.
const MEETS_WITHIN: Duration = Duration::from_secs(10);

async fn meet(a: &mut MatchboxTransport, b: &mut MatchboxTransport) {
    let start = Instant::now();
    say(a, b, "met").await;
    say(b, a, "met").await;
    let taken = start.elapsed();
    assert!(taken < MEETS_WITHIN, "{taken:?}");
    assert_eq!((a.take_closed(), b.take_closed()), (None, None));
}

#[tokio::test]
async fn a_pair_meets_although_the_sockets_of_one_side_or_both_died() {
    for (dead_first, dead_second) in [(1, 0), (0, 1), (2, 0), (0, 2), (1, 1)] {
        let signaling = Signaling::Local(LocalHub::new());
        let mut a = join_with_dead_sockets(&signaling, dead_first);
        id_of(&a).await;
        let mut b = join_with_dead_sockets(&signaling, dead_second);
        meet(&mut a, &mut b).await;
    }
}

/// Two peers, each with its connection to a server that gives them these ids.
async fn two_named(ids: [u128; 2]) -> (Server, [(MatchboxTransport, Connection); 2]) {
    let server = Server::start().await;
    let signaling = Signaling::Remote {
        room_url: server.room_url(),
    };
    let mut peers = Vec::new();
    for number in ids {
        let peer = join(&signaling);
        let mut connection = server.accept().await;
        connection.tell(PeerEvent::IdAssigned(id(number))).await;
        peers.push((peer, connection));
    }
    let Ok(both) = peers.try_into() else {
        panic!("two were asked for");
    };
    (server, both)
}

#[tokio::test]
async fn offers_that_cross_after_a_restart_wait_for_no_deadline() {
    for (first, second) in [(1, 2), (2, 1)] {
        let (_server, [(mut a, mut to_a), (mut b, mut to_b)]) = two_named([first, second]).await;
        // The first one's offer is lost with the old server, and the new one takes it for the
        // newcomer.
        to_a.tell(PeerEvent::NewPeer(id(second))).await;
        offer(&mut to_a, id(second)).await;
        to_b.tell(PeerEvent::NewPeer(id(first))).await;
        let start = Instant::now();
        tokio::select! {
            () = relay(&mut to_a, &mut to_b, (id(first), id(second)), |_, data| Some(data)) => {}
            () = meet(&mut a, &mut b) => {}
        }
        let taken = start.elapsed();
        assert!(taken < HANDSHAKE_DEADLINE / 3, "{taken:?}");
    }
}

/// Passes signals on between two peers' connections, as `pass` says.
async fn relay(
    to_a: &mut Connection,
    to_b: &mut Connection,
    (a, b): (PeerId, PeerId),
    pass: impl Fn(u32, PeerSignal) -> Option<PeerSignal>,
) {
    let mut descriptions = 0;
    loop {
        let (sender, (receiver, data)) = tokio::select! {
            said = to_a.hear() => (a, said),
            said = to_b.hear() => (b, said),
        };
        descriptions += u32::from(!matches!(data, PeerSignal::IceCandidate(_)));
        let connection = if receiver == a {
            &mut *to_a
        } else {
            &mut *to_b
        };
        if let Some(data) = pass(descriptions, data) {
            connection.tell(PeerEvent::Signal { sender, data }).await;
        }
    }
}

/// Two peers on a server that passes each signal of theirs on as `pass` says. The first one offers.
async fn meet_by(pass: impl Fn(u32, PeerSignal) -> Option<PeerSignal>) {
    let (_server, [(mut a, mut to_a), (mut b, mut to_b)]) = two_named([1, 2]).await;
    to_a.tell(PeerEvent::NewPeer(id(2))).await;
    tokio::select! {
        () = relay(&mut to_a, &mut to_b, (id(1), id(2)), pass) => {}
        () = meet(&mut a, &mut b) => {}
    }
}

/// A description with another certificate than its author's, so that DTLS fails.
fn spoilt(text: &str) -> String {
    let at = text.find("a=fingerprint:sha-256 ").expect("a fingerprint") + 22;
    let other = if &text[at..=at] == "0" { "1" } else { "0" };
    format!("{}{other}{}", &text[..at], &text[at + 1..])
}

#[tokio::test]
async fn a_pair_meets_although_its_first_answer_is_lost() {
    meet_by(|count, data| match data {
        PeerSignal::Answer(_) if count == 2 => None,
        data => Some(data),
    })
    .await;
}

#[tokio::test]
async fn a_pair_meets_although_encryption_failed_at_either_side() {
    meet_by(|count, data| match data {
        PeerSignal::Offer(text) if count == 1 => Some(PeerSignal::Offer(spoilt(&text))),
        data => Some(data),
    })
    .await;
    meet_by(|count, data| match data {
        PeerSignal::Answer(text) if count == 2 => Some(PeerSignal::Answer(spoilt(&text))),
        data => Some(data),
    })
    .await;
}

#[tokio::test]
async fn a_pair_that_hangs_up_meets_again_whoever_does_and_however_often() {
    for signaling in [Signaling::Local(LocalHub::new()), server().await] {
        let [mut a, mut b, mut c] = three(&signaling).await;
        part_and_meet_again(&mut a, &mut b).await;
        say(&mut b, &mut c, "I never lost you").await;
        say(&mut c, &mut a, "nor I you").await;
    }
}

#[tokio::test]
async fn nothing_comes_over_another_connection_before_the_end_of_the_one_before_is_told() {
    let [mut a, mut b, _c] = three(&Signaling::Local(LocalHub::new())).await;
    let (a_id, b_id) = (id_of(&a).await, id_of(&b).await);
    a.hang_up(b_id);
    until("the first one knows the second again", || {
        while a.receive().is_some() {}
        while a.take_closed().is_some() {}
        knows(&a, b_id)
    })
    .await;
    for _ in 0..100 {
        a.send(b_id, Channel::Reliable, Bytes::from_static(b"new"));
        let early = std::iter::from_fn(|| b.receive()).any(|(_, _, packet)| packet == "new");
        assert!(!early && !knows(&b, a_id));
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    assert_eq!(b.take_closed(), Some(a_id));
    say(&mut a, &mut b, "new").await;
    assert!(knows(&b, a_id));
}

#[tokio::test]
async fn a_pair_meets_again_although_an_offer_is_lost() {
    let (_server, [(mut a, mut to_a), (mut b, mut to_b)]) = two_named([1, 2]).await;
    to_a.tell(PeerEvent::NewPeer(id(2))).await;
    let offers = Cell::new(0);
    // As with a server that sends it over a connection that its receiver has given up.
    let pass = |_, data| {
        let is_offer = matches!(&data, PeerSignal::Offer(text) if !text.starts_with(AGAIN));
        offers.set(offers.get() + u32::from(is_offer));
        (!is_offer || offers.get() != 2).then_some(data)
    };
    let part_and_meet = async {
        meet(&mut a, &mut b).await;
        let start = Instant::now();
        a.hang_up(id(2));
        b.hang_up(id(1));
        know_again(&mut a, &mut b).await;
        assert!(start.elapsed() < HANDSHAKE_DEADLINE / 2);
    };
    tokio::select! {
        () = relay(&mut to_a, &mut to_b, (id(1), id(2)), pass) => {}
        () = part_and_meet => {}
    }
    assert_eq!(offers.get(), 3);
}

#[tokio::test]
async fn nobody_tries_again_with_one_who_left() {
    let server = Server::start().await;
    let signaling = Signaling::Remote {
        room_url: server.room_url(),
    };
    let peer = join_with_dead_sockets(&signaling, 2);
    let mut connection = server.accept().await;
    connection.tell(PeerEvent::IdAssigned(id(1))).await;
    connection.tell(PeerEvent::NewPeer(id(2))).await;
    connection.tell(PeerEvent::PeerLeft(id(2))).await;
    connection.tell(PeerEvent::NewPeer(id(3))).await;
    // The socket to the second died before: an offer to it would be sooner.
    offer(&mut connection, id(3)).await;
    assert!(!knows(&peer, id(2)));
}
