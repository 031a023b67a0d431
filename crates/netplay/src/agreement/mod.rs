//! Who drives which seat from when: agreed among the peers of a running match. No I/O, no clock.
//!
//! The owner of the view in force appends to the log; everybody else follows. When drivers are
//! lost, somebody *asks* what the others hold (`ask`), the others *follow* (`follow`), and seats
//! are *given* to whoever returns or comes anew (`give`). `docs/NETPLAY.md` tells the protocol and
//! why two peers of one view never disagree.
//!
//! One turn of whoever drives an [`Agreement`]: hand it the messages that have come, then
//! [`Agreement::tick`], then send all of [`Agreement::take_messages`].

mod ask;
mod follow;
mod give;
mod judge;
mod trust;

use crate::rollback::Core;
use ask::Asking;
use protocol::{
    Frame, PeerId, Simulation,
    agreement::{Append, Claim, Kept, LogEntry, SeatChange, View},
    limits::*,
    peer::Message,
};
use std::{collections::VecDeque, time::Duration};
use trust::Trust;

/// For how long an owner's inputs must be missing here for us to agree that it is lost. Less than
/// [`MISSING_DEADLINE`], since those who ask noticed it on another path.
const AGREE_AFTER: Duration = Duration::from_millis(500);

/// How long an answer may take that is not on its way through a lossy network: past it whoever
/// owes it is lost too.
const ANSWER_DEADLINE: Duration = Duration::from_millis(1_500);

/// Frames of somebody's inputs that a peer lacks and we have, from which on it is that pair that
/// is broken. Whoever is judged has waited for long, so that nothing is on its way any more.
const LACKS: Frame = 4;

/// How long all drivers must be missing before a listener goes on with the match without them:
/// more than they may wait for each other.
const INHERITED_AFTER: Duration = Duration::from_millis(2_000);

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
    /// Whether what was appended cannot be followed from here: a snapshot is needed.
    stranded: bool,
    messages: Vec<(PeerId, Message)>,
}

impl Agreement {
    /// The agreement of a match as it begins (or, with the log's length and the kept seats of a
    /// snapshot, as it goes on).
    pub fn new(me: PeerId, match_id: u32, view: View, log: u32, kept: Vec<Kept>) -> Self {
        Self {
            me,
            match_id,
            promised: (view.number, view.owner),
            before: None,
            used: view.number,
            asking: None,
            evaded: Vec::new(),
            trust: Trust::default(),
            question: 0,
            pause_until: Duration::ZERO,
            recent: VecDeque::new(),
            recent_from: log,
            kept,
            joiners: Vec::new(),
            taken: Vec::new(),
            stranded: false,
            messages: Vec::new(),
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
        if lost.is_empty() || now < self.pause_until {
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

    /// What is to be sent, over the reliable channel.
    pub fn take_messages(&mut self) -> Vec<(PeerId, Message)> {
        std::mem::take(&mut self.messages)
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

    /// The drivers that are lost as seen from here. Of two that do not reach each other, only
    /// the younger one counts as lost.
    fn lost<S: Simulation>(&self, core: &Core<S>, room: &[Present], now: Duration) -> Vec<PeerId> {
        let order = core.order();
        let others = || order.iter().copied().filter(|id| *id != self.me);
        let lives = |id: PeerId| !is_gone(room, id) && core.lives(id, now);
        let is_missing = |id: &PeerId| is_missing(core, *id, now, MISSING_DEADLINE);
        let is_lost = |id: &PeerId| is_gone(room, *id) || is_missing(id) || core.holds_up(*id, now);
        // Whoever lives may be waiting for one that does not, and lack more of it than we do: it
        // is judged when those are out of the way.
        let is_dead = |id: &PeerId| is_lost(id) && !lives(*id) || self.trust.is_deposed(*id);
        let dead: Vec<PeerId> = others().filter(is_dead).collect();
        let mut lost = dead;
        if lost.is_empty() {
            for id in others().filter(is_lost) {
                // Of one that lives and waits it can be said whom it waits for.
                let id = unreached(core, &order, id, self.me).unwrap_or(id);
                if !lost.contains(&id) {
                    lost.push(id);
                }
            }
        }
        for id in core.frozen().into_iter().chain(self.evaders(now)) {
            if id != self.me && order.contains(&id) && !lost.contains(&id) && !lost.is_empty() {
                lost.push(id);
            }
        }
        lost
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

    /// The entries from an index of the log on, as far as they are kept.
    fn entries_from(&self, index: u32) -> Option<Vec<LogEntry>> {
        let skip = index.checked_sub(self.recent_from)?;
        Some(self.recent.iter().skip(skip as usize).cloned().collect())
    }

    fn tell(&mut self, to: PeerId, message: Message) {
        self.messages.push((to, message));
    }

    /// Tells a follower of the log from `index` on.
    fn tell_log<S: Simulation>(&mut self, to: PeerId, core: &Core<S>, index: u32) {
        let (first, entries) = match self.entries_from(index) {
            Some(entries) => (index, entries),
            // It lacks more than we have, and learns by the gap that it needs a snapshot.
            None => (core.log(), Vec::new()),
        };
        let append = Append {
            match_id: self.match_id,
            view: core.view(),
            first,
            entries,
            kept: self.kept.clone(),
        };
        self.tell(to, Message::Append(append));
    }
}

fn is_gone(room: &[Present], id: PeerId) -> bool {
    !room.iter().any(|peer| peer.id == id && peer.here)
}

/// Whether nothing of use has come from a driver for so long: no inputs that it could have given,
/// or, from one that would have to wait itself, no datagram at all.
fn is_missing<S: Simulation>(
    core: &Core<S>,
    id: PeerId,
    now: Duration,
    deadline: Duration,
) -> bool {
    core.missing(id, now) >= deadline || core.quiet(id, now).is_some_and(|q| q >= deadline)
}

/// A driver younger than `id` whose inputs we have and `id` lacks, so that it is their pair that
/// is broken.
fn unreached<S: Simulation>(
    core: &Core<S>,
    order: &[PeerId],
    id: PeerId,
    me: PeerId,
) -> Option<PeerId> {
    let rank = order.iter().position(|driver| *driver == id)?;
    let younger = order.get(rank + 1..)?;
    (younger.iter().copied()).find(|other| *other != me && lacks(core, id, *other))
}

/// Whether `id` lacks inputs of `author`'s that we have had for a while.
fn lacks<S: Simulation>(core: &Core<S>, id: PeerId, author: PeerId) -> bool {
    let ours = core.ends();
    core.reported_ends(id).is_some_and(|theirs| {
        core.seats_of(author).any(|seat| {
            let lacks = |end: &Frame| end.saturating_add(LACKS) < ours[seat];
            theirs.get(seat).is_some_and(lacks)
        })
    })
}
