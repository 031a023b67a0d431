//! Rooms inside one process.
#![cfg(not(target_arch = "wasm32"))]

mod scripted;
#[allow(dead_code, reason = "each test uses its part of it")]
mod talk;

use bytes::Bytes;
use matchbox_socket::{PeerEvent, PeerRequest, PeerSignal, Signaller, SignallerBuilder};
use netplay::{
    signaling::{directory::Directory, local::LocalHub},
    transport::{
        Channel, Outage, SignalingState, Transport,
        matchbox::{Ice, MatchboxTransport, Signaling, spawn},
    },
};
use protocol::limits::{MAX_DATAGRAM_BYTES, MAX_PEERS, MAX_RELIABLE_BYTES};
use scripted::{id, soon};
use talk::until;

const OFFER: &str = include_str!("guard_data/chromium_offer.sdp");

async fn join(hub: &LocalHub) -> (Box<dyn Signaller>, Directory) {
    let directory = Directory::default();
    let signaller = hub
        .signaller(directory.clone())
        .new_signaller(None, String::new())
        .await;
    (signaller.expect("there is room"), directory)
}

async fn next(signaller: &mut Box<dyn Signaller>) -> PeerEvent {
    soon(signaller.next_message()).await.expect("the hub lives")
}

#[tokio::test]
async fn one_of_each_pair_offers_and_leaving_is_told() {
    let hub = LocalHub::new();
    let (mut a, a_knows) = join(&hub).await;
    let PeerEvent::IdAssigned(a_id) = next(&mut a).await else {
        panic!("our id comes first")
    };
    let (mut b, b_knows) = join(&hub).await;
    let PeerEvent::IdAssigned(b_id) = next(&mut b).await else {
        panic!("our id comes first")
    };
    assert_eq!(
        next(&mut a).await,
        PeerEvent::NewPeer(b_id),
        "who is there makes the offer"
    );

    let data = PeerSignal::Offer(OFFER.to_owned());
    a.send(PeerRequest::KeepAlive)
        .await
        .expect("sending does not fail");
    a.send(PeerRequest::Signal {
        receiver: b_id,
        data: data.clone(),
    })
    .await
    .expect("sending does not fail");
    a.send(PeerRequest::Signal {
        receiver: id(77),
        data,
    })
    .await
    .expect("sending does not fail");
    assert!(matches!(next(&mut b).await, PeerEvent::Signal { sender, .. } if sender == a_id));
    assert!(b_knows.peers()[0].here_before_us && !a_knows.peers()[0].here_before_us);
    assert_eq!(a_knows.dropped(), 1);

    drop(b);
    assert_eq!(next(&mut a).await, PeerEvent::PeerLeft(b_id));
    assert_eq!(a_knows.peers(), []);
}

#[tokio::test]
async fn a_full_room_refuses() {
    let hub = LocalHub::new();
    let mut members = Vec::new();
    for _ in 0..MAX_PEERS {
        members.push(join(&hub).await);
    }
    let directory = Directory::default();
    let refused = hub
        .signaller(directory.clone())
        .new_signaller(None, String::new())
        .await;
    assert!(refused.is_err());
    assert_eq!(
        directory.signaling(),
        SignalingState::Failed(Outage::RoomFull)
    );
    members.pop();
    join(&hub).await;
}

fn spawn_in(hub: &LocalHub) -> MatchboxTransport {
    spawn(Signaling::Local(hub.clone()), Ice::default()).expect("a thread")
}

/// Three sockets meet, and each pair exchanges packets of the largest size on both channels;
/// larger ones and those of a banned peer are dropped.
#[tokio::test]
async fn three_meet_and_keep_their_bounds() {
    let hub = LocalHub::new();
    let mut peers = [spawn_in(&hub), spawn_in(&hub), spawn_in(&hub)];
    let mut heard = std::collections::HashSet::new();
    let mut looks = 0;
    until("all is taken", || {
        looks += 1;
        for (at, peer) in peers.iter_mut().enumerate() {
            // Not at every look: large packets for three would fill the queues.
            for known in peer.known_peers().into_iter().filter(|_| looks % 10 == 0) {
                peer.send(
                    known.id,
                    Channel::Unreliable,
                    vec![7; MAX_DATAGRAM_BYTES].into(),
                );
                peer.send(
                    known.id,
                    Channel::Reliable,
                    vec![8; MAX_RELIABLE_BYTES].into(),
                );
            }
            while let Some((from, channel, packet)) = peer.receive() {
                let (byte, length) = match channel {
                    Channel::Unreliable => (7, MAX_DATAGRAM_BYTES),
                    Channel::Reliable => (8, MAX_RELIABLE_BYTES),
                };
                assert!(packet.len() == length && packet.iter().all(|b| *b == byte));
                heard.insert((at, from, channel));
            }
        }
        heard.len() == 3 * 2 * 2
    })
    .await;

    let [a, b, _] = &mut peers;
    let a_id = a.local_id().expect("assigned");
    let b_id = b.local_id().expect("assigned");
    let dropped = a.dropped();
    a.send(
        b_id,
        Channel::Unreliable,
        vec![0; MAX_DATAGRAM_BYTES + 1].into(),
    );
    a.send(
        b_id,
        Channel::Reliable,
        vec![0; MAX_RELIABLE_BYTES + 1].into(),
    );
    assert_eq!(a.dropped(), dropped + 2);

    b.ban(a_id);
    assert!(b.known_peers().iter().all(|known| known.id != a_id));
    let dropped = b.dropped();
    until("the other hears", || {
        a.send(b_id, Channel::Reliable, Bytes::from_static(b"still here"));
        while let Some((from, ..)) = b.receive() {
            assert_ne!(from, a_id, "a banned peer is heard");
        }
        b.dropped() > dropped
    })
    .await;
}

#[tokio::test]
async fn waiting_for_a_packet_wakes_the_task() {
    let hub = LocalHub::new();
    let (mut a, mut b) = (spawn_in(&hub), spawn_in(&hub));
    let sender = tokio::spawn(async move {
        loop {
            for known in a.known_peers() {
                a.send(
                    known.id,
                    Channel::Unreliable,
                    Bytes::from_static(b"wake up"),
                );
            }
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    });
    soon(std::future::poll_fn(|context| b.poll_ready(context))).await;
    assert!(b.receive().is_some());
    sender.abort();
}
