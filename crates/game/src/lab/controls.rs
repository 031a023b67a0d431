//! The band's words and controls: a slider for each part of the dial, a button for each preset, and
//! one that folds all of that away.

use super::{
    Arrangement, Band, Lab, Part as Drawn,
    dial::{Dial, PRESETS, Part},
    place::Places,
};
use crate::{
    preferences::Preferences,
    scene::{Scene, meter::Meter},
    screens::widgets,
    text::Words,
    theme,
};
use bevy::{
    input_focus::tab_navigation::{TabGroup, TabIndex},
    picking::hover::Hovered,
    prelude::*,
    ui_widgets::{Activate, Button, SliderValue, ValueChange, observe},
};

/// What all of the band's widgets are in.
#[derive(Component)]
pub(super) struct Root;

/// What a line tells.
#[derive(Component, Clone, Copy)]
pub(super) enum Line {
    /// The value of a part of the dial.
    Value(Part),
    /// How a scene predicts.
    Scene(usize),
    /// What the folding button does, and what is set.
    Fold,
}

/// The slider of a part of the dial.
#[derive(Component, Clone, Copy)]
pub(super) struct SliderOf(Part);

/// Text of so many pixels, in one line.
fn text(content: &str, size: f32, color: Color) -> impl Bundle + use<> {
    (
        Text::new(content),
        TextFont::from_font_size(FontSize::Px(size)),
        TextColor(color),
        TextLayout::no_wrap(),
    )
}

/// A box at a place of the band.
fn at(place: Rect) -> Node {
    Node {
        position_type: PositionType::Absolute,
        left: px(place.min.x),
        top: px(place.min.y),
        width: px(place.width()),
        height: px(place.height()),
        ..default()
    }
}

pub(super) fn build(
    band: Entity,
    places: &Places,
    dial: &Dial,
    words: &Words,
    commands: &mut Commands,
) {
    let unit = places.unit;
    let root = (
        Drawn,
        Root,
        UiTargetCamera(band),
        // Keys come in by N alone: until then they are the players'.
        TabGroup::modal(),
        Pickable::IGNORE,
        Node {
            width: percent(100),
            height: percent(100),
            ..default()
        },
    );
    commands.spawn(root).with_children(|parts| {
        for (scene, place) in places.words.into_iter().enumerate() {
            if !place.is_empty() {
                parts.spawn(told(scene, place, places, words));
            }
        }
        if places.is_open {
            let rows = at(places.controls);
            let rows = Node {
                flex_direction: FlexDirection::Column,
                justify_content: JustifyContent::SpaceEvenly,
                ..rows
            };
            parts.spawn((rows, Pickable::IGNORE)).with_children(|rows| {
                for part in Part::ALL {
                    rows.spawn(row(part, dial, places, words));
                }
                rows.spawn(presets(places, words));
            });
        }
        parts.spawn((
            button(at(places.fold), unit),
            observe(fold),
            children![(Line::Fold, text("", 13.0 * unit, theme::TEXT))],
        ));
    });
}

/// What a scene says of itself, and what its strip's colours mean where there is room for it.
fn told(scene: usize, place: Rect, places: &Places, words: &Words) -> impl Bundle + use<> {
    let unit = places.unit;
    let shows_legend = places.is_wide && places.is_open;
    (
        Node {
            flex_direction: FlexDirection::Column,
            justify_content: if shows_legend {
                JustifyContent::SpaceEvenly
            } else {
                JustifyContent::Center
            },
            overflow: Overflow::clip(),
            ..at(place)
        },
        Pickable::IGNORE,
        children![
            (
                Line::Scene(scene),
                text(
                    "",
                    if shows_legend { 14.0 } else { 11.5 } * unit,
                    theme::team(scene)
                )
            ),
            (
                Node {
                    column_gap: px(16.0 * unit),
                    display: if shows_legend {
                        Display::Flex
                    } else {
                        Display::None
                    },
                    ..default()
                },
                children![
                    legend(theme::ACCENT, words.lab.confirmed, unit),
                    legend(theme::BALL, words.lab.predicted, unit),
                    legend(theme::ALARM, words.lab.made_again, unit),
                ]
            ),
        ],
    )
}

/// What a colour of the strips means.
fn legend(color: Color, meaning: &str, unit: f32) -> impl Bundle + use<> {
    (
        Node {
            column_gap: px(5.0 * unit),
            align_items: AlignItems::Center,
            ..default()
        },
        children![
            (
                Node {
                    width: px(9.0 * unit),
                    height: px(9.0 * unit),
                    ..default()
                },
                BackgroundColor(color)
            ),
            text(meaning, 12.0 * unit, theme::FAINT),
        ],
    )
}

