//! Who drives which seat from when: agreed among the peers of a running match. No I/O, no clock.
//!
//! The owner of the view in force appends to the log; everybody else follows. When drivers are
//! lost, somebody *asks* what the others hold (`ask`), the others *follow* (`follow`), and seats
//! are *given* to whoever returns or comes anew (`give`). `docs/NETPLAY.md` tells the protocol and
//! why two peers of one view never disagree.
//!
//! One turn of whoever drives an [`Agreement`]: hand it the statements that have come, then
//! [`Agreement::tick`], then send all of [`Agreement::take_statements`].

mod ask;
mod follow;
mod give;
mod judge;
mod lost;
mod queues;
mod trust;

use crate::rollback::Core;
use ask::Asking;
use lost::{is_gone, is_missing};
use protocol::{
    Frame, PeerId, Simulation,
    agreement::{Append, Claim, Kept, LogEntry, SeatChange, View},
    limits::*,
    statement::Statement,
};
use std::{collections::VecDeque, time::Duration};
use trust::Trust;

/// How long an answer may take that is not on its way through a lossy network: past it whoever
/// owes it is lost too.
const ANSWER_DEADLINE: Duration = Duration::from_millis(1_500);

/// How long all drivers must be missing before a listener goes on with the match without them:
/// more than they may wait for each other.
const INHERITED_AFTER: Duration = Duration::from_millis(2_000);

/// Added to half a round trip, the time by which each waits longer than its senior before it asks
/// again when both were denied for each other's sake.
const TURN: Duration = Duration::from_millis(20);

/// What is kept of askers that we promised to follow, while we ask ourselves; the oldest go first.
const MAX_PASSED_OVER: usize = 8;

/// How long whoever was denied waits before it asks again.
const DENIED_PAUSE: Duration = Duration::from_millis(100);

/// Numbers by which the view that others have promised to follow may be past the one in force. Each
/// question uses one up, ten a second at most. Without a bound a liar could use all of them up.
const MAX_VIEWS_AHEAD: u32 = 4_096;

/// Entries of the log that are kept with their inputs, for those who lack them: as many as one
/// message carries.
const MAX_RECENT: usize = MAX_CHANGES_PER_MESSAGE;

/// What the room knows of one of its peers.
#[derive(Clone, Debug)]
pub struct Present {
    /// Its id.
    pub id: PeerId,
    /// Whether its channels are open and it has not left.
    pub here: bool,
    /// Whether it said that it leaves.
    pub left: bool,
    /// Its player's name.
    pub name: String,
    /// The hash of its token.
    pub claim: Claim,
}

/// What a peer did that no honest one does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Offence {
    /// It is not in the match, or not in the place that it speaks from.
    #[error("speaks of what is not its business")]
    Stranger,
    /// It asks in another's name.
    #[error("asks in another's name")]
    Forged,
    /// Its lists do not fit the match.
    #[error("does not fit the match")]
    Misfit,
    /// It wrote into the log what no owner may: to be dropped at once.
    #[error("changes seats that are not its to change")]
    Usurped,
}

/// What a promise replaced.
#[derive(Debug)]
struct Before {
    promised: (u32, PeerId),
    frozen: Vec<PeerId>,
}

/// One peer's part in the agreement of a match.
#[derive(Debug)]
pub struct Agreement {
    me: PeerId,
    match_id: u32,
    /// The highest number of a view that we promised to follow, and to whom.
    promised: (u32, PeerId),
    /// When we last promised it to another.
    promised_at: Duration,
    /// What held before the promise, in case that the asker gives its question up.
    before: Option<Before>,
    /// The highest number of a view that is known to be of no use any more.
    used: u32,
    asking: Option<Asking>,
    /// Who denied or evaded our questions, since when.
    evaded: Vec<(PeerId, Duration)>,
    trust: Trust,
    /// Counts our questions.
    question: u32,
    /// Not before this time do we ask again.
    pause_until: Duration,
    /// The newest entries of the log; the first has the index `recent_from`.
    recent: VecDeque<LogEntry>,
    recent_from: u32,
    kept: Vec<Kept>,
    /// Those that get what is appended, besides the drivers and the core's listeners.
    joiners: Vec<PeerId>,
    /// Peers whose seat was taken, how often, and when last.
    taken: Vec<(PeerId, u32, Duration)>,
    /// Drivers that have told us that they have lost their way.
    astray: Vec<PeerId>,
    passed_over: VecDeque<Append>,
    /// Whether what was appended cannot be followed from here: a snapshot is needed.
    stranded: bool,
    statements: Vec<(PeerId, Statement)>,
}

