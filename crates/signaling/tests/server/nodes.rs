//! Three servers that share their rooms in a real Redis, as players meet them.

use crate::{
    http::{get, request},
    peer::{Peer, refused, signal_from},
    redis_server::RedisServer,
};
use matchbox_protocol::PeerEvent::{NewPeer, PeerLeft};
use protocol::api::{Problem, ProblemCode};
use signaling::{Config, limits::MISS_RATE, serve};
use std::{future::pending, net::SocketAddr, sync::mpsc, time::Duration};
use tokio::{net::TcpListener, runtime, sync::oneshot, time::sleep};
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;

const PATIENCE: Duration = Duration::from_secs(20);

const ADA: &str = "room?token=00112233445566778899aabbccddeeff";
const ADA_ELSEWHERE: &str = "elsewhere?token=00112233445566778899aabbccddeeff";

/// The close code of a connection whose peer has another one.
const REPLACED: u16 = 4001;

/// A server with threads of its own, so that it can die with all that it does.
struct Node {
    address: SocketAddr,
    runtime: Option<runtime::Runtime>,
    stop: Option<oneshot::Sender<()>>,
    frozen: Option<mpsc::Sender<()>>,
}

impl Node {
    /// A server that is ready.
    async fn start(redis_url: String) -> Self {
        let runtime = runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let listener = TcpListener::bind(("127.0.0.1", 0));
        let listener = runtime.spawn(listener).await.unwrap().unwrap();
        let address = listener.local_addr().unwrap();
        let config = Config {
            redis: Some(redis_url.into()),
            node_grace: Duration::from_secs(3),
            ..Config::default()
        };
        let (stop, stopped) = oneshot::channel();
        let stopped = async {
            let _ = stopped.await;
        };
        runtime.spawn(serve(listener, config, stopped));
        let node = Self {
            address,
            runtime: Some(runtime),
            stop: Some(stop),
            frozen: None,
        };
        node.until_ready(true).await;
        node
    }

    async fn until_ready(&self, ready: bool) {
        let wanted = if ready { 200 } else { 503 };
        let asking = async {
            while get(self.address, "/readyz").await.status != wanted {
                sleep(Duration::from_millis(10)).await;
            }
        };
        tokio::time::timeout(PATIENCE, asking).await.unwrap();
    }

    fn ws(&self, path: &str) -> String {
        format!("ws://{}/{path}", self.address)
    }

    /// Tells it to go down.
    fn stop(&mut self) {
        self.stop.take().unwrap().send(()).unwrap();
    }

    /// Lets it fall silent without a word, with all its connections open.
    fn freeze(&mut self) {
        let (frozen, until_dropped) = mpsc::channel::<()>();
        self.frozen = Some(frozen);
        // Its only thread.
        let block = async move { until_dropped.recv().is_ok() };
        self.runtime.as_ref().unwrap().spawn(block);
    }

    /// Ends it in the middle of whatever it does: its connections break.
    fn kill(&mut self) {
        self.frozen = None;
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        self.kill();
    }
}

async fn three(redis: &RedisServer) -> [Node; 3] {
    let start = || Node::start(redis.url());
    tokio::join!(start(), start(), start()).into()
}

/// A signal arrives both ways between two peers.
async fn assert_reach(one: &mut Peer, other: &mut Peer) {
    one.signal(other.id, "there").await;
    assert_eq!(other.event().await, signal_from(one.id, "there"));
    other.signal(one.id, "back").await;
    assert_eq!(one.event().await, signal_from(other.id, "back"));
}

#[tokio::test]
async fn peers_of_one_room_meet_on_different_nodes() {
    let Some(redis) = RedisServer::start() else {
        return;
    };
    let [a, b, c] = three(&redis).await;
    let mut first = Peer::join(&a.ws("room")).await;
    let mut second = Peer::join(&b.ws("room")).await;
    let mut third = Peer::join(&c.ws("room")).await;
    let mut stranger = Peer::join(&c.ws("other")).await;
    assert_eq!(first.event().await, NewPeer(second.id));
    assert_eq!(first.event().await, NewPeer(third.id));
    assert_eq!(second.event().await, NewPeer(third.id));
    // Nobody of another room gets through, whichever node it is on.
    stranger.signal(first.id, "from outside").await;
    first.signal(stranger.id, "to outside").await;
    assert_reach(&mut first, &mut second).await;
    assert_reach(&mut second, &mut third).await;
    assert_reach(&mut third, &mut first).await;
    let gone = second.id;
    second.leave().await;
    assert_eq!(first.event().await, PeerLeft(gone));
    assert_eq!(third.event().await, PeerLeft(gone));
}

#[tokio::test]
async fn a_killed_node_loses_only_its_own_sockets_and_they_resume_elsewhere() {
    only_its_own_are_lost(Node::kill).await;
}

#[tokio::test]
async fn so_does_a_node_that_falls_silent() {
    only_its_own_are_lost(Node::freeze).await;
}

