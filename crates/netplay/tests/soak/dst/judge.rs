//! The invariants that every run is held to.

use super::{
    Figures, Schedule,
    schedule::{Act, Rules, Weather, ms},
    worlds::Worlds,
};
use netplay::{
    rollback::Core,
    session::{Phase, room::Room},
};
use protocol::{
    Frame, PeerId, Simulation,
    agreement::{SeatChange, View},
    limits::STEPS_PER_SECOND,
};
use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
    fmt,
    sync::Once,
    time::Duration,
};

/// How long after the last disturbance everybody is back at full pace.
const SETTLED: Duration = Duration::from_secs(4);

/// The same for watchers: they notice later that what they watch was given up.
const WATCHERS_SETTLED: Duration = Duration::from_secs(10);

/// The length of the windows over which the pace is judged.
const WINDOW: Duration = Duration::from_secs(4);

/// Confirmed frames a second that full pace has at least. The faster peer slows by at most 5 %:
/// for a moment when somebody takes a seat.
const FULL_PACE: f64 = 58.5;

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
    /// Nobody loses its seat without a fault, where full pace can be kept.
    Seat,
    /// A newcomer is soon in the match.
    Join,
    /// A lost peer is soon shown as gone.
    Gone,
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
    round_trip: Duration,
    /// The longest time without a step, counted from the last disturbance.
    stall: Duration,
    join: Duration,
    gone: Duration,
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
            round_trip,
            stall: PATIENCE + round_trip * (1 + losses),
            join: JOIN + round_trip * (JOIN_TRIPS + losses),
            gone: GONE + round_trip * (1 + losses),
            full_pace: weather.rtt <= 200 && weather.loss <= 5,
        }
    }
}

/// The longest that anybody waits for a peer that is lost, but for round trips.
const PATIENCE: Duration = Duration::from_secs(1);

/// The longest time in which a newcomer enters a running match, but for round trips.
const JOIN: Duration = Duration::from_millis(1_500);

/// Round trips that a newcomer needs: hello, snapshot, inputs, a seat.
const JOIN_TRIPS: u32 = 6;

/// The longest time in which a lost peer is shown as gone, but for round trips.
const GONE: Duration = Duration::from_secs(3);

/// What is known of a peer.
struct Record {
    phase: Option<Phase>,
    id: PeerId,
    /// When it came, until it is in a match.
    came: Option<Duration>,
    view: Option<View>,
    drives: bool,
    frame: Frame,
    confirmed: Frame,
    /// When its newest frame came.
    advanced: Duration,
    /// It sleeps, or did, until then.
    excused: Duration,
    /// The beginning of the window over which its pace is judged.
    window: Option<(Duration, Frame)>,
}

impl Record {
    fn new(id: PeerId, now: Duration) -> Self {
        Self {
            phase: None,
            id,
            came: Some(now),
            view: None,
            drives: false,
            frame: 0,
            confirmed: 0,
            advanced: now,
            excused: Duration::ZERO,
            window: None,
        }
    }
}

/// Watches one run.
pub struct Judge {
    bounds: Bounds,
    /// Whether a match, once begun, never ends.
    endless: bool,
    records: BTreeMap<u8, Record>,
    /// When something was last done to anybody.
    disturbed: Duration,
    /// Losses of signaling that last.
    unsignaled: u32,
    worlds: Worlds,
    /// Who is gone since when.
    gone: Vec<(u8, Duration)>,
    figures: Figures,
    trace: Vec<String>,
}

impl Judge {
    pub fn new(schedule: &Schedule) -> Self {
        Self {
            bounds: Bounds::new(schedule.weather),
            endless: schedule.rules != Rules::Rounds,
            records: BTreeMap::new(),
            disturbed: Duration::ZERO,
            unsignaled: 0,
            worlds: Worlds::default(),
            gone: Vec::new(),
            figures: Figures::default(),
            trace: Vec::new(),
        }
    }

    /// A peer comes.
    pub fn meet(&mut self, now: Duration, peer: u8, id: PeerId) {
        self.records.insert(peer, Record::new(id, now));
    }

