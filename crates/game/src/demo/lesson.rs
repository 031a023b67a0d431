//! The first lesson: to move, to kick, to dash and to score. Each step waits until the player has
//! done it, in an ordinary match of practice against a bot that steps aside.

use super::{
    Shown,
    text::{self, Taught},
};
use bevy::prelude::*;
use game::{contract::Teaching, preferences::Preferences, scene::Seen, touch::Device};
use protocol::Frame;
use sim::demo::{ArenaKind, Event, EventKind, Level, Phase, Settings, Team, World, disc};

pub(super) fn plugin(app: &mut App) {
    app.add_observer(begin).add_systems(Update, learn);
}

/// The match of the lesson: small, so that the goal is near, and without an end.
pub fn settings() -> Settings {
    Settings {
        arena: ArenaKind::Small,
        bots: [Level::Idle; 2],
        goal_limit: 0,
        golden_goal_steps: 0,
        match_steps: Settings::MAX_MATCH_STEPS,
        ..Settings::for_seats(2)
    }
}

/// What the player learns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    /// To steer.
    Move,
    /// To hold the kick and to let go.
    Kick,
    /// To dash.
    Dash,
    /// To score.
    Score,
}

impl Step {
    /// All of them, in their order.
    const ALL: [Self; 4] = [Self::Move, Self::Kick, Self::Dash, Self::Score];

    /// The one after it.
    fn next(self) -> Option<Self> {
        Self::ALL
            .into_iter()
            .skip_while(|step| *step != self)
            .nth(1)
    }
}

/// Metres that the player has to go.
const WAY: f32 = 6.0;

/// The speed of a kick that was held long enough, in m/s: charged by half.
const STRONG: f32 = (disc::MIN_KICK_SPEED + disc::MAX_KICK_SPEED) / 2.0;

/// How long a deed is praised, and the last one.
const PRAISE_SECONDS: f32 = 1.2;
const FAREWELL_SECONDS: f32 = 3.5;

/// How far the player of a scene has come.
#[derive(Component, Clone, Debug, PartialEq)]
struct Lesson {
    step: Step,
    /// While what was done is praised: how long still.
    praise: Option<f32>,
    /// Metres that the disc has gone by itself.
    way: f32,
    /// Whether a kick was let go too early.
    was_weak: bool,
}

impl Default for Lesson {
    fn default() -> Self {
        Self {
            step: Step::Move,
            praise: None,
            way: 0.0,
            was_weak: false,
        }
    }
}

/// What the lesson says now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Say {
    /// What to do.
    Do(Step),
    /// Nearly.
    HoldLonger,
    /// Done.
    Praise,
    /// All is done.
    Farewell,
}

impl Lesson {
    /// Takes in what happened to this seat within so many seconds. Says whether the lesson goes on.
    fn watch(
        &mut self,
        world: &World,
        seat: usize,
        events: &[(Frame, Event)],
        seconds: f32,
    ) -> bool {
        if let Some(left) = &mut self.praise {
            *left -= seconds;
            if *left <= 0.0 {
                let Some(next) = self.step.next() else {
                    return false;
                };
                (self.step, self.praise) = (next, None);
            }
            return true;
        }
        if self.is_done(world, seat, events, seconds) {
            self.praise = Some(match self.step.next() {
                Some(_) => PRAISE_SECONDS,
                None => FAREWELL_SECONDS,
            });
        }
        true
    }

    fn is_done(
        &mut self,
        world: &World,
        seat: usize,
        events: &[(Frame, Event)],
        seconds: f32,
    ) -> bool {
        let mut mine = events
            .iter()
            .map(|(_, event)| event)
            .filter(|event| usize::from(event.subject) == seat);
        match self.step {
            Step::Move => {
                let speed = world
                    .discs()
                    .get(seat)
                    .map(|disc| disc.body().velocity.length());
                if world.phase() == Phase::Play {
                    // A picture that came late tells no more than a tenth of a second.
                    self.way += speed.unwrap_or_default() * seconds.min(0.1);
                }
                self.way >= WAY
            }
            Step::Kick => {
                let kicks: Vec<f32> = mine
                    .filter(|event| event.kind == EventKind::Kick)
                    .map(|event| event.strength)
                    .collect();
                let is_strong = kicks.iter().any(|speed| *speed >= STRONG);
                self.was_weak |= !kicks.is_empty() && !is_strong;
                is_strong
            }
            Step::Dash => mine.any(|event| event.kind == EventKind::Dash),
            Step::Score => events.iter().any(|(_, event)| {
                event.kind == EventKind::Goal && event.team() == Some(Team::of_seat(seat))
            }),
        }
    }

