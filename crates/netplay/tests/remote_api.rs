//! The server's HTTP side, as the client asks for it.
#![cfg(not(target_arch = "wasm32"))]

mod scripted;

use netplay::signaling::api::{ApiError, ServerUrl, create_room, lookup_room};
use protocol::api::{CreateRoom, CreatedRoom, ProblemCode, Room, VersionTag, Visibility};
use scripted::{Server, soon};
use std::time::{Duration, Instant};

fn url(text: &str) -> ServerUrl {
    text.parse().expect("a server's address")
}

#[test]
fn addresses_in_every_form() {
    for (text, http, room) in [
        (
            "http://localhost:3536",
            "http://localhost:3536",
            "ws://localhost:3536/ABC",
        ),
        (
            "ws://localhost:3536/",
            "http://localhost:3536",
            "ws://localhost:3536/ABC",
        ),
        (
            "https://play.example.org",
            "https://play.example.org",
            "wss://play.example.org/ABC",
        ),
        (
            "WSS://play.example.org/",
            "https://play.example.org",
            "wss://play.example.org/ABC",
        ),
        (
            " 192.0.2.7:3536 ",
            "http://192.0.2.7:3536",
            "ws://192.0.2.7:3536/ABC",
        ),
        ("[::1]:80/", "http://[::1]:80", "ws://[::1]:80/ABC"),
        ("localhost", "http://localhost", "ws://localhost/ABC"),
        (
            "https://example.org/ball/",
            "https://example.org/ball",
            "wss://example.org/ball/ABC",
        ),
    ] {
        let server = url(text);
        assert_eq!(
            (server.to_string().as_str(), server.room("ABC").as_str()),
            (http, room)
        );
    }
    assert_eq!(
        url("a").room("a b/ü?next=2"),
        "ws://a/a%20b%2F%C3%BC?next=2"
    );
}

#[test]
fn what_is_no_address() {
    let long = "a".repeat(600);
    for text in [
        "",
        " ",
        "http://",
        "ftp://example.org",
        "http://a b",
        "http://user@host",
        "host:0",
        "host:99999",
        "host:",
        "[::1",
        "[nonsense]:80",
        "http://host/?query",
        "host#fragment",
        &long,
    ] {
        assert!(text.parse::<ServerUrl>().is_err(), "{text}");
    }
}

/// A room as an older server tells of it.
fn room() -> Room {
    Room {
        code: "BCDFGH".to_owned(),
        peers: 0,
        capacity: 8,
        visibility: Visibility::Private,
        version: VersionTag::default(),
        sealed: false,
    }
}

#[tokio::test]
async fn rooms_are_made_and_found() {
    let server = Server::start().await;
    let here = url(&server.address());
    let body = r#"{"code":"BCDFGH","peers":0,"capacity":8}"#;
    let room = room();
    let wanted = CreateRoom::default();
    let (made, request) = tokio::join!(
        create_room(&here, &wanted),
        server.answer("201 Created", body)
    );
    let expected = CreatedRoom {
        room: room.clone(),
        pass: None,
    };
    assert_eq!(made, Ok(expected));
    assert!(
        request.starts_with("POST /api/v1/rooms HTTP/1.1"),
        "{request}"
    );

    let (found, request) =
        tokio::join!(lookup_room(&here, "BCDFGH"), server.answer("200 OK", body));
    assert_eq!(found, Ok(room));
    assert!(
        request.starts_with("GET /api/v1/rooms/BCDFGH HTTP/1.1"),
        "{request}"
    );
}

#[tokio::test]
async fn every_failure_has_its_error() {
    let server = Server::start().await;
    let here = url(&server.address());
    let no_room = r#"{"code":"no-such-room","status":404,"title":"There is no such room."}"#;
    let (error, _) = tokio::join!(
        lookup_room(&here, "X"),
        server.answer("404 Not Found", no_room)
    );
    let error = error.expect_err("there is none");
    assert_eq!(error.code(), Some(ProblemCode::NoSuchRoom));
    assert_eq!(error.to_string(), "There is no such room.");

    let endless = "x".repeat(1024 * 1024);
    for (status, body) in [
        ("404 Not Found", ""),
        ("200 OK", "<!doctype html>"),
        ("500 Oops", "{}"),
        ("200 OK", &endless),
    ] {
        let (error, _) = tokio::join!(lookup_room(&here, "X"), server.answer(status, body));
        assert!(
            matches!(error, Err(ApiError::NotOurServer { .. })),
            "{error:?}"
        );
    }

    let start = Instant::now();
    let silent = lookup_room(&here, "X");
    let (error, held) = tokio::join!(soon(silent), server.accept_raw());
    assert!(
        matches!(error, Err(ApiError::Unreachable { .. })),
        "{error:?}"
    );
    assert!(start.elapsed() < Duration::from_secs(8));
    drop((held, server));
    let wanted = CreateRoom::default();
    assert!(matches!(
        create_room(&here, &wanted).await,
        Err(ApiError::Unreachable { .. })
    ));
}
