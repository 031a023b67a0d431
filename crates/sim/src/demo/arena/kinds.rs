//! The four arenas that a match can be played in.

use super::{Arena, Bumper, Outline};
use crate::vec2::Vec2;
use serde::{Deserialize, Serialize};

/// Which arena a match is played in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum ArenaKind {
    /// Room for two against two.
    #[default]
    Classic,
    /// For duels: every kick is a shot.
    Small,
    /// For four against four: who passes wins.
    Big,
    /// Sloping walls, and bumpers that throw the ball back.
    Hexagon,
}

impl ArenaKind {
    /// All of them, in the order in which they are offered.
    pub const ALL: [Self; 4] = [Self::Classic, Self::Small, Self::Big, Self::Hexagon];

    /// The arena of this kind.
    pub const fn arena(self) -> &'static Arena {
        match self {
            Self::Classic => &CLASSIC,
            Self::Small => &SMALL,
            Self::Big => &BIG,
            Self::Hexagon => &HEXAGON,
        }
    }
}

static CLASSIC: Arena = Arena {
    half_length: 12.0,
    half_width: 6.5,
    outline: Outline::Rounded { radius: 2.0 },
    goal_half_width: 2.5,
    goal_depth: 1.6,
    kick_off: [
        Vec2::new(-5.0, 0.0),
        Vec2::new(-8.0, 2.4),
        Vec2::new(-8.0, -2.4),
        Vec2::new(-10.0, 0.0),
    ],
    bumpers: &[],
    quarter: &[],
};

static SMALL: Arena = Arena {
    half_length: 8.5,
    half_width: 4.8,
    outline: Outline::Rounded { radius: 1.6 },
    goal_half_width: 1.9,
    goal_depth: 1.4,
    kick_off: [
        Vec2::new(-3.6, 0.0),
        Vec2::new(-5.4, 1.9),
        Vec2::new(-5.4, -1.9),
        Vec2::new(-7.0, 0.0),
    ],
    bumpers: &[],
    quarter: &[],
};

static BIG: Arena = Arena {
    half_length: 16.0,
    half_width: 8.5,
    outline: Outline::Rounded { radius: 2.6 },
    goal_half_width: 3.0,
    goal_depth: 1.8,
    kick_off: [
        Vec2::new(-6.5, 0.0),
        Vec2::new(-10.0, 3.4),
        Vec2::new(-10.0, -3.4),
        Vec2::new(-13.5, 0.0),
    ],
    bumpers: &[],
    quarter: &[],
};

/// Its slopes rise by 5 in 12, so that their normal has short coordinates: 5, 12 and 13 are the
/// sides of a right triangle.
static HEXAGON: Arena = Arena {
    half_length: 12.0,
    half_width: 8.6,
    outline: Outline::Hexagon {
        normal: Vec2::new(5.0 / 13.0, 12.0 / 13.0),
        reach: (5.0 * 12.0 + 12.0 * 3.6) / 13.0,
    },
    goal_half_width: 2.3,
    goal_depth: 1.6,
    kick_off: [
        Vec2::new(-5.0, 0.0),
        Vec2::new(-8.0, 2.4),
        Vec2::new(-8.0, -2.4),
        Vec2::new(-10.0, 0.0),
    ],
    bumpers: &[
        Bumper::new(-4.6, 3.2, 0.6),
        Bumper::new(4.6, 3.2, 0.6),
        Bumper::new(-4.6, -3.2, 0.6),
        Bumper::new(4.6, -3.2, 0.6),
        Bumper::new(0.0, 5.4, 0.9),
        Bumper::new(0.0, -5.4, 0.9),
    ],
    quarter: &[Bumper::new(4.6, 3.2, 0.6), Bumper::new(0.0, 5.4, 0.9)],
};

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::*;

    #[test]
    fn a_quarter_of_the_bumpers_mirrors_to_all() {
        for arena in ArenaKind::ALL.map(ArenaKind::arena) {
            let quarter = arena
                .bumpers
                .iter()
                .filter(|it| it.center.x >= 0.0 && it.center.y >= 0.0);
            assert!(quarter.eq(arena.quarter));
            for bumper in arena.bumpers {
                let folded = Vec2::new(bumper.center.x.abs(), bumper.center.y.abs());
                let mut quarter = arena.quarter.iter();
                assert!(quarter.any(|it| it.center == folded && it.radius == bumper.radius));
            }
        }
    }
}
