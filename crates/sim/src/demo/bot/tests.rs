//! The bot's brain has no favourite side.

use super::*;
use crate::demo::{arena::ArenaKind, settings::Settings};
use protocol::Simulation;

/// The world with left and right, and the seats of each pair, exchanged.
fn mirrored(world: &World) -> World {
    let mut mirror = *world;
    let flip = |body: Body| Body {
        position: body.position.sided(-1.0),
        velocity: body.velocity.sided(-1.0),
    };
    mirror.ball = flip(mirror.ball);
    for pair in mirror.discs.chunks_mut(2) {
        pair.swap(0, 1);
        pair.iter_mut().for_each(|disc| disc.body = flip(disc.body));
    }
    mirror
}

/// Whether both sides of a match think alike in every frame.
fn check(settings: &Settings) {
    let mut world = World::new(settings, 7);
    for _ in 0..1_500 {
        world.step(
            &vec![protocol::Seat::default(); settings.seats.into()],
            &mut Vec::new(),
        );
        let mirror = mirrored(&world);
        for seat in 0..world.seat_count() {
            let here = autopilot(&world, seat);
            let there = autopilot(&mirror, seat ^ 1);
            assert_eq!(here.thrust_x, -there.thrust_x, "frame {}", world.frame());
            assert_eq!(here.thrust_y, there.thrust_y, "frame {}", world.frame());
            assert_eq!(here.buttons, there.buttons, "frame {}", world.frame());
        }
    }
}

#[test]
fn both_sides_think_alike() {
    for seats in [2, 4, 8] {
        for level in Level::ALL {
            for arena in ArenaKind::ALL {
                check(&Settings {
                    arena,
                    bots: [level; 2],
                    ..Settings::for_seats(seats)
                });
            }
        }
    }
}

#[test]
fn a_seat_that_is_not_in_the_match_stays_idle() {
    let world = World::new(&Settings::for_seats(2), 7);
    assert_eq!(autopilot(&world, 2), Input::default());
    assert_eq!(autopilot(&world, usize::MAX), Input::default());
}
