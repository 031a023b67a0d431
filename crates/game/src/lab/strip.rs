//! The newest frames of each scene, a bar for each: what is certain, what is predicted, and how
//! often it was made again. Newer frames are further right, the same frame at the same place in both.

use super::{Arrangement, LAYER, Part, place::Places, seen};
use crate::{
    scene::{Scene, link::Steps},
    theme,
};
use bevy::prelude::*;
use netplay::session::{HISTORY, History};
use protocol::Frame;

/// A part of a bar: of which scene, and at which place from the left.
#[derive(Component, Clone, Copy)]
pub(super) struct Bar {
    scene: usize,
    slot: usize,
    /// Whether it is the part on top, which tells how often the step was made again.
    is_again: bool,
}

/// How high a bar is that was never made again, of the strip's height: of a step whose inputs are
/// known, and of one that is predicted.
const KNOWN: f32 = 0.30;
const PREDICTED: f32 = 0.15;

/// So often made again, a bar is as high as the strip: the bound of prediction.
const MOST_AGAIN: f32 = protocol::limits::MAX_PREDICTION as f32;

pub(super) fn build(places: &Places, commands: &mut Commands) {
    for (scene, strip) in places.strips.into_iter().enumerate() {
        // The strip's ground.
        commands.spawn((
            Part,
            LAYER,
            Sprite::from_color(theme::FLOOR, strip.size()),
            Transform::from_translation(seen(places, strip.center()).extend(0.0)),
        ));
        for (slot, is_again) in (0..HISTORY).flat_map(|slot| [(slot, false), (slot, true)]) {
            commands.spawn((
                Part,
                LAYER,
                Bar {
                    scene,
                    slot,
                    is_again,
                },
                Sprite::from_color(Color::NONE, Vec2::ZERO),
                Transform::default(),
            ));
        }
    }
}

/// What has become of a step.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Step {
    state: State,
    again: u8,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum State {
    /// Nothing can change it any more.
    Confirmed,
    /// All of its inputs have come here, but perhaps not to everybody.
    Known,
    Predicted,
}

/// What became of the step at a place, where the rightmost one leads to world `newest`.
fn step(history: &History, newest: Frame, slot: usize) -> Option<Step> {
    let behind = newest.saturating_sub(history.frame) as usize;
    let index = (slot + behind < HISTORY).then_some(slot + behind)?;
    // The world that the step led to; there is none before the first.
    let world = (history.frame + 1 + index as Frame).checked_sub(HISTORY as Frame)?;
    let state = match world {
        0 => return None,
        _ if world <= history.confirmed => State::Confirmed,
        _ if world <= history.known => State::Known,
        _ => State::Predicted,
    };
    let again = history.again[index];
    Some(Step { state, again })
}

/// From where to where a part of a bar reaches, of the strip's height, and its colour.
fn look(step: Step, is_again: bool) -> (f32, f32, Color) {
    let (base, color) = match step.state {
        State::Confirmed => (KNOWN, theme::ACCENT.with_alpha(0.55)),
        State::Known => (KNOWN, theme::ACCENT),
        State::Predicted => (PREDICTED, theme::BALL),
    };
    if !is_again {
        return (0.0, base, color);
    }
    let share = (f32::from(step.again) / MOST_AGAIN).min(1.0);
    let alpha = match step.state {
        State::Confirmed => 0.7,
        State::Known | State::Predicted => 1.0,
    };
    let top = base + (1.0 - base) * share;
    (base, top, theme::ALARM.with_alpha(alpha))
}

pub(super) fn draw(
    arrangement: Res<Arrangement>,
    scenes: Query<(&Scene, &Steps)>,
    mut bars: Query<(&Bar, &mut Sprite, &mut Transform)>,
) {
    let Some(places) = arrangement.0 else { return };
    let mut histories = [None; 2];
    for (scene, steps) in &scenes {
        if let Some(history) = histories.get_mut(scene.index) {
            *history = steps.0;
        }
    }
    let newest = histories
        .iter()
        .flatten()
        .map(|history| history.frame)
        .max();
    for (bar, mut sprite, mut transform) in &mut bars {
        let (strip, history) = (places.strips[bar.scene], histories[bar.scene]);
        let step = history
            .zip(newest)
            .and_then(|(history, newest)| step(&history, newest, bar.slot));
        let (from, to, color) =
            step.map_or((0.0, 0.0, Color::NONE), |step| look(step, bar.is_again));
        let pitch = strip.width() / HISTORY as f32;
        let size = Vec2::new(pitch * 0.74, strip.height() * (to - from));
        let middle = Vec2::new(
            strip.min.x + pitch * (bar.slot as f32 + 0.5),
            strip.max.y - strip.height() * (from + to) / 2.0,
        );
        if sprite.custom_size != Some(size) {
            sprite.custom_size = Some(size);
        }
        if sprite.color != color {
            sprite.color = color;
        }
        transform.set_if_neq(Transform::from_translation(
            seen(&places, middle).extend(1.0),
        ));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn history(frame: Frame, confirmed: Frame, known: Frame) -> History {
        History {
            frame,
            confirmed,
            known,
            again: std::array::from_fn(|index| index as u8),
        }
    }

    #[test]
    fn the_newest_frame_is_on_the_right_and_what_is_behind_leaves_room() {
        let history = history(100, 92, 95);
        let newest = step(&history, 100, HISTORY - 1).unwrap();
        let (state, again) = (State::Predicted, 59);
        assert_eq!(newest, Step { state, again });
        let state = |back| step(&history, 100, HISTORY - back).unwrap().state;
        assert_eq!((state(9), state(8)), (State::Confirmed, State::Known));
        assert_eq!((state(6), state(5)), (State::Known, State::Predicted));
        assert_eq!(step(&history, 103, HISTORY - 1), None);
        assert_eq!(step(&history, 103, HISTORY - 4), Some(newest));
    }

    #[test]
    fn before_the_first_frame_there_is_nothing() {
        let history = history(2, 0, 0);
        assert!(step(&history, 2, HISTORY - 2).is_some());
        assert_eq!(step(&history, 2, HISTORY - 3), None);
        assert_eq!(step(&history, 2, 0), None);
    }

    #[test]
    fn what_was_made_again_stands_on_top() {
        let bar = |state, again, is_again| look(Step { state, again }, is_again);
        for state in [State::Confirmed, State::Known, State::Predicted] {
            let (_, top, color) = bar(state, 3, false);
            let (from, to, again) = bar(state, 3, true);
            assert!(from == top && to > from && again != color);
            assert_eq!(bar(state, 0, true).1, top, "never made again");
            assert_eq!(bar(state, 255, true).1, 1.0);
        }
        assert!(bar(State::Known, 0, false).1 > bar(State::Predicted, 0, false).1);
    }
}
