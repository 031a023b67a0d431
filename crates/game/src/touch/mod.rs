//! Fingers: [`hands`] makes thrust and buttons of them, here they are handed out to the scenes. Also
//! which device the player used last, and the tap of three fingers.

mod hands;
mod tap;

use crate::{
    preferences::Preferences,
    scene::{Page, Scene},
    screens::{panels::Panels, widgets::Control},
};
use bevy::{
    input::{
        InputSystems,
        gamepad::{GamepadAxisChangedEvent, GamepadButtonStateChangedEvent},
        keyboard::KeyboardInput,
        mouse::MouseButtonInput,
        touch::{TouchInput, TouchPhase},
    },
    picking::{PickingSystems, hover::HoverMap, pointer::PointerId},
    prelude::*,
    window::{PrimaryWindow, WindowFocused},
};
pub use hands::{FIRST, Hands, Layout, Round, SECOND};
pub use tap::ThreeFingerTap;

pub(super) fn plugin(app: &mut App) {
    app.insert_resource(Device::at_start()).add_systems(
        PreUpdate,
        (
            (notice, recognise).after(InputSystems),
            (lay_out, hand_out).chain().in_set(FingerSystems),
        ),
    );
    app.configure_sets(
        PreUpdate,
        FingerSystems
            .after(InputSystems)
            .after(PickingSystems::Hover),
    );
}

/// What hands the fingers out to the scenes.
#[derive(SystemSet, Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct FingerSystems;

/// What the player used last. Nothing is shown of fingers before the first touch, but in the page of a
/// device that is made for them.
#[derive(Resource, Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Device {
    /// The keyboard; also before anything was used.
    #[default]
    Keyboard,
    /// A gamepad.
    Gamepad,
    /// The mouse.
    Mouse,
    /// A finger.
    Touch,
}

impl Device {
    /// What will be used, as far as the system tells that.
    fn at_start() -> Self {
        #[cfg(target_arch = "wasm32")]
        if crate::web::matches("(pointer: coarse)") {
            return Self::Touch;
        }
        Self::default()
    }
}

/// A gamepad's stick that lies farther from its middle than this is used, and does not only drift.
const USED: f32 = 0.5;

fn notice(
    mut touches: MessageReader<TouchInput>,
    mut keys: MessageReader<KeyboardInput>,
    mut buttons: MessageReader<GamepadButtonStateChangedEvent>,
    mut sticks: MessageReader<GamepadAxisChangedEvent>,
    mut clicks: MessageReader<MouseButtonInput>,
    mut device: ResMut<Device>,
) {
    let touched = touches.read().count() > 0;
    let pressed = keys.read().filter(|key| key.state.is_pressed()).count() > 0;
    let clicked = clicks.read().count() > 0;
    let pad = buttons.read().count() + sticks.read().filter(|s| s.value.abs() > USED).count() > 0;
    let used = match (touched, pressed, pad, clicked) {
        (true, ..) => Device::Touch,
        (_, true, ..) => Device::Keyboard,
        (_, _, true, _) => Device::Gamepad,
        (.., true) => Device::Mouse,
        _ => return,
    };
    device.set_if_neq(used);
}

/// The tap of three fingers is recognised here, on every screen.
fn recognise(
    mut touches: MessageReader<TouchInput>,
    mut recogniser: Local<tap::Recogniser>,
    time: Res<Time<Real>>,
    mut commands: Commands,
) {
    for touch in touches.read() {
        if recogniser.note(touch.phase, touch.id, touch.position, time.elapsed()) {
            commands.trigger(ThreeFingerTap);
        }
    }
}

/// Puts each scene's controls where the scene is.
fn lay_out(
    window: Query<&Window, With<PrimaryWindow>>,
    preferences: Res<Preferences>,
    scenes: Query<(Entity, &Camera, Option<&Layout>), With<Scene>>,
    mut commands: Commands,
) {
    let Ok(window) = window.single() else { return };
    for (scene, camera, now) in &scenes {
        let Some(viewport) = &camera.viewport else {
            continue;
        };
        let scale = window.scale_factor();
        let min = viewport.physical_position.as_vec2() / scale;
        let size = viewport.physical_size.as_vec2() / scale;
        let layout = Layout::of(Rect::from_corners(min, min + size), preferences.left_handed);
        if now != Some(&layout) {
            // Fingers that are down go on: a device that is turned round mid-match loses none.
            commands.entity(scene).insert(layout);
        }
    }
}

