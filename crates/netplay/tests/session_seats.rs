//! Seats that change hands in a running match: who leaves, dies, returns, comes late, is cut off.

mod common;

use common::{
    game::{Sums, seats, token},
    world::{FAIR, Peer, ROUGH, World, all_in},
};
use netplay::session::{Command, Config, Phase};
use protocol::{Frame, Simulation};
use std::{collections::BTreeMap, time::Duration};

const SECOND: Duration = Duration::from_secs(1);

const MS: Duration = Duration::from_millis(1);

/// Lets time pass, and compares all worlds at every confirmed frame that two of the peers pass.
fn agree(world: &World, peers: &mut [&mut Peer<Sums>], time: Duration) {
    agree_until(world, peers, time, |_| false);
}

fn agree_until(
    world: &World,
    peers: &mut [&mut Peer<Sums>],
    time: Duration,
    done: impl Fn(&[&mut Peer<Sums>]) -> bool,
) -> bool {
    let mut sums: BTreeMap<(u32, Frame), u64> = BTreeMap::new();
    let end = world.now() + time;
    while world.now() < end {
        if world.run_until(peers, 5 * MS, &done) {
            return true;
        }
        for core in peers.iter().filter_map(|peer| peer.room.core()) {
            let key = (core.view().id, core.confirmed());
            let sum = core.confirmed_world().checksum();
            let known = *sums.entry(key).or_insert(sum);
            assert_eq!(known, sum, "the worlds differ at frame {}", key.1);
        }
    }
    false
}

fn confirmed(peer: &Peer<Sums>) -> Frame {
    peer.room.core().map_or(0, |core| core.confirmed())
}

fn seat(peer: &Peer<Sums>) -> Option<usize> {
    peer.room.view().my_seat
}

/// Steps that a peer confirms in so much time.
fn pace(world: &World, peers: &mut [&mut Peer<Sums>], time: Duration) -> Vec<Frame> {
    let before: Vec<Frame> = peers.iter().map(|peer| confirmed(peer)).collect();
    agree(world, peers, time);
    let after = peers.iter().map(|peer| confirmed(peer));
    after
        .zip(before)
        .map(|(a, b)| a.saturating_sub(b))
        .collect()
}

#[test]
fn the_seat_of_a_leaver_is_a_bots_at_once() {
    let world = World::new(FAIR, 1);
    let (mut ada, mut bob) = (
        world.join(seats::<2>("Ada", 2)),
        world.join(seats::<2>("Bob", 2)),
    );
    let both = &mut [&mut ada, &mut bob];
    assert!(world.run_until(both, SECOND, all_in(Phase::Match)));
    agree(&world, both, SECOND);
    both[1].room.command(Command::Leave);
    let before = confirmed(both[0]);
    world.run(both, SECOND);
    assert!(confirmed(both[0]) >= before + 55, "Ada plays on");
    assert_eq!(*both[0].room.phase(), Phase::Match);
    assert_eq!(both[0].room.view().peers.len(), 1);
}

#[test]
fn whoever_is_killed_holds_nobody_up_for_a_second() {
    for owner_dies in [false, true] {
        let world = World::new(FAIR, 2);
        let (mut ada, mut bob) = (
            world.join(seats::<4>("Ada", 3)),
            world.join(seats::<4>("Bob", 3)),
        );
        let mut cem = world.join(seats::<4>("Cem", 3));
        let three = &mut [&mut ada, &mut bob, &mut cem];
        assert!(world.run_until(three, SECOND, all_in(Phase::Match)));
        agree(&world, three, SECOND);
        let alive = if owner_dies {
            &mut three[1..]
        } else {
            &mut three[..2]
        };
        let before = confirmed(alive[0]);
        agree(&world, alive, SECOND + 200 * MS);
        assert!(
            alive.iter().all(|peer| confirmed(peer) > before + 15),
            "they go on by then: {} and {} after {before}",
            confirmed(alive[0]),
            confirmed(alive[1])
        );
        let steps = pace(&world, alive, SECOND);
        assert!(steps.iter().all(|steps| *steps >= 59), "{steps:?}");
        let views: Vec<_> = alive
            .iter()
            .filter_map(|peer| Some(peer.room.core()?.view()))
            .collect();
        assert_eq!(views[0], views[1]);
        assert_eq!(views[0].number, u32::from(owner_dies));
    }
}

