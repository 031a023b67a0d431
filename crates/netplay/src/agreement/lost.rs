//! Who is lost, as seen from here.

use super::*;

/// For how long an owner's inputs must be missing here for us to agree that it is lost. Less than
/// [`MISSING_DEADLINE`], since those who ask noticed it on another path.
pub(super) const AGREE_AFTER: Duration = Duration::from_millis(500);

/// Frames of somebody's inputs that a peer lacks and we have, from which on it is that pair that
/// is broken. Whoever is judged has waited for long, so that nothing is on its way any more.
const LACKS: Frame = 4;

/// How long somebody must have heard nothing of us. It tells so half a round trip later, and waits
/// meanwhile: less than [`MISSING_DEADLINE`], so that all in all it is not more.
pub(super) const DEAF_DEADLINE: Duration = Duration::from_millis(700);

impl Agreement {
    /// The drivers that are lost as seen from here. Of two that do not reach each other, only
    /// the younger one counts as lost.
    pub(super) fn lost<S: Simulation>(
        &self,
        core: &Core<S>,
        room: &[Present],
        now: Duration,
    ) -> Vec<PeerId> {
        let order = core.order();
        let others = || order.iter().copied().filter(|id| *id != self.me);
        let elders: Vec<PeerId> = (order.iter().copied())
            .take_while(|id| *id != self.me)
            .collect();
        let lives = |id: PeerId| !is_gone(room, id) && core.lives(id, now);
        let is_missing = |id: &PeerId| is_missing(core, *id, now, MISSING_DEADLINE);
        // Whoever says that it does not hear us is judged by its own word. An elder will find us lost.
        let is_deaf = |id: &PeerId| !elders.contains(id) && core.unheard(*id, now) >= DEAF_DEADLINE;
        let is_lost = |id: &PeerId| is_gone(room, *id) || is_missing(id) || core.holds_up(*id, now);
        // Whoever lives may be waiting for one that does not, and lack more of it than we do: it
        // is judged when those are out of the way.
        let dead = |id: &PeerId| is_lost(id) && !lives(*id);
        for id in others().filter(|id| is_lost(id)) {
            let (missing, quiet) = (core.missing(id, now), core.quiet(id, now));
            let (holds_up, lives) = (core.holds_up(id, now), lives(id));
            tracing::debug!(%id, ?missing, ?quiet, holds_up, lives, "seems lost");
        }
        let mut lost: Vec<PeerId> = others()
            .filter(|id| {
                let deposed = self.trust.is_deposed(*id);
                dead(id) || is_deaf(id) || deposed || self.astray.contains(id)
            })
            .collect();
        // What is wrong between two others has nothing to do with those.
        let cut_off = cut_off(core, &order, &lost, now);
        lost.extend(cut_off.into_iter().filter(|id| *id != self.me));
        if lost.is_empty() {
            for id in others().filter(is_lost) {
                // Of one that lives and waits it can be said whom it waits for.
                // (Whoever is only slow, or lost already, lacks what is on its way to it, too.)
                let waits = is_missing(&id) && !core.frozen().contains(&id);
                let unreached = || unreached(core, &order, id, self.me);
                let id = waits.then(unreached).flatten().unwrap_or(id);
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

    /// Whether another one asks that we have promised to follow, and that lives: only then would
    /// our own question take the promise back.
    pub(super) fn awaits_another<S: Simulation>(&self, core: &Core<S>, now: Duration) -> bool {
        let (number, asker) = self.promised;
        number > core.view().number
            && asker != self.me
            && core.lives(asker, now)
            && now.saturating_sub(self.promised_at) < ANSWER_DEADLINE
    }

    /// Whether this driver's seat is still to be given up, since it begins anew.
    pub fn is_astray(&self, peer: PeerId) -> bool {
        self.astray.contains(&peer)
    }

    /// A driver says that it has nothing left of its seat.
    pub fn note_astray(&mut self, peer: PeerId) {
        if !self.astray.contains(&peer) && self.astray.len() < MAX_SEATS {
            self.astray.push(peer);
        }
    }
}

pub(super) fn is_gone(room: &[Present], id: PeerId) -> bool {
    !room.iter().any(|peer| peer.id == id && peer.here)
}

/// Whether nothing of use has come from a driver for so long: no inputs that it could have given,
/// or, from one that would have to wait itself, no datagram at all.
pub(super) fn is_missing<S: Simulation>(
    core: &Core<S>,
    id: PeerId,
    now: Duration,
    deadline: Duration,
) -> bool {
    core.missing(id, now) >= deadline || core.quiet(id, now).is_some_and(|q| q >= deadline)
}

/// The younger one of each two drivers, neither of them `lost`, that do not reach each other although
/// both live. Who has promised to take nothing more of somebody may hear that one well.
fn cut_off<S: Simulation>(
    core: &Core<S>,
    order: &[PeerId],
    lost: &[PeerId],
    now: Duration,
) -> Vec<PeerId> {
    let frozen = core.frozen();
    let counts = |id: &PeerId| !lost.contains(id) && !frozen.contains(id);
    let is_cut_off = |a, b| {
        core.is_cut_off(a, b, MISSING_DEADLINE, now) || core.is_cut_off(b, a, MISSING_DEADLINE, now)
    };
    let has_lost_an_elder = |(rank, id): &(usize, PeerId)| {
        let mut elders = order[..*rank].iter().filter(|elder| counts(elder));
        counts(id) && elders.any(|elder| is_cut_off(*elder, *id))
    };
    let drivers = order.iter().copied().enumerate();
    drivers
        .filter(has_lost_an_elder)
        .map(|(_, id)| id)
        .collect()
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
pub(super) fn lacks<S: Simulation>(core: &Core<S>, id: PeerId, author: PeerId) -> bool {
    let ours = core.ends();
    core.reported_ends(id).is_some_and(|theirs| {
        core.seats_of(author).any(|seat| {
            let lacks = |end: &Frame| end.saturating_add(LACKS) < ours[seat];
            theirs.get(seat).is_some_and(lacks)
        })
    })
}
