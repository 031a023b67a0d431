//! Created rooms are entered with tickets, and only with one's own.

use crate::{
    client::{Client, problem, refusal},
    peer::{Peer, signal_from},
    support::Server,
};
use futures::{FutureExt, StreamExt};
use matchbox_protocol::PeerEvent::{NewPeer, PeerLeft};
use protocol::api::{
    Admission, CreateRoom, ProblemCode, Remembered, Room, TicketRequest, Visibility,
};
use serde_json::json;
use signaling::{Config, ServeError, serve};
use std::{fs, path::PathBuf};
use tokio::net::TcpListener;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;

async fn room(server: &Server) -> String {
    let created = Client::new(server, 0).create(CreateRoom::default()).await;
    assert_eq!(created.pass, None);
    created.room.code
}

#[tokio::test]
async fn who_makes_a_room_may_enter_it_at_once() {
    let server = Server::start(Config::default()).await;
    let ada = Client::new(&server, 1);
    let wanted = CreateRoom {
        visibility: Visibility::Public,
        capacity: 3,
        version: "1.2".parse().unwrap(),
        peer: Some(ada.id()),
    };
    let created = ada.create(wanted).await;
    let expected = Room {
        code: created.room.code.clone(),
        peers: 0,
        capacity: 3,
        visibility: Visibility::Public,
        version: "1.2".parse().unwrap(),
        sealed: false,
    };
    assert_eq!(created.room, expected);
    ada.enter(&created.room.code, &created.pass.unwrap().ticket)
        .await;
}

#[tokio::test]
async fn a_created_room_is_entered_with_a_ticket_only() {
    let server = Server::start(Config::default()).await;
    let code = room(&server).await;
    let required = (401, ProblemCode::TicketRequired);
    for path in [
        code.clone(),
        code.to_lowercase(),
        format!("{}-{}", &code[..2], &code[2..]),
        format!("{code}?token={}", "0".repeat(32)),
    ] {
        assert_eq!(refusal(&server.ws(&path)).await, required, "{path}");
    }
    // Groups have names of their own, as has whatever was not created.
    Peer::join(&server.ws(&format!("{code}?next=2"))).await;
    Peer::join(&server.ws("BBBBBB")).await;
}

#[tokio::test]
async fn a_ticket_is_for_one_peer_and_one_room() {
    let server = Server::start(Config::default()).await;
    let (here, there) = (room(&server).await, room(&server).await);
    let (ada, bob) = (Client::new(&server, 1), Client::new(&server, 2));
    let mut friend = Client::new(&server, 3).join(&here).await;
    let ticket = ada.ticket(&here).await;
    let bad = (401, ProblemCode::BadTicket);
    assert_eq!(bob.refusal(&here, &ticket).await, bad, "another peer's");
    assert_eq!(ada.refusal(&there, &ticket).await, bad, "another room's");
    assert_eq!(ada.refusal("BBBBBB", &ticket).await, bad);
    assert_eq!(ada.refusal("kitchen", &ticket).await, bad);
    assert_eq!(ada.refusal(&here, "").await, bad);
    let (head, tail) = ticket.split_at(ticket.len() / 2);
    let flipped = if head.ends_with('A') { "B" } else { "A" };
    let forged = format!("{}{flipped}{tail}", &head[..head.len() - 1]);
    assert_eq!(ada.refusal(&here, &forged).await, bad);
    assert_eq!(ada.refusal(&here, &"A".repeat(8_000)).await, bad);
    let stolen = server.ws(&format!("{here}?ticket={ticket}"));
    assert_eq!(refusal(&stolen).await, bad, "without the token");
    let malformed = (400, ProblemCode::BadRequest);
    for more in [&format!("&ticket={ticket}"), "&next=2", "&token=0"] {
        let url = format!("{}{more}", ada.url(&here, &ticket));
        assert_eq!(refusal(&url).await, malformed, "{more}");
    }
    // Nobody was told of any of them.
    assert!(friend.socket.next().now_or_never().is_none());
    let ada = ada.enter(&here.to_lowercase(), &ticket).await;
    assert_eq!(friend.event().await, NewPeer(ada.id));
}

