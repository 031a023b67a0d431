//! The title: a name, and what to begin.

use super::{
    backdrop::{self, Ground},
    panels::{Panel, opens},
    widgets::{button, field, is_enter, row, small_button, text},
};
use crate::{
    args::Args,
    contract::Cartridge,
    preferences::{Preferences, PutAside},
    scene::{Begin, Choice, Stage, given_name, place::Invitation, replay::Shelf},
    theme::{self, size},
};
use bevy::{
    input::keyboard::KeyboardInput,
    input_focus::{AutoFocus, FocusedInput},
    prelude::*,
    text::{EditableText, TextEditChange},
    ui_widgets::{Activate, observe},
};
use protocol::{api::Visibility, limits::MAX_NAME_BYTES};

pub(super) fn plugin(app: &mut App) {
    app.add_systems(OnEnter(Stage::Title), build)
        .add_systems(Update, offer_last.run_if(resource_changed::<Shelf>));
}

/// The field of the player's name.
#[derive(Component)]
struct NameField;

/// The field of a room's code or link.
#[derive(Component)]
struct CodeField;

/// Says what is wrong with the code.
#[derive(Component)]
struct Hint;

/// Offers to watch the last match.
#[derive(Component)]
struct LastMatch;

/// Characters of a link to a room.
const MAX_LINK: usize = 120;

fn build(
    args: Res<Args>,
    preferences: Res<Preferences>,
    aside: Res<PutAside>,
    ground: Res<Ground>,
    cartridge: Res<Cartridge>,
    shelf: Res<Shelf>,
    mut commands: Commands,
) {
    let words = preferences.words();
    let name = given_name(&args, &preferences);
    let tagline = match &aside.0 {
        Some(place) => text((words.title.put_aside)(place), size::SMALL, theme::ALARM),
        None => text(
            (cartridge.words)(preferences.language).tagline.to_owned(),
            size::SMALL,
            theme::FAINT,
        ),
    };
    let (first, second) = halves(cartridge.title);
    let mut page = backdrop::page(&mut commands, &ground, Stage::Title, 2.2);
    page.insert(children![
        (
            row(0.0),
            children![
                text(first, size::TITLE, theme::team(0)),
                text(second, size::TITLE, theme::team(1)),
            ]
        ),
        (
            tagline,
            Node {
                max_width: vmin(94.0),
                margin: UiRect::bottom(vmin(2.0)),
                ..default()
            }
        ),
        labelled(
            words.title.name,
            (
                field(name, 56.0, MAX_NAME_BYTES, |c| !c.is_control()),
                NameField,
                observe(rename),
            )
        ),
        (
            row(2.0),
            children![
                (
                    button(words.title.quick_match, 36.0),
                    AutoFocus,
                    begin(Choice::Quick)
                ),
                (
                    button(words.title.new_room, 36.0),
                    begin(Choice::Create(Visibility::Private))
                ),
            ]
        ),
        (
            row(2.0),
            children![
                (
                    field("", 48.0, MAX_LINK, |c| c.is_ascii_graphic() || c == ' '),
                    CodeField,
                    observe(join_by_enter),
                ),
                (button(words.title.join, 24.0), observe(join_by_button)),
            ]
        ),
        (Hint, text(words.title.code_hint, size::SMALL, theme::FAINT)),
        (
            row(2.0),
            children![
                (button(words.title.open_rooms, 36.0), observe(show_rooms)),
                (button(words.title.practise, 36.0), begin(Choice::Practise)),
            ]
        ),
        (
            row(2.0),
            children![
                (
                    button(words.title.two_scenes, 36.0),
                    begin(Choice::TwoScenes)
                ),
                (
                    LastMatch,
                    last_match(&shelf),
                    children![(button(words.title.last_match, 36.0), observe(watch_last))],
                ),
            ]
        ),
        (
            // In the corner, where every window has room.
            Node {
                position_type: PositionType::Absolute,
                right: vmin(2.0),
                bottom: vmin(2.0),
                ..row(2.0)
            },
            children![
                (small_button(words.title.credits), opens(Panel::Credits)),
                (small_button(words.common.settings), opens(Panel::Settings)),
            ]
        ),
    ]);
}

