//! What collisions keep, from places and speeds that no match would reach by itself.

use super::*;
use crate::event::EventCounts;
use proptest::{prelude::*, test_runner::RngSeed};

/// Any body in the field, at up to its speed limit.
fn any_body(max_speed: f32) -> impl Strategy<Value = Body> {
    let half = (arena::HALF_LENGTH, arena::HALF_WIDTH);
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
        let disc = |(seat, body)| {
            let mut disc = Disc::new(seat);
            disc.body = place(body);
            disc
        };
        (ball, bodies.into_iter().enumerate().map(disc).collect())
    })
}

/// In kilograms times m²/s², where a disc weighs a kilogram.
fn energy(ball: Body, discs: &[Disc]) -> f64 {
    let of = |body: Body, inverse_mass: f32| {
        let [x, y] = [body.velocity.x, body.velocity.y].map(f64::from);
        (x * x + y * y) / (2.0 * f64::from(inverse_mass))
    };
    let discs = discs.iter().map(|disc| of(disc.body, DISC_INVERSE_MASS));
    of(ball, BALL_INVERSE_MASS) + discs.sum::<f64>()
}

fn advance_unheard(ball: &mut Body, discs: &mut [Disc]) {
    let (mut counts, mut events) = (EventCounts::default(), Vec::new());
    advance(
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
    fn energy_never_grows((mut ball, mut discs) in any_bodies()) {
        let mut before = energy(ball, &discs);
        for _ in 0..120 {
            advance_unheard(&mut ball, &mut discs);
            let after = energy(ball, &discs);
            prop_assert!(after <= before * 1.000_01, "{before} J became {after} J");
            before = after;
        }
    }

    #[test]
    fn bodies_end_inside((mut ball, mut discs) in any_bodies()) {
        for _ in 0..30 {
            advance_unheard(&mut ball, &mut discs);
            let tolerance = 1e-4;
            for disc in &discs {
                let breach = arena::field_breach(disc.body.position, DISC_RADIUS);
                prop_assert!(breach.is_none_or(|b| b.depth < tolerance), "{breach:?} of {disc:?}");
            }
            let breach = arena::ball_breach(ball.position);
            prop_assert!(breach.is_none_or(|b| b.depth < tolerance), "{breach:?} of {ball:?}");
        }
    }

    /// A ball at its speed limit, shot at a disc in its way, ends on the side that it came from.
    #[test]
    fn nothing_tunnels(angle_x in -1.0f32..1.0, angle_y in -1.0f32..1.0, gap in 0.0f32..1.0) {
        let Some(direction) = Vec2::new(angle_x, angle_y).direction() else {
            return Ok(());
        };
        let mut discs = [Disc::new(0)];
        discs[0].body = Body { position: Vec2::ZERO, velocity: -direction * MAX_DISC_SPEED };
        let distance = DISC_RADIUS + BALL_RADIUS + gap;
        let mut ball =
            Body { position: -direction * distance, velocity: direction * MAX_BALL_SPEED };
        for _ in 0..10 {
            advance_unheard(&mut ball, &mut discs);
            let between = ball.position - discs[0].body.position;
            prop_assert!(between.dot(direction) < 0.0, "{between:?} along {direction:?}");
        }
    }
}

#[test]
fn a_pushed_ball_in_front_of_a_wall_stays_in_front_of_it() {
    let mut discs = [Disc::new(0)];
    let wall = arena::HALF_WIDTH;
    discs[0].body = Body::resting(Vec2::new(3.0, wall - 2.0));
    let mut ball = Body::resting(Vec2::new(3.0, wall - BALL_RADIUS));
    for _ in 0..300 {
        discs[0].body.velocity += Vec2::new(0.0, crate::disc::THRUST * STEP_SECONDS);
        advance_unheard(&mut ball, &mut discs);
        assert!(ball.position.y <= wall - BALL_RADIUS + 1e-4);
    }
    let gap = discs[0].gap_to(ball.position);
    assert!(gap > -0.1, "the disc is {gap} m deep in the ball");
}
