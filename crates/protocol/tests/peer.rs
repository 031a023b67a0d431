//! The reliable messages: pinned to the byte, and safe to decode whatever comes.

use proptest::prelude::*;
use protocol::{PROTOCOL_VERSION, PeerId, limits::*, peer::*};
use uuid::Uuid;

fn peer(n: u128) -> PeerId {
    PeerId(Uuid::from_u128(n))
}

fn hello() -> Hello {
    Hello {
        protocol: PROTOCOL_VERSION,
        fingerprint: 0x0123_4567_89ab_cdef,
        name: "Ada".into(),
        heard_you: true,
        here_before_you: false,
        claim: [7; 16],
    }
}

fn line() -> LobbyLine {
    let mates = vec![
        Mate {
            id: peer(1),
            before_me: true,
        },
        Mate {
            id: peer(2),
            before_me: false,
        },
    ];
    LobbyLine {
        name: "Zoë".into(),
        ready: true,
        round: 300,
        mates,
        playing: None,
        watches: false,
        away: false,
    }
}

fn start() -> Start {
    Start {
        match_id: 0xfeed_beef,
        round: 2,
        seed: u64::MAX,
        settings: vec![1, 2, 3],
        roster: vec![Some(peer(1)), None, Some(peer(2)), None],
    }
}

fn refusal(reason: RefusalReason) -> Message {
    Message::Refuse(Refusal {
        reason,
        detail: "why".into(),
    })
}

/// Every message, with the file that pins its bytes in hexadecimal.
fn golden() -> Vec<(Message, &'static str)> {
    vec![
        (
            Message::Hello(hello()),
            include_str!("golden/peer_hello.hex"),
        ),
        (
            refusal(RefusalReason::ProtocolVersion),
            include_str!("golden/peer_refuse_version.hex"),
        ),
        (
            refusal(RefusalReason::Rules),
            include_str!("golden/peer_refuse_rules.hex"),
        ),
        (
            refusal(RefusalReason::RoomFull),
            include_str!("golden/peer_refuse_full.hex"),
        ),
        (
            refusal(RefusalReason::RoomFull),
            include_str!("golden/peer_refuse_running.hex"),
        ),
        (
            Message::Lobby(line()),
            include_str!("golden/peer_lobby.hex"),
        ),
        (
            Message::Start(start()),
            include_str!("golden/peer_start.hex"),
        ),
        (
            Message::Chat("Hello, 世界!".into()),
            include_str!("golden/peer_chat.hex"),
        ),
        (Message::Leave, include_str!("golden/peer_leave.hex")),
    ]
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn messages_keep_their_bytes() {
    for (message, expected) in golden() {
        let bytes = message.encode();
        assert_eq!(hex(&bytes), expected.trim(), "{message:?}");
        assert_eq!(Message::decode(&bytes).as_ref(), Ok(&message));
    }
}

#[test]
fn a_cut_message_is_malformed() {
    for (message, _) in golden() {
        let bytes = message.encode();
        for length in 0..bytes.len() {
            assert!(
                Message::decode(&bytes[..length]).is_err(),
                "{message:?} cut to {length}"
            );
        }
    }
}

#[test]
fn only_hello_and_refusal_may_grow() {
    for (message, _) in golden() {
        let mut bytes = message.encode();
        bytes.push(0);
        let may_grow = matches!(message, Message::Hello(_) | Message::Refuse(_));
        assert_eq!(Message::decode(&bytes).is_ok(), may_grow, "{message:?}");
    }
}

#[test]
fn every_field_has_a_bound() {
    let out_of_bounds = |message: Message, field| {
        let decoded = Message::decode(&message.encode());
        assert_eq!(decoded, Err(DecodeError::OutOfBounds(field)), "{message:?}");
    };
    let long = "x".repeat(MAX_CHAT_BYTES + 1);
    out_of_bounds(
        Message::Hello(Hello {
            name: long.clone(),
            ..hello()
        }),
        "name",
    );
    out_of_bounds(
        Message::Lobby(LobbyLine {
            name: long.clone(),
            ..line()
        }),
        "name",
    );
    let mates = vec![
        Mate {
            id: peer(1),
            before_me: true
        };
        MAX_PEERS + 1
    ];
    out_of_bounds(
        Message::Lobby(LobbyLine { mates, ..line() }),
        "list of mates",
    );
    let settings = vec![0; MAX_SETTINGS_BYTES + 1];
    out_of_bounds(
        Message::Start(Start {
            settings,
            ..start()
        }),
        "settings",
    );
    out_of_bounds(
        Message::Start(Start {
            roster: vec![],
            ..start()
        }),
        "roster",
    );
    out_of_bounds(
        Message::Start(Start {
            roster: vec![None; MAX_SEATS + 1],
            ..start()
        }),
        "roster",
    );
    out_of_bounds(Message::Chat(long.clone()), "chat line");
    let refusal = Refusal {
        reason: RefusalReason::Rules,
        detail: long,
    };
    out_of_bounds(Message::Refuse(refusal), "detail");
    let huge = vec![0; MAX_RELIABLE_BYTES + 1];
    assert_eq!(
        Message::decode(&huge),
        Err(DecodeError::TooLong(huge.len()))
    );
}

#[test]
fn a_length_that_lies_is_malformed() {
    // A chat line and a roster that claim four billion entries.
    for tag in [4_u8, 3] {
        let bytes = [
            tag, 0xff, 0xff, 0xff, 0xff, 0x0f, 0xff, 0xff, 0xff, 0xff, 0x0f,
        ];
        assert_eq!(Message::decode(&bytes), Err(DecodeError::Malformed));
    }
}

proptest! {
    #[test]
    fn garbage_never_panics(bytes in prop::collection::vec(any::<u8>(), 0..2_048)) {
        if let Ok(message) = Message::decode(&bytes) {
            // What decodes is something that we could have sent.
            prop_assert_eq!(Message::decode(&message.encode()), Ok(message));
        }
    }

    #[test]
    fn flipped_bits_never_panic(which in 0..9_usize, at in any::<usize>(), bit in 0..8_u8) {
        let mut bytes = golden()[which].0.encode();
        let at = at % bytes.len();
        bytes[at] ^= 1 << bit;
        let _ = Message::decode(&bytes);
    }

    #[test]
    fn clean_text_fits_and_is_one_line(text in any::<String>(), max in 0..64_usize) {
        let clean = clean_text(&text, max);
        prop_assert!(clean.len() <= max);
        prop_assert!(!clean.chars().any(char::is_control));
    }
}
