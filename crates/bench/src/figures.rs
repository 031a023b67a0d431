//! What is timed, and what comes out.

use std::{fmt::Write as _, hint::black_box, time::Duration};
use web_time::Instant;

/// Parts of a lap, each of which is timed by itself: few where the clock is coarse. Browsers' clocks
/// go in steps of 5 µs; the shortest part, of bare steps, is a hundred times as long.
pub const PARTS: u32 = if cfg!(target_arch = "wasm32") { 3 } else { 90 };

/// Something that can be timed over many operations.
pub trait Timed {
    /// What it is called in figures: a word.
    const NAME: &'static str;

    /// Prepares a lap, which is not timed.
    fn prepare(seats: usize) -> Self;

    /// Does the next of the lap's [`PARTS`], and says how long it took and how many operations it
    /// was.
    fn part(&mut self) -> (Duration, u32);
}

/// What the clock itself takes when it is read twice with nothing in between: to be taken off
/// whatever is timed so short that it counts. A browser's takes a tenth of a frame.
pub fn clock() -> Duration {
    const READINGS: u32 = 4_000;
    let batch = |_| {
        let readings = (0..READINGS).map(|_| black_box(Instant::now()).elapsed());
        readings.sum::<Duration>() / READINGS
    };
    (0..10).map(batch).min().unwrap_or_default()
}

/// The seats of the matches that are timed.
pub const SEATS: [usize; 3] = [2, 4, 8];

/// Nanoseconds per operation, of a lap made of the fastest of each part.
///
/// Whatever else a machine does makes a part slower, never faster: the fastest ones say best what
/// the code costs, and ratios of them hold on a busy machine too.
#[derive(Clone, Debug, Default)]
pub struct Figures(Vec<Figure>);

#[derive(Clone, Debug)]
struct Figure {
    name: String,
    seats: usize,
    /// Nanoseconds.
    fastest: Vec<f64>,
    operations: f64,
}

impl Figures {
    /// Does one lap, takes its time, and gives it with the number of operations.
    pub fn time<T: Timed>(&mut self, seats: usize) -> (Duration, u32) {
        let mut timed = T::prepare(seats);
        let (mut lap, mut operations) = (Duration::ZERO, 0);
        let part = |_| {
            let (took, done) = timed.part();
            lap += took;
            operations += done;
            took.as_secs_f64() * 1e9
        };
        let parts = (0..PARTS).map(part).collect();
        self.note(T::NAME, seats, parts, operations.into());
        (lap, operations)
    }

    fn note(&mut self, name: &str, seats: usize, parts: Vec<f64>, operations: f64) {
        let known = self
            .0
            .iter_mut()
            .find(|f| f.name == name && f.seats == seats);
        match known {
            Some(figure) => {
                for (fastest, part) in figure.fastest.iter_mut().zip(parts) {
                    *fastest = fastest.min(part);
                }
            }
            None => self.0.push(Figure {
                name: name.to_owned(),
                seats,
                fastest: parts,
                operations,
            }),
        }
    }

    /// Nanoseconds per operation, if that was timed.
    pub fn get(&self, name: &str, seats: usize) -> Option<f64> {
        let found = self.0.iter().find(|f| f.name == name && f.seats == seats);
        found.map(|figure| figure.fastest.iter().sum::<f64>() / figure.operations)
    }

    /// One line each: [`Figures::MARK`], name, seats, nanoseconds.
    pub fn to_text(&self) -> String {
        let mut text = String::new();
        for Figure { name, seats, .. } in &self.0 {
            let nanos = self.get(name, *seats).unwrap_or(f64::NAN);
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
                figures.note(name, seats, vec![nanos], 1.0);
            }
        }
        figures
    }

    /// The first word of a line that holds a figure.
    pub const MARK: &'static str = "figure:";
}