#[test]
fn all_but_one_may_die_at_once() {
    let world = World::new(ROUGH, 3);
    let mut peers: Vec<Peer<Sums>> = ["Ada", "Bob", "Cem", "Dia"]
        .map(|name| world.join(seats::<4>(name, 4)))
        .into();
    let mut all: Vec<_> = peers.iter_mut().collect();
    assert!(world.run_until(&mut all, 3 * SECOND, all_in(Phase::Match)));
    agree(&world, &mut all, SECOND);
    let last = &mut all[3..];
    let before = confirmed(last[0]);
    agree(&world, last, 2 * SECOND);
    assert!(confirmed(last[0]) >= before + 50);
    assert_eq!(last[0].room.core().map(|core| core.order().len()), Some(1));
}

#[test]
fn a_newcomer_gets_a_bots_seat_and_the_others_feel_nothing() {
    let world = World::new(FAIR, 4);
    let (mut ada, mut bob) = (
        world.join(seats::<3>("Ada", 2)),
        world.join(seats::<3>("Bob", 2)),
    );
    let both = &mut [&mut ada, &mut bob];
    assert!(world.run_until(both, SECOND, all_in(Phase::Match)));
    agree(&world, both, 2 * SECOND);
    let stats = |peer: &Peer<Sums>| peer.room.core().map(|core| core.stats());
    let (Some(a), Some(b)) = (stats(both[0]), stats(both[1])) else {
        panic!("they play");
    };
    let mut cem = world.join(seats::<3>("Cem", 2));
    let three = &mut [&mut ada, &mut bob, &mut cem];
    let came = agree_until(&world, three, 1_500 * MS, |peers| seat(peers[2]).is_some());
    assert!(came, "within 1.5 s");
    assert_eq!(seat(three[2]), Some(2));
    agree(&world, three, 2 * SECOND);
    for (peer, before) in three.iter().zip([a, b]) {
        let after = stats(peer).expect("they play on");
        assert_eq!(after.waits, before.waits, "nobody waited");
        assert!(after.longest_rollback <= 3, "{after:?}");
    }
    let steps = pace(&world, three, SECOND);
    assert!(steps.iter().all(|steps| *steps >= 59), "{steps:?}");
}

#[test]
fn a_killed_player_comes_back_with_its_token_and_has_its_seat() {
    for owner_dies in [false, true] {
        let world = World::new(ROUGH, 5);
        let (mut ada, mut bob) = (
            world.join(seats::<4>("Ada", 2)),
            world.join(seats::<4>("Bob", 2)),
        );
        let both = &mut [&mut ada, &mut bob];
        assert!(world.run_until(both, 3 * SECOND, all_in(Phase::Match)));
        agree(&world, both, SECOND);
        let (mut rest, name, its_seat) = if owner_dies {
            (bob, "Ada", 0)
        } else {
            (ada, "Bob", 1)
        };
        agree(&world, &mut [&mut rest], 30 * SECOND);
        let back = Config {
            token: token("new"),
            resumes: Some(token(name)),
            ..seats::<4>(name, 2)
        };
        let mut back = world.join(back);
        let both = &mut [&mut rest, &mut back];
        let came = agree_until(&world, both, 4 * SECOND, |peers| seat(peers[1]).is_some());
        assert!(came);
        assert_eq!(seat(both[1]), Some(its_seat));
        // From its first frame on, whoever was alone confirms a round trip later: that is no pace.
        agree(&world, both, SECOND);
        let steps = pace(&world, both, 2 * SECOND);
        assert!(steps.iter().all(|steps| *steps >= 115), "{steps:?}");
    }
}