/// Gives each scene the fingers that came down in its part of the window. A button of the screen
/// takes its finger for itself, and so does an open panel.
fn hand_out(
    mut touches: MessageReader<TouchInput>,
    mut windows: MessageReader<WindowFocused>,
    panels: Res<Panels>,
    hovers: Option<Res<HoverMap>>,
    controls: Query<(), With<Control>>,
    parents: Query<&ChildOf>,
    mut scenes: Query<(&Page, &Layout, &mut Hands)>,
) {
    let is_control = |id| {
        let hover = hovers
            .as_ref()
            .and_then(|map| map.get(&PointerId::Touch(id)));
        hover.is_some_and(|under| {
            under.keys().any(|part| {
                controls.contains(*part)
                    || parents
                        .iter_ancestors(*part)
                        .any(|above| controls.contains(above))
            })
        })
    };
    for touch in touches.read() {
        let TouchInput { id, position, .. } = *touch;
        for (page, layout, mut hands) in &mut scenes {
            match touch.phase {
                TouchPhase::Started if *page == Page::Playing && !is_control(id) => {
                    hands.begin(id, position, layout);
                }
                TouchPhase::Started => {}
                TouchPhase::Moved => hands.follow(id, position, layout),
                TouchPhase::Ended | TouchPhase::Canceled => hands.end(id),
            }
        }
    }
    // A window in the background hears of no finger's end.
    let is_lost = windows.read().any(|window| !window.focused);
    for (page, _, mut hands) in &mut scenes {
        if is_lost || panels.is_open() || *page != Page::Playing {
            hands.set_if_neq(Hands::default());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bevy::input::ButtonState;

    /// Two scenes side by side, of a match that is played.
    struct Hall {
        app: App,
        window: Entity,
        scenes: [Entity; 2],
    }

    impl Hall {
        fn new() -> Self {
            let mut app = App::new();
            app.init_resource::<Device>()
                .init_resource::<Panels>()
                .init_resource::<Time<Real>>()
                .init_resource::<Taps>()
                .add_message::<TouchInput>()
                .add_message::<KeyboardInput>()
                .add_message::<GamepadButtonStateChangedEvent>()
                .add_message::<GamepadAxisChangedEvent>()
                .add_message::<MouseButtonInput>()
                .add_message::<WindowFocused>()
                .add_observer(|_: On<ThreeFingerTap>, mut taps: ResMut<Taps>| taps.0 += 1)
                .add_systems(Update, (notice, recognise, hand_out));
            let window = app.world_mut().spawn_empty().id();
            let scenes = [0.0, 400.0].map(|left| {
                let area = Rect::new(left, 0.0, left + 400.0, 400.0);
                let layout = Layout::of(area, false);
                let scene = (Page::Playing, layout, Hands::default());
                app.world_mut().spawn(scene).id()
            });
            Self {
                app,
                window,
                scenes,
            }
        }

        fn touch(&mut self, phase: TouchPhase, id: u64, x: f32, y: f32) {
            self.app.world_mut().write_message(TouchInput {
                phase,
                position: Vec2::new(x, y),
                window: self.window,
                force: None,
                id,
            });
        }

        fn hands(&self, scene: usize) -> &Hands {
            self.app.world().get(self.scenes[scene]).unwrap()
        }

        fn thrust(&self, scene: usize) -> Vec2 {
            let layout = self.app.world().get(self.scenes[scene]).unwrap();
            self.hands(scene).thrust(layout)
        }
    }

    #[derive(Resource, Default)]
    struct Taps(usize);

    #[test]
    fn each_scene_has_the_fingers_of_its_half() {
        let mut hall = Hall::new();
        hall.touch(TouchPhase::Started, 1, 60.0, 250.0);
        hall.touch(TouchPhase::Started, 2, 460.0, 250.0);
        hall.touch(TouchPhase::Started, 3, 780.0, 250.0);
        // A finger stays with the scene where it came down.
        hall.touch(TouchPhase::Moved, 1, 700.0, 250.0);
        hall.touch(TouchPhase::Moved, 2, 460.0, 150.0);
        hall.app.update();
        assert_eq!([0, 1].map(|scene| hall.thrust(scene)), [Vec2::X, Vec2::Y]);
        assert!(hall.hands(1).is_down(FIRST) && !hall.hands(0).is_down(FIRST));
        for finger in [1, 2, 3, 77] {
            hall.touch(TouchPhase::Canceled, finger, f32::NAN, 0.0);
        }
        hall.app.update();
        assert_eq!([0, 1].map(|scene| hall.thrust(scene)), [Vec2::ZERO; 2]);
    }

    #[test]
    fn fingers_play_only_in_a_match_that_nothing_covers() {
        let mut hall = Hall::new();
        let [first, second] = hall.scenes;
        hall.touch(TouchPhase::Started, 1, 60.0, 250.0);
        hall.touch(TouchPhase::Started, 2, 460.0, 250.0);
        hall.app.update();
        assert!(hall.hands(0).stick().is_some());
        hall.app.world_mut().entity_mut(first).insert(Page::Result);
        let window = hall.window;
        hall.app.update();
        assert_eq!(*hall.hands(0), Hands::default());
        assert!(hall.hands(1).stick().is_some());
        hall.app.world_mut().write_message(WindowFocused {
            window,
            focused: false,
        });
        hall.app.update();
        assert!(hall.app.world().get::<Hands>(second) == Some(&Hands::default()));
    }

    #[test]
    fn the_device_is_the_one_used_last() {
        let mut hall = Hall::new();
        let device = |hall: &Hall| *hall.app.world().resource::<Device>();
        hall.app.update();
        assert_ne!(
            device(&hall),
            Device::Touch,
            "nobody has touched anything yet"
        );
        hall.touch(TouchPhase::Started, 1, 60.0, 250.0);
        hall.app.update();
        assert_eq!(device(&hall), Device::Touch);
        let (window, button) = (hall.window, MouseButton::Left);
        hall.app.world_mut().write_message(MouseButtonInput {
            button,
            state: ButtonState::Pressed,
            window,
        });
        hall.app.update();
        assert_eq!(device(&hall), Device::Mouse);
    }

    #[test]
    fn three_fingers_are_told() {
        let mut hall = Hall::new();
        for phase in [TouchPhase::Started, TouchPhase::Ended] {
            for finger in 0..3 {
                hall.touch(phase, finger, 50.0 * finger as f32, 250.0);
            }
            hall.app.update();
        }
        assert_eq!(hall.app.world().resource::<Taps>().0, 1);
    }
}
