//! Who begins the next match after one is over, and matches that one player begins alone.

mod common;

use common::{
    game::{LENGTH, Settings, Sums, eager, seats},
    world::{FAIR, Peer, ROUGH, World, all_in},
};
use netplay::session::{Command, Config, Phase, room::VOTE};
use std::time::Duration;

const SECOND: Duration = Duration::from_secs(1);
const MS: Duration = Duration::from_millis(1);

/// A player who says when it is ready, in a match of four seats.
fn player(name: &str) -> Config<Sums> {
    Config {
        auto_ready: false,
        settings: |_| Settings {
            seats: 4,
            length: LENGTH,
        },
        ..eager(name, 2)
    }
}

fn vote(peer: &mut Peer<Sums>) {
    peer.room.command(Command::SetReady(true));
}

fn seat(peer: &Peer<Sums>) -> Option<usize> {
    peer.room.view().my_seat
}

fn phase(peer: &Peer<Sums>) -> Phase {
    peer.room.phase().clone()
}

/// Three players at the end of a match.
fn at_a_result(world: &World, peers: &mut [&mut Peer<Sums>]) {
    world.run(peers, SECOND);
    peers.iter_mut().for_each(|peer| vote(peer));
    assert!(world.run_until(peers, 3 * SECOND, all_in(Phase::Match)));
    assert!(world.run_until(peers, 9 * SECOND, all_in(Phase::Result)));
    world.run(peers, SECOND);
}

#[test]
fn when_all_vote_the_next_match_begins_at_once() {
    let world = World::new(ROUGH, 80);
    let mut peers = ["Ada", "Bob", "Cem"].map(|name| world.join(player(name)));
    let three = &mut peers.each_mut()[..];
    at_a_result(&world, three);
    three.iter_mut().for_each(|peer| vote(peer));
    assert!(world.run_until(three, SECOND, all_in(Phase::Match)));
}

#[test]
fn most_wait_for_the_others_and_then_play_without_them() {
    // Also without the room's owner, who is the first.
    for idler in 0..3 {
        let world = World::new(FAIR, 81);
        let mut peers = ["Ada", "Bob", "Cem"].map(|name| world.join(player(name)));
        let three = &mut peers.each_mut()[..];
        at_a_result(&world, three);
        let voters = [(idler + 1) % 3, (idler + 2) % 3];
        voters.iter().for_each(|voter| vote(three[*voter]));
        world.run(three, VOTE - SECOND);
        assert!(all_in(Phase::Result)(three), "there is time to vote");
        let ready: Vec<bool> = (three[0].room.view().peers.iter())
            .map(|peer| peer.ready)
            .collect();
        assert_eq!(ready.iter().filter(|ready| **ready).count(), 2);
        world.run(three, SECOND + 200 * MS);
        for voter in voters {
            assert_eq!(phase(three[voter]), Phase::Match, "without {idler}");
        }
        assert_eq!(phase(three[idler]), Phase::Result);
        assert!(three[idler].room.view().others_play);
        let offences: u64 = three.iter().map(|peer| peer.room.status().dropped).sum();
        assert!(
            offences < 5,
            "one start is enough: {offences} packets were dropped"
        );
    }
}

#[test]
fn who_votes_late_enters_the_running_match_in_place_of_a_bot() {
    let world = World::new(ROUGH, 82);
    let mut peers = ["Ada", "Bob", "Cem"].map(|name| world.join(player(name)));
    let three = &mut peers.each_mut()[..];
    at_a_result(&world, three);
    // The next one is longer.
    let settings = postcard::to_stdvec(&Settings {
        seats: 4,
        length: 3_600,
    })
    .unwrap();
    three[0].room.command(Command::Choose(settings));
    vote(three[0]);
    vote(three[1]);
    let voters_play = |peers: &[&mut Peer<Sums>]| {
        peers[..2]
            .iter()
            .all(|peer| *peer.room.phase() == Phase::Match)
    };
    assert!(world.run_until(three, VOTE + SECOND, voters_play));
    world.run(three, 2 * SECOND);
    assert_eq!(phase(three[2]), Phase::Result, "nobody is made to play");
    vote(three[2]);
    let drops_in = |peers: &[&mut Peer<Sums>]| {
        *peers[2].room.phase() == Phase::Match && seat(peers[2]) == Some(2)
    };
    assert!(world.run_until(three, 3 * SECOND, drops_in));
    assert!(!three[2].room.view().others_play);
}

#[test]
fn half_of_a_room_is_not_most_of_it() {
    let world = World::new(FAIR, 83);
    let mut peers = ["Ada", "Bob"].map(|name| world.join(player(name)));
    let two = &mut peers.each_mut()[..];
    at_a_result(&world, two);
    vote(two[1]);
    world.run(two, VOTE * 2);
    assert!(all_in(Phase::Result)(two));
    // A vote may be taken back.
    two[1].room.command(Command::SetReady(false));
    vote(two[0]);
    world.run(two, VOTE * 2);
    assert!(all_in(Phase::Result)(two));
}

