//! Who plays: the names of a side, also of those who are gone.

use crate::{
    contract::Side,
    scene::{Seen, replay::Reel},
    text::Words,
};
use bevy::prelude::*;
use netplay::session::RoomView;
use protocol::limits::MAX_SEATS;

/// Who has played each seat of this match, so that one who is gone is still named.
#[derive(Component, Default)]
pub(in crate::screens) struct Cast([String; MAX_SEATS]);

/// Who plays a seat: a peer and how it is, or the bot of one who is gone. Nothing if nobody but a
/// bot has.
pub(in crate::screens) fn described(
    seat: usize,
    view: &RoomView,
    cast: &Cast,
    words: &Words,
) -> Option<String> {
    let peer = view.peers.iter().find(|peer| peer.seat == Some(seat));
    let before = cast.0.get(seat).filter(|name| !name.is_empty());
    match (peer.map(|peer| (&peer.name, words.presence(peer))), before) {
        (Some((name, "")), _) => Some(name.clone()),
        (Some((name, presence)), _) => Some(format!("{name} ({presence})")),
        (None, before) => before.map(|before| (words.play.bot_for)(before)),
    }
}

/// Who plays these seats: the names of their peers, how they are, and how many bots.
pub(in crate::screens) fn names(
    seats: &[usize],
    view: &RoomView,
    cast: &Cast,
    words: &Words,
) -> String {
    let mut names = Vec::new();
    let mut bots = 0;
    for &seat in seats {
        match described(seat, view, cast, words) {
            Some(name) => names.push(name),
            None => bots += 1,
        }
    }
    listed(names, bots, words)
}

/// What a side is called: by its own name, or its players'.
pub(in crate::screens) fn side_name(
    side: &Side,
    view: &RoomView,
    cast: &Cast,
    words: &Words,
) -> String {
    match side.name.as_ref() {
        "" => names(&side.seats, view, cast, words),
        name => name.to_owned(),
    }
}

/// Who plays these seats at the moment that a replay shows.
pub(in crate::screens) fn names_of_replay(seats: &[usize], reel: &Reel, words: &Words) -> String {
    let (mut names, mut bots) = (Vec::new(), 0);
    for seat in seats {
        match reel.name(*seat) {
            Some(name) => names.push(name.to_owned()),
            None => bots += 1,
        }
    }
    listed(names, bots, words)
}

/// Who plays a seat, or did: nothing for a bot.
pub(super) fn name(seat: usize, view: &RoomView, cast: &Cast) -> Option<String> {
    let peer = view.peers.iter().find(|peer| peer.seat == Some(seat));
    let before = cast.0.get(seat).filter(|name| !name.is_empty());
    peer.map(|peer| &peer.name).or(before).cloned()
}

/// Names in one line, and how many bots there are.
fn listed(mut names: Vec<String>, bots: usize, words: &Words) -> String {
    match bots {
        0 => {}
        1 => names.push(words.play.bot.into()),
        bots => names.push((words.play.bots)(bots)),
    }
    names.join(", ")
}

pub(super) fn remember(mut scenes: Query<(&Seen, &mut Cast)>) {
    for (seen, mut cast) in &mut scenes {
        for peer in &seen.0.peers {
            let name = peer.seat.and_then(|seat| cast.0.get_mut(seat));
            if let Some(name) = name.filter(|name| **name != peer.name) {
                name.clone_from(&peer.name);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{preferences::Language, screens::playing::tests::peer, text, toy::Toy};
    use netplay::replay::{Playback, Recorder};

    #[test]
    fn seats_without_a_peer_are_bots() {
        let view = RoomView {
            peers: vec![peer("Ada", 0, None), peer("Grace", 1, Some(20.0))],
            ..RoomView::default()
        };
        let words = text::of(Language::English);
        let names = |seats: &[usize]| names(seats, &view, &Cast::default(), words);
        assert_eq!(names(&[0]), "Ada");
        assert_eq!(names(&[1, 3]), "Grace, Bot");
        assert_eq!(names(&[0, 2, 4, 6]), "Ada, 3 Bots");
    }

    #[test]
    fn who_is_away_slow_or_gone_is_told() {
        let mut view = RoomView {
            peers: vec![peer("Ada", 0, None), peer("Grace", 1, Some(20.0))],
            ..RoomView::default()
        };
        let mut cast = Cast::default();
        cast.0[1] = "Grace".into();
        let words = text::of(Language::English);
        view.peers[1].slow = true;
        assert_eq!(names(&[1], &view, &cast, words), "Grace (slow)");
        view.peers[1].away = true;
        assert_eq!(names(&[1], &view, &cast, words), "Grace (away)");
        view.peers.pop();
        assert_eq!(names(&[1], &view, &cast, words), "Bot for Grace");
    }

    #[test]
    fn names_of_a_replay_are_those_of_the_moment() {
        let mut recorder = Recorder::<Toy>::new(1, &4).unwrap();
        recorder.seated(0, 0, "Ada");
        recorder.push(0, &[0; 4], 0b0001).unwrap();
        let reel = Reel::new(Playback::<Toy>::open(&recorder.bytes()).unwrap());
        let names = |seats: &[usize]| names_of_replay(seats, &reel, text::of(Language::English));
        assert_eq!(names(&[0, 2]), "Ada, Bot");
        assert_eq!(names(&[1, 3]), "2 Bots");
    }
}
