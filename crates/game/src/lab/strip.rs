//! The newest frames of each scene, a bar for each: what is certain, what is predicted, and how
//! often it was made again. Newer frames are further right, the same frame at the same place in both.

use super::{Arrangement, LAYER, Part, place::Places, seen};
use crate::{
    scene::{Scene, shown::Shown},
    theme,
};
use bevy::prelude::*;
use netplay::session::{HISTORY, History};
use protocol::Frame;

/// A bar: of which scene, and at which place from the left.
#[derive(Component, Clone, Copy)]
pub(super) struct Bar {
    scene: usize,
    slot: usize,
}

/// How high a bar is that was never made again, of the strip's height: confirmed, and predicted.
const CONFIRMED: f32 = 0.30;
const PREDICTED: f32 = 0.16;

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
        for slot in 0..HISTORY {
            commands.spawn((
                Part,
                LAYER,
                Bar { scene, slot },
                Sprite::from_color(Color::NONE, Vec2::ZERO),
                Transform::default(),
            ));
        }
    }
}

/// What has become of a step.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Step {
    is_confirmed: bool,
    again: u8,
}

/// What became of the step at a place, where the rightmost one leads to world `newest`.
fn step(history: &History, newest: Frame, slot: usize) -> Option<Step> {
    let behind = newest.saturating_sub(history.frame) as usize;
    let index = (slot + behind < HISTORY).then_some(slot + behind)?;
    // The world that the step led to; there is none before the first.
    let world = (history.frame + 1 + index as Frame).checked_sub(HISTORY as Frame)?;
    (world > 0).then(|| Step {
        is_confirmed: world <= history.confirmed,
        again: history.again[index],
    })
}

/// How high a bar is, of the strip's height, and its colour.
fn look(step: Step) -> (f32, Color) {
    let (height, color) = match step.is_confirmed {
        true => (CONFIRMED, theme::ACCENT.with_alpha(0.55)),
        false => (PREDICTED, theme::BALL),
    };
    if step.again == 0 {
        return (height, color);
    }
    let share = (f32::from(step.again) / MOST_AGAIN).min(1.0);
    let alpha = if step.is_confirmed { 0.75 } else { 1.0 };
    (
        height + (1.0 - height) * share,
        theme::ALARM.with_alpha(alpha),
    )
}

pub(super) fn draw(
    arrangement: Res<Arrangement>,
    scenes: Query<(&Scene, &Shown)>,
    mut bars: Query<(&Bar, &mut Sprite, &mut Transform)>,
) {
    let Some(places) = arrangement.0 else { return };
    let mut histories = [None; 2];
    for (scene, shown) in &scenes {
        if let Some(history) = histories.get_mut(scene.index) {
            *history = shown.history();
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
        let (height, color) = step.map_or((0.0, Color::NONE), look);
        let pitch = strip.width() / HISTORY as f32;
        let size = Vec2::new(pitch * 0.74, strip.height() * height);
        let middle = Vec2::new(
            strip.min.x + pitch * (bar.slot as f32 + 0.5),
            strip.max.y - size.y / 2.0,
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

    fn history(frame: Frame, confirmed: Frame) -> History {
        History {
            frame,
            confirmed,
            again: std::array::from_fn(|index| index as u8),
        }
    }

    #[test]
    fn the_newest_frame_is_on_the_right_and_what_is_behind_leaves_room() {
        let history = history(100, 92);
        let newest = step(&history, 100, HISTORY - 1).unwrap();
        assert_eq!(
            newest,
            Step {
                is_confirmed: false,
                again: 59
            }
        );
        assert!(step(&history, 100, HISTORY - 9).unwrap().is_confirmed);
        assert!(!step(&history, 100, HISTORY - 8).unwrap().is_confirmed);
        assert_eq!(step(&history, 103, HISTORY - 1), None);
        assert_eq!(step(&history, 103, HISTORY - 4), Some(newest));
    }

    #[test]
    fn before_the_first_frame_there_is_nothing() {
        let history = history(2, 0);
        assert!(step(&history, 2, HISTORY - 2).is_some());
        assert_eq!(step(&history, 2, HISTORY - 3), None);
        assert_eq!(step(&history, 2, 0), None);
    }

    #[test]
    fn what_was_made_again_stands_out_in_height_too() {
        let bar = |is_confirmed, again| {
            look(Step {
                is_confirmed,
                again,
            })
        };
        assert!(bar(true, 1).0 > bar(true, 0).0 && bar(false, 3).0 > bar(false, 1).0);
        assert!(
            bar(true, 0).0 > bar(false, 0).0,
            "what is certain is more than a guess"
        );
        assert_eq!(bar(true, 255).0, 1.0);
    }
}
