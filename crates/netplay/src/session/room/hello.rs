//! Meeting and parting: greeting known peers, refusing those that do not fit, giving up those
//! that stay silent.

use super::*;
use crate::transport::Outage;
use protocol::{
    PROTOCOL_VERSION,
    peer::{Hello, Refusal},
};

impl<S: Simulation> Room<S> {
    /// Says hello to everybody who has not answered yet.
    pub(super) fn greet(&mut self) {
        let due: Vec<PeerId> = (self.peers.iter())
            .filter(|peer| peer.stage == Stage::Greeting && peer.greeting_due <= self.now)
            .map(|peer| peer.id)
            .collect();
        for id in due {
            self.send_hello(id, self.peers.get(id).is_some_and(|p| p.hello_came));
        }
    }

    fn send_hello(&mut self, to: PeerId, heard_you: bool) {
        let Some(me) = self.id else { return };
        let Some(peer) = self.peers.get_mut(to) else {
            return;
        };
        peer.told_heard |= heard_you;
        peer.greeting_due = self.now + GREETING_INTERVAL;
        let hello = Message::Hello(Hello {
            protocol: PROTOCOL_VERSION,
            fingerprint: S::FINGERPRINT,
            name: self.config.name.clone(),
            heard_you,
            here_before_you: !peer.is_before(me),
            claim: self.claim,
        });
        self.send(to, &hello);
    }

    pub(super) fn receive_hello(&mut self, from: PeerId, hello: Hello) {
        let Some(peer) = self.peers.get_mut(from) else {
            return;
        };
        peer.name = clean_text(&hello.name, MAX_NAME_BYTES);
        peer.claim = hello.claim;
        peer.claims_before = Some(hello.here_before_you);
        self.keep_muted(from);
        if let Some((reason, detail)) = self.unfit(from, &hello) {
            return self.refuse(from, reason, detail);
        }
        let Some(peer) = self.peers.get_mut(from) else {
            return;
        };
        if peer.stage == Stage::Refused {
            peer.enter(Stage::Greeting, self.now);
        }
        peer.hello_came = true;
        // Whoever was answered and asks again is not answered more often than it would be greeted:
        // answers to a flood would take the place of what others are to be told.
        let asks_again = !hello.heard_you && peer.greeting_due <= self.now;
        let needs_answer = asks_again || !peer.told_heard;
        let arrives = peer.stage == Stage::Greeting && hello.heard_you;
        let returns = arrives && peer.returns;
        let name = peer.name.clone();
        if arrives {
            peer.enter(Stage::Here, self.now);
        }
        if needs_answer {
            self.send_hello(from, true);
        }
        if arrives {
            self.refused = None;
            self.waking.has_met();
            self.change_line();
        }
        if returns {
            self.notify(Notice::Back(name));
        }
    }

    /// Why this peer cannot be in the room with us, if so.
    fn unfit(&self, from: PeerId, hello: &Hello) -> Option<(RefusalReason, String)> {
        if hello.protocol != PROTOCOL_VERSION {
            let detail = format!("one speaks version {}, ", hello.protocol);
            return Some((
                RefusalReason::ProtocolVersion,
                detail + &format!("the other version {PROTOCOL_VERSION}"),
            ));
        }
        if hello.fingerprint != S::FINGERPRINT {
            let (theirs, ours) = (hello.fingerprint, S::FINGERPRINT);
            return Some((
                RefusalReason::Rules,
                format!("rules {theirs:016x} and {ours:016x}"),
            ));
        }
        let full = !self.peers.is_here(from) && self.peers.here().count() + 1 >= MAX_PEERS;
        full.then(|| {
            (
                RefusalReason::RoomFull,
                format!("{MAX_PEERS} players are here"),
            )
        })
    }

    pub(super) fn refuse(&mut self, id: PeerId, reason: RefusalReason, detail: String) {
        let detail = clean_text(&detail, MAX_DETAIL_BYTES);
        self.send(
            id,
            &Message::Refuse(Refusal {
                reason,
                detail: detail.clone(),
            }),
        );
        let Some(peer) = self.peers.get_mut(id) else {
            return;
        };
        if peer.stage == Stage::Refused {
            // It asks again although it was answered.
            return self.offend(id);
        }
        peer.enter(Stage::Refused, self.now);
        if matches!(
            reason,
            RefusalReason::ProtocolVersion | RefusalReason::Rules
        ) {
            self.part(id, reason, detail);
        }
        self.change_line();
    }

    pub(super) fn receive_refusal(&mut self, from: PeerId, refusal: Refusal) {
        let Some(peer) = self.peers.get_mut(from) else {
            return;
        };
        let detail = clean_text(&refusal.detail, MAX_DETAIL_BYTES);
        peer.enter(Stage::Gone, self.now);
        peer.refusal = Some((refusal.reason, detail.clone()));
        self.bans.push(from);
        self.part(from, refusal.reason, detail);
        self.change_line();
    }

    /// Tells the player that `id` and this peer do not fit, and remembers it as the end of the
    /// session in case that the other was here first and nobody else is.
    fn part(&mut self, id: PeerId, reason: RefusalReason, detail: String) {
        let (Some(me), Some(peer)) = (self.id, self.peers.get(id)) else {
            return;
        };
        let elder = peer.is_before(me);
        let name = peer.name.clone();
        self.notify(Notice::Unfit {
            name,
            reason,
            detail: detail.clone(),
        });
        if elder && self.peers.here().next().is_none() {
            self.refused = Some((reason, detail));
        }
    }

