//! What the screens before any scene share: a camera, a picture behind, and a page over it.

use super::widgets::column;
use crate::scene::Stage;
use bevy::{input_focus::tab_navigation::TabGroup, prelude::*};

/// The picture behind the screens before any scene, which the game may give: its empty arena.
#[derive(Resource, Default)]
pub struct Ground(pub Option<Handle<Image>>);

/// Spawns a page for as long as `stage` lasts, and returns it for its widgets.
pub fn page<'c>(
    commands: &'c mut Commands<'_, '_>,
    ground: &Ground,
    stage: Stage,
    gap: f32,
) -> EntityCommands<'c> {
    let camera = commands
        .spawn((Camera2d, Msaa::Off, DespawnOnExit(stage)))
        .id();
    if let Some(image) = &ground.0 {
        // So large that an arena's walls lie around the text.
        commands.spawn((
            DespawnOnExit(stage),
            UiTargetCamera(camera),
            GlobalZIndex(-1),
            Pickable::IGNORE,
            Node {
                width: percent(100),
                height: percent(100),
                ..column(0.0)
            },
            children![(
                ImageNode {
                    color: Color::WHITE.with_alpha(0.26),
                    ..ImageNode::new(image.clone())
                },
                Node {
                    width: vmax(124),
                    flex_shrink: 0.0,
                    ..default()
                },
                Pickable::IGNORE,
            )],
        ));
    }
    commands.spawn((
        DespawnOnExit(stage),
        UiTargetCamera(camera),
        TabGroup::new(0),
        Node {
            width: percent(100),
            height: percent(100),
            padding: UiRect::all(vmin(3.0)),
            ..column(gap)
        },
    ))
}