    fn says(&self) -> Say {
        match (self.praise, self.step, self.was_weak) {
            (Some(_), Step::Score, _) => Say::Farewell,
            (Some(_), ..) => Say::Praise,
            (None, Step::Kick, true) => Say::HoldLonger,
            (None, step, _) => Say::Do(step),
        }
    }
}

fn begin(added: On<Add, Teaching>, mut commands: Commands) {
    commands.entity(added.entity).insert(Lesson::default());
}

fn learn(
    time: Res<Time>,
    gamepads: Query<(), With<Gamepad>>,
    device: Res<Device>,
    preferences: Res<Preferences>,
    mut scenes: Query<(&Shown, &Seen, &mut Lesson, &mut Teaching)>,
) {
    let words = &text::of(preferences.language).taught;
    let device = told_for(*device, !gamepads.is_empty());
    for (shown, seen, mut lesson, mut teaching) in &mut scenes {
        let (Some(world), Some(seat)) = (shown.world(), seen.0.my_seat) else {
            continue;
        };
        let goes_on = lesson.watch(world, seat, &shown.events, time.delta_secs());
        let says = lesson.says();
        teaching.set_if_neq(Teaching {
            step: lesson.step as usize,
            steps: Step::ALL.len(),
            words: sentence(says, words, device),
            is_praise: matches!(says, Say::Praise | Say::Farewell),
            is_over: !goes_on,
        });
    }
}

/// The place in a list of words for whoever used this device last: with keys, with a gamepad, with
/// fingers. A gamepad that is there is meant to be played with, also before it is touched.
fn told_for(device: Device, has_gamepad: bool) -> usize {
    match (device, has_gamepad) {
        (Device::Touch, _) => 2,
        (Device::Gamepad, _) | (_, true) => 1,
        (Device::Keyboard | Device::Mouse, false) => 0,
    }
}

