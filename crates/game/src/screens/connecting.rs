//! On the way into a room.

use super::{leave, root, widgets};
use crate::{
    scene::{Choice, Page, Scene},
    theme::{self, size},
};
use bevy::{input_focus::AutoFocus, prelude::*, ui_widgets::observe};

pub(super) fn plugin(app: &mut App) {
    app.add_observer(build);
}

fn build(turned: On<Insert, Page>, scenes: Query<(&Scene, &Page)>, mut commands: Commands) {
    let Ok((scene, Page::Connecting)) = scenes.get(turned.entity) else {
        return;
    };
    let what = match scene.choice {
        Choice::Quick => "looking for company",
        Choice::Create(_) => "opening a room",
        Choice::Join(_) => "finding the room",
        Choice::Practise => "calling a bot",
        Choice::TwoScenes => "the scenes find each other",
        Choice::Replay(_) => "opening the replay",
    };
    commands.spawn((
        root(turned.entity, theme::VEIL),
        children![
            widgets::text("One moment", size::HEADING, theme::TEXT),
            widgets::text(what, size::BODY, theme::FAINT),
            (widgets::button("Back", 34.0), AutoFocus, observe(leave)),
        ],
    ));
}
