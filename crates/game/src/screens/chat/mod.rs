//! What players say to each other: lines of text and emotes, in the room and over the match. The
//! session bounds and cleans them; here they are shown as text and as nothing else.

mod emotes;
mod entry;
mod lines;
#[cfg(test)]
mod tests;

pub use emotes::Emotes;
use entry::Entry;
pub use entry::Typing;
pub(super) use entry::button;

use super::widgets;
use crate::{
    scene::Scene,
    text::Words,
    theme::{self, size},
};
use bevy::prelude::*;

pub(super) fn plugin(app: &mut App) {
    app.init_resource::<Emotes>()
        .register_required_components::<Scene, lines::Log>()
        .add_plugins((entry::plugin, lines::plugin));
}

/// The chat of a room: its lines, and below them where to say something.
pub(super) fn column(scene: Entity, emotes: &Emotes, words: &Words) -> impl Bundle + use<> {
    (
        Node {
            width: percent(100),
            flex_grow: 1.0,
            flex_basis: px(0),
            row_gap: vmin(1.0),
            flex_direction: FlexDirection::Column,
            ..default()
        },
        children![
            widgets::left_text(words.chat.chat, size::SMALL, theme::FAINT),
            (
                lines::Lines::of(scene, false),
                Node {
                    flex_grow: 1.0,
                    flex_basis: px(0),
                    justify_content: JustifyContent::FlexEnd,
                    ..box_of_lines()
                },
            ),
            entry::bar(scene, false, emotes),
        ],
    )
}

/// What a match shows of the chat: at its left side, below the names, where neither the fingers nor a
/// phone's keyboard are.
pub(super) fn overlay(scene: Entity) -> impl Bundle {
    (
        entry::Place(scene),
        Node {
            position_type: PositionType::Absolute,
            left: vmin(1.5),
            top: vmin(theme::inset::TOP + 1.0),
            width: vmin(74.0),
            row_gap: vmin(0.8),
            flex_direction: FlexDirection::Column,
            ..default()
        },
        Pickable::IGNORE,
        children![(
            lines::Lines::of(scene, true),
            box_of_lines(),
            Pickable::IGNORE
        )],
    )
}

fn box_of_lines() -> Node {
    Node {
        flex_direction: FlexDirection::Column,
        row_gap: vmin(0.5),
        overflow: Overflow::clip(),
        ..default()
    }
}