#[tokio::test]
async fn a_replayed_ticket_is_the_same_peer() {
    let server = Server::start(Config::default()).await;
    let code = room(&server).await;
    let mut friend = Client::new(&server, 3).join(&code).await;
    let ada = Client::new(&server, 1);
    let ticket = ada.ticket(&code).await;
    let mut older = ada.enter(&code, &ticket).await;
    assert_eq!(friend.event().await, NewPeer(ada.id()));
    for _ in 0..4 {
        // Another ticket of the same peer is no other peer either.
        for ticket in [&ticket, &ada.ticket(&code).await] {
            let newer = ada.enter(&code, ticket).await;
            let frame = older.closed().await.unwrap();
            assert_eq!(frame.code, CloseCode::from(4001));
            older = newer;
        }
    }
    older.signal(friend.id, "here").await;
    assert_eq!(friend.event().await, signal_from(ada.id(), "here"));
    older.leave().await;
    assert_eq!(friend.event().await, PeerLeft(ada.id()));
    // It lets the same peer in again.
    ada.enter(&code, &ticket).await;
    assert_eq!(friend.event().await, NewPeer(ada.id()));
}

#[tokio::test]
async fn what_is_wrong_with_a_request_is_said() {
    let server = Server::start(Config::default()).await;
    let ada = Client::new(&server, 1);
    let code = room(&server).await;
    let id = ada.id();
    let long = "v".repeat(33);
    let tickets = format!("/api/v1/rooms/{code}/tickets");
    let bad = (400, ProblemCode::BadRequest);
    for (path, body) in [
        ("/api/v1/rooms", json!({ "capacity": 1 })),
        ("/api/v1/rooms", json!({ "capacity": 17 })),
        ("/api/v1/rooms", json!({ "capacity": -1 })),
        ("/api/v1/rooms", json!({ "capacity": u64::MAX })),
        ("/api/v1/rooms", json!({ "capacity": "8" })),
        ("/api/v1/rooms", json!({ "visibility": "secret" })),
        ("/api/v1/rooms", json!({ "version": long })),
        ("/api/v1/rooms", json!({ "version": "a b" })),
        ("/api/v1/rooms", json!({ "peer": "ada" })),
        ("/api/v1/rooms", json!([])),
        ("/api/v1/quick", json!({})),
        ("/api/v1/quick", json!({ "peer": id, "capacity": 99 })),
        (&tickets, json!({})),
        (&tickets, json!({ "peer": null })),
        (&tickets, json!("x")),
    ] {
        let response = ada.ask("POST", path, &body, None).await;
        assert_eq!(problem(&response), bad, "{path} {body}");
    }
    let endless = json!({ "version": "x".repeat(8_000) });
    let response = ada.ask("POST", "/api/v1/rooms", &endless, None).await;
    assert_eq!(problem(&response), (413, ProblemCode::BadRequest));
    let response = ada.ask_ticket("BBBBBB", None).await;
    assert_eq!(problem(&response), (404, ProblemCode::NoSuchRoom));
}

#[tokio::test]
async fn versions_and_places_are_checked_before_a_ticket_is_given() {
    let server = Server::start(Config::default()).await;
    let (ada, bob, cid) = (
        Client::new(&server, 1),
        Client::new(&server, 2),
        Client::new(&server, 3),
    );
    let wanted = CreateRoom {
        capacity: 2,
        version: "1.2".parse().unwrap(),
        ..CreateRoom::default()
    };
    let code = ada.create(wanted).await.room.code;
    let wrong = ada.ask_ticket(&code, None).await;
    assert_eq!(problem(&wrong), (409, ProblemCode::WrongVersion));

    let wanted = CreateRoom {
        capacity: 2,
        ..CreateRoom::default()
    };
    let code = ada.create(wanted).await.room.code;
    // Three tickets for two places: who comes last stays out.
    let tickets = [
        ada.ticket(&code).await,
        bob.ticket(&code).await,
        cid.ticket(&code).await,
    ];
    let _ada = ada.enter(&code, &tickets[0]).await;
    let _bob = bob.enter(&code, &tickets[1]).await;
    let full = (409, ProblemCode::RoomFull);
    assert_eq!(cid.refusal(&code, &tickets[2]).await, full);
    assert_eq!(problem(&cid.ask_ticket(&code, None).await), full);
    // Who is in it may always have another.
    assert_eq!(bob.ask_ticket(&code, None).await.status, 201);
}

/// A file with these keys, removed when dropped.
struct KeyFile(PathBuf);

impl KeyFile {
    fn new(name: &str, keys: &[&str]) -> Self {
        let name = format!("peerball-server-keys-{}-{name}", std::process::id());
        let path = std::env::temp_dir().join(name);
        fs::write(&path, keys.join("\n")).unwrap();
        Self(path)
    }

    fn config(&self) -> Config {
        Config {
            key_file: Some(self.0.clone()),
            ..Config::default()
        }
    }
}

