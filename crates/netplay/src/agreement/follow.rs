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
        let agreed = self.trusts(from, &self.doubtful(&collect, core), core, room, now)
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

    /// Whom a question calls lost of whom it need not be so to us, too. (Whoever asks in the owner's
    /// place is only followed if the owner and all its elders are. Of a goodbye we may hear later.)
    fn doubtful<S: Simulation>(&self, collect: &Collect, core: &Core<S>) -> Vec<PeerId> {
        let (from, order) = (collect.view.owner, core.order());
        let elders = order
            .iter()
            .take_while(|id| **id != from && from != core.view().owner);
        let elders: Vec<&PeerId> = elders.collect();
        let lost = collect.lost.iter().filter(|id| !elders.contains(id));
        lost.copied().collect()
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
        // What was kept comes first, if it counts by now.
        self.take_passed_over(core, room, now);
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
                false => self.is_continued_by(&append),
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
        } else {
            if self.takes_all(&append, core) && !self.trust.is_deposed(from) {
                // We ask since we do not hear the owner, which the others have answered. Nobody is
                // left to answer us.
                self.give_up(core);
            }
            if self.promised != (append.view.number, from) {
                // We have told another asker, or ask ourselves, how long our log is: it ends there,
                // unless that question comes to nothing.
                self.pass_over(append, core);
                return Ok(());
            }
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

    /// Keeps what an asker appended that we had promised to follow, or what our owner did while we
    /// promised to follow an asker, and do not follow now: it is not said again.
    fn pass_over<S: Simulation>(&mut self, append: Append, core: &Core<S>) {
        let is_newer = append.view.number > core.view().number;
        if append.view != core.view() && !(is_newer && core.drives(append.view.owner)) {
            return;
        }
        if self.passed_over.len() == MAX_PASSED_OVER {
            self.passed_over.pop_front();
        }
        self.passed_over.push_back(append);
    }

    /// Follows after all whom we promised to follow before our own question came to nothing, or who
    /// has gone on without us.
    pub(super) fn take_passed_over<S: Simulation>(
        &mut self,
        core: &mut Core<S>,
        room: &[Present],
        now: Duration,
    ) {
        if self.asking.is_some() || self.passed_over.is_empty() {
            return;
        }
        let promised = self.promised;
        let is_meant = |append: &&Append| {
            (append.view.number, append.view.owner) == promised
                || self.is_left_behind(append, core, room, now)
        };
        let Some(view) = self.passed_over.iter().find(is_meant).map(|it| it.view) else {
            return;
        };
        for append in std::mem::take(&mut self.passed_over) {
            if append.view == view {
                // It was judged when it came: what does not fit strands us.
                let _ = self.receive_append(view.owner, append, core, room, now);
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

    /// Whether the others have gone on without us, as lost, and nobody is left to go on with us: then
    /// we follow them without a seat. Either our owner is lost to us, too (one that we hear goes on with
    /// us: then these are two parts of a room), or all that we hear say that they have gone over.
    fn is_left_behind<S: Simulation>(
        &self,
        append: &Append,
        core: &Core<S>,
        room: &[Present],
        now: Duration,
    ) -> bool {
        let (owner, author) = (core.view().owner, append.view.owner);
        let is_lost = |id: PeerId| {
            is_gone(room, id)
                || is_missing(core, id, now, AGREE_AFTER)
                || core.frozen().contains(&id)
        };
        // Whoever asked us before, and was not heard, goes on without our answer.
        let awaits = || self.promised.1 != author && self.awaits_another(core, now);
        append.view.number > core.view().number
            && !is_too_far(&append.view, core)
            && core.drives(author)
            && (owner != self.me && is_lost(owner) && !awaits()
                || self.have_gone_over(append, core, is_lost))
            && self.takes_all(append, core)
    }

    /// Whether we have nothing left to drive after this.
    fn takes_all<S: Simulation>(&self, append: &Append, core: &Core<S>) -> bool {
        core.seats_of(self.me).all(|seat| {
            let mut changes = append.entries.iter().map(|entry| entry.change);
            changes.any(|change| usize::from(change.seat) == seat && change.driver.is_none())
        })
    }

    /// Whether what is appended begins with the end of our log, so that it goes on from all of it. (Of
    /// the log before our own entry we know the end only.)
    fn is_continued_by(&self, append: &Append) -> bool {
        let first = append.first.max(self.recent_from);
        let skipped = |from: u32| (first - from) as usize;
        let ours = self.recent.iter().skip(skipped(self.recent_from));
        let theirs = append.entries.iter().skip(skipped(append.first));
        let is_joined = ours.len() > 0 || append.first == 0;
        is_joined
            && ours.len() <= theirs.len()
            && theirs.zip(ours).all(|(a, b)| a.change == b.change)
    }

    /// Whether all other drivers that are not lost to us follow this view, by their own word; more
    /// than its owner, who could say so alone.
    fn have_gone_over<S: Simulation>(
        &self,
        append: &Append,
        core: &Core<S>,
        is_lost: impl Fn(PeerId) -> bool,
    ) -> bool {
        let others = core.order().into_iter();
        let (gone_over, left): (Vec<PeerId>, Vec<PeerId>) = others
            .filter(|id| *id != self.me && *id != append.view.owner)
            .partition(|id| core.elsewhere(*id) == Some(append.view.id));
        !gone_over.is_empty() && left.into_iter().all(is_lost)
    }
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
