//! What became of the newest frames, for pictures of prediction and rollback.

use protocol::Frame;

/// Frames that are told of: a second's.
pub const HISTORY: usize = 60;

/// Places to count in: a power of two, so that frames go round in it without a seam.
const PLACES: usize = HISTORY.next_power_of_two();

/// The newest frames of a match, and what became of each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct History {
    /// The newest world's number: the step to it is the last of [`History::again`].
    pub frame: Frame,
    /// The newest world's number that nothing can change any more.
    pub confirmed: Frame,
    /// The newest world's number before which every input has come: the steps after it are predicted.
    pub known: Frame,
    /// How often each of the newest steps was made again, the oldest first; at most 255.
    pub again: [u8; HISTORY],
}

/// Counts how often steps are made again.
#[derive(Debug)]
pub(super) struct Again([u8; PLACES]);

impl Again {
    pub(super) fn new() -> Self {
        Self([0; PLACES])
    }

    /// The step from this world is made for the first time.
    pub(super) fn begin(&mut self, frame: Frame) {
        self.0[frame as usize % PLACES] = 0;
    }

    /// The steps from these worlds are made again: `to` is the newest world.
    pub(super) fn count(&mut self, from: Frame, to: Frame) {
        for frame in from.max(to.saturating_sub(PLACES as Frame))..to {
            let count = &mut self.0[frame as usize % PLACES];
            *count = count.saturating_add(1);
        }
    }

    /// What is known of the steps up to world `frame`.
    pub(super) fn history(&self, frame: Frame, confirmed: Frame, known: Frame) -> History {
        let first = frame.wrapping_sub(HISTORY as Frame);
        History {
            frame,
            confirmed,
            known,
            again: std::array::from_fn(|number| {
                let step = first.wrapping_add(number as Frame);
                self.0[step as usize % PLACES]
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_step_is_counted_where_it_stands() {
        let mut again = Again::new();
        for frame in 0..100 {
            again.begin(frame);
            if frame == 97 {
                again.count(90, 98);
            }
        }
        again.count(95, 100);
        let told = again.history(100, 90, 95).again;
        assert_eq!(told[..50], [0; 50]);
        assert_eq!(told[50..], [1, 1, 1, 1, 1, 2, 2, 2, 1, 1]);
    }

    #[test]
    fn a_step_that_is_new_was_never_made_again() {
        let mut again = Again::new();
        again.count(0, 60);
        again.begin(64);
        assert_eq!(again.history(65, 0, 0).again[HISTORY - 1], 0);
        assert_eq!(again.history(0, 0, 0).again.len(), HISTORY);
    }
}
