//! Clients that speak WebSocket badly, slowly or in pieces.

use crate::{
    bystanders::Bystanders,
    operator::metric_becomes,
    raw::{BINARY, CLOSE, ENDS, GOES_ON, PING, Raw, TEXT, TEXT_BEGINS, frame},
    support::Server,
};
use signaling::{
    Config,
    limits::{MAX_MALFORMED_MESSAGES, MAX_SIGNAL_BYTES},
};
use std::time::Duration;
use tokio::io::AsyncWriteExt;

async fn ended(server: &Server, reason: &str) {
    let series = format!("peerball_sockets_ended_total{{reason=\"{reason}\"}}");
    metric_becomes(server.operators, &series, 1.0).await;
}

#[tokio::test]
async fn broken_frames_close_their_sender() {
    let whole = "x".repeat(MAX_SIGNAL_BYTES);
    let unmasked = [TEXT, 2, b'h', b'i'];
    let promise = [&[TEXT, 0x80 | 127][..], &u64::MAX.to_be_bytes()].concat();
    for (bytes, code, reason) in [
        (unmasked.to_vec(), 1002, "not-websocket"),
        (frame(0xc1, b"hi"), 1002, "not-websocket"),
        (frame(0x83, b"hi"), 1002, "not-websocket"),
        (frame(PING, &[0; 126]), 1002, "not-websocket"),
        (frame(ENDS, b"hi"), 1002, "not-websocket"),
        (frame(CLOSE, &[3]), 1002, "not-websocket"),
        (frame(CLOSE, &1005_u16.to_be_bytes()), 1002, "not-websocket"),
        (
            [frame(TEXT_BEGINS, b"\""), frame(TEXT, b"hi")].concat(),
            1002,
            "not-websocket",
        ),
        (frame(TEXT, b"\"\xff\""), 1007, "not-text"),
        (
            [frame(TEXT_BEGINS, b"\"\xc3"), frame(ENDS, b"\"")].concat(),
            1007,
            "not-text",
        ),
        (promise, 1009, "too-long"),
        (
            [frame(TEXT_BEGINS, whole.as_bytes()), frame(ENDS, b"x")].concat(),
            1009,
            "too-long",
        ),
        (
            [frame(TEXT_BEGINS, b"x"), frame(GOES_ON, whole.as_bytes())].concat(),
            1009,
            "too-long",
        ),
    ] {
        let server = Server::start_watched(Config::default()).await;
        let mut bystanders = Bystanders::join(&server).await;
        let mut hostile = Raw::join(&server, Bystanders::ROOM).await;
        hostile.send(&bytes).await;
        assert_eq!(hostile.closed().await, Some(code), "{reason}");
        bystanders.saw_somebody_pass().await;
        ended(&server, reason).await;
    }
}

#[tokio::test]
async fn a_message_may_come_in_many_parts() {
    let server = Server::start_watched(Config::default()).await;
    let mut bystanders = Bystanders::join(&server).await;
    let mut peer = Raw::join(&server, Bystanders::ROOM).await;
    let text = bystanders.signal_for_first("in parts");
    let mut bytes = frame(TEXT_BEGINS, b"");
    for part in text.as_bytes().chunks(1) {
        bytes.extend(frame(GOES_ON, part));
        bytes.extend(frame(PING, b"between"));
    }
    bytes.extend(frame(ENDS, b""));
    // Some in one packet, some in the midst of a frame.
    for part in bytes.chunks(7) {
        peer.send(part).await;
    }
    bystanders.first_hears("in parts").await;
    assert_eq!(peer.frame().await, Some((0x8a, b"between".to_vec())));
}

#[tokio::test]
async fn a_message_that_never_ends_closes_its_sender() {
    let config = Config {
        ping_interval: Duration::from_millis(100),
        ..Config::default()
    };
    // One byte in each ping interval, or a frame: it is heard all the time.
    for parts in [
        frame(TEXT, &[b' '; 100])
            .chunks(1)
            .map(<[u8]>::to_vec)
            .collect::<Vec<_>>(),
        [
            vec![frame(TEXT_BEGINS, b" ")],
            vec![frame(GOES_ON, b" "); 100],
        ]
        .concat(),
    ] {
        let server = Server::start_watched(config.clone()).await;
        let mut slow = Raw::join(&server, "slow").await;
        let (mut reader, mut writer) = slow.stream.split();
        let trickle = async {
            for part in parts {
                if writer.write_all(&part).await.is_err() {
                    break;
                }
                tokio::time::sleep(config.ping_interval / 2).await;
            }
            std::future::pending::<()>().await
        };
        let mut sink = tokio::io::sink();
        let end = tokio::io::copy(&mut reader, &mut sink);
        tokio::select! {
            () = trickle => {}
            _ = end => {}
        }
        ended(&server, "unfinished").await;
    }
}

#[tokio::test]
async fn binary_messages_are_ignored_and_then_close_their_sender() {
    let server = Server::start_watched(Config::default()).await;
    let mut bystanders = Bystanders::join(&server).await;
    let mut hostile = Raw::join(&server, Bystanders::ROOM).await;
    for _ in 1..MAX_MALFORMED_MESSAGES {
        hostile.send(&frame(BINARY, b"\"KeepAlive\"")).await;
    }
    hostile.send(&frame(PING, b"")).await;
    assert_eq!(hostile.frame().await, Some((0x8a, vec![])));
    hostile.send(&frame(BINARY, b"")).await;
    assert_eq!(hostile.closed().await, Some(1008));
    bystanders.saw_somebody_pass().await;
    ended(&server, "malformed").await;
    let malformed = MAX_MALFORMED_MESSAGES as f64;
    metric_becomes(
        server.operators,
        "peerball_messages_malformed_total",
        malformed,
    )
    .await;
}

#[tokio::test]
async fn half_closed_sockets_are_gone() {
    let server = Server::start_watched(Config::default()).await;
    let mut bystanders = Bystanders::join(&server).await;
    let mut half = Raw::join(&server, Bystanders::ROOM).await;
    half.stream.shutdown().await.unwrap();
    assert_eq!(half.closed().await, None);
    bystanders.saw_somebody_pass().await;
    ended(&server, "lost").await;
    metric_becomes(server.operators, "peerball_sockets", 2.0).await;
}
