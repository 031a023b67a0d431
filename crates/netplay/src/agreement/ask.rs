//! Asking what the others hold of the lost, and appending what follows from it.

use super::{judge::MAX_APART, *};
use protocol::agreement::{Collect, Deny, Inputs, Report};

/// A question under way.
#[derive(Debug)]
pub(super) struct Asking {
    pub(super) view: View,
    question: u32,
    pub(super) lost: Vec<PeerId>,
    /// Who was asked.
    asked: Vec<PeerId>,
    since: Duration,
    reports: Vec<(PeerId, Report)>,
}

impl Asking {
    /// How many have answered.
    pub(super) fn answered(&self) -> usize {
        self.reports.len()
    }
}

impl Agreement {
    /// Asks all drivers that are not lost. With nobody to ask, it is concluded at once.
    pub(super) fn ask<S: Simulation>(
        &mut self,
        core: &mut Core<S>,
        room: &[Present],
        view: View,
        lost: Vec<PeerId>,
        now: Duration,
    ) {
        self.question += 1;
        self.promise(core, view, &lost);
        let asked: Vec<PeerId> = core
            .order()
            .into_iter()
            .filter(|id| *id != self.me && !lost.contains(id))
            .collect();
        tracing::info!(?view, ?lost, ?asked, "asks what the others hold");
        let collect = Statement::Collect(Collect {
            match_id: self.match_id,
            view,
            question: self.question,
            lost: lost.clone(),
            log: core.log(),
            ends: core.ends(),
        });
        for id in &asked {
            self.tell(*id, collect.clone());
        }
        self.asking = Some(Asking {
            view,
            question: self.question,
            lost,
            asked,
            since: now,
            reports: Vec::new(),
        });
        self.conclude_when_answered(core, room, now);
    }

    /// Asks anew when more are lost, those included who owe an answer for too long.
    pub(super) fn go_on_asking<S: Simulation>(
        &mut self,
        core: &mut Core<S>,
        room: &[Present],
        lost: &[PeerId],
        entropy: &mut dyn FnMut() -> u64,
        now: Duration,
    ) {
        let Some(asking) = &self.asking else { return };
        let overdue = now.saturating_sub(asking.since) >= ANSWER_DEADLINE;
        let has_answered = |id: &PeerId| asking.reports.iter().any(|(from, _)| from == id);
        let silent = asking
            .asked
            .iter()
            .filter(|id| overdue && !has_answered(id));
        let mut all: Vec<PeerId> = asking.lost.clone();
        for id in silent.chain(lost) {
            if !all.contains(id) {
                all.push(*id);
            }
        }
        if all.len() == asking.lost.len() {
            return;
        }
        let is_mine = core.view().owner == self.me;
        let view = match is_mine {
            true => core.view(),
            false => self.next_view(core, entropy),
        };
        self.ask(core, room, view, all, now);
    }

    /// Takes in an answer.
    ///
    /// # Errors
    /// [`Offence`] if no honest peer would have sent it.
    pub fn receive_report<S: Simulation>(
        &mut self,
        from: PeerId,
        report: Report,
        core: &mut Core<S>,
        room: &[Present],
        now: Duration,
    ) -> Result<(), Offence> {
        let Some(asking) = &mut self.asking else {
            return Ok(());
        };
        if (report.view, report.question) != (asking.view.number, asking.question) {
            // The answer to an earlier question.
            return Ok(());
        }
        if !asking.asked.contains(&from) {
            return Err(Offence::Stranger);
        }
        if !asking.could_be(&report, core) {
            return Err(Offence::Misfit);
        }
        if asking.reports.iter().any(|(peer, _)| *peer == from) {
            return Ok(());
        }
        if report.frozen.contains(&self.me) {
            // It has promised somebody else to go on without us.
            self.give_up(core);
            self.note_evasion(from, now);
            self.pause_until = now + MISSING_DEADLINE;
            return Ok(());
        }
        let order = core.order();
        let also_lost: Vec<PeerId> = (report.frozen.iter())
            .filter(|id| order.contains(id) && !asking.lost.contains(id))
            .copied()
            .collect();
        if !also_lost.is_empty() {
            let (view, mut lost) = (asking.view, asking.lost.clone());
            lost.extend(also_lost);
            self.ask(core, room, view, lost, now);
            return Ok(());
        }
        let evades = report.log > core.log() && report.changes.is_empty();
        asking.reports.push((from, report));
        if evades {
            self.note_evasion(from, now);
        }
        self.conclude_when_answered(core, room, now);
        Ok(())
    }

