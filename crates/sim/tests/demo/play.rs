//! Matches played to the end: bots score, the clock and the goals end a match, kick-offs reset it.

use protocol::{Driver, Event as _, Seat, Simulation};
use sim::{
    Vec2,
    demo::{ArenaKind, Ball, Event, EventKind, Input, Level, Phase, Settings, Team, World, arena},
};

/// Plays until the end by the drivers given, and returns the last world and all events.
fn play(settings: &Settings, seed: u64, seats: &[Seat<Input>]) -> (World, Vec<Event>) {
    let mut world = World::new(settings, seed);
    let mut events = Vec::new();
    // Kick-offs and celebrations stop the clock, but not for ever.
    for _ in 0..4 * (settings.match_steps + settings.golden_goal_steps) {
        if world.is_over() {
            break;
        }
        world.step(seats, &mut events);
    }
    assert!(
        world.is_over(),
        "seed {seed}: {:?} at {}",
        world.phase(),
        world.frame()
    );
    (world, events)
}

fn bots(seats: u8) -> Vec<Seat<Input>> {
    vec![Seat::default(); seats.into()]
}

/// Peers who do nothing.
fn sleepers(seats: u8) -> Vec<Seat<Input>> {
    vec![
        Seat {
            input: Input::default(),
            driver: Driver::Peer
        };
        seats.into()
    ]
}

fn of_kind(events: &[Event], kind: EventKind) -> Vec<Event> {
    events
        .iter()
        .filter(|event| event.kind == kind)
        .copied()
        .collect()
}

#[test]
fn a_bot_beats_an_idle_player_well_from_either_seat() {
    for bot in 0..2 {
        let mut seats = sleepers(2);
        seats[bot].driver = Driver::Bot;
        for seed in 0..10 {
            let (world, _) = play(&Settings::default(), seed, &seats);
            assert_eq!(world.winner(), Some(Team::of_seat(bot)), "seed {seed}");
            assert_eq!(world.score()[bot], 5, "seed {seed}: {:?}", world.score());
        }
    }
}

#[test]
fn bots_score_against_bots() {
    for seats in 2..=8 {
        let mut scores = [0, 0];
        for seed in 0..10 {
            let (world, _) = play(&Settings::for_seats(seats), seed, &bots(seats));
            for (sum, goals) in scores.iter_mut().zip(world.score()) {
                *sum += u32::from(goals);
            }
        }
        let [left, right] = scores;
        assert!(
            left + right >= 20,
            "{seats} seats: {scores:?} goals in 10 matches"
        );
        assert!(
            left >= 5 && right >= 5,
            "{seats} seats: {scores:?} goals in 10 matches"
        );
    }
}

#[test]
fn a_goal_is_told_once_and_everybody_lines_up_again() {
    let (_, all) = play(&Settings::for_seats(4), 1, &bots(4));
    let first = of_kind(&all, EventKind::Goal)[0];
    assert!(first.waits_for_confirmation());
    assert!(first.at.x.abs() > ArenaKind::Classic.arena().half_length + arena::BALL_RADIUS);

    let mut world = World::new(&Settings::for_seats(4), 1);
    let mut events = Vec::new();
    while world.score() == [0, 0] {
        world.step(&bots(4), &mut events);
    }
    let (clock, line_ups) = (world.clock(), world.line_ups());
    assert!(matches!(world.phase(), Phase::Celebration { .. }));
    assert_eq!(of_kind(&events, EventKind::Goal), [first]);
    assert!(world.last_touch().is_some());
    while matches!(world.phase(), Phase::Celebration { .. }) {
        world.step(&bots(4), &mut events);
    }
    assert!(matches!(world.phase(), Phase::KickOff { .. }));
    assert_eq!((world.clock(), world.line_ups()), (clock, line_ups + 1));
    assert_eq!(
        (world.ball().position, world.last_touch()),
        (Vec2::ZERO, None)
    );
    for (seat, disc) in world.discs().iter().enumerate() {
        assert_eq!(disc.body().position, world.arena().kick_off_place(seat));
        assert_eq!(disc.body().velocity, Vec2::ZERO);
    }
    assert_eq!(of_kind(&events, EventKind::Goal).len(), 1);
}

