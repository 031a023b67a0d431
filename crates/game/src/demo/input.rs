//! From keys and gamepads to the simulation's input.
//!
//! The session holds the newest input until the next one, so a picture that comes late costs
//! latency and never a step.

use super::Played;
use bevy::prelude::*;
use game::{
    lab::Lab,
    scene::{Scene, view::Turned},
    screens::panels::Panels,
};
use sim::demo::Input;

pub(super) fn plugin(app: &mut App) {
    app.add_systems(PreUpdate, drive.after(bevy::input::InputSystems));
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

/// One player at the keyboard: either half of it.
const ALONE: Keys = Keys {
    up: &[KeyCode::KeyW, KeyCode::ArrowUp],
    down: &[KeyCode::KeyS, KeyCode::ArrowDown],
    left: &[KeyCode::KeyA, KeyCode::ArrowLeft],
    right: &[KeyCode::KeyD, KeyCode::ArrowRight],
    kick: &[KeyCode::Space, KeyCode::Enter],
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

    fn of_gamepad(pad: &Gamepad) -> Self {
        let stick = pad.left_stick();
        let stick = if stick.length() > DEAD_ZONE {
            stick
        } else {
            pad.dpad()
        };
        Self {
            thrust: stick,
            kick: pad.any_pressed([GamepadButton::South, GamepadButton::RightTrigger2]),
            dash: pad.any_pressed([GamepadButton::West, GamepadButton::LeftTrigger2]),
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
    lab: Res<Lab>,
    scenes: Query<(&Scene, &Played, &Turned)>,
) {
    // The first gamepad is the first player's, whatever order the query has.
    let mut pads: Vec<_> = gamepads.iter().collect();
    pads.sort_by_key(|(entity, _)| *entity);
    for (scene, played, turned) in &scenes {
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
            .map(|(_, pad)| Intent::of_gamepad(pad))
            .unwrap_or_default();
        // The keys of an open panel are its own, and the disc stands still.
        let intent = match panels.is_open() || lab.holds_keys() {
            true => Intent::default(),
            false => Intent::of_keys(keys, &pressed).or(by_pad),
        };
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
