//! The invariants that every run is held to.

use super::{
    Figures, Schedule,
    schedule::{Act, Weather, ms},
};
use netplay::session::{Phase, room::Room};
use protocol::{Frame, Simulation, limits::STEPS_PER_SECOND};
use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
    fmt,
    sync::Once,
    time::Duration,
};

/// How long after the last disturbance everybody is back at full pace.
const SETTLED: Duration = Duration::from_secs(4);

/// The length of the windows over which the pace is judged.
const WINDOW: Duration = Duration::from_secs(4);

/// Confirmed frames a second that full pace has at least: the faster peer slows by at most 5 %,
/// but nobody is faster here.
const FULL_PACE: f64 = 59.0;

/// What must always hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Invariant {
    /// No panic, whatever happens.
    Panic,
    /// Peers of one view have the same confirmed worlds, and none sees a desync.
    Worlds,
    /// Frames are confirmed at full pace while nothing disturbs.
    Pace,
    /// Nobody stalls for longer than it takes to agree that somebody is lost.
    Stall,
    /// Whoever is alive at the end plays with the others, or has a clear failure.
    End,
}

/// How an invariant was broken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Breach {
    pub invariant: Invariant,
    /// Simulated time since the start.
    pub at: Duration,
    /// At which peer it showed.
    pub peer: Option<u8>,
    pub detail: String,
}

impl fmt::Display for Breach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            invariant,
            at,
            peer,
            detail,
        } = self;
        write!(f, "{invariant:?} at {:.3} s", at.as_secs_f64())?;
        if let Some(peer) = peer {
            write!(f, " at P{peer}")?;
        }
        write!(f, ": {detail}")
    }
}

/// The bounds that hold in a weather.
struct Bounds {
    /// The longest time without a step, counted from the last disturbance.
    stall: Duration,
    /// Whether full pace can be kept.
    full_pace: bool,
}

impl Bounds {
    fn new(weather: Weather) -> Self {
        let held_back = if weather.reorder > 0 { 50 } else { 0 };
        let round_trip = ms(weather.rtt + 2 * weather.jitter + held_back);
        // Each loss of a reliable message costs a round trip; so many in a row come in a long run.
        let losses = match weather.loss {
            0 => 0,
            1..=5 => 4,
            _ => 8,
        };
        Self {
            stall: PATIENCE + round_trip * (1 + losses),
            full_pace: weather.rtt <= 200 && weather.loss <= 5,
        }
    }
}

/// The longest that anybody waits for a peer that is lost, but for round trips.
const PATIENCE: Duration = Duration::from_millis(5_100);

/// What is known of a peer.
#[derive(Default)]
struct Record {
    phase: Option<Phase>,
    /// The key of the match that it plays, and how far.
    key: Option<u64>,
    frame: Frame,
    confirmed: Frame,
    /// When its newest frame came.
    advanced: Duration,
    /// It sleeps, or did, until then.
    excused: Duration,
    /// The beginning of the window over which its pace is judged.
    window: Option<(Duration, Frame)>,
}

/// Watches one run.
pub struct Judge {
    bounds: Bounds,
    records: BTreeMap<u8, Record>,
    /// When something was last done to anybody.
    disturbed: Duration,
    /// Per match the checksums of confirmed worlds, with who told them first.
    truth: BTreeMap<u64, BTreeMap<Frame, (u64, u8)>>,
    figures: Figures,
    trace: Vec<String>,
}

impl Judge {
    pub fn new(schedule: &Schedule) -> Self {
        Self {
            bounds: Bounds::new(schedule.weather),
            records: BTreeMap::new(),
            disturbed: Duration::ZERO,
            truth: BTreeMap::new(),
            figures: Figures::default(),
            trace: Vec::new(),
        }
    }

    /// Notes what is done to the peers.
    pub fn happens(&mut self, now: Duration, act: &Act, begins: bool) {
        self.disturbed = now;
        self.records
            .values_mut()
            .for_each(|record| record.window = None);
        let word = if begins { "" } else { "the end of " };
        self.trace
            .push(format!("{:9.3} {word}{act}", now.as_secs_f64()));
        if begins && now > Duration::ZERO {
            *self.figures.faults.entry(act.kind()).or_default() += 1;
        }
        if let Act::Freeze { peer, ms: time } | Act::Slow { peer, ms: time, .. } = *act {
            let record = self.records.entry(peer).or_default();
            record.excused = record.excused.max(now + ms(time) + ms(100));
        }
    }

