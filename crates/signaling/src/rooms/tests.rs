//! What holds of rooms, by example and by random histories.

use super::*;
use crate::limits::MAX_ROOMS;
use proptest::prelude::*;
use uuid::Uuid;

const GRACE: Duration = Duration::from_secs(600);
const CODE: &str = "BCD234";

fn peer(number: u128) -> PeerId {
    PeerId(Uuid::from_u128(number))
}

fn request(name: &str) -> Request {
    Request::new(name, None).unwrap()
}

fn group(name: &str, next: &str) -> Request {
    Request::new(name, Some(next)).unwrap()
}

/// Rooms whose links are the peers' numbers.
fn rooms() -> (Rooms<u128>, Instant) {
    (Rooms::new(MAX_ROOMS, GRACE), Instant::now())
}

fn join(rooms: &mut Rooms<u128>, request: &Request, number: u128, now: Instant) -> Vec<u128> {
    rooms
        .join(request, peer(number), number, now)
        .unwrap()
        .1
        .into_iter()
        .copied()
        .collect()
}

fn leave(rooms: &mut Rooms<u128>, number: u128, now: Instant) -> Vec<u128> {
    let Some(visit) = rooms.visit(peer(number)) else {
        return Vec::new();
    };
    rooms
        .leave(peer(number), visit, now)
        .into_iter()
        .copied()
        .collect()
}

#[test]
fn exactly_those_who_were_there_are_told() {
    let (mut rooms, now) = rooms();
    assert_eq!(join(&mut rooms, &request("a"), 1, now), []);
    assert_eq!(join(&mut rooms, &request("a"), 2, now), [1]);
    assert_eq!(join(&mut rooms, &request("b"), 3, now), []);
    assert_eq!(join(&mut rooms, &request("a"), 4, now), [1, 2]);
    assert_eq!(leave(&mut rooms, 1, now), [2, 4]);
    assert_eq!(leave(&mut rooms, 1, now), []);
}

/// Returns on link `link`; whom it is told of, if it has its place.
fn resume(
    rooms: &mut Rooms<u128>,
    request: &Request,
    number: u128,
    link: u128,
) -> Option<Vec<PeerId>> {
    let resumed = rooms.resume(request, peer(number), link);
    resumed.ok().map(|(_, _, later)| later)
}

#[test]
fn who_returns_keeps_its_place_and_is_told_of_those_after_it() {
    let (mut rooms, now) = rooms();
    let room = request("a");
    for number in 1..=4 {
        join(&mut rooms, &room, number, now);
    }
    let first_visit = rooms.visit(peer(2)).unwrap();
    assert_eq!(
        resume(&mut rooms, &room, 2, 22),
        Some(vec![peer(3), peer(4)])
    );
    assert_eq!(
        resume(&mut rooms, &room, 2, 222),
        Some(vec![peer(3), peer(4)])
    );
    assert_eq!(rooms.route(peer(1), peer(2)), Some(&222));
    assert_eq!(rooms.peers(), 4);
    // What is left of its older connections ends nothing.
    assert!(rooms.leave(peer(2), first_visit, now).is_empty());
    assert_eq!(rooms.route(peer(2), peer(1)), Some(&1));
    assert_eq!(leave(&mut rooms, 2, now), [1, 3, 4]);
    assert_eq!(resume(&mut rooms, &room, 2, 2), None, "it has left");
}

#[test]
fn a_place_is_in_one_room() {
    let (mut rooms, now) = rooms();
    join(&mut rooms, &request("a"), 1, now);
    join(&mut rooms, &group("a", "1"), 2, now);
    rooms.create(CODE, now).unwrap();
    join(&mut rooms, &request(CODE), 3, now);
    assert_eq!(resume(&mut rooms, &request("b"), 1, 1), None);
    assert_eq!(resume(&mut rooms, &group("a", "1"), 1, 1), None);
    assert_eq!(resume(&mut rooms, &request("a"), 2, 2), None);
    // A complete group is found by who is in it, and a code however it is typed.
    assert_eq!(resume(&mut rooms, &group("a", "1"), 2, 2), Some(vec![]));
    assert_eq!(resume(&mut rooms, &request("bcd-234"), 3, 3), Some(vec![]));
}

