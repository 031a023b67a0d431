//! The guard lets through what matchbox survives, and nothing else.
#![cfg(not(target_arch = "wasm32"))]

mod bounds;
mod handshakes;
mod texts;

use matchbox_socket::{PeerEvent, PeerRequest, PeerSignal};
use netplay::signaling::{directory::Directory, guard::Guard};
use protocol::PeerId;

const CHROMIUM: &str = include_str!("../guard_data/chromium_offer.sdp");
const FIREFOX: &str = include_str!("../guard_data/firefox_offer.sdp");
const CANDIDATE: &str = r#"{"candidate":"candidate:1 1 udp 2130706431 192.0.2.9 41000 typ host generation 0 ufrag Zf3x","sdpMid":"7","sdpMLineIndex":9,"usernameFragment":"else"}"#;

fn id(number: u128) -> PeerId {
    PeerId(uuid::Uuid::from_u128(number))
}

const ME: u128 = 1;
const OTHER: u128 = 2;

fn guard() -> (Guard, Directory) {
    let directory = Directory::default();
    let mut guard = Guard::new(directory.clone());
    assert!(guard.incoming(PeerEvent::IdAssigned(id(ME))).is_some());
    (guard, directory)
}

fn answer_text() -> String {
    CHROMIUM.replace("actpass", "active")
}

fn offer() -> PeerSignal {
    PeerSignal::Offer(CHROMIUM.to_owned())
}

fn answer() -> PeerSignal {
    PeerSignal::Answer(answer_text())
}

/// An offer whose section has another name.
fn offer_in(mid: &str) -> PeerSignal {
    PeerSignal::Offer(CHROMIUM.replace("a=mid:0", &format!("a=mid:{mid}")))
}

fn answer_in(mid: &str) -> PeerSignal {
    PeerSignal::Answer(answer_text().replace("a=mid:0", &format!("a=mid:{mid}")))
}

/// The name of a description's section.
fn mid(signal: &PeerSignal) -> &str {
    let (PeerSignal::Offer(text) | PeerSignal::Answer(text)) = signal else {
        panic!("not a description: {signal:?}");
    };
    let mut lines = text.lines();
    lines
        .find_map(|line| line.strip_prefix("a=mid:"))
        .expect("a section")
}

fn candidate() -> PeerSignal {
    PeerSignal::IceCandidate(CANDIDATE.to_owned())
}

/// What matchbox gets of a signal of `sender`.
fn hear(guard: &mut Guard, sender: u128, data: PeerSignal) -> Option<PeerSignal> {
    match guard.incoming(PeerEvent::Signal {
        sender: id(sender),
        data,
    })? {
        PeerEvent::Signal { data, .. } => Some(data),
        other => panic!("a signal became {other:?}"),
    }
}

/// What signaling gets of a signal to `receiver`.
fn say(guard: &mut Guard, receiver: u128, data: PeerSignal) -> Option<PeerSignal> {
    match guard.outgoing(PeerRequest::Signal {
        receiver: id(receiver),
        data,
    })? {
        PeerRequest::Signal { data, .. } => Some(data),
        PeerRequest::KeepAlive => panic!("a signal became a keep-alive"),
    }
}