#[test]
fn a_match_without_goals_goes_to_golden_goal_and_ends_in_a_draw() {
    let settings = Settings {
        match_steps: 600,
        golden_goal_steps: 300,
        ..Settings::default()
    };
    let (world, events) = play(&settings, 1, &sleepers(2));
    assert_eq!((world.score(), world.winner()), ([0, 0], None));
    assert!(world.is_golden_goal());
    // Two kick-offs of a second each stop the clock.
    assert_eq!(world.frame(), 600 + 300 + 2 * 60);
    assert_eq!(of_kind(&events, EventKind::GoldenGoal).len(), 1);
    let over = of_kind(&events, EventKind::Over);
    assert_eq!((over.len(), over[0].team()), (1, None));
}

#[test]
fn a_golden_goal_ends_the_match() {
    // The bot needs more than ten seconds in some of these, and scores in golden goal.
    let settings = Settings {
        match_steps: 600,
        ..Settings::default()
    };
    let mut seen = 0;
    for seed in 0..60 {
        let (world, events) = play(&settings, seed, &bots(2));
        if world.is_golden_goal() && world.winner().is_some() {
            seen += 1;
            let last = *of_kind(&events, EventKind::Goal).last().unwrap();
            assert_eq!(world.winner(), last.team());
            let [left, right] = world.score();
            assert_eq!(left.abs_diff(right), 1);
        }
    }
    assert!(seen >= 5, "{seen} golden goals in 60 short matches");
}

/// One player, alone with the ball in front: `input` is what they do by the frame of play.
fn alone(frames: u32, input: impl Fn(u32) -> Input) -> (World, Vec<Event>) {
    let mut world = World::new(&Settings::default(), 1);
    let mut events = Vec::new();
    while world.phase() != Phase::Play {
        world.step(&sleepers(2), &mut events);
    }
    for frame in 0..frames {
        let mut seats = sleepers(2);
        seats[0].input = input(frame);
        world.step(&seats, &mut events);
    }
    (world, events)
}

#[test]
fn a_kick_is_held_and_released_and_stronger_by_its_charge() {
    // Towards the ball, which is 5 m ahead. The disc is in reach about 50 frames later.
    let kick_of = |held: std::ops::Range<u32>| {
        let (_, events) = alone(100, |frame| {
            Input::new(1.0, 0.0, held.contains(&frame), false)
        });
        of_kind(&events, EventKind::Kick)
            .first()
            .map(|kick| kick.strength)
    };
    let strength_of = |steps: u32| {
        // The one release that meets the ball just in reach.
        let release = (steps..100).find(|release| kick_of(release - steps..*release).is_some());
        let release = release.expect("a kick that reaches the ball");
        kick_of(release - steps..release).unwrap()
    };
    let [weak, half, full, longer] = [1, 15, 30, 40].map(strength_of);
    assert!(weak >= sim::demo::disc::MIN_KICK_SPEED, "{weak} m/s");
    assert!(weak < half && half < full, "{weak}, {half}, {full} m/s");
    assert!(
        (full - sim::demo::disc::MAX_KICK_SPEED).abs() < 1e-4,
        "{full} m/s"
    );
    assert_eq!(longer, full, "the charge is full at last");
    assert_eq!(kick_of(0..5), None, "released out of reach");
    assert_eq!(kick_of(0..100), None, "never released");
}

#[test]
fn a_dash_is_fast_and_needs_its_time_to_come_back() {
    let dashes = |period: u32| {
        let (world, events) = alone(181, |frame| {
            Input::new(0.0, 1.0, false, frame % period == 0)
        });
        (world, of_kind(&events, EventKind::Dash))
    };
    let (world, events) = dashes(2);
    assert_eq!(events.len(), 3, "frames 0, 90 and 180");
    assert!(events[0].strength > sim::demo::disc::DASH_SPEED - 0.1);
    assert_eq!(
        world.discs()[0].dash_cooldown(),
        sim::demo::disc::DASH_COOLDOWN_STEPS
    );
    let (_, held) = dashes(1);
    assert_eq!(held.len(), 1, "a held button dashes once");
}

#[test]
fn without_dashes_nobody_dashes() {
    let settings = Settings {
        dash: false,
        bots: [Level::Hard; 2],
        ..Settings::default()
    };
    let (_, events) = play(&settings, 1, &bots(2));
    assert!(of_kind(&events, EventKind::Dash).is_empty());
    assert!(!of_kind(&events, EventKind::Kick).is_empty());
}

