//! What no honest peer would send is counted and disturbs nobody.

mod common;

use common::{
    game::{STRAYS_AT, Settings, Sums, eager, eager_by},
    world::{FAIR, Peer, ROUGH, World, all_in},
};
use netplay::{
    session::{BanReason, Command, Config, Failure, Notice, Phase},
    transport::Channel,
};
use protocol::{
    PROTOCOL_VERSION, PeerId,
    limits::*,
    peer::{Hello, LobbyLine, Mate, Message, Start},
    statement::{Numbered, Statement},
};
use std::time::Duration;

const SECOND: Duration = Duration::from_secs(1);
const LONG: Duration = Duration::from_secs(30);

fn quiet(name: &str) -> Config<Sums> {
    Config {
        auto_ready: false,
        ..eager(name, 2)
    }
}

/// Bytes of no meaning, of many lengths.
fn garbage(n: u64) -> Vec<u8> {
    let mut state = n.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let length = (n * 37 % 1_500) as usize;
    let mut byte = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state as u8
    };
    (0..length).map(|_| byte()).collect()
}

#[test]
fn garbage_in_a_match_disturbs_nobody_else() {
    for channel in [Channel::Reliable, Channel::Unreliable] {
        let world = World::new(ROUGH, 1);
        let (mut ada, mut bob) = (world.join(eager("Ada", 2)), world.join(eager("Bob", 2)));
        let mut eve: Peer<Sums> = world.join(quiet("Eve"));
        assert!(world.run_until(&mut [&mut ada, &mut bob], LONG, all_in(Phase::Match)));
        let (a, b) = (ada.id(), bob.id());
        for n in 0..1_000 {
            eve.throw(a, channel, &garbage(n));
            eve.throw(b, channel, &garbage(n + 5_000));
            if n % 5 == 0 {
                world.run(&mut [&mut ada, &mut bob], Duration::from_millis(5));
            }
        }
        assert!(world.run_until(&mut [&mut ada, &mut bob], LONG, |peers| {
            peers.iter().all(|peer| peer.room.status().matches >= 1)
        }));
        assert!(ada.room.status().dropped >= 200);
        assert_eq!(ada.room.status().desync, None);
    }
}

#[test]
fn a_player_that_sends_garbage_is_banned() {
    let world = World::new(FAIR, 2);
    let (mut ada, mut eve) = (world.join(quiet("Ada")), world.join(quiet("Eve")));
    world.run(&mut [&mut ada, &mut eve], SECOND);
    assert_eq!(ada.room.view().peers.len(), 2);
    let a = ada.id();
    for _ in 0..200 {
        eve.throw(a, Channel::Reliable, &[0xff]);
    }
    world.run(&mut [&mut ada], SECOND);
    assert_eq!(ada.room.view().peers.len(), 1);
    assert_eq!(
        ada.room.view().notice,
        Some(Notice::Banned {
            name: "Eve".into(),
            reason: BanReason::Malformed
        })
    );
    eve.tell(a, &Message::Chat("I am still here".into()));
    world.run(&mut [&mut ada, &mut eve], SECOND);
    assert!(ada.room.view().said.is_empty());
    assert_eq!(ada.room.view().peers.len(), 1);
}

#[test]
fn a_flood_of_hellos_is_not_answered_by_a_flood() {
    let world = World::new(FAIR, 7);
    let (mut ada, mut eve) = (world.join(quiet("Ada")), world.join(quiet("Eve")));
    world.run(&mut [&mut ada, &mut eve], SECOND);
    let (a, sent) = (ada.id(), ada.room.status().bytes_out);
    let hello = Message::Hello(Hello {
        protocol: PROTOCOL_VERSION,
        fingerprint: 1,
        name: "Eve".into(),
        heard_you: false,
        here_before_you: false,
        claim: [7; 16],
    });
    for _ in 0..500 {
        eve.tell(a, &hello);
    }
    world.run(&mut [&mut ada], SECOND / 10);
    let answers = ada.room.status().bytes_out - sent;
    assert!((1..500).contains(&answers), "{answers} bytes");
    assert_eq!(ada.room.view().peers.len(), 2);
    for _ in 0..1_000 {
        eve.tell(a, &hello);
    }
    world.run(&mut [&mut ada], SECOND / 10);
    assert_eq!(ada.room.view().peers.len(), 1);
    assert_eq!(
        ada.room.view().notice,
        Some(Notice::Banned {
            name: "Eve".into(),
            reason: BanReason::Flooding
        })
    );
}

