//! Before a match: everybody's line, the order of seniority, and the owner's start.

use super::*;
use protocol::{
    peer::{LobbyLine, Mate, Start},
    statement::Statement,
};

/// How long more than half of a room wait for the others' votes, before they play the next match
/// without them.
pub const VOTE: Duration = Duration::from_secs(8);

/// How long an owner without a seat starts no other match: until those who began it have told so.
const START_INTERVAL: Duration = Duration::from_secs(3);

impl<S: Simulation> Room<S> {
    /// Our line has changed: everybody is told at the end of this turn.
    pub(super) fn change_line(&mut self) {
        self.line_due = self.now;
        self.changed = true;
    }

    pub(super) fn send_line_when_due(&mut self) {
        let Some(me) = self.id else { return };
        if self.line_due > self.now {
            return;
        }
        self.line_due = self.now + KEEP_ALIVE_INTERVAL;
        let mates = self.peers.here().map(|p| Mate {
            id: p.id,
            before_me: p.is_before(me),
        });
        let line = Message::Lobby(LobbyLine {
            name: self.config.name.clone(),
            ready: self.ready,
            round: self.round,
            mates: mates.collect(),
            playing: self.playing(),
            watches: self.config.watch,
            away: self.away,
            settings: self.settings_to_tell(),
            team: self.team,
            color: self.color,
        });
        self.send_to_all(&line);
    }

    pub(super) fn receive_line(&mut self, from: PeerId, line: LobbyLine) {
        let now = self.now;
        let Some(peer) = self.peers.get_mut(from) else {
            return;
        };
        let name = clean_text(&line.name, MAX_NAME_BYTES);
        self.changed |= peer.name != name
            || (peer.ready, peer.round, peer.away) != (line.ready, line.round, line.away)
            || (&peer.mates, peer.team, peer.color) != (&line.mates, line.team, line.color);
        peer.name = name;
        peer.team = line.team;
        peer.color = line.color;
        peer.ready = line.ready;
        peer.away = line.away;
        peer.round = line.round;
        peer.mates = line.mates;
        peer.playing = line.playing;
        peer.line_came = now;
        if let Some(playing) = line.playing {
            peer.played = Some(playing.match_id);
        }
        peer.watches = line.watches;
        if self.seniority().first() == Some(&from) {
            self.follow_choice(from, &line.settings);
        }
    }

    /// Whether a peer is ready for the next match.
    pub(super) fn is_ready(&self, peer: &peers::Peer) -> bool {
        peer.ready && self.is_through(peer)
    }

    /// Whether the last match is over for this peer, too, if it played it with us: its line is of
    /// no use before that.
    fn is_through(&self, peer: &peers::Peer) -> bool {
        let played = peer.played.is_some() && peer.played == self.finished;
        !played || peer.round == self.round
    }

    /// Everybody in the room, this peer included, the longest-present first. Whoever has fewer
    /// elders comes first, then whoever has the smaller id; so even contradicting claims (a
    /// circle of elders) give everybody the same order, once everybody's line has come.
    pub(super) fn seniority(&self) -> Vec<PeerId> {
        let Some(me) = self.id else { return Vec::new() };
        let my_elders = self.peers.here().filter(|peer| peer.is_before(me)).count();
        let elders_of = |peer: &peers::Peer| {
            let others = peer
                .mates
                .iter()
                .filter(|mate| mate.before_me && mate.id != me && self.peers.is_here(mate.id));
            others.count() + usize::from(!peer.is_before(me))
        };
        let others = self.peers.here().map(|peer| (elders_of(peer), peer.id));
        let mut order: Vec<_> = others.chain([(my_elders, me)]).collect();
        order.sort_unstable();
        order.into_iter().map(|(_, id)| id).collect()
    }

    /// As the room's owner: starts the match once enough are here and agree, and all reach one
    /// another and nobody else of the room. Whoever has not agreed has no seat at first, and enters
    /// the match later.
    pub(super) fn start_when_ready(&mut self) {
        let may_start = matches!(self.phase, Phase::Lobby | Phase::Result);
        let waits = self.starts_at > self.now || self.waking.waits_for_others();
        if !may_start || waits {
            return;
        }
        let order = self.seniority();
        if order.first().copied() != self.id || !self.all_wait_for_the_start(&order) {
            return;
        }
        let Some(mut players) = self.agreed(order) else {
            return;
        };
        players.truncate(MAX_SEATS);
        let enough = if self.alone { 1 } else { self.config.min_peers };
        if players.is_empty() || players.len() < enough {
            return;
        }
        let (settings, places) = self.seat(&players);
        let Ok(encoded) = postcard::to_stdvec(&settings) else {
            return self.cannot_start("the match's settings cannot be written");
        };
        let seats = S::seats(&settings);
        if encoded.len() > MAX_SETTINGS_BYTES || !(1..=MAX_SEATS).contains(&seats) {
            return self.cannot_start("the match's settings are out of bounds");
        }
        // Players without a seat watch, and take the seat of whoever leaves.
        let mut roster = vec![None; seats];
        for (player, place) in players.into_iter().zip(places) {
            let seat = place.and_then(|place| roster.get_mut(place));
            if let Some(seat @ None) = seat {
                *seat = Some(player);
            }
        }
        let start = Start {
            match_id: self.entropy.next() as u32,
            round: self.round,
            seed: self.entropy.next(),
            settings: encoded,
            roster,
        };
        let here: Vec<PeerId> = self.peers.here().map(|peer| peer.id).collect();
        for id in here {
            self.state(id, Statement::Start(start.clone()));
        }
        if let Err(why) = self.begin(start) {
            return self.cannot_start(why);
        }
        self.most_since = None;
        if self.phase != Phase::Match {
            // It has no seat for us.
            self.starts_at = self.now + START_INTERVAL;
        }
    }

