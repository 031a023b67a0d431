//! The stick and the buttons under a player's thumbs, drawn while fingers play.

use super::{Shown, arena::paint::Kit, text};
use bevy::prelude::*;
use game::{
    preferences::Preferences,
    scene::{Page, PartOf, Scene, Seen},
    theme,
    touch::{Device, FIRST, Hands, Layout, Round, SECOND},
};
use sim::demo::{Disc, World, disc::DASH_COOLDOWN_STEPS};

pub(super) fn plugin(app: &mut App) {
    app.add_observer(spawn)
        .add_systems(Update, (show, place, name, light));
}

/// Something round that is drawn of a scene's controls.
#[derive(Component, Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    /// How far the stick reaches.
    Ring,
    /// The finger on it.
    Knob,
    Button(usize),
    /// The ring around a button: how far the kick is charged, how soon the next dash is.
    Gauge(usize),
}

/// What a button does, in a word.
#[derive(Component, Clone, Copy)]
struct Label(usize);

/// The box of all controls of a scene.
#[derive(Component)]
struct Controls;

/// Which scene's they are.
#[derive(Component, Clone, Copy)]
struct Of(Entity);

/// How large the knob is, and how large a gauge is beside its button.
const KNOB: f32 = 0.42;
const GAUGE: f32 = 1.12;

/// How large a button's word is, in parts of its radius.
const WORD: f32 = 0.42;

/// Spawns the controls of a scene, below everything else of its screens.
fn spawn(added: On<Add, Scene>, kit: Res<Kit>, mut commands: Commands) {
    let scene = added.entity;
    let of = Of(scene);
    let button = |button| {
        (
            part(Part::Button(button), of),
            children![(
                Label(button),
                of,
                Text::default(),
                TextColor(theme::TEXT),
                TextLayout::no_wrap(),
                Pickable::IGNORE
            )],
        )
    };
    let gauge = |button| {
        let atlas = TextureAtlas {
            layout: kit.arc_layout.clone(),
            index: 0,
        };
        let image = ImageNode::from_atlas_image(kit.arcs.clone(), atlas);
        (part(Part::Gauge(button), of), image)
    };
    commands.spawn((
        Controls,
        of,
        PartOf(scene),
        UiTargetCamera(scene),
        GlobalZIndex(-1),
        Pickable::IGNORE,
        Node {
            position_type: PositionType::Absolute,
            width: percent(100),
            height: percent(100),
            display: Display::None,
            ..default()
        },
        children![
            part(Part::Ring, of),
            part(Part::Knob, of),
            button(FIRST),
            button(SECOND),
            gauge(FIRST),
            gauge(SECOND),
        ],
    ));
}

fn part(part: Part, of: Of) -> impl Bundle {
    (
        part,
        of,
        Pickable::IGNORE,
        BackgroundColor(Color::NONE),
        BorderColor::all(Color::NONE),
        Node {
            position_type: PositionType::Absolute,
            border: match part {
                Part::Ring | Part::Button(_) => UiRect::all(px(2)),
                Part::Knob | Part::Gauge(_) => UiRect::ZERO,
            },
            border_radius: BorderRadius::MAX,
            align_items: AlignItems::Center,
            justify_content: JustifyContent::Center,
            ..default()
        },
    )
}

/// They are for whoever plays, by fingers.
fn show(
    device: Res<Device>,
    scenes: Query<(&Page, &Seen)>,
    mut boxes: Query<(&Of, &mut Node), With<Controls>>,
) {
    for (of, mut node) in &mut boxes {
        let plays = scenes
            .get(of.0)
            .is_ok_and(|(page, seen)| *page == Page::Playing && !seen.0.watching);
        let display = match plays && *device == Device::Touch {
            true => Display::Flex,
            false => Display::None,
        };
        if node.display != display {
            node.display = display;
        }
    }
}

/// Where a part is in the window.
fn round(part: Part, hands: &Hands, layout: &Layout) -> Round {
    let reach = layout.stick.radius;
    let rest = layout.stick.center;
    let (origin, at) = hands
        .stick()
        .map_or((rest, rest), |stick| (stick.origin, stick.at));
    match part {
        Part::Ring => Round {
            center: origin,
            radius: reach,
        },
        Part::Knob => Round {
            center: at,
            radius: KNOB * reach,
        },
        Part::Button(button) => layout.buttons[button],
        Part::Gauge(button) => Round {
            radius: GAUGE * layout.buttons[button].radius,
            ..layout.buttons[button]
        },
    }
}