#[test]
fn only_the_owner_starts_and_only_what_fits() {
    let world = World::new(FAIR, 3);
    let (mut ada, mut bob) = (world.join(quiet("Ada")), world.join(quiet("Bob")));
    world.run(&mut [&mut ada, &mut bob], SECOND);
    let (a, b) = (ada.id(), bob.id());
    let settings = Settings {
        seats: 2,
        length: 60,
    };
    let settings = postcard::to_stdvec(&settings).expect("plain data encodes");
    let number = std::cell::Cell::new(0);
    let start = |settings: &[u8], roster: &[Option<PeerId>]| {
        let (settings, roster) = (settings.to_vec(), roster.to_vec());
        let statement = Statement::Start(Start {
            match_id: 7,
            round: 0,
            seed: 1,
            settings,
            roster,
        });
        let number = number.replace(number.get() + 1);
        Message::Statement(Numbered { number, statement })
    };
    // Bob is not the owner.
    bob.tell(a, &start(&settings, &[Some(a), Some(b)]));
    // Ada is, but: nobody has a seat, Bob has two, too few seats, bad or too long settings.
    ada.tell(b, &start(&settings, &[None, None]));
    ada.tell(b, &start(&settings, &[Some(b), Some(b)]));
    ada.tell(b, &start(&settings, &[Some(b)]));
    ada.tell(b, &start(&[0xff], &[Some(a), Some(b)]));
    ada.tell(
        b,
        &start(&[settings.clone(), vec![0]].concat(), &[Some(a), Some(b)]),
    );
    world.run(&mut [&mut ada, &mut bob], SECOND);
    assert_eq!(
        (ada.room.phase(), bob.room.phase()),
        (&Phase::Lobby, &Phase::Lobby)
    );
    assert_eq!(
        (ada.room.status().dropped, bob.room.status().dropped),
        (1, 5)
    );
    ada.tell(b, &start(&settings, &[Some(a), Some(b)]));
    world.run(&mut [&mut bob], SECOND / 10);
    assert_eq!(*bob.room.phase(), Phase::Match);
}

#[test]
fn copies_of_statements_count_once_and_in_their_order() {
    let world = World::new(FAIR, 6);
    let (mut ada, mut bob) = (world.join(quiet("Ada")), world.join(quiet("Bob")));
    world.run(&mut [&mut ada, &mut bob], SECOND);
    let (a, b) = (ada.id(), bob.id());
    let settings = Settings {
        seats: 2,
        length: u32::MAX,
    };
    let settings = postcard::to_stdvec(&settings).expect("plain data encodes");
    let start = |number, roster: &[Option<PeerId>]| {
        let statement = Statement::Start(Start {
            match_id: 7,
            round: 0,
            seed: 1,
            settings: settings.clone(),
            roster: roster.to_vec(),
        });
        Message::Statement(Numbered { number, statement }).encode()
    };
    // Nobody has a seat in the first one, which is therefore refused when it is taken.
    let (first, second) = (start(0, &[None, None]), start(1, &[Some(a), Some(b)]));
    let mut hears = |channel, bytes: &[u8]| {
        ada.throw(b, channel, bytes);
        world.run(&mut [&mut bob], SECOND / 10);
        (bob.room.phase().clone(), bob.room.status().dropped)
    };
    // The second one's copy is early: it does not count. The first one's does, and only once.
    let copies = Channel::Unreliable;
    assert_eq!(hears(copies, &second), (Phase::Lobby, 1));
    assert_eq!(hears(copies, &first), (Phase::Lobby, 2));
    assert_eq!(hears(copies, &first), (Phase::Lobby, 2));
    assert_eq!(hears(Channel::Reliable, &first), (Phase::Lobby, 2));
    assert_eq!(hears(Channel::Reliable, &second), (Phase::Match, 2));
    // What is known by its number is not even an offence, as a start in a match would be.
    assert_eq!(hears(copies, &second), (Phase::Match, 2));
    assert_eq!(hears(Channel::Reliable, &second), (Phase::Match, 2));
}

