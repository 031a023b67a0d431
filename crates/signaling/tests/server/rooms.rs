//! Listing, sealing and closing rooms, and quick match.

use crate::{
    client::{Client, problem},
    http::{get, request},
    peer::Peer,
    support::Server,
};
use matchbox_protocol::PeerEvent::NewPeer;
use protocol::{
    api::{CreateRoom, ProblemCode, QuickMatch, Room, RoomList, Visibility},
    limits::MAX_LISTED_ROOMS,
};
use signaling::Config;
use std::collections::HashSet;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;

fn wanted(visibility: Visibility, version: &str, capacity: usize) -> CreateRoom {
    CreateRoom {
        visibility,
        capacity,
        version: version.parse().unwrap(),
        peer: None,
    }
}

/// Makes a room and enters it.
async fn open(client: &Client, wanted: CreateRoom) -> (String, Peer) {
    let wanted = CreateRoom {
        peer: Some(client.id()),
        ..wanted
    };
    let created = client.create(wanted).await;
    let ticket = created.pass.unwrap().ticket;
    let peer = client.enter(&created.room.code, &ticket).await;
    (created.room.code, peer)
}

async fn list(server: &Server, query: &str) -> RoomList {
    let response = get(server.address, &format!("/api/v1/rooms{query}")).await;
    assert_eq!(response.status, 200);
    assert_eq!(response.header("cache-control"), "no-store");
    response.json()
}

fn codes(rooms: &[Room]) -> Vec<&str> {
    rooms.iter().map(|room| room.code.as_str()).collect()
}

#[tokio::test]
async fn the_list_has_rooms_that_anyone_may_join() {
    let server = Server::start(Config::default()).await;
    let client = |number| Client::new(&server, number);
    let (one, _a) = open(&client(1), wanted(Visibility::Public, "1", 8)).await;
    let (two, _b) = open(&client(2), wanted(Visibility::Public, "2", 8)).await;
    // Not one that is private, empty, full or sealed, nor one that was not created.
    let (_, _c) = open(&client(3), wanted(Visibility::Private, "1", 8)).await;
    client(4).create(wanted(Visibility::Public, "1", 8)).await;
    let (full, _d) = open(&client(5), wanted(Visibility::Public, "", 2)).await;
    let e = client(6).join(&full).await;
    let (sealed, _f) = open(&client(7), wanted(Visibility::Public, "", 8)).await;
    assert_eq!(client(7).seal(&sealed, true).await.status, 200);
    let _g = Peer::join(&server.ws("bare")).await;

    let all = list(&server, "").await;
    assert_eq!(
        codes(&all.rooms).into_iter().collect::<HashSet<_>>(),
        HashSet::from([one.as_str(), two.as_str()])
    );
    assert_eq!(all.next, None);
    assert_eq!(codes(&list(&server, "?version=2").await.rooms), [&two]);
    assert_eq!(list(&server, "?version=3").await, RoomList::default());
    assert_eq!(list(&server, "?version=").await, RoomList::default());
    e.leave().await;
    assert_eq!(client(7).seal(&sealed, false).await.status, 200);
    // The one that left may still be leaving.
    while list(&server, "?version=").await.rooms.len() < 2 {}
}

#[tokio::test]
async fn pages_neither_repeat_nor_skip() {
    const ROOMS: u8 = 23;
    let server = Server::start(Config::default()).await;
    let mut open_rooms = Vec::new();
    for number in 0..ROOMS {
        let client = Client::new(&server, number);
        open_rooms.push(open(&client, wanted(Visibility::Public, "", 8)).await);
    }
    let mut seen = Vec::new();
    let mut query = "?limit=5".to_owned();
    loop {
        let page = list(&server, &query).await;
        assert!(page.rooms.len() <= 5);
        seen.extend(page.rooms.iter().map(|room| room.code.clone()));
        let Some(next) = page.next else {
            break;
        };
        // What happens to the last one changes nothing.
        let (_, peer) = open_rooms.pop().unwrap();
        peer.leave().await;
        query = format!("?limit=5&after={next}");
    }
    let unique: HashSet<_> = seen.iter().collect();
    assert_eq!(unique.len(), seen.len());
    for (code, _) in &open_rooms {
        assert!(seen.contains(code), "{code}");
    }
}

#[tokio::test]
async fn a_list_that_cannot_be_is_refused() {
    let server = Server::start(Config::default()).await;
    let too_many = format!("limit={}", MAX_LISTED_ROOMS + 1);
    for query in [
        "limit=0",
        "limit=x",
        "limit=-1",
        "limit=18446744073709551615",
        &too_many,
        "after=x",
        "after=1.",
        "after=.BCD234",
        "after=99999999999999999999.BCD234",
        "version=a%20b",
        "limit=1&limit=2",
    ] {
        let response = get(server.address, &format!("/api/v1/rooms?{query}")).await;
        let refused = (400, ProblemCode::BadRequest);
        assert_eq!(problem(&response), refused, "{query}");
    }
}

