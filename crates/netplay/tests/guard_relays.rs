//! Where only relays are wanted, no other address passes the guard, in either direction.
#![cfg(not(target_arch = "wasm32"))]

use matchbox_socket::{PeerEvent, PeerRequest, PeerSignal};
use netplay::signaling::{directory::Directory, guard::Guard};
use proptest::prelude::*;
use protocol::PeerId;
use std::net::IpAddr;

const CHROMIUM: &str = include_str!("guard_data/chromium_offer.sdp");
const ME: PeerId = PeerId(uuid::Uuid::from_u128(1));
const OTHER: PeerId = PeerId(uuid::Uuid::from_u128(2));

fn relays() -> [IpAddr; 2] {
    [
        [203, 0, 113, 9].into(),
        "2001:db8::9".parse().expect("an address"),
    ]
}

/// A guard that knows of another peer, who makes the offer or gets it.
fn guard(we_offer: bool) -> Guard {
    let directory = Directory::default();
    directory.set_relays(&relays());
    let mut guard = Guard::new(directory);
    assert!(guard.incoming(PeerEvent::IdAssigned(ME)).is_some());
    if we_offer {
        assert!(guard.incoming(PeerEvent::NewPeer(OTHER)).is_some());
    }
    guard
}

/// What passes of a signal; `ours` says who wrote it.
fn pass(guard: &mut Guard, data: PeerSignal, ours: bool) -> Option<PeerSignal> {
    if ours {
        let request = PeerRequest::Signal {
            receiver: OTHER,
            data,
        };
        match guard.outgoing(request)? {
            PeerRequest::Signal { data, .. } => Some(data),
            PeerRequest::KeepAlive => panic!("a signal became a keep-alive"),
        }
    } else {
        let event = PeerEvent::Signal {
            sender: OTHER,
            data,
        };
        match guard.incoming(event)? {
            PeerEvent::Signal { data, .. } => Some(data),
            other => panic!("a signal became {other:?}"),
        }
    }
}

fn text(signal: &PeerSignal) -> &str {
    let (PeerSignal::Offer(text) | PeerSignal::Answer(text) | PeerSignal::IceCandidate(text)) =
        signal;
    text
}

/// A description with these candidates in it.
fn description(candidates: &[String], is_offer: bool) -> PeerSignal {
    let lines: String = (candidates.iter())
        .map(|line| format!("a={line}\r\n"))
        .collect();
    let text = format!("{}\r\n{lines}", CHROMIUM.trim_end());
    match is_offer {
        true => PeerSignal::Offer(text),
        false => PeerSignal::Answer(text.replace("actpass", "active")),
    }
}

fn candidate(line: &str) -> PeerSignal {
    PeerSignal::IceCandidate(serde_json::json!({ "candidate": line, "sdpMid": "0" }).to_string())
}

/// Every address in a text, whatever stands around it.
fn addresses(text: &str) -> Vec<IpAddr> {
    text.split(|c: char| !(c.is_ascii_hexdigit() || c == '.' || c == ':'))
        .flat_map(|word| [word, word.trim_matches(':')])
        .filter_map(|word| word.parse().ok())
        .collect()
}

/// Fails when a text shows an address that is neither a relay's nor none at all.
fn assert_hidden(text: &str) {
    for address in addresses(text) {
        assert!(
            address.is_unspecified() || relays().contains(&address),
            "{address} passes in {text}"
        );
    }
    assert!(!text.contains(".local"), "a name passes in {text}");
}

fn line(address: &str, typ: &str, tail: &str) -> String {
    format!("candidate:842163049 1 udp 1677729535 {address} 50123 typ {typ}{tail}")
}

