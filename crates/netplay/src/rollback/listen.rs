//! What a peer without a seat does: it hears all, steps like everybody, and follows the drivers.

use super::{Core, peer::Peer};
use protocol::{
    Frame, PeerId, Simulation,
    limits::{MAX_PEERS, MAX_PREDICTION},
};
use std::time::Duration;

/// Steps that a listener catches up in one tick, ten seconds'.
const MAX_CATCH_UP: u32 = 600;

/// Frames by which a listener may be off the drivers before it jumps: less than what makes a
/// driver slow down for it once it has a seat.
const TOLERATED: f64 = 0.5;

/// Frames by which a listener that keeps up may be off the drivers.
const IN_STEP: f64 = 2.0;

/// How long it must have been so.
const KEEPS_UP_AFTER: Duration = Duration::from_millis(250);

/// How long nothing may be confirmed, although the drivers are heard.
const STRANDED_AFTER: Duration = Duration::from_secs(2);

/// What a core without a seat knows of its place.
pub(super) struct Listening {
    /// Since when it is in step with the drivers.
    in_step_since: Option<Duration>,
    /// When something was confirmed.
    progressed: Duration,
    /// What was confirmed then.
    confirmed: Frame,
    /// When a driver was heard, whatever it said.
    heard: Option<Duration>,
}

impl Listening {
    pub(super) fn new(now: Duration) -> Self {
        Self {
            in_step_since: None,
            progressed: now,
            confirmed: 0,
            heard: None,
        }
    }

    /// A driver was heard.
    pub(super) fn hear(&mut self, now: Duration) {
        self.heard = Some(now);
    }
}

impl<S: Simulation> Core<S> {
    /// Whether this peer drives no seat, by the log as far as it has it.
    pub fn is_listener(&self) -> bool {
        !self.drives(self.me)
    }

    /// Sends datagrams to a peer that drives nothing from now on, with our inputs from `from`
    /// on. Says whether it does: not if those are kept no more, or [`MAX_PEERS`] are told
    /// already.
    pub fn listen(&mut self, peer: PeerId, from: Frame, now: Duration) -> bool {
        if self.drives(peer) {
            return peer != self.me;
        }
        let others = self.peers.iter().filter(|p| p.id != peer).count();
        let is_kept = (self.own_streams()).all(|(_, s)| s.base() <= from.max(s.since()));
        let is_reachable = from <= self.frame().saturating_add(MAX_PREDICTION);
        if others >= MAX_PEERS || !is_kept || !is_reachable {
            return false;
        }
        let mut listener = Peer::new(peer, now);
        self.send_from(&mut listener, from);
        match self.peers.iter_mut().find(|p| p.id == peer) {
            Some(known) => {
                known.acknowledged = listener.acknowledged;
                known.sent = listener.sent;
            }
            None => self.peers.push(listener),
        }
        true
    }

    /// Sends nothing more to a listener.
    pub fn unlisten(&mut self, peer: PeerId) {
        if !self.drives(peer) {
            self.peers.retain(|p| p.id != peer);
        }
    }

    /// The others to whom datagrams go although they drive nothing. They are dropped by
    /// themselves when 128 inputs of ours are not acknowledged.
    pub fn listeners(&self) -> impl Iterator<Item = PeerId> {
        let listeners = self.peers.iter().filter(|p| !self.drives(p.id));
        listeners.map(|p| p.id)
    }

    /// As a listener: whether it has been in step with the drivers for a quarter of a second.
    pub fn keeps_up(&self, now: Duration) -> bool {
        let since = self.listening.in_step_since;
        self.is_listener() && since.is_some_and(|since| now.saturating_sub(since) >= KEEPS_UP_AFTER)
    }

    /// As a listener: whether nothing was confirmed for 2 s although drivers are heard. What it
    /// lacks nobody will say again: it needs the world anew.
    pub fn is_stranded(&self, now: Duration) -> bool {
        let Listening {
            progressed, heard, ..
        } = self.listening;
        self.is_listener()
            && heard.is_some_and(|heard| now.saturating_sub(heard) < STRANDED_AFTER / 2)
            && now.saturating_sub(progressed) >= STRANDED_AFTER
    }

    /// As a listener, catches up with the drivers and sets the clock to theirs: nobody feels it.
    /// `slept` is the time in which nobody drove this core.
    pub(super) fn follow_drivers(&mut self, now: Duration, slept: Duration) {
        if self.confirmed() != self.listening.confirmed {
            self.listening.confirmed = self.confirmed();
            self.listening.progressed = now;
        }
        self.listening.progressed = (self.listening.progressed + slept).min(now);
        if !self.is_listener() {
            return;
        }
        let Some(lead) = self.drivers_lead() else {
            self.listening.in_step_since = None;
            return;
        };
        if lead.abs() > TOLERATED {
            self.jump(now, lead);
        }
        let is_off = self.drivers_lead().is_none_or(|lead| lead.abs() > IN_STEP);
        if is_off || !self.may_step() || slept > Duration::ZERO {
            self.listening.in_step_since = None;
        } else {
            self.listening.in_step_since.get_or_insert(now);
        }
    }

    /// How far the drivers are ahead, in frames: the middle one of what each says, so that none
    /// alone can lead us astray.
    fn drivers_lead(&self) -> Option<f64> {
        let mut leads: Vec<f64> = self.driving_peers().filter_map(Peer::lead).collect();
        leads.sort_by(f64::total_cmp);
        leads.get(leads.len().saturating_sub(1) / 2).copied()
    }

    /// Goes ahead (or waits) by `lead` frames.
    fn jump(&mut self, now: Duration, lead: f64) {
        let before = self.position(now);
        let target = before + lead;
        let mut steps = 0;
        while f64::from(self.frame()) + 1.0 <= target && steps < MAX_CATCH_UP && self.may_step() {
            self.step();
            self.confirm();
            steps += 1;
        }
        self.clock.set_phase(now, target - f64::from(self.frame()));
        let jumped = self.position(now) - before;
        for peer in &mut self.peers {
            peer.jumped(jumped);
            peer.send_soon(now);
        }
    }

    /// Begins anew as a driver or as a listener: what was measured was another role's.
    pub(super) fn change_role(&mut self, now: Duration) {
        self.listening = Listening::new(now);
        for peer in &mut self.peers {
            peer.measure_anew(now);
        }
        if self.is_listener() {
            // Nobody hears anything of use from us any more.
            let order = &self.log.order;
            self.peers.retain(|peer| order.contains(&peer.id));
        }
    }

    /// Drops the listeners that have fallen too far behind.
    pub(super) fn leave_behind(&mut self) {
        let mut peers = std::mem::take(&mut self.peers);
        peers.retain(|peer| !self.is_left_behind(peer));
        self.peers = peers;
    }
}