#[test]
fn routes_stay_within_a_room() {
    let (mut rooms, now) = rooms();
    join(&mut rooms, &request("a"), 1, now);
    join(&mut rooms, &request("a"), 2, now);
    join(&mut rooms, &request("b"), 3, now);
    assert_eq!(rooms.route(peer(1), peer(2)), Some(&2));
    assert_eq!(rooms.route(peer(1), peer(3)), None);
    assert_eq!(rooms.route(peer(1), peer(9)), None);
    assert_eq!(rooms.route(peer(9), peer(1)), None);
    leave(&mut rooms, 2, now);
    assert_eq!(rooms.route(peer(1), peer(2)), None);
}

#[test]
fn groups_fill_in_the_order_of_coming() {
    let (mut rooms, now) = rooms();
    let pair = group("a", "2");
    assert_eq!(join(&mut rooms, &pair, 1, now), []);
    assert_eq!(join(&mut rooms, &pair, 2, now), [1]);
    assert_eq!(join(&mut rooms, &pair, 3, now), []);
    // Neither a gap in a complete group nor another size is filled.
    assert_eq!(leave(&mut rooms, 1, now), [2]);
    assert_eq!(join(&mut rooms, &group("a", "3"), 4, now), []);
    assert_eq!(join(&mut rooms, &request("a"), 5, now), []);
    assert_eq!(join(&mut rooms, &pair, 6, now), [3]);
    assert_eq!(rooms.route(peer(2), peer(6)), None);
}

#[test]
fn a_group_that_waits_gives_a_free_place_again() {
    let (mut rooms, now) = rooms();
    let three = group("a", "3");
    join(&mut rooms, &three, 1, now);
    join(&mut rooms, &three, 2, now);
    leave(&mut rooms, 1, now);
    assert_eq!(join(&mut rooms, &three, 3, now), [2]);
    assert_eq!(join(&mut rooms, &three, 4, now), [2, 3]);
    assert_eq!(join(&mut rooms, &three, 5, now), []);
}

#[test]
fn a_complete_group_that_ends_leaves_the_next_one_alone() {
    let (mut rooms, now) = rooms();
    let alone = group("a", "1");
    assert_eq!(join(&mut rooms, &alone, 1, now), []);
    assert_eq!(join(&mut rooms, &alone, 2, now), []);
    let pair = group("b", "2");
    for number in 3..6 {
        join(&mut rooms, &pair, number, now);
    }
    leave(&mut rooms, 3, now);
    leave(&mut rooms, 4, now);
    assert_eq!(join(&mut rooms, &pair, 6, now), [5]);
}

#[test]
fn rooms_hold_what_they_hold() {
    let (mut rooms, now) = rooms();
    for number in 0..MAX_BARE_ROOM_PEERS as u128 {
        join(&mut rooms, &request("a"), number, now);
    }
    let full = rooms.join(&request("a"), peer(99), 99, now);
    assert_eq!(full, Err(Full::Room(MAX_BARE_ROOM_PEERS)));
    rooms.create(CODE, now).unwrap();
    for number in 100..100 + MAX_PEERS as u128 {
        join(&mut rooms, &request(CODE), number, now);
    }
    let full = rooms.join(&request(CODE), peer(199), 199, now);
    assert_eq!(full, Err(Full::Room(MAX_PEERS)));
    leave(&mut rooms, 100, now);
    assert_eq!(
        join(&mut rooms, &request(CODE), 199, now).len(),
        MAX_PEERS - 1
    );
}