impl Drop for KeyFile {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

#[tokio::test]
async fn a_restarted_server_with_the_same_key_forms_rooms_again() {
    let (old, new) = ("0a".repeat(32), "0b".repeat(32));
    let before = KeyFile::new("before", &[&old]);
    let server = Server::start(before.config()).await;
    let address = server.address;
    let (ada, bob) = (Client::new(&server, 1), Client::new(&server, 2));
    let wanted = CreateRoom {
        visibility: Visibility::Public,
        capacity: 3,
        version: "1.2".parse().unwrap(),
        peer: Some(ada.id()),
    };
    let created = ada.create(wanted).await;
    let code = created.room.code.clone();
    let ada_s = created.pass.unwrap().ticket;
    let request = TicketRequest {
        peer: bob.id(),
        version: "1.2".parse().unwrap(),
        again: None,
    };
    let path = format!("/api/v1/rooms/{code}/tickets");
    let bob_s: Admission = bob.ask("POST", &path, &request, None).await.json();
    let bob_s = bob_s.pass.ticket;
    drop(ada.enter(&code, &ada_s).await);
    server.stop().await;

    // Its key is a new one, and the old one still counts.
    let rotated = KeyFile::new("rotated", &[&new, &old]);
    let server = Server::start_at(address, rotated.config()).await;
    let unknown = ada.ask_ticket(&code, None).await;
    assert_eq!(problem(&unknown), (404, ProblemCode::NoSuchRoom));
    let mut bob_peer = bob.enter(&code, &bob_s).await;
    let _ada = ada.enter(&code, &ada_s).await;
    assert_eq!(bob_peer.event().await, NewPeer(ada.id()));
    let found: Room = ada
        .ask("GET", &format!("/api/v1/rooms/{code}"), &json!({}), None)
        .await
        .json();
    let expected = Room {
        peers: 2,
        ..created.room
    };
    assert_eq!(found, expected);
    drop(bob_peer);
    server.stop().await;

    // Without the old key its tickets are nothing, but who was there may make the room again.
    let after = KeyFile::new("after", &[&new]);
    let server = Server::start_at(address, after.config()).await;
    let bad = (401, ProblemCode::BadTicket);
    assert_eq!(ada.refusal(&code, &ada_s).await, bad);
    let mut peers = Vec::new();
    for client in [bob, ada] {
        let request = TicketRequest {
            peer: client.id(),
            version: "1.2".parse().unwrap(),
            again: Some(Remembered {
                visibility: Visibility::Public,
                capacity: 3,
            }),
        };
        let response = client.ask("POST", &path, &request, Some(&ada_s)).await;
        let admission: Admission = response.json();
        assert_eq!(admission.room.capacity, 3);
        peers.push(client.enter(&code, &admission.pass.ticket).await);
    }
    assert_eq!(peers[0].event().await, NewPeer(ada.id()));
    server.stop().await;
}

#[tokio::test]
async fn a_forgotten_room_is_made_again_with_an_earlier_ticket() {
    let server = Server::start(Config {
        room_grace: std::time::Duration::ZERO,
        ..Config::default()
    })
    .await;
    let (ada, bob) = (Client::new(&server, 1), Client::new(&server, 2));
    let wanted = CreateRoom {
        peer: Some(ada.id()),
        ..CreateRoom::default()
    };
    let created = ada.create(wanted).await;
    let (code, ticket) = (created.room.code, created.pass.unwrap().ticket);
    let gone = bob.ask_ticket(&code, None).await;
    assert_eq!(problem(&gone), (404, ProblemCode::NoSuchRoom));
    let again: Admission = bob.ask_ticket(&code, Some(&ticket)).await.json();
    let mut bob_peer = bob.enter(&code, &again.pass.ticket).await;
    ada.enter(&code, &ticket).await;
    assert_eq!(bob_peer.event().await, NewPeer(ada.id()));
}

#[tokio::test]
async fn bare_rooms_can_be_turned_off() {
    let server = Server::start(Config {
        bare_rooms: false,
        ..Config::default()
    })
    .await;
    let required = (401, ProblemCode::TicketRequired);
    for path in ["", "kitchen", "kitchen?next=2", "BBBBBB"] {
        assert_eq!(refusal(&server.ws(path)).await, required, "{path:?}");
    }
    let malformed = (400, ProblemCode::BadRequest);
    assert_eq!(refusal(&server.ws("a?next=0")).await, malformed);
    let code = room(&server).await;
    Client::new(&server, 1).join(&code).await;
}

#[tokio::test]
async fn a_key_file_that_holds_no_key_stops_the_start() {
    let file = KeyFile::new("none", &["not a key"]);
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let result = serve(listener, file.config(), std::future::pending()).await;
    assert!(matches!(result, Err(ServeError::Keys(_))));
}