    /// Looks at a peer after its turn.
    pub fn look<S: Simulation>(
        &mut self,
        now: Duration,
        peer: u8,
        room: &mut Room<S>,
    ) -> Result<(), Breach> {
        let record = self.records.entry(peer).or_default();
        let breach = |invariant, detail| {
            Err(Breach {
                invariant,
                at: now,
                peer: Some(peer),
                detail,
            })
        };
        if room.take_changed() {
            let view = room.view();
            if record.phase.as_ref() != Some(&view.phase) {
                record.phase = Some(view.phase.clone());
                record.advanced = now;
                record.window = None;
                self.disturbed = now;
                let (phase, notice) = (view.phase, view.notice.unwrap_or_default());
                let time = now.as_secs_f64();
                self.trace
                    .push(format!("{time:9.3} P{peer} {phase:?} {notice}"));
            }
        }
        let Some(core) = room.core() else {
            return Ok(());
        };
        if let Some(desync) = core.desync() {
            return breach(Invariant::Worlds, format!("a {desync:?} was seen"));
        }
        let confirmed = core.confirmed();
        let checksum = core.confirmed_world().checksum();
        if record.key.is_none() || confirmed < record.confirmed {
            record.key = (confirmed == 0).then_some(checksum);
            record.frame = 0;
            record.advanced = now;
        }
        record.confirmed = confirmed;
        let truth = self
            .truth
            .entry(record.key.unwrap_or_default())
            .or_default();
        let (known, by) = *truth.entry(confirmed).or_insert((checksum, peer));
        if known != checksum {
            let detail = format!("world {confirmed} is not P{by}'s");
            return breach(Invariant::Worlds, detail);
        }
        if *room.phase() != Phase::Match {
            return Ok(());
        }
        let awake = record.advanced.max(record.excused);
        if core.frame() > record.frame {
            let gap = now.saturating_sub(awake);
            let settled = record.advanced > self.disturbed + SETTLED;
            self.figures.gap(gap, settled);
            record.frame = core.frame();
            record.advanced = now;
        }
        let stalled = now.saturating_sub(awake.max(self.disturbed));
        if stalled > self.bounds.stall {
            let frame = record.frame;
            let detail = format!("no step past {frame} for {stalled:?}");
            return breach(Invariant::Stall, detail);
        }
        if now > self.disturbed + SETTLED && now > record.excused + SETTLED {
            let (since, from) = *record.window.get_or_insert((now, confirmed));
            let time = now - since;
            if time >= WINDOW {
                record.window = Some((now, confirmed));
                let pace = f64::from(confirmed - from) / time.as_secs_f64();
                self.figures.pace(pace);
                if self.bounds.full_pace && pace < FULL_PACE {
                    let detail = format!("{pace:.2} frames a second were confirmed");
                    return breach(Invariant::Pace, detail);
                }
            }
        }
        Ok(())
    }

    /// Judges how a run ended.
    pub fn finish<S: Simulation>(
        &self,
        now: Duration,
        rooms: &[(u8, &Room<S>)],
    ) -> Result<(), Breach> {
        let mut playing = None;
        for (peer, room) in rooms {
            if *room.phase() != Phase::Match {
                continue;
            }
            let Some(record) = self.records.get(peer) else {
                continue;
            };
            let &mut (first, key, confirmed) =
                playing.get_or_insert((*peer, record.key, record.confirmed));
            let apart = confirmed.abs_diff(record.confirmed) > STEPS_PER_SECOND;
            if record.key != key || apart {
                return Err(Breach {
                    invariant: Invariant::End,
                    at: now,
                    peer: Some(*peer),
                    detail: format!("is not where P{first} is"),
                });
            }
        }
        Ok(())
    }

    /// The figures and the trace of the run.
    pub fn close(mut self, now: Duration) -> (Figures, Vec<String>) {
        self.figures.runs = 1;
        self.figures.simulated = now;
        self.figures.matches = self.truth.len() as u64;
        (self.figures, self.trace)
    }
}

thread_local! {
    static QUIET: Cell<bool> = const { Cell::new(false) };
    static LAST: RefCell<String> = const { RefCell::new(String::new()) };
}

/// Runs something whose panics are an outcome: they are kept instead of printed.
pub fn quietly<T>(run: impl FnOnce() -> T) -> T {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let print = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            if QUIET.get() {
                LAST.set(info.to_string());
            } else {
                print(info);
            }
        }));
    });
    QUIET.set(true);
    let result = run();
    QUIET.set(false);
    result
}

/// The message of this thread's last panic.
pub fn last_panic() -> String {
    LAST.take()
}
