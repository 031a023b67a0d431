//! The server's HTTP side, pinned byte by byte: clients of one version meet servers of another.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use proptest::prelude::*;
use protocol::{
    PeerId,
    api::{
        Admission, ChangeRoom, CreateRoom, CreatedRoom, IceServer, IceServers, Pass, Problem,
        ProblemCode, QuickMatch, Remembered, Room, RoomList, TicketRequest, VersionTag, Visibility,
        parse_room_code,
    },
    limits::{DEFAULT_PEERS, ROOM_CODE_ALPHABET, ROOM_CODE_LENGTH},
};
use serde::{Serialize, de::DeserializeOwned};
use std::fmt::Debug;

/// `golden` reads as `value`, and `value` is written as `golden`.
fn assert_pinned<T: Serialize + DeserializeOwned + PartialEq + Debug>(golden: &str, value: &T) {
    assert_eq!(&serde_json::from_str::<T>(golden).unwrap(), value);
    assert_eq!(serde_json::to_string(value).unwrap(), golden.trim_end());
}

fn room() -> Room {
    Room {
        code: "BCD234".to_owned(),
        peers: 2,
        capacity: 8,
        visibility: Visibility::Public,
        version: "1.0.0+abc".parse().unwrap(),
        sealed: false,
    }
}

fn pass() -> Pass {
    Pass {
        ticket: "AQID".to_owned(),
        expires: 1_800_000_000,
    }
}

const ADA: PeerId = PeerId(uuid::Uuid::from_u128(1));

#[test]
fn a_room() {
    assert_pinned(include_str!("golden/api_room.json"), &room());
}

#[test]
fn making_a_room() {
    let wanted = CreateRoom {
        visibility: Visibility::Public,
        capacity: 4,
        version: "1.0.0+abc".parse().unwrap(),
        peer: Some(ADA),
    };
    assert_pinned(include_str!("golden/api_create.json"), &wanted);
    let created = CreatedRoom {
        room: room(),
        pass: Some(pass()),
    };
    assert_pinned(include_str!("golden/api_created.json"), &created);
    let without = CreatedRoom {
        room: room(),
        pass: None,
    };
    assert_pinned(include_str!("golden/api_room.json"), &without);
}