    /// Notes what is done to the peers.
    pub fn happens(&mut self, now: Duration, act: &Act, begins: bool) {
        match act {
            // Nobody who plays feels these.
            Act::Join { .. } | Act::Return { .. } | Act::Chat { .. } => {}
            Act::Unsignal { .. } => {
                self.unsignaled = if begins {
                    self.unsignaled + 1
                } else {
                    self.unsignaled - 1
                };
                self.newcomers_are_excused();
            }
            _ => self.disturb(now),
        }
        if self.unsignaled > 0 {
            self.newcomers_are_excused();
        }
        let word = if begins { "" } else { "the end of " };
        self.note(now, format!("{word}{act}"));
        if begins && now > Duration::ZERO {
            *self.figures.faults.entry(act.kind()).or_default() += 1;
        }
        match *act {
            Act::Freeze { peer, ms: time } | Act::Slow { peer, ms: time, .. } => {
                if let Some(record) = self.records.get_mut(&peer) {
                    record.excused = record.excused.max(now + ms(time) + ms(100));
                }
            }
            // Whoever is deaf to somebody cannot go on with the others until it hears again.
            Act::Deafen { to, ms: time, .. } => {
                if let Some(record) = self.records.get_mut(&to) {
                    record.excused = record.excused.max(now + ms(time));
                }
            }
            Act::Crash { peer, .. } | Act::Leave { peer } => self.gone.push((peer, now)),
            _ => {}
        }
    }

    /// Without signaling nobody gets in.
    fn newcomers_are_excused(&mut self) {
        for record in self.records.values_mut() {
            record.came = None;
        }
    }

    fn disturb(&mut self, now: Duration) {
        self.disturbed = now;
        self.worlds.disturb();
        for record in self.records.values_mut() {
            record.window = None;
        }
    }

    fn note(&mut self, now: Duration, what: impl fmt::Display) {
        self.trace.push(format!("{:9.3} {what}", now.as_secs_f64()));
    }

    /// The number of a peer, for people.
    fn name(&self, id: PeerId) -> String {
        let known = self.records.iter().find(|(_, record)| record.id == id);
        known.map_or_else(|| id.to_string(), |(number, _)| format!("P{number}"))
    }

    /// Looks at a peer after its turn.
    pub fn look<S: Simulation>(
        &mut self,
        now: Duration,
        peer: u8,
        room: &mut Room<S>,
    ) -> Result<(), Breach> {
        self.look_at(now, peer, room)
            .map_err(|(invariant, detail)| Breach {
                invariant,
                at: now,
                peer: Some(peer),
                detail,
            })
    }

    fn look_at<S: Simulation>(
        &mut self,
        now: Duration,
        peer: u8,
        room: &mut Room<S>,
    ) -> Result<(), (Invariant, String)> {
        if room.take_changed() {
            self.look_at_phase(now, peer, room);
        }
        let Some(match_id) = room.match_id() else {
            return Ok(());
        };
        let Some(core) = room.core() else {
            return self.look_at_watcher(now, peer, match_id, room);
        };
        self.look_at_log(now, peer, match_id, core)?;
        let Some(record) = self.records.get_mut(&peer) else {
            return Ok(());
        };
        record.confirmed = core.confirmed();
        record.drives = core.drives(record.id) && *room.phase() == Phase::Match;
        let at_rest = now > self.disturbed + SETTLED && now > record.excused + SETTLED;
        let differs = |detail| (Invariant::Worlds, detail);
        self.worlds.compare(peer, core, at_rest).map_err(differs)?;
        if let Some(desync) = core.desync().filter(|_| at_rest) {
            return Err(differs(format!("a {desync:?} was seen")));
        }
        if *room.phase() != Phase::Match {
            return Ok(());
        }
        self.judge_entry(now, peer, core)?;
        self.judge_pace(now, peer, core, at_rest)?;
        self.judge_gone(now, peer, room)
    }

