//! What an owner may not do to those that follow it, and when they go on without it.
//!
//! An owner can call anybody lost, and nobody else can tell whether it truly hears nothing. But
//! every driver is asked first, so a seat that is taken without a question is a forgery; and an
//! owner that alone does not hear two others is itself the one that is cut off, or lies.

use super::{
    lost::{DEAF_DEADLINE, lacks},
    *,
};

/// Peers that an owner may keep out of their seats although they are heard well here. Between two that
/// do not reach each other the owner's word counts; of one with two such pairs it is known where the
/// fault is.
const TOLERATED: usize = 1;

/// How long inputs must be missing for what is on its way to have come.
const SETTLED: Duration = Duration::from_millis(250);

/// Changes of a match before its rate counts, and then frames for each further one. Honest owners
/// stay far below: eight seats, each withheld for seconds once it was taken.
const FREE_CHANGES: u32 = 64;

/// See [`FREE_CHANGES`].
const FRAMES_PER_CHANGE: Frame = 15;

/// Peers whose loss we agreed to, at most; of more, the oldest are forgotten.
const MAX_NAMED: usize = 2 * MAX_PEERS;

/// Why an owner is not followed any more.
#[derive(Debug, Default)]
pub(super) struct Trust {
    /// The peers that questions called lost which we answered, until their seats are taken.
    named: Vec<PeerId>,
    /// Who gave up whom although we heard it well, and has not given it a seat since.
    doubts: Vec<(PeerId, PeerId)>,
    /// Who is not followed any more.
    deposed: Option<PeerId>,
}

impl Trust {
    /// We agreed that these are lost.
    pub(super) fn name(&mut self, lost: &[PeerId]) {
        for id in lost {
            self.named.retain(|known| known != id);
            self.named.push(*id);
        }
        let excess = self.named.len().saturating_sub(MAX_NAMED);
        self.named.drain(..excess);
    }

    /// A seat changes hands.
    pub(super) fn change(&mut self, taken: Option<PeerId>, given: Option<PeerId>) {
        self.named.retain(|id| Some(*id) != taken);
        self.doubts.retain(|(_, id)| Some(*id) != given);
    }

    /// Whether this peer's word is not followed any more.
    pub(super) fn is_deposed(&self, peer: PeerId) -> bool {
        self.deposed == Some(peer)
    }

    /// Another view is in force: whoever reigned before may be followed again one day.
    pub(super) fn begin_reign(&mut self) {
        self.deposed = None;
    }
}

impl Agreement {
    /// Judges whether `author` may give up these peers, and takes note of those that are heard well
    /// here. Says whether it is still followed.
    pub(super) fn trusts<S: Simulation>(
        &mut self,
        author: PeerId,
        lost: &[PeerId],
        core: &Core<S>,
        room: &[Present],
        now: Duration,
    ) -> bool {
        // Of whom we agreed to the loss we take nothing more: what was noted then stays.
        let frozen = core.frozen();
        for id in lost.iter().filter(|id| !frozen.contains(id)) {
            self.trust.doubts.retain(|doubt| *doubt != (author, *id));
            let is_well = match *id == self.me {
                true => core.lives(author, now) && is_heard_by_all(core, now),
                false => is_heard_well(core, room, (*id, author), now),
            };
            if is_well && self.trust.doubts.len() < MAX_PEERS {
                self.trust.doubts.push((author, *id));
            }
        }
        // Word of a goodbye may come later here than there.
        let me = self.me;
        let doubts = &mut self.trust.doubts;
        doubts.retain(|(_, id)| *id == me || !is_gone(room, *id));
        let count = doubts.iter().filter(|(by, _)| *by == author).count();
        if count > TOLERATED {
            tracing::warn!(%author, ?lost, "gives up peers that are heard well: goes on without it");
            self.trust.deposed = Some(author);
        } else if self.trust.is_deposed(author) {
            self.trust.deposed = None;
        }
        count <= TOLERATED
    }

    /// The drivers whose seats a stretch of the log takes without our having agreed to it.
    pub(super) fn taken_unasked<S: Simulation>(
        &self,
        core: &Core<S>,
        entries: &[LogEntry],
    ) -> Vec<PeerId> {
        let order = core.order();
        let drives = |id: &PeerId, seat: u8| core.seats_of(*id).any(|s| s == usize::from(seat));
        let taken = entries.iter().filter(|entry| entry.change.driver.is_none());
        taken
            .filter_map(|entry| order.iter().find(|id| drives(id, entry.change.seat)))
            .filter(|id| !self.has_agreed(core, **id))
            .copied()
            .collect()
    }

    fn has_agreed<S: Simulation>(&self, core: &Core<S>, lost: PeerId) -> bool {
        self.trust.named.contains(&lost) || core.frozen().contains(&lost)
    }

    /// Whether no honest owner appends such a change. `asked` says that we drive a seat before it
    /// and after it, so that nobody was called lost without our word.
    pub(super) fn is_usurped<S: Simulation>(
        &self,
        core: &Core<S>,
        entry: &LogEntry,
        asked: bool,
    ) -> bool {
        let SeatChange { seat, from, driver } = entry.change;
        let order = core.order();
        let drives = |id: &&PeerId| core.seats_of(**id).any(|s| s == usize::from(seat));
        let of_late = core.log().saturating_sub(FREE_CHANGES);
        let is_flood = of_late > from / FRAMES_PER_CHANGE;
        let is_wrong = match (order.iter().find(drives), driver) {
            // Only a bot's seat is given, and to nobody who has one.
            (Some(_), Some(_)) | (None, None) => true,
            (None, Some(to)) => core.drives(to),
            (Some(lost), None) => asked && !self.has_agreed(core, *lost),
        };
        is_flood || is_wrong
    }
}

/// Whether no driver says that it hears nothing of us: otherwise we may well be the lost one.
fn is_heard_by_all<S: Simulation>(core: &Core<S>, now: Duration) -> bool {
    let mut others = core.order().into_iter();
    others.all(|id| core.unheard(id, now) < DEAF_DEADLINE)
}

/// Whether nothing is wrong with a driver as seen from here, but that it may not reach `author`: the
/// match goes on without a hitch, or waits since the two do not hear each other.
fn is_heard_well<S: Simulation>(
    core: &Core<S>,
    room: &[Present],
    (id, author): (PeerId, PeerId),
    now: Duration,
) -> bool {
    let waits_for_author = || core.missing(id, now) >= SETTLED && lacks(core, id, author);
    !is_gone(room, id) && core.lives(id, now) && (core.flows(now) || waits_for_author())
}
