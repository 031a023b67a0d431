//! Entering a running match: as a newcomer, after a loss, or from the lesser part of a room that
//! had split.

use super::*;
use super::{play::decode_whole, transfer::Incoming};
use protocol::{
    agreement::{Chunk, Join, Listen, Snapshot},
    peer::Playing,
};

/// How long a snapshot may take to make its next step before it is asked for again.
const PATIENCE: Duration = Duration::from_secs(1);

/// How long another part of the room must have been seen apart before one goes over to it: a
/// change of view that is under way is over by then.
const APART: Duration = Duration::from_millis(500);

/// Frames by which one part of a split room must be ahead of the other for that to decide which
/// goes on: less is only the age of the lines.
const CLEARLY_AHEAD: Frame = 120;

/// How often a seat is asked for until it is given.
const SEAT_INTERVAL: Duration = Duration::from_millis(250);

/// Words of the log that are held while the snapshot is under way; past it they are dropped, and
/// the snapshot is asked for again.
const MAX_HELD: usize = 64;

/// The way into a running match.
pub(super) struct Entering {
    match_id: u32,
    /// Who was asked for a snapshot.
    host: PeerId,
    /// When it was asked, or the last part came.
    since: Duration,
    incoming: Incoming,
    /// What followed in the log.
    held: Vec<(PeerId, Message)>,
}

impl<S: Simulation> Room<S> {
    /// Asks for the running match, if there is one that we should be in.
    pub(super) fn enter_running_match(&mut self) {
        if let Some(entering) = &self.entering
            && self.now.saturating_sub(entering.since) < PATIENCE
            && self.peers.is_here(entering.host)
        {
            return;
        }
        self.entering = None;
        let Some((host, match_id)) = self.match_to_enter() else {
            return;
        };
        self.ask_to_enter(host, match_id);
    }

    /// Asks for the match as it stands at this peer.
    pub(super) fn ask_to_enter(&mut self, host: PeerId, match_id: u32) {
        self.entering = Some(Entering {
            match_id,
            host,
            since: self.now,
            incoming: Incoming::default(),
            held: Vec::new(),
        });
        let join = Join {
            match_id,
            token: self.config.resumes,
            watch: self.config.watch,
        };
        self.send(host, &Message::Join(join));
    }

    /// Stays where we are.
    pub(super) fn stop_entering(&mut self) {
        self.entering = None;
        self.apart_since = None;
    }

    /// Whether we have asked this peer for the match.
    pub(super) fn is_entering_at(&self, host: PeerId) -> bool {
        self.entering.as_ref().is_some_and(|e| e.host == host)
    }

