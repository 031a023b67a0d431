//! The clock of a replay that is watched: when to step, how fast, and where to.

use netplay::replay::Playback;
use protocol::{Frame, Simulation, limits::STEPS_PER_SECOND};

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

/// A replay with its clock. It shows a moment between the playback's two worlds.
pub struct Reel<S: Simulation> {
    playback: Playback<S>,
    is_paused: bool,
    /// The place in [`SPEEDS`].
    speed: usize,
    /// How far from the previous world to the current one, from 0 to 1.
    part: f32,
    /// Where a seek leads that is under way.
    wanted: Option<Frame>,
}

impl<S: Simulation> Reel<S> {
    /// Runs a replay from its beginning.
    pub fn new(playback: Playback<S>) -> Self {
        Self {
            playback,
            is_paused: false,
            speed: LIFE,
            part: 1.0,
            wanted: None,
        }
    }

    /// The worlds that are shown.
    pub fn playback(&self) -> &Playback<S> {
        &self.playback
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
        self.frame() - self.playback.replay().start()
    }

    /// Steps of the whole replay.
    pub fn length(&self) -> u32 {
        let replay = self.playback.replay();
        replay.end() - replay.start()
    }

    /// How much of the replay is over, from 0 to 1.
    pub fn progress(&self) -> f32 {
        self.elapsed() as f32 / self.length().max(1) as f32
    }

    /// Who plays a seat at the moment that is shown; nobody where a bot does.
    pub fn name(&self, seat: usize) -> Option<&str> {
        let replay = self.playback.replay();
        // The step that led to the current world.
        let step = self.playback.frame().saturating_sub(1);
        replay.name(seat, step.max(replay.start()))
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
        self.seek_frame(i64::from(self.playback.replay().start()) + elapsed);
    }

    /// Lets `seconds` of the display's time pass, and adds what happens meanwhile to `events`.
    /// A seek tells of nothing.
    pub fn advance(&mut self, seconds: f32, events: &mut Vec<(Frame, S::Event)>) {
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
            let frame = self.playback.frame();
            let Some(happened) = self.playback.step() else {
                break;
            };
            events.extend(happened.iter().cloned().map(|event| (frame, event)));
        }
        if self.playback.is_at_end() {
            self.part = 1.0;
        }
    }

    /// The world that is shown or sought.
    fn frame(&self) -> Frame {
        self.wanted.unwrap_or(self.playback.frame())
    }

    fn is_over(&self) -> bool {
        self.wanted.is_none() && self.playback.is_at_end()
    }

    fn seek_frame(&mut self, frame: i64) {
        let replay = self.playback.replay();
        let (start, end) = (i64::from(replay.start()), i64::from(replay.end()));
        // Between two frame numbers, so it is one.
        self.wanted = Some(frame.clamp(start, end) as Frame);
    }

    /// Goes as far towards a world as one picture allows. Back it is never far: a keyframe lies
    /// closely before everything that was seen.
    fn approach(&mut self, wanted: Frame) {
        let furthest = self.playback.frame().saturating_add(MAX_SEEK_STEPS);
        self.playback.seek(wanted.min(furthest));
        self.part = 1.0;
        if wanted <= furthest {
            self.wanted = None;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use netplay::replay::{Recorder, Replay};
    use sim::{Settings, World as Match};

    /// Seconds of a picture.
    const PICTURE: f32 = 1.0 / 60.0;

    /// A match of so many steps in which nobody does anything; Ada has the first seat, from step
    /// 60 on Grace has the second.
    fn reel(steps: Frame) -> Reel<Match> {
        let mut recorder = Recorder::<Match>::new(7, &Settings::for_seats(2)).unwrap();
        recorder.seated(0, 0, "Ada");
        recorder.seated(60, 1, "Grace");
        for frame in 0..steps {
            let peers = if frame < 60 { 0b01 } else { 0b11 };
            recorder.push(frame, &[0, 0], peers).unwrap();
        }
        Reel::new(Playback::new(Replay::decode(&recorder.bytes()).unwrap()))
    }

    /// Runs for so many pictures, and gives the events.
    fn run(reel: &mut Reel<Match>, pictures: usize) -> usize {
        let mut events = Vec::new();
        for _ in 0..pictures {
            reel.advance(PICTURE, &mut events);
        }
        events.len()
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
        // The kick-off's whistle is in the first seconds.
        assert!(run(&mut told, 300) > 0);
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
        reel.advance(1_000.0, &mut Vec::new());
        assert_eq!(reel.elapsed(), MAX_STEPS);
        reel.advance(f32::NAN, &mut Vec::new());
        reel.advance(-1.0, &mut Vec::new());
        assert_eq!(reel.elapsed(), MAX_STEPS);
    }

    #[test]
    fn a_far_seek_takes_several_pictures_and_shows_where_it_leads() {
        let length = 3 * MAX_SEEK_STEPS;
        let mut reel = reel(length);
        reel.seek(1.0);
        assert_eq!((reel.elapsed(), reel.progress()), (length, 1.0));
        run(&mut reel, 1);
        assert_eq!(reel.playback().frame(), MAX_SEEK_STEPS);
        run(&mut reel, 2);
        assert_eq!(reel.playback().frame(), length);
        reel.seek(0.5);
        run(&mut reel, 1);
        assert_eq!(reel.playback().frame(), length / 2);
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
