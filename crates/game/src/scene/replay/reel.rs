//! The clock of a replay that is watched: when to step, how fast, and where to.

use netplay::replay::Playback;
use protocol::{Frame, Simulation, limits::STEPS_PER_SECOND};
use std::any::Any;

/// How fast a replay can run, in times as fast as life.
const SPEEDS: [f32; 6] = [0.25, 0.5, 1.0, 2.0, 4.0, 8.0];

/// Where [`SPEEDS`] has life's own.
const LIFE: usize = 2;

/// Steps in one picture at most: at full speed those of a picture in a quarter of a second. A
/// slower display sees a slower replay instead of ever longer pictures.
const MAX_STEPS: u32 = 120;

/// Steps in one picture while seeking, half a minute of the match: some milliseconds. A longer way
/// takes several pictures.
const MAX_SEEK_STEPS: Frame = 30 * STEPS_PER_SECOND;

/// A replay as its clock sees it, whatever game it is of.
trait Winding: Any + Send + Sync {
    fn start(&self) -> Frame;
    fn end(&self) -> Frame;
    fn frame(&self) -> Frame;
    fn name(&self, seat: usize, frame: Frame) -> Option<&str>;
    fn step(&mut self);
    fn seek(&mut self, frame: Frame);
}

/// The worlds of a replay, and what has happened in it since that was taken last.
pub struct Film<S: Simulation> {
    playback: Playback<S>,
    events: Vec<(Frame, S::Event)>,
}

impl<S: Simulation> Film<S> {
    /// The worlds that are shown.
    pub fn playback(&self) -> &Playback<S> {
        &self.playback
    }

    /// What has happened since the last call, with the steps in which it did. A seek tells of
    /// nothing.
    pub fn take_events(&mut self) -> Vec<(Frame, S::Event)> {
        std::mem::take(&mut self.events)
    }
}

impl<S: Simulation> Winding for Film<S> {
    fn start(&self) -> Frame {
        self.playback.replay().start()
    }

    fn end(&self) -> Frame {
        self.playback.replay().end()
    }

    fn frame(&self) -> Frame {
        self.playback.frame()
    }

    fn name(&self, seat: usize, frame: Frame) -> Option<&str> {
        self.playback.replay().name(seat, frame)
    }

    fn step(&mut self) {
        let frame = self.playback.frame();
        let happened = self.playback.step().unwrap_or_default();
        let told = happened.iter().cloned().map(|event| (frame, event));
        self.events.extend(told);
    }

    fn seek(&mut self, frame: Frame) {
        self.playback.seek(frame);
    }
}

/// A replay with its clock. It shows a moment between the film's two worlds.
pub struct Reel {
    film: Box<dyn Winding>,
    is_paused: bool,
    /// The place in [`SPEEDS`].
    speed: usize,
    /// How far from the previous world to the current one, from 0 to 1.
    part: f32,
    /// Where a seek leads that is under way.
    wanted: Option<Frame>,
}

impl Reel {
    /// Runs a replay from its beginning.
    pub fn new<S: Simulation>(playback: Playback<S>) -> Self {
        let events = Vec::new();
        Self {
            film: Box::new(Film { playback, events }),
            is_paused: false,
            speed: LIFE,
            part: 1.0,
            wanted: None,
        }
    }

    /// Its worlds; none of another game.
    pub fn film_mut<S: Simulation>(&mut self) -> Option<&mut Film<S>> {
        let film: &mut dyn Any = self.film.as_mut();
        film.downcast_mut()
    }

    /// How far from the previous world to the current one the moment is that is shown.
    pub fn part(&self) -> f32 {
        self.part
    }

    /// How many times as fast as life it runs, when it does.
    pub fn speed(&self) -> f32 {
        SPEEDS[self.speed]
    }

    /// Whether it runs: neither paused nor at its end.
    pub fn is_running(&self) -> bool {
        !self.is_paused && !self.is_over()
    }

    /// Steps from the beginning to the moment that is shown or sought.
    pub fn elapsed(&self) -> u32 {
        self.frame() - self.film.start()
    }

    /// Steps of the whole replay.
    pub fn length(&self) -> u32 {
        self.film.end() - self.film.start()
    }

