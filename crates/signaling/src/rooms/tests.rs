//! What holds of rooms, by example. That any history keeps it is shown by the store's own tests.

use super::*;
use crate::{
    limits::{MAX_ROOM_NAME_BYTES, MAX_ROOMS},
    store::{
        Door, Entered, Entry, InvalidDoor,
        testing::{charter, number, peer},
    },
};
use protocol::{api::Visibility, limits::MAX_PEERS};

const GRACE: Duration = Duration::from_secs(600);
const CODE: &str = "BCD234";

/// Rooms, the time there, and what was told since somebody asked.
struct World {
    rooms: Rooms,
    now: Instant,
    told: Vec<Notice>,
    last_visit: Visit,
}

impl World {
    fn new() -> Self {
        Self::of(MAX_ROOMS)
    }

    fn of(max_rooms: usize) -> Self {
        Self {
            rooms: Rooms::new(max_rooms, GRACE),
            now: Instant::now(),
            told: Vec::new(),
            last_visit: 0,
        }
    }

    fn enter(&mut self, door: &Door, peer: PeerId) -> Result<Entered, Refused> {
        self.last_visit += 1;
        let who = Address {
            peer,
            visit: self.last_visit,
        };
        let entry = Entry {
            who,
            door: door.clone(),
        };
        self.rooms
            .enter(&entry, self.now, &mut |notice| self.told.push(notice))
    }

    /// Enters as a newcomer; who was told.
    fn join(&mut self, door: &Door, newcomer: u128) -> Vec<u128> {
        self.told.clear();
        let entered = self.enter(door, peer(newcomer)).unwrap();
        assert_eq!(entered.later, []);
        match &self.told[..] {
            [Notice::NewPeer { to, peer: told }] if *told == peer(newcomer) => numbers(to),
            other => panic!("{other:?}"),
        }
    }

    /// Enters where it is already; whom it is told of.
    fn resume(&mut self, door: &Door, returner: u128) -> Vec<u128> {
        self.told.clear();
        let older = self.address(returner);
        let entered = self.enter(door, peer(returner)).unwrap();
        assert_eq!(self.told, [Notice::Replaced { to: older }]);
        entered.later.into_iter().map(number).collect()
    }

    fn address(&self, number: u128) -> Address {
        let Member { visit, .. } = self.rooms.peers[&peer(number)];
        Address {
            peer: peer(number),
            visit,
        }
    }

    /// Leaves; who was told.
    fn leave(&mut self, leaver: u128) -> Vec<u128> {
        self.end(self.address(leaver))
    }

    fn end(&mut self, who: Address) -> Vec<u128> {
        self.told.clear();
        self.rooms
            .leave(who, self.now, &mut |notice| self.told.push(notice));
        match &self.told[..] {
            [] => Vec::new(),
            [Notice::PeerLeft { to, peer }] if *peer == who.peer => numbers(to),
            other => panic!("{other:?}"),
        }
    }

    fn create(&mut self, charter: &Charter) -> Result<RoomState, Refused> {
        self.rooms.create(charter, self.now)
    }

    /// Peers and capacity of a code's room.
    fn look_up(&mut self, code: &str) -> Option<(usize, usize)> {
        let state = self.rooms.find(code, self.now).ok()?;
        Some((state.peers.len(), state.charter.capacity))
    }
}

fn numbers(addresses: &[Address]) -> Vec<u128> {
    addresses.iter().map(|to| number(to.peer)).collect()
}

fn bare(name: &str) -> Door {
    Door::bare(name, None).unwrap()
}

fn group(name: &str, next: &str) -> Door {
    Door::bare(name, Some(next)).unwrap()
}

fn ticket(charter: &Charter) -> Door {
    Door::Ticket {
        charter: charter.clone(),
        formerly: None,
    }
}

#[test]
fn exactly_those_who_were_there_are_told() {
    let mut world = World::new();
    assert_eq!(world.join(&bare("a"), 1), []);
    assert_eq!(world.join(&bare("a"), 2), [1]);
    assert_eq!(world.join(&bare("b"), 3), []);
    assert_eq!(world.join(&bare("a"), 4), [1, 2]);
    let one = world.address(1);
    assert_eq!(world.end(one), [2, 4]);
    assert_eq!(world.end(one), []);
}

