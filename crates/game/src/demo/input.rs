//! From keys, gamepads, fingers and the mouse to the simulation's input.
//!
//! The session holds the newest input until the next one, so a picture that comes late costs
//! latency and never a step.

mod mouse;

use super::Played;
use bevy::prelude::*;
use game::{
    lab::Lab,
    scene::{Scene, view::Turned},
    screens::{chat::Typing, panels::Panels},
    touch::{FIRST, FingerSystems, Hands, Layout, SECOND},
};
use mouse::Mouse;
use sim::demo::Input;

pub(super) fn plugin(app: &mut App) {
    app.add_systems(PreUpdate, drive.after(FingerSystems));
}

/// The keys of one player.
struct Keys {
    up: &'static [KeyCode],
    down: &'static [KeyCode],
    left: &'static [KeyCode],
    right: &'static [KeyCode],
    kick: &'static [KeyCode],
    dash: &'static [KeyCode],
}

/// One player at the keyboard: either half of it, but for Enter, which opens a line of chat.
const ALONE: Keys = Keys {
    up: &[KeyCode::KeyW, KeyCode::ArrowUp],
    down: &[KeyCode::KeyS, KeyCode::ArrowDown],
    left: &[KeyCode::KeyA, KeyCode::ArrowLeft],
    right: &[KeyCode::KeyD, KeyCode::ArrowRight],
    kick: &[KeyCode::Space],
    dash: &[KeyCode::ShiftLeft, KeyCode::ShiftRight],
};

/// The first of two players at one keyboard.
const LEFT_HALF: Keys = Keys {
    up: &[KeyCode::KeyW],
    down: &[KeyCode::KeyS],
    left: &[KeyCode::KeyA],
    right: &[KeyCode::KeyD],
    kick: &[KeyCode::Space],
    dash: &[KeyCode::ShiftLeft],
};

/// The second of two players at one keyboard.
const RIGHT_HALF: Keys = Keys {
    up: &[KeyCode::ArrowUp],
    down: &[KeyCode::ArrowDown],
    left: &[KeyCode::ArrowLeft],
    right: &[KeyCode::ArrowRight],
    kick: &[KeyCode::Enter, KeyCode::NumpadEnter],
    dash: &[KeyCode::ShiftRight],
};

/// A stick nearer to its middle than this is at rest.
const DEAD_ZONE: f32 = 0.15;

/// What one player does, as seen on the screen.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Intent {
    /// To the right and upwards, each between -1 and 1.
    thrust: Vec2,
    kick: bool,
    dash: bool,
}

impl Intent {
    fn of_keys(keys: &Keys, pressed: &ButtonInput<KeyCode>) -> Self {
        let axis = |negative: &[KeyCode], positive: &[KeyCode]| {
            f32::from(pressed.any_pressed(positive.iter().copied()))
                - f32::from(pressed.any_pressed(negative.iter().copied()))
        };
        Self {
            thrust: Vec2::new(axis(keys.left, keys.right), axis(keys.down, keys.up)),
            kick: pressed.any_pressed(keys.kick.iter().copied()),
            dash: pressed.any_pressed(keys.dash.iter().copied()),
        }
    }

    /// The cross steers, too, unless it is for emotes.
    fn of_gamepad(pad: &Gamepad, cross_steers: bool) -> Self {
        let stick = pad.left_stick();
        let stick = match (stick.length() > DEAD_ZONE, cross_steers) {
            (true, _) => stick,
            (false, true) => pad.dpad(),
            (false, false) => Vec2::ZERO,
        };
        Self {
            thrust: stick,
            kick: pad.any_pressed([GamepadButton::South, GamepadButton::RightTrigger2]),
            dash: pad.any_pressed([GamepadButton::West, GamepadButton::LeftTrigger2]),
        }
    }

    fn of_hands(hands: &Hands, layout: &Layout) -> Self {
        Self {
            thrust: hands.thrust(layout),
            kick: hands.is_down(FIRST),
            dash: hands.is_down(SECOND),
        }
    }

    /// Both at once: whoever steers at all steers.
    fn or(self, other: Self) -> Self {
        Self {
            thrust: if other.thrust == Vec2::ZERO {
                self.thrust
            } else {
                other.thrust
            },
            kick: self.kick || other.kick,
            dash: self.dash || other.dash,
        }
    }

    /// From the screen's directions to the arena's, which lies on its side where the scene is
    /// higher than wide.
    fn input(self, turned: bool) -> Input {
        let Vec2 { x, y } = self.thrust;
        let (x, y) = if turned { (y, -x) } else { (x, y) };
        Input::new(x, y, self.kick, self.dash)
    }
}

