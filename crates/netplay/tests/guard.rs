//! The guard lets through what matchbox survives, and nothing else.
#![cfg(not(target_arch = "wasm32"))]

use matchbox_socket::{PeerEvent, PeerRequest, PeerSignal};
use netplay::{
    signaling::{
        directory::{Directory, MAX_ATTEMPTS, MAX_REMEMBERED, MAX_SOCKETS},
        guard::{AGAIN, Guard, MAX_CANDIDATES},
    },
    transport::{KnownPeer, SignalingState},
};
use proptest::prelude::*;
use protocol::PeerId;
use std::sync::Arc;
use webrtc::{
    data_channel::RTCDataChannelInit,
    peer_connection::{
        PeerConnection, PeerConnectionBuilder, PeerConnectionEventHandler, RTCIceCandidateInit,
        RTCSessionDescription,
    },
    runtime::SmolRuntime,
};

const CHROMIUM: &str = include_str!("guard_data/chromium_offer.sdp");
const FIREFOX: &str = include_str!("guard_data/firefox_offer.sdp");
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

#[test]
fn a_second_id_is_swallowed() {
    let (mut guard, directory) = guard();
    assert_eq!(directory.signaling(), SignalingState::Online);
    assert_eq!(guard.incoming(PeerEvent::IdAssigned(id(ME))), None);
    assert_eq!(guard.incoming(PeerEvent::IdAssigned(id(9))), None);
    assert_eq!(directory.local_id(), Some(id(ME)));
}

#[test]
fn a_newcomer_is_told_of_once() {
    let (mut guard, directory) = guard();
    assert!(guard.incoming(PeerEvent::NewPeer(id(OTHER))).is_some());
    assert!(guard.incoming(PeerEvent::NewPeer(id(OTHER))).is_none());
    assert!(guard.incoming(PeerEvent::PeerLeft(id(OTHER))).is_some());
    assert_eq!(directory.peers(), []);
    assert!(
        guard.incoming(PeerEvent::NewPeer(id(OTHER))).is_none(),
        "its handshake goes on"
    );
    let known = KnownPeer {
        id: id(OTHER),
        here_before_us: false,
    };
    assert_eq!(directory.peers(), [known]);
    assert!(
        guard.incoming(PeerEvent::NewPeer(id(ME))).is_none(),
        "we are no newcomer"
    );
}

#[test]
fn whoever_offers_was_here_before() {
    let (mut guard, directory) = guard();
    assert!(hear(&mut guard, OTHER, offer()).is_some());
    assert_eq!(
        directory.peers(),
        [KnownPeer {
            id: id(OTHER),
            here_before_us: true
        }]
    );
    assert!(
        guard.incoming(PeerEvent::NewPeer(id(OTHER))).is_none(),
        "crossed offers deadlock"
    );
    assert!(hear(&mut guard, OTHER, offer()).is_none(), "a second offer");
    assert!(
        hear(&mut guard, OTHER, answer()).is_none(),
        "an answer to no offer of ours"
    );
    assert!(say(&mut guard, OTHER, answer()).is_some());
    assert!(hear(&mut guard, OTHER, candidate()).is_some());
}

#[test]
fn an_answer_needs_an_offer() {
    let (mut guard, directory) = guard();
    guard.incoming(PeerEvent::NewPeer(id(OTHER)));
    assert!(
        hear(&mut guard, OTHER, answer()).is_none(),
        "before our offer"
    );
    assert!(say(&mut guard, OTHER, offer()).is_some());
    assert!(hear(&mut guard, OTHER, offer()).is_none(), "we offer");
    assert!(
        hear(&mut guard, OTHER, candidate()).is_none(),
        "before its answer"
    );
    let other_section = PeerSignal::Answer(answer_text().replace("a=mid:0", "a=mid:1"));
    assert!(
        hear(&mut guard, OTHER, other_section).is_none(),
        "of a section we did not offer"
    );
    let undecided = PeerSignal::Answer(CHROMIUM.to_owned());
    assert!(
        hear(&mut guard, OTHER, undecided).is_none(),
        "it must choose its part in DTLS"
    );
    assert!(hear(&mut guard, OTHER, answer()).is_some());
    assert!(
        hear(&mut guard, OTHER, answer()).is_none(),
        "a second answer"
    );
    assert_eq!(directory.dropped(), 6);
}

#[test]
fn strangers_and_the_banned_are_not_heard() {
    let (mut guard, _) = guard();
    assert!(hear(&mut guard, OTHER, candidate()).is_none());
    assert!(hear(&mut guard, OTHER, answer()).is_none());
    assert!(hear(&mut guard, ME, offer()).is_none(), "our own id");
    assert!(
        say(&mut guard, OTHER, offer()).is_none(),
        "nobody told us of this one"
    );
}

