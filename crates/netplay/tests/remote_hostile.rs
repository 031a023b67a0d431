//! Real sockets among hostile peers and a failing server: they live, and good peers meet.
#![cfg(not(target_arch = "wasm32"))]

mod scripted;
#[allow(dead_code, reason = "each test uses its part of it")]
mod talk;

use bytes::Bytes;
use matchbox_socket::{PeerEvent, PeerSignal};
use netplay::transport::{
    Channel, Path, SignalingState, Transport,
    matchbox::{Ice, MatchboxTransport, Signaling, spawn},
};
use scripted::{Connection, Server, id};
use talk::until;

const OFFER: &str = include_str!("guard_data/chromium_offer.sdp");
const VICTIM: u128 = 1;
const FRIEND: u128 = 2;

/// Joins a room, and is given an id.
async fn join(server: &Server, number: u128) -> (MatchboxTransport, Connection) {
    let signaling = Signaling::Remote {
        room_url: server.room_url(),
    };
    let transport = spawn(signaling, Ice::default()).expect("a thread");
    let mut connection = server.accept().await;
    connection.tell(PeerEvent::IdAssigned(id(number))).await;
    (transport, connection)
}

/// Signals that break an unguarded matchbox, or would waste its time.
fn hostile_signals() -> Vec<PeerSignal> {
    let offers = [
        String::new(),
        "v=0".to_owned(),
        "\0\u{feff}".repeat(100),
        OFFER.replace("a=mid:0", ""),
        OFFER.replace("a=ice-ufrag:Zf3x", ""),
        OFFER.replace("sha-256 ", "sha-256"),
        OFFER.replace("m=application", "m=audio"),
        OFFER.replace("2113937151 4f8a3b8e", "x 4f8a3b8e"),
    ];
    let candidates = [
        "",
        "{",
        "null",
        r#"{"candidate":"candidate:x"}"#,
        r#"{"candidate":null}"#,
    ];
    let mut signals: Vec<_> = offers.iter().cloned().map(PeerSignal::Offer).collect();
    signals.extend(offers.into_iter().map(PeerSignal::Answer));
    signals.extend(candidates.map(|text| PeerSignal::IceCandidate(text.to_owned())));
    signals.push(PeerSignal::Offer(OFFER.to_owned()));
    signals.push(PeerSignal::Offer(OFFER.to_owned()));
    signals.push(PeerSignal::Answer(OFFER.replace("actpass", "active")));
    signals.extend(candidates.map(|text| PeerSignal::IceCandidate(text.to_owned())));
    signals
}

/// Relays signals between the two until both have heard each other.
async fn meet(
    victim: (&mut MatchboxTransport, &mut Connection),
    friend: (&mut MatchboxTransport, &mut Connection),
) {
    let (a, a_wire) = victim;
    let (b, b_wire) = friend;
    let relay = async {
        loop {
            tokio::select! {
                // What the victim says to the hostile ones is lost.
                (receiver, data) = a_wire.hear() => {
                    if receiver == id(FRIEND) {
                        b_wire.tell(PeerEvent::Signal { sender: id(VICTIM), data }).await;
                    }
                }
                (receiver, data) = b_wire.hear() => {
                    assert_eq!(receiver, id(VICTIM));
                    a_wire.tell(PeerEvent::Signal { sender: id(FRIEND), data }).await;
                }
            }
        }
    };
    tokio::select! {
        () = relay => {}
        () = talk(a, b) => {}
    }
}

/// Sends on both channels both ways until all four ways have worked.
async fn talk(a: &mut MatchboxTransport, b: &mut MatchboxTransport) {
    let mut heard = std::collections::HashSet::new();
    until("all four ways have worked", || {
        for channel in [Channel::Unreliable, Channel::Reliable] {
            a.send(id(FRIEND), channel, Bytes::from_static(b"from a"));
            b.send(id(VICTIM), channel, Bytes::from_static(b"from b"));
        }
        while let Some((from, channel, packet)) = a.receive() {
            assert_eq!((from, &packet[..]), (id(FRIEND), &b"from b"[..]));
            heard.insert((1, channel));
        }
        while let Some((from, channel, packet)) = b.receive() {
            assert_eq!((from, &packet[..]), (id(VICTIM), &b"from a"[..]));
            heard.insert((2, channel));
        }
        heard.len() == 4
    })
    .await;
}

#[tokio::test]
async fn a_socket_lives_among_hostile_peers_and_outlives_its_server() {
    let server = Server::start().await;
    let (mut victim, mut victim_wire) = join(&server, VICTIM).await;
    for (number, signal) in hostile_signals().into_iter().enumerate() {
        // From one peer, from many, and from one that it is to offer to.
        let fresh = id(1000 + number as u128);
        victim_wire.tell(PeerEvent::NewPeer(id(91))).await;
        victim_wire.tell(PeerEvent::IdAssigned(fresh)).await;
        for sender in [id(90), id(91), fresh, id(VICTIM)] {
            victim_wire
                .tell(PeerEvent::Signal {
                    sender,
                    data: signal.clone(),
                })
                .await;
        }
    }
    victim_wire.tell(PeerEvent::PeerLeft(id(90))).await;

    let (mut friend, mut friend_wire) = join(&server, FRIEND).await;
    victim_wire.tell(PeerEvent::NewPeer(id(FRIEND))).await;
    meet(
        (&mut victim, &mut victim_wire),
        (&mut friend, &mut friend_wire),
    )
    .await;
    assert_eq!(victim.path(id(FRIEND)), Path::Direct);
    assert!(victim.dropped() > 50, "{}", victim.dropped());
    let seniority = |transport: &MatchboxTransport, peer| {
        let known = transport.known_peers();
        known
            .iter()
            .find(|known| known.id == id(peer))
            .map(|known| known.here_before_us)
    };
    assert_eq!(seniority(&victim, FRIEND), Some(false));
    assert_eq!(seniority(&friend, VICTIM), Some(true));

    // The server says that the friend left, and then dies: they go on.
    victim_wire.tell(PeerEvent::PeerLeft(id(FRIEND))).await;
    friend_wire.tell(PeerEvent::PeerLeft(id(VICTIM))).await;
    drop((victim_wire, friend_wire, server));
    until("signaling is lost", || {
        victim.signaling() == SignalingState::Lost
    })
    .await;
    until("signaling is lost", || {
        friend.signaling() == SignalingState::Lost
    })
    .await;
    talk(&mut victim, &mut friend).await;
    assert_eq!(seniority(&victim, FRIEND), Some(false));
    assert_eq!(victim.take_closed(), None, "the server has no say in it");
}
