//! The rules: a light appears somewhere, and who is there first scores.

use protocol::{Driver, Seat, Simulation, limits::MAX_SEATS, simulation::salt};
use serde::{Deserialize, Serialize};
use sim::{Vec2, checksum::Checksum, rng::Rng, vec2::within};

/// Half of the field's width and height, in metres.
pub const FIELD: Vec2 = Vec2::new(8.0, 4.5);
/// How near a light is caught, in metres.
pub const REACH: f32 = 0.5;
const GOAL: u8 = 9;
/// The speed that full thrust adds, in metres a step, and the part of it that a step leaves.
const THRUST: f32 = 0.007;
const GLIDE: f32 = 0.95;

/// Where a player steers to, in 127ths of full thrust. Any bytes are a valid input.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Input(pub i8, pub i8);

/// How many play, bots included. Whatever was decoded, a world keeps to its bounds.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Settings(pub u8);

/// The settings of a match of so many players, while nobody has chosen others.
pub fn settings(players: usize) -> Settings {
    Settings(players.clamp(2, MAX_SEATS) as u8)
}

/// This seat caught a light, its so many-th.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Caught(pub usize, u8);

impl protocol::Event for Caught {
    fn key(&self) -> u64 {
        (self.0 as u64) << 8 | u64::from(self.1)
    }

    /// Another player's input that comes late may still take it away: it is told when it is sure.
    fn waits_for_confirmation(&self) -> bool {
        true
    }
}

/// A seat's player.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Player {
    /// In metres from the middle.
    pub place: Vec2,
    speed: Vec2,
    /// The lights that it caught.
    pub score: u8,
}

/// A match at one moment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct World {
    settings: Settings,
    rng: Rng,
    /// Where it is, in metres from the middle.
    pub light: Vec2,
    players: [Player; MAX_SEATS],
}

/// What a bot does: it steers to the light, slower than people can.
pub fn autopilot(world: &World, seat: usize) -> Input {
    let way = world.light - world.players[seat].place;
    let Vec2 { x, y } = way.direction().unwrap_or_default() * 90.0;
    Input(x as i8, y as i8)
}

impl World {
    /// Of each seat.
    pub fn players(&self) -> &[Player] {
        &self.players[..Self::seats(&self.settings)]
    }
}

impl Simulation for World {
    /// Raised with every change of the rules: peers of other rules never meet.
    const FINGERPRINT: u64 = salt(concat!(protocol::name!(), " scramble 1"));
    type Input = Input;
    type Settings = Settings;
    type Event = Caught;

    fn seats(settings: &Settings) -> usize {
        usize::from(settings.0).clamp(2, MAX_SEATS)
    }

    fn new(settings: &Settings, seed: u64) -> Self {
        Self {
            settings: *settings,
            rng: Rng::new(seed),
            light: Vec2::ZERO,
            players: std::array::from_fn(|seat| Player {
                place: Vec2::new(2.0 * seat as f32 - 7.0, 3.0),
                ..Player::default()
            }),
        }
    }

    fn step(&mut self, seats: &[Seat<Input>], events: &mut Vec<Caught>) {
        for (index, seat) in seats.iter().enumerate().take(self.players().len()) {
            let Input(x, y) = match seat.driver {
                Driver::Peer => seat.input,
                Driver::Bot => autopilot(self, index),
            };
            let thrust = Vec2::new(x.into(), y.into()).clamped(127.0) * (THRUST / 127.0);
            let player = &mut self.players[index];
            player.speed = (player.speed + thrust) * GLIDE;
            let Vec2 { x, y } = player.place + player.speed;
            player.place = Vec2::new(within(x, FIELD.x), within(y, FIELD.y));
            if (player.place - self.light).length() < REACH && !self.is_over() {
                self.players[index].score += 1;
                events.push(Caught(index, self.players[index].score));
                let [a, b, c, d, ..] = self.rng.next_u64().to_le_bytes();
                let part = |low, high| f32::from(i16::from_le_bytes([low, high])) / 32_768.0;
                self.light = Vec2::new(FIELD.x * part(a, b), FIELD.y * part(c, d));
            }
        }
    }

    fn checksum(&self) -> u64 {
        let mut sum = Checksum::new();
        sum.word(self.settings.0.into());
        sum.word(self.rng.state());
        sum.vector(self.light);
        for player in &self.players {
            sum.vector(player.place);
            sum.vector(player.speed);
            sum.word(player.score.into());
        }
        sum.finish()
    }

    fn is_over(&self) -> bool {
        self.players.iter().any(|player| player.score >= GOAL)
    }
}

#[test]
fn bots_finish_a_match_and_its_copies_go_the_same_way() {
    let mut world = World::new(&settings(3), 7);
    while !world.is_over() {
        let mut copy: World = postcard::from_bytes(&postcard::to_stdvec(&world).unwrap()).unwrap();
        for world in [&mut copy, &mut world] {
            world.step(&[Seat::default(); 3], &mut Vec::new());
        }
        assert_eq!(copy.checksum(), world.checksum());
    }
}
