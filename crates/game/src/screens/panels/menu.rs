//! The menu of a match, which goes on meanwhile.

use super::{Panel, closes, opens};
use crate::{
    screens::{leave, widgets},
    text::Words,
    theme::{self, size},
};
use bevy::{prelude::*, ui_widgets::observe};

/// How wide the buttons are, in `VMin`.
const WIDTH: f32 = 56.0;

pub(super) fn contents(words: &Words) -> impl Bundle + use<> {
    children![
        widgets::text(words.menu.heading, size::HEADING, theme::TEXT),
        (
            widgets::text(words.menu.no_pause, size::BODY, theme::FAINT),
            Node {
                max_width: vmin(78.0),
                margin: UiRect::bottom(vmin(2.0)),
                ..default()
            }
        ),
        (widgets::button(words.menu.resume, WIDTH), closes()),
        (
            widgets::button(words.chat.players, WIDTH),
            opens(Panel::Players)
        ),
        (
            widgets::button(words.common.settings, WIDTH),
            opens(Panel::Settings)
        ),
        (widgets::button(words.menu.leave, WIDTH), observe(leave)),
    ]
}
