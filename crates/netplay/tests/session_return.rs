//! Who was away for longer than the others wait, and comes back by itself: a closed laptop, a cable
//! that was pulled.

mod common;

use common::{
    alone::stop,
    game::{Sums, seats},
    world::{FAIR, Peer, World, all_in},
};
use netplay::session::{Command, Config, Phase};
use protocol::{Frame, PeerId};
use std::time::Duration;

const SECOND: Duration = Duration::from_secs(1);

/// Longer than anybody waits for who has fallen silent, and shorter than a seat is kept.
const AWAY: [Duration; 2] = [Duration::from_secs(30), Duration::from_secs(90)];

/// How soon everybody plays with everybody again: connections are tried anew every few seconds.
const RETURN: Duration = Duration::from_secs(12);

const NAMES: [&str; 3] = ["Ada", "Bob", "Cem"];

/// So many players in a match, of which each has the seat of its number.
fn playing(world: &World, count: usize) -> Vec<Peer<Sums>> {
    let names = &NAMES[..count];
    let mut all: Vec<_> = (names.iter())
        .map(|name| world.join(seats::<3>(name, count)))
        .collect();
    let mut refs: Vec<_> = all.iter_mut().collect();
    assert!(world.run_until(&mut refs, SECOND, all_in(Phase::Match)));
    world.run(&mut refs, SECOND);
    all
}

fn confirmed(peer: &Peer<Sums>) -> Frame {
    peer.room.core().map_or(0, |core| core.confirmed())
}

fn match_id(peer: &Peer<Sums>) -> Option<u32> {
    peer.room.match_id()
}

/// Whether all play in one match as one, each in its own seat, past that frame.
fn together(past: Frame) -> impl Fn(&[&mut Peer<Sums>]) -> bool {
    move |peers| {
        let view = peers[0].room.core().map(|core| core.view());
        peers.iter().enumerate().all(|(number, peer)| {
            let room = peer.room.view();
            *peer.room.phase() == Phase::Match
                && room.my_seat == Some(number)
                && !room.watching
                && room.peers.len() == peers.len()
                && confirmed(peer) > past
                && peer.room.core().map(|core| core.view()) == view
        })
    }
}

/// Lets everybody find each other again, and play on in the match that they were in.
fn return_to(world: &World, all: &mut [&mut Peer<Sums>], before: Option<u32>, what: &str) {
    let reached = all.iter().map(|peer| confirmed(peer)).max().unwrap_or(0);
    let back = world.run_until(all, RETURN, together(reached));
    assert!(back, "{what}");
    world.run(all, 2 * SECOND);
    assert!(together(reached + 60)(all), "{what}: for good");
    for peer in all.iter() {
        assert_eq!(match_id(peer), before, "{what}: another match");
        assert_eq!(peer.room.status().desync, None, "{what}");
    }
}

#[test]
fn whoever_was_stopped_for_long_gets_its_seat_back() {
    for (count, away) in [(2, AWAY[0]), (2, AWAY[1]), (3, AWAY[0]), (3, AWAY[1])] {
        for stopped in 0..count {
            let world = World::new(FAIR, 31);
            let mut all = playing(&world, count);
            let before = match_id(&all[0]);
            let mut all: Vec<_> = all.iter_mut().collect();
            stop(&world, &mut all, stopped, away);
            let what = format!("{stopped} of {count} stopped for {away:?}");
            return_to(&world, &mut all, before, &what);
        }
    }
}

#[test]
fn whoever_lost_its_network_for_long_gets_its_seat_back() {
    for (count, away) in [(2, AWAY[0]), (2, AWAY[1]), (3, AWAY[0]), (3, AWAY[1])] {
        for lost in 0..count {
            let world = World::new(FAIR, 32);
            let mut all = playing(&world, count);
            let before = match_id(&all[0]);
            let ids: Vec<PeerId> = all.iter().map(Peer::id).collect();
            let others = || ids.iter().filter(|id| **id != ids[lost]);
            let mut all: Vec<_> = all.iter_mut().collect();
            others().for_each(|other| world.cut(ids[lost], *other));
            world.run(&mut all, away);
            for peer in &all {
                assert_eq!(*peer.room.phase(), Phase::Match, "everybody plays on");
            }
            others().for_each(|other| world.repair(ids[lost], *other));
            let what = format!("{lost} of {count} cut off for {away:?}");
            return_to(&world, &mut all, before, &what);
        }
    }
}

#[test]
fn whoever_comes_and_goes_often_is_taken_back_each_time() {
    let world = World::new(FAIR, 33);
    let mut all = playing(&world, 2);
    let before = match_id(&all[0]);
    let mut all: Vec<_> = all.iter_mut().collect();
    for turn in 0..6 {
        stop(&world, &mut all, turn % 2, AWAY[0]);
        return_to(&world, &mut all, before, &format!("turn {turn}"));
    }
}

#[test]
fn a_long_sleep_in_the_lobby_begins_no_match_alone() {
    let alone = |name| Config {
        auto_ready: false,
        ..seats::<3>(name, 1)
    };
    let world = World::new(FAIR, 34);
    let (mut ada, mut bob) = (world.join(alone("Ada")), world.join(alone("Bob")));
    let both: &mut [&mut Peer<Sums>] = &mut [&mut ada, &mut bob];
    world.run(both, SECOND);
    both[0].room.command(Command::SetReady(true));
    world.run(both, SECOND);
    stop(&world, both, 0, AWAY[0]);
    world.run(both, 5 * SECOND);
    assert_eq!(*both[0].room.phase(), Phase::Lobby, "no match without Bob");
    assert!(both.iter().all(|peer| peer.room.view().peers.len() == 2));
    both[1].room.command(Command::SetReady(true));
    assert!(world.run_until(both, 2 * SECOND, all_in(Phase::Match)));
}

#[test]
fn who_said_goodbye_or_was_banned_is_not_taken_back() {
    let world = World::new(FAIR, 35);
    let mut all = playing(&world, 3);
    let mut all: Vec<_> = all.iter_mut().collect();
    all[1].room.command(Command::Leave);
    let ada = all[0].id();
    for _ in 0..300 {
        // No message at all.
        all[2].throw(ada, netplay::transport::Channel::Reliable, &[0xff; 7]);
    }
    world.run(&mut all, 60 * SECOND);
    assert_eq!(all[0].room.view().peers.len(), 1);
}
