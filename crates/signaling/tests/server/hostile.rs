//! Clients that break the rules end themselves, and nobody else notices.

use crate::{
    operator::metric_becomes,
    peer::{Peer, signal_from},
    support::Server,
};
use matchbox_protocol::PeerEvent::{NewPeer, PeerLeft};
use signaling::{
    Config,
    limits::{
        MAX_BARE_ROOM_PEERS, MAX_MALFORMED_MESSAGES, MAX_QUEUE_BYTES, MAX_SIGNAL_BYTES,
        SEND_BURST_BYTES,
    },
};
use std::{
    fs,
    path::PathBuf,
    time::{Duration, Instant},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpSocket, TcpStream},
};
use tokio_tungstenite::{
    MaybeTlsStream, client_async,
    tungstenite::{Message, protocol::frame::coding::CloseCode},
};

/// Three peers in a room, the third of which will misbehave.
async fn three(server: &Server) -> (Peer, Peer, Peer) {
    let mut a = Peer::join(&server.ws("room")).await;
    let mut b = Peer::join(&server.ws("room")).await;
    let c = Peer::join(&server.ws("room")).await;
    assert_eq!(a.event().await, NewPeer(b.id));
    assert_eq!(a.event().await, NewPeer(c.id));
    assert_eq!(b.event().await, NewPeer(c.id));
    (a, b, c)
}

/// The others were told that it left, and nothing else, and go on.
async fn assert_others_go_on(mut a: Peer, mut b: Peer, gone: &Peer) {
    assert_eq!(a.event().await, PeerLeft(gone.id));
    assert_eq!(b.event().await, PeerLeft(gone.id));
    a.signal(b.id, "still here").await;
    assert_eq!(b.event().await, signal_from(a.id, "still here"));
}

/// A connection for whose client the system keeps little.
async fn narrow(server: &Server) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4 * 1024).unwrap();
    socket.connect(server.address).await.unwrap()
}

#[tokio::test]
async fn a_long_message_closes_its_sender() {
    let server = Server::start_watched(Config::default()).await;
    for message in [
        Message::text("x".repeat(1024 * 1024)),
        Message::binary(vec![0; 1024 * 1024]),
        Message::text(" ".repeat(MAX_SIGNAL_BYTES + 1)),
    ] {
        let (a, b, mut c) = three(&server).await;
        // The server may answer before all is sent; what counts is that the answer arrives.
        let _ = c.send(message).await;
        assert_eq!(c.closed().await.unwrap().code, CloseCode::Size);
        assert_others_go_on(a, b, &c).await;
    }
}

#[tokio::test]
async fn the_longest_message_passes() {
    let server = Server::start_watched(Config::default()).await;
    let (mut a, mut b, _c) = three(&server).await;
    let frame = r#"{"Signal":{"receiver":"","data":{"Offer":""}}}"#.len() + b.id.to_string().len();
    let data = "x".repeat(MAX_SIGNAL_BYTES - frame);
    a.signal(b.id, &data).await;
    assert_eq!(b.event().await, signal_from(a.id, &data));
}

#[tokio::test]
async fn garbage_is_ignored_and_then_closes_its_sender() {
    let server = Server::start_watched(Config::default()).await;
    let (a, mut b, mut c) = three(&server).await;
    let deep = format!("{}{}", "[".repeat(10_000), "]".repeat(10_000));
    let garbage = [
        Message::text(""),
        Message::text("hello"),
        Message::text("{\"Signal\":{}}"),
        Message::text("{\"Signal\":{\"receiver\":\"nobody\",\"data\":1}}"),
        Message::text(deep),
        Message::binary(vec![0xff; 100]),
    ];
    for message in &garbage {
        c.send(message.clone()).await.unwrap();
    }
    c.signal(b.id, "sorry").await;
    assert_eq!(b.event().await, signal_from(c.id, "sorry"));
    for message in garbage
        .iter()
        .cycle()
        .take(MAX_MALFORMED_MESSAGES - garbage.len())
    {
        c.send(message.clone()).await.unwrap();
    }
    assert_eq!(c.closed().await.unwrap().code, CloseCode::Policy);
    assert_others_go_on(a, b, &c).await;
}

#[tokio::test]
async fn a_slow_reader_is_cut_off() {
    let server = Server::start_watched(Config::default()).await;
    let stream = MaybeTlsStream::Plain(narrow(&server).await);
    let (socket, _) = client_async(server.ws("room"), stream).await.unwrap();
    let slow = Peer::greeted(socket).await;

    // Everybody but the slow one is in the room before the flood; nobody hears of anything else.
    let mut senders: Vec<Peer> = Vec::new();
    for _ in 1..MAX_BARE_ROOM_PEERS {
        let newcomer = Peer::join(&server.ws("room")).await;
        for sender in &mut senders {
            assert_eq!(sender.event().await, NewPeer(newcomer.id));
        }
        senders.push(newcomer);
    }
    // Within the burst that each may send at once, so that no pause slows this test.
    let data = "x".repeat(MAX_SIGNAL_BYTES / 2);
    for sender in &mut senders {
        for _ in 0..SEND_BURST_BYTES / MAX_SIGNAL_BYTES {
            sender.signal(slow.id, &data).await;
        }
    }
    for sender in &mut senders {
        assert_eq!(sender.event().await, PeerLeft(slow.id));
    }
    let series = "peerball_sockets_ended_total{reason=\"too-slow\"}";
    metric_becomes(server.operators, series, 1.0).await;
}