/// A part of the dial: its name, its slider, its value.
fn row(part: Part, dial: &Dial, places: &Places, words: &Words) -> impl Bundle + use<> {
    let unit = places.unit;
    // The rows, and the presets in a higher one.
    let height = places.controls.height() / (Part::ALL.len() as f32 + 1.5);
    let wide = |width: f32| Node {
        width: px(width * unit),
        flex_shrink: 0.0,
        ..default()
    };
    let slider = Node {
        flex_grow: 1.0,
        height: px(0.82 * height),
        border: UiRect::all(px(unit)),
        border_radius: BorderRadius::all(px(5.0 * unit)),
        ..default()
    };
    (
        Node {
            width: percent(100),
            height: px(height),
            align_items: AlignItems::Center,
            column_gap: px(8.0 * unit),
            ..default()
        },
        Pickable::IGNORE,
        children![
            (
                text((words.lab.part)(part), 13.0 * unit, theme::FAINT),
                wide(84.0)
            ),
            (
                widgets::slider_in(slider, px(12.0 * unit), part.share(dial)),
                SliderOf(part),
                observe(move |change: On<ValueChange<f32>>, mut lab: ResMut<Lab>| {
                    part.set(&mut lab.dial, change.value);
                })
            ),
            (
                Line::Value(part),
                text("", 13.0 * unit, theme::TEXT),
                wide(72.0)
            ),
        ],
    )
}

fn presets(places: &Places, words: &Words) -> impl Bundle + use<> {
    let unit = places.unit;
    let preset = |index: usize| {
        (
            button(
                Node {
                    flex_grow: 1.0,
                    height: px(places.controls.height() / 6.0),
                    ..default()
                },
                unit,
            ),
            observe(move |_: On<Activate>, mut lab: ResMut<Lab>| {
                // The delay is the players' own: no network sets it.
                lab.dial = Dial {
                    delay: lab.dial.delay,
                    ..PRESETS[index]
                };
            }),
            children![text(words.lab.presets[index], 12.5 * unit, theme::TEXT)],
        )
    };
    (
        Node {
            width: percent(100),
            column_gap: px(6.0 * unit),
            ..default()
        },
        Pickable::IGNORE,
        children![preset(0), preset(1), preset(2), preset(3), preset(4)],
    )
}

/// A button in a box of its own.
fn button(node: Node, unit: f32) -> impl Bundle {
    (
        widgets::Control,
        Button,
        Hovered::default(),
        TabIndex(0),
        Node {
            border: UiRect::all(px(unit)),
            border_radius: BorderRadius::all(px(5.0 * unit)),
            justify_content: JustifyContent::Center,
            align_items: AlignItems::Center,
            ..node
        },
        BackgroundColor(theme::PANEL),
        BorderColor::all(theme::ACCENT),
    )
}

fn fold(_: On<Activate>, arrangement: Res<Arrangement>, mut lab: ResMut<Lab>) {
    let is_open = arrangement.0.is_some_and(|places| places.is_open);
    lab.wants_open = Some(!is_open);
    if is_open {
        lab.is_held = false;
    }
}

/// What the sliders and lines say, whatever has changed it.
pub(super) fn tell(
    lab: Res<Lab>,
    arrangement: Res<Arrangement>,
    preferences: Res<Preferences>,
    bands: Query<(), With<Band>>,
    scenes: Query<(&Scene, &Meter)>,
    sliders: Query<(Entity, &SliderOf, &SliderValue)>,
    mut lines: Query<(&Line, &mut Text)>,
    mut commands: Commands,
) {
    let (Some(places), false) = (arrangement.0, bands.is_empty()) else {
        return;
    };
    for (slider, of, value) in &sliders {
        let share = of.0.share(&lab.dial);
        if value.0 != share {
            commands.entity(slider).insert(SliderValue(share));
        }
    }
    let words = &preferences.words().lab;
    for (line, mut text) in &mut lines {
        let told = match *line {
            Line::Value(part) => (words.value)(part, part.of(&lab.dial)),
            Line::Fold if places.is_open => words.fold.to_owned(),
            Line::Fold => (words.unfold)(lab.dial.latency, lab.dial.loss),
            Line::Scene(index) => {
                let of = |(scene, _): &(&Scene, &Meter)| scene.index == index;
                let Some((_, meter)) = scenes.iter().find(of) else {
                    continue;
                };
                let newest = meter.newest();
                let rtt = meter.peers.first().and_then(|peer| peer.rtt_ms);
                (words.scene)(newest.predicted, newest.rollbacks.round() as u32, rtt)
            }
        };
        text.set_if_neq(Text(told));
    }
}
