//! Letting others into the running match: snapshots for newcomers, inputs for listeners, seats
//! for those that keep up.

use super::transfer::Outgoing;
use super::*;
use protocol::agreement::{Join, Listen, Snapshot};

/// How long a transfer may take before it is given up.
const TRANSFER_DEADLINE: Duration = Duration::from_secs(15);

/// How often one peer may ask for a snapshot.
const SNAPSHOT_INTERVAL: Duration = Duration::from_millis(400);

impl<S: Simulation> Room<S> {
    /// A peer wants the running match as it stands.
    pub(super) fn receive_join(&mut self, from: PeerId, join: Join) {
        if self.is_entering_at(from) {
            // Each wants to come over to the other: the smaller id stays.
            if self.id.is_none_or(|me| me > from) {
                return;
            }
            self.stop_entering();
        }
        let now = self.now;
        let Some(peer) = self.peers.get_mut(from) else {
            return;
        };
        let asked_before = peer.asked_at.replace(now);
        if asked_before.is_some_and(|at| now.saturating_sub(at) < SNAPSHOT_INTERVAL) {
            return self.offend(from);
        }
        peer.watches = join.watch;
        if let Some(token) = &join.token {
            peer.former_claim = Some(resume::claim(token));
        }
        peer.wants_match = Some(join.match_id);
        self.keep_muted(from);
        let play = self.play.as_mut();
        if let Some(play) = play.filter(|play| join.anew && play.match_id == join.match_id)
            && play.core.drives(from)
        {
            play.agreement.note_astray(from);
        }
    }

    /// Gives those that want the running match a snapshot of it. While a peer gives up a seat in
    /// a frame that is not confirmed yet, they wait: its last inputs are not in the tenures. Whoever
    /// begins anew waits until its seat is given up.
    fn answer_joins(&mut self) {
        let wants: Vec<(PeerId, u32)> = (self.peers.here())
            .filter_map(|peer| Some((peer.id, peer.wants_match?)))
            .collect();
        for (id, match_id) in wants {
            let drives = self.playing().is_some_and(|playing| playing.drives);
            let play = self
                .play
                .as_ref()
                .filter(|play| drives && play.match_id == match_id);
            // It asks by a line that is older than the match's end: it will ask again.
            let has_come =
                play.is_none_or(|play| play.core.may_be_entered() && !play.agreement.is_astray(id));
            if let (true, Some(peer)) = (has_come, self.peers.get_mut(id)) {
                peer.wants_match = None;
            }
            if has_come && play.is_some() {
                self.send_snapshot(id);
            }
        }
    }

    fn send_snapshot(&mut self, to: PeerId) {
        let Some(play) = self.play.as_mut() else {
            return;
        };
        let core = &play.core;
        let Ok(world) = postcard::to_stdvec(core.confirmed_world()) else {
            return self.notify(Notice::NoEntry);
        };
        let snapshot = Snapshot {
            match_id: play.match_id,
            round: play.round,
            seed: play.seed,
            settings: play.settings.clone(),
            view: core.view(),
            log: core.log(),
            order: core.order(),
            frame: core.confirmed(),
            tenures: core.tenures(),
            kept: play.agreement.kept().to_vec(),
            recent: play.agreement.recent(),
            world,
        };
        let transfer = self.entropy.next() as u32;
        let outgoing = postcard::to_stdvec(&snapshot)
            .ok()
            .and_then(|bytes| Outgoing::new(to, transfer, bytes, self.now));
        let Some(outgoing) = outgoing else {
            return self.notify(Notice::NoEntry);
        };
        if !play.core.drives(to) {
            play.agreement.add_joiner(to);
        }
        self.transfers.retain(|transfer| transfer.to != to);
        self.transfers.push(outgoing);
    }

    /// Sends the parts of snapshots that may go, and forgets transfers that are over.
    pub(super) fn send_snapshots(&mut self) {
        self.answer_joins();
        let (now, peers) = (self.now, &self.peers);
        self.transfers.retain(|transfer| {
            let is_late = now.saturating_sub(transfer.since) >= TRANSFER_DEADLINE;
            !transfer.is_done() && !is_late && peers.is_here(transfer.to)
        });
        let mut parts = Vec::new();
        for transfer in &mut self.transfers {
            while let Some(chunk) = transfer.next() {
                parts.push((transfer.to, Message::Snapshot(chunk)));
            }
        }
        for (to, part) in parts {
            self.send(to, &part);
        }
    }

    pub(super) fn receive_chunk_came(&mut self, from: PeerId, transfer: u32, index: u16) {
        for outgoing in self.transfers.iter_mut().filter(|t| t.to == from) {
            outgoing.acknowledge(transfer, index);
        }
    }

    /// A peer that drives nothing wants our inputs.
    pub(super) fn receive_listen(&mut self, from: PeerId, listen: Listen) {
        let now = self.now;
        let play = self.play.as_mut();
        let Some(play) = play.filter(|play| play.match_id == listen.match_id) else {
            self.dropped += 1;
            return;
        };
        if !play.core.listen(from, listen.from, now) {
            self.dropped += 1;
        }
    }

    /// A peer keeps up with the match and wants a seat.
    pub(super) fn receive_keeps_up(&mut self, from: PeerId, match_id: u32) {
        let now = self.now;
        let runs = self.is_playing();
        let (Some(peer), Some(play)) = (self.peers.get(from), self.play.as_mut()) else {
            return;
        };
        if !runs || play.match_id != match_id || peer.watches {
            self.dropped += 1;
            return;
        }
        let former = peer.former_claim;
        if play.agreement.give_seat(&mut play.core, from, former, now) {
            play.agreement.remove_joiner(from);
            self.change_line();
        }
        self.send_agreed();
    }
}
