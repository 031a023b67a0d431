//! Walking through the controls of a screen by arrow keys, the D-pad or a stick, as they lie there;
//! pressing them by a gamepad; and going back.

use super::{
    panels::Panels,
    widgets::{Control, Sideways, Stepped, rect},
};
use crate::{lab::Lab, scene::Page};
use bevy::{
    input::InputSystems,
    input_focus::{
        FocusCause, InputFocus,
        tab_navigation::{NavAction, TabNavigation},
    },
    prelude::*,
    text::EditableText,
    ui::{ComputedUiTargetCamera, InteractionDisabled, UiGlobalTransform},
    ui_widgets::{Activate, Button, Checkbox, Slider, ToggleChecked},
};
use std::time::Duration;

pub(super) fn plugin(app: &mut App) {
    app.init_resource::<Back>()
        .add_systems(PreUpdate, listen.in_set(BackSystems).after(InputSystems))
        .add_systems(Update, (walk, press).run_if(is_for_controls));
}

/// What notices that the player wants back.
#[derive(SystemSet, Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct BackSystems;

/// Whether the player wants back to where this screen was come to from: by Escape, or by a
/// gamepad's East or Select.
#[derive(Resource, Default)]
pub struct Back(bool);

impl Back {
    /// Whether so in this picture. Who asks goes back, and nobody else does then.
    pub fn take(&mut self) -> bool {
        std::mem::take(&mut self.0)
    }
}

/// A gamepad's East leaves a field of text for the next control, and nothing else.
pub(super) fn listen(
    keys: Res<ButtonInput<KeyCode>>,
    gamepads: Query<&Gamepad>,
    fields: Query<(), With<EditableText>>,
    order: TabNavigation,
    mut focus: ResMut<InputFocus>,
    mut back: ResMut<Back>,
) {
    let pad = gamepads
        .iter()
        .any(|pad| pad.any_just_pressed([GamepadButton::East, GamepadButton::Select]));
    back.0 = pad || keys.just_pressed(KeyCode::Escape);
    let is_typing = focus.get().is_some_and(|focus| fields.contains(focus));
    if pad && is_typing {
        back.0 = false;
        match order.navigate(&focus, NavAction::Next) {
            Ok(next) => focus.set(next, FocusCause::Navigated),
            Err(_) => focus.clear(),
        }
    }
}

/// Whether arrows and buttons are for controls: those of a match and of a replay have another
/// meaning, unless a panel lies over it or the laboratory has them.
fn is_for_controls(panels: Res<Panels>, lab: Res<Lab>, pages: Query<&Page>) -> bool {
    let is_busy = |page: &Page| matches!(page, Page::Playing | Page::Watching);
    panels.is_open() || lab.holds_keys() || !pages.iter().any(is_busy)
}

/// Where to, on the screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Heading {
    Up,
    Down,
    Left,
    Right,
}

impl Heading {
    /// To the right and downwards, of length 1.
    fn unit(self) -> Vec2 {
        match self {
            Self::Up => Vec2::NEG_Y,
            Self::Down => Vec2::Y,
            Self::Left => Vec2::NEG_X,
            Self::Right => Vec2::X,
        }
    }

    /// -1 to the left, 1 to the right, 0 otherwise.
    fn sideways(self) -> i8 {
        match self {
            Self::Left => -1,
            Self::Right => 1,
            Self::Up | Self::Down => 0,
        }
    }

    fn of_keys(keys: &ButtonInput<KeyCode>) -> Option<Self> {
        [
            (KeyCode::ArrowUp, Self::Up),
            (KeyCode::ArrowDown, Self::Down),
            (KeyCode::ArrowLeft, Self::Left),
            (KeyCode::ArrowRight, Self::Right),
        ]
        .into_iter()
        .find_map(|(key, heading)| keys.just_pressed(key).then_some(heading))
    }

    /// Where the D-pad or the left stick is held to.
    fn of_pad(pad: &Gamepad) -> Option<Self> {
        let tilt = match pad.dpad() {
            Vec2::ZERO => pad.left_stick(),
            dpad => dpad,
        };
        let is_held = tilt.abs().max_element() >= TILT;
        is_held.then_some(match tilt.abs().x > tilt.abs().y {
            true if tilt.x > 0.0 => Self::Right,
            true => Self::Left,
            false if tilt.y > 0.0 => Self::Up,
            false => Self::Down,
        })
    }
}

/// A stick that is tilted less means nothing.
const TILT: f32 = 0.55;

/// How long a gamepad is held until its step repeats, and from then on.
const FIRST_REPEAT: Duration = Duration::from_millis(400);
const REPEAT: Duration = Duration::from_millis(130);

