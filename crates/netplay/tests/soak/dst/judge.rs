//! Watches one run, and finds where it breaks an invariant.

use super::{
    Breach, Figures, Invariant, Schedule,
    bounds::{Bounds, FULL_PACE, GONE, SETTLED, WATCHERS_SETTLED, WINDOW},
    schedule::{Act, Rules, ms},
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
use std::{collections::BTreeMap, fmt, time::Duration};

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
        // The end of a match that two parts of a room came to apart is not made good any more.
        if now <= quiet_from + WATCHERS_SETTLED || *room.phase() != Phase::Match {
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