#[test]
fn a_created_code_is_found_however_it_is_typed() {
    let (mut rooms, now) = rooms();
    rooms.create(CODE, now).unwrap();
    join(&mut rooms, &request(CODE), 1, now);
    assert_eq!(join(&mut rooms, &request("bcd234"), 2, now), [1]);
    assert_eq!(join(&mut rooms, &request("BCD-234"), 3, now), [1, 2]);
    // Names that nobody created are exact, as with the stock server.
    join(&mut rooms, &request("xxxxxx"), 4, now);
    assert_eq!(join(&mut rooms, &request("XXXXXX"), 5, now), []);
}

#[test]
fn created_rooms_outlive_their_peers_by_the_grace() {
    let (mut rooms, start) = rooms();
    let last = GRACE - Duration::from_secs(1);
    rooms.create(CODE, start).unwrap();
    assert_eq!(
        rooms.look_up(CODE, start + last),
        Some(Occupancy {
            peers: 0,
            capacity: MAX_PEERS
        })
    );
    join(&mut rooms, &request(CODE), 1, start + last);
    let later = start + 10 * GRACE;
    assert_eq!(
        rooms.look_up(CODE, later),
        Some(Occupancy {
            peers: 1,
            capacity: MAX_PEERS
        })
    );
    leave(&mut rooms, 1, later);
    assert!(rooms.look_up(CODE, later + last).is_some());
    assert!(rooms.look_up(CODE, later + GRACE).is_none());
}

#[test]
fn codes_are_taken_once_and_free_again_later() {
    let (mut rooms, now) = rooms();
    rooms.create(CODE, now).unwrap();
    assert_eq!(rooms.create(CODE, now), Err(NotCreated::Taken));
    rooms.create(CODE, now + GRACE).unwrap();
    // A room that players re-made by its path after a restart counts as well.
    let (mut rooms, now) = self::rooms();
    join(&mut rooms, &request(CODE), 1, now);
    assert_eq!(rooms.create(CODE, now), Err(NotCreated::Taken));
    assert_eq!(rooms.look_up(CODE, now).map(|room| room.peers), Some(1));
}

#[test]
fn a_full_server_forgets_empty_rooms_first() {
    let now = Instant::now();
    let mut rooms = Rooms::new(2, GRACE);
    rooms.create("BBBBBB", now).unwrap();
    rooms
        .create("CCCCCC", now + Duration::from_secs(1))
        .unwrap();
    rooms
        .create("DDDDDD", now + Duration::from_secs(2))
        .unwrap();
    assert!(rooms.look_up("BBBBBB", now).is_none());
    assert!(rooms.look_up("CCCCCC", now).is_some());
    join(&mut rooms, &request("CCCCCC"), 1, now);
    join(&mut rooms, &request("a"), 2, now);
    assert_eq!(
        rooms.create("FFFFFF", now),
        Err(NotCreated::Full(Full::Server(2)))
    );
    assert_eq!(
        rooms.join(&request("b"), peer(3), 3, now),
        Err(Full::Server(2))
    );
    assert_eq!(rooms.peers(), 2);
}

#[test]
fn addresses_are_checked() {
    assert!(Request::new("", None).is_ok());
    assert!(Request::new("extreme_bevy", Some("2")).is_ok());
    assert!(Request::new(&"a".repeat(MAX_ROOM_NAME_BYTES), None).is_ok());
    let long = "a".repeat(MAX_ROOM_NAME_BYTES + 1);
    assert_eq!(Request::new(&long, None), Err(InvalidRequest::NameTooLong));
    for name in ["a/b", "a b", "ä", "a\0", "<script>", "a\n"] {
        assert_eq!(
            Request::new(name, None),
            Err(InvalidRequest::NameSymbols),
            "{name:?}"
        );
    }
    for next in ["0", "17", "-1", "", "two", "99999999999999999999"] {
        assert_eq!(
            Request::new("a", Some(next)),
            Err(InvalidRequest::GroupSize),
            "{next:?}"
        );
    }
}

