//! What operators see: health, readiness and numbers.

use crate::{
    http::{get, request},
    peer::{Peer, refused, signal_from},
    support::Server,
};
use matchbox_protocol::PeerEvent::NewPeer;
use protocol::api::{Problem, ProblemCode};
use signaling::{Config, serve};
use std::{net::SocketAddr, time::Duration};
use tokio::{
    net::TcpListener,
    sync::oneshot,
    time::{sleep, timeout},
};
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;

/// A series' value in `/metrics`.
pub async fn metric(server: SocketAddr, series: &str) -> f64 {
    let response = get(server, "/metrics").await;
    assert_eq!(response.status, 200);
    let text = String::from_utf8(response.body).unwrap();
    let value = text
        .lines()
        .find_map(|line| line.strip_prefix(series)?.strip_prefix(' '))
        .unwrap_or_else(|| panic!("no {series} in {text}"));
    value.parse().unwrap()
}

/// Waits until a series has this value: what ends is counted when its end is noticed.
pub async fn metric_becomes(server: SocketAddr, series: &str, expected: f64) {
    let reached = async {
        while metric(server, series).await != expected {
            sleep(Duration::from_millis(10)).await;
        }
    };
    timeout(Duration::from_secs(20), reached)
        .await
        .unwrap_or_else(|_| panic!("{series} did not become {expected}"));
}

#[tokio::test]
async fn metrics_follow_what_happens() {
    let server = Server::start(Config::default()).await;
    let address = server.address;
    let mut a = Peer::join(&server.ws("room")).await;
    let mut b = Peer::join(&server.ws("room")).await;
    assert_eq!(a.event().await, NewPeer(b.id));
    b.signal(a.id, "hello").await;
    assert_eq!(a.event().await, signal_from(b.id, "hello"));
    let refused = request(address, "GET", "/api/v1/rooms/BCDFGH", &[]).await;
    assert_eq!(refused.status, 404);

    for (series, expected) in [
        ("peerball_sockets", 2.0),
        ("peerball_rooms", 1.0),
        ("peerball_signals_relayed_total", 1.0),
        ("peerball_relay_duration_seconds_count", 1.0),
        ("peerball_join_duration_seconds_count", 2.0),
        ("peerball_refusals_total{code=\"no-such-room\"}", 1.0),
    ] {
        assert_eq!(metric(address, series).await, expected, "{series}");
    }
    assert!(metric(address, "peerball_signal_bytes_relayed_total").await > 5.0);
    b.leave().await;
    drop(a);
    metric_becomes(address, "peerball_sockets", 0.0).await;
    for reason in ["left", "lost"] {
        let series = format!("peerball_sockets_ended_total{{reason=\"{reason}\"}}");
        assert_eq!(metric(address, &series).await, 1.0);
    }
    // The one that asks.
    metric_becomes(address, "peerball_connections", 1.0).await;
}

#[tokio::test]
async fn operators_may_have_a_door_of_their_own() {
    let server = Server::start_watched(Config::default()).await;
    let (players, operators) = (server.address, server.operators);
    for path in ["/metrics", "/healthz", "/readyz"] {
        assert_eq!(get(operators, path).await.status, 200, "{path}");
    }
    assert_eq!(get(operators, "/").await.status, 404);
    assert_eq!(get(players, "/metrics").await.status, 404);
    assert_eq!(get(players, "/readyz").await.status, 200);
}

#[tokio::test]
async fn a_draining_server_serves_who_is_there_and_refuses_newcomers() {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    let config = Config {
        drain_delay: Duration::from_secs(4),
        ..Config::default()
    };
    let (stop, stopped) = oneshot::channel::<()>();
    let running = tokio::spawn(serve(listener, config, async {
        let _ = stopped.await;
    }));
    let room = format!("ws://{address}/room");
    let mut a = Peer::join(&room).await;
    let mut b = Peer::join(&room).await;
    assert_eq!(a.event().await, NewPeer(b.id));
    assert_eq!(get(address, "/readyz").await.status, 200);

    stop.send(()).unwrap();
    let not_ready = async {
        while get(address, "/readyz").await.status == 200 {
            tokio::task::yield_now().await;
        }
    };
    timeout(Duration::from_secs(20), not_ready).await.unwrap();
    assert_eq!(get(address, "/healthz").await.status, 200);
    let created = request(address, "POST", "/api/v1/rooms", &[]).await;
    assert_eq!(created.status, 503);
    let (status, body) = refused(&room).await;
    let problem: Problem = serde_json::from_slice(&body).unwrap();
    assert_eq!((status, problem.code), (503, ProblemCode::ShuttingDown));
    b.signal(a.id, "one more").await;
    assert_eq!(a.event().await, signal_from(b.id, "one more"));

    let (a, b) = tokio::join!(a.closed(), b.closed());
    assert_eq!(a.unwrap().code, CloseCode::Away);
    assert_eq!(b.unwrap().code, CloseCode::Away);
    running.await.unwrap().unwrap();
}
