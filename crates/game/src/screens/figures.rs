//! What the players did in a match that is over: how the sides stand, how they shared what there was
//! to share, and a table of all seats.

use super::widgets;
use crate::{
    contract::{Board, Figures, Line, Side},
    text::Words,
    theme::{self, size},
};
use bevy::prelude::*;

/// Widths in `VMin`: of a name, and of the figures beside it.
const NAME: f32 = 24.0;
const ALL_FIGURES: f32 = 60.0;

/// Who played a seat, as the result tells it.
pub(super) struct Player {
    /// The name, or what is said of a bot.
    pub name: String,
    /// Whether it is this scene's player.
    pub is_me: bool,
    /// The round trip in milliseconds, if it is another peer's.
    pub rtt_ms: Option<f32>,
}

/// The scores of two sides between their names, in their colours.
pub(super) fn score(left: &Side, right: &Side) -> impl Bundle + use<> {
    let name = |side: &Side| widgets::text(side.name.clone(), size::BODY, side.color);
    let goals = |side: &Side| widgets::text(side.score.to_string(), size::HEADING, side.color);
    (
        widgets::row(3.0),
        children![
            name(left),
            goals(left),
            widgets::text(":", size::HEADING, theme::FAINT),
            goals(right),
            name(right),
        ],
    )
}

/// Tells the figures; `players` are by seat.
pub(super) fn spawn(
    page: &mut ChildSpawnerCommands<'_>,
    figures: &Figures,
    board: &Board,
    players: &[Player],
    words: &Words,
) {
    for line in &figures.lines {
        let text = widgets::text(sentence(line, players), size::SMALL, theme::TEXT);
        page.spawn((text, widgets::at_most(92.0)));
    }
    if !figures.shares.is_empty() {
        let bar = Node {
            width: vmin(80.0),
            flex_shrink: 0.0,
            overflow: Overflow::clip(),
            border_radius: BorderRadius::all(vmin(1.0)),
            ..default()
        };
        page.spawn(bar).with_children(|bar| {
            for (side, share) in board.sides.iter().zip(&figures.shares) {
                bar.spawn(part(side, *share));
            }
        });
    }
    if figures.heads.is_empty() {
        return;
    }
    page.spawn(widgets::column(0.5)).with_children(|table| {
        let heads = figures.heads.iter().chain([&words.play.ping]);
        let heads = heads.map(|head| (*head).to_owned()).collect();
        spawn_row(table, String::new(), heads, theme::FAINT);
        for side in &board.sides {
            for seat in side.seats.iter().copied() {
                let (Some(player), Some(cells)) = (players.get(seat), figures.seats.get(seat))
                else {
                    continue;
                };
                let name = match player.is_me {
                    true => format!("{} ({})", player.name, words.room.you),
                    false => player.name.clone(),
                };
                let ping = player
                    .rtt_ms
                    .map_or_else(|| "-".into(), |rtt| format!("{rtt:.0}"));
                let cells = cells.iter().cloned().chain([ping]).collect();
                spawn_row(table, name, cells, side.color);
            }
        }
    });
}

fn spawn_row(table: &mut ChildSpawnerCommands<'_>, name: String, cells: Vec<String>, color: Color) {
    let cell = |content: String, width: f32| {
        (
            widgets::broken_text(content, size::SMALL, color, LineBreak::NoWrap),
            Node {
                width: vmin(width),
                overflow: Overflow::clip(),
                ..default()
            },
        )
    };
    table.spawn(widgets::row(1.2)).with_children(|row| {
        row.spawn(cell(name, NAME))
            .insert(TextLayout::new(Justify::Left, LineBreak::NoWrap));
        let width = ALL_FIGURES / cells.len().max(1) as f32;
        for content in cells {
            row.spawn(cell(content, width));
        }
    });
}

/// A side's part of the bar.
fn part(side: &Side, share: u32) -> impl Bundle + use<> {
    let told = match share {
        0 => String::new(),
        share => format!("{share} %"),
    };
    (
        Node {
            width: percent(share),
            justify_content: JustifyContent::Center,
            ..default()
        },
        BackgroundColor(side.color.with_alpha(0.45)),
        children![widgets::broken_text(
            told,
            size::TINY,
            theme::TEXT,
            LineBreak::NoWrap
        )],
    )
}

/// A line with the names of those it is about.
fn sentence(line: &Line, players: &[Player]) -> String {
    let told = line.players.iter().filter_map(|(seat, times, told)| {
        let name = told(&players.get(*seat)?.name);
        Some(match times {
            1 => name,
            times => format!("{name} {times}"),
        })
    });
    (line.sentence)(&told.collect::<Vec<_>>().join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sentence_names_who_did_it_and_how_often() {
        let players = ["Ada", "Bob"].map(|name| Player {
            name: name.into(),
            is_me: false,
            rtt_ms: None,
        });
        let line = Line {
            sentence: |names| format!("Goals: {names}"),
            players: vec![
                (0, 2, str::to_owned),
                (1, 1, |name| format!("{name} (own goal)")),
                // Nobody of this match.
                (9, 1, str::to_owned),
            ],
        };
        assert_eq!(sentence(&line, &players), "Goals: Ada 2, Bob (own goal)");
    }
}