/// A step of a random history; small ranges, so that peers meet.
#[derive(Clone, Debug)]
enum Step {
    Join(u8, Option<u8>),
    Leave(usize),
    Return(usize, u8),
    Create(u8),
    Wait(u64),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        4 => (0..4_u8, prop::option::of(1..4_u8)).prop_map(|(name, next)| Step::Join(name, next)),
        3 => any::<usize>().prop_map(Step::Leave),
        2 => (any::<usize>(), 0..4_u8).prop_map(|(index, name)| Step::Return(index, name)),
        1 => (0..4_u8).prop_map(Step::Create),
        1 => (0..1_000_u64).prop_map(Step::Wait),
    ];
    prop::collection::vec(step, 0..200)
}

fn name(number: u8) -> String {
    format!("{CODE}{}", ["", "a", "b", "c"][usize::from(number)])
}

proptest! {
    /// Routes are symmetric and transitive, so that rooms are sets of peers; everybody who can be
    /// reached was introduced, once; no index outgrows the rooms.
    #[test]
    fn any_history_keeps_rooms_consistent(steps in steps()) {
        const LIMIT: usize = 6;
        let mut rooms = Rooms::new(LIMIT, GRACE);
        let mut now = Instant::now();
        let mut present: Vec<u128> = Vec::new();
        let mut acquainted: BTreeSet<(u128, u128)> = BTreeSet::new();
        let mut next_number = 0;
        for step in steps {
            match step {
                Step::Join(number, next) => {
                    let next = next.map(|next| next.to_string());
                    let request = Request::new(&name(number), next.as_deref()).unwrap();
                    next_number += 1;
                    if let Ok((_, others)) = rooms.join(&request, peer(next_number), next_number, now) {
                        acquainted.extend(others.into_iter().map(|other| (*other, next_number)));
                        present.push(next_number);
                    }
                }
                Step::Leave(index) if !present.is_empty() => {
                    let leaver = present.swap_remove(index % present.len());
                    let told = leave(&mut rooms, leaver, now);
                    for other in told {
                        let pair = (other.min(leaver), other.max(leaver));
                        prop_assert!(acquainted.remove(&pair), "{pair:?} never met");
                    }
                    prop_assert!(!acquainted.iter().any(|(a, b)| *a == leaver || *b == leaver));
                }
                Step::Return(index, number) if !present.is_empty() => {
                    let returner = present[index % present.len()];
                    let request = request(&name(number));
                    for other in resume(&mut rooms, &request, returner, returner).unwrap_or_default() {
                        let other = other.0.as_u128();
                        prop_assert!(other > returner, "nobody else makes the offer than before");
                        prop_assert!(acquainted.contains(&(returner, other)));
                    }
                }
                Step::Leave(_) | Step::Return(..) => {}
                Step::Create(number) => {
                    let code = parse_room_code(&name(number)).unwrap_or_else(|| CODE.to_owned());
                    let _ = rooms.create(&code, now);
                }
                Step::Wait(seconds) => now += Duration::from_secs(seconds),
            }
            for a in &present {
                for b in &present {
                    let known = acquainted.contains(&(*a.min(b), *a.max(b)));
                    let routed = rooms.route(peer(*a), peer(*b)).is_some();
                    prop_assert_eq!(routed, known || a == b);
                }
            }
            prop_assert_eq!(rooms.peers(), present.len());
            prop_assert!(rooms.rooms.len() <= LIMIT);
            prop_assert!(rooms.by_name.values().all(|id| rooms.rooms.contains_key(id)));
            for (_, id) in &rooms.empty {
                prop_assert!(rooms.rooms[id].peers.is_empty());
            }
            for room in rooms.rooms.values() {
                prop_assert!(room.peers.len() <= room.capacity());
                prop_assert_eq!(room.peers.is_empty(), room.empty_since.is_some());
            }
        }
    }
}