#[test]
fn claims_that_contradict_one_another_still_have_one_owner() {
    let world = World::new(FAIR, 4);
    let mut peers: Vec<Peer<Sums>> = ["Ada", "Bob", "Cem"].map(|n| world.join(quiet(n))).into();
    let mut three: Vec<_> = peers.iter_mut().collect();
    world.run(&mut three, SECOND);
    // The youngest claims that nobody was before it.
    let (a, b) = (three[0].id(), three[1].id());
    for to in [a, b] {
        let mates = [a, b]
            .map(|id| Mate {
                id,
                before_me: false,
            })
            .into();
        let line = LobbyLine {
            name: "Cem".into(),
            ready: true,
            round: u32::MAX,
            mates,
            playing: None,
            watches: false,
            away: false,
            settings: Vec::new(),
            team: None,
            color: 0,
        };
        three[2].tell(to, &Message::Lobby(line));
    }
    world.run(&mut three[..2], SECOND / 10);
    let owner = |peer: &Peer<Sums>| {
        peer.room
            .view()
            .peers
            .iter()
            .find(|peer| peer.is_owner)
            .map(|peer| peer.id)
    };
    assert_eq!(owner(three[0]), Some(a), "each knows who was before itself");
    assert_eq!(owner(three[1]), Some(a));
    three
        .iter_mut()
        .for_each(|peer| peer.room.command(Command::SetReady(true)));
    assert!(world.run_until(&mut three, 2 * SECOND, all_in(Phase::Match)));
}

#[test]
fn strangers_are_bounded() {
    let world = World::new(FAIR, 5);
    let (mut ada, mut bob) = (world.join(eager("Ada", 2)), world.join(eager("Bob", 2)));
    let mut crowd: Vec<Peer<Sums>> = (0..100).map(|_| world.join(quiet("Eve"))).collect();
    for eve in &mut crowd {
        let (a, b) = (ada.id(), bob.id());
        eve.throw(a, Channel::Reliable, &[5]);
        eve.throw(b, Channel::Unreliable, &[0; MAX_DATAGRAM_BYTES]);
    }
    assert!(world.run_until(&mut [&mut ada, &mut bob], LONG, |peers| {
        peers.iter().all(|peer| peer.room.status().matches >= 1)
    }));
}

#[test]
fn whoever_goes_wrong_again_and_again_ends_and_the_others_play_on() {
    fn endless(players: usize) -> Settings {
        Settings {
            seats: players as u8,
            length: u32::MAX,
        }
    }
    let world = World::new(FAIR, 6);
    let mut ada = world.join(Config {
        settings: endless,
        ..eager_by::<1>("Ada", 2)
    });
    let mut bob = world.join(Config {
        settings: endless,
        ..eager_by::<101>("Bob", 2)
    });
    let mut repaired = 0;
    while !matches!(bob.room.phase(), Phase::Failed(_)) {
        world.run(&mut [&mut ada], Duration::from_millis(5));
        world.turn(&mut bob);
        let told = bob.room.view().notice;
        repaired += u32::from(bob.room.take_changed() && matches!(told, Some(Notice::Replaced(_))));
        assert!(world.now() < 60 * SECOND, "it would go on for ever");
    }
    let Phase::Failed(Failure::Desync(frame)) = *bob.room.phase() else {
        panic!("Bob is in {:?}", bob.room.phase());
    };
    assert!(frame > STRAYS_AT);
    assert!(repaired > 0);
    world.run(&mut [&mut ada], 2 * SECOND);
    assert_eq!(*ada.room.phase(), Phase::Match);
    let core = ada.room.core().expect("she plays on");
    assert!(core.frame() > frame);
}
