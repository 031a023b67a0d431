//! What is timed, and what comes out.

use std::{fmt::Write as _, time::Duration};
use web_time::Instant;

/// Something that can be timed over many operations.
pub trait Timed {
    /// What it is called in figures: a word.
    const NAME: &'static str;

    /// Prepares a lap, which is not timed.
    fn prepare(seats: usize) -> Self;

    /// Does the lap and says how many operations it was; at least 10 ms, since browsers' clocks
    /// tick in steps of 0.1 ms.
    fn lap(&mut self) -> u32;
}

/// The seats of the matches that are timed.
pub const SEATS: [usize; 3] = [2, 4, 8];

/// Nanoseconds per operation in the fastest lap so far.
///
/// Whatever else a machine does makes a lap slower, never faster: the fastest one says best what
/// the code costs, and ratios of fastest laps hold on a busy machine too.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Figures(Vec<(String, usize, f64)>);

impl Figures {
    /// Does one lap, takes its time, and gives it with the number of operations.
    pub fn time<T: Timed>(&mut self, seats: usize) -> (Duration, u32) {
        let mut timed = T::prepare(seats);
        let start = Instant::now();
        let operations = timed.lap();
        let took = start.elapsed();
        self.note(
            T::NAME,
            seats,
            took.as_secs_f64() * 1e9 / f64::from(operations),
        );
        (took, operations)
    }

    /// Does `laps` laps.
    pub fn time_laps<T: Timed>(&mut self, seats: usize, laps: usize) {
        for _ in 0..laps {
            self.time::<T>(seats);
        }
    }

    fn note(&mut self, name: &str, seats: usize, nanos: f64) {
        let known = self.0.iter_mut().find(|(n, s, _)| n == name && *s == seats);
        match known {
            Some((_, _, fastest)) => *fastest = fastest.min(nanos),
            None => self.0.push((name.to_owned(), seats, nanos)),
        }
    }

    /// Nanoseconds per operation, if that was timed.
    pub fn get(&self, name: &str, seats: usize) -> Option<f64> {
        let found = self.0.iter().find(|(n, s, _)| n == name && *s == seats);
        found.map(|(_, _, nanos)| *nanos)
    }

    /// One line each: [`Figures::MARK`], name, seats, nanoseconds.
    pub fn to_text(&self) -> String {
        let mut text = String::new();
        for (name, seats, nanos) in &self.0 {
            // Writing to a string cannot fail.
            let _ = writeln!(text, "{} {name} {seats} {nanos}", Self::MARK);
        }
        text
    }

    /// Reads the lines of [`Figures::to_text`] among others.
    pub fn from_text(text: &str) -> Self {
        let mut figures = Self::default();
        for line in text.lines() {
            let mut words = line.split_whitespace().skip_while(|w| *w != Self::MARK);
            let figure = (|| {
                words.next()?;
                let name = words.next()?;
                let seats = words.next()?.parse().ok()?;
                Some((name, seats, words.next()?.parse().ok()?))
            })();
            if let Some((name, seats, nanos)) = figure {
                figures.note(name, seats, nanos);
            }
        }
        figures
    }

    /// The first word of a line that holds a figure.
    pub const MARK: &'static str = "figure:";
}