#[test]
fn who_returns_keeps_its_place_and_is_told_of_those_after_it() {
    let mut world = World::new();
    for number in 1..=4 {
        world.join(&bare("a"), number);
    }
    let first = world.address(2);
    assert_eq!(world.resume(&bare("a"), 2), [3, 4]);
    assert_eq!(world.resume(&bare("a"), 2), [3, 4]);
    // What is left of its older connections ends nothing.
    assert_eq!(world.end(first), []);
    assert_eq!(world.leave(2), [1, 3, 4]);
    assert_eq!(world.join(&bare("a"), 2), [1, 3, 4], "it had left");
}

#[test]
fn a_peer_has_one_place() {
    let mut world = World::new();
    let created = charter(CODE);
    world.create(&created).unwrap();
    world.join(&bare("a"), 1);
    world.join(&bare("a"), 2);
    for door in [&bare("b"), &group("a", "1"), &ticket(&created)] {
        let older = world.address(1);
        world.told.clear();
        world.enter(door, peer(1)).unwrap();
        let gone = [Notice::Replaced { to: older }];
        assert!(gone.iter().all(|notice| world.told.contains(notice)));
        assert_eq!(world.rooms.peers.len(), 2);
        assert_eq!(world.leave(1), []);
        assert_eq!(world.join(&bare("a"), 1), [2]);
    }
    // A complete group is found by who is in it.
    world.join(&group("a", "1"), 3);
    assert_eq!(world.resume(&group("a", "1"), 3), []);
    // Who is refused keeps the place it has.
    world.join(&ticket(&created), 4);
    world.rooms.seal(CODE, peer(4), true).unwrap();
    let older = world.address(2);
    assert_eq!(
        world.enter(&ticket(&created), peer(2)),
        Err(Refused::RoomSealed)
    );
    assert_eq!(world.address(2), older);
}

#[test]
fn groups_fill_in_the_order_of_coming() {
    let mut world = World::new();
    let pair = group("a", "2");
    assert_eq!(world.join(&pair, 1), []);
    assert_eq!(world.join(&pair, 2), [1]);
    assert_eq!(world.join(&pair, 3), []);
    // Neither a gap in a complete group nor another size is filled.
    assert_eq!(world.leave(1), [2]);
    assert_eq!(world.join(&group("a", "3"), 4), []);
    assert_eq!(world.join(&bare("a"), 5), []);
    assert_eq!(world.join(&pair, 6), [3]);
}

#[test]
fn a_group_that_waits_gives_a_free_place_again() {
    let mut world = World::new();
    let three = group("a", "3");
    world.join(&three, 1);
    world.join(&three, 2);
    world.leave(1);
    assert_eq!(world.join(&three, 3), [2]);
    assert_eq!(world.join(&three, 4), [2, 3]);
    assert_eq!(world.join(&three, 5), []);
}

#[test]
fn a_complete_group_that_ends_leaves_the_next_one_alone() {
    let mut world = World::new();
    let alone = group("a", "1");
    assert_eq!(world.join(&alone, 1), []);
    assert_eq!(world.join(&alone, 2), []);
    let pair = group("b", "2");
    for number in 3..6 {
        world.join(&pair, number);
    }
    world.leave(3);
    world.leave(4);
    assert_eq!(world.join(&pair, 6), [5]);
}

#[test]
fn rooms_hold_what_they_hold() {
    let mut world = World::new();
    for number in 0..MAX_BARE_ROOM_PEERS as u128 {
        world.join(&bare("a"), number);
    }
    let full = world.enter(&bare("a"), peer(99));
    assert_eq!(full, Err(Refused::RoomFull(MAX_BARE_ROOM_PEERS)));
    for capacity in 2..=MAX_PEERS {
        let created = Charter {
            capacity,
            ..charter(CODE)
        };
        let mut world = World::new();
        world.create(&created).unwrap();
        for number in 0..capacity as u128 {
            world.join(&ticket(&created), number);
        }
        let full = world.enter(&ticket(&created), peer(99));
        assert_eq!(full, Err(Refused::RoomFull(capacity)));
        world.resume(&ticket(&created), 1);
        world.leave(0);
        assert_eq!(world.join(&ticket(&created), 99).len(), capacity - 1);
    }
}

#[test]
fn created_rooms_outlive_their_peers_by_the_grace() {
    let mut world = World::new();
    let last = GRACE - Duration::from_secs(1);
    world.create(&charter(CODE)).unwrap();
    world.now += last;
    assert_eq!(world.look_up(CODE), Some((0, charter(CODE).capacity)));
    world.join(&ticket(&charter(CODE)), 1);
    world.now += 10 * GRACE;
    assert_eq!(world.look_up(CODE), Some((1, charter(CODE).capacity)));
    world.leave(1);
    world.now += last;
    assert!(world.look_up(CODE).is_some());
    world.now += Duration::from_secs(1);
    assert!(world.look_up(CODE).is_none());
}