impl Agreement {
    /// The agreement of a match as it begins (or, with the log's length and the kept seats of a
    /// snapshot, as it goes on, with the log's last entries).
    pub fn new(
        me: PeerId,
        match_id: u32,
        view: View,
        log: u32,
        recent: Vec<LogEntry>,
        kept: Vec<Kept>,
    ) -> Self {
        Self {
            me,
            match_id,
            promised: (view.number, view.owner),
            promised_at: Duration::ZERO,
            before: None,
            used: view.number,
            asking: None,
            evaded: Vec::new(),
            trust: Trust::default(),
            question: 0,
            pause_until: Duration::ZERO,
            recent_from: log.saturating_sub(recent.len() as u32),
            recent: recent.into(),
            kept,
            joiners: Vec::new(),
            taken: Vec::new(),
            astray: Vec::new(),
            passed_over: VecDeque::new(),
            stranded: false,
            statements: Vec::new(),
        }
    }

    /// Acts on the time and on what has become of the others. `entropy` names a new view.
    pub fn tick<S: Simulation>(
        &mut self,
        core: &mut Core<S>,
        room: &[Present],
        entropy: &mut dyn FnMut() -> u64,
        now: Duration,
    ) {
        self.kept.retain(|kept| kept.until > core.confirmed());
        self.astray.retain(|id| core.drives(*id));
        self.take_passed_over(core, room, now);
        if self.stranded {
            // Whatever we could agree on, we could not follow it.
            return;
        }
        if !core.drives(self.me) {
            self.asking = None;
            self.inherit(core, room, entropy, now);
            return;
        }
        let lost = self.lost(core, room, now);
        if self.asking.is_some() {
            return self.go_on_asking(core, room, &lost, entropy, now);
        }
        if lost.is_empty() {
            self.evaded.clear();
        }
        if lost.is_empty() || now < self.pause_until || self.awaits_another(core, now) {
            return;
        }
        let view = core.view();
        if view.owner == self.me {
            self.ask(core, room, view, lost, now);
        } else if lost.contains(&view.owner) && self.is_next(core, &lost) {
            let view = self.next_view(core, entropy);
            self.ask(core, room, view, lost, now);
        }
    }

    /// As a listener that all drivers are lost to: goes on with the match in a view of its own. If
    /// others do so, too, those are parts like those of a room that was split.
    fn inherit<S: Simulation>(
        &mut self,
        core: &mut Core<S>,
        room: &[Present],
        entropy: &mut dyn FnMut() -> u64,
        now: Duration,
    ) {
        let order = core.order();
        let is_lost =
            |id: &PeerId| is_gone(room, *id) || is_missing(core, *id, now, INHERITED_AFTER);
        if self.stranded || !order.iter().all(is_lost) {
            return;
        }
        if !order.is_empty() || core.view().owner != self.me {
            let view = self.next_view(core, entropy);
            self.ask(core, room, view, order, now);
        }
        self.give_seat(core, self.me, None, now);
    }

    /// What is to be stated to others, in this order.
    pub fn take_statements(&mut self) -> Vec<(PeerId, Statement)> {
        std::mem::take(&mut self.statements)
    }

    /// The seats that are kept for players that were lost.
    pub fn kept(&self) -> &[Kept] {
        &self.kept
    }

    /// Whether the log went on in a way that cannot be followed from here: a new snapshot is
    /// needed.
    pub fn is_stranded(&self) -> bool {
        self.stranded
    }

