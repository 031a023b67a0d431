//! A match as those see it that only watch: stepped from its confirmed frames alone, a little
//! later than it is played, and nobody waits for it.

use crate::{
    queue::Queue,
    rollback::{CHECKSUM_INTERVAL, ConfirmedFrame, STEP, input},
};
use protocol::{
    Driver, Frame, Seat, Simulation,
    limits::{MAX_FEED_FRAMES, MAX_SEATS},
};
use std::{collections::VecDeque, time::Duration};

/// Frames that are held back, so that the next ones are here when they are due: a stretch comes
/// every 0.1 s, or later when a packet was lost.
const BUFFER: usize = 15;

/// Frames past which what waits is gone through at once, as after a pause.
const MAX_BUFFER: usize = 90;

/// The part by which the picture runs faster or slower to keep the buffer.
const ADJUSTMENT: f64 = 0.05;

/// Frames that wait at most. More are refused: nobody sends so much but in bad faith.
const MAX_WAITING: usize = 16 * MAX_FEED_FRAMES;

/// Events kept for a caller that does not take them; older ones are dropped.
const MAX_EVENTS: usize = 256;

/// Own checksums that are kept, half a minute's.
const MAX_CHECKSUMS: usize = 30;

/// Why frames were not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FeedError {
    /// Frames before it are lacking.
    #[error("frame {0} leaves a gap")]
    Gap(Frame),
    /// An input that no simulation of these rules would have written.
    #[error("the input of frame {0} is malformed")]
    BadInput(Frame),
    /// Far more than is played.
    #[error("too many frames")]
    Full,
}

/// The match, as far as it has been shown.
pub struct Audience<S: Simulation> {
    previous: S,
    current: S,
    frame: Frame,
    seats: usize,
    waiting: VecDeque<ConfirmedFrame>,
    due: Duration,
    /// Whether the buffer is being filled before it goes on.
    pauses: bool,
    /// Own checksums of every [`CHECKSUM_INTERVAL`]th world.
    checksums: VecDeque<(Frame, u64)>,
    /// What the teller says of worlds that we have not come to.
    told: VecDeque<(Frame, u64)>,
    differs: bool,
    events: VecDeque<(Frame, S::Event)>,
    happened: Vec<S::Event>,
}

impl<S: Simulation> Audience<S> {
    /// Begins with a confirmed world of a match of so many seats.
    pub fn new(world: S, frame: Frame, seats: usize, now: Duration) -> Self {
        Self {
            previous: world.clone(),
            current: world,
            frame,
            seats: seats.min(MAX_SEATS),
            waiting: VecDeque::new(),
            due: now,
            pauses: true,
            checksums: VecDeque::new(),
            told: VecDeque::new(),
            differs: false,
            events: VecDeque::new(),
            happened: Vec::new(),
        }
    }

    /// All that could grow, with its limit.
    pub fn queues(&self) -> [Queue; 4] {
        [
            Queue::new("checksums told", self.told.len(), MAX_CHECKSUMS),
            Queue::new("frames to show", self.waiting.len(), MAX_WAITING),
            Queue::new("events to show", self.events.len(), MAX_EVENTS),
            Queue::new(
                "checksums of shown worlds",
                self.checksums.len(),
                MAX_CHECKSUMS,
            ),
        ]
    }

    /// The first frame that is lacking.
    pub fn next_frame(&self) -> Frame {
        self.frame + self.waiting.len() as Frame
    }

    /// Takes in a confirmed frame; one that is known already does no harm.
    ///
    /// # Errors
    /// [`FeedError`]; the frame is not taken then.
    pub fn push(&mut self, frame: ConfirmedFrame) -> Result<(), FeedError> {
        if frame.frame < self.next_frame() {
            return Ok(());
        }
        if frame.frame > self.next_frame() {
            return Err(FeedError::Gap(frame.frame));
        }
        if self.waiting.len() >= MAX_WAITING {
            return Err(FeedError::Full);
        }
        let words = frame.words.iter().take(self.seats);
        if words
            .into_iter()
            .any(|word| input::unpack::<S>(*word).is_none())
        {
            return Err(FeedError::BadInput(frame.frame));
        }
        self.waiting.push_back(frame);
        Ok(())
    }

