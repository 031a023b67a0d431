//! Rooms that a server has created: made, found, sealed and closed through the client's functions, and
//! entered with tickets that outlast it or are replaced.
#![cfg(not(target_arch = "wasm32"))]

mod scripted;
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
#[allow(dead_code, reason = "the server's own tests use the rest")]
#[path = "../../signaling/tests/support/mod.rs"]
mod support;
#[allow(dead_code, reason = "each test uses its part of it")]
mod talk;

use matchbox_socket::{PeerEvent, Signaller, SignallerBuilder};
use netplay::{
    signaling::{
        api::{ApiError, ServerUrl, list_rooms, lookup_room},
        directory::Directory,
        entrance::{Entrance, Found, by_code, by_code_or_name},
        remote::RemoteSignaller,
    },
    transport::SignalingState,
};
use protocol::{
    PeerId,
    api::{CreateRoom, ProblemCode, VersionTag, Visibility},
    limits::MAX_LISTED_ROOMS,
};
use scripted::{id, soon};
use signaling::Config;
use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};
use support::Server;
use talk::until;

fn url(server: &Server) -> ServerUrl {
    server.address.to_string().parse().expect("an address")
}

fn version(text: &str) -> VersionTag {
    text.parse().expect("a version")
}

fn public(capacity: usize) -> CreateRoom {
    CreateRoom {
        visibility: Visibility::Public,
        capacity,
        version: version("1"),
        peer: None,
    }
}

/// A peer in a room, without channels.
struct Peer {
    signaller: Box<dyn Signaller>,
    directory: Directory,
}

impl Peer {
    async fn enter(entrance: &Entrance) -> Self {
        let directory = Directory::default();
        let builder = RemoteSignaller::entering(directory.clone(), entrance.clone());
        let signaller = builder.new_signaller(None, String::new()).await;
        Self {
            signaller: signaller.expect("returns at once"),
            directory,
        }
    }

    async fn event(&mut self) -> PeerEvent {
        soon(self.signaller.next_message()).await.expect("an event")
    }

    async fn is_told(&mut self, event: PeerEvent) {
        assert_eq!(self.event().await, event);
    }

    async fn ends(&self) -> String {
        let mut sentence = String::new();
        until("signaling has failed", || {
            match self.directory.signaling() {
                SignalingState::Failed(outage) => {
                    sentence = outage.to_string();
                    true
                }
                _ => false,
            }
        })
        .await;
        sentence
    }
}

/// Enters, and waits until it is in.
async fn enter(entrance: &Entrance) -> Peer {
    let mut peer = Peer::enter(entrance).await;
    peer.is_told(PeerEvent::IdAssigned(entrance.peer_id()))
        .await;
    peer
}

#[tokio::test]
async fn rooms_are_made_found_and_entered() {
    let server = Server::start(Config::default()).await;
    let here = url(&server);
    let ada = Entrance::create(&here, public(3)).await.expect("a room");
    let code = &ada.room().code;
    let mut ada_peer = enter(&ada).await;
    let bob = Entrance::join(&here, code, version("1"), None).await;
    let bob = bob.expect("a ticket");
    let _bob_peer = enter(&bob).await;
    ada_peer.is_told(PeerEvent::NewPeer(bob.peer_id())).await;

    let found = lookup_room(&here, code).await.expect("the room");
    assert_eq!((found.peers, found.capacity), (2, 3));
    let list = list_rooms(&here, &version("1"), None, MAX_LISTED_ROOMS)
        .await
        .expect("a list");
    assert_eq!((list.rooms, list.next), (vec![found], None));
    let others = list_rooms(&here, &version("2"), Some("1.BCD234"), 1).await;
    assert_eq!(others.expect("a list").rooms, []);

    let cid = Entrance::quick(&here, version("1"), 8)
        .await
        .expect("a room");
    assert_eq!(&cid.room().code, code);
    let dan = Entrance::quick(&here, version("1"), 4)
        .await
        .expect("a room");
    assert_ne!(&dan.room().code, code, "the last place is Cid's");
    assert_eq!(dan.room().capacity, 4);
}

/// The code of the problem that a request met.
fn problem<T>(result: Result<T, ApiError>) -> Option<ProblemCode> {
    match result {
        Ok(_) => None,
        Err(error) => {
            assert!(error.to_string().ends_with('.'), "a sentence: {error}");
            error.code()
        }
    }
}

