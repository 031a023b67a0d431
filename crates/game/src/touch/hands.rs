//! From fingers on the glass to a stick and two buttons, without the engine's events: places in,
//! thrust and buttons out. Nothing that a browser or a driver may send is trusted.

use crate::theme::inset;
use bevy::prelude::*;

/// How many buttons there are.
const BUTTONS: usize = 2;
/// The larger button, nearer to the corner.
pub const FIRST: usize = 0;
/// The smaller one beside it.
pub const SECOND: usize = 1;

/// Fingers on one button at once; further ones are not noted.
const FINGERS_ON_BUTTON: usize = 4;

/// A stick nearer to its middle than this part of its reach is at rest.
const DEAD_ZONE: f32 = 0.12;

/// A round control, in logical pixels of the window.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Round {
    /// Its middle.
    pub center: Vec2,
    /// From there to its edge.
    pub radius: f32,
}

/// Where the controls of a scene are, in logical pixels of the window.
#[derive(Component, Clone, Copy, Debug, Default, PartialEq)]
pub struct Layout {
    /// The scene's part of the window.
    pub area: Rect,
    /// Where the stick is drawn while nobody holds it; its radius is its reach.
    pub stick: Round,
    /// By [`FIRST`] and [`SECOND`].
    pub buttons: [Round; BUTTONS],
    /// The stick is under the right thumb.
    is_swapped: bool,
}

impl Layout {
    /// The controls of a scene in this part of the window. They are as large as thumbs, so they
    /// grow less than the screen does, and are always below the score.
    pub fn of(area: Rect, is_swapped: bool) -> Self {
        let side = area.size().min_element().max(1.0);
        let unit = side / 100.0;
        let large = (9.5 * unit).clamp(30.0, 64.0).min(side / 8.0);
        let (small, reach) = (0.8 * large, 1.45 * large);
        let margin = (3.0 * unit).min(24.0);
        // Above the line with the way out.
        let bottom = area.max.y - inset::BOTTOM * unit - margin;
        // As seen by a right thumb in the lower right corner; `x` counts from the side.
        let at = |x: f32, radius: f32, y: f32, right: bool| Round {
            center: Vec2::new(
                match right {
                    true => area.max.x - x,
                    false => area.min.x + x,
                },
                y,
            ),
            radius,
        };
        let apart = 2.1 * large;
        let (x, y) = (margin + large, bottom - large);
        Self {
            area,
            stick: at(margin + reach, reach, bottom - reach, is_swapped),
            buttons: [
                at(x, large, y, !is_swapped),
                at(x + 0.85 * apart, small, y - 0.53 * apart, !is_swapped),
            ],
            is_swapped,
        }
    }

    /// Whether a finger that comes here is one of these hands'.
    fn takes(&self, at: Vec2) -> bool {
        let top = inset::TOP * self.area.size().min_element() / 100.0;
        // Not a number is nowhere.
        let Rect { min, max } = self.area;
        (min.x..max.x).contains(&at.x) && (min.y + top..max.y).contains(&at.y)
    }

    /// Whether this place is the stick's half. All of the other one is the buttons': the thumb need
    /// not look for them.
    fn is_sticks(&self, at: Vec2) -> bool {
        (at.x < self.area.center().x) != self.is_swapped
    }

    /// The button that is nearest to this place, by their edges.
    fn button(&self, at: Vec2) -> usize {
        let [first, second] = self
            .buttons
            .map(|button| button.center.distance(at) - button.radius);
        if second < first { SECOND } else { FIRST }
    }
}

/// The finger that steers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stick {
    finger: u64,
    /// Where it rests: where the finger came, or after it when it goes farther than the stick
    /// reaches, so that turning round takes no way back.
    pub origin: Vec2,
    /// Where the finger is.
    pub at: Vec2,
}

/// The fingers that play in a scene.
#[derive(Component, Clone, Debug, Default, PartialEq)]
pub struct Hands {
    stick: Option<Stick>,
    buttons: [Vec<u64>; BUTTONS],
    /// Buttons that went down since the last picture was played: a tap between two pictures counts.
    tapped: [bool; BUTTONS],
}

