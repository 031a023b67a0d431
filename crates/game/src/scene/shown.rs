//! What a scene shows of its match in this picture: a moment between the two newest worlds.

use super::{link::Played, replay::Watching};
use crate::contract::Game;
use bevy::prelude::*;
use netplay::session::{Frames, History, Look};
use protocol::{Frame, Simulation, limits::STEP_MICROS};
use std::time::Duration;
use web_time::Instant;

pub(super) fn plugin<G: Game>(app: &mut App) {
    app.register_required_components::<super::Scene, Shown<G::World>>();
    // A page that is turned to shows the moment of this picture.
    app.add_systems(
        PreUpdate,
        (sample::<G>, sample_replays::<G::World>)
            .in_set(Sampling)
            .before(super::turn_page),
    );
}

/// When the worlds of this picture are taken.
#[derive(SystemSet, Clone, Debug, PartialEq, Eq, Hash)]
pub struct Sampling;

/// A match that stands for longer than this waits for somebody: prediction bridges less.
const STALL: Duration = Duration::from_millis(500);

/// The moment of the match that this picture shows, and what has happened since the last one.
#[derive(Component)]
pub struct Shown<S: Simulation> {
    frames: Option<Frames<S>>,
    /// How far from the previous world to the current one, from 0 to 1.
    part: f32,
    /// What became of the newest frames.
    history: Option<History>,
    /// A world that the last picture showed wrong, and as it is known now.
    corrected: Option<(S, S)>,
    /// What happened, each once.
    pub events: Vec<(Frame, S::Event)>,
}

impl<S: Simulation> Default for Shown<S> {
    fn default() -> Self {
        Self {
            frames: None,
            part: 0.0,
            history: None,
            corrected: None,
            events: Vec::new(),
        }
    }
}

impl<S: Simulation> Shown<S> {
    /// A picture of these worlds, `part` of the way from the previous to the current one.
    pub fn of(frames: Frames<S>, part: f32) -> Self {
        Self {
            frames: Some(frames),
            part,
            ..Self::default()
        }
    }

    /// The newest world, once a match has started.
    pub fn world(&self) -> Option<&S> {
        self.frames.as_ref().map(|frames| &frames.current)
    }

    /// The number of the newest world.
    pub fn frame(&self) -> Frame {
        self.frames.as_ref().map_or(0, |frames| frames.frame)
    }

    /// The two newest worlds, the older first, and how far from that one to the other the picture
    /// is, from 0 to 1.
    pub fn between(&self) -> Option<(&S, &S, f32)> {
        let frames = self.frames.as_ref()?;
        Some((&frames.previous, &frames.current, self.part))
    }

    /// Whether no new world has come for so long that players wonder.
    pub fn is_stalled(&self) -> bool {
        self.frames
            .as_ref()
            .is_some_and(|frames| !frames.current.is_over() && frames.at.elapsed() > STALL)
    }

    /// The same of another look at the match.
    pub fn turn_to(&mut self, look: Option<Look<S>>, part: f32) {
        let before = self.frames.take();
        (self.part, self.history, self.corrected) = (part, None, None);
        let Some(look) = look else { return };
        let corrected = before.zip(look.corrected);
        let corrected = corrected.filter(|(before, (frame, _))| before.frame == *frame);
        self.corrected = corrected.map(|(before, (_, world))| (before.current, world));
        self.history = Some(look.history);
        self.frames = Some(look.frames);
    }

    /// What became of the newest frames of a match that is played.
    pub fn history(&self) -> Option<History> {
        self.history
    }

    /// The newest world of the last picture if it was predicted wrong: as it was shown, and as it is
    /// known now.
    pub fn corrected(&self) -> Option<(&S, &S)> {
        let (before, after) = self.corrected.as_ref()?;
        Some((before, after))
    }
}

/// How far a moment is from the previous world to the current one that was due at `at`: the
/// previous is shown at `at`, the current a step later, and there it stays while none follows.
fn part(at: Instant, now: Instant) -> f32 {
    let step = Duration::from_micros(STEP_MICROS).as_secs_f32();
    (now.saturating_duration_since(at).as_secs_f32() / step).min(1.0)
}

fn sample<G: Game>(mut scenes: Query<(&Played<G>, &mut Shown<G::World>), Without<Watching>>) {
    let now = Instant::now();
    for (played, mut shown) in &mut scenes {
        let look = played.0.look();
        let part = look.as_ref().map_or(0.0, |look| part(look.frames.at, now));
        shown.turn_to(look, part);
        shown.events = played.0.take_events();
    }
}

/// Lets replays run on, and shows them in place of their scenes' sessions.
fn sample_replays<S: Simulation>(
    time: Res<Time>,
    mut scenes: Query<(&mut Watching, &mut Shown<S>)>,
) {
    for (mut watching, mut shown) in &mut scenes {
        let reel = &mut watching.0;
        (shown.history, shown.corrected) = (None, None);
        reel.advance(time.delta_secs());
        shown.part = reel.part();
        let Some(film) = reel.film_mut::<S>() else {
            continue;
        };
        shown.events = film.take_events();
        let playback = film.playback();
        shown.frames = Some(Frames {
            frame: playback.frame(),
            previous: playback.previous().clone(),
            current: playback.current().clone(),
            at: Instant::now(),
            confirmed: playback.frame(),
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::toy::Toy;

    fn shown(part: f32) -> Shown<Toy> {
        let frames = Frames {
            frame: 1,
            previous: Toy::new(&2, 7),
            current: Toy::new(&2, 7),
            at: Instant::now(),
            confirmed: 0,
        };
        Shown::of(frames, part)
    }

    #[test]
    fn a_match_that_stands_is_told() {
        let mut shown = shown(0.5);
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
