//! Widgets that change a value: a slider, a switch, and a button that goes through choices. Each
//! tells its new value by [`ValueChange`], whether a pointer, a key or a gamepad changed it.

use super::{Control, broken_text, frame, row, text};
use crate::theme::{self, size};
use bevy::{
    input_focus::tab_navigation::TabIndex,
    picking::hover::Hovered,
    prelude::*,
    ui::Checked,
    ui_widgets::{
        Activate, Button, Checkbox, Slider, SliderPrecision, SliderStep, SliderThumb, SliderValue,
        TrackClick, ValueChange, observe,
    },
};

pub(super) fn plugin(app: &mut App) {
    app.add_observer(turn_switch)
        .add_systems(Update, draw_sliders);
}

/// Widths in `VMin`: of a setting's name, and of what changes it.
const NAME: f32 = 43.0;
const VALUE: f32 = 41.0;

/// How high a setting is, in `VMin`.
const HEIGHT: f32 = 5.6;

/// How wide a slider's thumb is, in `VMin`.
const THUMB: f32 = 3.0;

/// How far a key or a press of a gamepad moves a slider.
const STEP: f32 = 0.1;

/// A setting's name, and beside it what changes it.
pub fn setting(name: &str, widget: impl Bundle) -> impl Bundle {
    setting_if(true, name, widget)
}

/// A setting that is not there on every system.
pub fn setting_if(is_there: bool, name: &str, widget: impl Bundle) -> impl Bundle {
    let display = match is_there {
        true => Display::Flex,
        false => Display::None,
    };
    (
        Node {
            display,
            ..row(2.0)
        },
        children![
            (
                broken_text(name, size::BODY, theme::FAINT, LineBreak::NoWrap),
                Node {
                    width: vmin(NAME),
                    ..default()
                }
            ),
            widget,
        ],
    )
}

fn node() -> Node {
    Node {
        height: vmin(HEIGHT),
        padding: UiRect::ZERO,
        ..frame(VALUE)
    }
}

/// What every widget of this file is.
fn control() -> impl Bundle {
    control_in(node())
}

/// The same in a box of one's own.
fn control_in(node: Node) -> impl Bundle {
    (
        Control,
        Hovered::default(),
        TabIndex(0),
        node,
        BackgroundColor(theme::PANEL),
        BorderColor::all(theme::ACCENT),
    )
}

/// The part of a slider up to its value.
#[derive(Component)]
struct Filled;

/// A slider from 0 to 1, in hundredths. What observes its [`ValueChange`] only has to note it.
pub fn slider(value: f32) -> impl Bundle {
    slider_in(node(), vmin(THUMB), value)
}

/// The same in a box of one's own, with a thumb of this width.
pub fn slider_in(node: Node, thumb: Val, value: f32) -> impl Bundle {
    (
        control_in(node),
        Slider {
            track_click: TrackClick::Snap,
            ..default()
        },
        SliderValue(value),
        SliderStep(STEP),
        SliderPrecision(2),
        Sideways,
        observe(slide),
        observe(|change: On<ValueChange<f32>>, mut commands: Commands| {
            let value = SliderValue(change.value);
            commands.entity(change.source).insert(value);
        }),
        // The value stands where the thumb's left edge is, so the travel ends a thumb earlier.
        children![(
            Node {
                position_type: PositionType::Absolute,
                left: px(0),
                right: thumb,
                height: percent(100),
                ..default()
            },
            Pickable::IGNORE,
            children![
                (
                    Filled,
                    Node {
                        height: percent(100),
                        flex_shrink: 0.0,
                        border_radius: BorderRadius::all(vmin(1.0)),
                        ..default()
                    },
                    BackgroundColor(theme::PANEL_PRESSED),
                    Pickable::IGNORE,
                ),
                (
                    SliderThumb,
                    Node {
                        width: thumb,
                        min_width: thumb,
                        height: percent(100),
                        border_radius: BorderRadius::all(vmin(1.0)),
                        ..default()
                    },
                    BackgroundColor(theme::ACCENT),
                    Pickable::IGNORE,
                ),
            ],
        )],
    )
}

