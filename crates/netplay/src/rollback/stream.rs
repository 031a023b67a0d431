//! One seat's inputs, frame by frame, and who drives it from when.

use super::{input::Input, worlds::WINDOW};
use protocol::{
    Driver, Frame, PeerId, Seat,
    agreement::Tenure,
    limits::{MAX_TENURES, MAX_UNACKED_INPUTS},
};
use std::collections::VecDeque;

/// A seat's inputs: gapless, each written by the driver of its frame, and never changed once
/// confirmed. A bot's inputs are known for ever: it has none.
pub(super) struct Stream<I> {
    /// The tenure in force at the confirmed frame, then later ones. Never empty. Before the last
    /// one begins, all inputs are known.
    tenures: VecDeque<Tenure>,
    /// The frame of the first input that is kept.
    base: Frame,
    known: VecDeque<Known<I>>,
    idle: Input<I>,
    /// The newest input of the last tenure: the prediction for all frames after it.
    last: Input<I>,
    /// Whether nothing more of the last tenure is taken.
    frozen: bool,
    /// What the newest [`WINDOW`] steps were made with, to know wrong predictions: a word, or
    /// nothing where a bot drove.
    used: [Option<u32>; WINDOW],
}

/// An input, and who drove when it was given.
#[derive(Clone, Copy)]
struct Known<I> {
    input: Input<I>,
    driver: Driver,
}

impl<I: Copy> Stream<I> {
    /// A stream without inputs before `frame`; `idle` is predicted until the first one is known.
    /// The first of `tenures` must be in force at `frame`.
    pub(super) fn new(tenures: Vec<Tenure>, frame: Frame, idle: Input<I>) -> Self {
        Self {
            tenures: tenures.into(),
            base: frame,
            known: VecDeque::new(),
            idle,
            last: idle,
            frozen: false,
            used: [None; WINDOW],
        }
    }

    /// Who drives the seat in the end: the only one who may write.
    pub(super) fn driver(&self) -> Option<PeerId> {
        self.tenures.back().and_then(|tenure| tenure.driver)
    }

    /// The first frame of the last tenure.
    pub(super) fn since(&self) -> Frame {
        self.tenures.back().map_or(0, |tenure| tenure.from)
    }

    /// Who drives the seat in `frame`, which is not before the confirmed one.
    fn driver_at(&self, frame: Frame) -> Option<PeerId> {
        // Mostly there is but one.
        if let Some(last) = self.tenures.back().filter(|last| last.from <= frame) {
            return last.driver;
        }
        let began = self.tenures.iter().rfind(|tenure| tenure.from <= frame);
        began.and_then(|tenure| tenure.driver)
    }

    /// The tenure in force at the confirmed frame, then later ones.
    pub(super) fn tenures(&self) -> Vec<Tenure> {
        self.tenures.iter().copied().collect()
    }

    /// The first frame whose input is not known; none, which is [`Frame::MAX`], for a bot's seat.
    pub(super) fn end(&self) -> Frame {
        let stored = self.stored();
        for (index, tenure) in self.tenures.iter().enumerate() {
            let next = self.tenures.get(index + 1);
            let end = next.map_or(Frame::MAX, |next| next.from);
            if tenure.driver.is_some() && end > stored {
                return tenure.from.max(stored);
            }
        }
        Frame::MAX
    }

    /// The first frame from `frame` on that a peer writes an input of: a bot's frames have none.
    pub(super) fn written_from(&self, frame: Frame) -> Frame {
        let began = self.tenures.iter().rposition(|tenure| tenure.from <= frame);
        match began {
            Some(index) if self.tenures[index].driver.is_none() => {
                let mut later = self.tenures.iter().skip(index);
                let next = later.find(|tenure| tenure.driver.is_some());
                next.map_or(Frame::MAX, |tenure| tenure.from)
            }
            _ => frame,
        }
    }

    /// The first frame after the inputs that are kept.
    fn stored(&self) -> Frame {
        self.base + self.known.len() as Frame
    }

    /// How many inputs are kept.
    pub(super) fn kept(&self) -> usize {
        self.known.len()
    }

    /// The first frame whose input is kept.
    pub(super) fn base(&self) -> Frame {
        self.base
    }

    /// The word of `frame`, if it is known and still kept.
    pub(super) fn word(&self, frame: Frame) -> Option<u32> {
        let index = frame.checked_sub(self.base)?;
        self.known.get(index as usize).map(|known| known.input.word)
    }