async fn only_its_own_are_lost(end: fn(&mut Node)) {
    let Some(redis) = RedisServer::start() else {
        return;
    };
    let [a, b, mut c] = three(&redis).await;
    let mut first = Peer::join(&a.ws("room")).await;
    let ada = Peer::join(&c.ws(ADA)).await;
    let mut last = Peer::join(&b.ws("room")).await;
    let lost = Peer::join(&c.ws("room")).await;
    for newcomer in [ada.id, last.id, lost.id] {
        assert_eq!(first.event().await, NewPeer(newcomer));
    }
    assert_eq!(last.event().await, NewPeer(lost.id));
    end(&mut c);
    let (ada_id, lost_id) = (ada.id, lost.id);
    let mut ada = Peer::join(&a.ws(ADA)).await;
    assert_eq!(ada.id, ada_id);
    // It is told of those who came after it; the others have noticed nothing.
    assert_eq!(ada.event().await, NewPeer(last.id));
    assert_eq!(ada.event().await, NewPeer(lost_id));
    assert_reach(&mut ada, &mut first).await;
    assert_reach(&mut ada, &mut last).await;
    // Whoever does not return is given up, and only then.
    for peer in [&mut first, &mut ada, &mut last] {
        assert_eq!(peer.event().await, PeerLeft(lost_id));
    }
    assert_reach(&mut first, &mut last).await;
}

#[tokio::test]
async fn a_restarted_redis_is_waited_for_and_its_rooms_form_again() {
    let Some(mut redis) = RedisServer::start() else {
        return;
    };
    let [a, b, c] = three(&redis).await;
    let mut first = Peer::join(&a.ws("room")).await;
    let mut ada = Peer::join(&a.ws(ADA)).await;
    let mut other = Peer::join(&b.ws("room")).await;
    assert_eq!(first.event().await, NewPeer(ada.id));
    assert_eq!(first.event().await, NewPeer(other.id));
    assert_eq!(ada.event().await, NewPeer(other.id));

    redis.kill();
    for node in [&a, &b, &c] {
        node.until_ready(false).await;
        assert_eq!(get(node.address, "/healthz").await.status, 200);
    }
    let (status, body) = refused(&c.ws("room")).await;
    let problem: Problem = serde_json::from_slice(&body).unwrap();
    assert_eq!((status, problem.code), (503, ProblemCode::Unavailable));
    // Peers of one node reach one another, and may come back to it.
    assert_reach(&mut first, &mut ada).await;
    let mut ada = {
        let again = Peer::join(&a.ws(ADA)).await;
        assert_eq!(again.id, ada.id);
        ada.closed().await.unwrap();
        again
    };
    assert_eq!(ada.event().await, NewPeer(other.id));
    assert_reach(&mut first, &mut ada).await;

    redis.restart();
    for node in [&a, &b, &c] {
        node.until_ready(true).await;
    }
    assert_reach(&mut first, &mut other).await;
    assert_reach(&mut other, &mut ada).await;
    let mut newcomer = Peer::join(&c.ws("room")).await;
    for peer in [&mut first, &mut ada, &mut other] {
        assert_eq!(peer.event().await, NewPeer(newcomer.id));
    }
    assert_reach(&mut newcomer, &mut other).await;
}

#[tokio::test]
async fn a_node_that_goes_down_leaves_their_places_to_those_who_may_return() {
    let Some(redis) = RedisServer::start() else {
        return;
    };
    let [a, mut b, _c] = three(&redis).await;
    let mut first = Peer::join(&a.ws("room")).await;
    let mut ada = Peer::join(&b.ws(ADA)).await;
    let mut guest = Peer::join(&b.ws("room")).await;
    assert_eq!(first.event().await, NewPeer(ada.id));
    assert_eq!(first.event().await, NewPeer(guest.id));
    b.stop();
    for peer in [&mut ada, &mut guest] {
        assert_eq!(peer.closed().await.unwrap().code, CloseCode::Away);
    }
    assert_eq!(first.event().await, PeerLeft(guest.id));
    let mut again = Peer::join(&a.ws(ADA)).await;
    assert_eq!(again.id, ada.id);
    assert_reach(&mut again, &mut first).await;
}