fn draw_sliders(
    sliders: Query<(Entity, &SliderValue), Changed<SliderValue>>,
    children: Query<&Children>,
    mut filled: Query<&mut Node, With<Filled>>,
) {
    for (slider, value) in &sliders {
        for part in children.iter_descendants(slider) {
            if let Ok(mut node) = filled.get_mut(part) {
                node.width = percent(100.0 * value.0);
            }
        }
    }
}

/// A widget that left and right change while it has the focus: it hears [`Stepped`].
#[derive(Component)]
pub struct Sideways;

/// A widget is to be changed by a step to the right (1) or to the left (-1).
#[derive(EntityEvent, Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stepped {
    /// The widget.
    pub entity: Entity,
    /// Which way.
    pub by: i8,
}

fn slide(stepped: On<Stepped>, sliders: Query<&SliderValue>, mut commands: Commands) {
    if let Ok(value) = sliders.get(stepped.entity) {
        commands.trigger(ValueChange {
            source: stepped.entity,
            value: (value.0 + f32::from(stepped.by) * STEP).clamp(0.0, 1.0),
            is_final: true,
        });
    }
}

/// Whether a switch is on.
#[derive(Component, Clone, Copy, Debug, PartialEq, Eq)]
#[component(immutable)]
struct Switch {
    is_on: bool,
    /// The words for off and on.
    words: [&'static str; 2],
}

impl Switch {
    fn word(self) -> &'static str {
        self.words[usize::from(self.is_on)]
    }
}

/// A switch with the words for off and on. What observes its [`ValueChange`] only has to note it.
pub fn switch(is_on: bool, words: [&'static str; 2]) -> impl Bundle {
    let switch = Switch { is_on, words };
    (
        control(),
        Checkbox,
        switch,
        Sideways,
        observe(push),
        observe(
            |change: On<ValueChange<bool>>, switches: Query<&Switch>, mut commands: Commands| {
                if let Ok(&switch) = switches.get(change.source) {
                    let is_on = change.value;
                    commands
                        .entity(change.source)
                        .insert(Switch { is_on, ..switch });
                }
            },
        ),
        children![text(switch.word(), size::BODY, theme::TEXT)],
    )
}

fn turn_switch(
    turned: On<Insert, Switch>,
    switches: Query<&Switch>,
    children: Query<&Children>,
    mut texts: Query<&mut Text>,
    mut commands: Commands,
) {
    let Ok(switch) = switches.get(turned.entity) else {
        return;
    };
    let mut entity = commands.entity(turned.entity);
    match switch.is_on {
        true => entity.insert(Checked),
        false => entity.remove::<Checked>(),
    };
    for part in children.iter_descendants(turned.entity) {
        if let Ok(mut text) = texts.get_mut(part) {
            text.0 = switch.word().to_owned();
        }
    }
}

/// On is to the right.
fn push(stepped: On<Stepped>, switches: Query<&Switch>, mut commands: Commands) {
    let value = stepped.by > 0;
    if switches
        .get(stepped.entity)
        .is_ok_and(|switch| switch.is_on != value)
    {
        commands.trigger(ValueChange {
            source: stepped.entity,
            value,
            is_final: true,
        });
    }
}

/// A button that shows what is chosen: it goes on to the next one, or back to the one before, as
/// [`Stepped`] says. Pressing it goes on.
pub fn choice(name: &str) -> impl Bundle + use<> {
    (
        control(),
        Button,
        Sideways,
        observe(|pressed: On<Activate>, mut commands: Commands| {
            let (entity, by) = (pressed.entity, 1);
            commands.trigger(Stepped { entity, by });
        }),
        children![text(self::chosen(name), size::BODY, theme::TEXT)],
    )
}

/// What the button of a [`choice`] says when this is chosen.
pub fn chosen(name: &str) -> String {
    format!("‹  {name}  ›")
}
