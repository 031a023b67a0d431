//! The match: the rollback core, fed from the room, and what ends it.

use super::*;
use crate::rollback::{Core, Plan, Rejected};
use protocol::peer::Start;

/// A running match, or the last one until the next begins.
pub(super) struct Play<S: Simulation> {
    core: Core<S>,
    round: u32,
    /// Whether somebody may still need our inputs or acknowledgements.
    ticking: bool,
}

impl<S: Simulation> Play<S> {
    pub fn core(&self) -> &Core<S> {
        &self.core
    }

    pub fn core_mut(&mut self) -> &mut Core<S> {
        &mut self.core
    }

    pub fn is_ticking(&self) -> bool {
        self.ticking
    }
}

impl<S: Simulation> Room<S> {
    /// Begins the match of a start that the owner (or this peer as the owner) sent.
    pub(super) fn begin(&mut self, start: Start) -> Result<(), &'static str> {
        let me = self.id.ok_or("we have no id")?;
        let (settings, rest) = postcard::take_from_bytes::<S::Settings>(&start.settings)
            .map_err(|_| "the settings are malformed")?;
        if !rest.is_empty() {
            return Err("the settings are too long");
        }
        if S::seats(&settings) != start.roster.len() {
            return Err("the roster does not fit the settings");
        }
        let mut drivers: Vec<PeerId> = start.roster.iter().flatten().copied().collect();
        drivers.sort_unstable();
        if drivers.windows(2).any(|pair| pair[0] == pair[1]) {
            return Err("somebody has two seats");
        }
        if !drivers.contains(&me) {
            return Err("we have no seat");
        }
        let plan = Plan {
            match_id: start.match_id,
            seed: start.seed,
            settings,
            roster: start.roster.clone(),
            me,
            input_delay: self.config.input_delay,
        };
        let core = Core::new(plan, self.now).map_err(|_| "the plan is impossible")?;
        self.play = Some(Play {
            core,
            round: start.round,
            ticking: true,
        });
        self.last_roster = start.roster;
        self.ready = false;
        self.notice = None;
        self.change_line();
        self.enter(Phase::Match);
        let others: Vec<PeerId> = self.peers.here().map(|peer| peer.id).collect();
        for id in others.into_iter().filter(|id| !drivers.contains(id)) {
            self.refuse(
                id,
                RefusalReason::MatchRunning,
                "wait for the match's end".into(),
            );
        }
        Ok(())
    }

    pub(super) fn receive_datagram(&mut self, from: PeerId, packet: &[u8]) {
        if packet.len() > MAX_DATAGRAM_BYTES {
            return self.offend(from);
        }
        let plays = self.last_roster.contains(&Some(from)) && self.peers.is_here(from);
        let Some(play) = self.play.as_mut().filter(|_| plays) else {
            // From a match that has begun for its sender and not yet for us: it is sent again.
            self.dropped += 1;
            return;
        };
        match play.core.receive(from, packet, self.now) {
            Ok(()) => {
                if let Some(peer) = self.peers.get_mut(from) {
                    peer.heard = self.now;
                }
            }
            // What an honest peer may send around the start and the end of a match, or after
            // a long pause.
            Err(
                Rejected::OtherView(_) | Rejected::Past(_) | Rejected::Future(_) | Rejected::Gap(_),
            ) => self.dropped += 1,
            Err(_) => self.offend(from),
        }
    }

    /// Steps the match and judges whether it is over.
    pub(super) fn tick(&mut self) {
        let Some(play) = &mut self.play else { return };
        if self.phase == Phase::Result {
            // Over for us; others may still lack our inputs to see its end.
            play.ticking = (self.last_roster.iter().flatten())
                .filter_map(|id| self.peers.get(*id))
                .any(|peer| peer.stage == Stage::Here && peer.round <= play.round);
        }
        if !play.ticking {
            return;
        }
        let (autopilot, input) = (self.config.autopilot, self.input);
        play.core
            .tick(self.now, &mut |world, seat| match autopilot {
                Some(autopilot) => autopilot(world, seat),
                None => input,
            });
        while let Some((to, datagram)) = play.core.poll_datagram(self.now) {
            self.outbox.push((to, Channel::Unreliable, datagram.into()));
        }
        if let Some(desync) = play.core.desync() {
            return self.end(Failure::Desync(desync.frame));
        }
        if self.phase != Phase::Match {
            return;
        }
        if play.core.confirmed_world().is_over() {
            self.matches += 1;
            self.leave_match();
            return self.enter(Phase::Result);
        }
        let lost = self.last_roster.iter().flatten().copied().find(|id| {
            let silence = play.core.missing(*id, self.now);
            Some(*id) != self.id && (!self.peers.is_here(*id) || silence >= SILENCE_DEADLINE)
        });
        if let Some(id) = lost {
            self.call_off(id);
        }
    }

    /// A peer that drives a seat is lost: without its inputs nobody can go on. Whoever has
    /// company goes back to the lobby with it; whoever is alone has lost the room.
    fn call_off(&mut self, lost: PeerId) {
        let mut name = "Somebody".to_owned();
        if let Some(peer) = self.peers.get_mut(lost) {
            name = peer.shown_name().to_owned();
            // Its inputs are missing; with its lines missing too it is no company.
            let silence = self.now.saturating_sub(peer.heard);
            if peer.stage == Stage::Here && silence >= 2 * KEEP_ALIVE_INTERVAL {
                peer.enter(Stage::Greeting, self.now);
            }
        }
        self.leave_match();
        if self.peers.here().next().is_none() {
            return self.end(Failure::PeerLost(name));
        }
        self.play = None;
        self.notify(format!("{name} left the match, so it is off"));
        self.enter(Phase::Lobby);
    }

    /// The match no longer counts for us: newcomers may come, and the next one may be asked for.
    fn leave_match(&mut self) {
        let round = self.play.as_ref().map_or(self.round, |play| play.round);
        self.round = round.saturating_add(1);
        self.ready = self.config.auto_ready;
        for peer in self
            .peers
            .iter_mut()
            .filter(|peer| peer.stage == Stage::Greeting)
        {
            peer.since = self.now;
        }
        self.change_line();
    }
}
