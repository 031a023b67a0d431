//! What runs measured, added up.

use std::{collections::BTreeMap, fmt, time::Duration};

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
        let ms = |time: Duration| time.as_secs_f64() * 1_000.0;
        write!(
            f,
            "longest stall {:.0} ms, longest hitch {:.0} ms",
            ms(self.stall),
            ms(self.hitch)
        )?;
        match self.slowest {
            Some(slowest) => write!(f, ", slowest pace {slowest:.2} frames a second"),
            None => Ok(()),
        }
    }
}
