//! The reader of requests beside serde's, and what it relays as matchbox reads it.

use super::*;
use matchbox_protocol::{PeerEvent, PeerRequest};
use proptest::prelude::*;
use serde::{Deserialize, Serialize};

/// As `matchbox_socket` has it; `tests/stock_client.rs` speaks to the real one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum PeerSignal {
    Offer(String),
    Answer(String),
    IceCandidate(String),
}

type Theirs = PeerRequest<PeerSignal>;

fn id() -> PeerId {
    PeerId(Uuid::from_u128(0x1234_5678_9abc_def0_1234_5678_9abc_def0))
}

/// What matchbox reads in the event that relays `data`.
fn relayed(data: &str) -> PeerEvent<PeerSignal> {
    let mut frame = vec![0xff; 7];
    write_event(&mut frame, id(), data);
    let bytes = match frame[1] {
        126 => &frame[4..],
        127 => &frame[10..],
        _ => &frame[2..],
    };
    serde_json::from_slice(bytes).unwrap()
}

#[test]
fn what_is_taken() {
    let receiver = id();
    let data = r#"{ "Offer" :"v=0\r\n\u00fc\ud83c\udfbe \/"}"#;
    for text in [
        format!(r#"{{"Signal":{{"receiver":"{receiver}","data":{data}}}}}"#),
        format!("\n{{ \"Signal\" : {{\"data\": {data} ,\t\"receiver\":\"{receiver}\" }} }} \r\n"),
    ] {
        assert_eq!(
            Request::parse(&text),
            Ok(Request::Signal { receiver, data })
        );
    }
    assert_eq!(Request::parse(" \"KeepAlive\" "), Ok(Request::KeepAlive));
    let expected = PeerEvent::Signal {
        sender: id(),
        data: PeerSignal::Offer("v=0\r\nü🎾 /".to_owned()),
    };
    assert_eq!(relayed(data), expected);
}

#[test]
fn what_is_not() {
    let signal = |data: &str| format!(r#"{{"Signal":{{"receiver":"{}","data":{data}}}}}"#, id());
    let long = "x".repeat(MAX_CANDIDATE_BYTES + 1);
    let mut texts = vec![
        String::new(),
        "\"keepalive\"".to_owned(),
        "\"KeepAlive\" 1".to_owned(),
        "{}".to_owned(),
        "{\"Signal\":{}}".to_owned(),
        "[".repeat(10_000),
        r#"{"Signal":{"receiver":"nobody","data":{"Offer":""}}}"#.to_owned(),
        format!(r#"{{"Signal":{{"receiver":"{}"}}}}"#, id()),
        format!("{}}}", signal(r#"{"Offer":""}"#)),
        signal(r#"{"Offer":""},"data":{"Offer":""}"#),
        signal(r#"{"Offer":""},"more":1"#),
        signal(&format!(r#"{{"IceCandidate":"{long}"}}"#)),
    ];
    texts.extend(
        [
            "1",
            "null",
            "\"Offer\"",
            "{}",
            r#"{"Offer":1}"#,
            r#"{"Offer":{}}"#,
            r#"{"offer":""}"#,
            r#"{"Offer":"","Answer":""}"#,
            r#"{"Offer":"\x"}"#,
            r#"{"Offer":"\u12g4"}"#,
            r#"{"Offer":"\ud800"}"#,
            r#"{"Offer":"\ud800\u0041"}"#,
            r#"{"Offer":"\udc00"}"#,
            "{\"Offer\":\"\n\"}",
        ]
        .map(signal),
    );
    for text in texts {
        assert_eq!(Request::parse(&text), Err(Malformed), "{text}");
    }
}

#[test]
fn eight_bytes_at_once_are_told_apart_as_one_by_one() {
    for byte in 0..=u8::MAX {
        let special = matches!(byte, 0..b' ' | b'"' | b'\\');
        for around in [b' ', b'a', 0x7f, 0x80, 0xff] {
            for place in 0..8 {
                let mut bytes = [around; 8];
                bytes[place] = byte;
                assert_eq!(has_special(u64::from_ne_bytes(bytes)), special, "{bytes:?}");
                assert_eq!(plain(&bytes), if special { place } else { 8 });
            }
        }
    }
}

fn signals() -> impl Strategy<Value = PeerSignal> {
    let text = "(\\PC|[\"\\\\\n\r\u{0}\u{2028}🎾]){0,40}";
    prop_oneof![
        text.prop_map(PeerSignal::Offer),
        text.prop_map(PeerSignal::Answer),
        text.prop_map(PeerSignal::IceCandidate),
    ]
}

proptest! {
    #[test]
    fn whatever_a_peer_says_arrives(signal in signals(), receiver: u128) {
        let receiver = PeerId(Uuid::from_u128(receiver));
        let request = Theirs::Signal { receiver, data: signal.clone() };
        let text = serde_json::to_string(&request).unwrap();
        match Request::parse(&text) {
            Ok(Request::Signal { receiver: read, data }) => {
                prop_assert_eq!(read, receiver);
                prop_assert_eq!(relayed(data), PeerEvent::Signal { sender: id(), data: signal });
            }
            other => prop_assert!(false, "{text}: {other:?}"),
        }
    }

    /// With something changed in it, it is refused, or serde reads the same.
    #[test]
    fn what_is_taken_is_what_matchbox_reads(
        signal in signals(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), "[\\\\\"u{}:, 0dD8c]{0,2}"), 1..4),
    ) {
        let mut text = serde_json::to_string(&Theirs::Signal { receiver: id(), data: signal }).unwrap();
        for (at, put) in changes {
            let places: Vec<usize> = text.char_indices().map(|(at, _)| at).collect();
            let at = places[at.index(places.len())];
            let end = text[at..].chars().next().map_or(at, |old| at + old.len_utf8());
            text.replace_range(at..end, &put);
        }
        if let Ok(Request::Signal { receiver, data }) = Request::parse(&text) {
            let theirs: Theirs = serde_json::from_str(&text).unwrap();
            let data: PeerSignal = serde_json::from_str(data).unwrap();
            prop_assert_eq!(theirs, Theirs::Signal { receiver, data });
        }
    }
}
