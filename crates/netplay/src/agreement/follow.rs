//! Following: answering questions about the lost, and appending what the owner says.

use super::{lost::AGREE_AFTER, *};
use protocol::agreement::{Collect, Deny, Report};

impl Agreement {
    /// Answers a question: with what we hold, which is a promise, or with a denial.
    ///
    /// # Errors
    /// [`Offence`] if no honest peer would have asked.
    pub fn receive_collect<S: Simulation>(
        &mut self,
        from: PeerId,
        collect: Collect,
        core: &mut Core<S>,
        room: &[Present],
        now: Duration,
    ) -> Result<(), Offence> {
        if collect.match_id != self.match_id || !core.drives(self.me) {
            return Ok(());
        }
        if collect.view.owner != from {
            return Err(Offence::Forged);
        }
        if !core.drives(from) {
            // It may not know yet that its seat was taken.
            return Ok(());
        }
        if collect.ends.len() != core.ends().len() || is_too_far(&collect.view, core) {
            return Err(Offence::Misfit);
        }
        // With one that others go on without we could only agree to give up.
        let frozen = collect.view.owner != core.view().owner && core.frozen().contains(&from);
        let agreed = self.trusts(from, &collect.lost, core, room, now)
            && !collect.lost.contains(&self.me)
            && !frozen
            && match collect.view == core.view() {
                true => self.promised == (core.view().number, from),
                false => self.agrees(&collect, core, room, now),
            };
        if !agreed {
            let deny = Deny {
                view: collect.view.number,
                question: collect.question,
                promised: self.promised.0,
                frozen,
            };
            self.tell(from, Statement::Deny(deny));
            return Ok(());
        }
        self.asking = None;
        let order = core.order();
        let mut frozen = core.frozen();
        frozen.retain(|id| order.contains(id) && !collect.lost.contains(id));
        self.promise(core, collect.view, &collect.lost);
        self.promised_at = now;
        let report = Report {
            view: collect.view.number,
            question: collect.question,
            installed: core.view().number,
            log: core.log(),
            changes: self.entries_from(collect.log).unwrap_or_default(),
            frozen,
            ends: core.ends(),
            inputs: held_inputs(core, &collect),
        };
        self.tell(from, Statement::Report(report));
        Ok(())
    }

    /// Whether we follow this peer as the owner of a view of its own: the owner is lost to us too,
    /// nobody senior to the asker is here, and we have not promised ourselves elsewhere.
    fn agrees<S: Simulation>(
        &self,
        collect: &Collect,
        core: &Core<S>,
        room: &[Present],
        now: Duration,
    ) -> bool {
        let from = collect.view.owner;
        let is_free =
            collect.view.number > self.promised.0 || (collect.view.number, from) == self.promised;
        let is_lost = |id: PeerId| {
            id != self.me
                && (is_gone(room, id)
                    || is_missing(core, id, now, AGREE_AFTER)
                    || core.drags(id, now)
                    || self.trust.is_deposed(id)
                    || core.frozen().contains(&id))
        };
        let mut elders = core.order().into_iter().take_while(|id| *id != from);
        is_free
            && collect.view.number > core.view().number
            && is_lost(core.view().owner)
            && elders.all(is_lost)
    }

    /// Takes in how the log goes on.
    ///
    /// # Errors
    /// [`Offence`] if no honest peer would have sent it.
    pub fn receive_append<S: Simulation>(
        &mut self,
        from: PeerId,
        append: Append,
        core: &mut Core<S>,
        room: &[Present],
        now: Duration,
    ) -> Result<(), Offence> {
        if append.match_id != self.match_id || self.stranded {
            return Ok(());
        }
        if append.view.owner != from {
            return Err(Offence::Forged);
        }
        if append.view != core.view() {
            let follows = !is_too_far(&append.view, core) && self.installs(&append.view, core);
            let left_behind = || self.is_left_behind(&append, core, room, now);
            if !follows && !left_behind() {
                // Another part of a room that has split, or a reign that is over: unless our own
                // question comes to nothing, and we follow it after all.
                self.pass_over(append, core);
                return Ok(());
            }
            // The asker goes on from the log that was reported to it. If that is not ours to the
            // entry, it never had ours, and the same place in the two could say different things.
            let is_ours = match follows {
                true => !core.drives(self.me) || append.first == core.log(),
                false => continues_ours(&append, core),
            };
            if !is_ours {
                self.stranded = true;
                return Ok(());
            }
            core.set_view(append.view);
            self.promised = (append.view.number, from);
            self.before = None;
            self.asking = None;
            self.passed_over.clear();
            self.trust.begin_reign();
        } else if self.promised != (append.view.number, from) {
            // We have told another asker how long our log is: it ends there.
            return Ok(());
        }
        let drives = core.drives(self.me);
        let Some(known) = core.log().checked_sub(append.first) else {
            self.stranded = true;
            return Ok(());
        };
        let mut entries = append.entries;
        entries.drain(..entries.len().min(known as usize));
        let unasked = self.taken_unasked(core, &entries);
        let asked = drives && !unasked.contains(&self.me);
        if !asked && !self.trusts(from, &unasked, core, room, now) {
            return Ok(());
        }
        for entry in entries {
            if self.is_usurped(core, &entry, asked) {
                return Err(Offence::Usurped);
            }
            self.append(core, entry, now);
            if self.stranded {
                return Ok(());
            }
        }
        self.kept = append.kept;
        Ok(())
    }