    /// Judges what has not happened in time.
    pub(super) fn expire(&mut self) {
        // A result is shown for as long as nobody asks for more.
        let wants_company = matches!(self.phase, Phase::Connecting | Phase::Lobby)
            || self.phase == Phase::Result && self.ready;
        if let (true, SignalingState::Failed(why)) = (wants_company, &self.signaling)
            && self.peers.here().next().is_none()
        {
            return self.end(Failure::Signaling(why.clone()));
        }
        if self.phase == Phase::Connecting && self.now >= HANDSHAKE_DEADLINE {
            return self.end(Failure::Signaling(Outage::Nobody));
        }
        let silent: Vec<PeerId> = (self.peers.here())
            .filter(|peer| self.now.saturating_sub(peer.heard) >= SILENCE_DEADLINE)
            .map(|peer| peer.id)
            .collect();
        for id in silent {
            let Some(peer) = self.peers.get_mut(id) else {
                continue;
            };
            // It may come back: its network may only have changed.
            peer.enter(Stage::Greeting, self.now);
            let notice = Notice::Silent(peer.name.clone());
            self.notify(notice);
            self.change_line();
        }
        let given_up: Vec<PeerId> = (self.peers.iter())
            .filter(|peer| peer.stage == Stage::Greeting)
            .filter(|peer| self.now.saturating_sub(peer.since) >= HANDSHAKE_DEADLINE)
            .map(|peer| peer.id)
            .collect();
        for id in given_up {
            self.give_up(id);
        }
        self.wait_for_the_reached();
        self.forget_refused();
        if let Some((reason, detail)) = self.refusal_of_the_room() {
            return self.end(Failure::Refused { reason, detail });
        }
        let alone = !self
            .peers
            .iter()
            .any(|p| matches!(p.stage, Stage::Greeting | Stage::Here));
        if let (true, Some((reason, detail))) = (alone, self.refused.clone()) {
            self.end(Failure::Refused { reason, detail });
        }
    }

    /// Greets whom we lost and others of the room reach, so that we either reach it, too, or leave:
    /// there is no half mesh.
    fn wait_for_the_reached(&mut self) {
        let (now, peers) = (self.now, &self.peers);
        // The others need as long to notice who has gone.
        let is_missed = |peer: &&peers::Peer| {
            let is_old = now.saturating_sub(peer.since) >= SILENCE_DEADLINE;
            peer.may_return && is_old && peers.others_reach(peer.id)
        };
        let missed: Vec<PeerId> = peers.iter().filter(is_missed).map(|p| p.id).collect();
        for id in missed {
            if let Some(peer) = self.peers.get_mut(id) {
                peer.meet_again(now);
            }
        }
    }

    /// We slept for so long that everybody has given us up: so do we, to be met again at once.
    pub(super) fn wake_alone(&mut self, transport: &mut dyn Transport) {
        let met: Vec<PeerId> = (self.peers.iter())
            .filter(|peer| peer.was_here && peer.stage != Stage::Gone)
            .map(|peer| peer.id)
            .collect();
        if met.is_empty() {
            return;
        }
        self.waking.wait_for_others(self.now);
        let notice = self.notice.take();
        for id in met {
            // Before anything is heard of it: all of that is older.
            transport.hang_up(id);
            self.lose_for_now(id);
        }
        self.notice = notice;
    }

    /// Forgets whom we refused, once it has had time to learn why: few peers are remembered, and
    /// one that went away because of a refusal says no goodbye.
    fn forget_refused(&mut self) {
        let now = self.now;
        let refused = self.peers.iter_mut().filter(|peer| {
            peer.stage == Stage::Refused && now.saturating_sub(peer.since) >= HANDSHAKE_DEADLINE
        });
        for peer in refused {
            peer.enter(Stage::Gone, now);
            self.bans.push(peer.id);
        }
    }

    /// Why an elder refused us that others of the room play with. While we stay, nobody starts:
    /// a match is for peers that all reach one another.
    fn refusal_of_the_room(&self) -> Option<(RefusalReason, String)> {
        let me = self.id?;
        self.peers
            .iter()
            .filter(|peer| peer.is_before(me) && self.peers.others_reach(peer.id))
            .find_map(|peer| peer.refusal.clone())
    }

    /// A peer could not be reached. If it is an elder that others reach, this peer is the one
    /// that keeps the room from playing, and leaves; otherwise it may have been a ghost.
    fn give_up(&mut self, id: PeerId) {
        let (Some(me), Some(peer)) = (self.id, self.peers.get(id)) else {
            return;
        };
        let is_elder = peer.is_before(me);
        let is_known = peer.is_known;
        let name = peer.name.clone();
        let others_reach_it = self.peers.others_reach(id);
        // Whoever was here may only have lost its network for a while.
        match peer.was_here {
            true => {
                self.hang_ups.push(id);
                self.lose_for_now(id);
            }
            false => self.lose(id, Notice::Gone),
        }
        if is_elder && others_reach_it {
            return self.end(Failure::Unreachable(name));
        }
        if is_known {
            self.notify(Notice::Unreachable(name));
        }
    }
}
