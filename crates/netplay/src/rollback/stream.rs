//! One seat's inputs, frame by frame.

use super::{input::Input, worlds::WINDOW};
use protocol::{Driver, Frame, PeerId, Seat};
use std::collections::VecDeque;

/// A seat's inputs: gapless, written by one author, and never changed once known.
pub(super) struct Stream<I> {
    /// Who writes this stream; nobody for a bot's seat, whose inputs are known for ever.
    author: Option<PeerId>,
    /// The frame of the first input that is kept.
    base: Frame,
    inputs: VecDeque<Input<I>>,
    /// The newest input: the prediction for all frames after it.
    last: Input<I>,
    /// The words that the newest [`WINDOW`] steps were made with, to know wrong predictions.
    used: [u32; WINDOW],
}

impl<I: Copy> Stream<I> {
    /// An empty stream; `idle` is predicted until the first input is known.
    pub(super) fn new(author: Option<PeerId>, idle: Input<I>) -> Self {
        let used = [idle.word; WINDOW];
        Self {
            author,
            base: 0,
            inputs: VecDeque::new(),
            last: idle,
            used,
        }
    }

    /// Who writes this stream.
    pub(super) fn author(&self) -> Option<PeerId> {
        self.author
    }

    /// The first frame whose input is not known.
    pub(super) fn end(&self) -> Frame {
        match self.author {
            Some(_) => self.base + self.inputs.len() as Frame,
            None => Frame::MAX,
        }
    }

    /// The word of `frame`, if it is known and still kept.
    pub(super) fn word(&self, frame: Frame) -> Option<u32> {
        let index = frame.checked_sub(self.base)?;
        self.inputs.get(index as usize).map(|input| input.word)
    }

    /// The words from `first` on, which must not be forgotten yet.
    pub(super) fn words_from(&self, first: Frame) -> Vec<u32> {
        let skip = first.saturating_sub(self.base) as usize;
        self.inputs
            .iter()
            .skip(skip)
            .map(|input| input.word)
            .collect()
    }

    /// Appends the input of frame [`Stream::end`].
    pub(super) fn push(&mut self, input: Input<I>) {
        self.inputs.push_back(input);
        self.last = input;
    }

    /// Appends the newest input again for all frames before `frame`: what the others predict.
    pub(super) fn hold_until(&mut self, frame: Frame) {
        while self.end() < frame {
            self.push(self.last);
        }
    }

    /// Forgets the inputs before `frame`.
    pub(super) fn forget_before(&mut self, frame: Frame) {
        let count = (frame.saturating_sub(self.base) as usize).min(self.inputs.len());
        self.inputs.drain(..count);
        self.base += count as Frame;
    }

    /// The seat in the step of `frame`, predicted if need be, and remembered as used.
    pub(super) fn seat(&mut self, frame: Frame) -> Seat<I> {
        let known = frame
            .checked_sub(self.base)
            .and_then(|i| self.inputs.get(i as usize));
        let input = *known.unwrap_or(&self.last);
        self.used[frame as usize % WINDOW] = input.word;
        let driver = if self.author.is_some() {
            Driver::Peer
        } else {
            Driver::Bot
        };
        Seat {
            input: input.value,
            driver,
        }
    }

    /// The word that the step of `frame`, one of the newest, was made with.
    pub(super) fn used(&self, frame: Frame) -> u32 {
        self.used[frame as usize % WINDOW]
    }
}
