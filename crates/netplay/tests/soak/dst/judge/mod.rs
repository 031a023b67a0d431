//! Watches one run, and finds where it breaks an invariant.

mod pace;
mod places;
mod record;

use super::{
    Breach, Figures, Invariant, Schedule,
    bounds::{Bounds, SETTLED, WATCHERS_SETTLED},
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
use record::Record;
use std::{collections::BTreeMap, fmt, time::Duration};

/// Turns of a room between two looks at its queues.
const QUEUES_EVERY: u64 = 8;

/// What is broken, and how.
type Found = (Invariant, String);

/// Watches one run.
pub struct Judge {
    bounds: Bounds,
    /// Whether a match, once begun, never ends.
    endless: bool,
    records: BTreeMap<u8, Record>,
    /// When something was last done to anybody.
    disturbed: Duration,
    /// When last nobody played.
    unplayed: Duration,
    /// Peers that are slow or hard of hearing now. They disturb for as long as they are: one that has
    /// lost its seat may be given it again, and lose it again.
    ailing: Vec<Act>,
    /// Faults that last now.
    lasting: u32,
    looks: u64,
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
            unplayed: Duration::ZERO,
            ailing: Vec::new(),
            lasting: 0,
            looks: 0,
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
        let lasts = act.lasts().is_some();
        if let Act::Slow { .. } | Act::Deafen { .. } = act {
            match begins {
                true => self.ailing.push(*act),
                false => self.ailing.retain(|known| known != act),
            }
        }
        match begins {
            true => self.lasting += u32::from(lasts),
            false => self.lasting -= 1,
        }
        match act {
            // Nobody who plays feels these.
            Act::Join { .. } | Act::Return { .. } | Act::Chat { .. } => {}
            // Nor this one, but then nobody gets in, and who has not met meets when it is over.
            Act::Unsignal { .. } => self.newcomers_wait(now),
            _ => self.disturb(now),
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

    /// For how long others may have to wait for the turns of a slow peer, besides what is waited for
    /// anybody: whoever is asked answers at its next turn. Whoever has to ask, as the senior of those
    /// that are left, needs two: at one it sees that somebody is lost, and at one it hears the answers.
    /// Nobody else can ask instead, since a senior that lives would not agree.
    fn slowest<S: Simulation>(&self, core: &Core<S>) -> Duration {
        let mut drivers = core.order().into_iter();
        let is_left = |id: &PeerId| !self.gone.iter().any(|(gone, _)| self.is(*gone, *id));
        let senior = drivers.find(is_left);
        let turns = self.ailing.iter().filter_map(|act| match *act {
            Act::Slow { peer, every, .. } => {
                let asks = senior.is_some_and(|senior| self.is(peer, senior));
                Some(ms(every) * if asks { 2 } else { 1 })
            }
            _ => None,
        });
        turns.max().unwrap_or_default()
    }

    fn is(&self, number: u8, id: PeerId) -> bool {
        self.records
            .get(&number)
            .is_some_and(|record| record.id == id)
    }

    /// Without signaling nobody gets in: whoever has come is as if it came now.
    fn newcomers_wait(&mut self, now: Duration) {
        for record in self.records.values_mut() {
            record.came = record.came.map(|came| came.max(now).max(self.disturbed));
        }
    }

    fn disturb(&mut self, now: Duration) {
        self.disturbed = now;
        self.worlds.disturb();
        for record in self.records.values_mut() {
            record.measure_anew();
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
    ) -> Result<(), Found> {
        if room.take_changed() {
            self.look_at_phase(now, peer, room);
        }
        self.looks += 1;
        if self.looks.is_multiple_of(QUEUES_EVERY) {
            self.judge_queues(room)?;
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
        let drives = core.drives(record.id) && *room.phase() == Phase::Match;
        if drives && !record.drives {
            // Whoever only listens plays nothing that could stall.
            record.advanced = now;
            record.measure_anew();
        }
        record.drives = drives;
        let is_calm = self.ailing.is_empty() && now > self.disturbed + SETTLED;
        let at_rest = is_calm && now > record.excused + SETTLED;
        let differs = |detail| (Invariant::Worlds, detail);
        self.worlds.compare(peer, core, at_rest).map_err(differs)?;
        if let Some(desync) = core.desync().filter(|_| at_rest) {
            return Err(differs(format!("a {desync:?} was seen")));
        }
        if *room.phase() != Phase::Match {
            return Ok(());
        }
        self.note_entry(now, peer, core);
        self.judge_pace(now, peer, core, at_rest)?;
        self.judge_gone(now, peer, room)
    }

    /// Every queue of the session, its match included, keeps to its limit.
    fn judge_queues<S: Simulation>(&mut self, room: &Room<S>) -> Result<(), Found> {
        for queue in room.queues() {
            self.figures.queue(&queue);
            if queue.length > queue.limit {
                return Err((Invariant::Queue, format!("{queue:?}")));
            }
        }
        Ok(())
    }

    /// A watcher shows what was played, a little later.
    fn look_at_watcher<S: Simulation>(
        &mut self,
        now: Duration,
        peer: u8,
        match_id: u32,
        room: &Room<S>,
    ) -> Result<(), Found> {
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
        if let Phase::Failed(_) = room.phase() {
            // It was told why, such as that the room is full.
            record.came = None;
        }
        record.advanced = now;
        record.excused = record.excused.max(now);
        record.measure_anew();
        let (phase, notice) = (room.phase().clone(), room.view().notice);
        self.note(now, format!("P{peer} {phase:?} {notice:?}"));
    }

    fn look_at_log<S: Simulation>(
        &mut self,
        now: Duration,
        peer: u8,
        match_id: u32,
        core: &Core<S>,
    ) -> Result<(), Found> {
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
            self.note_change(peer, change.from);
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
                record.measure_anew();
                record.steady_from = core.confirmed() + STEPS_PER_SECOND;
            }
            record.view = Some(core.view());
        }
        let is_settled = self.disturbed == Duration::ZERO || now > self.disturbed + SETTLED;
        let is_calm = is_settled && self.ailing.is_empty();
        let taken = news.changes.iter().find(|change| change.driver.is_none());
        match taken.filter(|_| is_calm && self.bounds.full_pace) {
            Some(change) => Err((Invariant::Seat, format!("seat {} was taken", change.seat))),
            None => Ok(()),
        }
    }

    /// Judges how a run ended.
    pub fn finish<S: Simulation>(
        &self,
        now: Duration,
        rooms: &[(u8, &Room<S>)],
    ) -> Result<(), Breach> {
        // A schedule that was made smaller may end in the middle of a split.
        if self.lasting > 0 {
            return Ok(());
        }
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
            // Watchers follow no view, and come a little later: in short rounds perhaps to the next one.
            if !self.endless && (view.is_none() || record.view.is_none()) {
                continue;
            }
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
