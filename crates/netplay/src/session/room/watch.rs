//! Watching a match: its confirmed frames come from one of the drivers, and are shown a little
//! later.

use super::{play::decode_whole, record::Recording, *};
use crate::audience::Audience;
use protocol::{
    agreement::{Snapshot, Tenure},
    feed::{Feed, Seated, Watch},
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
    pub recording: Recording<S>,
    playing: Playing,
    round: u32,
    /// Who has which seat.
    seats: Vec<Tenure>,
    /// Who was asked to tell, the present one last. The one before may have something under way.
    asked: VecDeque<PeerId>,
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

    pub fn seat_of(&self, id: PeerId) -> Option<usize> {
        self.seats.iter().position(|seat| seat.driver == Some(id))
    }

    /// Whether what we watch is the branch of the match that a snapshot is of.
    pub fn shows(&self, snapshot: &Snapshot) -> bool {
        let ours = (self.playing.match_id, self.playing.view.id);
        ours == (snapshot.match_id, snapshot.view.id) && !self.audience.differs()
    }

    /// Notes whom we ask from now on.
    fn ask(&mut self, teller: PeerId) {
        if self.asked.back() != Some(&teller) {
            self.asked.push_back(teller);
            let excess = self.asked.len().saturating_sub(2);
            self.asked.drain(..excess);
        }
    }

    /// Whether a peer tells us a match, and this one.
    fn listens_to(&self, teller: PeerId, match_id: u32) -> bool {
        self.playing.match_id == match_id && self.asked.contains(&teller)
    }
}

impl<S: Simulation> Room<S> {
    /// Watches the match of a snapshot.
    pub(super) fn watch_from(&mut self, snapshot: &Snapshot) -> Result<(), &'static str> {
        let me = self.id.ok_or("we have no id")?;
        let world = decode_whole::<S>(&snapshot.world).ok_or("the world is malformed")?;
        let settings =
            decode_whole::<S::Settings>(&snapshot.settings).ok_or("the settings are malformed")?;
        let seats = snapshot.tenures.len();
        if S::seats(&settings) != seats {
            return Err("the seats do not fit the settings");
        }
        let recording = self.recording_from(snapshot, &settings, &world);
        self.play = None;
        self.watching = Some(Watching {
            audience: Audience::new(world, snapshot.frame, seats, self.now),
            recording,
            seats: snapshot.tenures.iter().map(|tenures| tenures[0]).collect(),
            asked: VecDeque::new(),
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
        if let Some((frame, sum)) = watching.audience.checksum() {
            watching.recording.checksum(frame, sum);
        }
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
            teller.into_iter().for_each(|teller| watching.ask(teller));
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
            self.keep_replay();
            self.watching = None;
            self.ready = self.config.auto_ready;
            self.notify(Notice::Deserted);
            self.change_line();
            return self.enter(Phase::Lobby);
        }
        if is_over {
            self.matches += 1;
            self.keep_replay();
            self.leave_match();
            self.enter(Phase::Result);
        }
    }

    /// A stretch of the match that we watch.
    pub(super) fn receive_feed(&mut self, from: PeerId, feed: Feed) {
        let now = self.now;
        let watching = self.watching.as_mut();
        let Some(watching) = watching.filter(|w| w.listens_to(from, feed.match_id)) else {
            self.dropped += 1;
            return;
        };
        if feed.first > watching.audience.next_frame() {
            // It goes on with what it told us before we entered anew, and will find that we lack
            // what is between.
            self.dropped += 1;
            return;
        }
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
                watching.recording.push(&confirmed, watching.seats.len());
                frame += 1;
            }
        }
    }

    /// Who sits where, in the match that we watch.
    pub(super) fn receive_seated(&mut self, from: PeerId, seated: Seated) {
        let watching = self.watching.as_mut();
        let Some(watching) = watching.filter(|w| w.listens_to(from, seated.match_id)) else {
            self.dropped += 1;
            return;
        };
        if watching.seats.len() != seated.seats.len() {
            return self.offend(from);
        }
        watching.seats = seated.seats;
        let seats = watching.seats.iter().copied();
        (watching.recording).seat(seats, &self.peers, &self.config.name);
        self.changed = true;
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
