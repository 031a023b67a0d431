//! The games that are simulated, and what their players do.

use super::schedule::Rules;
use crate::game::{Settings as SumsSettings, Sums};
use protocol::{Frame, Simulation, limits::MAX_SEATS};
use sim::World;

/// Steps of a match of [`Rules::Rounds`].
const ROUND: Frame = 15 * protocol::limits::STEPS_PER_SECOND;

/// Seats that a match has beyond its first players: latecomers find one.
const SPARE_SEATS: usize = 2;

/// A simulation with players.
pub trait Game: Simulation {
    /// The settings of a match by these rules.
    fn settings(rules: Rules) -> fn(players: usize) -> Self::Settings;
    /// What a player does, by chance.
    fn input(random: u64) -> Self::Input;
}

fn seats(players: usize) -> u8 {
    (players + SPARE_SEATS).min(MAX_SEATS) as u8
}

impl Game for Sums {
    fn settings(rules: Rules) -> fn(usize) -> SumsSettings {
        match rules {
            Rules::Rounds => |players| SumsSettings {
                seats: seats(players),
                length: ROUND,
            },
            Rules::Sums | Rules::Sim => |players| SumsSettings {
                seats: seats(players),
                length: Frame::MAX,
            },
        }
    }

    fn input(random: u64) -> u8 {
        random as u8
    }
}

impl Game for World {
    fn settings(_: Rules) -> fn(usize) -> <World as Simulation>::Settings {
        |players| sim::settings(players + SPARE_SEATS)
    }

    fn input(random: u64) -> <World as Simulation>::Input {
        // Any bytes are a valid input; of a game that needs more, its default will do.
        postcard::from_bytes(&random.to_le_bytes()).unwrap_or_default()
    }
}