/// What is said; `device` is a place of [`told_for`].
fn sentence(say: Say, words: &Taught, device: usize) -> &'static str {
    match say {
        Say::Do(Step::Move) => words.moving[device],
        Say::Do(Step::Kick) => words.kicking[device],
        Say::Do(Step::Dash) => words.dashing[device],
        Say::Do(Step::Score) => words.scoring,
        Say::HoldLonger => words.hold_longer[device],
        Say::Praise => words.praise,
        Say::Farewell => words.farewell,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use game::preferences::Language;
    use protocol::{Driver, Seat, Simulation, limits::STEPS_PER_SECOND};
    use sim::demo::Input;

    const PICTURE: f32 = 1.0 / STEPS_PER_SECOND as f32;

    /// A player who learns: a match, and the lesson that watches it step by step.
    struct Pupil {
        world: World,
        lesson: Lesson,
    }

    impl Pupil {
        fn new() -> Self {
            Self {
                world: World::new(&settings(), 1),
                lesson: Lesson::default(),
            }
        }

        /// Plays a step, and says whether the lesson goes on.
        fn step(&mut self, input: Input) -> bool {
            let mut events = Vec::new();
            let me = Seat {
                input,
                driver: Driver::Peer,
            };
            self.world.step(&[me, Seat::default()], &mut events);
            let events: Vec<_> = events.into_iter().map(|event| (0, event)).collect();
            self.lesson.watch(&self.world, 0, &events, PICTURE)
        }

        /// Plays until the lesson says this, or for a minute.
        fn until(&mut self, say: Say, mut play: impl FnMut(&World) -> Input) {
            for _ in 0..60 * STEPS_PER_SECOND {
                if self.lesson.says() == say {
                    return;
                }
                let input = play(&self.world);
                assert!(self.step(input), "it is over");
            }
            panic!("{say:?} never came: {:?}", self.lesson);
        }
    }

    fn idle(_: &World) -> Input {
        Input::default()
    }

    /// Drives into the ball, and kicks it when it is near, after so many steps of holding.
    fn shoot(held: u32) -> impl FnMut(&World) -> Input {
        let mut steps = 0;
        move |world| {
            let me = world.discs()[0].body().position;
            let way = world.ball().position - me;
            let is_near = way.length() < 1.3;
            if is_near || steps > 0 {
                steps += 1;
            }
            if steps > held {
                steps = 0;
            }
            let slow = if is_near { 0.2 } else { 1.0 };
            Input::new(way.x * slow, way.y * slow, steps > 0, false)
        }
    }

    /// Goes round the ball, and drives it into the right goal.
    fn attack(world: &World) -> Input {
        let ball = world.ball().position;
        let goal = sim::Vec2::new(world.arena().half_length + 1.0, 0.0);
        let ahead = (goal - ball).direction().unwrap();
        let way = ball - world.discs()[0].body().position;
        let is_behind = way.dot(ahead) > 0.9 * way.length();
        let aside = sim::Vec2::new(-ahead.y, ahead.x);
        let towards = match is_behind {
            true => way,
            // To behind it, and on the way there not through it.
            false if way.dot(ahead) < 0.5 => way - ahead * 2.0 + aside * 1.5,
            false => way - ahead * 2.0,
        };
        Input::new(towards.x, towards.y, false, false)
    }

    #[test]
    fn each_step_waits_for_the_deed_and_praises_it() {
        let mut pupil = Pupil::new();
        for _ in 0..10 * STEPS_PER_SECOND {
            assert!(pupil.step(Input::default()));
        }
        assert_eq!(pupil.lesson.says(), Say::Do(Step::Move), "nothing was done");
        pupil.until(Say::Praise, |_| Input::new(-0.3, 1.0, false, true));
        pupil.until(Say::Do(Step::Kick), idle);
        pupil.until(Say::HoldLonger, shoot(2));
        pupil.until(Say::Praise, shoot(30));
        pupil.until(Say::Do(Step::Dash), idle);
        pupil.until(Say::Praise, |world| {
            Input::new(-1.0, 0.0, false, world.frame() % 2 == 0)
        });
        pupil.until(Say::Do(Step::Score), idle);
        pupil.until(Say::Farewell, attack);
        let goes_on = (0..10 * STEPS_PER_SECOND).all(|_| pupil.step(Input::default()));
        assert!(!goes_on, "it ends by itself");
    }

    #[test]
    fn an_own_goal_and_the_others_deeds_teach_nothing() {
        let event = |kind, subject| Event {
            kind,
            subject,
            count: 0,
            at: sim::Vec2::ZERO,
            strength: 99.0,
        };
        let world = World::new(&settings(), 1);
        for (step, kind, theirs, mine) in [
            (Step::Kick, EventKind::Kick, 1, 0),
            (Step::Dash, EventKind::Dash, 1, 0),
            (Step::Score, EventKind::Goal, 1, 0),
        ] {
            let mut lesson = Lesson {
                step,
                ..Lesson::default()
            };
            lesson.watch(&world, 0, &[(1, event(kind, theirs))], PICTURE);
            assert_eq!(lesson.praise, None, "{step:?}");
            lesson.watch(&world, 0, &[(1, event(kind, mine))], PICTURE);
            assert!(lesson.praise.is_some(), "{step:?}");
        }
    }

    #[test]
    fn the_words_are_those_of_the_device_that_was_used_last() {
        let told = |device| [false, true].map(|has_gamepad| told_for(device, has_gamepad));
        assert_eq!(told(Device::Keyboard), [0, 1]);
        assert_eq!(told(Device::Mouse), [0, 1]);
        assert_eq!(told(Device::Gamepad), [1, 1]);
        assert_eq!(told(Device::Touch), [2, 2]);
    }

    #[test]
    fn every_step_is_told_for_each_device_and_in_each_language() {
        let mut all = Vec::new();
        for language in [Language::English, Language::German] {
            let words = &text::of(language).taught;
            let says = Step::ALL.map(Say::Do).into_iter().chain([Say::HoldLonger]);
            for say in says {
                let told = [0, 1, 2].map(|device| sentence(say, words, device));
                let is_one = told[0] == told[1] && told[1] == told[2];
                let are_three = told[0] != told[1] && told[1] != told[2] && told[0] != told[2];
                let is_for_all = say == Say::Do(Step::Score);
                assert!(if is_for_all { is_one } else { are_three }, "{told:?}");
                assert!(!all.contains(&told), "{told:?}");
                all.push(told);
            }
        }
    }
}
