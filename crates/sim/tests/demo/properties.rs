//! What holds in every match, whatever the players do and whatever was decoded.

use crate::players::Players;
use proptest::{prelude::*, test_runner::RngSeed};
use protocol::{Driver, Seat, Simulation, limits::MAX_INPUT_BYTES};
use sim::{
    Vec2,
    demo::{
        ArenaKind, Ball, Body, EventKind, Input, Level, Phase, Settings, World,
        arena::{self, Arena, Outline},
        autopilot,
    },
};

/// The same cases in every run.
fn config(cases: u32) -> ProptestConfig {
    let rng_seed = RngSeed::Fixed(0x5eed);
    ProptestConfig {
        cases,
        rng_seed,
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

/// A world in the middle of a match, and the players who go on with it.
fn lively(seats: u8, seed: u64, steps: u32) -> (World, Players) {
    let mut world = World::new(&Settings::for_seats(seats), seed);
    let mut players = Players::new(seats.into(), seed);
    for _ in 0..steps {
        world.step(&players.next_step(), &mut Vec::new());
    }
    (world, players)
}

/// Whether the centre of a circle of this radius may be here, but for rounding.
fn in_field(arena: &Arena, center: Vec2, radius: f32) -> bool {
    let (x, y) = (center.x.abs(), center.y.abs());
    let reach = 1e-3 - radius;
    let walls = match arena.outline {
        Outline::Rounded { radius: corner } => {
            let (x, y) = (
                x - (arena.half_length - corner),
                y - (arena.half_width - corner),
            );
            x < 0.0 || y < 0.0 || Vec2::new(x, y).length() < corner + reach
        }
        Outline::Hexagon {
            normal,
            reach: slope,
        } => Vec2::new(x, y).dot(normal) < slope + reach,
    };
    x < arena.half_length + reach && y < arena.half_width + reach && walls
}

fn in_net(arena: &Arena, center: Vec2) -> bool {
    let reach = 1e-3 - arena::BALL_RADIUS;
    center.y.abs() < arena.goal_half_width
        && center.x.abs() < arena.half_length + arena.goal_depth + reach
}

fn options() -> impl Strategy<Value = (ArenaKind, Ball, bool, [Level; 2])> {
    let level = || prop::sample::select(&Level::ALL[..]);
    (
        prop::sample::select(&ArenaKind::ALL[..]),
        prop::sample::select(&Ball::ALL[..]),
        any::<bool>(),
        [level(), level()],
    )
}

fn settings() -> impl Strategy<Value = Settings> {
    (any::<(u8, u32, u8, u32)>(), options()).prop_map(|(numbers, options)| {
        let (seats, match_steps, goal_limit, golden_goal_steps) = numbers;
        let (arena, ball, dash, bots) = options;
        Settings {
            seats,
            match_steps,
            goal_limit,
            golden_goal_steps,
            arena,
            ball,
            dash,
            bots,
        }
    })
}

/// Options that a match may have, for so many seats.
fn playable(seats: u8) -> impl Strategy<Value = Settings> {
    options().prop_map(move |(arena, ball, dash, bots)| Settings {
        arena,
        ball,
        dash,
        bots,
        ..Settings::for_seats(seats)
    })
}

proptest! {
    #![proptest_config(config(64))]

    #[test]
    fn nothing_ever_leaves_the_arena(
        settings in (2u8..=8).prop_flat_map(playable),
        seed: u64,
    ) {
        let mut world = World::new(&settings, seed);
        let mut players = Players::new(settings.seats.into(), seed);
        let arena = world.arena();
        for _ in 0..1_500 {
            world.step(&players.next_step(), &mut Vec::new());
            for disc in world.discs() {
                prop_assert!(in_field(arena, disc.body().position, arena::DISC_RADIUS), "{disc:?}");
            }
            let ball = world.ball().position;
            prop_assert!(in_field(arena, ball, arena::BALL_RADIUS) || in_net(arena, ball), "{ball:?}");
        }
    }

    #[test]
    fn energy_never_grows_while_nobody_acts(seats in 2u8..=8, seed: u64, steps in 60u32..900) {
        let (mut world, _) = lively(seats, seed, steps);
        let square = |body: Body| f64::from(body.velocity.length_squared());
        // A disc weighs as much as two balls.
        let energy = |world: &World| {
            world.discs().iter().map(|disc| 2.0 * square(disc.body())).sum::<f64>()
                + square(world.ball())
        };
        let idle = vec![Seat { input: Input::default(), driver: Driver::Peer }; seats.into()];
        for _ in 0..300 {
            let (before, mut events) = (energy(&world), Vec::new());
            world.step(&idle, &mut events);
            // Letting go of a held kick is an act.
            let acted = events.iter().any(|event| event.kind == EventKind::Kick);
            let after = energy(&world);
            prop_assert!(acted || after <= before * 1.000_01, "{before} became {after}");
        }
    }

    #[test]
    fn a_restored_world_goes_on_alike(seats in 2u8..=8, seed: u64, steps in 0u32..1_500) {
        let (mut world, mut players) = lively(seats, seed, steps);
        let bytes = postcard::to_stdvec(&world).unwrap();
        let mut restored: World = postcard::from_bytes(&bytes).unwrap();
        prop_assert_eq!(&restored, &world);
        prop_assert_eq!(restored.checksum(), world.checksum());
        for _ in 0..120 {
            let inputs = players.next_step();
            let (mut events, mut restored_events) = (Vec::new(), Vec::new());
            world.step(&inputs, &mut events);
            restored.step(&inputs, &mut restored_events);
            prop_assert_eq!(restored.checksum(), world.checksum());
            prop_assert_eq!(restored_events, events);
        }
        prop_assert_eq!(restored, world);
    }

    /// The mirrored inputs in the swapped seats give exactly the mirrored match.
    #[test]
    fn the_seats_are_symmetric(
        settings in (1u8..=4).prop_flat_map(|pairs| playable(2 * pairs)),
        seed: u64,
    ) {
        let mut world = World::new(&settings, seed);
        let mut players = Players::new(settings.seats.into(), seed);
        let mut mirror = world;
        let flip = |body: Body| Body {
            position: body.position.sided(-1.0),
            velocity: body.velocity.sided(-1.0),
        };
        for _ in 0..2_000 {
            let mut seats = players.next_step();
            world.step(&seats, &mut Vec::new());
            for pair in seats.chunks_mut(2) {
                pair.swap(0, 1);
                for seat in pair {
                    seat.input.thrust_x = -seat.input.thrust_x.max(-127);
                }
            }
            mirror.step(&seats, &mut Vec::new());
            prop_assert_eq!(mirror.ball(), flip(world.ball()));
            for (seat, disc) in world.discs().iter().enumerate() {
                let other = &mirror.discs()[seat ^ 1];
                prop_assert_eq!(other.body(), flip(disc.body()));
                prop_assert_eq!(other.charge(), disc.charge());
                prop_assert_eq!(other.dash_cooldown(), disc.dash_cooldown());
            }
            let [left, right] = world.score();
            prop_assert_eq!(mirror.score(), [right, left]);
            prop_assert_eq!(mirror.clock(), world.clock());
        }
    }

    #[test]
    fn any_settings_make_a_match_that_ends(settings in settings(), seed: u64) {
        let mut settings = settings;
        // The bound on the length has a test of its own; this one is to be quick.
        settings.match_steps %= 2_000;
        settings.golden_goal_steps %= 1_000;
        let mut world = World::new(&settings, seed);
        prop_assert_eq!(world.seat_count(), World::seats(&settings));
        let mut players = Players::new(world.seat_count(), seed);
        // A second of kick-off and two of celebration for each of what goals there may be.
        let clocks = world.settings().match_steps + world.settings().golden_goal_steps;
        for _ in 0..clocks + 180 * 200 {
            if world.is_over() {
                break;
            }
            world.step(&players.next_step(), &mut Vec::new());
        }
        prop_assert!(world.is_over(), "{:?}", world.phase());
    }

    #[test]
    fn inputs_fit_their_bound(x: i8, y: i8, buttons: u8) {
        let input = Input { thrust_x: x, thrust_y: y, buttons };
        let bytes = postcard::to_stdvec(&input).unwrap();
        prop_assert!(bytes.len() <= MAX_INPUT_BYTES);
        prop_assert_eq!(postcard::from_bytes::<Input>(&bytes).unwrap(), input);
        prop_assert!(input.thrust().length() <= 1.000_001);
    }

    #[test]
    fn any_float_makes_an_input(x: f32, y: f32, kick: bool, dash: bool) {
        let input = Input::new(x, y, kick, dash);
        prop_assert_eq!((input.kick(), input.dash()), (kick, dash));
        prop_assert!(input.thrust().length() <= 1.000_001);
    }
}

/// Steps a world that nobody vouches for, by peers and by bots.
fn survive(mut world: World, seed: u64) -> Result<(), TestCaseError> {
    let mut players = Players::new(8, seed);
    let mut events = Vec::new();
    for step in 0..200 {
        let mut seats = players.next_step();
        if step % 2 == 0 {
            seats.iter_mut().for_each(|seat| seat.driver = Driver::Bot);
        }
        seats.truncate((seed % 10) as usize);
        world.step(&seats, &mut events);
        let _ = (
            world.checksum(),
            world.is_over(),
            world.last_touch(),
            world.winner(),
            world.last_goal().and_then(|goal| goal.scorer()),
            [0, 7, 8].map(|seat| world.figures(seat)),
        );
        for (seat, disc) in world.discs().iter().enumerate() {
            let _ = autopilot(&world, seat);
            let body = disc.body();
            prop_assert!(body.position.length().is_finite() && body.velocity.length().is_finite());
        }
        prop_assert!(world.ball().position.length().is_finite());
    }
    Ok(())
}

proptest! {
    #![proptest_config(config(512))]

    #[test]
    fn a_forged_world_does_no_harm(
        seats in 2u8..=8,
        seed: u64,
        steps in 0u32..600,
        forged in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..40),
    ) {
        let (world, _) = lively(seats, seed, steps);
        let mut bytes = postcard::to_stdvec(&world).unwrap();
        for (index, byte) in forged {
            let index = index.index(bytes.len());
            bytes[index] = byte;
        }
        if let Ok(world) = postcard::from_bytes::<World>(&bytes) {
            survive(world, seed)?;
        }
    }

    #[test]
    fn garbage_is_no_world_or_a_harmless_one(
        bytes in prop::collection::vec(any::<u8>(), 0..1_200),
        seed: u64,
    ) {
        if let Ok(world) = postcard::from_bytes::<World>(&bytes) {
            survive(world, seed)?;
        }
    }
}

#[test]
fn what_is_not_finite_or_far_out_is_no_vector() {
    for bad in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, 1e5] {
        for pair in [[bad, 0.0], [0.0, bad]] {
            let bytes = postcard::to_stdvec(&pair).unwrap();
            assert!(postcard::from_bytes::<Vec2>(&bytes).is_err(), "{pair:?}");
        }
    }
}

#[test]
fn a_world_is_cheap_to_keep() {
    assert!(size_of::<World>() <= 1_024, "{} bytes", size_of::<World>());
    let (world, _) = lively(8, 1, 2_000);
    let bytes = postcard::to_stdvec(&world).unwrap();
    assert!(bytes.len() <= 1_024, "{} bytes", bytes.len());
}

#[test]
fn nothing_that_counts_changes_after_the_end() {
    let settings = Settings {
        match_steps: 0,
        golden_goal_steps: 0,
        ..Settings::default()
    };
    let mut world = World::new(&settings, 3);
    let mut players = Players::new(2, 3);
    while !world.is_over() {
        world.step(&players.next_step(), &mut Vec::new());
    }
    let (score, phase) = (world.score(), world.phase());
    assert!(matches!(phase, Phase::Over { .. }));
    for _ in 0..600 {
        world.step(&players.next_step(), &mut Vec::new());
    }
    assert_eq!((world.score(), world.phase()), (score, phase));
}