#[test]
fn codes_are_taken_once_and_free_again_later() {
    let mut world = World::new();
    world.create(&charter(CODE)).unwrap();
    assert_eq!(world.create(&charter(CODE)), Err(Refused::Taken));
    world.now += GRACE;
    world.create(&charter(CODE)).unwrap();
    // A stock client's room of that name counts as well.
    let mut world = World::new();
    world.join(&bare(CODE), 1);
    assert_eq!(world.create(&charter(CODE)), Err(Refused::Taken));
    assert_eq!(world.look_up(CODE), None);
}

#[test]
fn a_full_server_forgets_empty_rooms_first() {
    let mut world = World::of(2);
    for code in ["BBBBBB", "CCCCCC", "DDDDDD"] {
        world.create(&charter(code)).unwrap();
        world.now += Duration::from_secs(1);
    }
    assert!(world.look_up("BBBBBB").is_none());
    assert!(world.look_up("CCCCCC").is_some());
    world.join(&ticket(&charter("CCCCCC")), 1);
    world.join(&bare("a"), 2);
    let full = Err(Refused::ServerFull(2));
    assert_eq!(world.create(&charter("FFFFFF")), full);
    assert_eq!(
        world.enter(&bare("b"), peer(3)),
        Err(Refused::ServerFull(2))
    );
    assert_eq!(world.rooms.peers.len(), 2);
}

#[test]
fn quick_match_forgets_whom_it_waits_for() {
    let mut world = World::new();
    let one = Charter {
        capacity: 2,
        visibility: Visibility::Public,
        ..charter("BBBBBB")
    };
    let two = Charter {
        code: "CCCCCC".to_owned(),
        born: one.born + 1,
        ..one.clone()
    };
    let quick = |world: &mut World, number| {
        let state = world.rooms.quick(peer(number), &one, world.now);
        let state = match state {
            Err(Refused::Taken) => world.rooms.quick(peer(number), &two, world.now),
            state => state,
        };
        state.unwrap().charter.code
    };
    assert_eq!(quick(&mut world, 1), one.code);
    assert_eq!(quick(&mut world, 2), one.code);
    assert_eq!(quick(&mut world, 3), two.code);
    assert_eq!(quick(&mut world, 1), one.code, "its place is its own");
    world.now += QUICK_HOLD;
    assert_eq!(quick(&mut world, 4), one.code);
}

#[test]
fn addresses_are_checked() {
    assert!(Door::bare("", None).is_ok());
    assert!(Door::bare("extreme_bevy", Some("2")).is_ok());
    assert!(Door::bare(&"a".repeat(MAX_ROOM_NAME_BYTES), None).is_ok());
    let long = "a".repeat(MAX_ROOM_NAME_BYTES + 1);
    assert_eq!(Door::bare(&long, None), Err(InvalidDoor::NameTooLong));
    for name in ["a/b", "a b", "ä", "a\0", "<script>", "a\n"] {
        assert_eq!(
            Door::bare(name, None),
            Err(InvalidDoor::NameSymbols),
            "{name:?}"
        );
    }
    for next in [
        "0",
        "17",
        "-1",
        "",
        "two",
        "18446744073709551615",
        "99999999999999999999",
    ] {
        assert_eq!(
            Door::bare("a", Some(next)),
            Err(InvalidDoor::GroupSize),
            "{next:?}"
        );
    }
}

impl Rooms {
    /// No index has more or less than the rooms.
    pub(crate) fn assert_consistent(&self) {
        for (name, id) in &self.by_name {
            assert_eq!(&self.rooms[id].name, name);
        }
        for (peer, member) in &self.peers {
            assert!(self.rooms[&member.room].peers.contains(peer));
        }
        let members: usize = self.rooms.values().map(|room| room.peers.len()).sum();
        assert_eq!(members, self.peers.len());
        let since = |room: &Room| room.created.as_ref()?.empty_since;
        for (time, id) in &self.empty {
            assert_eq!(since(&self.rooms[id]), Some(*time));
        }
        let empty = self.rooms.values().filter(|room| since(room).is_some());
        assert_eq!(empty.count(), self.empty.len());
        let is_open = |id: &RoomId| open::is_open(&self.rooms[id]);
        let mut found: Vec<_> = self.open.all().collect();
        let mut expected: Vec<_> = self.rooms.keys().copied().filter(is_open).collect();
        found.sort_unstable();
        expected.sort_unstable();
        assert_eq!(found, expected);
    }
}