    /// Keeps what an asker appended that we had promised to follow, and do not follow now: it is
    /// not said again.
    fn pass_over<S: Simulation>(&mut self, append: Append, core: &Core<S>) {
        if append.view.number <= core.view().number || !core.drives(append.view.owner) {
            return;
        }
        if self.passed_over.len() == MAX_PASSED_OVER {
            self.passed_over.pop_front();
        }
        self.passed_over.push_back(append);
    }

    /// Follows after all whom we promised to follow before our own question came to nothing.
    pub(super) fn take_passed_over<S: Simulation>(
        &mut self,
        core: &mut Core<S>,
        room: &[Present],
        now: Duration,
    ) {
        let promised = self.promised;
        let is_meant = |append: &Append| (append.view.number, append.view.owner) == promised;
        if self.asking.is_some() || !self.passed_over.iter().any(is_meant) {
            return;
        }
        for append in std::mem::take(&mut self.passed_over) {
            if is_meant(&append) {
                // It was judged when it came: what does not fit strands us.
                let _ = self.receive_append(promised.1, append, core, room, now);
            }
        }
    }

    /// Whether a view is put in force here: drivers follow the one that they promised to follow,
    /// listeners whichever comes next of a driver.
    fn installs<S: Simulation>(&self, view: &View, core: &Core<S>) -> bool {
        let promised = self.promised == (view.number, view.owner);
        let is_next = view.number > core.view().number && core.drives(view.owner);
        is_next && (promised || !core.drives(self.me))
    }

    /// Whether the others have gone on without us, as lost, from an owner that we have lost, too:
    /// we asked, and they had promised somebody else to take nothing more of us. Nobody is left to
    /// go on with us, so we follow them without a seat. (An owner that we hear goes on with us:
    /// then these are two parts of a room.)
    fn is_left_behind<S: Simulation>(
        &self,
        append: &Append,
        core: &Core<S>,
        room: &[Present],
        now: Duration,
    ) -> bool {
        let owner = core.view().owner;
        let is_lost = |id: PeerId| {
            is_gone(room, id)
                || is_missing(core, id, now, AGREE_AFTER)
                || core.frozen().contains(&id)
        };
        let takes = |seat: usize| {
            let mut changes = append.entries.iter().map(|entry| entry.change);
            changes.any(|change| usize::from(change.seat) == seat && change.driver.is_none())
        };
        append.view.number > core.view().number
            && !is_too_far(&append.view, core)
            && core.drives(append.view.owner)
            && owner != self.me
            && is_lost(owner)
            && !self.awaits_another(core, now)
            && core.seats_of(self.me).all(takes)
    }
}

/// Whether what is appended begins with the end of our log, so that it goes on from all of it.
fn continues_ours<S: Simulation>(append: &Append, core: &Core<S>) -> bool {
    let Some(ours) = core.entries_from(append.first) else {
        return false;
    };
    let theirs = append.entries.iter().map(|entry| entry.change);
    let is_joined = !ours.is_empty() || append.first == 0;
    is_joined && ours.len() <= append.entries.len() && theirs.zip(&ours).all(|(a, b)| a == *b)
}

/// Whether no honest peer can have come to a view of this number from the one in force. Twice the
/// bound: an asker is told of numbers up to it, and its own questions use up further ones.
fn is_too_far<S: Simulation>(view: &View, core: &Core<S>) -> bool {
    view.number > core.view().number.saturating_add(2 * MAX_VIEWS_AHEAD)
}

/// The inputs of the lost that the asker lacks.
fn held_inputs<S: Simulation>(
    core: &Core<S>,
    collect: &Collect,
) -> Vec<protocol::agreement::Inputs> {
    let ends = core.ends();
    let lost_seats = collect.lost.iter().flat_map(|id| core.seats_of(*id));
    lost_seats
        .filter(|seat| ends[*seat] > collect.ends[*seat])
        .filter_map(|seat| core.inputs_from(seat, collect.ends[seat]))
        .collect()
}
