//! What is known of another peer: what it has of ours, and how its time runs.

use super::{clock::STEP, losses::Losses, waits::Waits};
use protocol::{
    Frame, PeerId,
    datagram::{Datagram, Echo},
    limits::MAX_SEATS,
};
use std::{collections::VecDeque, time::Duration};

/// How long after the last datagram to a peer the next one goes, when no step calls for one:
/// while waiting at the prediction bound and after a match, losses must be made good too.
const RESEND_AFTER: Duration = Duration::from_millis(50);

/// Comings of inputs that are remembered of one peer: one a step, for half a second and more.
pub(super) const MAX_GIVEN: usize = 64;

/// Whoever sends nothing for so long has paused: it slept.
const PAUSE: Duration = Duration::from_millis(200);

/// Whoever sent a datagram so lately lives.
const LIVES_WITHIN: Duration = Duration::from_millis(300);

/// A stamp held longer is not echoed, and a longer round trip is not believed.
const MAX_ECHO: Duration = Duration::from_secs(2);

/// The part of a new sample in the smoothed round trip, as in RFC 6298.
const RTT_GAIN: f64 = 1.0 / 8.0;

/// The part of a new sample in the smoothed lag: about a quarter of a second at 60 a second.
const LAG_GAIN: f64 = 1.0 / 16.0;

/// The part of a new sample in the smoothed deviation of the round trip, as in RFC 6298.
const DEVIATION_GAIN: f64 = 1.0 / 4.0;

/// The jump of a lag, in frames, that is more than the network's noise.
const MAX_SMOOTHED: f64 = 6.0;

/// Units of a lag in a datagram per frame.
const LAG_UNITS: f64 = 16.0;

/// Another peer of the match: a driver, or one that only listens.
pub(super) struct Peer {
    pub(super) id: PeerId,
    /// The seats that it once drove and lost, a bit each: what it still says of them, before it
    /// has learned of that, is no offence.
    pub(super) lost_seats: u8,
    /// Per seat of ours, the first frame whose input it lacks.
    pub(super) acknowledged: [Frame; MAX_SEATS],
    /// Per seat of ours, the first frame whose input was never sent to it.
    pub(super) sent: [Frame; MAX_SEATS],
    /// When its newest new input came, or when it was last excused for having none.
    pub(super) heard: Duration,
    /// When we had to wait for it.
    pub(super) waits: Waits,
    /// When its newest inputs came, and the first frame after them.
    given: VecDeque<(Duration, Frame)>,
    pub(super) rejected: u64,
    pub(super) conflicts: u64,
    /// Datagrams made for it.
    pub(super) datagrams: u64,
    rtt: Option<f64>,
    /// The smoothed deviation of the round trip from its mean.
    deviation: f64,
    /// How far we see it behind us, in frames, by what its newest datagrams say.
    lag: Option<f64>,
    /// Which of its datagrams came.
    losses: Losses,
    /// How far it sees us behind.
    their_lag: Option<f64>,
    newest: Option<Newest>,
    send_at: Duration,
    /// When the newest datagram went.
    sent_at: Duration,
    /// Since when datagrams have gone without a pause.
    sends_since: Duration,
    /// When the newest one that it has went, as far as it has told; or when it first told anything.
    heard_of_us: Option<Duration>,
    /// Since when it has sent datagrams without falling silent.
    talks_since: Duration,
    /// The view that it follows, if that is another one than ours.
    elsewhere: Option<u32>,
}

/// The newest datagram of a peer, by its own clock.
struct Newest {
    stamp: u32,
    frame: Frame,
    frontiers: Vec<Frame>,
    came: Duration,
}

impl Peer {
    pub(super) fn new(id: PeerId, now: Duration) -> Self {
        Self {
            id,
            lost_seats: 0,
            acknowledged: [0; MAX_SEATS],
            sent: [0; MAX_SEATS],
            heard: now,
            waits: Waits::default(),
            given: VecDeque::new(),
            rejected: 0,
            conflicts: 0,
            datagrams: 0,
            rtt: None,
            deviation: 0.0,
            lag: None,
            losses: Losses::default(),
            their_lag: None,
            newest: None,
            send_at: now,
            sent_at: now,
            sends_since: now,
            heard_of_us: None,
            talks_since: now,
            elsewhere: None,
        }
    }

