//! Telling the match to those that watch it: its confirmed frames, a stretch at a time.

use super::*;
use crate::{queue::Queue, rollback::ConfirmedFrame};
use protocol::{
    agreement::Tenure,
    feed::{Feed, Seated, Span, Watch},
};

/// How often a stretch goes out.
const INTERVAL: Duration = Duration::from_millis(100);

/// Confirmed frames that are kept for watchers, ten seconds'. Who lacks older ones needs a
/// snapshot.
const MAX_KEPT: usize = 10 * STEPS_PER_SECOND as usize;

/// Frames that go to a watcher before it says that they have come: five seconds'. A watcher that
/// is slower is dropped, and nothing piles up.
const MAX_AHEAD: Frame = 5 * STEPS_PER_SECOND;

/// How long nothing of what was sent may come before it is sent again. (The channel is reliable: it
/// will not come.)
const STUCK: Duration = Duration::from_millis(1_200);

/// How long a watcher may say nothing.
const SILENCE: Duration = Duration::from_secs(5);

/// Those that watch by us, and what they may lack.
#[derive(Default)]
pub(super) struct Feeds {
    kept: VecDeque<ConfirmedFrame>,
    watchers: Vec<Watcher>,
    due: Duration,
}

struct Watcher {
    id: PeerId,
    next: Frame,
    has: Frame,
    heard: Duration,
    /// When it last said that more has come.
    advanced: Duration,
    /// Who has which seat, as it was told.
    seats: Vec<Tenure>,
}

impl Watcher {
    /// It says how far everything has come. If nothing does although it was sent, it is told again
    /// from there: it has entered anew in the meantime, and lacks what it did not listen to.
    fn hear(&mut self, from: Frame, now: Duration) {
        let is_stuck = now.saturating_sub(self.advanced) >= STUCK;
        if from > self.has {
            (self.has, self.advanced) = (from, now);
        } else if is_stuck && from < self.next {
            (self.has, self.next, self.advanced) = (from, from, now);
        }
    }
}

impl Feeds {
    /// Keeps what is confirmed.
    pub fn keep(&mut self, frames: &[ConfirmedFrame]) {
        // After a repair the frames may go on further ahead: what is before is of no use.
        let follows = |kept: &VecDeque<ConfirmedFrame>, frame: Frame| {
            kept.back().is_none_or(|last| last.frame + 1 == frame)
        };
        if frames
            .first()
            .is_some_and(|f| !follows(&self.kept, f.frame))
        {
            self.kept.clear();
        }
        self.kept.extend(frames);
        let excess = self.kept.len().saturating_sub(MAX_KEPT);
        self.kept.drain(..excess);
    }

    /// How full it is.
    pub fn queues(&self) -> [Queue; 2] {
        [
            Queue::new("frames for watchers", self.kept.len(), MAX_KEPT),
            Queue::new("watchers", self.watchers.len(), MAX_WATCHERS),
        ]
    }

    /// Whether these frames are kept, or are the next to come.
    fn has(&self, frame: Frame) -> bool {
        let first = self.kept.front().map(|first| first.frame);
        first.is_some_and(|first| (first..=first + self.kept.len() as Frame).contains(&frame))
    }

    /// The frames from `first` on, a message full at most.
    fn stretch(&self, match_id: u32, first: Frame, checksum: Option<(Frame, u64)>) -> Option<Feed> {
        let skip = first.checked_sub(self.kept.front()?.frame)? as usize;
        let mut spans: Vec<Span> = Vec::new();
        for frame in self.kept.iter().skip(skip).take(MAX_FEED_FRAMES) {
            let driven = (0..MAX_SEATS).filter(|seat| frame.peers & 1 << seat != 0);
            let words: Vec<u32> = driven.map(|seat| frame.words[seat]).collect();
            match spans.last_mut() {
                Some(span) if span.peers == frame.peers && span.words == words => {
                    span.frames += 1;
                }
                _ => spans.push(Span {
                    frames: 1,
                    peers: frame.peers,
                    words,
                }),
            }
        }
        (!spans.is_empty()).then_some(Feed {
            match_id,
            first,
            checksum,
            spans,
        })
    }
}

impl<S: Simulation> Room<S> {
    /// A peer wants to watch by us, or says how far it has come.
    pub(super) fn receive_watch(&mut self, from: PeerId, watch: Watch) {
        let now = self.now;
        let runs = self.phase != Phase::Lobby;
        let play = self.play.as_mut();
        let Some(play) = play.filter(|play| runs && play.match_id == watch.match_id) else {
            self.dropped += 1;
            return;
        };
        let feeds = &mut play.feeds;
        if let Some(watcher) = feeds.watchers.iter_mut().find(|w| w.id == from) {
            watcher.heard = now;
            watcher.hear(watch.from.min(watcher.next), now);
        } else if feeds.watchers.len() < MAX_WATCHERS && feeds.has(watch.from) {
            feeds.watchers.push(Watcher {
                id: from,
                next: watch.from,
                has: watch.from,
                heard: now,
                advanced: now,
                seats: Vec::new(),
            });
        }
    }

    /// Tells the watchers what has been confirmed.
    pub(super) fn feed_watchers(&mut self) {
        let Some(play) = self.play.as_mut().filter(|play| play.feeds.due <= self.now) else {
            return;
        };
        play.feeds.due = self.now + INTERVAL;
        let (now, peers) = (self.now, &self.peers);
        play.feeds.watchers.retain(|watcher| {
            peers.is_here(watcher.id)
                && now.saturating_sub(watcher.heard) < SILENCE
                && watcher.next - watcher.has < MAX_AHEAD
        });
        let (match_id, checksum) = (play.match_id, play.core.checksum());
        // A seat has one tenure or more, the one in force first.
        let tenures = play.core.tenures();
        let seats: Vec<Tenure> = tenures.iter().filter_map(|t| t.first().copied()).collect();
        let mut watchers = std::mem::take(&mut play.feeds.watchers);
        let mut words = Vec::new();
        for watcher in &mut watchers {
            let Some(feed) = play.feeds.stretch(match_id, watcher.next, checksum) else {
                continue;
            };
            if watcher.seats != seats {
                watcher.seats.clone_from(&seats);
                let seats = seats.clone();
                words.push((watcher.id, Message::Seated(Seated { match_id, seats })));
            }
            watcher.next += feed.frames() as Frame;
            words.push((watcher.id, Message::Feed(feed)));
        }
        play.feeds.watchers = watchers;
        for (to, message) in words {
            self.send(to, &message);
        }
    }
}
