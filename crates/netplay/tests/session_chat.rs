//! What players say to each other: lines and emotes, bounded at both ends, and muted.

mod common;

use common::{
    game::{Sums, eager, seats, token},
    world::{FAIR, Peer, World, all_in},
};
use netplay::{
    session::{BanReason, Command, Config, Notice, Phase, Words},
    transport::Channel,
};
use protocol::{
    PROTOCOL_VERSION,
    limits::*,
    peer::{Hello, Message},
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

/// Ada and somebody in a lobby.
fn two(seed: u64, name: &str) -> (World, Peer<Sums>, Peer<Sums>) {
    let world = World::new(FAIR, seed);
    let (mut ada, mut other) = (world.join(quiet("Ada")), world.join(quiet(name)));
    world.run(&mut [&mut ada, &mut other], SECOND);
    (world, ada, other)
}

/// The lines that a peer is shown, with who said them, and emotes by their numbers.
fn shown(peer: &Peer<Sums>) -> Vec<(String, String)> {
    let said = peer.room.view().said;
    assert!(said.len() <= MAX_SAID);
    assert!(said.is_sorted_by(|one, next| one.number < next.number));
    let shown = said.into_iter().map(|said| match said.words {
        Words::Text(text) => (said.name, text),
        Words::Emote(emote) => (said.name, emote.to_string()),
    });
    shown.collect()
}

fn lines(peer: &Peer<Sums>) -> Vec<String> {
    shown(peer).into_iter().map(|(_, line)| line).collect()
}

fn say(text: impl Into<String>) -> Command {
    Command::Chat(text.into())
}

#[test]
fn chat_is_text_bounded_and_in_order() {
    let (world, mut ada, mut bob) = two(5, "B\u{7}ob");
    let both: &mut [&mut Peer<Sums>] = &mut [&mut ada, &mut bob];
    for n in 0..60 {
        both[0].room.command(say(format!("line\n{n}")));
        // Faster than one a second is not said.
        world.run(both, SECOND);
    }
    both[1].room.command(say("x".repeat(1_000)));
    both[1].room.command(say("\n"));
    world.run(both, SECOND);
    let chat = shown(both[1]);
    assert_eq!(chat.len(), MAX_SAID);
    assert_eq!(chat[48], ("Ada".into(), "line59".into()));
    let chat = shown(both[0]);
    assert_eq!((chat[49].0.as_str(), chat[49].1.len()), ("Bob", 280));
}

#[test]
fn emotes_come_among_the_lines_also_in_a_match() {
    let world = World::new(FAIR, 6);
    let (mut ada, mut bob) = (world.join(eager("Ada", 2)), world.join(eager("Bob", 2)));
    let both: &mut [&mut Peer<Sums>] = &mut [&mut ada, &mut bob];
    assert!(world.run_until(both, LONG, all_in(Phase::Match)));
    both[0].room.command(say("hi"));
    both[0].room.command(Command::Emote(3));
    both[0].room.command(Command::Emote(MAX_EMOTES));
    world.run(both, SECOND / 10);
    for peer in both.iter() {
        assert_eq!(lines(peer), ["hi", "3"]);
        let mine: Vec<bool> = peer.room.view().said.iter().map(|s| s.is_me).collect();
        assert_eq!(mine, [peer.room.view().peers[0].is_me; 2]);
    }
}

#[test]
fn whoever_says_too_much_is_held_back_and_told_so() {
    let (world, mut ada, mut bob) = two(7, "Bob");
    for n in 0..10 {
        ada.room.command(say(n.to_string()));
    }
    assert_eq!(ada.room.view().notice, Some(Notice::TooMuchSaid));
    world.run(&mut [&mut ada, &mut bob], SECOND / 10);
    assert_eq!(lines(&bob), ["0", "1", "2", "3"]);
    assert_eq!(lines(&ada), lines(&bob), "what was not sent is not shown");
    world.run(&mut [&mut ada, &mut bob], SECOND);
    ada.room.command(say("later"));
    ada.room.command(Command::Emote(0));
    world.run(&mut [&mut ada, &mut bob], SECOND / 10);
    assert_eq!(lines(&bob).last().map(String::as_str), Some("later"));
    assert_eq!(bob.room.status().dropped, 0, "an honest peer is heard");
}

/// Whatever honest peers say comes through, however the network bunches it up.
#[test]
fn what_a_network_held_back_is_heard() {
    let (world, mut ada, mut bob) = two(8, "Bob");
    let both: &mut [&mut Peer<Sums>] = &mut [&mut ada, &mut bob];
    let mut sent = 0;
    for _ in 0..10 {
        world.slow(both[0].id(), both[1].id(), SECOND);
        for _ in 0..40 {
            both[0].room.command(Command::Emote(1));
            world.run(both, SECOND / 20);
        }
        world.slow(both[0].id(), both[1].id(), SECOND / 100);
        world.run(both, 2 * SECOND);
        sent = both[0]
            .room
            .view()
            .said
            .last()
            .map_or(0, |said| said.number + 1);
    }
    assert!(sent > 20, "{sent}");
    let heard = both[1]
        .room
        .view()
        .said
        .last()
        .map_or(0, |said| said.number + 1);
    assert_eq!((heard, both[1].room.status().dropped), (sent, 0));
}

#[test]
fn a_flood_is_dropped_and_ends_in_a_ban() {
    let (world, mut ada, mut eve) = two(9, "Eve");
    let a = ada.id();
    for n in 0..100 {
        eve.tell(a, &Message::Chat(format!("\u{202e}{n}\u{200b}")));
    }
    world.run(&mut [&mut ada, &mut eve], SECOND / 10);
    assert_eq!(lines(&ada), ["0", "1", "2", "3", "4", "5", "6", "7"]);
    assert_eq!(ada.room.status().dropped, 92);
    world.run(&mut [&mut ada, &mut eve], SECOND);
    eve.tell(a, &Message::Chat("sorry".into()));
    eve.tell(a, &Message::Chat("\u{feff}".into()));
    world.run(&mut [&mut ada, &mut eve], SECOND / 10);
    assert_eq!(lines(&ada).len(), 9);
    assert_eq!(ada.room.view().peers.len(), 2);
    for n in 0..200 {
        eve.tell(a, &Message::Emote(n as u8 % MAX_EMOTES));
    }
    world.run(&mut [&mut ada, &mut eve], SECOND / 10);
    let reason = BanReason::Chatting;
    let name = "Eve".into();
    let banned = Notice::Banned { name, reason };
    assert_eq!(ada.room.view().notice, Some(banned));
    assert_eq!(ada.room.view().peers.len(), 1);
}

#[test]
fn hostile_words_are_one_short_line_of_plain_text() {
    let (world, mut ada, mut eve) = two(10, "Eve");
    let a = ada.id();
    let cases = [
        ("one\nBob: two\r\u{2028}three", "oneBob: twothree"),
        ("\u{202e}abc\u{202c} \u{2066}x\u{2069}", "abc x"),
        ("\u{1b}[31mred\u{0}\u{7f}\u{9b}", "[31mred"),
        ("a\u{200b}\u{200d}\u{feff}\u{e0041}b", "ab"),
        ("<b>&amp;</b> 世界", "<b>&amp;</b> 世界"),
    ];
    for (sent, expected) in cases {
        eve.tell(a, &Message::Chat(sent.into()));
        world.run(&mut [&mut ada, &mut eve], SECOND);
        assert_eq!(lines(&ada).last().map(String::as_str), Some(expected));
    }
    // What the room itself sends is as clean, and never cut within a character.
    eve.room.command(say("ä".repeat(MAX_CHAT_BYTES)));
    world.run(&mut [&mut ada, &mut eve], SECOND);
    let longest = "ä".repeat(MAX_CHAT_BYTES / 2);
    assert_eq!(lines(&ada).last(), Some(&longest));
}

#[test]
fn a_megabyte_is_an_offence_and_nothing_else() {
    let (world, mut ada, mut eve) = two(11, "Eve");
    let a = ada.id();
    let line = Message::Chat("x".repeat(1024 * 1024)).encode();
    eve.throw(a, Channel::Reliable, &line);
    for text in [MAX_CHAT_BYTES + 1, MAX_RELIABLE_BYTES / 2] {
        eve.tell(a, &Message::Chat("x".repeat(text)));
    }
    eve.tell(a, &Message::Emote(MAX_EMOTES));
    eve.tell(a, &Message::Emote(u8::MAX));
    // Not even UTF-8.
    eve.throw(a, Channel::Reliable, &[4, 3, 0xff, 0xfe, 0x80]);
    world.run(&mut [&mut ada, &mut eve], SECOND);
    assert!(lines(&ada).is_empty());
    // The network does not even carry the first one.
    assert_eq!(ada.room.status().dropped, 5);
    assert_eq!(ada.room.view().peers.len(), 2);
}

#[test]
fn who_is_muted_is_not_heard_until_it_is_again() {
    let (world, mut ada, mut bob) = two(12, "Bob");
    let both: &mut [&mut Peer<Sums>] = &mut [&mut ada, &mut bob];
    let b = both[1].id();
    let mute = |muted| Command::SetMuted { peer: b, muted };
    both[1].room.command(say("one"));
    world.run(both, SECOND);
    both[0].room.command(mute(true));
    assert!(lines(both[0]).is_empty(), "nor what was said before");
    assert!(both[0].room.view().peers[1].muted);
    both[1].room.command(say("two"));
    both[1].room.command(Command::Emote(2));
    both[0].room.command(say("three"));
    world.run(both, SECOND);
    assert_eq!(lines(both[0]), ["three"]);
    assert_eq!(
        lines(both[1]),
        ["one", "two", "2", "three"],
        "it is not told"
    );
    assert_eq!(both[0].room.status().dropped, 0, "it does nothing wrong");
    both[0].room.command(mute(false));
    both[1].room.command(say("four"));
    world.run(both, SECOND);
    assert_eq!(lines(both[0]), ["three", "four"]);
}

#[test]
fn a_hello_with_another_claim_unmutes_nobody() {
    let (world, mut ada, mut eve) = two(13, "Eve");
    let (a, e) = (ada.id(), eve.id());
    let mute = Command::SetMuted {
        peer: e,
        muted: true,
    };
    ada.room.command(mute);
    let hello = Hello {
        protocol: PROTOCOL_VERSION,
        fingerprint: 1,
        name: "Ada".into(),
        heard_you: true,
        here_before_you: false,
        claim: [1; 16],
    };
    eve.tell(a, &Message::Hello(hello));
    eve.tell(a, &Message::Chat("hear me".into()));
    world.run(&mut [&mut ada, &mut eve], SECOND / 10);
    assert!(lines(&ada).is_empty());
}

/// A reload is another peer to the network, but shows the token of the one before.
#[test]
fn a_muted_player_stays_muted_after_a_reload() {
    let world = World::new(FAIR, 14);
    let (mut ada, mut bob) = (
        world.join(seats::<2>("Ada", 2)),
        world.join(seats::<2>("Bob", 2)),
    );
    let both: &mut [&mut Peer<Sums>] = &mut [&mut ada, &mut bob];
    assert!(world.run_until(both, LONG, all_in(Phase::Match)));
    both[0].room.command(Command::SetMuted {
        peer: both[1].id(),
        muted: true,
    });
    bob.room.command(Command::Leave);
    world.run(&mut [&mut ada, &mut bob], SECOND);

    let mut again = world.join(Config {
        token: token("Bob again"),
        resumes: Some(token("Bob")),
        ..seats::<2>("Rob", 2)
    });
    let both: &mut [&mut Peer<Sums>] = &mut [&mut ada, &mut again];
    let is_back = |peers: &[&mut Peer<Sums>]| {
        peers[1].room.view().my_seat.is_some() && !peers[1].room.view().watching
    };
    assert!(world.run_until(both, LONG, is_back));
    let back = both[1].id();
    let rob = |peer: &Peer<Sums>| {
        let peers = peer.room.view().peers;
        peers.into_iter().find(|peer| peer.id == back)
    };
    assert!(rob(both[0]).is_some_and(|rob| rob.muted));
    both[1].room.command(say("it is me"));
    world.run(both, SECOND);
    assert!(lines(both[0]).is_empty());
    assert_eq!(lines(both[1]), ["it is me"]);
}

#[test]
fn a_colour_is_told_to_everybody() {
    let (world, mut ada, mut bob) = two(15, "Bob");
    ada.room.command(Command::SetColor(200));
    world.run(&mut [&mut ada, &mut bob], SECOND / 10);
    let colors: Vec<u8> = bob.room.view().peers.iter().map(|p| p.color).collect();
    assert_eq!(colors, [200, 0]);
}
