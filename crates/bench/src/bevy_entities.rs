//! The reference as entities: the same discs under bevy_ggrs.
//!
//! Each disc and the ball is an entity with [`Position`] and [`Velocity`] that are rolled back, and
//! a disc also with its [`Player`] (charge, cool-down, whim). What is nobody's own (score, clock,
//! generator, counts) is a rolled-back resource, the [`Referee`]. It holds the rest of the world
//! as well, since the rules keep their fields to themselves: that costs bevy_ggrs the copy of some
//! 700 bytes in each snapshot, a hundredth of its frame. The step is the rules' own; then each
//! entity is given what became of it.
//!
//! It is timed twice. [`Checked`] has the components' checksums, and is what ours is held against:
//! our core always notices when peers drift apart, and bevy_ggrs does so only if it hashes in every
//! world that it saves, since it hashes while it saves, whatever is compared of it. [`Unchecked`]
//! does without, and shows what the entities alone cost. Favourable to
//! bevy_ggrs in both: only its own schedules run in a frame and nothing else of Bevy's, all on
//! single-threaded executors, no message is read or written, and the referee is not hashed.

use crate::{
    figures::{PARTS, Timed},
    ggrs_value::sync_test,
    scene::{self, LAP, PEERS, WARM_UP},
};
use bevy::{
    ecs::schedule::ScheduleLabel, platform::collections::HashMap, prelude::*, time::TimePlugin,
};
use bevy_ggrs::{LocalInputs, RollbackFrameCount, prelude::*};
use netplay::rollback::STEP;
use protocol::{Frame, Simulation};
use sim::{
    demo::{Disc, Event, Input},
    vec2::Vec2,
};
use std::{
    hash::{Hash, Hasher},
    time::{Duration, Instant},
};

type Config = GgrsConfig<Input>;

/// The centre, in metres.
#[derive(Component, Clone, Copy)]
struct Position(Vec2);

/// In metres a second.
#[derive(Component, Clone, Copy)]
struct Velocity(Vec2);

/// What a disc has besides.
#[derive(Component, Clone, Copy)]
struct Player(Disc);

fn hash_vector(vector: Vec2, state: &mut impl Hasher) {
    [vector.x.to_bits(), vector.y.to_bits()].hash(state);
}

impl Hash for Position {
    fn hash<H: Hasher>(&self, state: &mut H) {
        hash_vector(self.0, state);
    }
}

impl Hash for Velocity {
    fn hash<H: Hasher>(&self, state: &mut H) {
        hash_vector(self.0, state);
    }
}

impl Hash for Player {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (self.0.charge().to_bits(), self.0.dash_cooldown()).hash(state);
    }
}

/// The seat of a disc's entity; the ball's has none.
#[derive(Component, Clone, Copy)]
struct InSeat(usize);

/// What is no body's own.
#[derive(Resource, Clone)]
struct Referee(sim::World);

/// The one schedule of a frame.
#[derive(ScheduleLabel, Clone, Debug, PartialEq, Eq, Hash)]
struct Turn;

/// A Bevy world with a session that goes back and steps again in each frame.
pub struct Discs(App);

impl Discs {
    /// A match at its start, without checksums.
    pub fn new(seats: usize) -> Self {
        let mut app = App::new();
        app.add_plugins(TimePlugin)
            .init_schedule(Turn)
            .add_plugins(GgrsPlugin::<Config>::new(Turn))
            .insert_resource(RollbackFrameRate(60))
            .rollback_component_with_copy::<Position>()
            .rollback_component_with_copy::<Velocity>()
            .rollback_component_with_copy::<Player>()
            .rollback_resource_with_clone::<Referee>()
            .add_systems(ReadInputs, read_inputs)
            .add_systems(GgrsSchedule, step)
            .insert_resource(Session::SyncTest(sync_test::<Config>()));
        let world = scene::world(seats);
        let body =
            |body: sim::demo::Body| (Position(body.position), Velocity(body.velocity), Rollback);
        app.world_mut().spawn(body(world.ball()));
        for (seat, disc) in world.discs().iter().enumerate() {
            app.world_mut()
                .spawn((body(disc.body()), Player(*disc), InSeat(seat)));
        }
        app.insert_resource(Referee(world));
        Self(app)
    }

