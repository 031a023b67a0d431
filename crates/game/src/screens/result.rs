//! After a match: who won, and whether to play again.

use super::{
    leave, options, panels,
    playing::{Cast, side_name},
    ready, root, widgets,
};
use crate::{
    contract::{Board, Side},
    preferences::Preferences,
    scene::{
        Page, Seen,
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
use netplay::session::RoomView;

pub(super) fn plugin(app: &mut App) {
    app.add_observer(build).add_systems(
        Update,
        (tell, offer_replay, watch_by_key.run_if(panels::none_open)),
    );
}

/// Who wants a rematch.
#[derive(Component)]
struct Rematch(Entity);

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

/// How everybody stands at the end: two by their scores, more of them by name.
fn standings(board: &Board, name: impl Fn(&Side) -> String) -> String {
    match board.sides.as_slice() {
        [left, right] => format!("{} : {}", left.score, right.score),
        sides => {
            let mut sides: Vec<&Side> = sides.iter().collect();
            sides.sort_by_key(|side| std::cmp::Reverse(side.score));
            let told = sides
                .iter()
                .map(|side| format!("{} {}", name(side), side.score));
            told.collect::<Vec<_>>().join("   ")
        }
    }
}

fn build(
    turned: On<Insert, Page>,
    scenes: Query<(&Page, &Seen, &Board, &Options, Option<&Cast>)>,
    preferences: Res<Preferences>,
    mut commands: Commands,
) {
    let scene = turned.entity;
    let Ok((Page::Result, seen, board, options, cast)) = scenes.get(scene) else {
        return;
    };
    let words = preferences.words();
    let nobody = Cast::default();
    let name = |side: &Side| side_name(side, &seen.0, cast.unwrap_or(&nobody), words);
    let winner = board.winner.and_then(|winner| board.sides.get(winner));
    let color = winner.map_or(theme::TEXT, |side| side.color);
    let standings_size = if board.sides.len() == 2 {
        size::HEADING
    } else {
        size::BODY
    };
    let mut page = commands.spawn((
        root(scene, theme::VEIL),
        children![
            widgets::text(
                heading(winner, seen.0.my_seat, name, words),
                size::TITLE,
                color
            ),
            (
                widgets::text(standings(board, name), standings_size, theme::TEXT),
                Node {
                    max_width: vmin(90.0),
                    ..default()
                },
            ),
            (Rematch(scene), widgets::text("", size::BODY, theme::FAINT)),
            (
                widgets::row(3.0),
                children![
                    (
                        widgets::button(words.play.rematch, 36.0),
                        AutoFocus,
                        observe(ready(scene))
                    ),
                    (widgets::button(words.common.back, 36.0), observe(leave)),
                ]
            ),
            (
                ReplayButton(scene),
                Node {
                    display: Display::None,
                    ..widgets::row(0.0)
                },
                children![(
                    widgets::button(words.play.watch_replay, 75.0),
                    observe(move |_: On<Activate>, mut commands: Commands| commands
                        .trigger(Watch(scene)))
                )]
            ),
        ],
    ));
    // The next match may be another one.
    page.with_children(|page| options::options(page, scene, options));
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
fn rematch(view: &RoomView, words: &Words) -> String {
    let names: Vec<&str> = view
        .peers
        .iter()
        .filter(|peer| peer.ready)
        .map(|peer| peer.name.as_str())
        .collect();
    match names.as_slice() {
        [] => String::new(),
        names => (words.play.want_again)(names),
    }
}

fn tell(
    scenes: Query<&Seen>,
    preferences: Res<Preferences>,
    mut lines: Query<(&Rematch, &mut Text)>,
) {
    for (line, mut text) in &mut lines {
        if let Ok(seen) = scenes.get(line.0) {
            text.set_if_neq(Text(rematch(&seen.0, preferences.words())));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{preferences::Language, text};

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
    fn two_stand_against_each_other_and_more_in_order() {
        let name = |side: &Side| side.name.to_string();
        let mut board = Board {
            sides: vec![side("A", 1, &[0]), side("B", 4, &[1])],
            ..Board::default()
        };
        assert_eq!(standings(&board, name), "1 : 4");
        board.sides.push(side("C", 2, &[2]));
        assert_eq!(standings(&board, name), "B 4   C 2   A 1");
    }
}