#[tokio::test]
async fn owners_seal_and_close_and_refusals_say_why() {
    let server = Server::start(Config::default()).await;
    let here = url(&server);
    let join = async |code: &str, tag: &str, earlier: Option<&str>| {
        Entrance::join(&here, code, version(tag), earlier).await
    };
    let ada = Entrance::create(&here, public(2)).await.expect("a room");
    let code = ada.room().code.clone();
    let ada_peer = enter(&ada).await;
    let bob = join(&code, "1", None).await.expect("a ticket");
    let cid = join(&code, "1", None).await.expect("a ticket");
    let bob_peer = enter(&bob).await;

    let full = Some(ProblemCode::RoomFull);
    assert_eq!(problem(join(&code, "1", None).await), full);
    let sentence = Peer::enter(&cid).await.ends().await;
    assert_eq!(sentence, "The server refused: The room is full.");
    let wrong = Some(ProblemCode::WrongVersion);
    assert_eq!(problem(join(&code, "2", None).await), wrong);
    let none = Some(ProblemCode::NoSuchRoom);
    for code in ["BBBBBB", "kitchen", "a/b", "../rooms", "x?y=1&z#", ""] {
        let refused = by_code(&here, code, version("1"), None).await;
        assert!(
            [none, Some(ProblemCode::BadRequest)].contains(&problem(refused)),
            "{code}"
        );
    }
    let not_owner = Some(ProblemCode::NotOwner);
    assert_eq!(problem(bob.seal(true).await), not_owner);
    assert_eq!(problem(bob.close().await), not_owner);

    assert!(ada.seal(true).await.expect("the owner").sealed);
    drop(bob_peer);
    // Its goodbye may still be on the way.
    let sealed = Some(ProblemCode::RoomSealed);
    assert_eq!(problem(join(&code, "1", None).await), sealed);
    let again = loop {
        match join(&code, "1", Some(&bob.ticket())).await {
            Err(error) if error.code() == full => {}
            again => break again.expect("Bob was here before"),
        }
    };
    let again = enter(&again).await;
    assert!(!ada.seal(false).await.expect("the owner").sealed);

    ada.close().await.expect("the owner");
    for peer in [&ada_peer, &again] {
        assert_eq!(peer.ends().await, "The room was closed by its owner.");
    }
    assert_eq!(problem(join(&code, "1", None).await), none);
}

#[tokio::test]
async fn names_that_are_no_codes_lead_to_bare_rooms() {
    let server = Server::start(Config::default()).await;
    let here = url(&server);
    let found = by_code_or_name(&here, "kitchen", version("")).await;
    assert!(matches!(found, Ok(Found::Bare { .. })), "{found:?}");
    let found = by_code_or_name(&here, "bcd-234", version("")).await;
    assert_eq!(problem(found), Some(ProblemCode::NoSuchRoom));
}

/// A file with a key, removed when dropped.
struct KeyFile(PathBuf);

impl KeyFile {
    fn new(name: &str) -> Self {
        let name = format!("peerball-entrance-{}-{name}", std::process::id());
        Self(std::env::temp_dir().join(name))
    }

    fn config(&self) -> Config {
        Config {
            key_file: Some(Path::to_owned(&self.0)),
            ..Config::default()
        }
    }
}

