//! Stock matchbox clients meet through the server and exchange packets over real data channels.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[expect(dead_code, reason = "this test stops and watches no server")]
mod support;

use matchbox_socket::{Error, PeerId, PeerState, RtcIceServerConfig, WebRtcSocket};
use signaling::Config;
use std::time::Duration;
use support::Server;
use tokio::{
    task::JoinHandle,
    time::{interval, timeout},
};

const CHANNEL: usize = 0;

/// Connecting takes well below a second, but every core may be busy.
const PATIENCE: Duration = Duration::from_secs(60);

/// How often a socket is asked for news, as a game would once a picture.
const PICTURE: Duration = Duration::from_millis(10);

struct Client {
    socket: WebRtcSocket,
    message_loop: JoinHandle<Result<(), Error>>,
}

impl Client {
    fn join(url: &str) -> Self {
        let no_ice_servers = RtcIceServerConfig {
            urls: vec![],
            ..Default::default()
        };
        let (socket, message_loop) = WebRtcSocket::builder(url)
            .ice_server(no_ice_servers)
            .add_reliable_channel()
            .build();
        Self {
            socket,
            message_loop: tokio::spawn(message_loop),
        }
    }

    /// Waits until a peer is in `state`.
    async fn peer(&mut self, state: PeerState) -> PeerId {
        self.poll(|socket| {
            socket
                .update_peers()
                .into_iter()
                .find(|(_, now)| *now == state)
                .map(|(peer, _)| peer)
        })
        .await
    }

    async fn send(&mut self, packet: &[u8], peer: PeerId) {
        self.socket
            .channel_mut(CHANNEL)
            .send(packet.to_vec().into(), peer);
    }

    async fn receive(&mut self) -> (PeerId, Vec<u8>) {
        let (peer, packet) = self
            .poll(|socket| socket.channel_mut(CHANNEL).receive().into_iter().next())
            .await;
        (peer, packet.to_vec())
    }

    async fn id(&mut self) -> PeerId {
        self.poll(WebRtcSocket::id).await
    }

    async fn poll<T>(&mut self, mut look: impl FnMut(&mut WebRtcSocket) -> Option<T>) -> T {
        let mut pictures = interval(PICTURE);
        let found = async {
            loop {
                pictures.tick().await;
                if let Some(found) = look(&mut self.socket) {
                    return found;
                }
            }
        };
        timeout(PATIENCE, found).await.unwrap()
    }

    /// Leaves in order: the message loop ends when its socket is gone.
    async fn leave(self) {
        drop(self.socket);
        timeout(PATIENCE, self.message_loop)
            .await
            .unwrap()
            .unwrap()
            .unwrap();
    }
}

/// Both directions, so that each has the other's id and channel right.
async fn greet(a: &mut Client, b: &mut Client) {
    let (to_b, to_a) = tokio::join!(a.peer(PeerState::Connected), b.peer(PeerState::Connected));
    assert_eq!((to_a, to_b), (a.id().await, b.id().await));
    a.send(b"hello", to_b).await;
    b.send(b"hello back", to_a).await;
    assert_eq!(b.receive().await, (to_a, b"hello".to_vec()));
    assert_eq!(a.receive().await, (to_b, b"hello back".to_vec()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_meet_in_a_room_and_outlive_the_server() {
    let server = Server::start(Config::default()).await;
    let url = server.ws("room");
    let (mut a, mut b) = (Client::join(&url), Client::join(&url));
    greet(&mut a, &mut b).await;
    server.stop().await;
    let (to_b, to_a) = (b.id().await, a.id().await);
    a.send(b"still here", to_b).await;
    assert_eq!(b.receive().await, (to_a, b"still here".to_vec()));
    a.message_loop.abort();
    b.message_loop.abort();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn next_makes_pairs() {
    let server = Server::start(Config::default()).await;
    let url = server.ws("room?next=2");
    for _ in 0..2 {
        let (mut a, mut b) = (Client::join(&url), Client::join(&url));
        greet(&mut a, &mut b).await;
        b.leave().await;
        a.peer(PeerState::Disconnected).await;
        a.leave().await;
    }
    server.stop().await;
}