    /// How much of the replay is over, from 0 to 1.
    pub fn progress(&self) -> f32 {
        self.elapsed() as f32 / self.length().max(1) as f32
    }

    /// Who plays a seat at the moment that is shown; nobody where a bot does.
    pub fn name(&self, seat: usize) -> Option<&str> {
        // The step that led to the current world.
        let step = self.film.frame().saturating_sub(1);
        self.film.name(seat, step.max(self.film.start()))
    }

    /// Pauses, or goes on: from the beginning when at the end.
    pub fn toggle(&mut self) {
        if self.is_over() {
            self.seek(0.0);
            self.is_paused = false;
        } else {
            self.is_paused = !self.is_paused;
        }
    }

    /// Runs faster, up to 8 times as fast as life.
    pub fn faster(&mut self) {
        self.speed = (self.speed + 1).min(SPEEDS.len() - 1);
    }

    /// Runs slower, down to a quarter of life's speed.
    pub fn slower(&mut self) {
        self.speed = self.speed.saturating_sub(1);
    }

    /// Seeks so many seconds ahead, or back if negative.
    pub fn skip(&mut self, seconds: i32) {
        let steps = i64::from(seconds) * i64::from(STEPS_PER_SECOND);
        self.seek_frame(i64::from(self.frame()) + steps);
    }

    /// Seeks where `progress` (from 0 to 1) of the replay is over.
    pub fn seek(&mut self, progress: f32) {
        let elapsed = (progress.clamp(0.0, 1.0) * self.length() as f32).round() as i64;
        self.seek_frame(i64::from(self.film.start()) + elapsed);
    }

    /// Lets `seconds` of the display's time pass.
    pub fn advance(&mut self, seconds: f32) {
        if let Some(wanted) = self.wanted {
            self.approach(wanted);
            return;
        }
        if !self.is_running() {
            return;
        }
        let part = self.part + seconds.max(0.0) * self.speed() * STEPS_PER_SECOND as f32;
        self.part = part.fract();
        for _ in 0..(part as u32).min(MAX_STEPS) {
            self.film.step();
        }
        if self.is_at_end() {
            self.part = 1.0;
        }
    }

    /// The world that is shown or sought.
    fn frame(&self) -> Frame {
        self.wanted.unwrap_or(self.film.frame())
    }

    fn is_over(&self) -> bool {
        self.wanted.is_none() && self.is_at_end()
    }

    fn is_at_end(&self) -> bool {
        self.film.frame() >= self.film.end()
    }

    fn seek_frame(&mut self, frame: i64) {
        let (start, end) = (i64::from(self.film.start()), i64::from(self.film.end()));
        // Between two frame numbers, so it is one.
        self.wanted = Some(frame.clamp(start, end) as Frame);
    }

