//! The games that are simulated, and what their players do.

use super::schedule::Rules;
use crate::game::{Settings as SumsSettings, Sums};
use protocol::{Frame, Simulation, limits::MAX_SEATS};
use sim::{Settings, World};

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
    fn settings(_: Rules) -> fn(usize) -> Settings {
        |players| Settings {
            match_steps: Settings::MAX_MATCH_STEPS,
            goal_limit: Settings::MAX_GOAL_LIMIT,
            ..Settings::for_seats(seats(players))
        }
    }

    fn input(random: u64) -> sim::Input {
        let [x, y, buttons, ..] = random.to_le_bytes();
        sim::Input {
            thrust_x: x as i8,
            thrust_y: y as i8,
            buttons: buttons & (sim::Input::KICK | sim::Input::DASH),
        }
    }
}
