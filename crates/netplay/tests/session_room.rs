//! Rooms that work: hello, lobby, match, result, rematch, in simulated time.

mod common;

use common::{
    game::{LENGTH, Sums, eager},
    world::{FAIR, Peer, ROUGH, World, all_in},
};
use netplay::session::{Command, Config, Phase};
use protocol::Simulation;
use std::time::Duration;

const SECOND: Duration = Duration::from_secs(1);
const LONG: Duration = Duration::from_secs(30);

fn names(peer: &Peer<Sums>) -> Vec<String> {
    peer.room
        .view()
        .peers
        .into_iter()
        .map(|peer| peer.name)
        .collect()
}

fn seats(peer: &Peer<Sums>) -> Vec<Option<usize>> {
    peer.room
        .view()
        .peers
        .into_iter()
        .map(|peer| peer.seat)
        .collect()
}

fn is_after(matches: u32) -> impl Fn(&[&mut Peer<Sums>]) -> bool {
    move |peers| {
        peers
            .iter()
            .all(|peer| peer.room.status().matches >= matches)
    }
}

#[test]
fn a_player_may_change_its_input_delay_in_a_match() {
    let world = World::new(FAIR, 30);
    let (mut ada, mut bob) = (world.join(eager("Ada", 2)), world.join(eager("Bob", 2)));
    let both: &mut [&mut Peer<Sums>] = &mut [&mut ada, &mut bob];
    assert!(world.run_until(both, LONG, all_in(Phase::Match)));
    let delay = |peer: &Peer<Sums>| peer.room.core().map(|core| core.input_delay());
    assert_eq!(delay(both[0]), Some(2));
    both[0].room.command(Command::SetInputDelay(Some(6)));
    assert_eq!((delay(both[0]), delay(both[1])), (Some(6), Some(2)));
    assert!(world.run_until(both, LONG, is_after(1)));
    assert!(both.iter().all(|peer| peer.room.status().desync.is_none()));
    // The next match begins with it.
    assert!(world.run_until(both, LONG, all_in(Phase::Match)));
    assert_eq!(delay(both[0]), Some(6));
}

#[test]
fn two_play_and_play_again() {
    let world = World::new(FAIR, 1);
    let mut ada = world.join(eager("Ada", 2));
    world.run(&mut [&mut ada], Duration::from_secs(1));
    assert_eq!(*ada.room.phase(), Phase::Lobby, "alone she waits");
    let mut bob = world.join(eager("Bob", 2));
    let both: &mut [&mut Peer<Sums>] = &mut [&mut ada, &mut bob];

    let joined = world.now();
    assert!(world.run_until(both, LONG, all_in(Phase::Match)));
    let handshake = world.now() - joined;
    assert!(
        handshake < Duration::from_millis(200),
        "{handshake:?} from joining to the match"
    );
    assert!(world.run_until(both, LONG, is_after(1)));
    for peer in both.iter_mut() {
        assert_eq!(names(peer), ["Ada", "Bob"]);
        assert_eq!(seats(peer), [Some(0), Some(1)]);
        let checksum = peer.room.core().and_then(|core| core.checksum());
        assert_eq!(checksum.map(|(frame, _)| frame), Some(LENGTH));
        assert!(!peer.room.take_events().is_empty());
    }
    let checksums: Vec<_> = both
        .iter()
        .map(|peer| peer.room.status().checksum)
        .collect();
    assert_eq!(checksums[0], checksums[1]);
    assert_eq!(checksums[0].len(), 16);

    assert!(
        world.run_until(both, LONG, is_after(3)),
        "and again, and again"
    );
    assert!(both.iter().all(|peer| peer.room.status().dropped < 20));
}

#[test]
fn four_play_over_a_rough_network() {
    for seed in 0..20 {
        let world = World::new(ROUGH, seed);
        let mut peers: Vec<_> = ["Ada", "Bob", "Cem", "Dia"]
            .map(|name| world.join(eager(name, 4)))
            .into();
        let mut four: Vec<_> = peers.iter_mut().collect();
        assert!(world.run_until(&mut four, LONG, is_after(2)), "seed {seed}");
        for peer in &peers {
            assert_eq!(names(peer), ["Ada", "Bob", "Cem", "Dia"], "seed {seed}");
            assert_eq!(peer.room.status().peers, 3);
            assert_eq!(
                peer.room
                    .core()
                    .map(|core| core.confirmed_world().is_over()),
                Some(true)
            );
        }
    }
}

