//! Peers with a token: known by the same id on every connection, and nobody else's.

use crate::{
    peer::{Peer, refused, signal_from},
    support::Server,
};
use futures::{FutureExt, StreamExt};
use matchbox_protocol::PeerEvent::{NewPeer, PeerLeft};
use protocol::api::{Problem, ProblemCode};
use signaling::Config;
use std::time::Duration;
use tokio::time::Instant;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;

const ADA: &str = "room?token=00112233445566778899aabbccddeeff";
const BOB: &str = "room?token=ffeeddccbbaa99887766554433221100";

/// A grace that no test outlasts, or that is over at once.
fn graced(return_grace: Duration) -> Config {
    Config {
        return_grace,
        ..Config::default()
    }
}

const FOR_EVER: Duration = Duration::from_secs(3_600);

/// Ends the connection without a word.
fn break_off(peer: Peer) {
    drop(peer);
}

/// Nothing has come for the peer up to what it is told by `friend` now.
async fn assert_nothing_before(peer: &mut Peer, friend: &mut Peer) {
    friend.signal(peer.id, "now").await;
    assert_eq!(peer.event().await, signal_from(friend.id, "now"));
}

#[tokio::test]
async fn a_broken_connection_goes_unnoticed_when_its_peer_returns() {
    let server = Server::start(graced(FOR_EVER)).await;
    let mut first = Peer::join(&server.ws("room")).await;
    let ada = Peer::join(&server.ws(ADA)).await;
    let mut last = Peer::join(&server.ws("room")).await;
    let (ada_id, last_id) = (ada.id, last.id);
    assert_eq!(first.event().await, NewPeer(ada_id));
    assert_eq!(first.event().await, NewPeer(last_id));
    break_off(ada);
    // Somebody comes in the meantime: of each pair the elder is told, also when it was away.
    let mut newcomer = Peer::join(&server.ws("room")).await;
    assert_eq!(first.event().await, NewPeer(newcomer.id));
    assert_eq!(last.event().await, NewPeer(newcomer.id));
    let mut ada = Peer::join(&server.ws(ADA)).await;
    assert_eq!(ada.id, ada_id);
    assert_eq!(ada.event().await, NewPeer(last_id));
    assert_eq!(ada.event().await, NewPeer(newcomer.id));
    ada.signal(newcomer.id, "offer").await;
    assert_eq!(newcomer.event().await, signal_from(ada_id, "offer"));
    for other in [&mut first, &mut last] {
        assert_nothing_before(other, &mut ada).await;
    }
}

#[tokio::test]
async fn who_does_not_return_has_left() {
    let short = Duration::from_millis(200);
    // The grace is over; and who has no token, leaves at once.
    for (grace, path) in [(short, ADA), (FOR_EVER, "room")] {
        let server = Server::start(graced(grace)).await;
        let mut friend = Peer::join(&server.ws("room")).await;
        let peer = Peer::join(&server.ws(path)).await;
        let gone = peer.id;
        assert_eq!(friend.event().await, NewPeer(gone));
        let start = Instant::now();
        break_off(peer);
        assert_eq!(friend.event().await, PeerLeft(gone));
        assert!(path != ADA || start.elapsed() >= grace);
    }
}

#[tokio::test]
async fn a_goodbye_is_no_broken_connection() {
    let server = Server::start(graced(FOR_EVER)).await;
    let mut bob = Peer::join(&server.ws(BOB)).await;
    for _ in 0..2 {
        // Coming again later, it is announced again.
        let ada = Peer::join(&server.ws(ADA)).await;
        let gone = ada.id;
        assert_eq!(bob.event().await, NewPeer(gone));
        ada.leave().await;
        assert_eq!(bob.event().await, PeerLeft(gone));
    }
}

#[tokio::test]
async fn a_group_waits_for_nobody() {
    let server = Server::start(graced(FOR_EVER)).await;
    let ada = format!("{ADA}&next=3");
    let mut friend = Peer::join(&server.ws("room?next=3")).await;
    let peer = Peer::join(&server.ws(&ada)).await;
    assert_eq!(friend.event().await, NewPeer(peer.id));
    let gone = peer.id;
    break_off(peer);
    assert_eq!(friend.event().await, PeerLeft(gone));
}