#[tokio::test]
async fn a_sealed_room_lets_only_those_in_who_were_there() {
    let server = Server::start(Config::default()).await;
    let (ada, bob, cid) = (
        Client::new(&server, 1),
        Client::new(&server, 2),
        Client::new(&server, 3),
    );
    let (code, mut ada_peer) = open(&ada, wanted(Visibility::Public, "", 8)).await;
    let bob_s = bob.ticket(&code).await;
    let bob_peer = bob.enter(&code, &bob_s).await;
    assert_eq!(ada_peer.event().await, NewPeer(bob.id()));
    let cid_s = cid.ticket(&code).await;

    let not_owner = (403, ProblemCode::NotOwner);
    assert_eq!(problem(&bob.seal(&code, true).await), not_owner);
    assert_eq!(problem(&cid.seal(&code, true).await), not_owner);
    let sealed = ada.seal(&code, true).await;
    assert_eq!(sealed.status, 200);
    assert!(sealed.json::<Room>().sealed);

    let refused = (409, ProblemCode::RoomSealed);
    assert_eq!(problem(&cid.ask_ticket(&code, None).await), refused);
    // Neither a ticket from before nor one that proves nothing is a way in.
    assert_eq!(cid.refusal(&code, &cid_s).await, refused);
    for earlier in [cid_s.as_str(), "forged", ""] {
        let response = cid.ask_ticket(&code, Some(earlier)).await;
        assert_eq!(problem(&response), refused, "{earlier}");
    }
    // Bob reloads his page: another socket, another id, and the ticket he had.
    bob_peer.leave().await;
    let reloaded = Client::new(&server, 22);
    let response = reloaded.ask_ticket(&code, Some(&bob_s)).await;
    assert_eq!(response.status, 201);
    let again: protocol::api::Admission = response.json();
    reloaded.enter(&code, &again.pass.ticket).await;
    // And by the id that he had he may come, too.
    bob.join(&code).await;

    assert!(!ada.seal(&code, false).await.json::<Room>().sealed);
    cid.enter(&code, &cid_s).await;
}

#[tokio::test]
async fn a_closed_room_is_over_for_everybody() {
    let server = Server::start(Config::default()).await;
    let (ada, bob) = (Client::new(&server, 1), Client::new(&server, 2));
    let (code, mut ada_peer) = open(&ada, wanted(Visibility::Public, "", 8)).await;
    let mut bob_peer = bob.join(&code).await;
    let not_owner = (403, ProblemCode::NotOwner);
    assert_eq!(problem(&bob.close(&code).await), not_owner);
    assert_eq!(ada.close(&code).await.status, 204);
    for peer in [&mut ada_peer, &mut bob_peer] {
        let frame = peer.closed().await.unwrap();
        assert_eq!(frame.code, CloseCode::from(4002));
    }
    let gone = (404, ProblemCode::NoSuchRoom);
    assert_eq!(problem(&ada.close(&code).await), gone);
    assert_eq!(problem(&ada.seal(&code, true).await), gone);
    assert_eq!(problem(&bob.ask_ticket(&code, None).await), gone);
    // It has no part in who owns the next one.
    let (code, _peer) = open(&bob, wanted(Visibility::Public, "", 8)).await;
    assert_eq!(problem(&ada.close(&code).await), not_owner);
}

#[tokio::test]
async fn only_a_token_proves_who_owns_a_room() {
    let server = Server::start(Config::default()).await;
    let ada = Client::new(&server, 1);
    let (code, _peer) = open(&ada, wanted(Visibility::Private, "", 8)).await;
    let path = format!("/api/v1/rooms/{code}");
    let token = ada.token.to_secret_text();
    for header in [
        "X: y".to_owned(),
        "Authorization: ".to_owned(),
        "Authorization: Bearer".to_owned(),
        "Authorization: Bearer ".to_owned(),
        format!("Authorization: Basic {token}"),
        format!("Authorization: Bearer {}", ada.id()),
        format!("Authorization: Bearer {}", &token[1..]),
    ] {
        let response = request(server.address, "DELETE", &path, &[&header]).await;
        assert_eq!(response.status, 401, "{header}");
    }
    let header = format!("authorization: bearer {token}");
    let response = request(server.address, "DELETE", &path, &[&header]).await;
    assert_eq!(response.status, 204);
}

fn quick(client: &Client, version: &str, capacity: usize) -> QuickMatch {
    QuickMatch {
        peer: client.id(),
        version: version.parse().unwrap(),
        capacity,
    }
}

#[tokio::test]
async fn quick_match_leads_to_the_fullest_room_of_the_version() {
    let server = Server::start(Config::default()).await;
    let client = |number| Client::new(&server, number);
    let (small, _a) = open(&client(1), wanted(Visibility::Public, "1", 8)).await;
    let (large, _b) = open(&client(2), wanted(Visibility::Public, "2", 8)).await;
    let (_, _c) = open(&client(3), wanted(Visibility::Private, "1", 8)).await;
    let ada = client(4);
    let (status, found) = ada.quick(quick(&ada, "2", 8)).await;
    assert_eq!((status, found.room.code.as_str()), (200, large.as_str()));
    let (status, found) = ada.quick(quick(&ada, "1", 8)).await;
    assert_eq!((status, found.room.code.as_str()), (200, small.as_str()));
    let _ada = ada.enter(&small, &found.pass.ticket).await;
    // Another version's rooms are no rooms.
    let bob = client(5);
    let (status, made) = bob.quick(quick(&bob, "3", 2)).await;
    assert_eq!((status, made.room.capacity), (201, 2));
    assert_eq!(made.room.visibility, Visibility::Public);
    bob.enter(&made.room.code, &made.pass.ticket).await;
}

#[tokio::test]
async fn many_who_ask_at_once_are_spread() {
    let server = Server::start(Config::default()).await;
    let mut places = Vec::new();
    for number in 0..10 {
        let client = Client::new(&server, number);
        let (_, admission) = client.quick(quick(&client, "", 4)).await;
        places.push((client, admission));
    }
    let mut peers = Vec::new();
    for (client, admission) in &places {
        peers.push(
            client
                .enter(&admission.room.code, &admission.pass.ticket)
                .await,
        );
    }
    let rooms: HashSet<_> = places.iter().map(|(_, a)| &a.room.code).collect();
    assert_eq!(rooms.len(), 3, "ten players in rooms of four");
}