#[test]
fn a_match_waits_for_everybody_to_be_ready() {
    let world = World::new(FAIR, 2);
    let lazy = |name| netplay::session::Config {
        auto_ready: false,
        ..eager(name, 2)
    };
    let (mut ada, mut bob) = (world.join(lazy("Ada")), world.join(lazy("Bob")));
    world.run(&mut [&mut ada, &mut bob], Duration::from_secs(2));
    ada.room.command(Command::SetReady(true));
    world.run(&mut [&mut ada, &mut bob], Duration::from_secs(2));
    assert_eq!(*ada.room.phase(), Phase::Lobby);
    let ready: Vec<_> = bob
        .room
        .view()
        .peers
        .iter()
        .map(|peer| peer.ready)
        .collect();
    assert_eq!(ready, [true, false], "Bob sees who waits");

    // A third one that has come is waited for as well, and may change its name meanwhile.
    let mut cem = world.join(lazy("Cem"));
    let three: &mut [&mut Peer<Sums>] = &mut [&mut ada, &mut bob, &mut cem];
    world.run(three, Duration::from_secs(1));
    three[1].room.command(Command::SetReady(true));
    three[2].room.command(Command::SetName("Dia".into()));
    world.run(three, Duration::from_secs(1));
    assert!(all_in(Phase::Lobby)(three));
    three[2].room.command(Command::SetReady(true));
    assert!(world.run_until(three, LONG, all_in(Phase::Result)));
    assert_eq!(names(three[0]), ["Ada", "Bob", "Dia"]);

    world.run(three, Duration::from_secs(3));
    assert!(
        all_in(Phase::Result)(three),
        "the last match's readiness starts no other"
    );
    three
        .iter_mut()
        .for_each(|peer| peer.room.command(Command::SetReady(true)));
    assert!(world.run_until(three, LONG, is_after(2)));
}

#[test]
fn one_alone_practises() {
    let world = World::new(FAIR, 3);
    let mut ada: Peer<Sums> = world.join(eager("Ada", 1));
    assert!(world.run_until(&mut [&mut ada], LONG, is_after(2)));
}

#[test]
fn a_newcomer_plays_the_next_match_once_a_result_is_shown() {
    let world = World::new(FAIR, 4);
    let once = |name| netplay::session::Config {
        auto_ready: false,
        ..eager(name, 2)
    };
    let (mut ada, mut bob) = (world.join(once("Ada")), world.join(once("Bob")));
    ada.room.command(Command::SetReady(true));
    bob.room.command(Command::SetReady(true));
    let both: &mut [&mut Peer<Sums>] = &mut [&mut ada, &mut bob];
    assert!(world.run_until(both, LONG, all_in(Phase::Result)));
    let mut cem = world.join(eager("Cem", 2));
    let three: &mut [&mut Peer<Sums>] = &mut [&mut ada, &mut bob, &mut cem];
    world.run(three, Duration::from_secs(1));
    assert_eq!(names(three[0]), ["Ada", "Bob", "Cem"]);
    three[..2]
        .iter_mut()
        .for_each(|peer| peer.room.command(Command::SetReady(true)));
    assert!(world.run_until(three, LONG, all_in(Phase::Match)));
    assert_eq!(seats(three[2]), [Some(0), Some(1), Some(2)]);
    assert!(world.run_until(three, LONG, all_in(Phase::Result)));
}

#[test]
fn a_match_waits_for_whoever_is_still_on_its_way_to_somebody() {
    let quiet = |name| Config {
        auto_ready: false,
        ..eager(name, 2)
    };
    let world = World::new(FAIR, 21);
    let (mut ada, mut bob): (Peer<Sums>, _) = (world.join(quiet("Ada")), world.join(quiet("Bob")));
    let mut cem = world.join(quiet("Cem"));
    // Cem soon knows both, but the two are slow to find one another.
    world.slow(ada.id(), bob.id(), SECOND);
    world.slow(bob.id(), ada.id(), SECOND);
    let three: &mut [&mut Peer<Sums>] = &mut [&mut ada, &mut bob, &mut cem];
    world.run(three, SECOND / 4);
    three[1].room.command(Command::SetReady(true));
    three[2].room.command(Command::SetReady(true));
    world.run(three, 5 * SECOND);
    for peer in three.iter() {
        assert_eq!(*peer.room.phase(), Phase::Lobby, "Ada is not ready");
        assert_eq!(peer.room.view().peers.len(), 3);
    }
    three[0].room.command(Command::SetReady(true));
    assert!(world.run_until(three, 4 * SECOND, all_in(Phase::Match)));
}
