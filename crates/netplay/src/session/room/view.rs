//! The room as others may see it: for screens, and in numbers.

use super::*;
use crate::session::{HISTORY, History, Link, PeerView, RoomView, Status};

impl<S: Simulation> Room<S> {
    /// The room as it is now, for the screens.
    pub fn view(&self) -> RoomView {
        let order = self.seniority();
        let peers = order
            .iter()
            .enumerate()
            .map(|(rank, id)| self.peer_view(*id, rank == 0));
        RoomView {
            phase: self.phase.clone(),
            peers: peers.collect(),
            my_seat: self.id.and_then(|me| self.seat_of(me)),
            watching: self.is_watching(),
            others_play: !self.is_playing() && self.is_match_running(),
            signaling: self.signaling.clone(),
            said: self.said.iter().cloned().collect(),
            notice: self.notice.clone(),
        }
    }

    /// What the owner chose for the next match.
    pub fn chosen(&self) -> Option<&S::Settings> {
        self.chosen.as_ref()
    }

    /// Where the session is.
    pub fn phase(&self) -> &Phase {
        &self.phase
    }

    /// What is to be shown: the number of the newest world, it and the one before, when it was due,
    /// and the newest number that is confirmed.
    pub fn shown(&self) -> Option<Shown<'_, S>> {
        if let Some(watching) = &self.watching {
            let audience = &watching.audience;
            return Some(Shown {
                frame: audience.frame(),
                worlds: audience.worlds(),
                due: audience.due(),
                confirmed: audience.frame(),
            });
        }
        let core = self.core()?;
        Some(Shown {
            frame: core.frame(),
            worlds: core.worlds(),
            due: core.due(),
            confirmed: core.confirmed(),
        })
    }

    /// World `frame` as it is known now, if it is still kept. (Of a match that is watched every world
    /// is final: none is told anew.)
    pub fn world_at(&self, frame: Frame) -> Option<&S> {
        match &self.watching {
            Some(_) => None,
            None => self.core()?.world_at(frame),
        }
    }

    /// What became of the newest frames of the match that is played or watched.
    pub fn history(&self) -> Option<History> {
        match &self.watching {
            Some(watching) => {
                let frame = watching.audience.frame();
                Some(History {
                    frame,
                    confirmed: frame,
                    known: frame,
                    again: [0; HISTORY],
                })
            }
            None => Some(self.core()?.history()),
        }
    }

    /// The rollback core of the running match, or of the last one until the next begins.
    pub fn core(&self) -> Option<&crate::rollback::Core<S>> {
        self.play.as_ref().map(|play| &play.core)
    }

    /// Names the match that is played or watched, or the last one until the next begins.
    pub fn match_id(&self) -> Option<u32> {
        let watched = || Some(self.watching.as_ref()?.playing().match_id);
        self.play
            .as_ref()
            .map(|play| play.match_id)
            .or_else(watched)
    }

    /// The session in numbers.
    pub fn status(&self) -> Status {
        let mut status = Status {
            phase: phase_name(&self.phase),
            peers: self.peers.here().count(),
            away: self.peers.here().filter(|peer| peer.away).count(),
            seat: self.id.and_then(|me| self.seat_of(me)),
            watching: self.is_watching(),
            bytes_out: self.bytes_out,
            bytes_in: self.bytes_in,
            dropped: self.dropped + self.dropped_by_transport,
            matches: self.matches,
            path: self.path,
            failure: match &self.phase {
                Phase::Failed(failure) => Some(failure.to_string()),
                _ => None,
            },
            ..Status::default()
        };
        if let Some(watching) = &self.watching {
            let audience = &watching.audience;
            (status.frame, status.confirmed) = (audience.frame(), audience.frame());
            if let Some((frame, checksum)) = audience.checksum() {
                status.checksum_frame = frame;
                status.checksum = format!("{checksum:016x}");
            }
        } else if let Some(core) = self.core() {
            let stats = core.stats();
            status.frame = core.frame();
            status.confirmed = core.confirmed();
            if let Some((frame, checksum)) = core.checksum() {
                status.checksum_frame = frame;
                status.checksum = format!("{checksum:016x}");
            }
            status.rollbacks = stats.rollbacks;
            status.resimulated = stats.resimulated;
            status.predicted = core.frame().saturating_sub(core.confirmed());
            status.ahead = stats.ahead;
            status.desync = core.desync().map(|desync| desync.frame);
            for peer in self.peers.here() {
                let link = self.link(peer);
                status.rtt_ms = status.rtt_ms.max(self.rtt_ms(peer.id).unwrap_or(0.0));
                status.jitter_ms = status.jitter_ms.max(link.jitter_ms);
                status.loss = status.loss.max(link.loss);
            }
        }
        status
    }

    fn peer_view(&self, id: PeerId, is_owner: bool) -> PeerView {
        let is_me = Some(id) == self.id;
        let peer = self.peers.get(id);
        PeerView {
            id,
            name: peer
                .map_or(&*self.config.name, |peer| &peer.name)
                .to_owned(),
            is_me,
            is_owner,
            ready: peer.map_or(self.ready, |peer| self.is_ready(peer)),
            seat: self.seat_of(id),
            team: peer.map_or(self.team, |peer| peer.team),
            color: peer.map_or(self.color, |peer| peer.color),
            muted: self.is_muted(id),
            away: peer.map_or(self.away, |peer| peer.away),
            slow: self.is_slow(id),
            rtt_ms: self.rtt_ms(id),
            link: peer.map_or_else(Link::default, |peer| self.link(peer)),
        }
    }

    fn is_watching(&self) -> bool {
        self.is_playing() && self.id.is_some_and(|me| self.seat_of(me).is_none())
    }

    fn seat_of(&self, id: PeerId) -> Option<usize> {
        if let Some(watching) = &self.watching {
            return watching.seat_of(id);
        }
        self.core()?.seats_of(id).next()
    }

    /// Whether a bot plays this peer's seat although it is here: until it keeps up.
    fn is_slow(&self, id: PeerId) -> bool {
        let kept = self.play.as_ref().map(|play| play.agreement.kept());
        let is_here = Some(id) == self.id || self.peers.is_here(id);
        is_here && kept.is_some_and(|kept| kept.iter().any(|kept| kept.peer == id))
    }

    fn link(&self, peer: &peers::Peer) -> Link {
        let stats = self.core().and_then(|core| core.peer_stats(peer.id));
        let stats = stats.unwrap_or_default();
        Link {
            jitter_ms: stats.jitter.as_secs_f32() * 1_000.0,
            loss: stats.loss,
            bytes_in: peer.bytes_in,
            bytes_out: peer.bytes_out,
            path: peer.path,
        }
    }

    fn rtt_ms(&self, id: PeerId) -> Option<f32> {
        let rtt = self.core()?.peer_stats(id)?.rtt?;
        Some(rtt.as_secs_f32() * 1_000.0)
    }
}

/// The two newest worlds, to draw between, of a match that is played or watched.
pub struct Shown<'a, S> {
    /// The number of the newest world.
    pub frame: Frame,
    /// The one before it, and the newest world.
    pub worlds: (&'a S, &'a S),
    /// When the newest world was due.
    pub due: Duration,
    /// The newest number that no input can change any more.
    pub confirmed: Frame,
}

fn phase_name(phase: &Phase) -> &'static str {
    match phase {
        Phase::Connecting => "connecting",
        Phase::Lobby => "lobby",
        Phase::Match => "match",
        Phase::Result => "result",
        Phase::Failed(_) => "failed",
    }
}