    /// Goes as far towards a world as one picture allows. Back it is never far: a keyframe lies
    /// closely before everything that was seen.
    fn approach(&mut self, wanted: Frame) {
        let furthest = self.film.frame().saturating_add(MAX_SEEK_STEPS);
        self.film.seek(wanted.min(furthest));
        self.part = 1.0;
        if wanted <= furthest {
            self.wanted = None;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::toy::Toy;
    use netplay::replay::{Recorder, Replay};

    /// Seconds of a picture.
    const PICTURE: f32 = 1.0 / 60.0;

    /// A match of so many steps in which nobody does anything; Ada has the first seat, from step
    /// 60 on Grace has the second.
    fn reel(steps: Frame) -> Reel {
        let mut recorder = Recorder::<Toy>::new(7, &2).unwrap();
        recorder.seated(0, 0, "Ada");
        recorder.seated(60, 1, "Grace");
        for frame in 0..steps {
            let peers = if frame < 60 { 0b01 } else { 0b11 };
            recorder.push(frame, &[0, 0], peers).unwrap();
        }
        Reel::new(Playback::<Toy>::new(
            Replay::decode(&recorder.bytes()).unwrap(),
        ))
    }

    /// Runs for so many pictures, and gives the events.
    fn run(reel: &mut Reel, pictures: usize) -> usize {
        for _ in 0..pictures {
            reel.advance(PICTURE);
        }
        reel.film_mut::<Toy>().unwrap().take_events().len()
    }

    #[test]
    fn it_runs_as_fast_as_life_and_up_to_eight_times_as_fast() {
        let mut reel = reel(6_000);
        run(&mut reel, 60);
        assert!((59..=61).contains(&reel.elapsed()));
        for _ in 0..9 {
            reel.faster();
        }
        assert_eq!(reel.speed(), 8.0);
        let before = reel.elapsed();
        run(&mut reel, 60);
        assert!((478..=482).contains(&(reel.elapsed() - before)));
        for _ in 0..9 {
            reel.slower();
        }
        assert_eq!(reel.speed(), 0.25);
        let before = reel.elapsed();
        run(&mut reel, 80);
        assert!((19..=21).contains(&(reel.elapsed() - before)));
    }

    #[test]
    fn what_happens_is_told_while_it_runs_and_not_while_seeking() {
        let mut told = reel(6_000);
        // The game tells of every second.
        assert!(run(&mut told, 300) >= 4);
        let mut sought = reel(6_000);
        sought.skip(5);
        assert_eq!(run(&mut sought, 1), 0);
        assert_eq!(sought.elapsed(), 300);
    }

    #[test]
    fn a_pause_holds_the_moment() {
        let mut reel = reel(600);
        run(&mut reel, 30);
        reel.toggle();
        let (at, part) = (reel.elapsed(), reel.part());
        run(&mut reel, 100);
        assert_eq!((reel.elapsed(), reel.part()), (at, part));
        assert!(!reel.is_running());
        // One may look around meanwhile.
        reel.skip(2);
        run(&mut reel, 2);
        assert_eq!(reel.elapsed(), at + 120);
        reel.toggle();
        run(&mut reel, 30);
        assert!(reel.elapsed() > at + 120);
    }

    #[test]
    fn a_picture_that_comes_late_costs_bounded_steps() {
        let mut reel = reel(6_000);
        reel.advance(1_000.0);
        assert_eq!(reel.elapsed(), MAX_STEPS);
        reel.advance(f32::NAN);
        reel.advance(-1.0);
        assert_eq!(reel.elapsed(), MAX_STEPS);
    }

    #[test]
    fn a_far_seek_takes_several_pictures_and_shows_where_it_leads() {
        let length = 3 * MAX_SEEK_STEPS;
        let mut reel = reel(length);
        reel.seek(1.0);
        assert_eq!((reel.elapsed(), reel.progress()), (length, 1.0));
        run(&mut reel, 1);
        assert_eq!(reel.film.frame(), MAX_SEEK_STEPS);
        run(&mut reel, 2);
        assert_eq!(reel.film.frame(), length);
        reel.seek(0.5);
        run(&mut reel, 1);
        assert_eq!(reel.film.frame(), length / 2);
    }

    #[test]
    fn seeks_end_at_both_ends() {
        let mut reel = reel(100);
        reel.skip(-5);
        run(&mut reel, 1);
        assert_eq!(reel.elapsed(), 0);
        reel.skip(i32::MAX);
        run(&mut reel, 1);
        assert_eq!(reel.elapsed(), 100);
        reel.seek(f32::NAN);
        run(&mut reel, 1);
        assert_eq!(reel.elapsed(), 0);
    }

    #[test]
    fn it_stops_at_the_end_and_begins_again() {
        let mut reel = reel(30);
        run(&mut reel, 100);
        assert!(!reel.is_running());
        assert_eq!((reel.elapsed(), reel.part()), (30, 1.0));
        reel.toggle();
        assert!(reel.is_running());
        run(&mut reel, 2);
        assert!(reel.elapsed() < 5);
    }

    #[test]
    fn seats_are_named_as_they_change_hands() {
        let mut reel = reel(600);
        assert_eq!((reel.name(0), reel.name(1)), (Some("Ada"), None));
        reel.seek(1.0);
        run(&mut reel, 1);
        assert_eq!((reel.name(0), reel.name(1)), (Some("Ada"), Some("Grace")));
        assert_eq!(reel.name(2), None);
    }

    #[test]
    fn an_empty_replay_is_over_at_once() {
        let mut reel = reel(0);
        run(&mut reel, 3);
        reel.toggle();
        run(&mut reel, 3);
        assert_eq!(
            (reel.elapsed(), reel.length(), reel.progress()),
            (0, 0, 0.0)
        );
        assert_eq!(reel.name(0), None);
    }
}