impl Hands {
    /// A finger came down. A second one in the stick's half does nothing.
    pub fn begin(&mut self, finger: u64, at: Vec2, layout: &Layout) {
        self.end(finger);
        if !layout.takes(at) {
            return;
        }
        if layout.is_sticks(at) {
            self.stick.get_or_insert(Stick {
                finger,
                origin: at,
                at,
            });
            return;
        }
        let button = layout.button(at);
        if self.buttons[button].len() < FINGERS_ON_BUTTON {
            self.buttons[button].push(finger);
            self.tapped[button] = true;
        }
    }

    /// A finger moved. One on a button stays on that button.
    pub fn follow(&mut self, finger: u64, to: Vec2, layout: &Layout) {
        let Some(stick) = self.stick.as_mut().filter(|stick| stick.finger == finger) else {
            return;
        };
        if !to.is_finite() {
            return;
        }
        stick.at = to.clamp(layout.area.min, layout.area.max);
        let away = stick.at - stick.origin;
        let beyond = away.length() - layout.stick.radius;
        if beyond > 0.0 {
            stick.origin += away.normalize_or_zero() * beyond;
        }
    }

    /// A finger is gone, whether lifted or taken away by the system.
    pub fn end(&mut self, finger: u64) {
        self.stick.take_if(|stick| stick.finger == finger);
        for fingers in &mut self.buttons {
            fingers.retain(|other| *other != finger);
        }
    }

    /// The finger that steers.
    pub fn stick(&self) -> Option<Stick> {
        self.stick
    }

    /// To the right and upwards, at most 1 long.
    pub fn thrust(&self, layout: &Layout) -> Vec2 {
        let Some(stick) = self.stick else {
            return Vec2::ZERO;
        };
        let part = (stick.at - stick.origin) / layout.stick.radius.max(1.0);
        let strength = ((part.length() - DEAD_ZONE) / (1.0 - DEAD_ZONE)).clamp(0.0, 1.0);
        let direction = part.normalize_or_zero();
        Vec2::new(direction.x, -direction.y) * strength
    }

    /// Whether a finger is on this button, or was since the last [`Self::settle`].
    pub fn is_down(&self, button: usize) -> bool {
        self.tapped[button] || !self.buttons[button].is_empty()
    }

