//! What collisions keep, from places and speeds that no match would reach by itself.

use super::*;
use crate::demo::{arena::ArenaKind, event::EventCounts, settings::Ball};
use proptest::{prelude::*, test_runner::RngSeed};

const CLASSIC: Ground = Ground {
    arena: ArenaKind::Classic.arena(),
    ball_inverse_mass: Ball::Normal.inverse_mass(),
};

fn any_arena() -> impl Strategy<Value = &'static Arena> {
    prop::sample::select(&ArenaKind::ALL[..]).prop_map(ArenaKind::arena)
}

fn any_ball() -> impl Strategy<Value = Ball> {
    prop::sample::select(&Ball::ALL[..])
}

/// Any body in the classic field, at up to its speed limit.
fn any_body(max_speed: f32) -> impl Strategy<Value = Body> {
    let half = (CLASSIC.arena.half_length, CLASSIC.arena.half_width);
    let position = (-half.0..half.0, -half.1..half.1);
    let velocity = (-max_speed..max_speed, -max_speed..max_speed);
    (position, velocity).prop_map(move |(position, velocity)| Body {
        position: Vec2::new(position.0, position.1),
        velocity: Vec2::new(velocity.0, velocity.1).clamped(max_speed),
    })
}

/// Eight discs and a ball. Half of the cases are crowded into one place, where everybody touches
/// several others at once.
fn any_bodies() -> impl Strategy<Value = (Body, Vec<Disc>)> {
    let discs = prop::collection::vec(any_body(MAX_DISC_SPEED), MAX_SEATS);
    (any_body(MAX_BALL_SPEED), discs, any::<bool>()).prop_map(|(ball, bodies, crowded)| {
        let place = |body: Body| Body {
            position: if crowded {
                ball.position + body.position * 0.1
            } else {
                body.position
            },
            ..body
        };
        let disc = |body| {
            let mut disc = Disc::new(Vec2::ZERO);
            disc.body = place(body);
            disc
        };
        (ball, bodies.into_iter().map(disc).collect())
    })
}

/// In kilograms times m²/s², where a disc weighs a kilogram.
fn energy(ground: &Ground, ball: Body, discs: &[Disc]) -> f64 {
    let of = |body: Body, inverse_mass: f32| {
        let [x, y] = [body.velocity.x, body.velocity.y].map(f64::from);
        (x * x + y * y) / (2.0 * f64::from(inverse_mass))
    };
    let discs = discs.iter().map(|disc| of(disc.body, DISC_INVERSE_MASS));
    of(ball, ground.ball_inverse_mass) + discs.sum::<f64>()
}

fn advance_unheard(ground: &Ground, ball: &mut Body, discs: &mut [Disc]) {
    let (mut counts, mut events) = (EventCounts::default(), Vec::new());
    advance(
        ground,
        ball,
        discs,
        &mut Reporter {
            counts: &mut counts,
            events: &mut events,
        },
    );
}

proptest! {
    // The same cases in every run.
    #![proptest_config(ProptestConfig {
        cases: 512,
        rng_seed: RngSeed::Fixed(0x5eed),
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn energy_never_grows((mut ball, mut discs) in any_bodies(), weight in any_ball()) {
        let ground = Ground { ball_inverse_mass: weight.inverse_mass(), ..CLASSIC };
        let mut before = energy(&ground, ball, &discs);
        for _ in 0..120 {
            advance_unheard(&ground, &mut ball, &mut discs);
            let after = energy(&ground, ball, &discs);
            prop_assert!(after <= before * 1.000_01, "{before} J became {after} J");
            before = after;
        }
    }

    #[test]
    fn bodies_end_inside((mut ball, mut discs) in any_bodies(), arena in any_arena()) {
        let ground = Ground { arena, ..CLASSIC };
        for _ in 0..30 {
            advance_unheard(&ground, &mut ball, &mut discs);
            let tolerance = 1e-4;
            for disc in &discs {
                let breach = arena.field_breach(disc.body.position, DISC_RADIUS);
                prop_assert!(breach.is_none_or(|b| b.depth < tolerance), "{breach:?} of {disc:?}");
            }
            let breach = arena.ball_breach(ball.position);
            prop_assert!(breach.is_none_or(|b| b.depth < tolerance), "{breach:?} of {ball:?}");
        }
    }

    /// A ball at its speed limit, shot at a disc in its way, ends on the side that it came from.
    #[test]
    fn nothing_tunnels(angle_x in -1.0f32..1.0, angle_y in -1.0f32..1.0, gap in 0.0f32..1.0) {
        let Some(direction) = Vec2::new(angle_x, angle_y).direction() else {
            return Ok(());
        };
        let mut discs = [Disc::new(Vec2::ZERO)];
        discs[0].body = Body { position: Vec2::ZERO, velocity: -direction * MAX_DISC_SPEED };
        let distance = DISC_RADIUS + BALL_RADIUS + gap;
        let mut ball =
            Body { position: -direction * distance, velocity: direction * MAX_BALL_SPEED };
        for _ in 0..10 {
            advance_unheard(&CLASSIC, &mut ball, &mut discs);
            let between = ball.position - discs[0].body.position;
            prop_assert!(between.dot(direction) < 0.0, "{between:?} along {direction:?}");
        }
    }
}

