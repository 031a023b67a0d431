//! The few widgets that all screens are made of, and how they look in each state.

mod setting;

use crate::{
    preferences::Preferences,
    theme::{self, size},
    touch::Device,
};
use bevy::{
    input::{ButtonState, keyboard::KeyboardInput},
    input_focus::{
        FocusCause, FocusedInput, InputFocus,
        tab_navigation::{TabIndex, TabNavigationPlugin},
    },
    picking::hover::Hovered,
    prelude::*,
    text::{EditableText, EditableTextFilter, TextCursorStyle},
    ui::{InteractionDisabled, Pressed, UiGlobalTransform},
    ui_widgets::Button,
};

pub use setting::{
    Sideways, Stepped, choice, chosen, setting, setting_if, slider, slider_in, switch,
};

pub(super) fn plugin(app: &mut App) {
    app.add_plugins((TabNavigationPlugin, setting::plugin))
        .add_systems(Update, (paint, suit_fingers))
        .add_systems(PostUpdate, strengthen)
        .add_observer(focus_on_press);
}

/// A widget that takes the keyboard, drawn by its state. The outline shows where the keyboard is.
#[derive(Component)]
#[require(Outline = Outline::new(vmin(0.45), vmin(0.45), Color::NONE))]
pub struct Control;

/// A button that takes little room, unless fingers press it.
#[derive(Component)]
struct Small;

/// How high a finger's button is at least, in `VMin`: on a phone, nearly as a finger is.
const FINGER: f32 = 7.6;

/// Text that was faint before high contrast.
#[derive(Component)]
struct WasFaint;

/// A line of text; a long one goes on in the next line.
pub fn text(content: impl Into<String>, size: f32, color: Color) -> impl Bundle {
    broken_text(content, size, color, LineBreak::WordBoundary)
}

/// Text that is broken where `linebreak` says.
pub fn broken_text(
    content: impl Into<String>,
    size: f32,
    color: Color,
    linebreak: LineBreak,
) -> impl Bundle {
    (
        Text::new(content),
        TextFont::from_font_size(FontSize::VMin(size)),
        TextColor(color),
        TextLayout {
            justify: Justify::Center,
            linebreak,
        },
    )
}

/// A line of text that begins at the left; a long one goes on in the next line.
pub fn left_text(content: impl Into<String>, size: f32, color: Color) -> impl Bundle {
    (
        Text::new(content),
        TextFont::from_font_size(FontSize::VMin(size)),
        TextColor(color),
        TextLayout {
            justify: Justify::Left,
            linebreak: LineBreak::WordOrCharacter,
        },
    )
}

/// A sentence over several lines, at most `width` hundredths of the smaller side wide.
pub fn paragraph(content: impl Into<String>, width: f32, color: Color) -> impl Bundle {
    (text(content, size::BODY, color), at_most(width))
}

/// A box that is no wider than this (in `VMin`).
pub fn at_most(width: f32) -> Node {
    Node {
        max_width: vmin(width),
        ..default()
    }
}

/// A box that lays its children out from top to bottom, in the middle.
pub fn column(gap: f32) -> Node {
    Node {
        flex_direction: FlexDirection::Column,
        align_items: AlignItems::Center,
        justify_content: JustifyContent::Center,
        row_gap: vmin(gap),
        ..default()
    }
}

/// A box that lays its children out from left to right.
pub fn row(gap: f32) -> Node {
    Node {
        flex_direction: FlexDirection::Row,
        align_items: AlignItems::Center,
        justify_content: JustifyContent::Center,
        column_gap: vmin(gap),
        ..default()
    }
}

/// A box along a scene's lower edge, below the arena, laid out from left to right.
pub fn bar_below(gap: f32) -> Node {
    Node {
        position_type: PositionType::Absolute,
        bottom: vmin(0.8),
        width: percent(100),
        height: vmin(theme::inset::BOTTOM - 0.8),
        padding: UiRect::horizontal(vmin(1.5)),
        ..row(gap)
    }
}

/// A button of this width (in `VMin`); observe [`Activate`](bevy::ui_widgets::Activate) on it.
pub fn button(label: &str, width: f32) -> impl Bundle {
    button_with(text(label, size::BODY, theme::TEXT), width)
}

/// A button of this width with something of one's own in it.
pub fn button_with(content: impl Bundle, width: f32) -> impl Bundle {
    (
        Control,
        Button,
        Hovered::default(),
        TabIndex(0),
        frame(width),
        BackgroundColor(theme::PANEL),
        BorderColor::all(theme::ACCENT),
        children![content],
    )
}

/// A button that takes little room, for the edge of a match.
pub fn small_button(label: &str) -> impl Bundle {
    small_button_with(text(label, size::TINY, theme::FAINT))
}

/// A small button with something of one's own in it.
pub fn small_button_with(content: impl Bundle) -> impl Bundle {
    (
        Control,
        Small,
        Button,
        Hovered::default(),
        TabIndex(0),
        Node {
            align_items: AlignItems::Center,
            padding: UiRect::axes(vmin(1.6), vmin(0.8)),
            border: UiRect::all(vmin(0.25)),
            border_radius: BorderRadius::all(vmin(1.0)),
            ..default()
        },
        BackgroundColor(theme::PANEL),
        BorderColor::all(theme::ACCENT),
        children![content],
    )
}

/// A field for one line of text of at most `max` characters that `allowed` lets in.
pub fn field(
    value: &str,
    width: f32,
    max: usize,
    allowed: impl Fn(char) -> bool + Send + Sync + 'static,
) -> impl Bundle {
    field_in(frame(width), value, size::BODY, max, allowed)
}

