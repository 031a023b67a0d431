//! Every decoder of bytes that others wrote, and what is done with what it takes. A target panics
//! when something is wrong with that.

use matchbox_socket::{PeerEvent, PeerRequest, PeerSignal};
use netplay::{
    replay::{MAX_FILE_BYTES, Playback, Replay, VERSION, diff, verify},
    rollback::{Core, Entry},
    session::resume::Record,
    signaling::{
        api::ServerUrl,
        directory::Directory,
        guard::Guard,
        link::{percent_decode, query_pairs},
    },
};
use protocol::{
    Driver, PeerId, Seat, Simulation,
    agreement::Snapshot,
    api::{Problem, Room, parse_room_code},
    datagram::Datagram,
    limits::{MAX_NAME_BYTES, MAX_SEATS},
    peer::Message,
    statement::Numbered,
};
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};
use sim::World;
use std::time::Duration;

/// A decoder by its name, which is that of its folder of kept inputs.
pub type Target = (&'static str, fn(&[u8]));

/// All of them.
pub const TARGETS: [Target; 15] = [
    ("address", address),
    ("api", api),
    ("candidate", candidate),
    ("datagram", datagram),
    ("description", description),
    ("link", link),
    ("message", message),
    ("replay", replay),
    ("replay_inside", replay_inside),
    ("seat", seat),
    ("settings", settings),
    ("signal", signal),
    ("snapshot", snapshot),
    ("statement", statement),
    ("world", world),
];

/// Frames of a replay up to which it is also played: an hour of them takes too long.
const PLAYED: u32 = 600;

/// What decodes is something that we could have sent.
fn datagram(bytes: &[u8]) {
    if let Ok(mut datagram) = Datagram::decode(bytes) {
        let again = datagram.encode();
        assert_eq!(Datagram::decode(&again), Ok(datagram));
    }
}

fn message(bytes: &[u8]) {
    if let Ok(message) = Message::decode(bytes) {
        assert_eq!(Message::decode(&message.encode()), Ok(message));
    }
}

fn statement(bytes: &[u8]) {
    if let Ok(numbered) = Numbered::from_datagram(bytes)
        && let Some(again) = numbered.to_datagram()
    {
        assert_eq!(Numbered::from_datagram(&again), Ok(numbered));
    }
}

fn decode_whole<T: DeserializeOwned>(bytes: &[u8]) -> Option<T> {
    let (value, rest) = postcard::take_from_bytes(bytes).ok()?;
    rest.is_empty().then_some(value)
}

/// What is in it can be entered and played.
fn snapshot(bytes: &[u8]) {
    let Ok(snapshot) = Snapshot::decode(bytes) else {
        return;
    };
    let Some(world) = decode_whole::<World>(&snapshot.world) else {
        return;
    };
    let entry = Entry {
        me: peer(1),
        view: snapshot.view,
        log: snapshot.log,
        order: snapshot.order,
        tenures: snapshot.tenures,
        frame: snapshot.frame,
        world,
        input_delay: None,
    };
    let Ok(mut core) = Core::enter(entry, Duration::ZERO) else {
        return;
    };
    for step in 0..30 {
        let now = Duration::from_millis(step * 20);
        core.tick(now, &mut |_, _| Default::default());
        while core.poll_datagram(now).is_some() {}
    }
    core.tenures();
    core.take_confirmed();
}

/// A world steps on, whatever is in it.
fn world(bytes: &[u8]) {
    let Some(mut world) = decode_whole::<World>(bytes) else {
        return;
    };
    let mut events = Vec::new();
    let seats: [Seat<_>; MAX_SEATS] = std::array::from_fn(|seat| Seat {
        // Every match has this seat.
        input: sim::autopilot(&world, 0),
        driver: if seat % 2 == 0 {
            Driver::Peer
        } else {
            Driver::Bot
        },
    });
    for _ in 0..120 {
        world.step(&seats, &mut events);
    }
    world.checksum();
}

fn settings(bytes: &[u8]) {
    let Some(settings) = decode_whole::<<World as Simulation>::Settings>(bytes) else {
        return;
    };
    assert!((1..=MAX_SEATS).contains(&World::seats(&settings)));
    let mut world = World::new(&settings, 1);
    for _ in 0..10 {
        world.step(&[], &mut Vec::new());
    }
}

/// A file as it is.
fn replay(file: &[u8]) {
    let Ok(replay) = Replay::<World>::decode(file) else {
        return;
    };
    for seat in 0..=MAX_SEATS {
        let _ = replay.name(seat, replay.start());
    }
    if replay.end() - replay.start() <= PLAYED {
        verify(&replay);
        let _ = diff(&replay, &replay);
        let mut playback = Playback::new(replay);
        while playback.step().is_some() {}
        playback.seek(0);
    }
}

/// A whole file around any inside: whoever forges a replay can hash it, too.
fn replay_inside(inside: &[u8]) {
    if inside.len() >= MAX_FILE_BYTES / 2 {
        return;
    }
    let mut file = b"\x8aRPLY\r\n\x1a".to_vec();
    file.extend(VERSION.to_le_bytes());
    file.extend(World::FINGERPRINT.to_le_bytes());
    file.extend((inside.len() as u32).to_le_bytes());
    file.extend(&Sha256::digest(inside)[..8]);
    let hash = Sha256::digest(&file);
    file.extend(&hash[..4]);
    file.extend(inside);
    replay(&file);
}

fn peer(number: u128) -> PeerId {
    PeerId(uuid::Uuid::from_u128(number))
}

/// A guard that knows who it is, and a newcomer.
fn guard() -> Guard {
    let mut guard = Guard::new(Directory::default());
    guard.incoming(PeerEvent::IdAssigned(peer(1)));
    guard.incoming(PeerEvent::NewPeer(peer(2)));
    guard
}

fn hear(guard: &mut Guard, sender: u128, data: PeerSignal) -> Option<PeerSignal> {
    let sender = peer(sender);
    match guard.incoming(PeerEvent::Signal { sender, data })? {
        PeerEvent::Signal { data, .. } => Some(data),
        _ => None,
    }
}

/// Text of the server, or of a peer to it.
fn signal(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    if let Ok(event) = serde_json::from_str::<PeerEvent>(text) {
        guard().incoming(event);
    }
    if let Ok(request) = serde_json::from_str::<PeerRequest>(text) {
        guard().outgoing(request);
    }
}

/// What the guard lets through is canonical: it goes through once more, unchanged.
fn description(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    if let Some(passed) = hear(&mut guard(), 3, PeerSignal::Offer(text.to_owned())) {
        assert_eq!(hear(&mut guard(), 3, passed.clone()), Some(passed));
    }
}

fn candidate(bytes: &[u8]) {
    const OFFER: &str = include_str!("../../tests/guard_data/chromium_offer.sdp");
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    let mut guard = guard();
    let offer = hear(&mut guard, 3, PeerSignal::Offer(OFFER.to_owned()));
    assert!(offer.is_some(), "the offer of a real browser");
    if let Some(passed) = hear(&mut guard, 3, PeerSignal::IceCandidate(text.to_owned())) {
        assert_eq!(hear(&mut guard, 3, passed.clone()), Some(passed));
    }
}

/// What the server's HTTP side answers.
fn api(bytes: &[u8]) {
    if let Ok(problem) = serde_json::from_slice::<Problem>(bytes) {
        let again = serde_json::to_vec(&problem).ok();
        let again = again.and_then(|bytes| serde_json::from_slice(&bytes).ok());
        assert_eq!(again, Some(problem));
    }
    if let Ok(room) = serde_json::from_slice::<Room>(bytes) {
        parse_room_code(&room.code);
    }
}

/// Where a server is and what its room is called, as a player or a link says it.
fn address(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    if let Ok(server) = text.parse::<ServerUrl>() {
        assert_eq!(server.to_string().parse(), Ok(server.clone()));
        assert!(server.room(text).is_ascii());
    }
    if let Some(code) = parse_room_code(text) {
        assert_eq!(parse_room_code(&code), Some(code));
    }
}

/// The query and the fragment of a page's address. Escapes only make a text shorter.
fn link(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    let (query, fragment) = text.split_once('#').unwrap_or((text, ""));
    for (key, value) in query_pairs(query) {
        assert!(query.contains(key) && value.len() <= query.len().max(1));
        let _ = value.parse::<ServerUrl>();
    }
    let room = percent_decode(fragment);
    assert!(room.len() <= fragment.len());
    if !fragment.contains(['%', '+']) {
        assert_eq!(room, fragment);
    }
}

/// What is kept of a player's seat, in a page's storage or a file.
fn seat(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    if let Some(record) = Record::read(text) {
        assert!(record.name.len() <= MAX_NAME_BYTES);
        assert_eq!(Record::read(&record.text()), Some(record));
    }
}
