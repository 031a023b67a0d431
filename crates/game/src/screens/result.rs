//! After a match: who won, what everybody did, and who wants to play again.

use super::{
    figures::{self, Player},
    leave, options, panels,
    playing::{self, Cast, side_name},
    ready, root, widgets,
};
use crate::{
    contract::{Board, Figures, Side},
    preferences::Preferences,
    scene::{
        Page, Scene, Seen, Session,
        link::Options,
        replay::{Recorded, Watch},
    },
    text::Words,
    theme::{self, size},
};
use bevy::{
    input_focus::AutoFocus,
    prelude::*,
    ui_widgets::{Activate, observe},
};
use netplay::session::{Command as Wish, RoomView};

pub(super) fn plugin(app: &mut App) {
    app.add_observer(build).add_systems(
        Update,
        (tell, offer_replay, watch_by_key.run_if(panels::none_open)),
    );
}

/// What changes on the screen of a scene.
#[derive(Component, Clone, Copy)]
enum Line {
    /// Who wants a rematch.
    Votes,
    /// What pressing the button does.
    Vote,
}

/// Which scene a line tells of.
#[derive(Component)]
struct Of(Entity);

/// What shows the match again, once its file is there.
#[derive(Component)]
struct ReplayButton(Entity);

/// The outcome as this scene's player sees it.
fn heading(
    winner: Option<&Side>,
    my_seat: Option<usize>,
    name: impl Fn(&Side) -> String,
    words: &Words,
) -> String {
    match (winner, my_seat) {
        (None, _) => words.play.draw.into(),
        (Some(winner), Some(mine)) if winner.seats.contains(&mine) => words.play.you_win.into(),
        (Some(_), Some(_)) => words.play.you_lose.into(),
        (Some(winner), None) => (words.play.wins)(&name(winner)),
    }
}

/// How more than two stand at the end, the first one first.
fn standings(board: &Board, name: impl Fn(&Side) -> String) -> String {
    let mut sides: Vec<&Side> = board.sides.iter().collect();
    sides.sort_by_key(|side| std::cmp::Reverse(side.score));
    let told = sides
        .iter()
        .map(|side| format!("{} {}", name(side), side.score));
    told.collect::<Vec<_>>().join("   ")
}

/// Who played each seat.
fn players(board: &Board, view: &RoomView, cast: &Cast, words: &Words) -> Vec<Player> {
    let seats = board.sides.iter().flat_map(|side| &side.seats);
    let seats = seats.max().map_or(0, |last| last + 1);
    let player = |seat| {
        let peer = view.peers.iter().find(|peer| peer.seat == Some(seat));
        Player {
            name: playing::described(seat, view, cast, words)
                .unwrap_or_else(|| words.play.bot.to_owned()),
            is_me: peer.is_some_and(|peer| peer.is_me),
            rtt_ms: peer.and_then(|peer| peer.rtt_ms),
        }
    };
    (0..seats).map(player).collect()
}

fn build(
    turned: On<Insert, Page>,
    scenes: Query<(
        &Page,
        &Scene,
        &Seen,
        &Board,
        &Figures,
        &Options,
        Option<&Cast>,
    )>,
    preferences: Res<Preferences>,
    mut commands: Commands,
) {
    let scene = turned.entity;
    let Ok((Page::Result, settings, seen, board, figures, options, cast)) = scenes.get(scene)
    else {
        return;
    };
    let words = preferences.words();
    // Nobody is named who came to the room after the match.
    let nobody = Cast::default();
    let cast = cast.unwrap_or(&nobody);
    let name = |side: &Side| side_name(side, &seen.0, cast, words);
    let winner = board.winner.and_then(|winner| board.sides.get(winner));
    let color = winner.map_or(theme::TEXT, |side| side.color);
    let heading = heading(winner, seen.0.my_seat, name, words);
    let players = players(board, &seen.0, cast, words);
    // Side by side where there is room, one below the other on a phone that is held upright.
    let halves = Node {
        flex_wrap: FlexWrap::Wrap,
        row_gap: vmin(3.0),
        width: percent(100),
        flex_shrink: 0.0,
        ..widgets::row(6.0)
    };
    let mut page = commands.spawn(root(scene, theme::VEIL));
    page.with_children(|page| {
        page.spawn(halves).with_children(|halves| {
            halves.spawn(widgets::column(1.6)).with_children(|half| {
                half.spawn(widgets::text(heading, size::HEADING, color));
                match board.sides.as_slice() {
                    [left, right] => half.spawn(figures::score(left, right)),
                    _ => {
                        let told = standings(board, name);
                        let text = widgets::text(told, size::BODY, theme::TEXT);
                        half.spawn((text, widgets::at_most(70.0)))
                    }
                };
                let votes = widgets::text("", size::SMALL, theme::TEXT);
                half.spawn((Line::Votes, Of(scene), votes, widgets::at_most(70.0)));
                half.spawn(widgets::row(3.0))
                    .with_children(|row| buttons(row, scene, settings, words));
                half.spawn(replay_button(scene, words));
            });
            halves
                .spawn(widgets::column(1.2))
                .with_children(|half| figures::spawn(half, figures, board, &players, words));
        });
        // The next match may be another one.
        options::options(page, scene, options);
    });
}