    /// Steps as far as is due.
    pub fn tick(&mut self, now: Duration) {
        while self.waiting.len() > MAX_BUFFER {
            self.step();
            self.due = now;
        }
        if self.pauses {
            self.due = now;
            self.pauses = self.waiting.len() < BUFFER;
        }
        while !self.pauses && self.due + STEP <= now {
            if self.waiting.is_empty() {
                self.pauses = true;
                return;
            }
            self.step();
            let pace = match self.waiting.len() {
                few if few < BUFFER / 2 => 1.0 + ADJUSTMENT,
                many if many > 2 * BUFFER => 1.0 - ADJUSTMENT,
                _ => 1.0,
            };
            self.due += STEP.mul_f64(pace);
        }
    }

    fn step(&mut self) {
        let Some(frame) = self.waiting.pop_front() else {
            return;
        };
        let mut seats = [Seat::default(); MAX_SEATS];
        for (index, seat) in seats.iter_mut().enumerate() {
            // Judged when it came: it unpacks.
            let input = input::unpack::<S>(frame.words[index]);
            if frame.peers & 1 << index != 0
                && let Some(input) = input
            {
                *seat = Seat {
                    input: input.value,
                    driver: Driver::Peer,
                };
            }
        }
        self.previous.clone_from(&self.current);
        self.current.step(&seats[..self.seats], &mut self.happened);
        for event in self.happened.drain(..) {
            if self.events.len() == MAX_EVENTS {
                self.events.pop_front();
            }
            self.events.push_back((self.frame, event));
        }
        self.frame += 1;
        if self.frame.is_multiple_of(CHECKSUM_INTERVAL) {
            if self.checksums.len() == MAX_CHECKSUMS {
                self.checksums.pop_front();
            }
            self.checksums
                .push_back((self.frame, self.current.checksum()));
            self.compare();
        }
    }

    /// What the teller says of its confirmed world: another branch of a match that had split
    /// would be seen to differ.
    pub fn hear_checksum(&mut self, frame: Frame, sum: u64) {
        if self.told.back().is_none_or(|(newest, _)| *newest < frame) {
            if self.told.len() == MAX_CHECKSUMS {
                self.told.pop_front();
            }
            self.told.push_back((frame, sum));
        }
        self.compare();
    }

    /// Compares what was told of the worlds that we have come to by now.
    fn compare(&mut self) {
        while let Some((frame, theirs)) = self.told.front().filter(|(f, _)| *f <= self.frame) {
            let ours = self.checksums.iter().find(|(f, _)| f == frame);
            self.differs |= ours.is_some_and(|(_, ours)| ours != theirs);
            self.told.pop_front();
        }
    }

    /// Whether this is not the match that is played: it must be entered anew.
    pub fn differs(&self) -> bool {
        self.differs
    }

    /// This match's newest checksum.
    pub fn checksum(&self) -> Option<(Frame, u64)> {
        self.checksums.back().copied()
    }

    /// The number of the world that is shown.
    pub fn frame(&self) -> Frame {
        self.frame
    }

    /// The two newest worlds, to draw between.
    pub fn worlds(&self) -> (&S, &S) {
        (&self.previous, &self.current)
    }

    /// When the current world was due.
    pub fn due(&self) -> Duration {
        self.due
    }

    /// What happened since the last call. At most 256 are kept.
    pub fn take_events(&mut self) -> Vec<(Frame, S::Event)> {
        std::mem::take(&mut self.events).into()
    }

    /// The seats that bots drive in the newest frame that has come, of those that are known.
    pub fn has_bots(&self) -> bool {
        let newest = self.waiting.back();
        newest.is_some_and(|frame| frame.peers.count_ones() < self.seats as u32)
    }
}
