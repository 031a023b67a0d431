//! What newcomers are taught, over the match in which they are: the game says the words
//! ([`Teaching`]), and they can be skipped.

use super::{PageRoot, widgets};
use crate::{
    contract::Teaching,
    preferences::Preferences,
    scene::{BackToTitle, Choice, Page, PartOf, Scene, view::Turned},
    theme::{self, inset, size},
};
use bevy::{
    input_focus::tab_navigation::TabGroup,
    prelude::*,
    ui_widgets::{Activate, observe},
};

pub(super) fn plugin(app: &mut App) {
    app.add_observer(build)
        .add_observer(end)
        .add_systems(Update, (tell, place, leave_when_over));
}

/// The box of a scene's lesson.
#[derive(Component)]
struct Board(Entity);

/// What a line of it tells.
#[derive(Component)]
enum Line {
    Number,
    Words,
}

fn build(
    turned: On<Insert, Page>,
    scenes: Query<(&Scene, &Page)>,
    preferences: Res<Preferences>,
    mut commands: Commands,
) {
    let entity = turned.entity;
    let Ok((scene, Page::Playing)) = scenes.get(entity) else {
        return;
    };
    if scene.choice != Choice::Learn {
        return;
    }
    commands.entity(entity).insert(Teaching::default());
    commands.spawn((
        PageRoot,
        PartOf(entity),
        Board(entity),
        UiTargetCamera(entity),
        TabGroup::new(1),
        Pickable::IGNORE,
        Node {
            position_type: PositionType::Absolute,
            width: percent(100),
            ..widgets::column(0.0)
        },
        children![board(preferences.words().lesson.skip)],
    ));
}

fn board(skip: &'static str) -> impl Bundle {
    let leave = |_: On<Activate>, mut commands: Commands| commands.trigger(BackToTitle);
    (
        Node {
            padding: UiRect::axes(vmin(3.0), vmin(1.2)),
            border: UiRect::all(vmin(0.25)),
            border_radius: BorderRadius::all(vmin(1.6)),
            max_width: vmin(94.0),
            ..widgets::column(0.8)
        },
        BackgroundColor(theme::PANEL),
        BorderColor::all(theme::ACCENT.with_alpha(0.55)),
        Pickable::IGNORE,
        children![
            (Line::Words, widgets::text("", size::BODY, theme::TEXT)),
            (
                widgets::row(3.0),
                children![
                    (Line::Number, widgets::text("", size::SMALL, theme::FAINT)),
                    (widgets::small_button(skip), observe(leave)),
                ]
            ),
        ],
    )
}

/// However it ended, the player has had the lesson.
fn end(_: On<Remove, Teaching>, mut preferences: ResMut<Preferences>) {
    preferences.taught = true;
}

fn leave_when_over(lessons: Query<&Teaching, Changed<Teaching>>, mut commands: Commands) {
    if lessons.iter().any(|lesson| lesson.is_over) {
        commands.trigger(BackToTitle);
    }
}

fn tell(
    lessons: Query<&Teaching>,
    boards: Query<(Entity, &Board)>,
    children: Query<&Children>,
    mut lines: Query<(&Line, &mut Text, &mut TextColor)>,
) {
    for (board, of) in &boards {
        let Ok(lesson) = lessons.get(of.0) else {
            continue;
        };
        for part in children.iter_descendants(board) {
            let Ok((line, mut text, mut color)) = lines.get_mut(part) else {
                continue;
            };
            let told = match line {
                Line::Number => format!("{} / {}", lesson.step + 1, lesson.steps),
                Line::Words => {
                    let shade = if lesson.is_praise {
                        theme::BALL
                    } else {
                        theme::TEXT
                    };
                    color.set_if_neq(TextColor(shade));
                    lesson.words.to_owned()
                }
            };
            if text.0 == told {
                continue;
            }
            #[cfg(target_arch = "wasm32")]
            if matches!(line, Line::Words) {
                crate::web::announce(&told);
            }
            text.0 = told;
        }
    }
}

/// Keeps the board where it hides neither the middle nor what is above it, and leaves the corners
/// to the thumbs.
fn place(scenes: Query<&Turned>, mut boards: Query<(&Board, &mut Node)>) {
    for (of, mut node) in &mut boards {
        let Ok(turned) = scenes.get(of.0) else {
            continue;
        };
        let bottom = vmin(inset::BOTTOM + if turned.0 { 44.0 } else { 1.0 });
        if node.bottom != bottom {
            node.bottom = bottom;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bevy::ecs::system::RunSystemOnce;

    /// A scene without a picture in which somebody learns.
    fn app() -> (App, Entity) {
        let mut app = App::new();
        app.init_resource::<Preferences>();
        plugin(&mut app);
        let scene = app.world_mut().spawn_empty().id();
        app.world_mut().entity_mut(scene).insert((
            Turned::default(),
            Scene {
                index: 0,
                of: 1,
                choice: Choice::Learn,
            },
            Page::Playing,
        ));
        app.update();
        (app, scene)
    }

    fn said(app: &mut App) -> Vec<String> {
        let mut lines = app.world_mut().query_filtered::<&Text, With<Line>>();
        lines.iter(app.world()).map(|text| text.0.clone()).collect()
    }

    #[test]
    fn the_game_says_the_words() {
        let (mut app, scene) = app();
        app.world_mut().entity_mut(scene).insert(Teaching {
            step: 1,
            steps: 4,
            words: "Kick",
            ..Teaching::default()
        });
        app.update();
        assert_eq!(said(&mut app), ["Kick", "2 / 4"]);
    }

    #[test]
    fn whoever_leaves_is_not_taught_again() {
        let (mut app, scene) = app();
        assert!(!app.world().resource::<Preferences>().taught);
        app.world_mut().entity_mut(scene).despawn();
        assert!(app.world().resource::<Preferences>().taught);
        assert!(said(&mut app).is_empty());
    }

    #[test]
    fn skipping_it_and_its_end_lead_back() {
        #[derive(Resource, Default)]
        struct Left(u32);

        let (mut app, scene) = app();
        app.init_resource::<Left>()
            .add_observer(|_: On<BackToTitle>, mut left: ResMut<Left>| left.0 += 1);
        let press = |buttons: Query<Entity, With<bevy::ui_widgets::Button>>,
                     mut commands: Commands| {
            for entity in &buttons {
                commands.trigger(Activate { entity });
            }
        };
        app.world_mut().run_system_once(press).unwrap();
        app.update();
        assert_eq!(app.world().resource::<Left>().0, 1);
        app.world_mut().entity_mut(scene).insert(Teaching {
            is_over: true,
            ..Teaching::default()
        });
        app.update();
        assert_eq!(app.world().resource::<Left>().0, 2);
    }
}