/// Makes steps of what a gamepad holds.
#[derive(Debug, Default)]
struct Held {
    heading: Option<Heading>,
    left: Duration,
}

impl Held {
    /// The step that is due, `passed` after it was asked before.
    fn step(&mut self, heading: Option<Heading>, passed: Duration) -> Option<Heading> {
        if self.heading != heading {
            self.heading = heading;
            self.left = FIRST_REPEAT;
            return heading;
        }
        self.left = self.left.saturating_sub(passed);
        if !self.left.is_zero() {
            return None;
        }
        self.left = REPEAT;
        heading
    }
}

/// How good a step from one place to another is in this direction, the less the better: nothing
/// if it leads elsewhere.
fn cost(from: Rect, to: Rect, heading: Heading) -> Option<f32> {
    let along = heading.unit();
    let across = along.perp().abs();
    let between = to.center() - from.center();
    // What lies side by side is neither above nor below one another.
    let smaller = from.size().min(to.size()).dot(along.abs());
    if between.dot(along) <= smaller / 2.0 {
        return None;
    }
    let apart = between.abs() - (from.size() + to.size()) / 2.0;
    let gap = |axis: Vec2| apart.dot(axis).max(0.0);
    // What stands in line comes before what is near beside it, and what is centred before what
    // only touches the line.
    Some(gap(along.abs()) + 2.0 * gap(across) + 0.1 * between.dot(across).abs())
}

/// The best of these places to step to.
fn nearest(
    from: Rect,
    heading: Heading,
    places: impl Iterator<Item = (Entity, Rect)>,
) -> Option<Entity> {
    places
        .filter_map(|(entity, place)| Some((entity, cost(from, place, heading)?)))
        .min_by(|(_, one), (_, other)| one.total_cmp(other))
        .map(|(entity, _)| entity)
}

/// The controls that can be walked to, and where they are.
type Places<'w, 's> = Query<
    'w,
    's,
    (
        Entity,
        &'static ComputedNode,
        &'static UiGlobalTransform,
        &'static InheritedVisibility,
        &'static ComputedUiTargetCamera,
    ),
    (With<Control>, Without<InteractionDisabled>),
>;

/// The control in this direction of the one that has the focus. Panels and the laboratory have
/// cameras of their own, and keep the focus.
fn neighbour(
    focused: Entity,
    heading: Heading,
    keeps_focus: bool,
    places: &Places,
    cameras: &Query<&Camera>,
) -> Option<Entity> {
    let (.., own_camera) = places.get(focused).ok()?;
    let own_camera = own_camera.get();
    let place = |node: &ComputedNode, at: &UiGlobalTransform, camera: Option<Entity>| {
        Some(rect(node, at, cameras.get(camera?).ok()?))
    };
    let all = places
        .iter()
        .filter(|(_, node, _, visibility, camera)| {
            let is_shown = visibility.get() && !node.is_empty();
            is_shown && (!keeps_focus || camera.get() == own_camera)
        })
        .filter_map(|(entity, node, at, _, camera)| Some((entity, place(node, at, camera.get())?)));
    let (_, node, at, ..) = places.get(focused).ok()?;
    nearest(place(node, at, own_camera)?, heading, all)
}

fn walk(
    keys: Res<ButtonInput<KeyCode>>,
    gamepads: Query<&Gamepad>,
    time: Res<Time<Real>>,
    panels: Res<Panels>,
    lab: Res<Lab>,
    places: Places,
    cameras: Query<&Camera>,
    order: TabNavigation,
    kinds: Query<(Has<Sideways>, Has<Slider>, Has<EditableText>)>,
    mut held: Local<Held>,
    mut focus: ResMut<InputFocus>,
    mut commands: Commands,
) {
    let by_pad = held.step(gamepads.iter().find_map(Heading::of_pad), time.delta());
    let Some(heading) = by_pad.or_else(|| Heading::of_keys(&keys)) else {
        return;
    };
    let Some(focused) = focus.get().filter(|focus| places.contains(*focus)) else {
        if let Ok(first) = order.navigate(&focus, NavAction::First) {
            focus.set(first, FocusCause::Navigated);
        }
        return;
    };
    let by = heading.sideways();
    let (takes_steps, is_slider, is_field) = kinds.get(focused).unwrap_or_default();
    if by != 0 && by_pad.is_none() && (is_slider || is_field) {
        return; // The engine's widgets know these keys.
    }
    if by != 0 && takes_steps {
        commands.trigger(Stepped {
            entity: focused,
            by,
        });
        return;
    }
    let keeps_focus = panels.is_open() || lab.holds_keys();
    if let Some(next) = neighbour(focused, heading, keeps_focus, &places, &cameras) {
        focus.set(next, FocusCause::Navigated);
    }
}