#[tokio::test]
async fn a_restarted_server_knows_every_id_again() {
    let server = Server::start(Config::default()).await;
    let mut ada = Peer::join(&server.ws(ADA)).await;
    let bob = Peer::join(&server.ws(BOB)).await;
    let ids = [ada.id, bob.id];
    assert_ne!(ids[0], ids[1]);
    assert_eq!(ada.event().await, NewPeer(ids[1]));
    let address = server.address;
    drop((ada, bob));
    server.stop().await;

    let server = Server::start_at(address, Config::default()).await;
    // They come back in another order, and one of the pair is told.
    let mut bob = Peer::join(&server.ws(BOB)).await;
    let mut ada = Peer::join(&server.ws(ADA)).await;
    assert_eq!([ada.id, bob.id], ids);
    assert_eq!(bob.event().await, NewPeer(ids[0]));
    let newcomer = Peer::join(&server.ws("room")).await;
    assert_eq!(ada.event().await, NewPeer(newcomer.id));
    assert_eq!(bob.event().await, NewPeer(newcomer.id));
    server.stop().await;
}

#[tokio::test]
async fn a_living_connection_is_replaced_and_nobody_is_told() {
    let server = Server::start(Config::default()).await;
    let mut friend = Peer::join(&server.ws("room")).await;
    let mut older = Peer::join(&server.ws(ADA)).await;
    assert_eq!(friend.event().await, NewPeer(older.id));
    for _ in 0..5 {
        let newer = Peer::join(&server.ws(ADA)).await;
        assert_eq!(newer.id, older.id);
        let frame = older.closed().await.unwrap();
        assert_eq!(frame.code, CloseCode::from(4001));
        older = newer;
    }
    assert_nothing_before(&mut friend, &mut older).await;
    assert_nothing_before(&mut older, &mut friend).await;
    // The closed ones have ended by now; the newest is a peer like any other.
    let gone = older.id;
    older.leave().await;
    assert_eq!(friend.event().await, PeerLeft(gone));
    let mut newcomer = Peer::join(&server.ws(ADA)).await;
    assert_eq!(friend.event().await, NewPeer(gone));
    assert_nothing_before(&mut newcomer, &mut friend).await;
}

#[tokio::test]
async fn a_full_house_has_the_place_of_whoever_returns() {
    let server = Server::start(Config {
        max_sockets: 2,
        ..graced(FOR_EVER)
    })
    .await;
    let _friend = Peer::join(&server.ws("room")).await;
    let ada = Peer::join(&server.ws(ADA)).await;
    let id = ada.id;
    break_off(ada);
    assert_eq!(refused(&server.ws("room")).await.0, 503);
    assert_eq!(Peer::join(&server.ws(ADA)).await.id, id);
}

#[tokio::test]
async fn a_token_has_one_place() {
    let server = Server::start(Config::default()).await;
    let mut friend = Peer::join(&server.ws("room")).await;
    let mut ada = Peer::join(&server.ws(ADA)).await;
    assert_eq!(friend.event().await, NewPeer(ada.id));
    let moved = Peer::join(&server.ws(&ADA.replace("room", "other"))).await;
    assert_eq!(moved.id, ada.id);
    assert_eq!(friend.event().await, PeerLeft(moved.id));
    assert_eq!(ada.closed().await.unwrap().code, CloseCode::from(4001));
}

#[tokio::test]
async fn hostile_tokens_are_refused() {
    let server = Server::start(Config::default()).await;
    let good = ADA.split_once('=').unwrap().1;
    let mut friend = Peer::join(&server.ws("room")).await;
    let twice = format!("{good}&token={good}");
    for token in [
        "",
        "0",
        &good[1..],
        &format!("{good}0"),
        &"0".repeat(8_000),
        &good.replace('f', "g"),
        &good.replace("00", "%00"),
        &good.replace("00", "0x"),
        &format!("+{}", &good[1..]),
        &format!("%2b{}", &good[1..]),
        &format!("{good}%20"),
        "00112233-4455-6677-8899-aabbccddeeff",
        &twice,
        &format!("&token={good}"),
    ] {
        let (status, body) = refused(&server.ws(&format!("room?token={token}"))).await;
        let problem: Problem = serde_json::from_slice(&body).unwrap();
        assert_eq!((status, problem.code), (400, ProblemCode::BadRequest));
        let echoed = !token.is_empty() && problem.detail.contains(token) && token != "0";
        assert!(!echoed, "a secret is not repeated: {}", problem.detail);
    }
    // Nobody was told of any of them.
    assert!(friend.socket.next().now_or_never().is_none());
    let ada = Peer::join(&server.ws(&format!("room?other=1&token={good}&x"))).await;
    assert_eq!(friend.event().await, NewPeer(ada.id));
    assert_eq!(ada.id.0.get_version_num(), 8);
}

#[tokio::test]
async fn clients_without_a_token_have_a_new_id_each_time() {
    let server = Server::start(Config::default()).await;
    let mut ids = Vec::new();
    for path in ["room", "room", "room?next=2", "room?tokens=1"] {
        let peer = Peer::join(&server.ws(path)).await;
        assert_eq!(peer.id.0.get_version_num(), 4);
        assert!(!ids.contains(&peer.id));
        ids.push(peer.id);
        peer.leave().await;
    }
}