/// A low field as wide as there is room.
pub fn small_field(
    max: usize,
    allowed: impl Fn(char) -> bool + Send + Sync + 'static,
) -> impl Bundle {
    let node = Node {
        height: vmin(6.4),
        width: Val::Auto,
        min_width: vmin(10.0),
        flex_grow: 1.0,
        flex_basis: px(0),
        padding: UiRect::axes(vmin(1.4), vmin(0.8)),
        ..frame(0.0)
    };
    field_in(node, "", size::SMALL, max, allowed)
}

fn field_in(
    node: Node,
    value: &str,
    size: f32,
    max: usize,
    allowed: impl Fn(char) -> bool + Send + Sync + 'static,
) -> impl Bundle {
    (
        Control,
        Hovered::default(),
        TabIndex(0),
        node,
        BackgroundColor(theme::PANEL),
        BorderColor::all(theme::ACCENT),
        EditableText {
            max_characters: Some(max),
            ..EditableText::new(value)
        },
        EditableTextFilter::new(allowed),
        TextFont::from_font_size(FontSize::VMin(size)),
        TextColor(theme::TEXT),
        TextLayout::no_wrap(),
        TextCursorStyle {
            color: theme::ACCENT,
            ..default()
        },
    )
}

/// A button that shows a picture of this side (in `VMin`).
pub fn picture_button(picture: Handle<Image>, side: f32) -> impl Bundle {
    small_button_with((
        ImageNode::new(picture),
        Node {
            width: vmin(side),
            height: vmin(side),
            ..default()
        },
        Pickable::IGNORE,
    ))
}

fn frame(width: f32) -> Node {
    Node {
        width: vmin(width),
        height: vmin(8.6),
        padding: UiRect::axes(vmin(2.0), vmin(1.2)),
        border: UiRect::all(vmin(0.35)),
        border_radius: BorderRadius::all(vmin(1.6)),
        justify_content: JustifyContent::Center,
        align_items: AlignItems::Center,
        ..default()
    }
}

/// Where a node is in its window, in physical pixels.
pub fn rect(node: &ComputedNode, at: &UiGlobalTransform, camera: &Camera) -> Rect {
    let viewport = camera.viewport.as_ref();
    let corner = viewport.map_or(UVec2::ZERO, |viewport| viewport.physical_position);
    Rect::from_center_size(at.translation + corner.as_vec2(), node.size())
}

/// Whether this key press submits a form.
pub fn is_enter(input: &FocusedInput<KeyboardInput>) -> bool {
    input.input.key_code == KeyCode::Enter
        && input.input.state == ButtonState::Pressed
        && !input.input.repeat
}

fn paint(
    focus: Res<InputFocus>,
    preferences: Res<Preferences>,
    mut controls: Query<
        (
            Entity,
            &Hovered,
            Has<Pressed>,
            Has<InteractionDisabled>,
            &mut BackgroundColor,
            &mut BorderColor,
            &mut Outline,
        ),
        With<Control>,
    >,
) {
    let (rest, line_at_rest) = if preferences.high_contrast {
        (theme::NIGHT, theme::TEXT)
    } else {
        (theme::PANEL, theme::ACCENT.with_alpha(0.55))
    };
    for (entity, hovered, pressed, disabled, mut ground, mut border, mut outline) in &mut controls {
        let focused = focus.get() == Some(entity);
        let (fill, line) = match (disabled, pressed, hovered.get(), focused) {
            (true, ..) => (rest, theme::FAINT.with_alpha(0.3)),
            (_, true, ..) => (theme::PANEL_PRESSED, Color::WHITE),
            (_, _, hovered, focused) => (
                if hovered { theme::PANEL_HOVER } else { rest },
                if focused { Color::WHITE } else { line_at_rest },
            ),
        };
        let around = if focused { theme::BALL } else { Color::NONE };
        if outline.color != around {
            outline.color = around;
        }
        ground.set_if_neq(BackgroundColor(fill));
        border.set_if_neq(BorderColor::all(line));
    }
}

/// Nothing grows while a finger is down: its button would move away from under it, and the first tap
/// be lost.
fn suit_fingers(
    device: Res<Device>,
    touches: Res<Touches>,
    mut buttons: Query<&mut Node, With<Small>>,
) {
    if touches.iter().next().is_some() {
        return;
    }
    let height = match *device {
        Device::Touch => vmin(FINGER),
        Device::Keyboard | Device::Gamepad | Device::Mouse => auto(),
    };
    for mut node in &mut buttons {
        if node.min_height != height {
            node.min_height = height;
        }
    }
}

/// High contrast has no faint text.
fn strengthen(
    preferences: Res<Preferences>,
    mut texts: Query<(Entity, &mut TextColor, Has<WasFaint>)>,
    mut commands: Commands,
) {
    for (entity, mut color, was_faint) in &mut texts {
        if preferences.high_contrast && color.0 == theme::FAINT {
            color.0 = theme::TEXT;
            commands.entity(entity).insert(WasFaint);
        } else if !preferences.high_contrast && was_faint {
            color.0 = theme::FAINT;
            commands.entity(entity).remove::<WasFaint>();
        }
    }
}

/// The keyboard follows the pointer: what was pressed is where Enter acts next.
fn focus_on_press(
    press: On<Pointer<Press>>,
    controls: Query<(), With<Control>>,
    mut focus: ResMut<InputFocus>,
) {
    if controls.contains(press.entity) {
        focus.set(press.entity, FocusCause::Pressed);
    }
}