#[test]
fn open_channels_outlive_signaling() {
    let (mut guard, directory) = guard();
    hear(&mut guard, OTHER, offer());
    directory.set_heard(id(OTHER), 1);
    assert!(guard.incoming(PeerEvent::PeerLeft(id(OTHER))).is_none());
    assert!(hear(&mut guard, OTHER, offer_in("new")).is_none());
    assert_eq!(directory.peers().len(), 1);
}

#[test]
fn channels_that_nothing_came_over_give_way_to_a_new_offer() {
    let (mut guard, directory) = guard();
    hear(&mut guard, OTHER, offer());
    assert!(say(&mut guard, OTHER, answer()).is_some());
    directory.set_open(id(OTHER));
    assert!(
        hear(&mut guard, OTHER, offer()).is_none(),
        "the same one twice"
    );
    assert!(hear(&mut guard, OTHER, offer_in("new")).is_some());
    // A packet of the older socket says nothing of this one.
    directory.set_heard(id(OTHER), 1);
    assert!(
        say(&mut guard, OTHER, answer()).is_none(),
        "of the older one"
    );
    assert!(say(&mut guard, OTHER, answer_in("new")).is_some());
    assert_eq!(directory.peers().len(), 1);
}

#[test]
fn each_further_offer_has_a_name_that_its_answer_repeats() {
    let (mut guard, directory) = guard();
    guard.incoming(PeerEvent::NewPeer(id(OTHER)));
    assert!(say(&mut guard, OTHER, offer()).is_some());
    directory.set_over(id(OTHER));
    assert!(guard.incoming(PeerEvent::NewPeer(id(OTHER))).is_some());
    let offered = say(&mut guard, OTHER, offer()).expect("another offer");
    assert_eq!(
        mid(&offered),
        "again2",
        "not the name of the stack's own section"
    );
    assert!(
        hear(&mut guard, OTHER, answer()).is_none(),
        "to the first offer"
    );
    assert!(
        hear(&mut guard, OTHER, candidate()).is_none(),
        "of the first attempt"
    );
    let heard = hear(&mut guard, OTHER, answer_in("again2")).expect("to the second");
    assert_eq!(mid(&heard), "0", "which our stack knows");
    let PeerSignal::IceCandidate(theirs) = hear(&mut guard, OTHER, candidate()).expect("theirs")
    else {
        panic!("a candidate became something else");
    };
    assert!(theirs.contains(r#""sdpMid":"0""#), "{theirs}");
    let PeerSignal::IceCandidate(ours) = say(&mut guard, OTHER, candidate()).expect("ours") else {
        panic!("a candidate became something else");
    };
    assert!(ours.contains(r#""sdpMid":"again2""#), "{ours}");
}

#[test]
fn a_new_offer_replaces_an_attempt_a_few_times() {
    let (mut guard, directory) = guard();
    for attempt in 1..2 * MAX_ATTEMPTS {
        let mid = format!("again{attempt}");
        let may = attempt <= MAX_ATTEMPTS;
        assert_eq!(
            hear(&mut guard, OTHER, offer_in(&mid)).is_some(),
            may,
            "{attempt}"
        );
        assert_eq!(say(&mut guard, OTHER, answer_in(&mid)).is_some(), may);
    }
    assert_eq!(directory.peers().len(), 1);
}

#[test]
fn the_side_that_answers_may_ask_for_another_offer() {
    let again = || PeerSignal::Offer(AGAIN.to_owned());
    let (mut answerer, _) = guard();
    assert!(
        say(&mut answerer, OTHER, again()).is_none(),
        "from a stranger"
    );
    hear(&mut answerer, OTHER, offer());
    let asked = say(&mut answerer, OTHER, again()).expect("it names the offer");
    assert_eq!(asked, PeerSignal::Offer(format!("{AGAIN} 0")));
    assert_eq!(
        hear(&mut answerer, OTHER, asked.clone()),
        None,
        "it does not offer"
    );

    let (mut offerer, _) = guard();
    let ask = |guard: &mut Guard, text: &str| {
        guard.incoming(PeerEvent::Signal {
            sender: id(OTHER),
            data: PeerSignal::Offer(text.to_owned()),
        })
    };
    assert_eq!(ask(&mut offerer, "again 0"), None, "a stranger");
    offerer.incoming(PeerEvent::NewPeer(id(OTHER)));
    assert_eq!(ask(&mut offerer, "again 0"), None, "before our offer");
    assert!(say(&mut offerer, OTHER, offer()).is_some());
    assert!(
        say(&mut offerer, OTHER, again()).is_none(),
        "who offers does not ask"
    );
    for stray in ["again", "again ", "again 1", "again0", "again 0 0"] {
        assert_eq!(ask(&mut offerer, stray), None, "{stray}");
    }
    let begins = Some(PeerEvent::NewPeer(id(OTHER)));
    assert_eq!(ask(&mut offerer, "again 0"), begins);
    assert_eq!(ask(&mut offerer, "again 0"), None, "it does already");
    for attempt in 2..=2 * MAX_ATTEMPTS {
        let may = attempt < MAX_ATTEMPTS;
        say(&mut offerer, OTHER, offer());
        let asked = ask(&mut offerer, &format!("again again{attempt}"));
        assert_eq!(asked.is_some(), may, "{attempt}");
    }

    let (mut offerer, directory) = guard();
    offerer.incoming(PeerEvent::NewPeer(id(OTHER)));
    say(&mut offerer, OTHER, offer());
    directory.set_heard(id(OTHER), 1);
    assert_eq!(ask(&mut offerer, "again 0"), None, "it is open");
    directory.ban(id(OTHER));
    assert_eq!(ask(&mut offerer, "again 0"), None, "it is banned");
}

#[test]
fn who_left_after_its_attempt_failed_is_told_of() {
    let (mut guard, directory) = guard();
    guard.incoming(PeerEvent::NewPeer(id(OTHER)));
    directory.set_over(id(OTHER));
    assert!(
        guard.incoming(PeerEvent::PeerLeft(id(OTHER))).is_some(),
        "so that nobody tries again"
    );
    assert!(guard.incoming(PeerEvent::PeerLeft(id(3))).is_none());
}

#[test]
fn peers_and_candidates_are_bounded() {
    let (mut guard, directory) = guard();
    hear(&mut guard, OTHER, offer());
    let passed = (0..3 * MAX_CANDIDATES)
        .filter(|_| hear(&mut guard, OTHER, candidate()).is_some())
        .count();
    assert_eq!(passed, MAX_CANDIDATES as usize);
    for number in 0..64_u128 {
        guard.incoming(PeerEvent::NewPeer(id(100 + number)));
        hear(&mut guard, 10_000 + number, offer());
    }
    assert_eq!(directory.peers().len(), MAX_SOCKETS);
}

#[test]
fn who_left_before_it_was_open_makes_room_for_others() {
    let (mut guard, directory) = guard();
    for number in 0..MAX_SOCKETS as u128 {
        assert!(
            guard
                .incoming(PeerEvent::NewPeer(id(100 + number)))
                .is_some()
        );
    }
    let newcomer = PeerEvent::NewPeer(id(OTHER));
    assert!(guard.incoming(newcomer.clone()).is_none(), "full");
    guard.incoming(PeerEvent::PeerLeft(id(103)));
    assert!(guard.incoming(newcomer).is_some());
    assert!(guard.incoming(PeerEvent::NewPeer(id(200))).is_none());
    assert_eq!(directory.peers().len(), MAX_SOCKETS);
    assert!(
        hear(&mut guard, 103, offer()).is_none(),
        "nor may it come back for now"
    );
}

#[test]
fn a_peer_whose_socket_is_gone_may_begin_anew_a_few_times() {
    for was_open in [false, true] {
        let (mut guard, directory) = guard();
        guard.incoming(PeerEvent::NewPeer(id(OTHER)));
        for attempt in 1..2 * MAX_ATTEMPTS {
            let may = attempt < MAX_ATTEMPTS;
            assert_eq!(
                directory.peers().len(),
                usize::from(attempt <= MAX_ATTEMPTS)
            );
            assert!(
                hear(&mut guard, OTHER, offer()).is_none(),
                "while it has a socket, or after too many"
            );
            if was_open {
                directory.set_heard(id(OTHER), attempt);
            }
            directory.set_over(id(OTHER));
            assert_eq!(directory.peers(), []);
            assert!(hear(&mut guard, OTHER, candidate()).is_none());
            // It may be told of, or offer by itself: who came first stays as it was.
            if attempt % 2 == 0 {
                let event = guard.incoming(PeerEvent::NewPeer(id(OTHER)));
                assert_eq!(event.is_some(), may);
                assert_eq!(say(&mut guard, OTHER, offer()).is_some(), may);
            } else {
                assert_eq!(hear(&mut guard, OTHER, offer()).is_some(), may);
                assert_eq!(say(&mut guard, OTHER, answer()).is_some(), may);
            }
            assert!(directory.peers().iter().all(|peer| !peer.here_before_us));
        }
    }
}

#[test]
fn the_banned_stay_out_and_the_forgotten_are_strangers() {
    let (mut guard, directory) = guard();
    hear(&mut guard, OTHER, offer());
    directory.ban(id(OTHER));
    directory.set_over(id(OTHER));
    assert!(hear(&mut guard, OTHER, offer()).is_none());
    assert!(guard.incoming(PeerEvent::NewPeer(id(OTHER))).is_none());
    for number in 0..MAX_REMEMBERED as u128 {
        let stranger = id(100 + number);
        assert!(guard.incoming(PeerEvent::NewPeer(stranger)).is_some());
        directory.set_over(stranger);
    }
    assert!(guard.incoming(PeerEvent::NewPeer(id(OTHER))).is_some());
}

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
