//! Corrected predictions, smoothed for the eye.
//!
//! When another player's input turns out other than predicted, bodies are at once where they should
//! have been all along. The picture goes there in a moment instead of leaping: what is off at the
//! correction is added to where bodies are, and fades. Nothing waits for that: what one's own disc
//! does is seen in the same picture.

use bevy::prelude::*;
use protocol::{Frame, limits::STEP_MICROS};
use sim::demo::{Body, World};

/// An error below this, in metres, is not seen; one above is a leap that no fading would hide.
const LEAST: f32 = 0.02;
const MOST: f32 = 2.0;

/// Seconds in which what is off shrinks by 63 %: one's own disc is where it is sooner.
const FADING: f32 = 0.07;
const OWN_FADING: f32 = 0.03;

/// Steps that may have passed since the last picture for its prediction to be known: of the second
/// one, but for bounces. One's own disc dashes as its player likes.
const MAX_STEPS: Frame = 2;
const OWN_MAX_STEPS: Frame = 1;

/// A step, in seconds.
const STEP: f32 = STEP_MICROS as f32 / 1e6;

/// One body, and by how much it is drawn off.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Smooth {
    /// Where the last picture's newest world had it, in which frame.
    last: Option<(Frame, Body)>,
    off: Vec2,
}

impl Smooth {
    /// Takes in the two newest worlds, `seconds` after the last picture, and returns by how much the
    /// body is to be drawn off.
    pub fn follow(
        &mut self,
        [previous, current]: [&World; 2],
        body: impl Fn(&World) -> Option<Body>,
        is_mine: bool,
        seconds: f32,
    ) -> Vec2 {
        let (fading, max_steps) = match is_mine {
            true => (OWN_FADING, OWN_MAX_STEPS),
            false => (FADING, MAX_STEPS),
        };
        self.off *= (-seconds / fading).exp();
        let now = body(current).map(|body| (current.frame(), body));
        let both = body(previous).zip(body(current));
        if let (Some((frame, predicted)), Some((before, after))) = (self.last, both) {
            let steps = current.frame().wrapping_sub(frame);
            let at = |body: Body| Vec2::new(body.position.x, body.position.y);
            let speed = Vec2::new(predicted.velocity.x, predicted.velocity.y);
            // What the last picture's newest world has become, as far as it was predicted.
            let error = match steps {
                0 => at(predicted) - at(after),
                steps if steps <= max_steps => {
                    at(predicted) + speed * STEP * (steps - 1) as f32 - at(before)
                }
                _ => Vec2::ZERO,
            };
            if (LEAST..MOST).contains(&error.length()) {
                self.off = (self.off + error).clamp_length_max(MOST);
            }
        }
        self.last = now;
        if self.off.length_squared() < 1e-6 {
            self.off = Vec2::ZERO;
        }
        self.off
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use protocol::{Driver, Seat, Simulation};
    use sim::demo::{Disc, Input, Settings};

    fn step(world: &World, x: f32) -> World {
        let seat = |x| Seat {
            input: Input::new(x, 0.3, false, false),
            driver: Driver::Peer,
        };
        let mut next = *world;
        next.step(&[seat(0.0), seat(x)], &mut Vec::new());
        next
    }

    fn disc(world: &World) -> Option<Body> {
        world.discs().get(1).map(Disc::body)
    }

    fn place(world: &World) -> Vec2 {
        disc(world).map_or(Vec2::ZERO, |body| {
            Vec2::new(body.position.x, body.position.y)
        })
    }

    /// The worlds of a match in which the other player turns round at frame 100, and what this peer
    /// knew of them: it learns of the turn eight frames late.
    fn seen() -> Vec<[World; 2]> {
        let mut truth = vec![World::new(&Settings::for_seats(2), 1)];
        let way = |frame: usize| if frame < 100 { -1.0 } else { 1.0 };
        for frame in 0..160 {
            truth.push(step(&truth[frame], way(frame)));
        }
        let mut guess = truth[100];
        let mut pictures: Vec<_> = (60..=100)
            .map(|frame| [truth[frame - 1], truth[frame]])
            .collect();
        for _ in 0..8 {
            let next = step(&guess, -1.0);
            pictures.push([guess, next]);
            guess = next;
        }
        pictures.extend((109..160).map(|frame| [truth[frame - 1], truth[frame]]));
        pictures
    }

    #[test]
    fn a_correction_is_no_leap_and_fades() {
        let pictures = seen();
        let mut smooth = Smooth::default();
        let mut drawn = Vec::new();
        for [previous, current] in &pictures {
            let off = smooth.follow([previous, current], disc, false, STEP);
            drawn.push(place(previous) + off);
        }
        let leap = |places: &[Vec2]| {
            let ways = places.windows(2).map(|pair| pair[0].distance(pair[1]));
            ways.fold(0.0, f32::max)
        };
        let bare: Vec<_> = pictures.iter().map(|pair| place(&pair[0])).collect();
        assert!(leap(&bare) > 0.25, "without smoothing: {}", leap(&bare));
        assert!(leap(&drawn) < 0.2, "with it: {}", leap(&drawn));
        assert!(drawn.last().unwrap().distance(*bare.last().unwrap()) < 1e-3);
    }

    #[test]
    fn what_was_predicted_right_is_drawn_where_it_is() {
        let pictures = &seen()[..40];
        for pace in [1, 2, 5] {
            let mut smooth = Smooth::default();
            for [previous, current] in pictures.iter().step_by(pace) {
                let off = smooth.follow([previous, current], disc, true, STEP);
                assert_eq!(off, Vec2::ZERO, "every {pace} frames");
            }
        }
    }
}
