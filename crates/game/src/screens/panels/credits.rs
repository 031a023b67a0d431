//! Who made what, and under which licence.

use super::back;
use crate::{
    screens::widgets,
    text::Words,
    theme::{self, size},
};
use bevy::prelude::*;

pub(super) fn contents(words: &Words) -> impl Bundle + use<> {
    let credits = &words.credits;
    let paragraph = |content: &'static str| widgets::paragraph(content, 86.0, theme::TEXT);
    children![
        widgets::text(credits.heading, size::HEADING, theme::TEXT),
        (
            Node {
                margin: UiRect::vertical(vmin(2.0)),
                ..widgets::column(2.2)
            },
            children![
                paragraph(credits.game),
                paragraph(credits.engine),
                paragraph(credits.font),
                paragraph(credits.rest),
            ]
        ),
        back(words),
    ]
}
