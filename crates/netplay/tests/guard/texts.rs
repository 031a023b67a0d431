//! What other peers write is read into fields and written anew, or is nothing.

use super::*;
use proptest::prelude::*;
use std::sync::Arc;
use webrtc::{
    data_channel::RTCDataChannelInit,
    peer_connection::{
        PeerConnection, PeerConnectionBuilder, PeerConnectionEventHandler, RTCIceCandidateInit,
        RTCSessionDescription,
    },
    runtime::SmolRuntime,
};

#[test]
fn candidates_are_written_anew() {
    let (mut guard, _) = guard();
    hear(&mut guard, OTHER, offer());
    let Some(PeerSignal::IceCandidate(text)) = hear(&mut guard, OTHER, candidate()) else {
        panic!("a good candidate is dropped");
    };
    let json: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    let line = "candidate:1 1 udp 2130706431 192.0.2.9 41000 typ host";
    let expected = serde_json::json!({"candidate": line, "sdpMid": "0", "sdpMLineIndex": 0});
    assert_eq!(
        json, expected,
        "names the section that there is, and no stale fragment"
    );
    let end = PeerSignal::IceCandidate("null".to_owned());
    assert_eq!(hear(&mut guard, OTHER, end.clone()), Some(end.clone()));
    let empty = PeerSignal::IceCandidate(r#"{"candidate":"","sdpMid":"0"}"#.to_owned());
    assert_eq!(hear(&mut guard, OTHER, empty), Some(end));
    for bad in [
        "",
        "7",
        "[]",
        "{}",
        "nul",
        r#"{"candidate":7}"#,
        r#"{"candidate":"candidate:1 1 udp 1 example.org 41000 typ host"}"#,
        r#"{"candidate":"candidate:1 1 udp 1 224.0.0.1 41000 typ host"}"#,
        r#"{"candidate":"candidate:1 1 udp 1 192.0.2.9 0 typ host"}"#,
        r#"{"candidate":"candidate:1 1 tcp 1 192.0.2.9 9 typ host tcptype active"}"#,
        r#"{"candidate":"candidate:1 1 udp 1 name.local 41000 typ srflx"}"#,
        r#"{"candidate":"candidate:1 2 udp 1 192.0.2.9 41000 typ host"}"#,
        r#"{"candidate":"candidate:1 1 udp 99999999999 192.0.2.9 41000 typ host"}"#,
    ] {
        let signal = PeerSignal::IceCandidate(bad.to_owned());
        assert_eq!(hear(&mut guard, OTHER, signal), None, "{bad}");
    }
}

#[test]
fn descriptions_of_browsers_pass_and_stay_the_same_when_written_twice() {
    for text in [CHROMIUM, FIREFOX] {
        let once = canonical_offer(text).expect("a browser's offer");
        assert_eq!(canonical_offer(&once).as_ref(), Some(&once));
        assert_eq!(
            once.matches("a=candidate").count(),
            text.matches(" typ ").count() - 1,
            "no TCP"
        );
        smol::block_on(accept(&once, &[])).expect("the stack takes it");
    }
}

#[test]
fn hostile_descriptions_are_nothing() {
    for (from, to) in [
        ("v=0", "v=1"),
        (
            "webrtc-datachannel",
            "webrtc-datachannel\nm=audio 9 UDP/TLS/RTP/SAVPF 111",
        ),
        ("m=application 51472", "m=application 0"),
        ("UDP/DTLS/SCTP", "TCP/DTLS/SCTP"),
        ("a=ice-ufrag:Zf3x", "a=ice-ufrag:Z"),
        ("a=ice-ufrag:Zf3x\n", ""),
        ("a=ice-pwd:", "a=ice-pwd:\u{7f}"),
        ("a=ice-pwd:ukFq8gh3LYIl7dcvJ0mHnTbe", "a=ice-pwd:short"),
        ("sha-256 6B", "sha-256 6G"),
        ("sha-256 6B:", "sha-256 "),
        ("sha-256", "md5"),
        ("a=setup:actpass", "a=setup:holdconn"),
        ("a=mid:0", "a=mid:"),
        ("a=mid:0", "a=mid:0 1"),
        ("a=sctp-port:5000", "a=sctp-port:0"),
        ("o=- 4611731400430051336", "o=- 99999999999999999999"),
        ("o=- 4611731400430051336 2 IN IP4 127.0.0.1\n", ""),
        ("a=max-message-size:262144", "a=max-message-size:x"),
    ] {
        let text = CHROMIUM.replace(from, to);
        assert_ne!(text, CHROMIUM, "{from}");
        assert_eq!(canonical_offer(&text), None, "{from} -> {to}");
    }
    let long = CHROMIUM.to_owned() + &"a=x\n".repeat(10_000);
    assert_eq!(canonical_offer(&long), None);
}

/// What a fresh guard makes of an offer.
fn canonical_offer(text: &str) -> Option<String> {
    let (mut guard, _) = guard();
    match hear(&mut guard, OTHER, PeerSignal::Offer(text.to_owned()))? {
        PeerSignal::Offer(text) => Some(text),
        other => panic!("an offer became {other:?}"),
    }
}

struct Silent;

impl PeerConnectionEventHandler for Silent {}

async fn connection() -> Arc<dyn PeerConnection> {
    let connection = PeerConnectionBuilder::new()
        .with_runtime(Arc::new(SmolRuntime))
        .with_handler(Arc::new(Silent))
        .with_udp_addrs(vec!["127.0.0.1:0"])
        .build()
        .await
        .expect("a connection");
    let config = RTCDataChannelInit {
        negotiated: Some(0),
        ..Default::default()
    };
    connection
        .create_data_channel("channel", Some(config))
        .await
        .expect("a channel");
    Arc::new(connection)
}

/// What matchbox does natively with an offer and the candidates after it, each step of which it
/// unwraps (or, on the web, expects).
async fn accept(offer: &str, candidates: &[String]) -> Result<(), webrtc::error::Error> {
    let connection = connection().await;
    let description = RTCSessionDescription::offer(offer.to_owned())?;
    let outcome = async {
        connection.set_remote_description(description).await?;
        let answer = connection.create_answer(None).await?;
        connection.set_local_description(answer).await?;
        for candidate in candidates {
            if let Ok(init) = serde_json::from_str::<RTCIceCandidateInit>(candidate) {
                connection.add_ice_candidate(init).await?;
            }
        }
        Ok(())
    };
    let outcome = outcome.await;
    connection.close().await?;
    outcome
}

/// A line of a description: taken from a real one, changed, or made up.
fn line() -> impl Strategy<Value = String> {
    let lines: Vec<String> = CHROMIUM
        .lines()
        .chain(FIREFOX.lines())
        .map(str::to_owned)
        .collect();
    let real = prop::sample::select(lines);
    prop_oneof![
        8 => real.clone(),
        4 => (real, any::<prop::sample::Index>(), "\\PC{0,6}").prop_map(|(line, at, text)| {
            let at = at.index(line.len() + 1);
            format!("{}{text}{}", &line[..at], &line[at..])
        }),
        1 => "[a-z]=\\PC{0,40}",
    ]
}

/// A real description with some lines left out, moved, doubled or replaced.
fn description() -> impl Strategy<Value = String> {
    let edits = prop::collection::vec((any::<prop::sample::Index>(), 0..3u8, line()), 0..5);
    (any::<bool>(), edits).prop_map(|(chromium, edits)| {
        let text = if chromium { CHROMIUM } else { FIREFOX };
        let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
        for (at, edit, line) in edits {
            let at = at.index(lines.len());
            match edit {
                0 => drop(lines.remove(at)),
                1 => lines.insert(at, line),
                _ => lines[at] = line,
            }
        }
        lines.join("\n")
    })
}

/// A candidate's JSON around an attribute whose words are real, changed or made up.
fn candidate_json() -> impl Strategy<Value = String> {
    let word = |real: &'static str| prop_oneof![9 => Just(real.to_owned()), 1 => "\\PC{0,8}"];
    let address = prop_oneof![
        Just("192.0.2.1".to_owned()),
        Just("2001:db8::1".to_owned()),
        Just("4f8a3b8e-9f6c.local".to_owned()),
        "[0-9a-f.:]{0,20}",
    ];
    let typ = prop::sample::select(vec!["host", "srflx", "prflx", "relay", "x"]);
    let related = prop_oneof![
        Just(String::new()),
        Just(" raddr 192.0.2.2 rport 9".to_owned()),
        Just(" tcptype active".to_owned()),
        " raddr \\PC{0,10}",
    ];
    let words = (
        word("1"),
        word("1"),
        word("udp"),
        word("2113937151"),
        address,
        word("41000"),
    );
    (words, typ, related).prop_map(|((a, b, c, d, address, port), typ, related)| {
        let text = format!("candidate:{a} {b} {c} {d} {address} {port} typ {typ}{related}");
        serde_json::json!({"candidate": text, "sdpMid": "0"}).to_string()
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1024, failure_persistence: None, ..Default::default() })]

    /// Whatever passes the guard, the WebRTC stack takes.
    #[test]
    fn what_passes_is_taken(
        text in description(),
        candidates in prop::collection::vec(candidate_json(), 0..6),
    ) {
        let (mut guard, _) = guard();
        let offer = PeerSignal::Offer(text);
        if let Some(PeerSignal::Offer(offer)) = hear(&mut guard, OTHER, offer) {
            let candidates: Vec<String> = candidates
                .into_iter()
                .filter_map(|text| hear(&mut guard, OTHER, PeerSignal::IceCandidate(text)))
                .map(|signal| match signal {
                    PeerSignal::IceCandidate(text) => text,
                    other => panic!("a candidate became {other:?}"),
                })
                .collect();
            // A candidate needs our answer only in the other direction.
            let outcome = smol::block_on(accept(&offer, &candidates));
            prop_assert!(outcome.is_ok(), "{outcome:?}\n{offer}\n{candidates:?}");
        }
    }

    /// Arbitrary text does no harm.
    #[test]
    fn noise_is_nothing(text in "\\PC{0,200}") {
        let (mut guard, _) = guard();
        hear(&mut guard, OTHER, offer());
        prop_assert_eq!(hear(&mut guard, 3, PeerSignal::Offer(text.clone())), None);
        prop_assert_eq!(hear(&mut guard, OTHER, PeerSignal::Answer(text.clone())), None);
        let end = text.trim() == "null";
        prop_assert!(end || hear(&mut guard, OTHER, PeerSignal::IceCandidate(text)).is_none());
    }
}
