//! Rooms with codes, over HTTP and then over their WebSockets.

use crate::{
    client::Client,
    http::{get, request},
    peer::Peer,
    support::Server,
};
use matchbox_protocol::PeerEvent::NewPeer;
use protocol::{
    api::{Problem, ProblemCode, Room, parse_room_code},
    limits::DEFAULT_PEERS,
};
use signaling::Config;
use std::time::Duration;

async fn create(server: &Server) -> Room {
    let response = request(server.address, "POST", "/api/v1/rooms", &[]).await;
    assert_eq!(response.status, 201);
    assert_eq!(response.header("content-type"), "application/json");
    let room: Room = response.json();
    assert_eq!(
        response.header("location"),
        format!("/api/v1/rooms/{}", room.code)
    );
    room
}

#[tokio::test]
async fn a_code_leads_to_its_room() {
    let server = Server::start(Config::default()).await;
    let room = create(&server).await;
    assert_eq!(parse_room_code(&room.code).as_ref(), Some(&room.code));
    assert_eq!((room.peers, room.capacity), (0, DEFAULT_PEERS));
    let client = |number| Client::new(&server, number);
    let mut a = client(1).join(&room.code).await;
    let b = client(2).join(&room.code.to_lowercase()).await;
    assert_eq!(a.event().await, NewPeer(b.id));
    let typed = format!("{}-{}", &room.code[..3].to_lowercase(), &room.code[3..]);
    for code in [&room.code, &room.code.to_lowercase(), &typed] {
        let found = get(server.address, &format!("/api/v1/rooms/{code}")).await;
        assert_eq!(found.status, 200);
        assert_eq!(found.header("cache-control"), "no-store");
        assert_eq!(
            found.json::<Room>(),
            Room {
                peers: 2,
                ..room.clone()
            }
        );
    }
}

#[tokio::test]
async fn wrong_codes_are_problems() {
    let server = Server::start(Config::default()).await;
    for code in ["BBBBBB", "bbbbbb", "B", "BBBBBBB", "OOOOOO", "%F0%9F%8E%BE"] {
        let response = get(server.address, &format!("/api/v1/rooms/{code}")).await;
        assert_eq!(response.status, 404, "{code}");
        assert_eq!(response.header("content-type"), "application/problem+json");
        let problem: Problem = response.json();
        assert_eq!(
            (problem.code, problem.status),
            (ProblemCode::NoSuchRoom, 404)
        );
        assert!(!problem.title.is_empty() && !problem.detail.is_empty());
    }
    for (method, path, status) in [
        ("GET", "/api/v1/rooms/%ff", 400),
        ("GET", "/api/v1/nothing", 404),
        ("PUT", "/api/v1/rooms", 405),
        ("DELETE", "/api/v1/rooms/BBBBBB", 401),
    ] {
        let response = request(server.address, method, path, &[]).await;
        assert_eq!(response.status, status, "{method} {path}");
        assert_eq!(response.header("content-type"), "application/problem+json");
        assert_eq!(response.json::<Problem>().code, ProblemCode::BadRequest);
    }
}

#[tokio::test]
async fn an_empty_room_is_forgotten_after_its_grace() {
    let server = Server::start(Config {
        room_grace: Duration::ZERO,
        ..Config::default()
    })
    .await;
    let room = create(&server).await;
    let found = get(server.address, &format!("/api/v1/rooms/{}", room.code)).await;
    assert_eq!(found.status, 404);
}

#[tokio::test]
async fn pages_of_other_origins_may_ask() {
    let server = Server::start(Config::default()).await;
    let origin = "Origin: https://example.org";
    let preflight = [origin, "Access-Control-Request-Method: POST"];
    let response = request(server.address, "OPTIONS", "/api/v1/rooms", &preflight).await;
    assert_eq!(response.status, 200);
    assert_eq!(response.header("access-control-allow-origin"), "*");
    let response = request(server.address, "POST", "/api/v1/rooms", &[origin]).await;
    assert_eq!(response.header("access-control-allow-origin"), "*");
    let response = request(server.address, "GET", "/api/v1/rooms/B", &[origin]).await;
    assert_eq!(
        (
            response.status,
            response.header("access-control-allow-origin")
        ),
        (404, "*")
    );
}

#[tokio::test]
async fn a_full_server_says_so() {
    let server = Server::start(Config {
        max_rooms: 1,
        ..Config::default()
    })
    .await;
    let _peer = Peer::join(&server.ws("room")).await;
    let response = request(server.address, "POST", "/api/v1/rooms", &[]).await;
    assert_eq!(response.status, 503);
    assert_eq!(response.json::<Problem>().code, ProblemCode::ServerFull);
}