    /// Those of `order` who play the next match, if they may begin it: all who do not only watch
    /// are ready, or after a match more than half of them have been for [`VOTE`].
    fn agreed(&mut self, mut order: Vec<PeerId>) -> Option<Vec<PeerId>> {
        order.retain(|id| match self.peers.get(*id) {
            Some(peer) => !peer.watches,
            None => !self.config.watch,
        });
        let all = order.len();
        order.retain(|id| match self.peers.get(*id) {
            Some(peer) => self.is_ready(peer),
            None => self.ready,
        });
        let are_most = self.phase == Phase::Result && 2 * order.len() > all;
        if order.len() == all || !are_most {
            self.most_since = None;
            return (order.len() == all).then_some(order);
        }
        let since = *self.most_since.get_or_insert(self.now);
        (self.now.saturating_sub(since) >= VOTE).then_some(order)
    }

    /// Whether everybody is done with the last match and reaches everybody, and nobody is on the
    /// way.
    fn all_wait_for_the_start(&self, order: &[PeerId]) -> bool {
        let reaches_all = |peer: &peers::Peer| {
            let reaches = |id| id == peer.id || peer.mates.iter().any(|mate| mate.id == id);
            order.iter().all(|id| reaches(*id))
        };
        let plays = |peer: &peers::Peer| {
            peer.playing
                .is_some_and(|playing| Some(playing.match_id) != self.finished)
        };
        // Whom somebody here has met we may be about to meet; within the handshake's deadline it
        // is here or given up. It could be our elder, and a start without it shuts it out.
        let is_coming = |mate: &Mate| {
            self.peers
                .get(mate.id)
                .is_some_and(|peer| peer.stage == Stage::Greeting)
        };
        self.peers.here().all(|peer| {
            let done = peer.watches || self.is_through(peer);
            done && reaches_all(peer) && !plays(peer) && !peer.mates.iter().any(is_coming)
        })
    }

    fn cannot_start(&mut self, why: &'static str) {
        self.ready = false;
        self.notify(Notice::CannotStart(why));
        self.change_line();
    }

    /// Whether a start can be taken as it is: the line that goes before it has come.
    pub(super) fn waits_for_start(&self, from: PeerId, start: &Start) -> bool {
        let waits = match self.phase {
            Phase::Lobby | Phase::Result => true,
            Phase::Match => self.goes_over_to(from, start),
            Phase::Connecting | Phase::Failed(_) => false,
        };
        waits && self.may_start(from)
    }

    /// Whether a start is of the match after the one that we are in without a seat. To whom it comes
    /// from that one is over, as it may be to everybody: by our last line we wait for the next.
    fn goes_over_to(&self, from: PeerId, start: &Start) -> bool {
        let Some((ours, me)) = self.playing().zip(self.id) else {
            return false;
        };
        let theirs = self.peers.get(from).and_then(|peer| peer.playing);
        !ours.drives
            && start.match_id != ours.match_id
            && start.roster.contains(&Some(me))
            && theirs.is_none_or(|theirs| theirs.match_id != ours.match_id)
    }

    pub(super) fn receive_start(&mut self, from: PeerId, start: Start) {
        if !self.waits_for_start(from, &start) {
            return self.offend(from);
        }
        if self.phase == Phase::Match {
            self.keep_replay();
            self.leave_match();
            self.enter(Phase::Lobby);
        }
        if let Err(why) = self.begin(start) {
            tracing::warn!(%from, "a start was refused: {why}");
            self.offend(from);
        }
    }

    /// Whether `from` can be the room's owner. A line of a third peer may still be on its way,
    /// so the order of seniority alone could be wrong here; but the owner's own line came
    /// before its start, on the same ordered channel.
    fn may_start(&self, from: PeerId) -> bool {
        let (Some(me), Some(peer)) = (self.id, self.peers.get(from)) else {
            return false;
        };
        let has_elder = peer
            .mates
            .iter()
            .any(|mate| mate.before_me && self.peers.is_here(mate.id));
        peer.is_before(me) && !has_elder || self.seniority().first() == Some(&from)
    }
}