#[test]
fn a_pushed_ball_in_front_of_a_wall_stays_in_front_of_it() {
    let mut discs = [Disc::new(Vec2::ZERO)];
    let wall = CLASSIC.arena.half_width;
    discs[0].body = Body::resting(Vec2::new(3.0, wall - 2.0));
    let mut ball = Body::resting(Vec2::new(3.0, wall - BALL_RADIUS));
    for _ in 0..300 {
        discs[0].body.velocity += Vec2::new(0.0, crate::demo::disc::THRUST * STEP_SECONDS);
        advance_unheard(&CLASSIC, &mut ball, &mut discs);
        assert!(ball.position.y <= wall - BALL_RADIUS + 1e-4);
    }
    let gap = discs[0].gap_to(ball.position);
    assert!(gap > -0.1, "the disc is {gap} m deep in the ball");
}

#[test]
fn the_ball_leaves_a_bumper_fast_and_a_disc_does_not() {
    let ground = Ground {
        arena: ArenaKind::Hexagon.arena(),
        ..CLASSIC
    };
    for bumper in ground.arena.bumpers {
        let gap = Vec2::new(0.0, bumper.radius + BALL_RADIUS + 0.01);
        let mut ball = Body::resting(bumper.center - gap);
        ball.velocity = Vec2::new(0.0, 1.0);
        advance_unheard(&ground, &mut ball, &mut []);
        assert!(ball.velocity.y <= -BUMPER_SPEED, "{ball:?}");

        let mut discs = [Disc::new(
            bumper.center - Vec2::new(0.0, bumper.radius + DISC_RADIUS + 0.01),
        )];
        discs[0].body.velocity = Vec2::new(0.0, 1.0);
        let mut far = Body::resting(Vec2::ZERO);
        advance_unheard(&ground, &mut far, &mut discs);
        assert!(discs[0].body.velocity.y > -1.0, "{discs:?}");
    }
}

/// What the fast test says is clear can breach nothing.
#[test]
fn what_is_clear_breaches_nothing() {
    for arena in ArenaKind::ALL.map(ArenaKind::arena) {
        for step in 0..200 * 200 {
            let at = |step: i32, half: f32| (step as f32 / 100.0 - 1.0) * (half + 2.0);
            let place = Vec2::new(
                at(step % 200, arena.half_length),
                at(step / 200, arena.half_width),
            );
            for radius in [BALL_RADIUS, DISC_RADIUS] {
                if arena.is_clear(place, radius) {
                    assert!(arena.field_breach(place, radius).is_none(), "{place:?}");
                    let body = Body::resting(place);
                    let posts = arena.posts().map(|post| (post, POST_RADIUS));
                    let bumpers = arena.bumpers.iter().map(|b| (b.center, b.radius));
                    for (center, round) in posts.into_iter().chain(bumpers) {
                        assert!(overlap_with(center, round, &body, radius).is_none());
                    }
                }
            }
        }
    }
}