fn buttons(row: &mut ChildSpawnerCommands<'_>, scene: Entity, settings: &Scene, words: &Words) {
    let label = (
        Line::Vote,
        Of(scene),
        widgets::text(words.play.rematch, size::BODY, theme::TEXT),
    );
    let mut rematch = row.spawn((widgets::button_with(label, 38.0), AutoFocus));
    match settings.is_private() {
        true => rematch.observe(ready(scene)),
        false => rematch.observe(vote(scene)),
    };
    row.spawn((widgets::button(words.common.back, 30.0), observe(leave)));
}

fn replay_button(scene: Entity, words: &Words) -> impl Bundle + use<> {
    let watch = move |_: On<Activate>, mut commands: Commands| commands.trigger(Watch(scene));
    (
        ReplayButton(scene),
        Node {
            display: Display::None,
            ..widgets::row(0.0)
        },
        children![(
            widgets::small_button(words.play.watch_replay),
            observe(watch)
        )],
    )
}

/// Votes for a rematch, or takes the vote back. Alone, the bots are willing.
fn vote(scene: Entity) -> impl Fn(On<Activate>, Query<(&Session, &Seen)>) {
    move |_, scenes| {
        if let Ok((session, seen)) = scenes.get(scene) {
            session.0.command(wish(&seen.0));
        }
    }
}

/// What pressing the button asks of the session.
fn wish(view: &RoomView) -> Wish {
    match view.peers.as_slice() {
        [_] => Wish::PlayAlone,
        peers => Wish::SetReady(!peers.iter().any(|peer| peer.is_me && peer.ready)),
    }
}

fn offer_replay(scenes: Query<(), With<Recorded>>, mut buttons: Query<(&ReplayButton, &mut Node)>) {
    for (button, mut node) in &mut buttons {
        if scenes.contains(button.0) && node.display == Display::None {
            node.display = Display::Flex;
        }
    }
}

fn watch_by_key(
    keys: Res<ButtonInput<KeyCode>>,
    scenes: Query<(Entity, &Page)>,
    mut commands: Commands,
) {
    for (scene, page) in &scenes {
        if *page == Page::Result && keys.just_pressed(KeyCode::KeyR) {
            commands.trigger(Watch(scene));
        }
    }
}

/// Who is ready for the next match.
fn votes(view: &RoomView, words: &Words) -> String {
    if view.others_play {
        return words.play.others_play.to_owned();
    }
    let peers = view.peers.iter();
    let ready = peers.filter(|peer| peer.ready);
    let names: Vec<&str> = ready.map(|peer| peer.name.as_str()).collect();
    match names.as_slice() {
        [] => String::new(),
        names => (words.play.want_again)(names, view.peers.len()),
    }
}

/// What the button of the vote says.
fn vote_label(view: &RoomView, words: &Words) -> &'static str {
    let has_voted = view.peers.iter().any(|peer| peer.is_me && peer.ready);
    match (view.others_play, has_voted) {
        (true, _) => words.play.join_match,
        (_, true) => words.play.no_rematch,
        (_, false) => words.play.rematch,
    }
}