#[test]
fn a_relay_s_candidate_passes_without_what_is_behind_it() {
    for (we_offer, ours) in [(true, true), (true, false), (false, true), (false, false)] {
        let mut guard = guard(we_offer);
        let relay = line("203.0.113.9", "relay", " raddr 192.0.2.7 rport 40001");
        let host = line("192.0.2.7", "host", "");
        for is_offer in [true, false] {
            let signal = description(&[host.clone(), relay.clone()], is_offer);
            let passed = pass(&mut guard, signal, we_offer == is_offer).expect("it passes");
            assert_hidden(text(&passed));
            assert!(text(&passed).contains("typ relay raddr 0.0.0.0 rport 9\r\n"));
            assert!(!text(&passed).contains("typ host"));
        }
        let passed = pass(&mut guard, candidate(&relay), ours).expect("it passes");
        assert_eq!(
            text(&passed),
            r#"{"candidate":"candidate:relay 1 udp 1677729535 203.0.113.9 50123 typ relay raddr 0.0.0.0 rport 9","sdpMLineIndex":0,"sdpMid":"0"}"#
        );
        for kept in [
            host,
            line("192.0.2.7", "srflx", " raddr 10.0.0.1 rport 1"),
            line("192.0.2.7", "prflx", " raddr 10.0.0.1 rport 1"),
            line("192.0.2.7", "relay", " raddr 10.0.0.1 rport 1"),
            line("203.0.113.9", "host", ""),
            line("203.0.113.9", "srflx", " raddr 10.0.0.1 rport 1"),
            line("::ffff:203.0.113.9", "relay", ""),
            line("b1946ac9-2495-4d57-8c5b-2f1f3c3c1b3a.local", "host", ""),
        ] {
            assert_eq!(pass(&mut guard, candidate(&kept), ours), None, "{kept}");
        }
        let end = PeerSignal::IceCandidate("null".to_owned());
        assert_eq!(pass(&mut guard, end.clone(), ours), Some(end));
    }
}

fn any_candidate() -> impl Strategy<Value = String> {
    let address = prop_oneof![
        any::<IpAddr>().prop_map(|ip| ip.to_string()),
        Just("203.0.113.9".to_owned()),
        Just("2001:db8::9".to_owned()),
        "[a-f0-9-]{1,36}\\.local",
        "[0-9a-fA-F.:]{1,20}",
    ];
    let typ = prop_oneof![
        Just("host"),
        Just("srflx"),
        Just("prflx"),
        Just("relay"),
        Just("RELAY")
    ];
    let related = proptest::option::of((any::<IpAddr>(), any::<u16>()));
    let more = prop_oneof![
        Just(String::new()),
        any::<IpAddr>().prop_map(|ip| format!(" network-id {ip} generation 0")),
        "\\PC{0,30}",
    ];
    (
        address,
        typ,
        any::<u16>(),
        related,
        more,
        "[a-zA-Z0-9+/.]{1,32}",
    )
        .prop_map(|(address, typ, port, related, more, foundation)| {
            let related = related.map_or(String::new(), |(ip, port)| {
                format!(" raddr {ip} rport {port}")
            });
            format!("candidate:{foundation} 1 udp 99 {address} {port} typ {typ}{related}{more}")
        })
}

proptest! {
    #[test]
    fn nothing_but_a_relay_is_ever_shown(
        we_offer: bool,
        embedded in proptest::collection::vec(any_candidate(), 0..8),
        signals in proptest::collection::vec((any_candidate(), any::<bool>()), 0..24),
        origin in any::<IpAddr>(),
    ) {
        let mut guard = guard(we_offer);
        for is_offer in [true, false] {
            let plain = description(&embedded, is_offer);
            // Addresses where a description has its own, and where it should have none.
            let own = text(&plain).replace("127.0.0.1", &origin.to_string());
            let more = format!(
                "{own}a=x:{origin}\r\nc=IN IP4 {origin}\r\na=rtcp:9 IN IP4 {origin}\r\n"
            );
            let signal = match is_offer {
                true => PeerSignal::Offer(more),
                false => PeerSignal::Answer(more),
            };
            if let Some(passed) = pass(&mut guard, signal, we_offer == is_offer) {
                assert_hidden(text(&passed));
            }
        }
        for (line, ours) in signals {
            if let Some(passed) = pass(&mut guard, candidate(&line), ours) {
                assert_hidden(text(&passed));
            }
        }
    }
}
