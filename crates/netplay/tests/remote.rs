//! The `remote` signaling client against servers that misbehave in every way.
#![cfg(not(target_arch = "wasm32"))]

mod scripted;
#[allow(dead_code, reason = "each test uses its part of it")]
mod talk;

use matchbox_socket::{PeerEvent, PeerRequest, PeerSignal, Signaller, SignallerBuilder};
use netplay::{
    signaling::{directory::Directory, remote::RemoteSignaller},
    transport::{
        Outage, SignalingState, Transport,
        matchbox::{Ice, MatchboxTransport, Signaling, spawn},
    },
};
use scripted::{Connection, Server, id, soon};
use std::time::{Duration, Instant};
use talk::until;
use tokio_tungstenite::tungstenite::Message;

const OFFER: &str = include_str!("guard_data/chromium_offer.sdp");

async fn join(url: String) -> (Box<dyn Signaller>, Directory) {
    let directory = Directory::default();
    let builder = RemoteSignaller::builder(directory.clone());
    (
        builder
            .new_signaller(None, url)
            .await
            .expect("returns at once"),
        directory,
    )
}

/// Joins as peer 1, and meets peer 2.
async fn meet(server: &Server) -> (Box<dyn Signaller>, Directory, Connection) {
    let (mut signaller, directory) = join(server.room_url()).await;
    let mut connection = server.accept().await;
    connection.tell(PeerEvent::IdAssigned(id(1))).await;
    connection.tell(PeerEvent::NewPeer(id(2))).await;
    soon(signaller.next_message()).await.expect("our id");
    soon(signaller.next_message()).await.expect("a newcomer");
    (signaller, directory, connection)
}

fn join_whole(url: String) -> MatchboxTransport {
    spawn(Signaling::Remote { room_url: url }, Ice::default()).expect("a thread")
}

async fn failure(transport: &MatchboxTransport) -> String {
    let mut sentence = String::new();
    until("signaling has failed", || match transport.signaling() {
        SignalingState::Failed(outage) => {
            sentence = outage.to_string();
            true
        }
        _ => false,
    })
    .await;
    sentence
}

#[tokio::test]
async fn a_server_that_is_down() {
    let url = Server::start().await.room_url();
    let start = Instant::now();
    assert_eq!(
        failure(&join_whole(url)).await,
        "The server cannot be reached."
    );
    assert!(start.elapsed() < Duration::from_secs(7));
}

#[tokio::test]
async fn a_server_that_refuses() {
    let server = Server::start().await;
    let transport = join_whole(server.room_url());
    let problem = r#"{"code":"room-full","status":409,"title":"The room is full."}"#;
    let request = server.answer("409 Conflict", problem).await;
    assert!(request.starts_with("GET /ROOM?token="), "{request}");
    assert_eq!(
        failure(&transport).await,
        "The server refused: The room is full."
    );

    let transport = join_whole(server.room_url());
    server.answer("404 Not Found", "<html>").await;
    assert_eq!(
        failure(&transport).await,
        "The server refused: HTTP status 404."
    );
}

#[tokio::test]
async fn a_server_that_is_silent() {
    let server = Server::start().await;
    let start = Instant::now();
    let transport = join_whole(server.room_url());
    let held = [server.accept_raw().await, server.accept_raw().await];
    assert_eq!(failure(&transport).await, "The server does not answer.");
    assert!(start.elapsed() < Duration::from_secs(8));
    drop(held);
}

#[tokio::test]
async fn a_server_that_speaks_another_language() {
    let server = Server::start().await;
    let transport = join_whole(server.room_url());
    for _ in 0..4 {
        let mut connection = server.accept().await;
        connection.tell_text("hello!").await;
    }
    let sentence = failure(&transport).await;
    assert_eq!(
        sentence,
        "The server answers, but not as a signaling server."
    );
}

#[tokio::test]
async fn an_address_that_is_none() {
    let sentence = failure(&join_whole("http//nowhere".to_owned())).await;
    assert!(sentence.starts_with("The server"), "{sentence}");
}