#[test]
fn a_lighter_ball_is_kicked_faster() {
    let fastest = |ball| {
        let settings = Settings {
            ball,
            ..Settings::default()
        };
        let (_, events) = play(&settings, 1, &bots(2));
        let kicks = of_kind(&events, EventKind::Kick);
        kicks
            .iter()
            .map(|kick| kick.strength)
            .max_by(f32::total_cmp)
    };
    let [light, normal, heavy] = Ball::ALL.map(fastest);
    assert!(
        light > normal && normal > heavy,
        "{light:?}, {normal:?}, {heavy:?} m/s"
    );
}

#[test]
fn bots_of_every_level_score_in_every_arena() {
    for arena in ArenaKind::ALL {
        for level in Level::ALL {
            let settings = Settings {
                arena,
                bots: [level; 2],
                ..Settings::for_seats(4)
            };
            let goals = (0..4).map(|seed| {
                let (world, _) = play(&settings, seed, &bots(4));
                u32::from(world.score()[0]) + u32::from(world.score()[1])
            });
            let goals: u32 = goals.sum();
            assert!(
                goals >= 4,
                "{arena:?}, {level:?}: {goals} goals in 4 matches"
            );
        }
    }
}

#[test]
fn a_bot_does_not_wait_for_a_mate_who_stands() {
    for level in Level::ALL {
        let settings = Settings {
            bots: [level; 2],
            ..Settings::for_seats(4)
        };
        let mut seats = sleepers(4);
        seats[2].driver = Driver::Bot;
        let (world, _) = play(&settings, 1, &seats);
        assert_eq!(world.winner(), Some(Team::Left), "{level:?}");
    }
}

#[test]
fn the_figures_of_all_seats_add_up_to_the_match() {
    let mut saves = 0;
    for seed in 0..5 {
        let settings = Settings {
            bots: [Level::Hard; 2],
            goal_limit: 0,
            ..Settings::for_seats(6)
        };
        let (world, events) = play(&settings, seed, &bots(6));
        let all: Vec<_> = (0..6).map(|seat| world.figures(seat)).collect();
        let kicks = all
            .iter()
            .map(|figures| figures.kicks as usize)
            .sum::<usize>();
        assert_eq!(kicks, of_kind(&events, EventKind::Kick).len());
        let steps: u32 = all.iter().map(|figures| figures.possession).sum();
        let played = settings.match_steps + settings.golden_goal_steps;
        assert!(
            steps > settings.match_steps / 2 && steps <= played,
            "{steps} steps"
        );
        let mut score = [0; 2];
        for (seat, figures) in all.iter().enumerate() {
            score[seat % 2] += figures.goals;
            score[1 - seat % 2] += figures.own_goals;
            saves += u32::from(figures.saves);
        }
        assert_eq!(score, world.score(), "bots touch every ball that goes in");
        let last = of_kind(&events, EventKind::Goal).pop();
        assert_eq!(
            world.last_goal().map(|goal| goal.team),
            last.and_then(|goal| goal.team())
        );
        assert_eq!(world.figures(6), Default::default(), "there is no seventh");
    }
    assert!(saves >= 5, "{saves} saves in five matches of good bots");
}

#[test]
fn an_idle_bot_steps_aside_and_leaves_the_ball_alone() {
    let settings = Settings {
        bots: [Level::Idle; 2],
        ..Settings::default()
    };
    let mut world = World::new(&settings, 1);
    let mut events = Vec::new();
    for _ in 0..600 {
        world.step(&bots(2), &mut events);
    }
    assert_eq!(world.ball().position, Vec2::ZERO);
    for disc in world.discs() {
        let Vec2 { x, y } = disc.body().position;
        assert!(y > 3.0 && x.abs() == 5.0, "{x} {y}");
    }
    // So the straight way is free.
    let player = |x: f32| Seat {
        input: Input::new(x, 0.0, false, false),
        driver: Driver::Peer,
    };
    let mut world = World::new(&settings, 1);
    for step in 0..480 {
        let x = if step < 120 { 0.0 } else { 1.0 };
        world.step(&[player(x), Seat::default()], &mut events);
    }
    assert_eq!(world.score(), [1, 0]);
}