/// Far less than any queue or burst, and far less than what stops a silent peer.
const WRITE_DEADLINE: Duration = Duration::from_millis(300);

#[tokio::test]
async fn a_peer_that_never_reads_is_cut_off_at_the_write_deadline() {
    let server = Server::start_watched(Config {
        write_deadline: WRITE_DEADLINE,
        ..Config::default()
    })
    .await;
    let stream = MaybeTlsStream::Plain(narrow(&server).await);
    let (socket, _) = client_async(server.ws("room"), stream).await.unwrap();
    let deaf = Peer::greeted(socket).await;
    let mut a = Peer::join(&server.ws("room")).await;
    let mut b = Peer::join(&server.ws("room")).await;
    assert_eq!(a.event().await, NewPeer(b.id));
    // More than the system takes, and less than may queue up.
    let data = "x".repeat(MAX_SIGNAL_BYTES / 2);
    let start = Instant::now();
    for _ in 0..(MAX_QUEUE_BYTES - MAX_SIGNAL_BYTES) / data.len() {
        a.signal(deaf.id, &data).await;
    }
    assert_eq!(a.event().await, PeerLeft(deaf.id));
    assert!(start.elapsed() >= WRITE_DEADLINE, "{:?}", start.elapsed());
    assert_eq!(b.event().await, PeerLeft(deaf.id));
    for series in [
        "peerball_limits_hit_total{limit=\"write-deadline\"}",
        "peerball_sockets_ended_total{reason=\"lost\"}",
    ] {
        metric_becomes(server.operators, series, 1.0).await;
    }
    a.signal(b.id, "still here").await;
    assert_eq!(b.event().await, signal_from(a.id, "still here"));
}

#[tokio::test]
async fn a_page_that_is_not_read_is_cut_off_at_the_write_deadline() {
    let root = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("unread");
    fs::create_dir_all(&root).unwrap();
    // More than the system takes for anybody; it has no content on the disk.
    let length = 64 * 1024 * 1024;
    let page = fs::File::create(root.join("large.bin")).unwrap();
    page.set_len(length).unwrap();
    let server = Server::start_watched(Config {
        web_dir: Some(root),
        write_deadline: WRITE_DEADLINE,
        ..Config::default()
    })
    .await;
    let mut deaf = narrow(&server).await;
    let start = Instant::now();
    let request = b"GET /large.bin HTTP/1.1\r\nHost: test\r\n\r\n";
    deaf.write_all(request).await.unwrap();
    let series = "peerball_limits_hit_total{limit=\"write-deadline\"}";
    metric_becomes(server.operators, series, 1.0).await;
    assert!(start.elapsed() >= WRITE_DEADLINE, "{:?}", start.elapsed());
    // It gets what was on its way, and then the end or a reset.
    let mut read = 0;
    let mut buffer = vec![0; 64 * 1024];
    while let Ok(bytes @ 1..) = deaf.read(&mut buffer).await {
        read += bytes as u64;
    }
    assert!(0 < read && read < length, "{read}");
    // The operator's own is all that is left.
    metric_becomes(server.operators, "peerball_connections", 1.0).await;
}

#[tokio::test]
async fn a_flood_is_slowed_and_its_receiver_stays() {
    let server = Server::start_watched(Config::default()).await;
    let (mut a, mut b, _c) = three(&server).await;
    // Twice what B's queue could hold if the server read as fast as A sends.
    let data = "x".repeat(MAX_SIGNAL_BYTES / 2);
    let receiver = b.id;
    let flood = async {
        for _ in 0..SEND_BURST_BYTES / data.len() + 4 {
            a.signal(receiver, &data).await;
        }
        a
    };
    let receive = async {
        let start = tokio::time::Instant::now();
        for _ in 0..SEND_BURST_BYTES / data.len() + 4 {
            let _ = b.event().await;
        }
        start.elapsed()
    };
    let (_a, took) = tokio::join!(flood, receive);
    assert!(
        took > Duration::from_secs(2),
        "four messages over the burst, one a second: {took:?}"
    );
}

#[tokio::test]
async fn a_peer_that_answers_no_ping_is_gone() {
    let config = Config {
        ping_interval: Duration::from_millis(50),
        ..Config::default()
    };
    let server = Server::start_watched(config).await;
    let mut a = Peer::join(&server.ws("room")).await;
    // It is never polled again, so that it answers nothing.
    let b = Peer::join(&server.ws("room")).await;
    assert_eq!(a.event().await, NewPeer(b.id));
    assert_eq!(a.event().await, PeerLeft(b.id));
}
