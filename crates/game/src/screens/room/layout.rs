//! Where the parts of a room are: what is decided beside what is said, or above it on a phone that is
//! held upright; each on a calm ground of its own.

use crate::{
    scene::PartOf,
    screens::{PageRoot, chat},
    text::Words,
    theme,
};
use bevy::{input_focus::tab_navigation::TabGroup, prelude::*};

/// The root of a room's page.
#[derive(Component)]
pub(super) struct Body;

/// The part of a room.
#[derive(Component, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    /// Who is here, what will be played, and how others come.
    Match,
    /// What is said.
    Chat,
}

/// What a scene's part of the window has room for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shape {
    /// Both side by side.
    Wide,
    /// One above the other.
    Tall,
    /// The match's part only.
    Square,
}

impl Shape {
    fn of(size: Vec2) -> Self {
        match size.x / size.y.max(1.0) {
            ratio if ratio >= 1.3 => Self::Wide,
            ratio if ratio <= 0.72 => Self::Tall,
            _ => Self::Square,
        }
    }
}

/// Spawns the page, and returns the match's part for its widgets. A scene without others to talk to
/// has no chat.
pub(super) fn spawn<'c>(
    commands: &'c mut Commands<'_, '_>,
    scene: Entity,
    emotes: Option<&chat::Emotes>,
    words: &Words,
) -> EntityCommands<'c> {
    let root = commands
        .spawn((
            PageRoot,
            Body,
            PartOf(scene),
            UiTargetCamera(scene),
            TabGroup::new(0),
            Node {
                width: percent(100),
                height: percent(100),
                padding: UiRect::all(vmin(2.0)),
                column_gap: vmin(2.0),
                row_gap: vmin(2.0),
                align_items: AlignItems::Stretch,
                justify_content: JustifyContent::Center,
                ..default()
            },
            // What is beside the widgets is no button.
            Pickable::IGNORE,
        ))
        .id();
    let of_match = commands.spawn((Part::Match, card(), ChildOf(root))).id();
    if let Some(emotes) = emotes {
        commands
            .spawn((Part::Chat, card(), ChildOf(root)))
            .with_child(chat::column(scene, emotes, words));
    }
    commands.entity(of_match)
}

/// A ground on which everything can be read, whatever is behind it.
fn card() -> impl Bundle {
    (
        Node {
            flex_direction: FlexDirection::Column,
            align_items: AlignItems::Center,
            justify_content: JustifyContent::Center,
            row_gap: vmin(1.7),
            padding: UiRect::all(vmin(1.0)),
            border_radius: BorderRadius::all(vmin(2.0)),
            ..default()
        },
        BackgroundColor(theme::NIGHT.with_alpha(0.95)),
    )
}

/// Lays the parts out for the room that there is.
pub(super) fn arrange(
    cameras: Query<&Camera>,
    mut bodies: Query<(&UiTargetCamera, &mut Node, &Children), With<Body>>,
    mut parts: Query<(&Part, &mut Node), Without<Body>>,
) {
    for (target, mut body, children) in &mut bodies {
        let camera = cameras.get(target.entity()).ok();
        let Some(size) = camera.and_then(Camera::logical_viewport_size) else {
            continue;
        };
        let shape = Shape::of(size);
        let direction = match shape {
            Shape::Wide => FlexDirection::Row,
            Shape::Tall | Shape::Square => FlexDirection::Column,
        };
        if body.flex_direction != direction {
            body.flex_direction = direction;
        }
        for child in children {
            if let Ok((part, mut node)) = parts.get_mut(*child) {
                let wanted = arranged(*part, shape, &node);
                node.set_if_neq(wanted);
            }
        }
    }
}

fn arranged(part: Part, shape: Shape, node: &Node) -> Node {
    let mut node = node.clone();
    match part {
        Part::Match => {
            node.flex_grow = if shape == Shape::Tall { 0.0 } else { 1.0 };
            node.flex_shrink = if shape == Shape::Tall { 0.0 } else { 1.0 };
            node.max_width = if shape == Shape::Wide {
                vmin(104.0)
            } else {
                Val::Auto
            };
        }
        Part::Chat => {
            node.display = match shape {
                Shape::Square => Display::None,
                Shape::Wide | Shape::Tall => Display::Flex,
            };
            node.width = if shape == Shape::Wide {
                vmin(54.0)
            } else {
                Val::Auto
            };
            node.flex_grow = if shape == Shape::Wide { 0.0 } else { 1.0 };
            node.flex_basis = if shape == Shape::Wide {
                Val::Auto
            } else {
                px(0)
            };
            node.min_height = vmin(22.0);
        }
    }
    node
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_chat_is_beside_the_match_or_below_it_or_waits_for_room() {
        let shape = |width, height| Shape::of(Vec2::new(width, height));
        assert_eq!(shape(1280.0, 720.0), Shape::Wide);
        assert_eq!(shape(844.0, 390.0), Shape::Wide);
        assert_eq!(shape(640.0, 480.0), Shape::Wide);
        assert_eq!(shape(390.0, 844.0), Shape::Tall);
        assert_eq!(shape(360.0, 640.0), Shape::Tall);
        assert_eq!(shape(640.0, 640.0), Shape::Square);
        assert_eq!(shape(0.0, 0.0), Shape::Tall);
    }
}