#[test]
fn a_claim_that_everybody_knows_opens_no_seat() {
    let world = World::new(FAIR, 6);
    let (mut ada, mut bob) = (
        world.join(seats::<2>("Ada", 2)),
        world.join(seats::<2>("Bob", 2)),
    );
    let both = &mut [&mut ada, &mut bob];
    assert!(world.run_until(both, SECOND, all_in(Phase::Match)));
    agree(&world, both, SECOND);
    drop(bob);
    agree(&world, &mut [&mut ada], 3 * SECOND);
    // Its claim is Bob's: it has heard it, but it has nothing to show for it.
    let mut thief = world.join(seats::<2>("Bob", 2));
    let both = &mut [&mut ada, &mut thief];
    agree(&world, both, 3 * SECOND);
    assert_eq!(seat(both[1]), None);
    assert!(both[1].room.view().watching);
}

#[test]
fn the_larger_part_of_a_split_room_goes_on_and_the_others_come_back() {
    let world = World::new(FAIR, 7);
    let mut peers: Vec<Peer<Sums>> = ["Ada", "Bob", "Cem", "Dia", "Eve"]
        .map(|name| world.join(seats::<5>(name, 5)))
        .into();
    let mut all: Vec<_> = peers.iter_mut().collect();
    assert!(world.run_until(&mut all, SECOND, all_in(Phase::Match)));
    agree(&world, &mut all, SECOND);
    let ids: Vec<_> = all.iter().map(|peer| peer.id()).collect();
    for a in &ids[..2] {
        for b in &ids[2..] {
            world.cut(*a, *b);
        }
    }
    agree(&world, &mut all, 3 * SECOND);
    let view = |peer: &Peer<Sums>| peer.room.core().map(|core| core.view());
    assert_eq!(view(all[0]), view(all[1]), "one part");
    assert_eq!(view(all[2]), view(all[3]), "the other");
    assert_eq!(view(all[3]), view(all[4]));
    assert_ne!(view(all[0]), view(all[2]));
    let larger = view(all[2]);
    for a in &ids[..2] {
        for b in &ids[2..] {
            world.repair(*a, *b);
        }
    }
    let healed = agree_until(&world, &mut all, 8 * SECOND, |peers| {
        peers
            .iter()
            .all(|peer| seat(peer).is_some() && view(peer) == larger)
    });
    let seats: Vec<_> = all.iter().map(|peer| (seat(peer), view(peer))).collect();
    assert!(healed, "{seats:?}");
    let steps = pace(&world, &mut all, SECOND);
    assert!(steps.iter().all(|steps| *steps >= 59), "{steps:?}");
}

#[test]
fn whoever_was_frozen_watches_until_it_keeps_up_and_has_its_seat_back() {
    for frozen in [0, 1] {
        let world = World::new(FAIR, 8);
        let (mut ada, mut bob) = (
            world.join(seats::<2>("Ada", 2)),
            world.join(seats::<2>("Bob", 2)),
        );
        let mut both = [&mut ada, &mut bob];
        assert!(world.run_until(&mut both, SECOND, all_in(Phase::Match)));
        agree(&world, &mut both, SECOND);
        let awake = 1 - frozen;
        let before = confirmed(both[awake]);
        agree(&world, &mut both[awake..=awake], 3 * SECOND);
        let reached = confirmed(both[awake]);
        assert!(reached >= before + 100);
        let back = world.run_until(&mut both, 5 * SECOND, |peers| {
            let core = peers[frozen].room.core();
            let same = core.map(|c| c.view()) == peers[awake].room.core().map(|c| c.view());
            same && peers.iter().all(|peer| seat(peer).is_some())
        });
        assert!(back);
        assert!(confirmed(both[awake]) > reached, "nobody went back in time");
        assert_eq!(seat(both[frozen]), Some(frozen));
        agree(&world, &mut both, SECOND);
    }
}

