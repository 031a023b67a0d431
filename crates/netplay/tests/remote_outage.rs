//! Real peers on a real server that vanishes: who plays notices nothing, and latecomers join
//! again once it is back.
#![cfg(not(target_arch = "wasm32"))]

#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
#[allow(dead_code, reason = "the server's own tests use the rest")]
#[path = "../../signaling/tests/support/mod.rs"]
mod support;

use bytes::Bytes;
use netplay::transport::{
    Channel, SignalingState, Transport,
    matchbox::{Ice, MatchboxTransport, Signaling, spawn},
};
use protocol::PeerId;
use signaling::Config;
use std::{collections::HashSet, net::SocketAddr, time::Duration};
use support::Server;
use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};

/// How long anything here may take; reconnecting takes up to 8 s at a time.
const DEADLINE: Duration = Duration::from_secs(60);

fn join(room_url: String) -> MatchboxTransport {
    spawn(Signaling::Remote { room_url }, Ice::default()).expect("a thread")
}

/// Everybody sends to everybody, on both channels, until `done`.
async fn play(
    peers: &mut [&mut MatchboxTransport],
    mut done: impl FnMut(&[Talk], &[SignalingState]) -> bool,
) {
    let talk = async {
        let mut heard = vec![Talk::new(); peers.len()];
        loop {
            let ids: Vec<_> = peers.iter().filter_map(|peer| peer.local_id()).collect();
            for (peer, heard) in peers.iter_mut().zip(&mut heard) {
                for id in &ids {
                    for channel in [Channel::Unreliable, Channel::Reliable] {
                        if Some(*id) != peer.local_id() {
                            peer.send(*id, channel, Bytes::from_static(b"still here"));
                        }
                    }
                }
                while let Some((from, channel, _)) = peer.receive() {
                    if ids.contains(&from) {
                        heard.insert((from, channel));
                    }
                }
            }
            let states: Vec<_> = peers.iter().map(|peer| peer.signaling()).collect();
            if done(&heard, &states) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(DEADLINE, talk)
        .await
        .expect("nothing may take so long");
}

/// Whom a peer has heard, and on which channel.
type Talk = HashSet<(PeerId, Channel)>;

/// Plays until everybody has heard everybody on both channels.
async fn meet(peers: &mut [&mut MatchboxTransport]) {
    let others = peers.len() - 1;
    play(peers, |heard, _| {
        heard.iter().all(|heard| heard.len() == 2 * others)
    })
    .await;
}

/// Plays until signaling is in this state for all.
async fn play_until(peers: &mut [&mut MatchboxTransport], state: &SignalingState) {
    play(peers, |_, states| states.iter().all(|known| known == state)).await;
}

fn known(peer: &MatchboxTransport) -> HashSet<PeerId> {
    peer.known_peers().iter().map(|known| known.id).collect()
}

fn ids_of(peers: [&MatchboxTransport; 2]) -> HashSet<PeerId> {
    peers
        .into_iter()
        .filter_map(|peer| peer.local_id())
        .collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restarted_server_lets_somebody_new_join_those_who_play() {
    let server = Server::start(Config::default()).await;
    let (address, url) = (server.address, server.ws("ROOM"));
    let (mut ada, mut bob) = (join(url.clone()), join(url.clone()));
    meet(&mut [&mut ada, &mut bob]).await;
    let ids = [ada.local_id(), bob.local_id()];
    server.stop().await;
    play_until(&mut [&mut ada, &mut bob], &SignalingState::Lost).await;
    meet(&mut [&mut ada, &mut bob]).await;

    let server = Server::start_at(address, Config::default()).await;
    play_until(&mut [&mut ada, &mut bob], &SignalingState::Online).await;
    let mut cleo = join(url);
    meet(&mut [&mut ada, &mut bob, &mut cleo]).await;
    assert_eq!([ada.local_id(), bob.local_id()], ids);
    assert_eq!(known(&ada), ids_of([&bob, &cleo]));
    assert_eq!(known(&bob), ids_of([&ada, &cleo]));
    assert_eq!(known(&cleo), ids_of([&ada, &bob]));
    server.stop().await;
}

/// A way to the server that can be cut.
struct Wire {
    address: SocketAddr,
    task: JoinHandle<()>,
}

impl Wire {
    async fn to(server: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        Self::on(listener, server)
    }

    fn on(listener: TcpListener, server: SocketAddr) -> Self {
        let address = listener.local_addr().expect("bound");
        let task = tokio::spawn(async move {
            let mut connections = tokio::task::JoinSet::new();
            while let Ok((mut near, _)) = listener.accept().await {
                connections.spawn(async move {
                    let mut far = TcpStream::connect(server).await.expect("the server is up");
                    // However it ends, both ends learn of it.
                    let _ = copy_bidirectional(&mut near, &mut far).await;
                });
            }
        });
        Self { address, task }
    }

    /// Breaks every connection, and takes none until it is mended.
    async fn cut(self) -> SocketAddr {
        self.task.abort();
        let _ = self.task.await;
        self.address
    }

    async fn mend(address: SocketAddr, server: SocketAddr) -> Self {
        let listener = TcpListener::bind(address).await.expect("free again");
        Self::on(listener, server)
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lost_wire_is_nobody_else_s_concern() {
    let server = Server::start(Config::default()).await;
    let wire = Wire::to(server.address).await;
    let mut ada = join(format!("ws://{}/ROOM", wire.address));
    let mut bob = join(server.ws("ROOM"));
    meet(&mut [&mut ada, &mut bob]).await;
    let end = wire.cut().await;
    play_until(&mut [&mut ada], &SignalingState::Lost).await;
    // Cleo comes while Ada cannot be told; Ada is told when she is back.
    let mut cleo = join(server.ws("ROOM"));
    meet(&mut [&mut bob, &mut cleo]).await;
    let _wire = Wire::mend(end, server.address).await;
    meet(&mut [&mut ada, &mut bob, &mut cleo]).await;
    assert_eq!(ada.signaling(), SignalingState::Online);
    assert_eq!(known(&bob), ids_of([&ada, &cleo]));
    server.stop().await;
}
