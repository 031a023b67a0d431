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
    /// The last tenure: only its driver may write. All inputs before it are known.
    tenure: Tenure,
    /// Those before it: the one in force at the confirmed frame, then later ones. Mostly none.
    earlier: Vec<Tenure>,
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

impl<I> Known<I> {
    /// What a step made with it is remembered by.
    fn used(&self) -> Option<u32> {
        (self.driver == Driver::Peer).then_some(self.input.word)
    }
}

impl<I: Copy> Stream<I> {
    /// A stream without inputs before `frame`; `idle` is predicted until the first one is known.
    /// The first of `tenures` must be in force at `frame`.
    pub(super) fn new(tenures: Vec<Tenure>, frame: Frame, idle: Input<I>) -> Self {
        let mut earlier = tenures;
        let nobodys = Tenure {
            from: frame,
            driver: None,
        };
        Self {
            tenure: earlier.pop().unwrap_or(nobodys),
            earlier,
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
        self.tenure.driver
    }

    /// The first frame of the last tenure.
    pub(super) fn since(&self) -> Frame {
        self.tenure.from
    }

    /// The tenure in force in `frame`; forgotten if that is before the confirmed frame.
    fn tenure_at(&self, frame: Frame) -> Option<&Tenure> {
        if self.tenure.from <= frame {
            return Some(&self.tenure);
        }
        self.earlier.iter().rfind(|tenure| tenure.from <= frame)
    }

    /// Who drives the seat in `frame`, which is not before the confirmed one.
    fn driver_at(&self, frame: Frame) -> Option<PeerId> {
        self.tenure_at(frame)?.driver
    }

    /// The tenure in force at the confirmed frame, then later ones.
    pub(super) fn tenures(&self) -> Vec<Tenure> {
        let tenures = self.earlier.iter().chain([&self.tenure]);
        tenures.copied().collect()
    }

    /// The first frame whose input is not known; none, which is [`Frame::MAX`], for a bot's seat.
    pub(super) fn end(&self) -> Frame {
        match self.tenure.driver {
            Some(_) => self.tenure.from.max(self.stored()),
            None => Frame::MAX,
        }
    }

    /// The first frame from `frame` on that a peer writes an input of: a bot's frames have none.
    pub(super) fn written_from(&self, frame: Frame) -> Frame {
        if self.tenure_at(frame).is_none_or(|it| it.driver.is_some()) {
            return frame;
        }
        let later = self.earlier.iter().chain([&self.tenure]);
        let mut peers = later.filter(|tenure| tenure.driver.is_some());
        let next = peers.find(|tenure| tenure.from > frame);
        next.map_or(Frame::MAX, |tenure| tenure.from)
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
        if self.tenure.from <= frame {
            self.earlier.clear();
        } else if let Some(index) = self.earlier.iter().rposition(|it| it.from <= frame) {
            self.earlier.drain(..index);
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
        self.earlier.len() + 1 >= MAX_TENURES
    }

    /// Begins a tenure; what was known from its first frame on counts no more. It must not begin
    /// before the confirmed frame nor before the last tenure, and all inputs before it are known.
    pub(super) fn change(&mut self, tenure: Tenure) {
        self.known
            .truncate(tenure.from.saturating_sub(self.base) as usize);
        self.earlier.push(self.tenure);
        self.earlier.retain(|earlier| earlier.from < tenure.from);
        self.tenure = tenure;
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
        let known = self.expected(frame);
        self.used[frame as usize % WINDOW] = known.used();
        Seat {
            input: known.input.value,
            driver: known.driver,
        }
    }

    /// What is known of `frame`, or predicted.
    fn expected(&self, frame: Frame) -> Known<I> {
        let known = frame
            .checked_sub(self.base)
            .and_then(|index| self.known.get(index as usize).copied());
        known.unwrap_or_else(|| match self.driver_at(frame) {
            Some(_) => Known {
                input: self.last,
                driver: Driver::Peer,
            },
            None => Known {
                input: self.idle,
                driver: Driver::Bot,
            },
        })
    }

    /// What the step of `frame`, one of the newest, was made with: a peer's word, or nothing
    /// where a bot drove.
    pub(super) fn used(&self, frame: Frame) -> Option<u32> {
        self.used[frame as usize % WINDOW]
    }

    /// Whether that is what is known or predicted now.
    pub(super) fn is_used(&self, frame: Frame) -> bool {
        self.used(frame) == self.expected(frame).used()
    }
}
