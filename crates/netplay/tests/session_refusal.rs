//! Who does not fit is refused, and both sides learn why.

mod common;

use common::{
    game::{Settings, Sums, eager, eager_by},
    world::{FAIR, Peer, World, all_in},
};
use netplay::session::{Command, Config, Failure, Phase};
use protocol::{
    PROTOCOL_VERSION, PeerId,
    limits::MAX_PEERS,
    peer::{Hello, Message, RefusalReason},
};
use std::time::Duration;

const SECOND: Duration = Duration::from_secs(1);

fn refused(phase: &Phase) -> Option<RefusalReason> {
    match phase {
        Phase::Failed(Failure::Refused { reason, .. }) => Some(*reason),
        _ => None,
    }
}

fn notice<const RULES: u64>(peer: &Peer<Sums<RULES>>) -> String {
    let notice = peer.room.view().notice;
    notice.map_or_else(String::new, |notice| notice.to_string())
}

#[test]
fn other_rules_are_refused_on_both_sides() {
    let world = World::new(FAIR, 1);
    let mut ada = world.join(eager_by::<1>("Ada", 2));
    let mut bob = world.join(eager_by::<2>("Bob", 2));
    for _ in 0..100 {
        world.run(&mut [&mut ada], Duration::from_millis(5));
        world.turn(&mut bob);
    }
    assert_eq!(
        refused(bob.room.phase()),
        Some(RefusalReason::Rules),
        "the newcomer is out"
    );
    assert!(bob.room.is_closed());
    assert_eq!(*ada.room.phase(), Phase::Lobby, "the elder stays");
    assert!(
        notice(&ada).starts_with("Bob plays by other rules: "),
        "{}",
        notice(&ada)
    );

    // And stays open to who fits.
    let mut cem = world.join(eager_by::<1>("Cem", 2));
    assert!(world.run_until(&mut [&mut ada, &mut cem], SECOND, all_in(Phase::Match)));
}

#[test]
fn another_version_is_refused_on_both_sides() {
    let world = World::new(FAIR, 2);
    let mut ada: Peer<Sums> = world.join(eager("Ada", 2));
    let mut future: Peer<Sums> = world.join(eager("Zoë", 2));
    let hello = Hello {
        protocol: PROTOCOL_VERSION + 1,
        fingerprint: 1,
        name: "Zoë".into(),
        heard_you: false,
        here_before_you: false,
        claim: [7; 16],
    };
    // A later version may have more to say in its hello.
    let mut bytes = Message::Hello(hello).encode();
    bytes.extend([1, 2, 3]);
    let to = ada.id();
    future.throw(to, netplay::transport::Channel::Reliable, &bytes);
    world.run(&mut [&mut ada], Duration::from_millis(50));
    assert!(
        notice(&ada).starts_with("Zoë has another version of the game"),
        "{}",
        notice(&ada)
    );
    // Its own side reads the refusal, whatever it makes of our hello.
    world.turn(&mut future);
    assert_eq!(
        refused(future.room.phase()),
        Some(RefusalReason::ProtocolVersion)
    );
}

#[test]
fn whoever_was_refused_takes_no_place_for_ever() {
    let world = World::new(FAIR, 6);
    let long = |name| Config {
        settings: |players| Settings {
            seats: players as u8,
            length: 30 * 60,
        },
        auto_ready: false,
        ..eager(name, 2)
    };
    let (mut ada, mut bob): (Peer<Sums>, _) = (world.join(long("Ada")), world.join(long("Bob")));
    world.run(&mut [&mut ada, &mut bob], SECOND / 2);
    ada.room.command(Command::SetReady(true));
    bob.room.command(Command::SetReady(true));
    world.run(&mut [&mut ada, &mut bob], SECOND);
    // Many come during the match, and go away again.
    for _ in 0..40 {
        let mut guest = world.join(long("Guest"));
        world.run(&mut [&mut ada, &mut bob, &mut guest], SECOND / 10);
    }
    let both = &mut [&mut ada, &mut bob];
    assert!(world.run_until(both, 40 * SECOND, all_in(Phase::Result)));
    let mut cem = world.join(long("Cem"));
    let three = &mut [&mut ada, &mut bob, &mut cem];
    assert!(world.run_until(three, SECOND, |peers| {
        peers.iter().all(|peer| peer.room.view().peers.len() == 3)
    }));
}

#[test]
fn one_peer_too_many_finds_the_room_full() {
    let world = World::new(FAIR, 4);
    let quiet = |n| Config {
        auto_ready: false,
        ..eager(&format!("P{n}"), 2)
    };
    let mut peers: Vec<Peer<Sums>> = (0..MAX_PEERS).map(|n| world.join(quiet(n))).collect();
    let mut all: Vec<_> = peers.iter_mut().collect();
    world.run(&mut all, SECOND);
    let mut late = world.join(quiet(MAX_PEERS));
    all.push(&mut late);
    world.run(&mut all, SECOND);
    assert_eq!(refused(late.room.phase()), Some(RefusalReason::RoomFull));
    assert!(
        peers
            .iter()
            .all(|peer| peer.room.view().peers.len() == MAX_PEERS)
    );
    let order = |peer: &Peer<Sums>| -> Vec<PeerId> {
        peer.room.view().peers.iter().map(|peer| peer.id).collect()
    };
    let expected: Vec<_> = peers.iter().map(Peer::id).collect();
    assert!(
        peers.iter().all(|peer| order(peer) == expected),
        "all agree on seniority"
    );
}
