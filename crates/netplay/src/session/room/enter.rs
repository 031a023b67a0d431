//! Entering a running match: a snapshot is asked for, awaited and begun from.

use super::*;
use super::{play::decode_whole, transfer::Incoming};
use protocol::{
    agreement::{Chunk, Join, Listen, Snapshot},
    statement::Statement,
};

/// How long a snapshot may take to make its next step before it is asked for again.
const PATIENCE: Duration = Duration::from_secs(1);

/// How often a seat is asked for until it is given.
const SEAT_INTERVAL: Duration = Duration::from_millis(250);

/// How long a driver that we listen to may tell nothing new before it is asked again.
const LISTEN_INTERVAL: Duration = Duration::from_millis(400);

/// Words of the log that are held while the snapshot is under way; past it they are dropped, and
/// the snapshot is asked for again.
pub(super) const MAX_HELD: usize = 64;

/// The way into a running match.
pub(super) struct Entering {
    match_id: u32,
    /// Who was asked for a snapshot.
    host: PeerId,
    /// When it was asked, or the last part came.
    since: Duration,
    incoming: Incoming,
    /// What followed in the log.
    held: Vec<(PeerId, Statement)>,
}

impl Entering {
    /// How many statements are held.
    pub fn held(&self) -> usize {
        self.held.len()
    }
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
        // Whoever has not begun it yet, as its start is still on its way, gives nothing up.
        let was_in_it =
            self.is_playing() && self.play.as_ref().is_some_and(|p| p.match_id == match_id);
        self.ask_to_enter(host, match_id, was_in_it);
    }

    /// Asks for the match as it stands at this peer, to begin `anew` or to have our world replaced.
    pub(super) fn ask_to_enter(&mut self, host: PeerId, match_id: u32, anew: bool) {
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
            watch: self.only_watches,
            anew,
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
        // Whoever could not follow the log has other drivers in its frames, too: it begins anew.
        let repairs = |play: &&mut Play<S>| {
            play.core.desync().is_some()
                && play.core.view() == snapshot.view
                && play.core.log() >= snapshot.log
                && !play.agreement.is_stranded()
        };
        let Some(play) = self.play.as_mut().filter(repairs) else {
            return match self.only_watches {
                true => self.watch_from(&snapshot),
                false => self.begin_from(snapshot),
            };
        };
        let world = decode_whole::<S>(&snapshot.world).ok_or("the world is malformed")?;
        let desync = play.core.desync();
        let adopted = play.core.adopt(snapshot.frame, world.clone(), now);
        adopted.map_err(|_| "the world is too old")?;
        if let Some(desync) = desync {
            self.keep_artifact(&desync, Some((snapshot.frame, &world)));
        }
        if let Some(play) = &mut self.play {
            play.recording.adopt(snapshot.frame, &world);
        }
        Ok(())
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
        for (from, statement) in held {
            self.receive_agreed(from, statement);
        }
    }

    /// Holds what follows in the log for when the snapshot has come.
    pub(super) fn hold_for_entering(&mut self, from: PeerId, statement: Statement) {
        match &mut self.entering {
            Some(entering) if entering.host == from && entering.held.len() < MAX_HELD => {
                entering.held.push((from, statement));
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
        // A driver may not have been able to listen to us when it was asked, or have taken what a
        // former core of ours acknowledged for this one's: whoever tells nothing is asked again.
        let again = play.listens_at <= self.now;
        if again {
            play.listens_at = self.now + LISTEN_INTERVAL;
        }
        let now = self.now;
        let is_heard = |id: &PeerId| play.core.missing(*id, now) < LISTEN_INTERVAL;
        play.listens_to
            .retain(|id| drivers.contains(id) && (!again || is_heard(id)));
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