    /// Begins from a snapshot, or has our world replaced by it.
    fn take_snapshot(&mut self, snapshot: Snapshot) -> Result<(), &'static str> {
        let now = self.now;
        let repairs =
            |play: &&mut Play<S>| play.core.desync().is_some() && play.core.view() == snapshot.view;
        let Some(play) = self.play.as_mut().filter(repairs) else {
            return self.begin_from(snapshot);
        };
        let world = decode_whole::<S>(&snapshot.world).ok_or("the world is malformed")?;
        let adopted = play.core.adopt(snapshot.frame, world, now);
        adopted.map_err(|_| "the world is too old")
    }

    /// The owner of the match that we should enter, and the match.
    fn match_to_enter(&mut self) -> Option<(PeerId, u32)> {
        let others = self.best_branch();
        let others = others.filter(|theirs| self.finished != Some(theirs.match_id));
        let is_ours_better = match (&self.play, &others) {
            (Some(play), _) if self.phase == Phase::Match => {
                let stranded = play.agreement.is_stranded() || play.core.is_stranded(self.now);
                !stranded && !self.is_apart_for_long(others.as_ref())
            }
            _ => false,
        };
        let waits = matches!(self.phase, Phase::Lobby | Phase::Match)
            || self.phase == Phase::Result && self.ready;
        let theirs = others.filter(|_| waits && !is_ours_better)?;
        let host = theirs.view.owner;
        (Some(host) != self.id && self.peers.is_here(host)).then_some((host, theirs.match_id))
    }

    /// The branch of a running match, other than ours, that goes on when parts of the room meet
    /// again: the one with more drivers; between equals the one that is clearly ahead; then the
    /// lower view.
    fn best_branch(&self) -> Option<Playing> {
        let lines = || {
            self.peers
                .here()
                .filter_map(|peer| peer.playing)
                .filter(|playing| playing.drives)
        };
        let ours = self.playing().map(|playing| playing.view.id);
        let size = |view: u32| lines().filter(|line| line.view.id == view).count();
        lines()
            .filter(|line| Some(line.view.id) != ours)
            .max_by(|a, b| {
                let sizes = size(a.view.id).cmp(&size(b.view.id));
                sizes.then_with(|| b.view.id.cmp(&a.view.id))
            })
    }

    /// Whether a better branch than ours has been seen for long enough to go over to it.
    fn is_apart_for_long(&mut self, theirs: Option<&Playing>) -> bool {
        let yields = match (self.playing(), theirs) {
            (Some(ours), Some(theirs)) if ours.match_id == theirs.match_id => {
                self.yields(&ours, theirs)
            }
            // Another match altogether: whoever came from the lobby will come to ours.
            _ => false,
        };
        if !yields {
            self.apart_since = None;
            return false;
        }
        let since = *self.apart_since.get_or_insert(self.now);
        self.now.saturating_sub(since) >= APART
    }

    fn yields(&self, ours: &Playing, theirs: &Playing) -> bool {
        let drivers = |view: u32| {
            let lines = self.peers.here().filter_map(|peer| peer.playing);
            lines
                .filter(|line| line.drives && line.view.id == view)
                .count()
        };
        let (us, them) = (
            drivers(ours.view.id) + usize::from(ours.drives),
            drivers(theirs.view.id),
        );
        let lead = i64::from(theirs.confirmed) - i64::from(ours.confirmed);
        match them.cmp(&us) {
            std::cmp::Ordering::Greater => true,
            std::cmp::Ordering::Less => false,
            _ if lead.unsigned_abs() >= u64::from(CLEARLY_AHEAD) => lead > 0,
            _ => (theirs.view.number, theirs.view.id) < (ours.view.number, ours.view.id),
        }
    }

    /// A part of the snapshot that we asked for has come.
    pub(super) fn receive_chunk(&mut self, from: PeerId, chunk: Chunk) {
        let Some(entering) = self.entering.as_mut().filter(|e| e.host == from) else {
            // Of a transfer that was given up.
            self.dropped += 1;
            return;
        };
        entering.since = self.now;
        let came = Message::ChunkCame {
            transfer: chunk.transfer,
            index: chunk.index,
        };
        let taken = entering.incoming.take(&chunk);
        let match_id = entering.match_id;
        self.send(from, &came);
        let bytes = match taken {
            Ok(None) => return,
            Ok(Some(bytes)) => bytes,
            Err(broken) => {
                tracing::warn!(%from, %broken, "a snapshot broke off");
                self.entering = None;
                return self.offend(from);
            }
        };
        let held = self.entering.take().map_or_else(Vec::new, |e| e.held);
        let snapshot = Snapshot::decode(&bytes).ok();
        let snapshot = snapshot.filter(|snapshot| snapshot.match_id == match_id);
        let entered = snapshot
            .ok_or("it is malformed")
            .and_then(|snapshot| self.take_snapshot(snapshot));
        if let Err(why) = entered {
            tracing::warn!(%from, "a snapshot was refused: {why}");
            return self.offend(from);
        }
        for (from, message) in held {
            self.receive_agreed(from, message);
        }
    }

    /// Holds what follows in the log for when the snapshot has come.
    pub(super) fn hold_for_entering(&mut self, from: PeerId, message: Message) {
        match &mut self.entering {
            Some(entering) if entering.host == from && entering.held.len() < MAX_HELD => {
                entering.held.push((from, message));
            }
            _ => self.dropped += 1,
        }
    }

    /// While we drive no seat: listens to the drivers, and asks for a seat once we keep up.
    pub(super) fn watch_and_ask(&mut self) {
        let Some(me) = self.id else { return };
        let Some(play) = self.play.as_mut().filter(|_| self.phase == Phase::Match) else {
            return;
        };
        if play.core.drives(me) {
            play.listens_to.clear();
            return;
        }
        let drivers = play.core.order();
        play.listens_to.retain(|id| drivers.contains(id));
        let unheard: Vec<PeerId> = (drivers.into_iter())
            .filter(|id| *id != me && !play.listens_to.contains(id))
            .collect();
        let listen = Message::Listen(Listen {
            match_id: play.match_id,
            from: play.core.confirmed(),
        });
        play.listens_to.extend(&unheard);
        let owner = play.core.view().owner;
        let asks = !self.config.watch && play.asks_at <= self.now && play.core.keeps_up(self.now);
        let keeps_up = Message::KeepsUp {
            match_id: play.match_id,
        };
        if asks {
            play.asks_at = self.now + SEAT_INTERVAL;
        }
        for id in unheard {
            self.send(id, &listen);
        }
        if asks {
            self.send(owner, &keeps_up);
        }
    }
}
