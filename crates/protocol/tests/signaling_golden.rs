//! Matchbox's messages between peer and server, pinned byte by byte: a stock client or server of
//! version 0.15 says exactly this.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use matchbox_protocol::{JsonPeerEvent, JsonPeerRequest, PeerEvent, PeerId, PeerRequest};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Value, json};
use std::fmt::Debug;
use uuid::Uuid;

const ALICE: PeerId = PeerId(Uuid::from_u128(1));
const BOB: PeerId = PeerId(Uuid::from_u128(2));

/// The golden list reads as `messages`, and each of them is written as its item.
fn assert_pinned<T: Serialize + DeserializeOwned + PartialEq + Debug>(
    golden: &str,
    messages: &[T],
) {
    assert_eq!(serde_json::from_str::<Vec<T>>(golden).unwrap(), messages);
    let items: Vec<Value> = serde_json::from_str(golden).unwrap();
    for (message, item) in messages.iter().zip(&items) {
        assert_eq!(&serde_json::to_value(message).unwrap(), item);
        // The order of fields does not matter to JSON, but it is part of what is pinned.
        assert!(
            golden.contains(&serde_json::to_string(message).unwrap()),
            "{message:?}"
        );
    }
}

#[test]
fn events_from_the_server() {
    let signal = |data| PeerEvent::Signal { sender: BOB, data };
    let events: [JsonPeerEvent; 6] = [
        PeerEvent::IdAssigned(ALICE),
        PeerEvent::NewPeer(BOB),
        PeerEvent::PeerLeft(BOB),
        signal(json!({ "Offer": "v=0\r\n" })),
        signal(json!({ "Answer": "v=0\r\n" })),
        signal(json!({ "IceCandidate": "{}" })),
    ];
    assert_pinned(include_str!("golden/signaling_events.json"), &events);
}

#[test]
fn requests_from_a_peer() {
    let requests: [JsonPeerRequest; 2] = [
        PeerRequest::Signal {
            receiver: ALICE,
            data: json!({ "Offer": "v=0\r\n" }),
        },
        PeerRequest::KeepAlive,
    ];
    assert_pinned(include_str!("golden/signaling_requests.json"), &requests);
}
