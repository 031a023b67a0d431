//! The whole game as a plain value, and the step that takes it on.

use crate::{
    checksum::Checksum,
    demo::{
        arena::Arena,
        bot::{self, Bots},
        disc::Disc,
        event::{Event, EventCounts, EventKind, Reporter},
        flow::{Flow, Phase, Turn},
        input::Input,
        physics::{self, Body, Ground},
        settings::{Ball, Settings},
        tally::{Figures, Goal, Tally},
        team::Team,
    },
    rng::{Rng, mix},
    vec2::Vec2,
};
use protocol::{Driver, Seat, Simulation, limits::MAX_SEATS, simulation::salt};
use serde::{Deserialize, Serialize};

/// Counts the changes of the rules: whatever changes a golden checksum raises it.
pub const RULES_VERSION: u64 = 4;

/// A match at one moment. It has no heap, and is [`Copy`] so that compilers clone it by a single
/// copy of memory: field by field takes twice as long, and rollback does it in each step.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct World {
    #[serde(deserialize_with = "Settings::deserialize_clamped")]
    settings: Settings,
    frame: u32,
    rng: Rng,
    pub(crate) flow: Flow,
    pub(crate) ball: Body,
    /// Those past the match's seats stay as they began.
    pub(crate) discs: [Disc; MAX_SEATS],
    /// The seat that touched or kicked the ball last since the kick-off.
    last_touch: Option<u8>,
    line_ups: u32,
    counts: EventCounts,
    tally: Tally,
}

impl World {
    /// Seats in this match.
    pub fn seat_count(&self) -> usize {
        // Never more than there are discs: settings are clamped when made and when decoded.
        usize::from(self.settings.seats)
    }

    /// The settings that this match is played by.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The arena that this match is played in.
    pub fn arena(&self) -> &'static Arena {
        self.settings.arena.arena()
    }

    /// Steps since world 0.
    pub fn frame(&self) -> u32 {
        self.frame
    }

    /// The ball.
    pub fn ball(&self) -> Body {
        self.ball
    }

    /// The discs of the match's seats, by seat.
    pub fn discs(&self) -> &[Disc] {
        &self.discs[..self.seat_count()]
    }

    /// What part of the match it is.
    pub fn phase(&self) -> Phase {
        self.flow.phase
    }

    /// The goals of the left and the right team.
    pub fn score(&self) -> [u8; 2] {
        self.flow.score
    }

    /// Steps of play that are left on the clock, of regular time or of golden goal.
    pub fn clock(&self) -> u32 {
        self.flow.clock
    }

    /// Whether the next goal wins.
    pub fn is_golden_goal(&self) -> bool {
        self.flow.golden_goal
    }

    /// Who won: none while the match is not over, and at a draw.
    pub fn winner(&self) -> Option<Team> {
        match self.flow.phase {
            Phase::Over { winner } => winner,
            _ => None,
        }
    }

    /// The seat that touched the ball last since the kick-off, and before a goal: its scorer, or that
    /// of an own goal.
    pub fn last_touch(&self) -> Option<usize> {
        self.last_touch
            .map(usize::from)
            .filter(|seat| *seat < self.seat_count())
    }

    /// How often everybody was put on their places. Between two worlds that differ in this, bodies
    /// have jumped: a picture must not interpolate.
    pub fn line_ups(&self) -> u32 {
        self.line_ups
    }

    /// What a seat has done until now; nothing for one that is not in this match.
    pub fn figures(&self, seat: usize) -> Figures {
        self.tally
            .figures(seat, self.counts.of(EventKind::Kick, seat))
    }

    /// The newest goal, if there was one.
    pub fn last_goal(&self) -> Option<Goal> {
        self.tally.last_goal()
    }

    /// What each seat does in this step.
    fn inputs(&self, seats: &[Seat<Input>]) -> [Input; MAX_SEATS] {
        let mut inputs = [Input::default(); MAX_SEATS];
        if matches!(self.flow.phase, Phase::Over { .. }) {
            return inputs;
        }
        let mut bots = None;
        for (index, (input, seat)) in inputs
            .iter_mut()
            .zip(seats)
            .take(self.seat_count())
            .enumerate()
        {
            *input = match seat.driver {
                Driver::Peer => seat.input,
                Driver::Bot => {
                    let is_bot =
                        |seat: usize| seats.get(seat).is_none_or(|s| s.driver == Driver::Bot);
                    bots.get_or_insert_with(|| Bots::new(self, is_bot))
                        .input(index)
                }
            };
        }
        inputs
    }

    fn line_up(&mut self) {
        self.ball = Body::resting(Vec2::ZERO);
        let arena = self.arena();
        for (seat, disc) in self.discs.iter_mut().enumerate() {
            disc.line_up(arena.kick_off_place(seat));
        }
        self.last_touch = None;
        self.tally.line_up();
        self.line_ups = self.line_ups.wrapping_add(1);
    }

    /// Kicks and moves. The bodies stand still at a kick-off, but buttons can be held already.
    fn move_bodies(&mut self, inputs: &[Input; MAX_SEATS], events: &mut Vec<Event>) {
        let seats = self.seat_count();
        let discs = &mut self.discs[..seats];
        let reporter = &mut Reporter {
            counts: &mut self.counts,
            events,
        };
        let standing = matches!(self.flow.phase, Phase::KickOff { .. });
        for (seat, (disc, input)) in discs.iter_mut().zip(inputs).enumerate() {
            disc.handle_kick_button(*input);
            if standing {
                disc.remember_buttons(*input);
            } else {
                disc.accelerate(seat, *input, self.settings.dash, reporter);
            }
        }
        if standing {
            return;
        }
        let weight = self.settings.ball;
        let kicked = kick_ball(&mut self.ball, weight, discs, reporter);
        let ground = Ground {
            arena: self.settings.arena.arena(),
            ball_inverse_mass: weight.inverse_mass(),
        };
        let touched = physics::advance(&ground, &mut self.ball, discs, reporter);
        // Who scored is told while the goal is celebrated, with the ball in everybody's way.
        if let Some(seat) = touched.or(kicked)
            && matches!(self.flow.phase, Phase::Play)
        {
            self.last_touch = Some(seat as u8);
        }
        if self.flow.phase == Phase::Play
            && let Some(seat) = self.last_touch
        {
            self.tally.possess(seat);
            if touched.or(kicked).is_some() {
                self.tally.touch(seat, ground.arena, self.ball);
            }
        }
    }

    fn count_goals(&mut self, events: &mut Vec<Event>) {
        let Body { position, velocity } = self.ball;
        if let Some(team) = self.arena().scorer(position)
            && self.flow.score_goal(team)
        {
            self.tally.score(team, self.last_touch);
            Reporter {
                counts: &mut self.counts,
                events,
            }
            .report(EventKind::Goal, team.index(), position, velocity.length());
        }
    }

    fn advance_flow(&mut self, events: &mut Vec<Event>) {
        let turn = self.flow.advance(&self.settings);
        let (kind, subject) = match turn {
            Turn::Nothing => return,
            Turn::LineUp => return self.line_up(),
            Turn::Whistle => (EventKind::Whistle, 0),
            Turn::GoldenGoal => {
                self.line_up();
                (EventKind::GoldenGoal, 0)
            }
            Turn::Over => (EventKind::Over, self.winner().map_or(2, Team::index)),
        };
        let at = self.ball.position;
        Reporter {
            counts: &mut self.counts,
            events,
        }
        .report(kind, subject, at, 0.0);
    }
}