/// A game's name in large letters, in two parts: its first word and the others, or half of its only
/// one.
fn halves(title: &str) -> (String, String) {
    let title = title.to_uppercase();
    let at = title.find(' ').map_or_else(
        || {
            let letters = title.chars().count();
            let half = title.char_indices().nth(letters.div_ceil(2));
            half.map_or(title.len(), |(at, _)| at)
        },
        |space| space + 1,
    );
    (title[..at].to_owned(), title[at..].to_owned())
}

fn labelled(label: &str, field: impl Bundle) -> impl Bundle {
    (
        row(2.0),
        children![
            (
                text(label, size::BODY, theme::FAINT),
                Node {
                    width: vmin(16.0),
                    ..default()
                }
            ),
            field,
        ],
    )
}

/// The box of the button that shows the last match: gone while there is none.
fn last_match(shelf: &Shelf) -> Node {
    let display = match shelf.newest() {
        Some(_) => Display::Flex,
        None => Display::None,
    };
    Node {
        display,
        ..row(0.0)
    }
}

/// The file of a match that was left comes a moment after the title.
fn offer_last(shelf: Res<Shelf>, mut boxes: Query<&mut Node, With<LastMatch>>) {
    for mut node in &mut boxes {
        *node = last_match(&shelf);
    }
}

fn watch_last(_: On<Activate>, shelf: Res<Shelf>, mut commands: Commands) {
    if let Some(newest) = shelf.newest() {
        commands.trigger(Begin(Choice::Replay(newest)));
    }
}

fn show_rooms(_: On<Activate>, mut stage: ResMut<NextState<Stage>>) {
    stage.set(Stage::Rooms);
}

fn begin(choice: Choice) -> impl Bundle {
    observe(move |_: On<Activate>, mut commands: Commands| commands.trigger(Begin(choice.clone())))
}

fn rename(
    change: On<TextEditChange>,
    fields: Query<&EditableText, With<NameField>>,
    mut args: ResMut<Args>,
    mut preferences: ResMut<Preferences>,
) {
    if let Ok(field) = fields.get(change.event_target()) {
        // What is typed comes after what the game was started with.
        args.name = None;
        preferences.name = field.value().to_string();
    }
}

fn join_by_enter(
    input: On<FocusedInput<KeyboardInput>>,
    fields: Query<&EditableText, With<CodeField>>,
    hints: Query<(&mut Text, &mut TextColor), With<Hint>>,
    preferences: Res<Preferences>,
    commands: Commands,
) {
    if is_enter(&input) {
        join(fields, hints, &preferences, commands);
    }
}

fn join_by_button(
    _: On<Activate>,
    fields: Query<&EditableText, With<CodeField>>,
    hints: Query<(&mut Text, &mut TextColor), With<Hint>>,
    preferences: Res<Preferences>,
    commands: Commands,
) {
    join(fields, hints, &preferences, commands);
}

fn join(
    fields: Query<&EditableText, With<CodeField>>,
    mut hints: Query<(&mut Text, &mut TextColor), With<Hint>>,
    preferences: &Preferences,
    mut commands: Commands,
) {
    for field in &fields {
        let typed = field.value().to_string();
        if Invitation::of(&typed).has_code() {
            commands.trigger(Begin(Choice::Join(typed)));
        } else {
            for (mut hint, mut color) in &mut hints {
                hint.0 = preferences.words().title.no_code.to_owned();
                color.0 = theme::ALARM;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_has_two_parts() {
        let parts = |title| {
            let (first, second) = halves(title);
            format!("{first}|{second}")
        };
        assert_eq!(parts("Discball"), "DISC|BALL");
        assert_eq!(parts("My Game Two"), "MY |GAME TWO");
        assert_eq!(parts("Über"), "ÜB|ER");
        assert_eq!(parts(""), "|");
    }
}
