//! What a scene shows of its match in this picture: a moment between the two newest worlds.

use super::{Session, replay::Watching};
use crate::demo::options::Chosen;
use bevy::prelude::*;
use netplay::session::Frames;
use protocol::{Frame, Simulation, limits::STEP_MICROS};
use sim::{ArenaKind, Body, Disc, Event, World as Match};
use std::time::Duration;
use web_time::Instant;

pub(super) fn plugin(app: &mut App) {
    // A page that is turned to shows the moment of this picture.
    app.add_systems(PreUpdate, (sample, sample_replays).before(super::turn_page));
}

/// A match that stands for longer than this waits for somebody: prediction bridges less.
const STALL: Duration = Duration::from_millis(500);

/// The moment of the match that this picture shows, and what has happened since the last one.
#[derive(Component, Default)]
pub struct Shown {
    frames: Option<Frames<Match>>,
    /// How far from the previous world to the current one, from 0 to 1.
    part: f32,
    /// What happened, each once.
    pub events: Vec<(Frame, Event)>,
}

impl Shown {
    /// A picture of these worlds, for tests of what looks at it.
    #[cfg(test)]
    pub fn of(frames: Frames<Match>) -> Self {
        Self {
            frames: Some(frames),
            part: 0.0,
            events: Vec::new(),
        }
    }

    /// The newest world, once a match has started.
    pub fn world(&self) -> Option<&Match> {
        self.frames.as_ref().map(|frames| &frames.current)
    }

    /// The two newest worlds, the older one first.
    pub fn worlds(&self) -> Option<[&Match; 2]> {
        let frames = self.frames.as_ref()?;
        Some([&frames.previous, &frames.current])
    }

    /// The arena of the match, or the one chosen for the first one.
    pub fn arena(&self, chosen: &Chosen) -> ArenaKind {
        let settings = self.world().map_or(&chosen.0, Match::settings);
        settings.arena
    }

    /// Whether no new world has come for so long that players wonder.
    pub fn is_stalled(&self) -> bool {
        self.frames
            .as_ref()
            .is_some_and(|frames| !frames.current.is_over() && frames.at.elapsed() > STALL)
    }

    /// Where the ball is.
    pub fn ball(&self) -> Option<Vec2> {
        self.between(|world| Some(world.ball()))
    }

    /// Where a seat's disc is.
    pub fn disc(&self, seat: usize) -> Option<Vec2> {
        self.between(|world| world.discs().get(seat).map(Disc::body))
    }

    fn between(&self, body: impl Fn(&Match) -> Option<Body>) -> Option<Vec2> {
        let Frames {
            previous, current, ..
        } = self.frames.as_ref()?;
        let to = point(body(current)?.position);
        // At a kick-off everybody is put on their places: nobody slides there.
        if previous.line_ups() != current.line_ups() {
            return Some(to);
        }
        Some(point(body(previous)?.position).lerp(to, self.part))
    }
}

/// A place of the simulation as the engine writes it.
pub fn point(vector: sim::Vec2) -> Vec2 {
    Vec2::new(vector.x, vector.y)
}

/// How far a moment is from the previous world to the current one that was due at `at`: the
/// previous is shown at `at`, the current a step later, and there it stays while none follows.
fn part(at: Instant, now: Instant) -> f32 {
    let step = Duration::from_micros(STEP_MICROS).as_secs_f32();
    (now.saturating_duration_since(at).as_secs_f32() / step).min(1.0)
}

fn sample(mut scenes: Query<(&Session, &mut Shown), Without<Watching>>) {
    let now = Instant::now();
    for (session, mut shown) in &mut scenes {
        let frames = session.0.frames();
        shown.part = frames.as_ref().map_or(0.0, |frames| part(frames.at, now));
        shown.frames = frames;
        shown.events = session.0.take_events();
    }
}

/// Lets replays run on, and shows them in place of their scenes' sessions.
fn sample_replays(time: Res<Time>, mut scenes: Query<(&mut Watching, &mut Shown)>) {
    for (mut watching, mut shown) in &mut scenes {
        let reel = &mut watching.0;
        shown.events.clear();
        reel.advance(time.delta_secs(), &mut shown.events);
        let playback = reel.playback();
        shown.part = reel.part();
        shown.frames = Some(Frames {
            frame: playback.frame(),
            previous: *playback.previous(),
            current: *playback.current(),
            at: Instant::now(),
            confirmed: playback.frame(),
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use protocol::{Driver, Seat};
    use sim::{Input, Settings};

    fn shown(part: f32, steps: usize) -> Shown {
        let settings = Settings::for_seats(2);
        let mut previous = Match::new(&settings, 7);
        let mut current = previous;
        let run = Seat {
            input: Input::new(0.0, 1.0, false, false),
            driver: Driver::Peer,
        };
        for _ in 0..steps {
            previous = current;
            current.step(&[run; 2], &mut Vec::new());
        }
        let frames = Frames {
            frame: 1,
            previous,
            current,
            at: Instant::now(),
            confirmed: 0,
        };
        Shown {
            frames: Some(frames),
            part,
            events: Vec::new(),
        }
    }

    #[test]
    fn discs_are_drawn_between_the_two_newest_worlds() {
        let y = |part| shown(part, 100).disc(0).unwrap().y;
        assert!(y(0.0) < y(1.0));
        assert!((y(0.5) - (y(0.0) + y(1.0)) / 2.0).abs() < 1e-4);
    }

    #[test]
    fn nobody_is_drawn_who_does_not_play() {
        assert_eq!(shown(0.5, 1).disc(2), None);
        assert_eq!(Shown::default().ball(), None);
    }

    #[test]
    fn a_match_that_stands_is_told() {
        let mut shown = shown(0.5, 1);
        assert!(!shown.is_stalled());
        if let Some(frames) = &mut shown.frames {
            frames.at -= STALL * 2;
        }
        assert!(shown.is_stalled());
    }

    #[test]
    fn a_late_picture_stays_at_the_newest_world() {
        let at = Instant::now();
        assert_eq!(part(at, at), 0.0);
        assert_eq!(part(at, at + Duration::from_secs(3)), 1.0);
        assert_eq!(part(at + Duration::from_secs(3), at), 0.0);
        let half = part(at, at + Duration::from_micros(STEP_MICROS / 2));
        assert!((half - 0.5).abs() < 0.01);
    }
}
