//! Who plays: the names of a team, also of those who are gone.

use crate::{scene::Seen, text::Words};
use bevy::prelude::*;
use netplay::session::RoomView;
use protocol::limits::MAX_SEATS;
use sim::Team;

/// Who has played each seat of this match, so that one who is gone is still named.
#[derive(Component, Default)]
pub(in crate::screens) struct Cast([String; MAX_SEATS]);

/// Who plays for a team: the names of its peers, how they are, and how many bots.
pub(super) fn names(
    team: Team,
    seats: usize,
    view: &RoomView,
    cast: &Cast,
    words: &Words,
) -> String {
    let mut names = Vec::new();
    let mut bots = 0;
    for seat in (0..seats).filter(|seat| Team::of_seat(*seat) == team) {
        let peer = view.peers.iter().find(|peer| peer.seat == Some(seat));
        let before = cast.0.get(seat).filter(|name| !name.is_empty());
        match (peer.map(|peer| (&peer.name, words.presence(peer))), before) {
            (Some((name, "")), _) => names.push(name.clone()),
            (Some((name, presence)), _) => names.push(format!("{name} ({presence})")),
            (None, Some(before)) => names.push((words.play.bot_for)(before)),
            (None, None) => bots += 1,
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

/// A team's names in one line, and how many bots it has.
pub(in crate::screens) fn listed(mut names: Vec<String>, bots: usize, words: &Words) -> String {
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
    use crate::{preferences::Language, screens::playing::tests::peer, text};

    #[test]
    fn seats_without_a_peer_are_bots() {
        let view = RoomView {
            peers: vec![peer("Ada", 0, None), peer("Grace", 1, Some(20.0))],
            ..RoomView::default()
        };
        let words = text::of(Language::English);
        let names = |team, seats| names(team, seats, &view, &Cast::default(), words);
        assert_eq!(names(Team::Left, 2), "Ada");
        assert_eq!(names(Team::Right, 4), "Grace, Bot");
        assert_eq!(names(Team::Left, 8), "Ada, 3 Bots");
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
        assert_eq!(names(Team::Right, 2, &view, &cast, words), "Grace (slow)");
        view.peers[1].away = true;
        assert_eq!(names(Team::Right, 2, &view, &cast, words), "Grace (away)");
        view.peers.pop();
        assert_eq!(names(Team::Right, 2, &view, &cast, words), "Bot for Grace");
    }
}