#[test]
fn whoever_only_watches_sees_the_same_match() {
    let world = World::new(ROUGH, 9);
    let (mut ada, mut bob) = (
        world.join(seats::<4>("Ada", 2)),
        world.join(seats::<4>("Bob", 2)),
    );
    let both = &mut [&mut ada, &mut bob];
    assert!(world.run_until(both, 3 * SECOND, all_in(Phase::Match)));
    let watcher = Config {
        watch: true,
        ..seats::<4>("Cem", 2)
    };
    let mut cem = world.join(watcher);
    let three = &mut [&mut ada, &mut bob, &mut cem];
    agree(&world, three, 4 * SECOND);
    assert!(three[2].room.view().watching);
    assert_eq!(seat(three[2]), None);
    let shown = |peer: &Peer<Sums>| peer.room.shown().map_or(0, |shown| shown.frame);
    assert!(shown(three[2]) + 60 > confirmed(three[0]));
    let before = shown(three[2]);
    // Its teller may be anybody, and may go.
    three[1].room.command(Command::Leave);
    agree(&world, three, 4 * SECOND);
    assert!(shown(three[2]) >= before + 200);
    let worlds = three[2].room.shown().map(|shown| shown.worlds.1.clone());
    let status = three[2].room.status();
    let played = three[0].room.core().and_then(|core| core.checksum());
    assert!(status.checksum_frame + 120 >= played.map_or(0, |(frame, _)| frame));
    assert!(worlds.is_some_and(|world| world.frame == status.frame));
}

#[test]
fn two_that_lose_each_other_cost_the_younger_one_its_seat() {
    let world = World::new(FAIR, 10);
    let mut peers: Vec<Peer<Sums>> = ["Ada", "Bob", "Cem"]
        .map(|name| world.join(seats::<3>(name, 3)))
        .into();
    let mut all: Vec<_> = peers.iter_mut().collect();
    assert!(world.run_until(&mut all, SECOND, all_in(Phase::Match)));
    agree(&world, &mut all, SECOND);
    world.cut(all[1].id(), all[2].id());
    let before = confirmed(all[0]);
    agree(&world, &mut all, 2 * SECOND);
    assert!(confirmed(all[0]) >= before + 60);
    assert_eq!(seat(all[0]), Some(0));
    assert_eq!(seat(all[1]), Some(1), "Bob is the elder");
    assert_eq!(all[0].room.core().map(|core| core.order().len()), Some(2));
}

#[test]
fn many_may_watch_and_nobody_waits_for_them() {
    let world = World::new(FAIR, 11);
    let (mut ada, mut bob) = (
        world.join(seats::<2>("Ada", 2)),
        world.join(seats::<2>("Bob", 2)),
    );
    let both = &mut [&mut ada, &mut bob];
    assert!(world.run_until(both, SECOND, all_in(Phase::Match)));
    agree(&world, both, SECOND);
    // Some only want to watch, the others find no seat.
    let mut crowd: Vec<Peer<Sums>> = (0..10)
        .map(|n| {
            world.join(Config {
                watch: n % 2 == 0,
                ..seats::<2>(&format!("P{n}"), 2)
            })
        })
        .collect();
    let mut all: Vec<_> = [&mut ada, &mut bob].into_iter().chain(&mut crowd).collect();
    agree(&world, &mut all, 6 * SECOND);
    let stats = |peer: &Peer<Sums>| peer.room.core().map(|core| core.stats().waits);
    let waits = (stats(all[0]), stats(all[1]));
    let steps = pace(&world, &mut all[..], 2 * SECOND);
    assert!(steps[..2].iter().all(|steps| *steps >= 119), "{steps:?}");
    assert_eq!((stats(all[0]), stats(all[1])), waits, "nobody waited");
    let sums: BTreeMap<Frame, String> = all[2..]
        .iter()
        .map(|peer| peer.room.status())
        .map(|status| (status.checksum_frame, status.checksum))
        .collect();
    assert!(!sums.is_empty());
    for peer in &all[2..] {
        assert!(peer.room.core().is_none(), "nobody listens any more");
        let status = peer.room.status();
        assert_eq!(sums.get(&status.checksum_frame), Some(&status.checksum));
        assert!(status.frame + 60 > all[0].room.status().confirmed);
    }
}
