//! What one address may have and do: each limit is reached over real sockets, answered as stated,
//! counted, and nobody else's.

use crate::{
    http::{Response, get, request},
    operator::{metric, metric_becomes},
    peer::Peer,
    support::Server,
};
use matchbox_protocol::PeerEvent::PeerLeft;
use protocol::api::{Problem, ProblemCode, Room};
use signaling::{Config, Proxies, Rate, Rates};
use std::time::Duration;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};
use tokio_tungstenite::{
    connect_async,
    tungstenite::{client::IntoClientRequest, http::HeaderValue},
};

/// Three at once, and the next one long after the test.
const THREE: Rate = Rate::new(3, 3_600);

/// Nobody is trusted, so that this machine is an address like any other.
fn without_proxies() -> Config {
    Config {
        proxies: Proxies {
            trusted: Vec::new(),
            ..Proxies::default()
        },
        ..Config::default()
    }
}

/// A request as a proxy on this machine passes it on.
async fn ask(server: &Server, method: &str, path: &str, from: &str) -> Response {
    let forwarded = format!("X-Forwarded-For: {from}");
    let headers: &[&str] = match method {
        "POST" => &[&forwarded, "Content-Length: 0"],
        _ => &[&forwarded],
    };
    request(server.address, method, path, headers).await
}

/// A peer as a proxy on this machine passes it on.
async fn join(server: &Server, path: &str, from: &str) -> Peer {
    let mut request = server.ws(path).into_client_request().unwrap();
    let from = HeaderValue::from_str(from).unwrap();
    request.headers_mut().insert("x-forwarded-for", from);
    Peer::greeted(connect_async(request).await.unwrap().0).await
}

/// A refused upgrade.
async fn refused(server: &Server, path: &str, headers: &[&str]) -> Response {
    let upgrade = [
        "Upgrade: websocket",
        "Connection: upgrade",
        "Sec-WebSocket-Version: 13",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    ];
    request(server.address, "GET", path, &[&upgrade, headers].concat()).await
}

/// It is the problem, and says when to ask again.
fn assert_too_many(response: &Response) {
    assert_eq!(response.status, 429);
    let problem: Problem = response.json();
    assert_eq!(problem.code, ProblemCode::TooManyRequests);
    assert!(response.header("retry-after").parse::<u64>().unwrap() >= 1);
}

fn limit(name: &str) -> String {
    format!("peerball_limits_hit_total{{limit=\"{name}\"}}")
}

#[tokio::test]
async fn an_address_has_so_many_connections() {
    let server = Server::start_watched(Config {
        max_connections_per_address: 2,
        ..without_proxies()
    })
    .await;
    let connections = "peerball_connections";
    let first = TcpStream::connect(server.address).await.unwrap();
    let second = TcpStream::connect(server.address).await.unwrap();
    // And the operator's own.
    metric_becomes(server.operators, connections, 3.0).await;
    assert_too_many(&get(server.address, "/healthz").await);
    assert_eq!(
        metric(server.operators, &limit("address-connections")).await,
        1.0
    );
    drop(first);
    metric_becomes(server.operators, connections, 2.0).await;
    assert_eq!(get(server.address, "/healthz").await.status, 200);
    drop(second);
}

#[tokio::test]
async fn an_address_opens_so_many_connections_a_time() {
    let server = Server::start_watched(Config {
        rates: Rates {
            connections: THREE,
            ..Rates::default()
        },
        ..without_proxies()
    })
    .await;
    for _ in 0..3 {
        assert_eq!(get(server.address, "/healthz").await.status, 200);
    }
    let refused = get(server.address, "/healthz").await;
    assert_too_many(&refused);
    assert!(refused.header("retry-after").parse::<u64>().unwrap() > 1_000);
    assert_eq!(
        metric(server.operators, &limit("connection-rate")).await,
        1.0
    );
}

#[tokio::test]
async fn an_address_has_so_many_sockets() {
    let server = Server::start(Config {
        max_sockets_per_address: 2,
        ..Config::default()
    })
    .await;
    let first = join(&server, "room", "2001:db8:1:2::1").await;
    let _second = join(&server, "room", "2001:db8:1:2:ffff::").await;
    let third = ["X-Forwarded-For: 2001:db8:1:2::3"];
    assert_too_many(&refused(&server, "/room", &third).await);
    assert_eq!(metric(server.address, &limit("address-sockets")).await, 1.0);
    let mut elsewhere = join(&server, "room", "2001:db8:1:3::1").await;
    // The proxy's own have no such limit.
    for _ in 0..3 {
        std::mem::forget(Peer::join(&server.ws("room")).await);
    }
    let gone = PeerLeft(first.id);
    first.leave().await;
    while elsewhere.event().await != gone {}
    let _again = join(&server, "room", "2001:db8:1:2::1").await;
}

#[tokio::test]
async fn an_address_upgrades_asks_and_changes_so_often() {
    let rates = Rates {
        upgrades: THREE,
        requests: Rate::new(5, 3_600),
        changes: THREE,
        ..Rates::default()
    };
    let server = Server::start(Config {
        rates,
        ..Config::default()
    })
    .await;
    let (us, others) = ("192.0.2.1", "192.0.2.2");
    for _ in 0..3 {
        join(&server, "room", us).await.leave().await;
        let created = ask(&server, "POST", "/api/v1/rooms", us).await;
        assert_ne!(created.status, 429);
    }
    let from_us = format!("X-Forwarded-For: {us}");
    // Whatever stands before it was made up.
    let from_us_made_up = format!("X-Forwarded-For: {others}, {us}");
    for header in [&from_us, &from_us_made_up] {
        assert_too_many(&refused(&server, "/room", &[header]).await);
    }
    assert_too_many(&ask(&server, "POST", "/api/v1/rooms", us).await);
    assert_eq!(ask(&server, "GET", "/api/v1/rooms", us).await.status, 200);
    assert_too_many(&ask(&server, "GET", "/api/v1/rooms", us).await);
    // Pages are not the API.
    assert_eq!(ask(&server, "GET", "/", us).await.status, 200);
    for (name, expected) in [
        ("upgrade-rate", 2.0),
        ("change-rate", 1.0),
        ("request-rate", 1.0),
    ] {
        assert_eq!(metric(server.address, &limit(name)).await, expected);
    }
    let refusals = "peerball_refusals_total{code=\"too-many-requests\"}";
    assert_eq!(metric(server.address, refusals).await, 4.0);
    join(&server, "room", others).await.leave().await;
    assert_ne!(
        ask(&server, "POST", "/api/v1/rooms", others).await.status,
        429
    );
}