    /// From now on it is judged for whom we wait: what was before counts no more.
    pub(super) fn measure_anew(&mut self, now: Duration) {
        self.heard = now;
        self.waits = Waits::default();
        self.given.clear();
    }

    /// New inputs came, up to this frame.
    pub(super) fn gives(&mut self, now: Duration, end: Frame) {
        if self.given.len() == MAX_GIVEN {
            self.given.pop_front();
        }
        self.given.push_back((now, end));
    }

    /// The first frame after the inputs that had come by then, as far as that is remembered.
    pub(super) fn had_given(&self, by: Duration) -> Option<Frame> {
        let (_, end) = self.given.iter().rfind(|(came, _)| *came <= by)?;
        Some(*end)
    }

    /// When its inputs from this frame on came, as far as that is remembered.
    pub(super) fn gave_past(&self, frame: Frame) -> Option<Duration> {
        let (came, _) = self.given.iter().find(|(_, end)| *end > frame)?;
        Some(*came)
    }

    /// How many of those are remembered.
    pub(super) fn given(&self) -> usize {
        self.given.len()
    }

    /// How long it takes until it has heard something that others say at the same time as to us, and
    /// we hear its answer.
    pub(super) fn answers_in(&self) -> Duration {
        self.rtt().unwrap_or_default() + RESEND_AFTER
    }

    /// The newest world that it has told of.
    pub(super) fn frame(&self) -> Frame {
        self.newest.as_ref().map_or(0, |newest| newest.frame)
    }

    /// Whether a datagram came just now: while waiting one is sent every 50 ms.
    pub(super) fn lives(&self, now: Duration) -> bool {
        self.newest_came()
            .is_some_and(|came| now.saturating_sub(came) < LIVES_WITHIN)
    }

    /// For how long it has sent datagrams without falling silent; nothing if it is silent now.
    pub(super) fn talks_for(&self, now: Duration) -> Duration {
        match self.lives(now) {
            true => now.saturating_sub(self.talks_since),
            false => Duration::ZERO,
        }
    }

    /// A datagram of another view has come.
    pub(super) fn follows(&mut self, view: u32) {
        self.elsewhere = Some(view);
    }

    /// The view that it followed by its last datagram, if that is another one than ours.
    pub(super) fn elsewhere(&self) -> Option<u32> {
        self.elsewhere
    }

    /// When the newest datagram came.
    pub(super) fn newest_came(&self) -> Option<Duration> {
        self.newest.as_ref().map(|newest| newest.came)
    }

    /// For how long it had heard nothing of us when its newest datagram went, although we spoke.
    pub(super) fn deaf_for(&self, now: Duration) -> Duration {
        if now.saturating_sub(self.sent_at) >= PAUSE {
            return Duration::ZERO;
        }
        let heard = self.newest_came().zip(self.heard_of_us);
        heard.map_or(Duration::ZERO, |(came, heard)| {
            let silence = came.saturating_sub(heard.max(self.sends_since));
            silence.saturating_sub(self.rtt().unwrap_or_default())
        })
    }

    /// The smoothed round trip.
    pub(super) fn rtt(&self) -> Option<Duration> {
        self.rtt.map(Duration::from_secs_f64)
    }

    /// The smoothed deviation of the round trip from its mean.
    pub(super) fn jitter(&self) -> Duration {
        Duration::from_secs_f64(self.deviation)
    }

    /// The share of its latest datagrams that did not come, from 0 to 1.
    pub(super) fn loss(&self) -> f32 {
        self.losses.share()
    }

    /// Per seat, the first frame whose input it lacked by its newest datagram.
    pub(super) fn frontiers(&self) -> Option<&[Frame]> {
        self.newest.as_ref().map(|newest| &newest.frontiers[..])
    }

    /// How deep it must predict our inputs if we write them without delay, in frames. See
    /// [`super::delay`].
    pub(super) fn depth(&self) -> Option<f64> {
        Some((self.rtt? / 2.0 + 2.0 * self.deviation) / STEP.as_secs_f64() + 1.0)
    }

    /// How far it is ahead of us, in frames, if its datagrams take half a round trip.
    pub(super) fn lead(&self) -> Option<f64> {
        Some(self.rtt.unwrap_or(0.0) / 2.0 / STEP.as_secs_f64() - self.lag?)
    }