    /// A watcher shows what was played, a little later.
    fn look_at_watcher<S: Simulation>(
        &mut self,
        now: Duration,
        peer: u8,
        match_id: u32,
        room: &Room<S>,
    ) -> Result<(), (Invariant, String)> {
        let (Some(record), Some(shown)) = (self.records.get_mut(&peer), room.shown()) else {
            return Ok(());
        };
        record.came = None;
        record.view = None;
        record.confirmed = shown.frame;
        let quiet_from = self.disturbed.max(record.excused);
        if now <= quiet_from + WATCHERS_SETTLED {
            return Ok(());
        }
        let compared = self
            .worlds
            .compare_shown(match_id, shown.frame, shown.worlds.1);
        compared.map_err(|detail| (Invariant::Worlds, detail))
    }

    fn look_at_phase<S: Simulation>(&mut self, now: Duration, peer: u8, room: &Room<S>) {
        let Some(record) = self.records.get_mut(&peer) else {
            return;
        };
        if record.phase.as_ref() == Some(room.phase()) {
            return;
        }
        record.phase = Some(room.phase().clone());
        record.advanced = now;
        record.excused = record.excused.max(now);
        record.window = None;
        let (phase, notice) = (room.phase().clone(), room.view().notice.unwrap_or_default());
        self.note(now, format!("P{peer} {phase:?} {notice}"));
    }

    fn look_at_log<S: Simulation>(
        &mut self,
        now: Duration,
        peer: u8,
        match_id: u32,
        core: &Core<S>,
    ) -> Result<(), (Invariant, String)> {
        let news = self.worlds.follow(peer, match_id, core);
        if news.core {
            let frame = core.confirmed();
            self.note(
                now,
                format!("P{peer} begins match {match_id:08x} at {frame}"),
            );
        }
        if let Some(view) = news.view {
            let owner = self.name(view.owner);
            self.note(
                now,
                format!("P{peer} view {} {:08x} of {owner}", view.number, view.id),
            );
        }
        for change in &news.changes {
            let driver = change
                .driver
                .map_or_else(|| "a bot".into(), |id| self.name(id));
            let SeatChange { seat, from, .. } = change;
            self.note(now, format!("P{peer} seat {seat} from {from}: {driver}"));
        }
        if let Some(record) = self.records.get_mut(&peer) {
            if news.core {
                record.frame = core.frame();
                record.advanced = now;
            }
            record.view = Some(core.view());
        }
        let is_calm = self.disturbed == Duration::ZERO || now > self.disturbed + SETTLED;
        let taken = news.changes.iter().find(|change| change.driver.is_none());
        match taken.filter(|_| is_calm && self.bounds.full_pace) {
            Some(change) => Err((Invariant::Seat, format!("seat {} was taken", change.seat))),
            None => Ok(()),
        }
    }

    /// A newcomer is soon in the match, and soon has a seat if there is one.
    fn judge_entry<S: Simulation>(
        &mut self,
        now: Duration,
        peer: u8,
        core: &Core<S>,
    ) -> Result<(), (Invariant, String)> {
        let Some(record) = self.records.get_mut(&peer) else {
            return Ok(());
        };
        let Some(came) = record.came else {
            return Ok(());
        };
        if core.drives(record.id) || core.keeps_up(now) {
            record.came = None;
            // The first ones have waited for each other.
            if came > Duration::ZERO && self.disturbed <= came {
                self.figures.joins.take(now - came);
            }
        }
        Ok(())
    }

    fn judge_pace<S: Simulation>(
        &mut self,
        now: Duration,
        peer: u8,
        core: &Core<S>,
        at_rest: bool,
    ) -> Result<(), (Invariant, String)> {
        let Some(record) = self.records.get_mut(&peer) else {
            return Ok(());
        };
        let awake = record.advanced.max(record.excused);
        if core.frame() > record.frame {
            let settled = record.advanced > self.disturbed + SETTLED;
            if core.drives(record.id) {
                self.figures.gap(now.saturating_sub(awake), settled);
            }
            record.frame = core.frame();
            record.advanced = now;
        }
        let stalled = now.saturating_sub(awake.max(self.disturbed));
        // Whoever waited already has no predictions left to play by meanwhile.
        let bound = match self.disturbed > awake {
            true => self.bounds.stall + self.bounds.round_trip,
            false => self.bounds.stall,
        };
        if stalled > bound && core.drives(record.id) {
            let frame = record.frame;
            return Err((
                Invariant::Stall,
                format!("no step past {frame} for {stalled:?}"),
            ));
        }
        if !at_rest {
            return Ok(());
        }
        let confirmed = core.confirmed();
        let (since, from) = *record.window.get_or_insert((now, confirmed));
        let time = now - since;
        if time < WINDOW {
            return Ok(());
        }
        record.window = Some((now, confirmed));
        let pace = f64::from(confirmed.saturating_sub(from)) / time.as_secs_f64();
        if self.bounds.full_pace {
            self.figures.pace(pace);
            if pace < FULL_PACE {
                let detail = format!("{pace:.2} frames a second were confirmed");
                return Err((Invariant::Pace, detail));
            }
        }
        Ok(())
    }