#[tokio::test]
async fn a_scan_of_codes_learns_nothing() {
    let server = Server::start(Config {
        rates: Rates {
            misses: THREE,
            ..Rates::default()
        },
        ..Config::default()
    })
    .await;
    let created = request(server.address, "POST", "/api/v1/rooms", &[]).await;
    let created: Room = created.json();
    let right = format!("/api/v1/rooms/{}", created.code);
    let (scanner, player) = ("192.0.2.1", "192.0.2.2");
    assert_eq!(ask(&server, "GET", &right, scanner).await.status, 200);
    for guess in ["BCDFGH", "BCDFGJ", "BCDFGK", "BCDFGM"] {
        let answer = ask(&server, "GET", &format!("/api/v1/rooms/{guess}"), scanner).await;
        assert_eq!(answer.status, 404, "{guess}");
    }
    // From now on a hit looks like a miss, by WebSocket too.
    assert_too_many(&ask(&server, "GET", &right, scanner).await);
    assert_too_many(&ask(&server, "GET", "/api/v1/rooms/BCDFGN", scanner).await);
    let from_scanner = format!("X-Forwarded-For: {scanner}");
    let path = format!("/{}", created.code);
    assert_too_many(&refused(&server, &path, &[&from_scanner]).await);
    assert_eq!(metric(server.address, &limit("miss-rate")).await, 3.0);
    assert_eq!(ask(&server, "GET", &right, player).await.status, 200);
}

#[tokio::test]
async fn only_listed_pages_use_the_server() {
    let server = Server::start(Config {
        origins: Some(vec!["https://play.example.org".parse().unwrap()]),
        ..Config::default()
    })
    .await;
    let rooms = "/api/v1/rooms";
    for origin in ["https://evil.example.org", "null"] {
        let origin = format!("Origin: {origin}");
        let answer = request(server.address, "GET", rooms, &[&origin]).await;
        assert_eq!(answer.status, 403);
        assert_eq!(answer.json::<Problem>().code, ProblemCode::ForbiddenOrigin);
        // So that the page's own code can say why.
        assert_eq!(answer.header("access-control-allow-origin"), "*");
        assert_eq!(refused(&server, "/room", &[&origin]).await.status, 403);
    }
    // The host that the test's requests name is `test`.
    for headers in [
        &["Origin: https://play.example.org"][..],
        &["Origin: http://test"],
        &[],
    ] {
        assert_eq!(
            request(server.address, "GET", rooms, headers).await.status,
            200
        );
    }
    let refusals = "peerball_refusals_total{code=\"forbidden-origin\"}";
    assert_eq!(metric(server.address, refusals).await, 4.0);
}

#[tokio::test]
async fn a_request_must_come_in_time_and_be_short() {
    let server = Server::start(Config {
        request_deadline: Duration::from_millis(300),
        ..Config::default()
    })
    .await;
    // A head that never ends.
    let mut slow = TcpStream::connect(server.address).await.unwrap();
    slow.write_all(b"GET / HTTP/1.1\r\nHost:").await.unwrap();
    // A body that never comes.
    let length = ["Content-Type: application/json", "Content-Length: 10"];
    let body = request(server.address, "POST", "/api/v1/rooms", &length);
    let mut rest = Vec::new();
    let (ended, late) = tokio::join!(
        timeout(Duration::from_secs(20), slow.read_to_end(&mut rest)),
        body
    );
    ended.unwrap().unwrap();
    assert_eq!(late.status, 408);
    metric_becomes(server.address, &limit("request-head-deadline"), 1.0).await;
    metric_becomes(server.address, &limit("request-deadline"), 1.0).await;

    let long = format!("X-Long: {}", "x".repeat(64 * 1024));
    let refused = request(server.address, "GET", "/", &[&long]).await;
    assert_eq!(refused.status, 431);
    metric_becomes(server.address, &limit("request-head"), 1.0).await;
}

#[tokio::test]
async fn pages_keep_to_themselves() {
    let config = |isolate| {
        let mut config = Config::default();
        config.pages.isolate = isolate;
        config
    };
    let server = Server::start(config(false)).await;
    let page = get(server.address, "/").await;
    let policy = page.header("content-security-policy");
    assert!(policy.contains("'wasm-unsafe-eval'"), "{policy}");
    assert!(policy.contains("frame-ancestors 'self'"), "{policy}");
    assert_eq!(page.header("referrer-policy"), "no-referrer");
    assert_eq!(page.header("cross-origin-opener-policy"), "");
    let answer = get(server.address, "/api/v1/rooms").await;
    assert_eq!(answer.header("x-content-type-options"), "nosniff");

    let server = Server::start(config(true)).await;
    let page = get(server.address, "/").await;
    assert_eq!(page.header("cross-origin-opener-policy"), "same-origin");
    assert_eq!(page.header("cross-origin-embedder-policy"), "require-corp");
}
