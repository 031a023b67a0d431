//! Matchbox's protocol on its two forms of address.

use crate::{
    peer::{Peer, refused, signal_from},
    support::Server,
};
use matchbox_protocol::{
    PeerEvent::{NewPeer, PeerLeft},
    PeerRequest,
};
use protocol::api::{Problem, ProblemCode};
use signaling::{Config, limits::MAX_BARE_ROOM_PEERS};

#[tokio::test]
async fn one_of_each_pair_is_told_and_signals_pass() {
    let server = Server::start(Config::default()).await;
    let mut a = Peer::join(&server.ws("room")).await;
    let mut b = Peer::join(&server.ws("room")).await;
    let mut c = Peer::join(&server.ws("room")).await;
    assert_eq!(a.event().await, NewPeer(b.id));
    assert_eq!(a.event().await, NewPeer(c.id));
    assert_eq!(b.event().await, NewPeer(c.id));
    // Nothing came to C before this, since a socket keeps its order.
    let offer = "v=0\r\n\"ü\" 🎾";
    b.signal(c.id, offer).await;
    assert_eq!(c.event().await, signal_from(b.id, offer));
    c.request(PeerRequest::KeepAlive).await;
    c.signal(b.id, "answer").await;
    assert_eq!(b.event().await, signal_from(c.id, "answer"));
    let gone = b.id;
    b.leave().await;
    assert_eq!(a.event().await, PeerLeft(gone));
    assert_eq!(c.event().await, PeerLeft(gone));
    server.stop().await;
}

#[tokio::test]
async fn a_connection_that_breaks_is_a_peer_that_left() {
    let server = Server::start(Config::default()).await;
    let mut a = Peer::join(&server.ws("room")).await;
    let b = Peer::join(&server.ws("room")).await;
    assert_eq!(a.event().await, NewPeer(b.id));
    let gone = b.id;
    drop(b);
    assert_eq!(a.event().await, PeerLeft(gone));
}

#[tokio::test]
async fn next_groups_peers_in_the_order_of_their_coming() {
    let server = Server::start(Config::default()).await;
    let url = server.ws("room?next=2");
    let mut a = Peer::join(&url).await;
    let b = Peer::join(&url).await;
    let mut c = Peer::join(&url).await;
    assert_eq!(a.event().await, NewPeer(b.id));
    let gone = b.id;
    b.leave().await;
    // The gap stays: the next peer belongs to C.
    assert_eq!(a.event().await, PeerLeft(gone));
    let mut d = Peer::join(&url).await;
    assert_eq!(c.event().await, NewPeer(d.id));
    c.signal(d.id, "1").await;
    assert_eq!(d.event().await, signal_from(c.id, "1"));
}

#[tokio::test]
async fn rooms_groups_of_other_sizes_and_names_are_apart() {
    let server = Server::start(Config::default()).await;
    let mut lonely = Vec::new();
    for path in ["room", "room?next=2", "room?next=3", "Room", "other", ""] {
        lonely.push((path, Peer::join(&server.ws(path)).await));
    }
    for (path, peer) in &mut lonely {
        let friend = Peer::join(&server.ws(path)).await;
        assert_eq!(peer.event().await, NewPeer(friend.id), "{path}");
    }
}

#[tokio::test]
async fn signals_do_not_cross_rooms() {
    let server = Server::start(Config::default()).await;
    let mut a = Peer::join(&server.ws("one")).await;
    let mut b = Peer::join(&server.ws("one")).await;
    let mut c = Peer::join(&server.ws("two")).await;
    a.signal(c.id, "across").await;
    a.signal(b.id, "within").await;
    // When the second has come, the first has been handled.
    assert_eq!(b.event().await, signal_from(a.id, "within"));
    let d = Peer::join(&server.ws("two")).await;
    assert_eq!(c.event().await, NewPeer(d.id));
}

#[tokio::test]
async fn what_cannot_be_joined_is_refused_with_a_problem() {
    let server = Server::start(Config {
        max_sockets: 20,
        ..Config::default()
    })
    .await;
    let problem = |(status, body): (u16, Vec<u8>)| {
        let problem: Problem = serde_json::from_slice(&body).unwrap();
        assert_eq!(problem.status, status);
        (status, problem.code)
    };
    for path in [
        "a/b",
        "%00",
        "%2e%2e%2fa",
        "room?next=0",
        "room?next=17",
        "room?next=x",
    ] {
        let refusal = problem(refused(&server.ws(path)).await);
        assert_eq!(refusal, (400, ProblemCode::BadRequest), "{path}");
    }
    let mut peers = Vec::new();
    for _ in 0..MAX_BARE_ROOM_PEERS {
        peers.push(Peer::join(&server.ws("room")).await);
    }
    let refusal = problem(refused(&server.ws("room")).await);
    assert_eq!(refusal, (409, ProblemCode::RoomFull));
    while peers.len() < 20 {
        peers.push(Peer::join(&server.ws("other")).await);
    }
    let refusal = problem(refused(&server.ws("other")).await);
    assert_eq!(refusal, (503, ProblemCode::ServerFull));
}