    /// Whoever is gone drives nothing any more, and is shown no more.
    fn judge_gone<S: Simulation>(
        &mut self,
        now: Duration,
        peer: u8,
        room: &Room<S>,
    ) -> Result<(), (Invariant, String)> {
        for (gone, since) in &self.gone {
            let deadline = *since + self.bounds.gone;
            // Judged once, in the second after the deadline.
            let is_due = now > deadline && now <= deadline + GONE / 3;
            if *gone == peer || !is_due || self.disturbed > *since + GONE / 10 {
                continue;
            }
            let Some(record) = self.records.get(gone) else {
                continue;
            };
            if room.core().is_some_and(|core| core.drives(record.id)) {
                return Err((Invariant::Gone, format!("P{gone} still drives a seat")));
            }
            let shown = room.view().peers;
            if shown.iter().any(|shown| shown.id == record.id) {
                return Err((Invariant::Gone, format!("P{gone} is still shown")));
            }
        }
        Ok(())
    }

    /// A newcomer that is not in the match although it should be.
    pub fn judge_newcomers(&self, now: Duration) -> Result<(), Breach> {
        let is_gone = |peer: &u8| self.gone.iter().any(|(gone, _)| gone == peer);
        let players = self.records.iter().filter(|(peer, _)| !is_gone(peer));
        if !players.into_iter().any(|(_, record)| record.drives) {
            return Ok(());
        }
        for (peer, record) in &self.records {
            let Some(came) = record.came else { continue };
            let is_calm = self.disturbed <= came;
            if came > Duration::ZERO && is_calm && now > came + self.bounds.join {
                return Err(Breach {
                    invariant: Invariant::Join,
                    at: now,
                    peer: Some(*peer),
                    detail: format!("is not in the match {:?} after it came", now - came),
                });
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
        let breach = |peer: u8, detail: String| Breach {
            invariant: Invariant::End,
            at: now,
            peer: Some(peer),
            detail,
        };
        let mut playing: Option<(u8, Option<View>, Frame)> = None;
        let mut idle = None;
        for (peer, room) in rooms {
            let Some(record) = self.records.get(peer) else {
                continue;
            };
            if *room.phase() != Phase::Match {
                idle = idle.or(Some((*peer, room.phase())));
                continue;
            }
            let (first, view, confirmed) =
                *playing.get_or_insert((*peer, record.view, record.confirmed));
            // Watchers follow no view, and come a little later.
            let other = view.is_some() && record.view.is_some() && view != record.view;
            let far = if view.is_some() && record.view.is_some() {
                1
            } else {
                4
            };
            let apart = confirmed.abs_diff(record.confirmed) > far * STEPS_PER_SECOND;
            if other || apart {
                return Err(breach(*peer, format!("is not where P{first} is")));
            }
        }
        match (idle, playing) {
            (Some((peer, phase)), Some((player, ..))) if self.endless => Err(breach(
                peer,
                format!("is in {phase:?} while P{player} plays"),
            )),
            _ => Ok(()),
        }
    }

    /// The figures and the trace of the run.
    pub fn close(mut self, now: Duration) -> (Figures, Vec<String>) {
        self.figures.runs = 1;
        self.figures.simulated = now;
        self.figures.matches = self.worlds.matches() as u64;
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