    /// Who drove in `frame`, whose input is kept.
    pub(super) fn drove(&self, frame: Frame) -> Driver {
        let known = frame
            .checked_sub(self.base)
            .and_then(|index| self.known.get(index as usize));
        known.map_or(Driver::Bot, |known| known.driver)
    }

    /// The words from `first` on, at most [`MAX_UNACKED_INPUTS`]. Nothing if they are forgotten.
    pub(super) fn words_from(&self, first: Frame) -> Option<Vec<u32>> {
        let skip = first.checked_sub(self.base)? as usize;
        let words = self.known.iter().skip(skip).map(|known| known.input.word);
        Some(words.take(MAX_UNACKED_INPUTS as usize).collect())
    }

    /// Appends the input of frame [`Stream::end`], which is the last tenure's driver's.
    pub(super) fn push(&mut self, input: Input<I>) {
        self.fill(self.end());
        self.known.push_back(Known {
            input,
            driver: Driver::Peer,
        });
        self.last = input;
    }

    /// Appends the newest input again for all frames before `frame`: what the others predict.
    pub(super) fn hold_until(&mut self, frame: Frame) {
        while self.end() < frame {
            self.push(self.last);
        }
    }

    /// Writes down what a bot did before `frame`.
    fn fill(&mut self, frame: Frame) {
        while self.stored() < frame && self.driver_at(self.stored()).is_none() {
            self.known.push_back(Known {
                input: self.idle,
                driver: Driver::Bot,
            });
        }
    }

    /// No input before `frame` changes any more. Those of the newest [`MAX_UNACKED_INPUTS`]
    /// frames are kept for others.
    pub(super) fn confirm(&mut self, frame: Frame) {
        self.fill(frame);
        let keep = frame.saturating_sub(MAX_UNACKED_INPUTS);
        let count = (keep.saturating_sub(self.base) as usize).min(self.known.len());
        for _ in 0..count {
            self.known.pop_front();
        }
        self.base += count as Frame;
        while self.tenures.get(1).is_some_and(|next| next.from <= frame) {
            self.tenures.pop_front();
        }
    }

    /// Goes on at `frame`, with whatever inputs before it are known by somebody else.
    pub(super) fn skip_to(&mut self, frame: Frame) {
        if self.stored() < frame {
            self.known.clear();
            self.base = frame;
        }
    }

    /// Whether there is room for another tenure.
    pub(super) fn is_full(&self) -> bool {
        self.tenures.len() >= MAX_TENURES
    }

    /// Begins a tenure; what was known from its first frame on counts no more. It must not begin
    /// before the confirmed frame nor before the last tenure, and all inputs before it are known.
    pub(super) fn change(&mut self, tenure: Tenure) {
        self.known
            .truncate(tenure.from.saturating_sub(self.base) as usize);
        while self.since() >= tenure.from && self.tenures.pop_back().is_some() {}
        self.tenures.push_back(tenure);
        self.last = self.idle;
        self.frozen = false;
    }

    /// From now on nothing more of the last tenure is taken.
    pub(super) fn freeze(&mut self) {
        self.frozen = true;
    }

    /// The last tenure's inputs are taken again.
    pub(super) fn thaw(&mut self) {
        self.frozen = false;
    }

    /// Whether nothing more of the last tenure is taken.
    pub(super) fn is_frozen(&self) -> bool {
        self.frozen
    }

    /// The seat in the step of `frame`, predicted if need be, and remembered as used.
    pub(super) fn seat(&mut self, frame: Frame) -> Seat<I> {
        let known = frame
            .checked_sub(self.base)
            .and_then(|index| self.known.get(index as usize).copied());
        let Known { input, driver } = known.unwrap_or_else(|| match self.driver_at(frame) {
            Some(_) => Known {
                input: self.last,
                driver: Driver::Peer,
            },
            None => Known {
                input: self.idle,
                driver: Driver::Bot,
            },
        });
        self.used[frame as usize % WINDOW] = (driver == Driver::Peer).then_some(input.word);
        Seat {
            input: input.value,
            driver,
        }
    }

    /// What the step of `frame`, one of the newest, was made with: a peer's word, or nothing
    /// where a bot drove.
    pub(super) fn used(&self, frame: Frame) -> Option<u32> {
        self.used[frame as usize % WINDOW]
    }
}
