//! Who plays, how they stand and what time is left, above the picture: two sides left and right,
//! more of them in rows.

use super::{Of, clock, names};
use crate::{
    contract::{Board, Side},
    preferences::Preferences,
    scene::{Seen, replay::Watching},
    screens::widgets,
    theme::{self, size},
};
use bevy::prelude::*;

/// What a line above the picture tells.
#[derive(Component, Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Line {
    Score(usize),
    Names(usize),
    /// Names and score in one.
    Standing(usize),
    Clock,
}

/// The box above the picture, and for how many sides it is laid out.
#[derive(Component)]
pub(super) struct Top {
    sides: usize,
}

/// The box of names, score and clock, above the picture.
pub(in crate::screens) fn top(scene: Entity) -> impl Bundle {
    (
        Top { sides: 0 },
        Of(scene),
        Node {
            position_type: PositionType::Absolute,
            top: vmin(1.0),
            width: percent(100),
            height: vmin(theme::inset::TOP - 1.0),
            ..widgets::row(2.0)
        },
        Pickable::IGNORE,
    )
}

/// Fills the box as soon as it is known how many sides there are.
pub(super) fn lay_out(
    scenes: Query<&Board>,
    mut tops: Query<(Entity, &mut Top, &Of)>,
    mut commands: Commands,
) {
    for (entity, mut top, &Of(scene)) in &mut tops {
        let sides = scenes.get(scene).map_or(0, |board| board.sides.len());
        if top.sides == sides {
            continue;
        }
        top.sides = sides;
        let mut top = commands.entity(entity);
        top.despawn_children();
        match sides {
            2 => top.with_children(|top| two(top, scene)),
            _ => top.with_children(|top| many(top, scene, sides)),
        };
    }
}

fn two(top: &mut ChildSpawnerCommands<'_>, scene: Entity) {
    let score = |side| {
        (
            Line::Score(side),
            Of(scene),
            widgets::text("", size::SCORE, theme::TEXT),
        )
    };
    let names = |side| {
        (
            Line::Names(side),
            Of(scene),
            widgets::broken_text("", size::SMALL, theme::TEXT, LineBreak::WordOrCharacter),
            Node {
                width: vmin(32.0),
                max_height: vmin(13.0),
                overflow: Overflow::clip(),
                ..default()
            },
        )
    };
    top.spawn(names(0));
    top.spawn((
        Node {
            width: vmin(28.0),
            ..widgets::column(0.2)
        },
        children![
            (
                widgets::row(3.5),
                children![
                    score(0),
                    widgets::text(":", size::BODY, theme::FAINT),
                    score(1),
                ]
            ),
            time(scene),
        ],
    ));
    top.spawn(names(1));
}

fn many(top: &mut ChildSpawnerCommands<'_>, scene: Entity, sides: usize) {
    let rows = Node {
        flex_wrap: FlexWrap::Wrap,
        row_gap: vmin(0.6),
        max_width: vmin(76.0),
        ..widgets::row(3.0)
    };
    top.spawn(rows).with_children(|rows| {
        for side in 0..sides {
            let text = widgets::broken_text("", size::SMALL, theme::TEXT, LineBreak::NoWrap);
            rows.spawn((Line::Standing(side), Of(scene), text));
        }
    });
    top.spawn(time(scene));
}

fn time(scene: Entity) -> impl Bundle {
    let text = widgets::text("", size::BODY, theme::TEXT);
    (Line::Clock, Of(scene), text)
}

pub(super) fn tell(
    scenes: Query<(&Board, &Seen, &names::Cast, Option<&Watching>)>,
    preferences: Res<Preferences>,
    mut lines: Query<(&Line, &Of, &mut Text, &mut TextColor)>,
) {
    let words = preferences.words();
    for (line, of, mut text, mut color) in &mut lines {
        let Ok((board, seen, cast, watching)) = scenes.get(of.0) else {
            continue;
        };
        let names = |side: &Side| match watching {
            Some(watching) => names::names_of_replay(&side.seats, &watching.0, words),
            None => names::names(&side.seats, &seen.0, cast, words),
        };
        let told = match *line {
            Line::Clock => board.clock.map_or(String::new(), clock),
            Line::Score(side) | Line::Names(side) | Line::Standing(side) => {
                let Some(side) = board.sides.get(side) else {
                    continue;
                };
                color.set_if_neq(TextColor(side.color));
                match line {
                    Line::Score(_) => side.score.to_string(),
                    Line::Names(_) => names(side),
                    _ => format!("{} {}", names(side), side.score),
                }
            }
        };
        text.set_if_neq(Text(told));
    }
}