fn place(scenes: Query<(&Hands, &Layout)>, mut parts: Query<(&Part, &Of, &mut Node)>) {
    for (part, of, mut node) in &mut parts {
        let Ok((hands, layout)) = scenes.get(of.0) else {
            continue;
        };
        let Round { center, radius } = round(*part, hands, layout);
        let corner = center - radius - layout.area.min;
        let moved = Node {
            left: px(corner.x),
            top: px(corner.y),
            width: px(2.0 * radius),
            height: px(2.0 * radius),
            ..node.clone()
        };
        node.set_if_neq(moved);
    }
}

fn name(
    scenes: Query<&Layout>,
    preferences: Res<Preferences>,
    mut labels: Query<(&Label, &Of, &mut Text, &mut TextFont)>,
) {
    let words = text::of(preferences.language).buttons;
    for (label, of, mut text, mut font) in &mut labels {
        text.set_if_neq(Text(words[label.0].to_owned()));
        if let Ok(layout) = scenes.get(of.0) {
            let size = FontSize::Px(WORD * layout.buttons[label.0].radius);
            if font.font_size != size {
                font.font_size = size;
            }
        }
    }
}

/// How far a button's gauge is closed, and whether pressing it does anything now.
fn gauge(button: usize, disc: &Disc, world: &World) -> (f32, bool) {
    if button == FIRST {
        return (disc.charge(), true);
    }
    let ready = 1.0 - f32::from(disc.dash_cooldown()) / f32::from(DASH_COOLDOWN_STEPS);
    match world.settings().dash {
        true => (ready, ready >= 1.0),
        false => (0.0, false),
    }
}

/// Shows what is pressed, charged and possible.
fn light(
    scenes: Query<(&Hands, &Shown, &Seen)>,
    mut parts: Query<(
        &Part,
        &Of,
        &mut BackgroundColor,
        &mut BorderColor,
        Option<&mut ImageNode>,
    )>,
    mut labels: Query<(&Label, &Of, &mut TextColor)>,
) {
    let told = |scene: Entity, button: usize| {
        let (_, shown, seen) = scenes.get(scene).ok()?;
        let world = shown.world()?;
        let disc = world.discs().get(seen.0.my_seat?)?;
        Some(gauge(button, disc, world))
    };
    for (part, of, mut ground, mut border, image) in &mut parts {
        let Ok((hands, ..)) = scenes.get(of.0) else {
            continue;
        };
        let steers = hands.stick().is_some();
        let (fill, line) = match *part {
            Part::Ring => (theme::PANEL.with_alpha(0.25), line(steers)),
            Part::Knob => (
                theme::ACCENT.with_alpha(if steers { 0.7 } else { 0.25 }),
                Color::NONE,
            ),
            Part::Button(button) if hands.is_down(button) => {
                (theme::PANEL_PRESSED.with_alpha(0.8), line(true))
            }
            Part::Button(_) => (theme::PANEL.with_alpha(0.45), line(false)),
            Part::Gauge(_) => (Color::NONE, Color::NONE),
        };
        ground.set_if_neq(BackgroundColor(fill));
        border.set_if_neq(BorderColor::all(line));
        let (Part::Gauge(button), Some(mut image)) = (*part, image) else {
            continue;
        };
        let (closed, _) = told(of.0, button).unwrap_or((0.0, false));
        let index = Kit::arc(closed);
        let shown = image.texture_atlas.as_ref().map(|atlas| atlas.index);
        if shown != Some(index) {
            image.color = if button == FIRST {
                theme::BALL
            } else {
                theme::ACCENT
            };
            if let Some(atlas) = &mut image.texture_atlas {
                atlas.index = index;
            }
        }
    }
    for (label, of, mut color) in &mut labels {
        let (_, works) = told(of.0, label.0).unwrap_or((0.0, false));
        color.set_if_neq(TextColor(if works { theme::TEXT } else { theme::FAINT }));
    }
}

/// The line around what is held, or is not.
fn line(is_held: bool) -> Color {
    theme::ACCENT.with_alpha(if is_held { 0.9 } else { 0.35 })
}