fn tell(
    scenes: Query<&Seen>,
    preferences: Res<Preferences>,
    mut lines: Query<(&Line, &Of, &mut Text)>,
) {
    let words = preferences.words();
    for (line, of, mut text) in &mut lines {
        if let Ok(seen) = scenes.get(of.0) {
            text.set_if_neq(Text(match line {
                Line::Votes => votes(&seen.0, words),
                Line::Vote => vote_label(&seen.0, words).to_owned(),
            }));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{preferences::Language, screens::playing::tests::peer, text};

    fn words() -> &'static Words {
        text::of(Language::English)
    }

    /// A room of these, of which the first is us; with who is ready.
    fn room(ready: &[bool]) -> RoomView {
        let peers = ready.iter().enumerate().map(|(seat, ready)| {
            let name = ["Ada", "Bob", "Cem"][seat];
            let mut peer = peer(name, seat, (seat > 0).then_some(20.0));
            peer.ready = *ready;
            peer
        });
        RoomView {
            peers: peers.collect(),
            ..RoomView::default()
        }
    }

    fn side(name: &'static str, score: u32, seats: &[usize]) -> Side {
        Side {
            name: name.into(),
            color: Color::WHITE,
            score,
            seats: seats.to_vec(),
        }
    }

    #[test]
    fn the_outcome_is_seen_from_the_players_seat() {
        let name = |side: &Side| side.name.to_string();
        let blue = side("Blue", 3, &[1, 3]);
        let heading = |winner, seat| heading(winner, seat, name, text::of(Language::English));
        assert_eq!(heading(Some(&blue), Some(3)), "You win");
        assert_eq!(heading(Some(&blue), Some(0)), "You lose");
        assert_eq!(heading(Some(&blue), None), "Blue wins");
        assert_eq!(heading(None, Some(0)), "Draw");
    }

    #[test]
    fn more_than_two_stand_in_order() {
        let name = |side: &Side| side.name.to_string();
        let board = Board {
            sides: vec![side("A", 1, &[0]), side("B", 4, &[1]), side("C", 2, &[2])],
            ..Board::default()
        };
        assert_eq!(standings(&board, name), "B 4   C 2   A 1");
    }

    #[test]
    fn votes_are_told_by_name_and_number() {
        assert_eq!(votes(&room(&[false, false]), words()), "");
        let one = votes(&room(&[false, true, false]), words());
        assert_eq!(one, "Bob wants to play again (1 of 3)");
        let two = votes(&room(&[true, true, false]), words());
        assert_eq!(two, "Ada, Bob want to play again (2 of 3)");
    }

    #[test]
    fn the_button_votes_and_takes_the_vote_back() {
        let asks = |ready: &[bool]| (vote_label(&room(ready), words()), wish(&room(ready)));
        assert_eq!(asks(&[false, true]), ("Rematch", Wish::SetReady(true)));
        assert_eq!(asks(&[true, false]), ("No rematch", Wish::SetReady(false)));
        assert_eq!(asks(&[false]), ("Rematch", Wish::PlayAlone));
        let late = RoomView {
            others_play: true,
            ..room(&[false, false, false])
        };
        assert_eq!(vote_label(&late, words()), "Join the match");
        assert_eq!(wish(&late), Wish::SetReady(true));
        assert!(votes(&late, words()).contains("drop in"));
    }

    #[test]
    fn everybody_who_played_is_named() {
        let mut view = room(&[false, false]);
        view.peers[1].seat = Some(3);
        let board = Board {
            sides: vec![side("A", 1, &[0, 2]), side("B", 0, &[1, 3])],
            ..Board::default()
        };
        let players = players(&board, &view, &Cast::default(), words());
        let told: Vec<_> = players
            .iter()
            .map(|player| (player.name.as_str(), player.is_me, player.rtt_ms))
            .collect();
        let bot = ("Bot", false, None);
        assert_eq!(
            told,
            [("Ada", true, None), bot, bot, ("Bob", false, Some(20.0))]
        );
    }
}