/// A gamepad's South presses what has the focus, as Enter does.
fn press(
    gamepads: Query<&Gamepad>,
    focus: Res<InputFocus>,
    controls: Query<(Has<Button>, Has<Checkbox>), (With<Control>, Without<InteractionDisabled>)>,
    mut commands: Commands,
) {
    let is_pressed = gamepads
        .iter()
        .any(|pad| pad.just_pressed(GamepadButton::South));
    let Some(entity) = focus.get().filter(|_| is_pressed) else {
        return;
    };
    match controls.get(entity) {
        Ok((true, _)) => commands.trigger(Activate { entity }),
        Ok((_, true)) => commands.trigger(ToggleChecked { entity }),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Heading::{Down, Left, Right, Up};

    /// Rows of buttons, each from `x` to `x + width`, one row below the other.
    fn places(rows: &[&[(f32, f32)]]) -> Vec<Rect> {
        let mut places = Vec::new();
        for (row, buttons) in rows.iter().enumerate() {
            for (x, width) in *buttons {
                let corner = Vec2::new(*x, 20.0 * row as f32);
                places.push(Rect::from_corners(corner, corner + Vec2::new(*width, 16.0)));
            }
        }
        places
    }

    /// The place that a step leads to from this one.
    fn step(places: &[Rect], from: usize, heading: Heading) -> Option<usize> {
        let mut world = World::new();
        let entities: Vec<Entity> = places.iter().map(|_| world.spawn_empty().id()).collect();
        let all = entities.iter().copied().zip(places.iter().copied());
        let found = nearest(places[from], heading, all)?;
        entities.iter().position(|entity| *entity == found)
    }

    /// As the title is: a field, rows of two, and small buttons in the corner.
    const TITLE: [&[(f32, f32)]; 4] = [
        &[(20.0, 60.0)],
        &[(0.0, 38.0), (42.0, 38.0)],
        &[(0.0, 50.0), (54.0, 26.0)],
        &[(90.0, 10.0), (104.0, 10.0)],
    ];

    #[test]
    fn steps_lead_to_what_lies_there() {
        let places = places(&TITLE);
        for (from, heading, to) in [
            (1, Right, Some(2)),
            (2, Left, Some(1)),
            (1, Down, Some(3)),
            (2, Down, Some(4)),
            (3, Right, Some(4)),
            (4, Down, Some(5)),
            (5, Right, Some(6)),
            (5, Up, Some(4)),
            (1, Left, None),
            (0, Up, None),
            (6, Down, None),
        ] {
            assert_eq!(step(&places, from, heading), to, "{from} {heading:?}");
        }
    }

    #[test]
    fn every_control_can_be_reached_from_every_other() {
        let places = places(&TITLE);
        for start in 0..places.len() {
            let mut reached = vec![start];
            let mut looked_at = 0;
            while looked_at < reached.len() {
                for heading in [Up, Down, Left, Right] {
                    let next = step(&places, reached[looked_at], heading);
                    reached.extend(next.filter(|next| !reached.contains(next)));
                }
                looked_at += 1;
            }
            assert_eq!(reached.len(), places.len(), "from {start}");
        }
    }

    #[test]
    fn what_is_held_repeats_after_a_while() {
        let mut held = Held::default();
        let ms = Duration::from_millis;
        assert_eq!(held.step(Some(Down), ms(16)), Some(Down));
        let steps = (0..100).filter_map(|_| held.step(Some(Down), ms(10)));
        let expected = 1 + (ms(1000) - FIRST_REPEAT).as_millis() / REPEAT.as_millis();
        assert_eq!(steps.count() as u128, expected);
        assert_eq!(held.step(None, ms(10)), None);
        assert_eq!(held.step(Some(Down), ms(10)), Some(Down));
        assert_eq!(held.step(Some(Up), ms(10)), Some(Up));
    }

    #[test]
    fn a_stick_at_rest_goes_nowhere() {
        let tilted = |x, y| {
            let mut pad = Gamepad::default();
            pad.analog_mut().set(GamepadAxis::LeftStickX, x);
            pad.analog_mut().set(GamepadAxis::LeftStickY, y);
            Heading::of_pad(&pad)
        };
        assert_eq!(tilted(0.3, -0.3), None);
        assert_eq!(tilted(f32::NAN, f32::NAN), None);
        assert_eq!(tilted(0.2, -0.9), Some(Down));
        assert_eq!(tilted(-1.0, 0.9), Some(Left));
    }
}