#[test]
fn what_is_left_out_has_a_default() {
    let wanted: CreateRoom = serde_json::from_str("{}").unwrap();
    assert_eq!(wanted, CreateRoom::default());
    assert_eq!(wanted.visibility, Visibility::Private);
    assert_eq!(wanted.capacity, DEFAULT_PEERS);
    let peer = format!(r#"{{"peer":"{ADA}"}}"#);
    let wanted: QuickMatch = serde_json::from_str(&peer).unwrap();
    assert_eq!(
        (wanted.capacity, wanted.version.as_str()),
        (DEFAULT_PEERS, "")
    );
    let wanted: TicketRequest = serde_json::from_str(&peer).unwrap();
    assert_eq!((wanted.peer, wanted.version.as_str()), (ADA, ""));
}

#[test]
fn asking_for_a_ticket() {
    let request = TicketRequest {
        peer: ADA,
        version: "1.0.0+abc".parse().unwrap(),
        again: None,
    };
    assert_pinned(include_str!("golden/api_ticket_request.json"), &request);
    let again = TicketRequest {
        again: Some(Remembered {
            visibility: Visibility::Private,
            capacity: 8,
        }),
        ..request
    };
    assert_pinned(include_str!("golden/api_ticket_again.json"), &again);
    let quick = QuickMatch {
        peer: ADA,
        version: "1.0.0+abc".parse().unwrap(),
        capacity: 4,
    };
    assert_pinned(include_str!("golden/api_quick.json"), &quick);
    let admission = Admission {
        pass: pass(),
        room: room(),
    };
    assert_pinned(include_str!("golden/api_admission.json"), &admission);
}

#[test]
fn a_list_and_a_change() {
    let list = RoomList {
        rooms: vec![room()],
        next: Some("1800000000000.BCD234".to_owned()),
    };
    assert_pinned(include_str!("golden/api_list.json"), &list);
    let change = ChangeRoom { sealed: true };
    assert_pinned(include_str!("golden/api_change.json"), &change);
}

#[test]
fn version_tags_are_checked() {
    for text in ["", "1", "0.1.0-rc.1+build_7", &"a".repeat(32)] {
        assert_eq!(text.parse::<VersionTag>().unwrap().as_str(), text);
    }
    for text in [" ", "a b", "ä", "a/b", "\0", &"a".repeat(33)] {
        assert!(text.parse::<VersionTag>().is_err(), "{text:?}");
        let json = serde_json::to_string(text).unwrap();
        assert!(serde_json::from_str::<VersionTag>(&json).is_err());
    }
}

#[test]
fn ice_servers() {
    let servers = IceServers {
        ice_servers: vec![
            IceServer {
                urls: vec!["stun:turn.example.org:3478".to_owned()],
                ..IceServer::default()
            },
            IceServer {
                urls: vec!["turn:turn.example.org:3478?transport=udp".to_owned()],
                username: Some("1785000000:00000000-0000-0000-0000-000000000001".to_owned()),
                credential: Some("bm90IGEgc2VjcmV0IGF0IGFsbC4=".to_owned()),
            },
        ],
        ttl: 86_400,
        relays: vec![[203, 0, 113, 9].into(), "2001:db8::9".parse().unwrap()],
    };
    assert_pinned(include_str!("golden/api_ice.json"), &servers);
    let none = r#"{"iceServers":[],"ttl":86400,"relays":[],"new":1}"#;
    let read: IceServers = serde_json::from_str(none).unwrap();
    assert!(read.ice_servers.is_empty() && read.relays.is_empty());
}

#[test]
fn a_problem() {
    let problem = Problem {
        code: ProblemCode::NoSuchRoom,
        status: 404,
        title: "No room has this code.".to_owned(),
        detail: "BCD234 was never created here.".to_owned(),
    };
    assert_pinned(include_str!("golden/api_problem.json"), &problem);
}

#[test]
fn every_problem_code() {
    let codes = [
        ProblemCode::NoSuchRoom,
        ProblemCode::RoomFull,
        ProblemCode::RoomSealed,
        ProblemCode::WrongVersion,
        ProblemCode::TooManyRequests,
        ProblemCode::ServerFull,
        ProblemCode::ShuttingDown,
        ProblemCode::BadRequest,
        ProblemCode::BadTicket,
        ProblemCode::TicketRequired,
        ProblemCode::NotOwner,
        ProblemCode::ForbiddenOrigin,
        ProblemCode::Unavailable,
        ProblemCode::Unknown,
    ];
    assert_pinned(
        include_str!("golden/api_problem_codes.json"),
        &codes.to_vec(),
    );
}

#[test]
fn a_newer_server_is_understood() {
    let newer = r#"{"type":"about:blank","code":"on-fire","status":503,"title":"Help","new":1}"#;
    let problem: Problem = serde_json::from_str(newer).unwrap();
    assert_eq!(problem.code, ProblemCode::Unknown);
    let newer = r#"{"code":"BCD234","peers":2,"capacity":8,"region":"eu"}"#;
    assert_eq!(serde_json::from_str::<Room>(newer).unwrap().peers, 2);
}

#[test]
fn room_codes_are_read_as_people_type_them() {
    for text in [
        "BCD234",
        "bcd234",
        " bcd-234\n",
        "b c d 2 3 4",
        "BcD\u{a0}234",
    ] {
        assert_eq!(parse_room_code(text).as_deref(), Some("BCD234"), "{text:?}");
    }
    for text in [
        "",
        "BCD23",
        "BCD2345",
        "BCD230",
        "BCD23O",
        "BCD23ü",
        "BCD23\u{212a}",
        "BCD/234",
    ] {
        // U+212A is the Kelvin sign, which lower-cases to k.
        assert_eq!(parse_room_code(text), None, "{text:?}");
    }
}

proptest! {
    #[test]
    fn whatever_reads_as_a_code_is_one(text in "\\PC{0,12}|[ 2-9b-xB-X-]{0,12}") {
        if let Some(code) = parse_room_code(&text) {
            prop_assert_eq!(code.len(), ROOM_CODE_LENGTH);
            prop_assert!(code.bytes().all(|symbol| ROOM_CODE_ALPHABET.contains(&symbol)));
            prop_assert_eq!(parse_room_code(&code), Some(code));
        }
    }

    #[test]
    fn any_answer_decodes_or_fails(text in "\\PC{0,64}") {
        let _ = serde_json::from_str::<Room>(&text);
        let _ = serde_json::from_str::<CreatedRoom>(&text);
        let _ = serde_json::from_str::<Admission>(&text);
        let _ = serde_json::from_str::<RoomList>(&text);
        let _ = serde_json::from_str::<CreateRoom>(&text);
        let _ = serde_json::from_str::<TicketRequest>(&text);
        let _ = serde_json::from_str::<QuickMatch>(&text);
        let _ = serde_json::from_str::<Problem>(&text);
        let _ = serde_json::from_str::<IceServers>(&text);
    }
}
