//! A scene's way to the others and its pictures in numbers, measured four times a second: for the
//! net graph, the laboratory and the diagnostics.

use super::{Seen, Session, link::Steps};
use bevy::prelude::*;
use netplay::session::{Link, RoomView, Status};
use protocol::{PeerId, limits::MAX_PEERS};
use std::{collections::VecDeque, time::Duration};

pub(super) fn plugin(app: &mut App) {
    app.add_systems(PreUpdate, measure.after(super::look));
}

/// Between two samples.
pub const INTERVAL: Duration = Duration::from_millis(250);

/// Samples that are kept: a quarter of a minute's.
pub const KEPT: usize = 60;

/// What was measured in one interval.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Sample {
    /// The mean time of a picture, in milliseconds.
    pub frame_ms: f32,
    /// The longest, in milliseconds.
    pub longest_ms: f32,
    /// Frames that were stepped without knowing all of their inputs, at its end.
    pub predicted: u32,
    /// Rollbacks a second.
    pub rollbacks: f32,
    /// Frames stepped again in those, a second.
    pub resimulated: f32,
}

/// What was measured of the way to one other peer.
#[derive(Clone, Debug, PartialEq)]
pub struct PeerMeter {
    /// Its id.
    pub id: PeerId,
    /// Its player's name.
    pub name: String,
    /// The newest round trip in milliseconds; nothing before the first.
    pub rtt_ms: Option<f32>,
    /// The rest, as it was told last.
    pub link: Link,
    /// Bytes a second that come from it and go to it.
    pub bytes_in: f32,
    pub bytes_out: f32,
    /// Round trips in milliseconds, oldest first; at most [`KEPT`].
    pub rtts: VecDeque<f32>,
}

/// What has been measured of a scene.
#[derive(Component, Default)]
pub struct Meter {
    /// Oldest first; at most [`KEPT`].
    pub samples: VecDeque<Sample>,
    /// Everybody else in the room; at most [`MAX_PEERS`].
    pub peers: Vec<PeerMeter>,
    /// Counts the samples.
    pub number: u64,
    passed: Duration,
    pictures: u32,
    longest: Duration,
    rollbacks: u64,
    resimulated: u64,
}

impl Meter {
    /// The newest sample.
    pub fn newest(&self) -> Sample {
        self.samples.back().copied().unwrap_or_default()
    }

    /// A picture has taken so long. Says whether a sample is due.
    fn count(&mut self, took: Duration) -> bool {
        self.passed += took;
        self.pictures += 1;
        self.longest = self.longest.max(took);
        self.passed >= INTERVAL
    }

    /// Takes a sample.
    fn sample(&mut self, status: &Status, predicted: u32, view: &RoomView) {
        let seconds = self.passed.as_secs_f32().max(f32::EPSILON);
        // A new match begins at 0 again.
        let rate = |now: u64, before: u64| now.saturating_sub(before) as f32 / seconds;
        push(
            &mut self.samples,
            Sample {
                frame_ms: 1_000.0 * seconds / self.pictures.max(1) as f32,
                longest_ms: 1_000.0 * self.longest.as_secs_f32(),
                predicted,
                rollbacks: rate(status.rollbacks, self.rollbacks),
                resimulated: rate(status.resimulated, self.resimulated),
            },
        );
        let others = view.peers.iter().filter(|peer| !peer.is_me).take(MAX_PEERS);
        let peers = others.map(|peer| {
            let before = self.peers.iter_mut().find(|before| before.id == peer.id);
            let (link, mut rtts) = before.map_or_else(
                || (peer.link, VecDeque::new()),
                |before| (before.link, std::mem::take(&mut before.rtts)),
            );
            push(&mut rtts, peer.rtt_ms.unwrap_or(0.0));
            PeerMeter {
                id: peer.id,
                name: peer.name.clone(),
                rtt_ms: peer.rtt_ms,
                link: peer.link,
                bytes_in: rate(peer.link.bytes_in, link.bytes_in),
                bytes_out: rate(peer.link.bytes_out, link.bytes_out),
                rtts,
            }
        });
        self.peers = peers.collect();
        self.number += 1;
        (self.rollbacks, self.resimulated) = (status.rollbacks, status.resimulated);
        (self.passed, self.pictures, self.longest) = (Duration::ZERO, 0, Duration::ZERO);
    }
}

/// Keeps the newest [`KEPT`].
fn push<T>(kept: &mut VecDeque<T>, newest: T) {
    if kept.len() == KEPT {
        kept.pop_front();
    }
    kept.push_back(newest);
}

fn measure(time: Res<Time<Real>>, mut scenes: Query<(&Session, &Seen, &Steps, &mut Meter)>) {
    for (session, seen, steps, mut meter) in &mut scenes {
        if meter.count(time.delta()) {
            let predicted = steps.0.map_or(0, |history| history.frame - history.known);
            meter.sample(&session.0.status(), predicted, &seen.0);
        }
    }
}

#[cfg(test)]
pub mod tests {
    use super::*;
    use netplay::session::PeerView;

    /// The meter of a scene with another peer, after so many samples.
    pub fn meter(samples: u32) -> Meter {
        let mut meter = Meter::default();
        for number in 1..=samples {
            let peer = |is_me, rtt_ms, link| PeerView {
                id: PeerId(uuid::Uuid::from_u128(u128::from(is_me))),
                name: "Grace".into(),
                is_me,
                is_owner: is_me,
                ready: true,
                seat: None,
                team: None,
                color: 0,
                muted: false,
                away: false,
                slow: false,
                rtt_ms,
                link,
            };
            let link = Link {
                jitter_ms: 4.0,
                loss: 0.1,
                bytes_in: u64::from(number) * 1_000,
                bytes_out: u64::from(number) * 500,
                path: netplay::transport::Path::Relayed,
            };
            let view = RoomView {
                peers: vec![
                    peer(true, None, Link::default()),
                    peer(false, Some(150.0), link),
                ],
                ..RoomView::default()
            };
            let status = Status {
                rollbacks: u64::from(number) * 5,
                resimulated: u64::from(number) * 40,
                ..Status::default()
            };
            while !meter.count(Duration::from_millis(50)) {}
            meter.sample(&status, 9, &view);
        }
        meter
    }

    #[test]
    fn rates_are_per_second() {
        let meter = meter(3);
        let newest = meter.newest();
        assert_eq!((newest.rollbacks, newest.resimulated), (20.0, 160.0));
        assert!((newest.frame_ms - 50.0).abs() < 0.01 && (newest.longest_ms - 50.0).abs() < 0.01);
        assert_eq!(meter.peers.len(), 1, "oneself is no peer");
        assert_eq!(
            (meter.peers[0].bytes_in, meter.peers[0].bytes_out),
            (4_000.0, 2_000.0)
        );
    }

    #[test]
    fn what_is_kept_is_bounded() {
        let meter = meter(200);
        assert_eq!(
            (meter.samples.len(), meter.peers[0].rtts.len()),
            (KEPT, KEPT)
        );
        assert_eq!(meter.number, 200);
    }

    #[test]
    fn a_new_match_counts_from_its_own_start() {
        let mut meter = meter(3);
        while !meter.count(Duration::from_millis(50)) {}
        meter.sample(&Status::default(), 0, &RoomView::default());
        assert_eq!(meter.newest().rollbacks, 0.0);
    }
}
