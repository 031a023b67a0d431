//! Wrong predictions, smoothed away: where the picture had a body, and where it turned out to be, is
//! told apart by an error that fades. The world itself is never touched, and neither is the player's
//! own disc, whose input is known without any prediction.

#[cfg(test)]
mod jumps;

use crate::demo::{Shown, shown::point};
use bevy::prelude::*;
use protocol::limits::MAX_SEATS;
use sim::demo::{Disc, World};

/// Seconds in which an error fades to about a third (1/e).
const FADES_IN: f32 = 0.07;

/// A larger error, in metres, is shown at once: what is that wrong was never near.
const MOST: f32 = 4.0;

/// How far the picture is off the world, for each body.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Errors {
    ball: Vec2,
    discs: [Vec2; MAX_SEATS],
}

impl Errors {
    /// The ball's.
    pub fn ball(&self) -> Vec2 {
        self.ball
    }

    /// A seat's disc's.
    pub fn disc(&self, seat: usize) -> Vec2 {
        self.discs.get(seat).copied().unwrap_or_default()
    }

    /// Goes over to what is shown `seconds` after the last picture. The disc in seat `own` has no
    /// error.
    pub fn follow(&mut self, shown: &Shown, own: Option<usize>, seconds: f32) {
        let left = (-seconds / FADES_IN).exp();
        self.ball *= left;
        self.discs.iter_mut().for_each(|error| *error *= left);
        if let Some((before, after)) = shown.corrected() {
            self.add(before, after, own);
        }
    }

    /// The world of one frame was shown as `before`, and is now known to be `after`.
    fn add(&mut self, before: &World, after: &World, own: Option<usize>) {
        if before.line_ups() != after.line_ups() {
            *self = Self::default();
            return;
        }
        let grown = |error: Vec2, before: sim::Vec2, after: sim::Vec2| {
            let error = error + point(before) - point(after);
            if error.length() <= MOST {
                error
            } else {
                Vec2::ZERO
            }
        };
        self.ball = grown(self.ball, before.ball().position, after.ball().position);
        let place = |disc: &Disc| disc.body().position;
        let discs = before.discs().iter().zip(after.discs()).enumerate();
        for (seat, (before, after)) in discs {
            self.discs[seat] = match own == Some(seat) {
                true => Vec2::ZERO,
                false => grown(self.discs[seat], place(before), place(after)),
            };
        }
    }
}