#[test]
fn who_has_left_does_not_count_and_who_only_watches_has_no_vote() {
    let world = World::new(FAIR, 84);
    let mut peers = ["Ada", "Bob", "Cem"].map(|name| world.join(player(name)));
    let mut spectator = world.join(Config {
        watch: true,
        ..player("Eve")
    });
    let [ada, bob, cem] = peers.each_mut();
    let four = &mut [ada, bob, cem, &mut spectator][..];
    world.run(four, SECOND);
    four[..3].iter_mut().for_each(|peer| vote(peer));
    assert!(world.run_until(four, 3 * SECOND, all_in(Phase::Match)));
    assert!(world.run_until(four, 9 * SECOND, all_in(Phase::Result)));
    vote(four[0]);
    vote(four[1]);
    world.run(four, SECOND);
    assert_eq!(phase(four[0]), Phase::Result);
    four[2].room.command(Command::Leave);
    world.run(four, SECOND);
    assert_eq!(
        (phase(four[0]), phase(four[1])),
        (Phase::Match, Phase::Match)
    );
}

#[test]
fn an_owner_that_only_watches_starts_a_match_once() {
    let world = World::new(FAIR, 85);
    let mut owner = world.join(Config {
        watch: true,
        ..player("Eve")
    });
    world.run(&mut [&mut owner], SECOND);
    let (mut ada, mut bob) = (world.join(player("Ada")), world.join(player("Bob")));
    let three = &mut [&mut owner, &mut ada, &mut bob][..];
    world.run(three, SECOND);
    vote(three[1]);
    vote(three[2]);
    let both_play = |peers: &[&mut Peer<Sums>]| {
        peers[1..]
            .iter()
            .all(|peer| *peer.room.phase() == Phase::Match)
    };
    assert!(world.run_until(three, SECOND, both_play));
    world.run(three, 300 * MS);
    for peer in three.iter() {
        assert_eq!(peer.room.status().dropped, 0);
    }
}

#[test]
fn whoever_is_alone_plays_with_bots_and_who_comes_drops_in() {
    let waiting = |name| Config {
        auto_ready: false,
        ..seats::<2>(name, 2)
    };
    for conditions in [FAIR, ROUGH] {
        let world = World::new(conditions, 86);
        let mut ada = world.join(waiting("Ada"));
        vote(&mut ada);
        world.run(&mut [&mut ada], 2 * SECOND);
        assert_eq!(
            phase(&ada),
            Phase::Lobby,
            "being ready alone waits for somebody"
        );
        ada.room.command(Command::PlayAlone);
        world.run(&mut [&mut ada], 3 * SECOND);
        assert_eq!((phase(&ada), seat(&ada)), (Phase::Match, Some(0)));
        // Nobody else confirms anything.
        let frame = |peer: &Peer<Sums>| peer.room.core().map_or(0, |core| core.confirmed());
        assert!(frame(&ada) > 150);

        let mut bob = world.join(waiting("Bob"));
        let both = &mut [&mut ada, &mut bob][..];
        let came = world.run_until(both, 4 * SECOND, |peers| seat(peers[1]) == Some(1));
        assert!(came, "in place of the bot, though he is not ready");
        let (before, view) = (frame(both[0]), both[0].room.view());
        assert_eq!(view.peers[1].seat, Some(1), "Ada sees him come");
        world.run(both, SECOND);
        assert!(frame(both[0]) >= before + 40, "the match goes on");
    }
}

#[test]
fn with_company_playing_alone_is_being_ready() {
    let world = World::new(FAIR, 87);
    let mut peers = ["Ada", "Bob"].map(|name| world.join(player(name)));
    let two = &mut peers.each_mut()[..];
    world.run(two, SECOND);
    two[0].room.command(Command::PlayAlone);
    world.run(two, 3 * SECOND);
    assert!(all_in(Phase::Lobby)(two), "Bob is not ready");
    vote(two[1]);
    assert!(world.run_until(two, SECOND, all_in(Phase::Match)));
    // Alone after it, playing on needs nobody else, and being ready does.
    assert!(world.run_until(two, 9 * SECOND, all_in(Phase::Result)));
    two[1].room.command(Command::Leave);
    world.run(two, SECOND);
    vote(two[0]);
    world.run(two, SECOND);
    assert_eq!(phase(two[0]), Phase::Result);
    two[0].room.command(Command::PlayAlone);
    world.run(two, SECOND / 2);
    assert_eq!(phase(two[0]), Phase::Match);
}
