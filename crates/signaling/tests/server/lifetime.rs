//! Starting, stopping, and stopping many times in one process.

use crate::{http::get, peer::Peer, support::Server};
use signaling::{Config, ServeError, serve};
use std::time::Duration;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    time::{Instant, timeout},
};
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;

#[tokio::test]
async fn a_shutdown_closes_every_socket_and_ends() {
    for _ in 0..3 {
        let server = Server::start(Config::default()).await;
        let address = server.address;
        let mut peers = Vec::new();
        for room in ["a", "a", "b"] {
            peers.push(Peer::join(&server.ws(room)).await);
        }
        let start = Instant::now();
        let goodbye = async {
            for mut peer in peers {
                assert_eq!(peer.closed().await.unwrap().code, CloseCode::Away);
            }
        };
        tokio::join!(server.stop(), goodbye);
        assert!(start.elapsed() < Config::default().shutdown_deadline);
        assert!(
            TcpStream::connect(address).await.is_err(),
            "the port is free again"
        );
    }
}

#[tokio::test]
async fn clients_that_do_not_answer_hold_a_shutdown_up_to_its_deadline() {
    let deadline = Duration::from_millis(300);
    let config = Config {
        shutdown_deadline: deadline,
        ..Config::default()
    };
    let server = Server::start(config).await;
    let address = server.address;
    let _silent = Peer::join(&server.ws("room")).await;
    let mut unfinished = TcpStream::connect(address).await.unwrap();
    unfinished.write_all(b"GET / HTTP/1.1\r\n").await.unwrap();
    let start = Instant::now();
    server.stop().await;
    let took = start.elapsed();
    assert!(
        took >= deadline && took < deadline + Duration::from_secs(2),
        "{took:?}"
    );
    // The half request was not left hanging.
    let mut rest = Vec::new();
    let _ = timeout(Duration::from_secs(10), unfinished.read_to_end(&mut rest))
        .await
        .unwrap();
}

#[tokio::test]
async fn a_full_house_lets_the_next_one_in_when_one_leaves() {
    let server = Server::start(Config {
        max_connections: 1,
        ..Config::default()
    })
    .await;
    let only = Peer::join(&server.ws("room")).await;
    let waiting = tokio::spawn(get(server.address, "/healthz"));
    only.leave().await;
    let response = timeout(Duration::from_secs(10), waiting)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(response.status, 200);
}

#[tokio::test]
async fn what_cannot_work_is_said_before_the_start() {
    let cases = [
        Config {
            max_connections: 0,
            ..Config::default()
        },
        Config {
            write_deadline: Duration::ZERO,
            ..Config::default()
        },
        Config {
            ping_interval: Duration::ZERO,
            ..Config::default()
        },
        Config {
            web_dir: Some("no such folder".into()),
            ..Config::default()
        },
    ];
    for config in cases {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let result = serve(listener, config, std::future::pending()).await;
        assert!(matches!(
            result,
            Err(ServeError::Config(_) | ServeError::WebDir { .. })
        ));
    }
}

#[cfg(feature = "redis")]
#[tokio::test]
async fn redis_over_tls_is_refused_with_what_to_do_instead() {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let config = Config {
        redis: Some("rediss://:password@127.0.0.1:6379/0".to_owned().into()),
        ..Config::default()
    };
    let refused = serve(listener, config, std::future::pending()).await;
    let sentence =
        "Redis over TLS (rediss:) is not supported; reach it by redis: in a network of its own";
    assert_eq!(refused.unwrap_err().to_string(), sentence);
}