    /// What was tapped is played.
    pub fn settle(&mut self) {
        self.tapped = [false; BUTTONS];
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::{array::uniform2, collection::vec, prelude::*};

    const PHONE: Rect = Rect {
        min: Vec2::ZERO,
        max: Vec2::new(390.0, 844.0),
    };

    fn layout() -> Layout {
        Layout::of(PHONE, false)
    }

    #[test]
    fn the_stick_is_where_the_finger_comes() {
        let (mut hands, layout) = (Hands::default(), layout());
        hands.begin(1, Vec2::new(100.0, 500.0), &layout);
        assert_eq!(hands.thrust(&layout), Vec2::ZERO);
        let reach = layout.stick.radius;
        hands.follow(1, Vec2::new(100.0, 500.0 - reach), &layout);
        assert_eq!(hands.thrust(&layout), Vec2::Y, "up on the glass is up");
        hands.follow(1, Vec2::new(100.0 + reach / 2.0, 500.0), &layout);
        let half = hands.thrust(&layout);
        assert!(half.y == 0.0 && (0.3..0.6).contains(&half.x), "{half}");
        hands.end(1);
        assert_eq!(hands, Hands::default());
    }

    #[test]
    fn a_finger_that_went_far_turns_round_at_once() {
        let (mut hands, layout) = (Hands::default(), layout());
        hands.begin(1, Vec2::new(20.0, 500.0), &layout);
        hands.follow(1, Vec2::new(320.0, 500.0), &layout);
        assert_eq!(hands.thrust(&layout), Vec2::X);
        let back = 2.0 * layout.stick.radius;
        hands.follow(1, Vec2::new(320.0 - back, 500.0), &layout);
        assert!(hands.thrust(&layout).distance(Vec2::NEG_X) < 1e-3);
    }

    #[test]
    fn fingers_steer_and_press_at_once() {
        let (mut hands, layout) = (Hands::default(), layout());
        hands.begin(1, Vec2::new(100.0, 500.0), &layout);
        hands.begin(2, layout.buttons[FIRST].center, &layout);
        hands.begin(3, layout.buttons[SECOND].center, &layout);
        hands.follow(1, Vec2::new(190.0, 500.0), &layout);
        hands.follow(2, Vec2::new(10.0, 10.0), &layout);
        hands.settle();
        assert!(hands.is_down(FIRST) && hands.is_down(SECOND));
        assert_eq!(hands.thrust(&layout), Vec2::X);
        hands.end(2);
        assert!(!hands.is_down(FIRST) && hands.is_down(SECOND));
    }

    #[test]
    fn a_tap_between_two_pictures_counts_once() {
        let (mut hands, layout) = (Hands::default(), layout());
        hands.begin(1, layout.buttons[FIRST].center, &layout);
        hands.end(1);
        assert!(hands.is_down(FIRST));
        hands.settle();
        assert!(!hands.is_down(FIRST));
    }

    #[test]
    fn the_score_is_nobodys_button() {
        let (mut hands, layout) = (Hands::default(), layout());
        for x in [10.0, 195.0, 380.0] {
            hands.begin(1, Vec2::new(x, 30.0), &layout);
        }
        assert_eq!(hands, Hands::default());
    }

    #[test]
    fn left_handed_players_steer_on_the_right() {
        let (right, left) = (layout(), Layout::of(PHONE, true));
        let mirrored = |at: Vec2| Vec2::new(PHONE.max.x - at.x, at.y);
        for (one, other) in right.buttons.iter().zip(&left.buttons) {
            assert!(one.center.distance(mirrored(other.center)) < 1e-3);
        }
        let mut hands = Hands::default();
        hands.begin(1, right.buttons[FIRST].center, &left);
        assert!(hands.stick().is_some() && !hands.is_down(FIRST));
    }

    /// Any number, also none.
    fn number() -> impl Strategy<Value = f32> {
        prop_oneof![
            4 => -50.0_f32..900.0,
            1 => prop::num::f32::ANY,
        ]
    }

    fn part() -> impl Strategy<Value = Rect> {
        let (corner, size) = (uniform2(0.0_f32..2000.0), uniform2(120.0_f32..4000.0));
        (corner, size).prop_map(|(min, size)| {
            let min = Vec2::from(min);
            Rect::from_corners(min, min + Vec2::from(size))
        })
    }

    proptest! {
        #[test]
        fn controls_are_in_their_scene_below_the_score_and_apart(
            area in part(),
            is_swapped: bool,
        ) {
            let layout = Layout::of(area, is_swapped);
            let unit = area.size().min_element() / 100.0;
            let all = [layout.stick, layout.buttons[FIRST], layout.buttons[SECOND]];
            for control in all {
                let around = Rect::from_center_half_size(control.center, Vec2::splat(control.radius));
                prop_assert!(around.min.x >= area.min.x && around.max.x <= area.max.x);
                prop_assert!(around.min.y >= area.min.y + inset::TOP * unit, "{layout:?}");
                prop_assert!(around.max.y <= area.max.y - inset::BOTTOM * unit);
            }
            for (one, other) in [(0, 1), (0, 2), (1, 2)] {
                let (one, other) = (all[one], all[other]);
                let gap = one.center.distance(other.center) - one.radius - other.radius;
                prop_assert!(gap > 0.0, "{layout:?}");
            }
            prop_assert!(layout.is_sticks(layout.stick.center));
            for button in [FIRST, SECOND] {
                let at = layout.buttons[button].center;
                prop_assert!(layout.takes(at) && !layout.is_sticks(at));
                prop_assert_eq!(layout.button(at), button);
            }
        }

        #[test]
        fn whatever_fingers_do_the_input_is_one(
            touches in vec((0..3_u8, 0..20_u64, number(), number()), 0..200),
            area in part(),
        ) {
            let layout = Layout::of(area, false);
            let mut hands = Hands::default();
            for (what, finger, x, y) in touches {
                let at = Vec2::new(x, y);
                match what {
                    0 => hands.begin(finger, at, &layout),
                    1 => hands.follow(finger, at, &layout),
                    _ => hands.end(finger),
                }
                let thrust = hands.thrust(&layout);
                prop_assert!(thrust.is_finite() && thrust.length() <= 1.0 + 1e-5, "{thrust}");
                let on_buttons = hands.buttons.iter().flatten().count();
                prop_assert!(on_buttons <= BUTTONS * FINGERS_ON_BUTTON);
            }
            // Whoever lifts all fingers lets go of everything.
            for finger in 0..20 {
                hands.end(finger);
            }
            hands.settle();
            prop_assert_eq!(hands, Hands::default());
        }
    }
}