fn drive(
    pressed: Res<ButtonInput<KeyCode>>,
    gamepads: Query<(Entity, &Gamepad)>,
    panels: Res<Panels>,
    typing: Typing,
    lab: Res<Lab>,
    mouse: Mouse,
    mut scenes: Query<(
        Entity,
        &Scene,
        &Played,
        &Turned,
        &mut Hands,
        Option<&Layout>,
    )>,
) {
    // The first gamepad is the first player's, whatever order the query has.
    let mut pads: Vec<_> = gamepads.iter().collect();
    pads.sort_by_key(|(entity, _)| *entity);
    for (entity, scene, played, turned, mut hands, layout) in &mut scenes {
        let keys = match (scene.of, scene.index) {
            (1, _) => &ALONE,
            (_, 0) => &LEFT_HALF,
            _ => &RIGHT_HALF,
        };
        // With two players and one gamepad, it goes to the second: the first has the letters.
        let pad = match scene.of {
            1 => 0,
            _ if pads.len() == 1 => 1 - scene.index,
            _ => scene.index,
        };
        let by_pad = pads
            .get(pad)
            .map(|(_, pad)| Intent::of_gamepad(pad, scene.is_private()))
            .unwrap_or_default();
        let by_hand =
            layout.map_or_else(Intent::default, |layout| Intent::of_hands(&hands, layout));
        // The keys of an open panel are its own, and the disc stands still.
        let is_still = panels.is_open() || lab.holds_keys();
        // Those of a text are typed.
        let by_keys = match typing.has_keys() {
            true => Intent::default(),
            false => Intent::of_keys(keys, &pressed),
        };
        let intent = match is_still {
            true => Intent::default(),
            false => by_keys.or(by_pad).or(by_hand).or(mouse.intent(entity)),
        };
        hands.bypass_change_detection().settle();
        played.0.set_input(intent.input(turned.0));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pressed(keys: &[KeyCode]) -> ButtonInput<KeyCode> {
        let mut input = ButtonInput::default();
        for key in keys {
            input.press(*key);
        }
        input
    }

    #[test]
    fn keys_steer_as_seen_on_the_screen() {
        let keys = pressed(&[KeyCode::KeyW, KeyCode::KeyD, KeyCode::Space]);
        let intent = Intent::of_keys(&ALONE, &keys);
        assert_eq!(
            intent,
            Intent {
                thrust: Vec2::new(1.0, 1.0),
                kick: true,
                dash: false
            }
        );
        let input = intent.input(false);
        assert_eq!(
            (input.thrust_x, input.thrust_y, input.kick()),
            (127, 127, true)
        );
    }

    #[test]
    fn opposite_keys_cancel() {
        let keys = pressed(&[KeyCode::KeyA, KeyCode::KeyD]);
        assert_eq!(Intent::of_keys(&LEFT_HALF, &keys).thrust, Vec2::ZERO);
    }

    #[test]
    fn the_halves_of_the_keyboard_are_apart() {
        let keys = pressed(&[KeyCode::KeyW, KeyCode::Space, KeyCode::ShiftLeft]);
        assert_eq!(Intent::of_keys(&RIGHT_HALF, &keys), Intent::default());
        let keys = pressed(&[KeyCode::ArrowUp, KeyCode::Enter, KeyCode::ShiftRight]);
        assert_eq!(Intent::of_keys(&LEFT_HALF, &keys), Intent::default());
    }

    #[test]
    fn a_turned_scene_turns_the_keys() {
        // The arena's right is up on a turned screen, its upper side is on the left.
        let up = Intent {
            thrust: Vec2::Y,
            ..Intent::default()
        }
        .input(true);
        assert_eq!((up.thrust_x, up.thrust_y), (127, 0));
        let left = Intent {
            thrust: Vec2::NEG_X,
            ..Intent::default()
        }
        .input(true);
        assert_eq!((left.thrust_x, left.thrust_y), (0, 127));
    }

    #[test]
    fn a_gamepad_adds_to_the_keys() {
        let keys = Intent {
            thrust: Vec2::X,
            kick: true,
            dash: false,
        };
        let pad = Intent {
            thrust: Vec2::new(0.0, -0.5),
            kick: false,
            dash: true,
        };
        assert_eq!(
            keys.or(pad),
            Intent {
                thrust: pad.thrust,
                kick: true,
                dash: true
            }
        );
        assert_eq!(keys.or(Intent::default()), keys);
    }
}
