//! A mesh of real WebRTC connections, of which single ones break: the others never notice.
#![cfg(not(target_arch = "wasm32"))]

mod scripted;

use bytes::Bytes;
use netplay::{
    signaling::local::LocalHub,
    transport::{
        Channel, Transport,
        matchbox::{Ice, MatchboxTransport, Signaling, spawn},
    },
};
use protocol::PeerId;
use scripted::until;
use std::time::Duration;

/// How often a third peer comes and goes.
const VISITS: u32 = 30;

/// The longest visit: on one machine a handshake takes about as long.
const LONGEST_VISIT: Duration = Duration::from_millis(120);

fn join(signaling: &Signaling) -> MatchboxTransport {
    spawn(signaling.clone(), Ice::default()).expect("a thread")
}

/// A room on a server of the test's own, which lives as long as the test's runtime.
async fn server() -> Signaling {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
        .await
        .expect("a free port");
    let address = listener.local_addr().expect("bound");
    tokio::spawn(signaling::serve(
        listener,
        signaling::Config::default(),
        std::future::pending(),
    ));
    Signaling::Remote {
        room_url: format!("ws://{address}/MESH"),
    }
}

async fn id_of(peer: &MatchboxTransport) -> PeerId {
    until(|| peer.local_id().is_some()).await;
    peer.local_id().expect("assigned")
}

/// Says a word on the reliable channel until the other has heard it.
async fn say(from: &mut MatchboxTransport, to: &mut MatchboxTransport, word: &str) {
    let (from_id, to_id) = (id_of(from).await, id_of(to).await);
    until(|| {
        from.send(
            to_id,
            Channel::Reliable,
            Bytes::copy_from_slice(word.as_bytes()),
        );
        // Whatever has come to the speaker is of no interest here, but must not pile up.
        while from.receive().is_some() {}
        let mut heard = false;
        while let Some((sender, _, packet)) = to.receive() {
            heard |= sender == from_id && packet == word.as_bytes();
        }
        heard
    })
    .await;
}

/// Splitmix64: the same visits in every run.
fn chance(state: &mut u64) -> f64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let z = (*state ^ (*state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    ((z ^ (z >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
}

/// Two peers who have met keep each other, whenever a third breaks off its handshake with both.
async fn two_keep_each_other(signaling: Signaling) {
    let (mut a, mut b) = (join(&signaling), join(&signaling));
    say(&mut a, &mut b, "met").await;
    say(&mut b, &mut a, "met").await;
    let mut seed = 7;
    for visit in 0..VISITS {
        let visitor = join(&signaling);
        tokio::time::sleep(LONGEST_VISIT.mul_f64(chance(&mut seed))).await;
        drop(visitor);
        let word = format!("still here after visit {visit}");
        say(&mut a, &mut b, &word).await;
        say(&mut b, &mut a, &word).await;
    }
}

#[tokio::test]
async fn a_handshake_broken_off_costs_nobody_else_over_the_hub() {
    two_keep_each_other(Signaling::Local(LocalHub::new())).await;
}

#[tokio::test]
async fn a_handshake_broken_off_costs_nobody_else_over_a_server() {
    two_keep_each_other(server().await).await;
}
