//! What the next match will be like: the owner chooses, everybody is shown it, and the game seats
//! the players by their teams.

mod common;

use common::{
    game::{Settings, Sums, eager},
    world::{FAIR, Peer, World, all_in},
};
use netplay::session::{Command, Config, Phase};
use protocol::peer::{LobbyLine, Mate, Message};
use std::time::Duration;

const SECOND: Duration = Duration::from_secs(1);
const LONG: Duration = Duration::from_secs(30);

fn unready(name: &str) -> Config<Sums> {
    Config {
        auto_ready: false,
        ..eager(name, 2)
    }
}

fn of_length(length: u32) -> Settings {
    Settings { seats: 4, length }
}

fn encoded(length: u32) -> Vec<u8> {
    postcard::to_stdvec(&of_length(length)).expect("settings encode")
}

fn choice(length: u32) -> Command {
    Command::Choose(encoded(length))
}

fn chosen(peer: &Peer<Sums>) -> Option<u32> {
    peer.room.chosen().map(|settings| settings.length)
}

#[test]
fn the_owner_chooses_and_all_are_shown_it() {
    let world = World::new(FAIR, 70);
    let (mut ada, mut bob) = (world.join(unready("Ada")), world.join(unready("Bob")));
    world.run(&mut [&mut ada, &mut bob], SECOND);
    bob.room.command(choice(70));
    world.run(&mut [&mut ada, &mut bob], SECOND);
    assert_eq!((chosen(&ada), chosen(&bob)), (None, None), "Bob may not");

    ada.room.command(choice(80));
    world.run(&mut [&mut ada, &mut bob], SECOND / 10);
    assert_eq!((chosen(&ada), chosen(&bob)), (Some(80), Some(80)));
    ada.room.command(Command::Choose(vec![0xff; 3]));
    assert_eq!(chosen(&ada), Some(80), "no settings at all");

    // Who comes later is shown it, too.
    let mut cem = world.join(unready("Cem"));
    let three: &mut [&mut Peer<Sums>] = &mut [&mut ada, &mut bob, &mut cem];
    world.run(three, SECOND);
    assert_eq!(chosen(three[2]), Some(80));
    for peer in three.iter_mut() {
        peer.room.command(Command::SetReady(true));
    }
    assert!(world.run_until(three, LONG, all_in(Phase::Match)));
    for peer in three.iter() {
        let played = peer.room.core().map(|core| core.worlds().1.length);
        assert_eq!(played, Some(80));
    }
    three[0].room.command(choice(90));
    assert_eq!(chosen(three[0]), Some(80), "not during a match");
}

#[test]
fn the_next_owner_goes_on_with_the_choice() {
    let world = World::new(FAIR, 71);
    let (mut ada, mut bob) = (world.join(unready("Ada")), world.join(unready("Bob")));
    world.run(&mut [&mut ada, &mut bob], SECOND);
    ada.room.command(choice(80));
    world.run(&mut [&mut ada, &mut bob], SECOND);
    ada.room.command(Command::Leave);
    world.run(&mut [&mut ada, &mut bob], SECOND);
    let mut cem = world.join(unready("Cem"));
    world.run(&mut [&mut bob, &mut cem], SECOND);
    assert_eq!((chosen(&bob), chosen(&cem)), (Some(80), Some(80)));
    bob.room.command(choice(90));
    world.run(&mut [&mut bob, &mut cem], SECOND);
    assert_eq!(chosen(&cem), Some(90));
}

#[test]
fn players_are_seated_as_the_game_says() {
    let by_team = |name| Config::<Sums> {
        // Who wants a team has the seat of its number; the others watch at first.
        seating: |_, teams| {
            let places = teams.iter().map(|team| team.map(usize::from));
            (of_length(60), places.collect())
        },
        ..unready(name)
    };
    let world = World::new(FAIR, 72);
    let mut peers = ["Ada", "Bob", "Cem", "Dia"].map(|name| world.join(by_team(name)));
    let mut four: Vec<_> = peers.iter_mut().collect();
    world.run(&mut four, SECOND);
    // Two who want the same seat, and one that wants one that is not there.
    for (peer, team) in four.iter_mut().zip([Some(2), Some(0), Some(0), Some(9)]) {
        peer.room.command(Command::SetTeam(team));
        peer.room.command(Command::SetReady(true));
    }
    assert!(world.run_until(&mut four, LONG, all_in(Phase::Match)));
    let views: Vec<_> = four.iter().map(|peer| peer.room.view()).collect();
    for view in &views {
        let teams: Vec<_> = view.peers.iter().map(|peer| peer.team).collect();
        assert_eq!(teams, [Some(2), Some(0), Some(0), Some(9)]);
        assert_eq!(view.peers[0].seat, Some(2));
        assert_eq!(view.peers[1].seat, Some(0));
    }
}

#[test]
fn an_owner_that_chooses_nonsense_is_not_followed() {
    let world = World::new(FAIR, 73);
    let (mut ada, mut bob) = (world.join(unready("Ada")), world.join(unready("Bob")));
    world.run(&mut [&mut ada, &mut bob], SECOND);
    ada.room.command(choice(80));
    world.run(&mut [&mut ada, &mut bob], SECOND);
    let line = |settings: Vec<u8>| {
        Message::Lobby(LobbyLine {
            name: "Ada".into(),
            ready: false,
            round: 0,
            mates: vec![Mate {
                id: bob.id(),
                before_me: false,
            }],
            playing: None,
            watches: false,
            away: false,
            settings,
            team: None,
            color: 0,
        })
    };
    // Not postcard, and something left over.
    let longer = [encoded(70), vec![0]].concat();
    let nonsense = [vec![0xff; 9], longer].map(line);
    let to = bob.id();
    let dropped = bob.room.status().dropped;
    for line in &nonsense {
        ada.tell(to, line);
    }
    world.run(&mut [&mut ada, &mut bob], SECOND);
    assert_eq!(chosen(&bob), Some(80));
    assert_eq!(bob.room.status().dropped, dropped + nonsense.len() as u64);
}