#[tokio::test]
async fn a_redis_that_hangs_is_waited_for_and_nobody_is_given_up() {
    let Some(redis) = RedisServer::start() else {
        return;
    };
    let [a, b, c] = three(&redis).await;
    let mut first = Peer::join(&a.ws("room")).await;
    let mut second = Peer::join(&a.ws("room")).await;
    let mut other = Peer::join(&b.ws("room")).await;
    assert_eq!(first.event().await, NewPeer(second.id));
    assert_eq!(first.event().await, NewPeer(other.id));
    assert_eq!(second.event().await, NewPeer(other.id));

    // For longer than a silent node has.
    redis.pause(Duration::from_secs(5));
    let (status, body) = refused(&c.ws("room")).await;
    let problem: Problem = serde_json::from_slice(&body).unwrap();
    assert_eq!((status, problem.code), (503, ProblemCode::Unavailable));
    for node in [&a, &b, &c] {
        node.until_ready(false).await;
    }
    assert_reach(&mut first, &mut second).await;
    for node in [&a, &b, &c] {
        node.until_ready(true).await;
    }
    let newcomer = Peer::join(&c.ws("room")).await;
    for peer in [&mut first, &mut second, &mut other] {
        match peer.event().await {
            NewPeer(id) if id == newcomer.id => {}
            // Redis may have carried out the entrance that nobody waited for.
            NewPeer(id) => {
                assert_eq!(peer.event().await, PeerLeft(id));
                assert_eq!(peer.event().await, NewPeer(newcomer.id));
            }
            event => panic!("{event:?}"),
        }
    }
    assert_reach(&mut first, &mut other).await;
}

#[tokio::test]
async fn a_node_that_was_cut_off_comes_back_with_newcomers() {
    let Some(redis) = RedisServer::start() else {
        return;
    };
    redis.allow("b", true);
    let (a, b) = tokio::join!(Node::start(redis.url()), Node::start(redis.url_of("b")));
    let mut first = Peer::join(&a.ws("room")).await;
    let mut second = Peer::join(&b.ws("room")).await;
    let mut third = Peer::join(&b.ws("room")).await;
    let mut ada = Peer::join(&b.ws(ADA_ELSEWHERE)).await;
    assert_eq!(first.event().await, NewPeer(second.id));
    assert_eq!(first.event().await, NewPeer(third.id));
    assert_eq!(second.event().await, NewPeer(third.id));

    redis.allow("b", false);
    b.until_ready(false).await;
    assert_reach(&mut second, &mut third).await;
    assert_eq!(first.event().await, PeerLeft(second.id));
    assert_eq!(first.event().await, PeerLeft(third.id));
    let again = Peer::join(&a.ws(ADA_ELSEWHERE)).await;
    assert_eq!(again.id, ada.id);

    redis.allow("b", true);
    b.until_ready(true).await;
    for peer in [&mut second, &mut third] {
        assert_eq!(peer.event().await, PeerLeft(first.id));
        assert_eq!(first.event().await, NewPeer(peer.id));
    }
    assert_reach(&mut first, &mut second).await;
    assert_reach(&mut second, &mut third).await;
    assert_eq!(u16::from(ada.closed().await.unwrap().code), REPLACED);
}

#[tokio::test]
async fn a_client_that_is_sent_to_another_node_leaves_its_older_connection() {
    let Some(redis) = RedisServer::start() else {
        return;
    };
    let [a, b, c] = three(&redis).await;
    let mut first = Peer::join(&a.ws("room")).await;
    let mut ada = Peer::join(&b.ws(ADA)).await;
    let mut last = Peer::join(&c.ws("room")).await;
    assert_eq!(first.event().await, NewPeer(ada.id));
    assert_eq!(first.event().await, NewPeer(last.id));
    let mut again = Peer::join(&c.ws(ADA)).await;
    assert_eq!(again.id, ada.id);
    assert_eq!(u16::from(ada.closed().await.unwrap().code), REPLACED);
    assert_eq!(again.event().await, NewPeer(last.id));
    // Nobody else is told anything before this.
    assert_reach(&mut again, &mut first).await;
    assert_reach(&mut again, &mut last).await;
}

#[tokio::test]
async fn rates_are_shared_by_all_nodes() {
    let Some(redis) = RedisServer::start() else {
        return;
    };
    let nodes = three(&redis).await;
    // Rooms that are none, asked for on each node in turn: all count as one household's.
    let mut asked = 0;
    for node in nodes.iter().cycle().take(100) {
        let from = ["X-Forwarded-For: 192.0.2.1"];
        let answer = request(node.address, "GET", "/api/v1/rooms/BBBBBB", &from).await;
        if answer.status == 429 {
            break;
        }
        assert_eq!(answer.status, 404);
        asked += 1;
    }
    // Each node bars whoever it finds to have spent the bucket; one more comes in five seconds.
    let allowed = MISS_RATE.count.get() as usize + nodes.len() + 1;
    assert!(asked <= allowed, "{asked} of {allowed}");
}

#[test]
fn what_is_no_address_of_redis_is_refused_at_the_start() {
    let runtime = runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        for url in [
            "",
            "localhost:6379",
            "http://localhost",
            "redis://user:hunter2@:port",
        ] {
            let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
            let config = Config {
                redis: Some(url.to_owned().into()),
                ..Config::default()
            };
            assert!(!format!("{config:?}").contains("hunter2"));
            let error = serve(listener, config, pending()).await.unwrap_err();
            assert!(!error.to_string().contains("hunter2"), "{error}");
        }
    });
}
