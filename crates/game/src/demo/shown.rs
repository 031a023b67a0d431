//! Where things are at the moment that a scene shows.

use super::{Chosen, Shown};
use bevy::prelude::*;
use sim::demo::{ArenaKind, Body, Disc, World};

/// The arena of the match, or the one chosen for the first one.
pub fn arena(shown: &Shown, chosen: &Chosen) -> ArenaKind {
    shown.world().map_or(&chosen.0, World::settings).arena
}

/// Where the ball is.
pub fn ball(shown: &Shown) -> Option<Vec2> {
    between(shown, |world| Some(world.ball()))
}

/// Where a seat's disc is.
pub fn disc(shown: &Shown, seat: usize) -> Option<Vec2> {
    between(shown, |world| world.discs().get(seat).map(Disc::body))
}

fn between(shown: &Shown, body: impl Fn(&World) -> Option<Body>) -> Option<Vec2> {
    let (previous, current, part) = shown.between()?;
    let to = point(body(current)?.position);
    // At a kick-off everybody is put on their places: nobody slides there.
    if previous.line_ups() != current.line_ups() {
        return Some(to);
    }
    Some(point(body(previous)?.position).lerp(to, part))
}

/// A place of the simulation as the engine writes it.
pub fn point(vector: sim::Vec2) -> Vec2 {
    Vec2::new(vector.x, vector.y)
}

#[cfg(test)]
mod tests {
    use super::*;
    use netplay::session::Frames;
    use protocol::{Driver, Seat, Simulation};
    use sim::demo::{Input, Settings};
    use web_time::Instant;

    fn shown(part: f32, steps: usize) -> Shown {
        let settings = Settings::for_seats(2);
        let mut previous = World::new(&settings, 7);
        let mut current = previous;
        let run = Seat {
            input: Input::new(0.0, 1.0, false, false),
            driver: Driver::Peer,
        };
        for _ in 0..steps {
            previous = current;
            current.step(&[run; 2], &mut Vec::new());
        }
        let frames = Frames {
            frame: 1,
            previous,
            current,
            at: Instant::now(),
            confirmed: 0,
        };
        Shown::of(frames, part)
    }

    #[test]
    fn discs_are_drawn_between_the_two_newest_worlds() {
        let y = |part| disc(&shown(part, 100), 0).unwrap().y;
        assert!(y(0.0) < y(1.0));
        assert!((y(0.5) - (y(0.0) + y(1.0)) / 2.0).abs() < 1e-4);
    }

    #[test]
    fn nobody_is_drawn_who_does_not_play() {
        assert_eq!(disc(&shown(0.5, 1), 2), None);
        assert_eq!(ball(&Shown::default()), None);
    }
}