/// Lets every due kick act on the ball. Returns the last seat that kicked.
///
/// All kicks see the ball at the same place, and those of a pair of opponents are added before
/// they are applied, which keeps the symmetry as in [`physics`].
fn kick_ball(
    ball: &mut Body,
    weight: Ball,
    discs: &mut [Disc],
    reporter: &mut Reporter<'_>,
) -> Option<usize> {
    let mut kicked = None;
    for (pair_index, pair) in discs.chunks_mut(2).enumerate() {
        let mut added = Vec2::ZERO;
        for (place, disc) in pair.iter_mut().enumerate() {
            if let Some(velocity) = disc.kick(ball.position) {
                let velocity = velocity * weight.kick_part();
                added += velocity;
                let seat = pair_index * 2 + place;
                kicked = Some(seat);
                reporter.report(EventKind::Kick, seat, ball.position, velocity.length());
            }
        }
        ball.velocity += added;
    }
    kicked
}

impl Simulation for World {
    const FINGERPRINT: u64 = mix(salt(protocol::name!()) ^ RULES_VERSION);
    type Input = Input;
    type Settings = Settings;
    type Event = Event;

    fn seats(settings: &Settings) -> usize {
        usize::from(settings.clamped().seats)
    }

    fn new(settings: &Settings, seed: u64) -> Self {
        let settings = settings.clamped();
        Self {
            frame: 0,
            rng: Rng::new(seed),
            flow: Flow::new(&settings),
            ball: Body::resting(Vec2::ZERO),
            discs: std::array::from_fn(|seat| {
                Disc::new(settings.arena.arena().kick_off_place(seat))
            }),
            last_touch: None,
            line_ups: 0,
            counts: EventCounts::default(),
            tally: Tally::default(),
            settings,
        }
    }

    fn step(&mut self, seats: &[Seat<Input>], events: &mut Vec<Event>) {
        if self.frame.is_multiple_of(bot::WHIM_STEPS) {
            bot::draw_whims(&mut self.discs, &mut self.rng);
        }
        let inputs = self.inputs(seats);
        self.move_bodies(&inputs, events);
        self.count_goals(events);
        self.advance_flow(events);
        self.frame = self.frame.wrapping_add(1);
    }

    fn checksum(&self) -> u64 {
        // Named one by one, so that a new field cannot be forgotten.
        let Self {
            settings,
            frame,
            rng,
            flow,
            ball,
            discs,
            last_touch,
            line_ups,
            counts,
            tally,
        } = self;
        let mut checksum = Checksum::new();
        settings.hash_into(&mut checksum);
        checksum.word(u64::from(*frame));
        checksum.word(rng.state());
        flow.hash_into(&mut checksum);
        ball.hash_into(&mut checksum);
        discs.iter().for_each(|disc| disc.hash_into(&mut checksum));
        checksum.word(last_touch.map_or(u64::MAX, u64::from));
        checksum.word(u64::from(*line_ups));
        counts
            .iter()
            .for_each(|count| checksum.word(u64::from(count)));
        tally.hash_into(&mut checksum);
        checksum.finish()
    }

    fn is_over(&self) -> bool {
        matches!(self.flow.phase, Phase::Over { .. })
    }
}
