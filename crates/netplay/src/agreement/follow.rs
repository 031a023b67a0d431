//! Following: answering questions about the lost, and appending what the owner says.

use super::*;
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
        let agreed = self.trusts(from, &collect.lost, core, room, now)
            && !collect.lost.contains(&self.me)
            && match collect.view == core.view() {
                true => self.promised == (core.view().number, from),
                false => self.agrees(&collect, core, room, now),
            };
        if !agreed {
            let deny = Deny {
                view: collect.view.number,
                question: collect.question,
                promised: self.promised.0,
            };
            self.tell(from, Message::Deny(deny));
            return Ok(());
        }
        self.asking = None;
        let order = core.order();
        let mut frozen = core.frozen();
        frozen.retain(|id| order.contains(id) && !collect.lost.contains(id));
        self.promise(core, collect.view, &collect.lost);
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
        self.tell(from, Message::Report(report));
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
                    || core.holds_up(id, now)
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
            if is_too_far(&append.view, core) || !self.installs(&append.view, core) {
                // Another part of a room that has split, or a reign that is over.
                return Ok(());
            }
            // The asker goes on from the log that was reported to it. If that is not ours to the
            // entry, it never had ours, and the same place in the two could say different things.
            if core.drives(self.me) && append.first != core.log() {
                self.stranded = true;
                return Ok(());
            }
            core.set_view(append.view);
            self.promised = (append.view.number, from);
            self.before = None;
            self.asking = None;
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

    /// Whether a view is put in force here: drivers follow the one that they promised to follow,
    /// listeners whichever comes next of a driver.
    fn installs<S: Simulation>(&self, view: &View, core: &Core<S>) -> bool {
        let promised = self.promised == (view.number, view.owner);
        let is_next = view.number > core.view().number && core.drives(view.owner);
        is_next && (promised || !core.drives(self.me))
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
