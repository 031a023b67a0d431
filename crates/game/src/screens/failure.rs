//! What went wrong, and the way back.

use super::{leave, root, widgets};
use crate::{
    preferences::Preferences,
    scene::{Begin, Choice, Failed, Page, Scene, Stage, place::Place},
    theme::{self, size},
};
use bevy::{
    input_focus::AutoFocus,
    prelude::*,
    ui_widgets::{Activate, observe},
};

pub(super) fn plugin(app: &mut App) {
    app.init_resource::<Again>()
        .add_observer(build)
        .add_systems(OnEnter(Stage::Title), begin_again);
}

/// What is begun again as soon as the failed scenes are gone.
#[derive(Resource, Default)]
struct Again(Option<Choice>);

fn build(
    turned: On<Insert, Page>,
    scenes: Query<(&Scene, &Page, &Failed, Option<&Place>)>,
    preferences: Res<Preferences>,
    mut commands: Commands,
) {
    let Ok((scene, Page::Failure, failed, place)) = scenes.get(turned.entity) else {
        return;
    };
    // A room that was found is still there, with whoever is in it.
    let choice = match place {
        Some(place) => Choice::Join(place.link.clone()),
        None => scene.choice.clone(),
    };
    let again = move |_: On<Activate>, mut again: ResMut<Again>, mut commands: Commands| {
        again.0 = Some(choice.clone());
        commands.trigger(crate::scene::BackToTitle);
    };
    let words = preferences.words();
    commands.spawn((
        root(turned.entity, theme::VEIL),
        children![
            widgets::text((words.heading)(&failed.0), size::HEADING, theme::ALARM),
            widgets::paragraph((words.trouble)(&failed.0), 88.0, theme::TEXT),
            (
                Node {
                    margin: UiRect::top(vmin(3.0)),
                    ..widgets::row(3.0)
                },
                children![
                    (widgets::button(words.title.try_again, 36.0), observe(again)),
                    (
                        widgets::button(words.common.back, 36.0),
                        AutoFocus,
                        observe(leave)
                    ),
                ]
            ),
        ],
    ));
}

fn begin_again(mut again: ResMut<Again>, mut commands: Commands) {
    if let Some(choice) = again.0.take() {
        commands.trigger(Begin(choice));
    }
}
