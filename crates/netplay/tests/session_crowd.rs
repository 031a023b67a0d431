//! A full room: eight play, eight watch, one of each goes and comes back, and everything stays
//! within its bounds.

mod common;

use common::{
    game::{Sums, seats, token},
    world::{FAIR, Peer, World, all_in},
};
use netplay::session::{Command, Config, Phase};
use protocol::{
    Simulation,
    limits::{MAX_PEERS, MAX_SEATS},
};
use std::{collections::BTreeMap, time::Duration};

const SECOND: Duration = Duration::from_secs(1);

/// Bytes that a watcher may be told in a second, and a player may tell all others, at 60 Hz.
const WATCHER_IN: u64 = 16_000;
const PLAYER_OUT: u64 = 160_000;

fn player(name: &str) -> Config<Sums> {
    seats::<{ MAX_SEATS as u8 }>(name, MAX_SEATS)
}

fn watcher(name: &str) -> Config<Sums> {
    Config {
        watch: true,
        ..player(name)
    }
}

/// Lets time pass; equal frames of one view have equal worlds, and nobody knows more peers than there
/// may be.
fn agree(world: &World, peers: &mut [&mut Peer<Sums>], time: Duration) {
    let mut sums = BTreeMap::new();
    let end = world.now() + time;
    while world.now() < end {
        world.run(peers, Duration::from_millis(5));
        for peer in peers.iter() {
            assert!(peer.room.view().peers.len() <= MAX_PEERS);
            let Some(core) = peer.room.core() else {
                continue;
            };
            let sum = core.confirmed_world().checksum();
            let key = (core.view().id, core.confirmed());
            assert_eq!(*sums.entry(key).or_insert(sum), sum, "frame {}", key.1);
        }
    }
}

/// Everybody has a seat or watches, at full pace, and within its bounds.
fn all_is_well(world: &World, players: &mut [Peer<Sums>], watchers: &mut [Peer<Sums>]) {
    let shown = |peer: &Peer<Sums>| peer.room.shown().map_or(0, |shown| shown.frame);
    let before: Vec<_> = (players.iter().chain(watchers.iter()))
        .map(|peer| (shown(peer), peer.room.status()))
        .collect();
    let mut all: Vec<_> = players.iter_mut().chain(watchers.iter_mut()).collect();
    agree(world, &mut all, 2 * SECOND);
    for (peer, (frame, status)) in all.iter().zip(&before) {
        assert_eq!(*peer.room.phase(), Phase::Match);
        let steps = shown(peer).saturating_sub(*frame);
        assert!((110..=130).contains(&steps), "{steps} steps in two seconds");
        let now = peer.room.status();
        assert_eq!((now.desync, now.dropped), (None, status.dropped));
        assert_eq!(now.peers, all.len() - 1);
        if now.watching {
            assert!(now.bytes_in - status.bytes_in < 2 * WATCHER_IN, "{now:?}");
        }
        assert!(now.bytes_out - status.bytes_out < 2 * PLAYER_OUT, "{now:?}");
    }
    // All see the same names on the same seats.
    let seats = |peer: &Peer<Sums>| {
        let view = peer.room.view();
        let seated = view
            .peers
            .into_iter()
            .filter_map(|p| Some((p.seat?, p.name)));
        seated.collect::<BTreeMap<usize, String>>()
    };
    let known = seats(all[0]);
    assert_eq!(known.len(), MAX_SEATS);
    assert!(all.iter().all(|peer| seats(peer) == known));
}

#[test]
fn eight_play_and_eight_watch_and_one_of_each_goes_and_comes_back() {
    let world = World::new(FAIR, 1);
    let mut players: Vec<Peer<Sums>> = (0..MAX_SEATS)
        .map(|n| world.join(player(&format!("P{n}"))))
        .collect();
    let mut all: Vec<_> = players.iter_mut().collect();
    assert!(world.run_until(&mut all, 5 * SECOND, all_in(Phase::Match)));
    let mut watchers: Vec<Peer<Sums>> = (MAX_SEATS..MAX_PEERS)
        .map(|n| world.join(watcher(&format!("W{n}"))))
        .collect();
    let mut all: Vec<_> = players.iter_mut().chain(&mut watchers).collect();
    agree(&world, &mut all, 3 * SECOND);
    all_is_well(&world, &mut players, &mut watchers);

    // The room is full: one more is refused, and costs nobody anything.
    let mut late = world.join(watcher("late"));
    let mut all: Vec<_> = (players.iter_mut().chain(&mut watchers))
        .chain([&mut late])
        .collect();
    agree(&world, &mut all, 2 * SECOND);
    assert!(matches!(late.room.phase(), Phase::Failed(_)));
    drop(late);

    // One player and one watcher go, as a reloaded page does.
    for gone in [players.remove(3), watchers.remove(3)] {
        let mut gone = gone;
        gone.room.command(Command::Leave);
        let mut all: Vec<_> = players.iter_mut().chain(&mut watchers).collect();
        all.push(&mut gone);
        agree(&world, &mut all, SECOND);
    }
    let mut all: Vec<_> = players.iter_mut().chain(&mut watchers).collect();
    agree(&world, &mut all, 2 * SECOND);

    // Both come back, the player with its token.
    let back = Config {
        token: token("new"),
        resumes: Some(token("P3")),
        ..player("P3")
    };
    players.push(world.join(back));
    watchers.push(world.join(watcher("W11")));
    let mut all: Vec<_> = players.iter_mut().chain(&mut watchers).collect();
    agree(&world, &mut all, 4 * SECOND);
    assert_eq!(players[MAX_SEATS - 1].room.view().my_seat, Some(3));
    all_is_well(&world, &mut players, &mut watchers);
}