    /// We jumped ahead by so many frames.
    pub(super) fn jumped(&mut self, frames: f64) {
        if let Some(lag) = &mut self.lag {
            *lag += frames;
        }
    }

    /// How far we are ahead of it, in frames. The way of a datagram makes the other look
    /// behind; it does so on both sides, so that half the difference is the truth, or between
    /// unequal ways the middle.
    pub(super) fn advantage(&self) -> Option<f64> {
        Some((self.lag? - self.their_lag?) / 2.0)
    }

    /// Learns the time from a datagram that came while we were at `position` (in frames). `jumps`
    /// says that one of us may jump: then a lag far from the smoothed one is believed at once. Says
    /// whether it is the newest one.
    pub(super) fn hear(
        &mut self,
        datagram: &Datagram,
        now: Duration,
        position: f64,
        jumps: bool,
    ) -> bool {
        self.losses.hear(datagram.number);
        let is_newer = self
            .newest
            .as_ref()
            .is_none_or(|newest| (datagram.stamp.wrapping_sub(newest.stamp) as i32) > 0);
        if !is_newer {
            return false;
        }
        if !self.lives(now) {
            self.talks_since = now;
        }
        self.elsewhere = None;
        self.newest = Some(Newest {
            stamp: datagram.stamp,
            frame: datagram.frame,
            frontiers: datagram.frontiers.clone(),
            came: now,
        });
        let theirs = f64::from(datagram.frame) + f64::from(datagram.phase) / 256.0;
        let lag = position - theirs;
        if jumps && self.lag.is_some_and(|old| (old - lag).abs() > MAX_SMOOTHED) {
            self.lag = None;
        }
        smooth(&mut self.lag, lag, LAG_GAIN);
        // Whoever echoes nothing has not heard of us lately, and cannot know how far we are.
        let Some(Echo { stamp, held }) = datagram.echo else {
            self.heard_of_us.get_or_insert(now);
            return true;
        };
        let age = Duration::from_micros(micros(now).wrapping_sub(stamp).into());
        self.heard_of_us = self.heard_of_us.max(now.checked_sub(age));
        self.their_lag = Some(f64::from(datagram.lag) / LAG_UNITS);
        let micros = micros(now).wrapping_sub(stamp).wrapping_sub(held);
        let rtt = Duration::from_micros(micros.into());
        if rtt <= MAX_ECHO {
            let rtt = rtt.as_secs_f64();
            let off = self.rtt.map_or(0.0, |smoothed| (rtt - smoothed).abs());
            self.deviation += (off - self.deviation) * DEVIATION_GAIN;
            smooth(&mut self.rtt, rtt, RTT_GAIN);
        }
        true
    }

    /// The time fields of a datagram that goes now: lag, stamp and echo.
    pub(super) fn times(&self, now: Duration) -> (i16, u32, Option<Echo>) {
        // A float's conversion saturates; lags past the range are far past every bound.
        let lag = (self.lag.unwrap_or(0.0) * LAG_UNITS).round() as i16;
        let echo = self.newest.as_ref().and_then(|newest| {
            let held = now.saturating_sub(newest.came);
            (held <= MAX_ECHO).then(|| Echo {
                stamp: newest.stamp,
                held: micros(held),
            })
        });
        (lag, micros(now), echo)
    }

    /// Asks for a datagram at once: there is something new to say.
    pub(super) fn send_soon(&mut self, now: Duration) {
        self.send_at = self.send_at.min(now);
    }

    /// When the next datagram is to go.
    pub(super) fn send_at(&self) -> Duration {
        self.send_at
    }

    /// Notes that a datagram goes now.
    pub(super) fn sending(&mut self, now: Duration) {
        if now.saturating_sub(self.sent_at) >= PAUSE {
            self.sends_since = now;
        }
        self.sent_at = now;
        self.send_at = now + RESEND_AFTER;
        self.datagrams += 1;
    }
}

/// Microseconds, wrapping as stamps do.
fn micros(time: Duration) -> u32 {
    time.as_micros() as u32
}

fn smooth(value: &mut Option<f64>, sample: f64, gain: f64) {
    *value = Some(value.map_or(sample, |value| value + (sample - value) * gain));
}
