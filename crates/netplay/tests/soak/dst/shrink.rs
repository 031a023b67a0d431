//! Makes a failing schedule smaller for as long as it fails in the same way.

use super::{
    Breach, Invariant, Outcome, Schedule,
    schedule::{Rules, Weather, ms},
};

/// Runs that shrinking may take.
const MAX_RUNS: u32 = 400;

/// A smaller schedule that still breaks the same invariant, with how it does.
pub struct Shrunk {
    pub schedule: Schedule,
    pub breach: Breach,
    /// Runs that it took.
    pub runs: u32,
}

/// Shrinks a schedule that `breach` was found in, by `run`.
pub fn shrink(schedule: Schedule, breach: Breach, run: &dyn Fn(&Schedule) -> Outcome) -> Shrunk {
    let mut shrinking = Shrinking {
        invariant: breach.invariant,
        best: Shrunk {
            schedule,
            breach,
            runs: 0,
        },
        run,
    };
    while shrinking.pass() {}
    shrinking.best
}

struct Shrinking<'a> {
    invariant: Invariant,
    best: Shrunk,
    run: &'a dyn Fn(&Schedule) -> Outcome,
}

impl Shrinking<'_> {
    /// Tries everything once; says whether anything made it smaller.
    fn pass(&mut self) -> bool {
        let before = self.best.schedule.clone();
        self.cut_tail();
        self.drop_events();
        self.drop_peers();
        self.calm_weather();
        self.shorten_events();
        self.best.schedule != before && self.best.runs < MAX_RUNS
    }

    /// Takes a candidate if it fails in the same way.
    fn attempt(&mut self, candidate: Schedule) -> bool {
        if candidate == self.best.schedule || self.best.runs >= MAX_RUNS {
            return false;
        }
        self.best.runs += 1;
        match (self.run)(&candidate).breach {
            Some(breach) if breach.invariant == self.invariant => {
                self.best.schedule = candidate;
                self.best.breach = breach;
                true
            }
            _ => false,
        }
    }

    /// What comes after the breach does not matter to it.
    fn cut_tail(&mut self) {
        if self.invariant == Invariant::End {
            return;
        }
        let mut candidate = self.best.schedule.clone();
        let at = self.best.breach.at;
        candidate.length = at.as_millis() as u32 + 1;
        candidate.events.retain(|event| ms(event.at) <= at);
        self.attempt(candidate);
    }

    /// Leaves out events: many at once first, then one by one, the last ones first.
    fn drop_events(&mut self) {
        let mut count = self.best.schedule.events.len();
        while count > 0 {
            let mut end = self.best.schedule.events.len();
            while end > 0 {
                let start = end.saturating_sub(count);
                let mut candidate = self.best.schedule.clone();
                candidate.events.drain(start..end);
                self.attempt(candidate);
                end = start;
            }
            count /= 2;
        }
    }

    /// Fewer peers at the start.
    fn drop_peers(&mut self) {
        while self.best.schedule.peers > 1 {
            let mut candidate = self.best.schedule.clone();
            candidate.peers -= 1;
            if !self.attempt(candidate) {
                break;
            }
        }
    }

    /// Better conditions, and the simplest game.
    fn calm_weather(&mut self) {
        let calmer: [fn(&mut Weather); 6] = [
            |weather| *weather = Weather::default(),
            |weather| weather.loss = 0,
            |weather| weather.jitter = 0,
            |weather| weather.reorder = 0,
            |weather| weather.duplicate = 0,
            |weather| weather.rtt /= 2,
        ];
        for calm in calmer {
            let mut candidate = self.best.schedule.clone();
            calm(&mut candidate.weather);
            self.attempt(candidate);
        }
        let simplest = Schedule {
            rules: Rules::Sums,
            ..self.best.schedule.clone()
        };
        self.attempt(simplest);
    }

    /// Shorter faults, and events at round times.
    fn shorten_events(&mut self) {
        for index in 0..self.best.schedule.events.len() {
            let mut candidate = self.best.schedule.clone();
            let event = &mut candidate.events[index];
            if let Some(time) = event.act.lasts() {
                event.act = event.act.lasting(time / 2);
                self.attempt(candidate);
            }
            let mut candidate = self.best.schedule.clone();
            let event = &mut candidate.events[index];
            event.at = event.at / 100 * 100;
            let ordered = candidate.events.is_sorted_by_key(|event| event.at);
            if ordered {
                self.attempt(candidate);
            }
        }
    }
}
