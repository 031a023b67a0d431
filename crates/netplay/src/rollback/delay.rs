//! The input delay that the measured round trips ask for.
//!
//! A peer's input of frame `f` is written `delay` frames early, and reaches another one after
//! half a round trip. Until then the other predicts: its prediction is about
//!
//! ```text
//! depth = (round trip / 2 + 2 × deviation) / step + 1 − delay      [frames]
//! ```
//!
//! deep, where the deviation is that of RFC 6298 and the 1 is the step in which an input waits to
//! be sent. A lost datagram costs a frame more, two in a row cost two. Prediction hides
//! [`HIDDEN`] frames; the delay makes up for what is more, and for no more than that, since every
//! frame of delay is felt by the player.

use protocol::limits::MAX_INPUT_DELAY;
use std::time::Duration;

/// Frames of prediction that need no delay: below the prediction bound of 12 there is room left
/// for three lost datagrams in a row.
const HIDDEN: f64 = 11.0;

/// How far below the next lower delay the need must be before it counts as lower, in frames.
const MARGIN: f64 = 0.5;

/// How long a lower delay must have been enough before it is lowered by one.
const LOWER_AFTER: Duration = Duration::from_secs(3);

/// Frames between sampling an input and its step.
#[derive(Clone, Debug)]
pub(super) struct Delay {
    frames: u32,
    /// Whether it follows the round trips.
    follows: bool,
    /// Since when one frame less would have been enough.
    enough_since: Option<Duration>,
}

impl Delay {
    /// A fixed delay, clamped to [`MAX_INPUT_DELAY`], or one that follows the round trips.
    pub(super) fn new(fixed: Option<u32>) -> Self {
        Self {
            frames: fixed.unwrap_or(0).min(MAX_INPUT_DELAY),
            follows: fixed.is_none(),
            enough_since: None,
        }
    }

    /// The delay now.
    pub(super) fn frames(&self) -> u32 {
        self.frames
    }

    /// Fixes the delay, or lets it follow the round trips from what it is now.
    pub(super) fn set(&mut self, fixed: Option<u32>) {
        self.follows = fixed.is_none();
        self.frames = fixed.unwrap_or(self.frames).min(MAX_INPUT_DELAY);
        self.enough_since = None;
    }

    /// Follows how deep others must predict without any delay: raised at once, lowered slowly.
    pub(super) fn follow(&mut self, depth: Option<f64>, now: Duration) {
        let Some(depth) = depth.filter(|_| self.follows) else {
            return;
        };
        let bound = f64::from(MAX_INPUT_DELAY);
        let frames = |depth: f64| (depth - HIDDEN).ceil().clamp(0.0, bound) as u32;
        if frames(depth) > self.frames {
            self.frames = frames(depth);
        }
        if frames(depth + MARGIN) >= self.frames {
            self.enough_since = None;
        } else if now.saturating_sub(*self.enough_since.get_or_insert(now)) >= LOWER_AFTER {
            self.frames -= 1;
            self.enough_since = Some(now);
        }
    }
}
