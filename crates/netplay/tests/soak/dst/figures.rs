//! What runs measured, added up.

use netplay::queue::Queue;
use std::{collections::BTreeMap, fmt, time::Duration};

/// Queues that are told of, the fullest first.
const FULLEST_TOLD: usize = 6;

/// The figures of one run or of many.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Figures {
    pub runs: u64,
    pub matches: u64,
    /// Turns of rooms.
    pub turns: u64,
    pub simulated: Duration,
    /// How often each kind of fault was injected.
    pub faults: BTreeMap<&'static str, u64>,
    /// The longest time between two steps of a peer while nothing disturbed.
    pub hitch: Duration,
    /// The longest time between two steps of a peer around a fault of others.
    pub stall: Duration,
    /// The fewest confirmed frames a second while nothing disturbed.
    pub slowest: Option<f64>,
    /// The most frames that confirming was behind sixty a second while nothing disturbed.
    pub behind: f64,
    /// The queues that came closest to their limits: by the share, the most and the limit.
    pub fullest: BTreeMap<&'static str, (usize, usize)>,
    /// From a peer's coming in mid-match until it drives a seat or watches.
    pub joins: Times,
    /// Bytes sent by peers that stayed to the end, and for how long those were there.
    pub sent: u64,
    pub sending: Duration,
}

/// Measured times.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Times {
    pub count: u32,
    pub total: Duration,
    pub longest: Duration,
}

impl Times {
    /// Takes in one.
    pub fn take(&mut self, time: Duration) {
        self.add(Self {
            count: 1,
            total: time,
            longest: time,
        });
    }

    fn add(&mut self, other: Self) {
        self.count += other.count;
        self.total += other.total;
        self.longest = self.longest.max(other.longest);
    }

    /// The mean of all.
    pub fn mean(&self) -> Duration {
        self.total / self.count.max(1)
    }
}

impl Figures {
    /// Takes in a time between two steps.
    pub fn gap(&mut self, gap: Duration, settled: bool) {
        let longest = if settled {
            &mut self.hitch
        } else {
            &mut self.stall
        };
        *longest = gap.max(*longest);
    }

    /// Takes in a measured pace.
    pub fn pace(&mut self, pace: f64) {
        self.slowest = Some(self.slowest.map_or(pace, |slowest| slowest.min(pace)));
    }

    /// Takes in by how many frames confirming was behind.
    pub fn behind(&mut self, frames: f64) {
        self.behind = self.behind.max(frames);
    }

    /// Takes in how full a queue is.
    pub fn queue(&mut self, queue: &Queue) {
        let (most, limit) = self.fullest.entry(queue.name).or_default();
        (*most, *limit) = (queue.length.max(*most), queue.limit);
    }

    /// Adds those of another run.
    pub fn add(&mut self, other: &Self) {
        self.runs += other.runs;
        self.matches += other.matches;
        self.turns += other.turns;
        self.simulated += other.simulated;
        for (kind, count) in &other.faults {
            *self.faults.entry(kind).or_default() += count;
        }
        self.hitch = self.hitch.max(other.hitch);
        self.stall = self.stall.max(other.stall);
        if let Some(slowest) = other.slowest {
            self.pace(slowest);
        }
        self.behind = self.behind.max(other.behind);
        for (name, (most, limit)) in &other.fullest {
            let known = self.fullest.entry(name).or_default();
            *known = (known.0.max(*most), *limit);
        }
        self.joins.add(other.joins);
        self.sent += other.sent;
        self.sending += other.sending;
    }

    /// Bytes that a peer sends in a second.
    pub fn bytes_per_second(&self) -> f64 {
        self.sent as f64 / self.sending.as_secs_f64().max(1.0)
    }
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let hours = self.simulated.as_secs_f64() / 3_600.0;
        writeln!(
            f,
            "{} runs, {} matches, {hours:.2} simulated hours",
            self.runs, self.matches
        )?;
        let faults = self
            .faults
            .iter()
            .map(|(kind, count)| format!("{count} {kind}"));
        writeln!(f, "faults: {}", faults.collect::<Vec<_>>().join(", "))?;
        write!(f, "longest stall {:.0} ms, ", ms(self.stall))?;
        write!(f, "longest hitch {:.0} ms", ms(self.hitch))?;
        if let Some(slowest) = self.slowest {
            write!(f, ", slowest pace {slowest:.2} frames a second")?;
            write!(f, ", at most {:.0} frames behind", self.behind)?;
        }
        let share = |(_, (most, limit)): &(&str, (usize, usize))| *most as f64 / *limit as f64;
        let mut fullest: Vec<_> = self.fullest.iter().map(|(n, full)| (*n, *full)).collect();
        fullest.sort_by(|a, b| share(b).total_cmp(&share(a)));
        let fullest = (fullest.into_iter().take(FULLEST_TOLD))
            .map(|(name, (most, limit))| format!("{most} of {limit} {name}"));
        write!(
            f,
            "\nfullest queues: {}",
            fullest.collect::<Vec<_>>().join(", ")
        )?;
        if self.joins.count > 0 {
            let Times { count, longest, .. } = self.joins;
            let (mean, longest) = (ms(self.joins.mean()), ms(longest));
            write!(
                f,
                "\n{count} joined in {mean:.0} ms, at most {longest:.0} ms"
            )?;
        }
        Ok(())
    }
}

/// A time in milliseconds.
pub fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1_000.0
}
