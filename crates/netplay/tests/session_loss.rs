//! Who leaves, falls silent, cannot be reached or never finds the room.

mod common;

use common::{
    alone::{Alone, stop},
    game::{Settings, Sums, eager, seats},
    world::{FAIR, Peer, World, all_in},
};
use netplay::{
    session::{Command, Config, Failure, Phase, room::Room},
    transport::{Outage, SignalingState},
};
use protocol::{PeerId, limits::*};
use std::time::Duration;

const SECOND: Duration = Duration::from_secs(1);

/// Whoever plays this plays on until something happens.
fn endless(name: &str, min_peers: usize) -> Config<Sums> {
    Config {
        settings: |players| Settings {
            seats: players as u8,
            length: u32::MAX,
        },
        ..eager(name, min_peers)
    }
}

fn quiet(name: &str) -> Config<Sums> {
    Config {
        auto_ready: false,
        ..endless(name, 2)
    }
}

fn notice(peer: &Peer<Sums>) -> String {
    let notice = peer.room.view().notice;
    notice.map_or_else(String::new, |notice| notice.to_string())
}

#[test]
fn whoever_leaves_says_goodbye_first() {
    let world = World::new(FAIR, 1);
    let (mut ada, mut bob) = (world.join(endless("Ada", 2)), world.join(endless("Bob", 2)));
    assert!(world.run_until(&mut [&mut ada, &mut bob], SECOND, all_in(Phase::Match)));
    bob.room.command(Command::Leave);
    assert_eq!(*bob.room.phase(), Phase::Failed(Failure::Left));
    assert!(!bob.room.is_closed(), "the goodbye has yet to go out");
    world.run(&mut [&mut ada, &mut bob], SECOND / 2);
    assert!(bob.room.is_closed());
    assert_eq!(notice(&ada), "Bob left");
    assert_eq!(*ada.room.phase(), Phase::Match, "Ada plays on");
}

#[test]
fn whoever_leaves_says_goodbye_also_to_those_it_still_greets() {
    let world = World::new(FAIR, 21);
    let (mut ada, mut bob) = (world.join(quiet("Ada")), world.join(quiet("Bob")));
    // Nothing of Bob's comes to Ada in time: he hears her, and waits for her to hear him.
    world.slow(bob.id(), ada.id(), 60 * SECOND);
    world.run(&mut [&mut ada, &mut bob], SECOND);
    ada.room.command(Command::Leave);
    world.run(&mut [&mut ada, &mut bob], 2 * HANDSHAKE_DEADLINE);
    assert!(ada.room.is_closed());
    assert_eq!(bob.room.view().notice, None, "nobody to be given up");
}

#[test]
fn the_next_owner_starts_although_somebody_has_not_heard_the_last_one_leave() {
    let world = World::new(FAIR, 8);
    let (mut ada, mut bob) = (world.join(quiet("Ada")), world.join(quiet("Bob")));
    let mut cem = world.join(quiet("Cem"));
    let three: &mut [&mut Peer<Sums>] = &mut [&mut ada, &mut bob, &mut cem];
    world.run(three, SECOND);
    three[1].room.command(Command::SetReady(true));
    three[2].room.command(Command::SetReady(true));
    world.run(three, SECOND);
    // Ada was all that they waited for. Her goodbye takes its time on the way to Cem, so that
    // Bob's start comes before it.
    world.slow(three[0].id(), three[2].id(), SECOND / 2);
    three[0].room.command(Command::Leave);
    world.run(three, SECOND / 4);
    assert_eq!(*three[1].room.phase(), Phase::Match);
    assert_eq!(*three[2].room.phase(), Phase::Match);
    world.run(three, SECOND);
    assert_eq!(*three[1].room.phase(), Phase::Match, "and play on");
    assert_eq!(three[2].room.status().dropped, 0);
}

/// Both see each other again, and a match of theirs begins.
fn meet_and_play(world: &World, both: &mut [&mut Peer<Sums>]) {
    assert!(both.iter().all(|peer| peer.room.view().peers.len() == 2));
    both.iter_mut()
        .for_each(|peer| peer.room.command(Command::SetReady(true)));
    assert!(world.run_until(both, SECOND, all_in(Phase::Match)));
}