    /// Promises to follow a view, and to take nothing more from the lost.
    fn promise<S: Simulation>(&mut self, core: &mut Core<S>, view: View, lost: &[PeerId]) {
        if view.owner != self.promised.1 || self.before.is_none() {
            self.before = Some(Before {
                promised: self.promised,
                frozen: core.frozen(),
            });
        }
        self.promised = (view.number, view.owner);
        self.trust.name(lost);
        for id in lost {
            core.freeze(*id);
        }
    }

    /// Takes the last promise back: its asker has given up, and will never conclude.
    fn release<S: Simulation>(&mut self, core: &mut Core<S>) {
        if let Some(before) = self.before.take() {
            self.promised = before.promised;
            core.thaw_all_but(&before.frozen);
        }
    }

    /// Whether we are the first in order that is not lost.
    fn is_next<S: Simulation>(&self, core: &Core<S>, lost: &[PeerId]) -> bool {
        let order = core.order();
        order.iter().find(|id| !lost.contains(id)) == Some(&self.me)
    }

    fn next_view<S: Simulation>(&self, core: &Core<S>, entropy: &mut dyn FnMut() -> u64) -> View {
        View {
            number: self
                .promised
                .0
                .max(self.used)
                .max(core.view().number)
                .saturating_add(1),
            id: entropy() as u32,
            owner: self.me,
        }
    }

    /// Everybody that follows the log but us.
    fn followers<S: Simulation>(&self, core: &Core<S>) -> Vec<PeerId> {
        let mut followers = core.order();
        followers.extend(core.listeners());
        followers.extend(&self.joiners);
        followers.retain(|id| *id != self.me);
        followers.sort_unstable();
        followers.dedup();
        followers
    }

    /// Appends to our own log. Only for what was agreed; what cannot be followed strands us.
    fn append<S: Simulation>(&mut self, core: &mut Core<S>, entry: LogEntry, now: Duration) {
        let seat = usize::from(entry.change.seat);
        let last = (core.order().into_iter()).find(|id| core.seats_of(*id).any(|s| s == seat));
        if let Err(error) = core.apply(&entry, now) {
            tracing::warn!(%error, change = ?entry.change, "cannot follow the log");
            self.stranded = true;
            return;
        }
        tracing::info!(change = ?entry.change, "a seat changes hands");
        self.trust.change(last, entry.change.driver);
        if self.recent.len() == MAX_RECENT {
            self.recent.pop_front();
            self.recent_from += 1;
        }
        self.recent.push_back(entry);
    }

    /// The entries from an index of the log on, as many as one message carries; nothing if they
    /// are not kept.
    fn entries_from(&self, index: u32) -> Option<Vec<LogEntry>> {
        let skip = index.checked_sub(self.recent_from)?;
        let mut bytes = 0;
        let fitting = self.recent.iter().skip(skip as usize).take_while(|entry| {
            bytes += entry.most_bytes();
            bytes <= MAX_CHANGES_BYTES
        });
        Some(fitting.cloned().collect())
    }

    /// The newest entries of the log that one message carries, for a newcomer.
    pub fn recent(&self) -> Vec<LogEntry> {
        let mut bytes = 0;
        let fitting = self.recent.iter().rev().take_while(|entry| {
            bytes += entry.most_bytes();
            bytes <= MAX_CHANGES_BYTES
        });
        let mut newest: Vec<LogEntry> = fitting.cloned().collect();
        newest.reverse();
        newest
    }

    fn tell(&mut self, to: PeerId, statement: Statement) {
        self.statements.push((to, statement));
    }

    /// Tells a follower of the log from `index` on, in as many messages as that takes.
    fn tell_log<S: Simulation>(&mut self, to: PeerId, core: &Core<S>, index: u32) {
        let mut next = Some(index);
        while let Some(index) = next {
            let (first, entries) = match self.entries_from(index) {
                Some(entries) => (index, entries),
                // It lacks more than we have, and learns by the gap that it needs a snapshot.
                None => (core.log(), Vec::new()),
            };
            let end = first + entries.len() as u32;
            next = (end < core.log()).then_some(end);
            let append = Append {
                match_id: self.match_id,
                view: core.view(),
                first,
                entries,
                kept: self.kept.clone(),
            };
            self.tell(to, Statement::Append(append));
        }
    }
}
