//! On the way into a room.

use super::{leave, root, widgets};
use crate::{
    preferences::Preferences,
    scene::{Choice, Page, Scene},
    theme::{self, size},
};
use bevy::{input_focus::AutoFocus, prelude::*, ui_widgets::observe};

pub(super) fn plugin(app: &mut App) {
    app.add_observer(build);
}

fn build(
    turned: On<Insert, Page>,
    scenes: Query<(&Scene, &Page)>,
    preferences: Res<Preferences>,
    mut commands: Commands,
) {
    let Ok((scene, Page::Connecting)) = scenes.get(turned.entity) else {
        return;
    };
    let words = preferences.words();
    let what = match scene.choice {
        Choice::Quick => words.title.finding_company,
        Choice::Create(_) => words.title.opening_room,
        Choice::Join(_) => words.title.finding_room,
        Choice::Practise | Choice::Learn => words.title.calling_bot,
        Choice::TwoScenes => words.title.scenes_meet,
        Choice::Replay(_) => words.title.opening_replay,
    };
    commands.spawn((
        root(turned.entity, theme::VEIL),
        children![
            widgets::text(words.title.one_moment, size::HEADING, theme::TEXT),
            widgets::text(what, size::BODY, theme::FAINT),
            (
                widgets::button(words.common.back, 34.0),
                AutoFocus,
                observe(leave)
            ),
        ],
    ));
}