    /// The same with the components' checksums.
    pub fn checked(seats: usize) -> Self {
        let mut discs = Self::new(seats);
        discs
            .0
            .checksum_component_with_hash::<Position>()
            .checksum_component_with_hash::<Velocity>()
            .checksum_component_with_hash::<Player>();
        discs
    }

    /// Plays until this frame.
    pub fn play_to(&mut self, frame: Frame) {
        while self.frame() < frame {
            let world = self.0.world_mut();
            // bevy_ggrs steps by the time that has passed: exactly a step's.
            world.resource_mut::<Time>().advance_by(STEP);
            world.run_schedule(Turn);
        }
    }

    fn frame(&self) -> Frame {
        self.0.world().resource::<Referee>().0.frame()
    }

    /// The newest world, when every entity shows what is in it.
    pub fn world(&mut self) -> Option<sim::World> {
        let world = self.0.world_mut();
        let referee = world.resource::<Referee>().0;
        let mut bodies = world.query::<(Option<&InSeat>, &Position, &Velocity)>();
        let shown = bodies.iter(world).all(|(seat, position, velocity)| {
            let body = seat.map_or(referee.ball(), |seat| referee.discs()[seat.0].body());
            (position.0, velocity.0) == (body.position, body.velocity)
        });
        shown.then_some(referee)
    }
}

fn read_inputs(mut commands: Commands<'_, '_>, frame: Res<'_, RollbackFrameCount>) {
    let input = |seat| (seat, scene::input(seat, frame.0 as Frame));
    let inputs: HashMap<usize, Input> = (0..PEERS).map(input).collect();
    commands.insert_resource(LocalInputs::<Config>(inputs));
}

fn step(
    inputs: Res<'_, PlayerInputs<Config>>,
    mut referee: ResMut<'_, Referee>,
    mut bodies: Query<
        '_,
        '_,
        (
            Option<&InSeat>,
            &mut Position,
            &mut Velocity,
            Option<&mut Player>,
        ),
    >,
    mut events: Local<'_, Vec<Event>>,
) {
    let seats = scene::seats([inputs[0].0, inputs[1].0]);
    let world = &mut referee.0;
    world.step(&seats, &mut events);
    events.clear();
    for (seat, mut position, mut velocity, player) in &mut bodies {
        let body = match (seat, player) {
            (Some(InSeat(seat)), Some(mut player)) => {
                player.0 = world.discs()[*seat];
                player.0.body()
            }
            _ => world.ball(),
        };
        position.0 = body.position;
        velocity.0 = body.velocity;
    }
}

/// bevy_ggrs with checksums.
pub struct Checked(Discs);

/// bevy_ggrs without checksums.
pub struct Unchecked(Discs);

impl Discs {
    fn warmed_up(mut self) -> Self {
        self.play_to(WARM_UP);
        self
    }

    fn part(&mut self) -> (Duration, u32) {
        let start = Instant::now();
        self.play_to(self.frame() + LAP / PARTS);
        (start.elapsed(), LAP / PARTS)
    }
}

impl Timed for Checked {
    const NAME: &'static str = "bevy_ggrs";

    fn prepare(seats: usize) -> Self {
        Self(Discs::checked(seats).warmed_up())
    }

    fn part(&mut self) -> (Duration, u32) {
        self.0.part()
    }
}

impl Timed for Unchecked {
    const NAME: &'static str = "bevy_ggrs_unchecked";

    fn prepare(seats: usize) -> Self {
        Self(Discs::new(seats).warmed_up())
    }

    fn part(&mut self) -> (Duration, u32) {
        self.0.part()
    }
}