#[tokio::test]
async fn garbage_and_repetition_are_passed_over() {
    let server = Server::start().await;
    let (mut signaller, directory) = join(server.room_url()).await;
    let mut connection = server.accept().await;
    connection.tell_text("no JSON").await;
    connection.tell_text(r#"{"IdAssigned":"no id"}"#).await;
    connection.tell(PeerEvent::IdAssigned(id(1))).await;
    connection.tell_text(r#"{"Unheard":"of"}"#).await;
    connection.tell(PeerEvent::IdAssigned(id(1))).await;
    connection.tell(PeerEvent::IdAssigned(id(9))).await;
    connection.tell(PeerEvent::NewPeer(id(2))).await;
    connection.tell(PeerEvent::NewPeer(id(2))).await;
    connection.tell(PeerEvent::NewPeer(id(3))).await;
    for expected in [
        PeerEvent::IdAssigned(id(1)),
        PeerEvent::NewPeer(id(2)),
        PeerEvent::NewPeer(id(3)),
    ] {
        assert_eq!(
            soon(signaller.next_message()).await.expect("lives"),
            expected
        );
    }
    assert_eq!(directory.signaling(), SignalingState::Online);
    assert_eq!(directory.dropped(), 3);
}

#[tokio::test]
async fn an_outage_is_survived_and_unsent_signals_are_sent_later() {
    let server = Server::start().await;
    let (mut signaller, directory, mut connection) = meet(&server).await;
    // A message past the bound ends the connection as a dropped one would.
    connection.overwhelm().await;
    until("signaling is lost", || {
        directory.signaling() == SignalingState::Lost
    })
    .await;

    let data = PeerSignal::Offer(OFFER.to_owned());
    let request = PeerRequest::Signal {
        receiver: id(2),
        data,
    };
    signaller
        .send(request)
        .await
        .expect("sending does not fail");

    let mut connection = server.accept().await;
    connection.tell(PeerEvent::IdAssigned(id(1))).await;
    connection.tell(PeerEvent::NewPeer(id(2))).await;
    let (receiver, signal) = connection.hear().await;
    assert_eq!(receiver, id(2));
    assert!(matches!(signal, PeerSignal::Offer(_)));
    connection.tell(PeerEvent::NewPeer(id(3))).await;
    let next = soon(signaller.next_message()).await.expect("lives");
    assert_eq!(
        next,
        PeerEvent::NewPeer(id(3)),
        "what was known is not repeated"
    );
    assert_eq!(directory.signaling(), SignalingState::Online);
}

#[tokio::test]
async fn another_id_ends_signaling_but_not_open_channels() {
    for somebody_open in [false, true] {
        let server = Server::start().await;
        let (mut signaller, directory, connection) = meet(&server).await;
        if somebody_open {
            directory.set_open(id(2));
        }
        drop(connection);
        let mut connection = server.accept().await;
        connection.tell(PeerEvent::IdAssigned(id(7))).await;
        assert!(
            soon(signaller.next_message()).await.is_err(),
            "signaling is over"
        );
        assert_eq!(directory.local_id(), Some(id(1)));
        match directory.signaling() {
            SignalingState::Gone(outage) => assert!(somebody_open && outage == Outage::Lost),
            SignalingState::Failed(_) => assert!(!somebody_open),
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn a_group_is_not_returned_to() {
    let server = Server::start().await;
    let (mut signaller, directory) = join(format!("{}?next=2", server.room_url())).await;
    let (mut connection, path) = server.accept_with_path().await;
    assert_eq!(path, "/ROOM?next=2");
    connection.tell(PeerEvent::IdAssigned(id(1))).await;
    connection.tell(PeerEvent::NewPeer(id(2))).await;
    soon(signaller.next_message()).await.expect("our id");
    soon(signaller.next_message()).await.expect("a newcomer");
    directory.set_open(id(2));
    drop(connection);
    soon(signaller.next_message())
        .await
        .expect_err("it is over");
    assert!(matches!(directory.signaling(), SignalingState::Gone(_)));
}

#[tokio::test]
async fn a_socket_has_one_token_for_all_its_connections() {
    let server = Server::start().await;
    let mut tokens = Vec::new();
    for _ in 0..2 {
        let (_signaller, _directory) = join(server.room_url()).await;
        let mut paths = Vec::new();
        for _ in 0..3 {
            let (mut connection, path) = server.accept_with_path().await;
            connection.tell(PeerEvent::IdAssigned(id(1))).await;
            paths.push(path);
        }
        let token = paths[0].strip_prefix("/ROOM?token=").expect("a token");
        assert!(token.len() == 32 && token.bytes().all(|byte| byte.is_ascii_hexdigit()));
        assert!(paths.iter().all(|path| *path == paths[0]), "{paths:?}");
        tokens.push(token.to_owned());
    }
    assert_ne!(tokens[0], tokens[1]);
}

#[tokio::test]
async fn what_a_server_on_its_way_up_says_is_not_final() {
    let server = Server::start().await;
    let (_signaller, directory, connection) = meet(&server).await;
    drop(connection);
    for status in ["404 Not Found", "409 Conflict", "502 Bad Gateway"] {
        server.answer(status, "").await;
        assert_eq!(directory.signaling(), SignalingState::Lost);
    }
    let mut connection = server.accept().await;
    connection.tell(PeerEvent::IdAssigned(id(1))).await;
}

#[tokio::test]
async fn a_connection_that_leads_nowhere_is_noticed() {
    let (mute, polite) = (Server::start().await, Server::start().await);
    let (mut signaller, directory, _never_read) = meet(&mute).await;
    let (_other, other_directory, mut read) = meet(&polite).await;
    let start = Instant::now();
    let mut connection = tokio::select! {
        connection = mute.accept() => connection,
        // Whoever reads answers pings, which is enough.
        _ = read.hear() => panic!("nothing is said"),
        _ = polite.accept() => panic!("the other connection lives"),
    };
    let took = start.elapsed();
    assert!(
        took > Duration::from_secs(9) && took < Duration::from_secs(20),
        "{took:?}"
    );
    assert_eq!(other_directory.signaling(), SignalingState::Online);
    connection.tell(PeerEvent::IdAssigned(id(1))).await;
    tokio::select! {
        _ = signaller.next_message() => panic!("nothing is new"),
        () = until("signaling is back", || directory.signaling() == SignalingState::Online) => {}
    }
}

#[tokio::test]
async fn a_flood_does_not_put_off_the_deadline_of_the_welcome() {
    let server = Server::start().await;
    let start = Instant::now();
    let transport = join_whole(server.room_url());
    let flood = async {
        loop {
            let mut connection = server.accept().await;
            connection.flood(|_| None::<()>).await;
        }
    };
    let sentence = tokio::select! {
        () = flood => unreachable!("it has no end"),
        sentence = failure(&transport) => sentence,
    };
    assert_eq!(
        sentence,
        "The server answers, but not as a signaling server."
    );
    assert!(start.elapsed() < Duration::from_secs(15));
}

#[tokio::test]
async fn a_flood_holds_up_neither_signals_nor_the_end() {
    let server = Server::start().await;
    let (mut signaller, _directory, mut connection) = meet(&server).await;
    let data = PeerSignal::Offer(OFFER.to_owned());
    let request = PeerRequest::Signal {
        receiver: id(2),
        data,
    };
    let is_offer = |message: Message| {
        let Message::Text(text) = message else {
            return None;
        };
        text.contains("Offer").then_some(())
    };
    let (heard, sent) = tokio::join!(soon(connection.flood(is_offer)), signaller.send(request));
    sent.expect("sending does not fail");
    assert_eq!(heard, Some(()));
    drop(signaller);
    let hung_up = soon(connection.flood(|message| message.is_close().then_some(()))).await;
    assert_eq!(hung_up, Some(()), "it says goodbye");
}

#[tokio::test]
async fn a_dropped_socket_closes_its_connection() {
    let server = Server::start().await;
    let transport = join_whole(server.room_url());
    let mut connection = server.accept().await;
    connection.tell(PeerEvent::IdAssigned(id(1))).await;
    until("signaling says who we are", || {
        transport.local_id() == Some(id(1))
    })
    .await;
    drop(transport);
    assert!(connection.ended().await, "without a goodbye it may return");
}