    /// Gives a question up, and says so: it will never be concluded.
    pub(super) fn give_up<S: Simulation>(&mut self, core: &mut Core<S>) {
        let Some(asking) = self.asking.take() else {
            return;
        };
        let deny = Deny {
            view: asking.view.number,
            question: asking.question,
            promised: self.promised.0,
            frozen: false,
        };
        for id in asking.asked {
            self.tell(id, Statement::Deny(deny));
        }
        let number = self.promised.0;
        self.release(core);
        // The number is used up, also for us.
        self.used = self.used.max(number);
    }

    /// Takes in a denial: whoever denies follows somebody else, or still hears the owner. Or the
    /// asker that we promised to follow gives up.
    ///
    /// # Errors
    /// [`Offence`] if no honest peer would have sent it.
    pub fn receive_deny<S: Simulation>(
        &mut self,
        from: PeerId,
        deny: Deny,
        core: &mut Core<S>,
        now: Duration,
    ) -> Result<(), Offence> {
        if self.promised == (deny.view, from) && core.view().owner != from {
            self.release(core);
            return Ok(());
        }
        let Some(asking) = &self.asking else {
            return Ok(());
        };
        if (deny.view, deny.question) != (asking.view.number, asking.question) {
            return Ok(());
        }
        if !asking.asked.contains(&from) {
            return Err(Offence::Stranger);
        }
        tracing::info!(%from, ?deny, "denied");
        // Two that ask at once, each without the other, must not do so again and again.
        let collides = deny.promised >= asking.view.number;
        // A number that somebody has promised already is of no use to the next question. A bound
        // keeps a liar from using them up.
        if deny.promised <= core.view().number.saturating_add(MAX_VIEWS_AHEAD) {
            self.used = self.used.max(deny.promised);
        }
        self.give_up(core);
        self.note_evasion(from, now);
        self.pause_until = now
            + match (deny.frozen, collides) {
                (true, _) => MISSING_DEADLINE,
                (false, true) => DENIED_PAUSE + self.turn(core),
                (false, false) => DENIED_PAUSE,
            };
        Ok(())
    }

    /// How long whoever is our junior waits longer than we do: until it has heard our question.
    fn turn<S: Simulation>(&self, core: &Core<S>) -> Duration {
        let order = core.order();
        let rank = order.iter().take_while(|id| **id != self.me).count() as u32;
        let trips = order.iter().filter_map(|id| core.peer_stats(*id)?.rtt);
        (trips.max().unwrap_or_default() / 2 + TURN) * rank
    }

    fn conclude_when_answered<S: Simulation>(
        &mut self,
        core: &mut Core<S>,
        room: &[Present],
        now: Duration,
    ) {
        let Some(asking) = self.asking.take() else {
            return;
        };
        if asking.reports.len() < asking.asked.len() {
            self.asking = Some(asking);
            return;
        }
        if let Some(liar) = self.take_over_log(core, &asking, now) {
            let mut lost = asking.lost;
            lost.push(liar);
            return self.ask(core, room, asking.view, lost, now);
        }
        if self.stranded {
            return;
        }
        // A longer log may have brought a driver that was not asked, or may itself be longer than
        // one message.
        let all_asked = core
            .order()
            .iter()
            .all(|id| *id == self.me || asking.asked.contains(id) || asking.lost.contains(id));
        let behind = asking.reports.iter().any(|(_, r)| r.log > core.log());
        if !all_asked || behind {
            return self.ask(core, room, asking.view, asking.lost, now);
        }
        self.conclude(core, room, &asking, now);
    }