#[test]
fn a_line_that_is_cut_for_a_while_in_the_lobby_heals() {
    let world = World::new(FAIR, 4);
    let (mut ada, mut bob) = (world.join(quiet("Ada")), world.join(quiet("Bob")));
    let both: &mut [&mut Peer<Sums>] = &mut [&mut ada, &mut bob];
    world.run(both, SECOND);
    let (a, b) = (both[0].id(), both[1].id());
    world.cut(a, b);
    world.run(both, SILENCE_DEADLINE + SECOND);
    assert!(both.iter().all(|peer| peer.room.view().peers.len() == 1));
    assert_eq!(notice(both[0]), "Bob fell silent");
    world.repair(a, b);
    world.run(both, SECOND);
    meet_and_play(&world, both);
}

#[test]
fn who_was_away_without_noticing_it_is_met_again() {
    let world = World::new(FAIR, 7);
    let (mut ada, mut bob) = (world.join(quiet("Ada")), world.join(quiet("Bob")));
    world.run(&mut [&mut ada, &mut bob], SECOND);
    // Ada's page is frozen. On waking she finds Bob's words waiting: to her he was never gone.
    world.run(&mut [&mut bob], SILENCE_DEADLINE + SECOND);
    assert_eq!(notice(&bob), "Ada fell silent");
    let both: &mut [&mut Peer<Sums>] = &mut [&mut ada, &mut bob];
    world.run(both, SECOND);
    meet_and_play(&world, both);
}

/// (An owner may go on for a moment with its own reign, which nobody follows any more.)
#[test]
fn whoever_was_stopped_returns_to_the_match_of_the_others_and_begins_no_reign_of_its_own() {
    for count in [2, 3] {
        for stopped in 0..count {
            let world = World::new(FAIR, 22);
            let mut all: Vec<_> = (["Ada", "Bob", "Cem"][..count].iter())
                .map(|name| world.join(seats::<3>(name, count)))
                .collect();
            let mut all: Vec<_> = all.iter_mut().collect();
            assert!(world.run_until(&mut all, SECOND, all_in(Phase::Match)));
            world.run(&mut all, SECOND);
            let other = usize::from(stopped == 0);
            let view = |peer: &Peer<Sums>| peer.room.core().map(|core| core.view());
            let before = view(all[stopped]);
            stop(&world, &mut all, stopped, 4 * SECOND);
            let theirs = view(all[other]);
            let confirmed = |peer: &Peer<Sums>| peer.room.core().map(|core| core.confirmed());
            let reached = confirmed(all[other]);
            let back = world.run_until(&mut all, 3 * SECOND, |peers| {
                let ours = view(peers[stopped]);
                assert!(
                    ours == before || ours == theirs,
                    "a reign of its own: {ours:?}"
                );
                let seat = peers[stopped].room.view().my_seat;
                confirmed(peers[stopped]) > reached && ours == theirs && seat == Some(stopped)
            });
            assert!(back, "{stopped} of {count}");
            for peer in &all {
                assert_eq!(*peer.room.phase(), Phase::Match);
                assert_eq!(peer.room.view().peers.len(), count);
            }
            assert_eq!(notice(all[stopped]), "");
        }
    }
}

#[test]
fn whoever_was_stopped_in_the_lobby_does_not_take_itself_for_alone() {
    let world = World::new(FAIR, 23);
    let alone = |name| Config {
        min_peers: 1,
        ..quiet(name)
    };
    let (mut ada, mut bob) = (world.join(alone("Ada")), world.join(alone("Bob")));
    let both: &mut [&mut Peer<Sums>] = &mut [&mut ada, &mut bob];
    world.run(both, SECOND);
    both[0].room.command(Command::SetReady(true));
    world.run(both, SECOND);
    stop(&world, both, 0, SILENCE_DEADLINE + SECOND);
    world.run(both, SECOND);
    assert_eq!(*both[0].room.phase(), Phase::Lobby, "no match without Bob");
    assert_eq!(notice(both[0]), "");
    meet_and_play(&world, both);
}

