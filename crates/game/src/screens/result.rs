//! After a match: who won, and whether to play again.

use super::{leave, options, panels, ready, root, widgets};
use crate::{
    preferences::Preferences,
    scene::{
        Page, Seen,
        replay::{Recorded, Watch},
        shown::Shown,
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
use sim::Team;

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
fn heading(winner: Option<Team>, my_seat: Option<usize>, words: &Words) -> &'static str {
    match (winner, my_seat.map(Team::of_seat)) {
        (None, _) => words.play.draw,
        (Some(winner), Some(mine)) if winner == mine => words.play.you_win,
        (Some(_), Some(_)) => words.play.you_lose,
        (Some(winner), None) => (words.play.wins)(winner.index()),
    }
}

fn build(
    turned: On<Insert, Page>,
    scenes: Query<(&Page, &Seen, &Shown)>,
    preferences: Res<Preferences>,
    mut commands: Commands,
) {
    let scene = turned.entity;
    let Ok((Page::Result, seen, shown)) = scenes.get(scene) else {
        return;
    };
    let words = preferences.words();
    let (winner, score) = shown
        .world()
        .map_or((None, [0, 0]), |world| (world.winner(), world.score()));
    let color = winner.map_or(theme::TEXT, |team| theme::team(team.index()));
    let mut page = commands.spawn((
        root(scene, theme::VEIL),
        children![
            widgets::text(heading(winner, seen.0.my_seat, words), size::TITLE, color),
            widgets::text(
                format!("{} : {}", score[0], score[1]),
                size::HEADING,
                theme::TEXT
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
    page.with_children(|page| options::rules(page, scene));
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

    #[test]
    fn the_outcome_is_seen_from_the_players_seat() {
        let heading = |winner, seat| heading(winner, seat, text::of(Language::English));
        assert_eq!(heading(Some(Team::Left), Some(0)), "You win");
        assert_eq!(heading(Some(Team::Left), Some(1)), "You lose");
        assert_eq!(heading(Some(Team::Right), None), "Blue wins");
        assert_eq!(heading(None, Some(0)), "Draw");
    }
}