    /// Appends what the longest log among the answers has more than ours. Names its author if that
    /// log cannot be.
    fn take_over_log<S: Simulation>(
        &mut self,
        core: &mut Core<S>,
        asking: &Asking,
        now: Duration,
    ) -> Option<PeerId> {
        let longest = asking
            .reports
            .iter()
            .max_by_key(|(_, report)| (report.installed, report.log));
        let (from, report) = longest.filter(|(_, report)| report.log > core.log())?;
        // Whoever was itself lost to the owner before was not asked.
        let asked = !self.taken_unasked(core, &report.changes).contains(&self.me);
        for entry in report.changes.clone() {
            if judge::is_impossible(core, &entry) || self.is_usurped(core, &entry, asked) {
                return Some(*from);
            }
            self.append(core, entry, now);
        }
        None
    }

    /// The lost drivers' seats go to bots, from the frame after the last input that anybody holds.
    fn conclude<S: Simulation>(
        &mut self,
        core: &mut Core<S>,
        room: &[Present],
        asking: &Asking,
        now: Duration,
    ) {
        let before = core.log();
        let new_reign = core.view() != asking.view;
        core.set_view(asking.view);
        self.before = None;
        self.trust.begin_reign();
        let mut followers = self.followers(core);
        for id in &asking.lost {
            let seats: Vec<usize> = core.seats_of(*id).collect();
            for seat in seats {
                let Some(entry) = self.takeover(core, asking, seat) else {
                    self.stranded = true;
                    return;
                };
                self.keep(room, *id, &entry.change);
                self.append(core, entry, now);
            }
            self.note_taken(*id, now);
        }
        self.evaded.clear();
        tracing::info!(view = ?asking.view, lost = ?asking.lost, "goes on");
        // Whoever is lost only to us, or too slow, learns that its seat was taken.
        followers.retain(|id| room.iter().any(|peer| peer.id == *id && peer.here));
        for id in followers {
            let report = asking.reports.iter().find(|(from, _)| *from == id);
            let known = match report {
                Some((_, report)) => report.log,
                None if new_reign => self.recent_from.max(before.saturating_sub(8)),
                None => before,
            };
            self.tell_log(id, core, known);
        }
    }

    /// The change that gives a lost driver's seat to a bot, with the inputs that somebody lacks.
    fn takeover<S: Simulation>(
        &self,
        core: &Core<S>,
        asking: &Asking,
        seat: usize,
    ) -> Option<LogEntry> {
        let ours = core.ends()[seat];
        let ends = asking.reports.iter().map(|(_, report)| report.ends[seat]);
        let from = ends.clone().fold(ours, Frame::max);
        // Whoever was not asked follows, too, and may lack more of this tenure.
        let since = core.tenures()[seat].last()?.from;
        let told = (self.followers(core).into_iter())
            .filter_map(|id| Some(since.max(*core.reported_ends(id)?.get(seat)?)))
            .filter(|told| ours.saturating_sub(*told) <= MAX_APART)
            .filter(|told| core.inputs_from(seat, *told).is_some());
        let first = ends.chain(told).fold(ours, Frame::min);
        let mut words = core.inputs_from(seat, first)?.words;
        words.truncate((ours - first) as usize);
        if from > ours {
            let (_, report) = asking
                .reports
                .iter()
                .find(|(_, report)| report.ends[seat] == from)?;
            let further = report
                .inputs
                .iter()
                .find(|inputs| usize::from(inputs.seat) == seat && inputs.first == ours)?;
            words.extend(&further.words);
        }
        if words.len() != (from - first) as usize || words.len() > MAX_UNACKED_INPUTS as usize {
            return None;
        }
        let seat = seat as u8;
        Some(LogEntry {
            change: SeatChange {
                seat,
                from,
                driver: None,
            },
            inputs: Inputs { seat, first, words },
        })
    }
}