impl Drop for KeyFile {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

/// Two peers in a room of a server, which is then started anew; both come back by the ids they had,
/// and a newcomer is introduced to both. Whether their tickets are the ones they had.
async fn restart(before: Config, after: Config) -> [bool; 2] {
    let server = Server::start(before).await;
    let (address, here) = (server.address, url(&server));
    let ada = Entrance::create(&here, public(5)).await.expect("a room");
    let code = ada.room().code.clone();
    let bob = Entrance::join(&here, &code, version("1"), None).await;
    let bob = bob.expect("a ticket");
    let mut peers = [enter(&ada).await, enter(&bob).await];
    peers[0].is_told(PeerEvent::NewPeer(bob.peer_id())).await;
    let tickets = [ada.ticket(), bob.ticket()];
    server.stop().await;

    let server = Server::start_at(address, after).await;
    soon(async {
        // Both come back by themselves, whatever the server remembers.
        while lookup_room(&here, &code).await.map_or(0, |room| room.peers) < 2 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    })
    .await;
    let newcomer = Entrance::join(&here, &code, version("1"), None).await;
    let newcomer = newcomer.expect("a ticket");
    let room = newcomer.room();
    assert_eq!((room.capacity, &room.version), (5, &version("1")));
    let _newcomer_peer = enter(&newcomer).await;
    let told = PeerEvent::NewPeer(newcomer.peer_id());
    for peer in &mut peers {
        // Who came back first was told of the other, too.
        while peer.event().await != told {}
    }
    server.stop().await;
    [ada.ticket() == tickets[0], bob.ticket() == tickets[1]]
}

#[tokio::test]
async fn a_server_with_the_same_key_takes_the_tickets_it_gave() {
    let key = KeyFile::new("same");
    assert_eq!(restart(key.config(), key.config()).await, [true; 2]);
}

#[tokio::test]
async fn a_server_with_another_key_gives_other_tickets_to_the_same_peers() {
    let kept = restart(Config::default(), Config::default()).await;
    assert_eq!(kept, [false; 2]);
}

const BAD_TICKET: &str = r#"{"code":"bad-ticket","status":401,"title":"The ticket is not valid."}"#;

fn admission(ticket: &str) -> String {
    format!(
        r#"{{"ticket":"{ticket}","expires":1,"room":{{"code":"BCD234","peers":0,"capacity":8}}}}"#
    )
}

/// An entrance to a scripted server, with the ticket "ONE".
async fn scripted(server: &scripted::Server) -> Entrance {
    let here: ServerUrl = server.address().parse().expect("an address");
    let body = admission("ONE");
    let (entrance, _) = tokio::join!(
        Entrance::join(&here, "BCD234", version(""), None),
        server.answer("201 Created", &body)
    );
    entrance.expect("a ticket")
}

#[tokio::test]
async fn a_refused_ticket_is_replaced_once_and_by_another() {
    let server = scripted::Server::start().await;
    let entrance = scripted(&server).await;
    let mut peer = Peer::enter(&entrance).await;
    let first = server.answer("401 Unauthorized", BAD_TICKET).await;
    assert!(first.contains("&ticket=ONE "), "{first}");
    let renewal = server.answer("201 Created", &admission("TWO")).await;
    assert!(renewal.starts_with("POST /api/v1/rooms/BCD234/tickets "));
    assert!(renewal.to_lowercase().contains("authorization: bearer one"));
    let (mut connection, path) = server.accept_with_path().await;
    assert!(path.ends_with("&ticket=TWO"), "{path}");
    connection
        .tell(PeerEvent::IdAssigned(entrance.peer_id()))
        .await;
    peer.is_told(PeerEvent::IdAssigned(entrance.peer_id()))
        .await;
    assert_eq!(entrance.ticket(), "TWO");
    // A connection that breaks needs no other ticket.
    drop(connection);
    let (_connection, path) = server.accept_with_path().await;
    assert!(path.ends_with("&ticket=TWO"), "{path}");
}

#[tokio::test]
async fn a_refused_ticket_that_is_not_replaced_is_the_end() {
    let server = scripted::Server::start().await;
    let peer = Peer::enter(&scripted(&server).await).await;
    server.answer("401 Unauthorized", BAD_TICKET).await;
    let sealed = r#"{"code":"room-sealed","status":409,"title":"The owner says no."}"#;
    server.answer("409 Conflict", sealed).await;
    assert_eq!(peer.ends().await, "The server refused: The owner says no.");
}

#[tokio::test]
async fn a_server_that_refuses_every_ticket_is_left_alone() {
    let server = scripted::Server::start().await;
    let peer = Peer::enter(&scripted(&server).await).await;
    let refusing = async {
        loop {
            server.answer("401 Unauthorized", BAD_TICKET).await;
            server.answer("201 Created", &admission("NEXT")).await;
        }
    };
    tokio::select! {
        sentence = peer.ends() => {
            assert_eq!(sentence, "The server refused: The ticket is not valid.");
        }
        () = refusing => {}
    }
}

#[tokio::test]
async fn a_server_with_another_id_for_us_is_none() {
    let server = scripted::Server::start().await;
    let entrance = scripted(&server).await;
    let other: PeerId = id(7);
    assert_ne!(entrance.peer_id(), other);
    let peer = Peer::enter(&entrance).await;
    let (mut connection, _) = server.accept_with_path().await;
    connection.tell(PeerEvent::IdAssigned(other)).await;
    assert_eq!(
        peer.ends().await,
        "The server has another id for us than before."
    );
}
