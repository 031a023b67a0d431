//! Watching a match: its confirmed frames come from one of the drivers, and are shown a little
//! later.

use super::{play::decode_whole, *};
use crate::audience::Audience;
use protocol::{
    agreement::Snapshot,
    feed::{Feed, Watch},
    peer::Playing,
};

/// How often the teller is told how far everything has come.
const INTERVAL: Duration = Duration::from_millis(500);

/// How long nothing may come before another driver is asked.
const PATIENCE: Duration = Duration::from_millis(1_500);

/// How long nothing may come from anybody before the match is entered anew.
const STOPPED: Duration = Duration::from_secs(5);

/// How long one that would rather play watches before it asks for a seat again, if a bot has one.
const RETRY: Duration = Duration::from_secs(10);

/// A match that we watch.
pub(super) struct Watching<S: Simulation> {
    pub audience: Audience<S>,
    playing: Playing,
    round: u32,
    /// Who tells us the match: counts through the drivers.
    teller: usize,
    /// When it was last heard, or asked instead of another.
    heard: Duration,
    /// When anything was told.
    told: Duration,
    due: Duration,
    since: Duration,
}

impl<S: Simulation> Watching<S> {
    pub fn playing(&self) -> Playing {
        Playing {
            confirmed: self.audience.frame(),
            ..self.playing
        }
    }

    pub fn round(&self) -> u32 {
        self.round
    }
}

impl<S: Simulation> Room<S> {
    /// Watches the match of a snapshot.
    pub(super) fn watch_from(&mut self, snapshot: &Snapshot) -> Result<(), &'static str> {
        let me = self.id.ok_or("we have no id")?;
        let world = decode_whole::<S>(&snapshot.world).ok_or("the world is malformed")?;
        let seats = snapshot.tenures.len();
        self.play = None;
        self.watching = Some(Watching {
            audience: Audience::new(world, snapshot.frame, seats, self.now),
            playing: Playing {
                match_id: snapshot.match_id,
                view: snapshot.view,
                confirmed: snapshot.frame,
                drives: false,
            },
            round: snapshot.round,
            // Whoever watches by chance asks this one or that: the work is spread.
            teller: me.0.as_u128() as usize % MAX_SEATS,
            heard: self.now,
            told: self.now,
            due: self.now,
            since: self.now,
        });
        self.entering = None;
        self.ready = false;
        self.change_line();
        self.enter(Phase::Match);
        Ok(())
    }

    /// Shows the match that we watch, and asks for more of it.
    pub(super) fn go_on_watching(&mut self) {
        let now = self.now;
        let Some(watching) = self
            .watching
            .as_mut()
            .filter(|_| self.phase == Phase::Match)
        else {
            return;
        };
        watching.audience.tick(now);
        let is_over = watching.audience.worlds().1.is_over();
        let mut tellers: Vec<PeerId> = (self.peers.here())
            .filter(|peer| {
                peer.playing
                    .is_some_and(|p| p.drives && p.match_id == watching.playing.match_id)
            })
            .map(|peer| peer.id)
            .collect();
        tellers.sort_unstable();
        if now.saturating_sub(watching.heard) >= PATIENCE {
            watching.teller += 1;
            watching.heard = now;
            watching.due = now;
        }
        let teller = (!tellers.is_empty()).then(|| tellers[watching.teller % tellers.len()]);
        let asks = watching.due <= now;
        if asks {
            watching.due = now + INTERVAL;
        }
        let watch = Watch {
            match_id: watching.playing.match_id,
            from: watching.audience.next_frame(),
        };
        // Its end may have gone by while its last frames were on their way.
        let is_another_played = (self.peers.here()).any(|peer| {
            peer.playing
                .is_some_and(|p| p.drives && p.match_id != watching.playing.match_id)
        });
        let patience = if is_another_played { PATIENCE } else { STOPPED };
        let is_left = tellers.is_empty() && now.saturating_sub(watching.told) >= patience;
        if let (true, Some(teller)) = (asks, teller) {
            self.send(teller, &Message::Watch(watch));
        }
        if is_left {
            // Nobody plays it any more, as far as is known here. If somebody does, we enter again.
            self.watching = None;
            self.ready = self.config.auto_ready;
            self.notify("Everybody who played is gone".into());
            self.change_line();
            return self.enter(Phase::Lobby);
        }
        if is_over {
            self.matches += 1;
            self.leave_match();
            self.enter(Phase::Result);
        }
    }

    /// A stretch of the match that we watch.
    pub(super) fn receive_feed(&mut self, from: PeerId, feed: Feed) {
        let now = self.now;
        let watching = self.watching.as_mut();
        let Some(watching) = watching.filter(|w| w.playing.match_id == feed.match_id) else {
            self.dropped += 1;
            return;
        };
        watching.heard = now;
        watching.told = now;
        if let Some((frame, sum)) = feed.checksum {
            watching.audience.hear_checksum(frame, sum);
        }
        let mut frame = feed.first;
        for span in &feed.spans {
            let mut words = [0; MAX_SEATS];
            let driven = (0..MAX_SEATS).filter(|seat| span.peers & 1 << seat != 0);
            for (seat, word) in driven.zip(&span.words) {
                words[seat] = *word;
            }
            for _ in 0..span.frames {
                let confirmed = crate::rollback::ConfirmedFrame {
                    frame,
                    words,
                    peers: span.peers,
                };
                if let Err(error) = watching.audience.push(confirmed) {
                    tracing::debug!(%from, %error, "cannot be watched");
                    return self.offend(from);
                }
                frame += 1;
            }
        }
    }

    /// Whether what we watch has stopped or is not what is played, or a seat may be had by now.
    pub(super) fn enters_anew(&self) -> bool {
        self.watching.as_ref().is_some_and(|watching| {
            let waited = self.now.saturating_sub(watching.since) >= RETRY;
            let stopped = self.now.saturating_sub(watching.told) >= STOPPED;
            let may_play = !self.config.watch && waited && watching.audience.has_bots();
            stopped || may_play || watching.audience.differs()
        })
    }
}