#[test]
fn a_peer_that_never_answers_is_given_up() {
    let world = World::new(FAIR, 5);
    let ghost = world.join(quiet("Ghost"));
    let mut ada = world.join(quiet("Ada"));
    world.run(&mut [&mut ada], HANDSHAKE_DEADLINE + SECOND);
    assert_eq!(notice(&ada), "Somebody could not be reached");
    assert_eq!(*ada.room.phase(), Phase::Lobby);
    assert!(
        ada.room.view().peers[0].is_owner,
        "nobody is before her any more"
    );
    drop(ghost);
}

#[test]
fn who_cannot_reach_everybody_holds_nobody_up() {
    let world = World::new(FAIR, 6);
    let (mut ada, mut bob) = (world.join(endless("Ada", 2)), world.join(quiet("Bob")));
    let mut cem = world.join(endless("Cem", 2));
    world.cut(ada.id(), cem.id());
    let three: &mut [&mut Peer<Sums>] = &mut [&mut ada, &mut bob, &mut cem];
    world.run(three, HANDSHAKE_DEADLINE + SECOND);
    assert_eq!(
        *three[2].room.phase(),
        Phase::Failed(Failure::Unreachable(String::new()))
    );
    three[1].room.command(Command::SetReady(true));
    assert!(world.run_until(&mut three[..2], SECOND, all_in(Phase::Match)));
}

#[test]
fn a_room_that_is_never_found_fails_with_its_reason() {
    let mut transport = Alone {
        id: None,
        signaling: SignalingState::Connecting,
        ..Alone::default()
    };
    let mut room = Room::new(quiet("Ada"), 1);
    room.turn(SECOND, &mut transport);
    assert_eq!(*room.phase(), Phase::Connecting);
    transport.signaling = SignalingState::Failed(Outage::Silent);
    room.turn(2 * SECOND, &mut transport);
    let failure = Failure::Signaling(Outage::Silent);
    assert_eq!(*room.phase(), Phase::Failed(failure));

    let mut silent = Alone {
        id: None,
        signaling: SignalingState::Connecting,
        ..Alone::default()
    };
    let mut room = Room::new(quiet("Ada"), 1);
    room.turn(HANDSHAKE_DEADLINE, &mut silent);
    assert!(
        matches!(room.phase(), Phase::Failed(Failure::Signaling(_))),
        "nor waits for ever"
    );
}

#[test]
fn signaling_that_is_lost_later_is_only_shown() {
    let id = Some(PeerId(uuid::Uuid::from_u128(1)));
    let mut transport = Alone {
        id,
        signaling: SignalingState::Online,
        ..Alone::default()
    };
    let mut room = Room::new(quiet("Ada"), 1);
    room.turn(SECOND, &mut transport);
    transport.signaling = SignalingState::Lost;
    room.turn(60 * SECOND, &mut transport);
    assert_eq!(*room.phase(), Phase::Lobby);
    assert_eq!(room.view().signaling, SignalingState::Lost);
}

#[test]
fn another_match_is_not_waited_for_where_nobody_can_come() {
    let world = World::new(FAIR, 9);
    let short = |name| Config {
        auto_ready: false,
        ..eager(name, 2)
    };
    let (mut ada, mut bob): (Peer<Sums>, _) = (world.join(short("Ada")), world.join(short("Bob")));
    let both: &mut [&mut Peer<Sums>] = &mut [&mut ada, &mut bob];
    world.run(both, SECOND);
    both.iter_mut()
        .for_each(|peer| peer.room.command(Command::SetReady(true)));
    assert!(world.run_until(both, 4 * SECOND, all_in(Phase::Result)));
    both[1].room.command(Command::Leave);
    world.run(both, SECOND);
    // With nobody left, the socket ends when the server has gone too.
    let failed = SignalingState::Failed(Outage::Lost);
    let mut transport = Alone {
        id: Some(ada.id()),
        signaling: failed,
        ..Alone::default()
    };
    ada.room.turn(world.now() + SECOND, &mut transport);
    assert_eq!(*ada.room.phase(), Phase::Result, "which is still shown");
    ada.room.command(Command::SetReady(true));
    ada.room.turn(world.now() + 2 * SECOND, &mut transport);
    let failure = Failure::Signaling(Outage::Lost);
    assert_eq!(*ada.room.phase(), Phase::Failed(failure));
}
