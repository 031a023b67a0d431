//! Matches of the real rules, played by autopilots and recorded; and rules that go wrong on
//! purpose.

use netplay::replay::Recorder;
use protocol::{Driver, Frame, Seat, Simulation};
use serde::{Deserialize, Serialize};
use sim::demo::{Input, Settings, World};

/// The rules, but at the step of frame `AT` one field of the world comes out wrong: a peer whose
/// build or machine has a fault. It calls itself the same.
#[derive(Clone, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Faulty<const AT: Frame>(World);

/// The field that goes wrong.
pub const FAULT: &str = "discs[2].body.velocity[0]";

impl<const AT: Frame> Simulation for Faulty<AT> {
    const FINGERPRINT: u64 = World::FINGERPRINT;
    type Input = Input;
    type Settings = Settings;
    type Event = sim::demo::Event;

    fn seats(settings: &Settings) -> usize {
        World::seats(settings)
    }

    fn new(settings: &Settings, seed: u64) -> Self {
        Self(World::new(settings, seed))
    }

    fn step(&mut self, seats: &[Seat<Input>], events: &mut Vec<sim::demo::Event>) {
        self.0.step(seats, events);
        if self.0.frame() == AT + 1 {
            let mut fields = serde_json::to_value(self.0).unwrap();
            let field = &mut fields["discs"][2]["body"]["velocity"][0];
            *field = (field.as_f64().unwrap() + 0.25).into();
            self.0 = serde_json::from_value(fields).unwrap();
        }
    }

    fn checksum(&self) -> u64 {
        self.0.checksum()
    }

    fn is_over(&self) -> bool {
        self.0.is_over()
    }
}

/// Rules whose world is the game's.
pub trait Rules: Simulation<Input = Input, Settings = Settings> {
    fn world(&self) -> &World;
}

impl Rules for World {
    fn world(&self) -> &World {
        self
    }
}

impl<const AT: Frame> Rules for Faulty<AT> {
    fn world(&self) -> &World {
        &self.0
    }
}

/// A match that runs and is recorded.
pub struct Match<S: Simulation> {
    pub recorder: Recorder<S>,
    pub world: S,
    /// All worlds so far, by number.
    pub worlds: Vec<S>,
    /// Each how many frames the recorder is shown a world.
    pub see_each: Frame,
}

pub const SEED: u64 = 7;

/// Three minutes, whatever the score.
pub fn settings(seats: u8) -> Settings {
    Settings {
        goal_limit: 0,
        golden_goal_steps: 0,
        ..Settings::for_seats(seats)
    }
}

pub fn word(input: Input) -> u32 {
    let mut bytes = [0; 4];
    postcard::to_slice(&input, &mut bytes).unwrap();
    u32::from_le_bytes(bytes)
}

/// A bot has seat 1 for two seconds from the third on.
pub fn bot_has(seat: usize, frame: Frame) -> bool {
    seat == 1 && (120..240).contains(&frame)
}

impl<S: Rules> Match<S> {
    pub fn new(seats: u8) -> Self {
        let settings = settings(seats);
        let world = S::new(&settings, SEED);
        let mut recorder = Recorder::new(SEED, &settings).unwrap();
        for seat in 0..usize::from(seats) {
            recorder.seated(0, seat, &format!("Player {seat}"));
        }
        recorder.checksum(0, world.checksum());
        Self {
            recorder,
            worlds: vec![world.clone()],
            world,
            see_each: 1,
        }
    }

    /// A match of so many frames.
    pub fn of(seats: u8, frames: Frame) -> Self {
        let mut played = Self::new(seats);
        played.play(frames);
        played
    }

    /// Plays on by autopilots.
    pub fn play(&mut self, frames: Frame) {
        let seats = self.world.world().seat_count();
        for _ in 0..frames {
            let world = self.world.world();
            let frame = world.frame();
            let inputs: Vec<Input> = (0..seats)
                .map(|seat| match bot_has(seat, frame) {
                    true => Input::default(),
                    false => sim::demo::autopilot(world, seat),
                })
                .collect();
            self.step(&inputs);
        }
    }

    /// Makes one step with these inputs, and records it as a session does.
    pub fn step(&mut self, inputs: &[Input]) {
        let frame = self.world.world().frame();
        let seats: Vec<Seat<Input>> = inputs
            .iter()
            .enumerate()
            .map(|(seat, input)| Seat {
                input: *input,
                driver: match bot_has(seat, frame) {
                    true => Driver::Bot,
                    false => Driver::Peer,
                },
            })
            .collect();
        self.world.step(&seats, &mut Vec::new());
        let words: Vec<u32> = inputs.iter().copied().map(word).collect();
        let driven = seats.iter().enumerate();
        let peers = driven.fold(0, |bits, (seat, s)| {
            bits | u8::from(s.driver == Driver::Peer) << seat
        });
        self.recorder.push(frame, &words, peers).unwrap();
        self.recorder.checksum(frame + 1, self.world.checksum());
        if (frame + 1).is_multiple_of(self.see_each) {
            self.recorder.see(frame + 1, &self.world);
        }
        self.worlds.push(self.world.clone());
    }
}
