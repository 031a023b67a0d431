//! The reference as entities: the same discs under bevy_ggrs.
//!
//! Each disc and the ball is an entity with [`Position`] and [`Velocity`] that are rolled back, and
//! a disc also with its [`Player`] (charge, cool-down, whim). What is nobody's own (score, clock,
//! generator, counts) is a rolled-back resource, the [`Referee`]. It holds the rest of the world
//! as well, since the rules keep their fields to themselves: that costs bevy_ggrs the copy of some
//! 700 bytes in each snapshot, a hundredth of its frame. The step is the rules' own; then each
//! entity is given what became of it.
//!
//! It is timed twice: by [`AsInTheGame`] on the executors that Bevy gives it with the features of
//! our game, and by [`OnOneThread`] with all of its schedules on single-threaded ones, which a game
//! would have to ask for and which is the best that it can do. Favourable to bevy_ggrs in both:
//! only its own schedule runs in a frame and nothing else of Bevy's, and no component is hashed.

use crate::{
    figures::{PARTS, Timed},
    ggrs_value::sync_test,
    scene::{self, LAP, PEERS, WARM_UP},
};
use bevy::{
    app::TaskPoolPlugin,
    ecs::schedule::{ScheduleLabel, SingleThreadedExecutor},
    platform::collections::HashMap,
    prelude::*,
    time::TimePlugin,
};
use bevy_ggrs::{LoadWorld, LocalInputs, RollbackFrameCount, SaveWorld, prelude::*};
use netplay::rollback::STEP;
use protocol::{Frame, Simulation};
use sim::{Disc, Event, Input, vec2::Vec2};

type Config = GgrsConfig<Input>;

/// The centre, in metres.
#[derive(Component, Clone, Copy)]
struct Position(Vec2);

/// In metres a second.
#[derive(Component, Clone, Copy)]
struct Velocity(Vec2);

/// What a disc has besides.
#[derive(Component, Clone)]
struct Player(Disc);

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
    /// A match at its start, on the executors that Bevy gives.
    pub fn new(seats: usize) -> Self {
        let mut app = App::new();
        app.add_plugins((TaskPoolPlugin::default(), TimePlugin))
            .init_schedule(Turn)
            .add_plugins(GgrsPlugin::<Config>::new(Turn))
            .insert_resource(RollbackFrameRate(60))
            .rollback_component_with_copy::<Position>()
            .rollback_component_with_copy::<Velocity>()
            .rollback_component_with_clone::<Player>()
            .rollback_resource_with_clone::<Referee>()
            .add_systems(ReadInputs, read_inputs)
            .add_systems(GgrsSchedule, step)
            .insert_resource(Session::SyncTest(sync_test::<Config>()));
        let world = scene::world(seats);
        let body = |body: sim::Body| (Position(body.position), Velocity(body.velocity), Rollback);
        app.world_mut().spawn(body(world.ball()));
        for (seat, disc) in world.discs().iter().enumerate() {
            app.world_mut()
                .spawn((body(disc.body()), Player(disc.clone()), InSeat(seat)));
        }
        app.insert_resource(Referee(world));
        Self(app)
    }

    /// The same with all schedules of a frame on single-threaded executors.
    pub fn on_one_thread(seats: usize) -> Self {
        fn on_one_thread(schedule: &mut Schedule) {
            schedule.set_executor(SingleThreadedExecutor::new());
        }
        let mut discs = Self::new(seats);
        discs
            .0
            .edit_schedule(Turn, on_one_thread)
            .edit_schedule(ReadInputs, on_one_thread)
            .edit_schedule(GgrsSchedule, on_one_thread)
            .edit_schedule(SaveWorld, on_one_thread)
            .edit_schedule(LoadWorld, on_one_thread);
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
        let referee = world.resource::<Referee>().0.clone();
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
                player.0 = world.discs()[*seat].clone();
                player.0.body()
            }
            _ => world.ball(),
        };
        position.0 = body.position;
        velocity.0 = body.velocity;
    }
}

/// bevy_ggrs as our game would have it.
pub struct AsInTheGame(Discs);

/// bevy_ggrs at its best.
pub struct OnOneThread(Discs);

impl Discs {
    fn warmed_up(mut self) -> Self {
        self.play_to(WARM_UP);
        self
    }

    fn part(&mut self) -> u32 {
        self.play_to(self.frame() + LAP / PARTS);
        LAP / PARTS
    }
}

impl Timed for AsInTheGame {
    const NAME: &'static str = "bevy_ggrs";

    fn prepare(seats: usize) -> Self {
        Self(Discs::new(seats).warmed_up())
    }

    fn part(&mut self) -> u32 {
        self.0.part()
    }
}

impl Timed for OnOneThread {
    const NAME: &'static str = "bevy_ggrs_on_one_thread";

    fn prepare(seats: usize) -> Self {
        Self(Discs::on_one_thread(seats).warmed_up())
    }

    fn part(&mut self) -> u32 {
        self.0.part()
    }
}
