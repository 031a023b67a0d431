//! Clients that ask for what is not theirs, or for too much of it.

use crate::{
    bystanders::Bystanders,
    operator::{metric, metric_becomes},
    peer::{Peer, refused, signal_from},
    support::Server,
};
use futures::{StreamExt, future::join_all, stream::FuturesUnordered};
use matchbox_protocol::{PeerEvent::NewPeer, PeerId};
use protocol::api::{Problem, ProblemCode};
use signaling::{Config, limits::MAX_MALFORMED_MESSAGES};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};
use tokio_tungstenite::tungstenite::{Message, protocol::frame::coding::CloseCode};
use uuid::Uuid;

#[tokio::test]
async fn signals_to_nobody_are_dropped_and_counted() {
    let server = Server::start_watched(Config::default()).await;
    let mut bystanders = Bystanders::join(&server).await;
    let mut hostile = Peer::join(&server.ws("elsewhere")).await;
    let mut friend = Peer::join(&server.ws("elsewhere")).await;
    assert_eq!(hostile.event().await, NewPeer(friend.id));
    let gone = Peer::join(&server.ws("elsewhere")).await;
    let gone_id = gone.id;
    assert_eq!(friend.event().await, NewPeer(gone_id));
    gone.leave().await;
    metric_becomes(server.operators, "peerball_sockets", 4.0).await;
    let nobody = [
        PeerId(Uuid::nil()),
        PeerId(Uuid::max()),
        PeerId(Uuid::from_u128(7)),
        bystanders.first(),
        gone_id,
    ];
    for receiver in nobody {
        hostile.signal(receiver, "psst").await;
    }
    hostile.signal(friend.id, "to a friend").await;
    let _left = friend.event().await;
    assert_eq!(friend.event().await, signal_from(hostile.id, "to a friend"));
    let dropped = metric(server.operators, "peerball_signals_dropped_total").await;
    assert_eq!(dropped, nobody.len() as f64);
    bystanders.go_on().await;
}

#[tokio::test]
async fn signals_of_other_shapes_are_ignored_and_then_close_their_sender() {
    let server = Server::start_watched(Config::default()).await;
    let mut bystanders = Bystanders::join(&server).await;
    let mut hostile = Peer::join(&server.ws(Bystanders::ROOM)).await;
    let receiver = bystanders.first();
    let datas = [
        "null",
        "1e999999",
        "\"offer\"",
        "[\"Offer\",\"\"]",
        r#"{"Offer":null}"#,
        r#"{"Offer":{"type":"offer","sdp":""}}"#,
        r#"{"Offer":"","Answer":""}"#,
        r#"{"__proto__":""}"#,
        r#"{"Offer":"\ud83c"}"#,
        &format!("{{\"IceCandidate\":\"{}\"}}", "x".repeat(5_000)),
        &format!("{}1{}", "[".repeat(10_000), "]".repeat(10_000)),
    ];
    for data in datas.iter().cycle().take(MAX_MALFORMED_MESSAGES) {
        let text = format!(r#"{{"Signal":{{"receiver":"{receiver}","data":{data}}}}}"#);
        // The last ones may find it closed.
        let _ = hostile.send(Message::text(text)).await;
    }
    assert_eq!(hostile.closed().await.unwrap().code, CloseCode::Policy);
    bystanders.saw_somebody_pass().await;
    let malformed = metric(server.operators, "peerball_messages_malformed_total").await;
    assert_eq!(malformed, MAX_MALFORMED_MESSAGES as f64);
}

#[tokio::test]
async fn groups_have_a_size() {
    let server = Server::start_watched(Config::default()).await;
    let mut bystanders = Bystanders::join(&server).await;
    let sizes = [
        "0",
        "-1",
        "17",
        "18446744073709551615",
        "18446744073709551616",
        "2.0",
        "0x2",
        "",
        "%32%00",
    ];
    for next in sizes {
        let (status, body) = refused(&server.ws(&format!("room?next={next}"))).await;
        let problem: Problem = serde_json::from_slice(&body).unwrap();
        let expected = (400, ProblemCode::BadRequest);
        assert_eq!((status, problem.code), expected, "{next}");
    }
    let series = "peerball_refusals_total{code=\"bad-request\"}";
    assert_eq!(metric(server.operators, series).await, sizes.len() as f64);
    assert_eq!(metric(server.operators, "peerball_rooms").await, 1.0);
    bystanders.go_on().await;
}

#[tokio::test]
async fn a_thousand_rooms_a_second_take_only_empty_ones_places() {
    let max_rooms = 50;
    let server = Server::start_watched(Config {
        max_rooms,
        ..Config::default()
    })
    .await;
    let mut bystanders = Bystanders::join(&server).await;
    // One after the other in one connection: as fast as the server answers.
    let create = "POST /api/v1/rooms HTTP/1.1\r\nHost: test\r\n";
    let mut requests = format!("{create}\r\n").repeat(999);
    requests += &format!("{create}Connection: close\r\n\r\n");
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    let (mut reader, mut writer) = stream.split();
    let mut answers = Vec::new();
    let asked = writer.write_all(requests.as_bytes());
    let (asked, answered) = tokio::join!(asked, reader.read_to_end(&mut answers));
    asked.and(answered.map(drop)).unwrap();
    let count = |status: &str| {
        let line = format!("HTTP/1.1 {status} ");
        let windows = answers.windows(line.len());
        windows.filter(|window| *window == line.as_bytes()).count()
    };
    let (made, refused) = (count("201"), count("429"));
    assert_eq!(made + refused, 1_000, "{made} made, {refused} refused");
    assert!(metric(server.operators, "peerball_rooms").await <= max_rooms as f64);
    let series = "peerball_refusals_total{code=\"too-many-requests\"}";
    assert_eq!(metric(server.operators, series).await, refused as f64);
    bystanders.go_on().await;
}

#[tokio::test]
async fn of_many_connections_with_one_token_one_lives() {
    let server = Server::start_watched(Config::default()).await;
    let mut bystanders = Bystanders::join(&server).await;
    let path = format!("{}?token={:032x}", Bystanders::ROOM, 0xdead_u32);
    let url = server.ws(&path);
    let peers = join_all((0..20).map(|_| Peer::join(&url))).await;
    let id = peers[0].id;
    assert!(peers.iter().all(|peer| peer.id == id));
    // All but one are told that another has come.
    let mut ends: FuturesUnordered<_> = peers
        .into_iter()
        .map(|mut peer| async move { peer.closed().await })
        .collect();
    for _ in 1..20 {
        let end = ends.next().await.unwrap().unwrap();
        assert_eq!(end.code, CloseCode::from(4001));
    }
    let series = "peerball_sockets_ended_total{reason=\"replaced\"}";
    metric_becomes(server.operators, series, 19.0).await;
    metric_becomes(server.operators, "peerball_sockets", 3.0).await;
    bystanders.saw_one_come(id).await;
}
