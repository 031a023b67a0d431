//! Bots of a higher level beat those of a lower one.

use protocol::{Seat, Simulation};
use sim::{Level, Settings, Team, World};

/// How many of a hundred matches the stronger team wins: duels and two against two, from both
/// sides.
fn wins(stronger: Level, weaker: Level) -> usize {
    let wins = |seed: &u64| {
        let side = Team::BOTH[(seed % 2) as usize];
        let mut bots = [weaker; 2];
        bots[side.index()] = stronger;
        let settings = Settings {
            bots,
            ..Settings::for_seats(if seed % 4 < 2 { 2 } else { 4 })
        };
        let mut world = World::new(&settings, *seed);
        let seats = vec![Seat::default(); settings.seats.into()];
        let mut events = Vec::new();
        while !world.is_over() {
            world.step(&seats, &mut events);
            events.clear();
        }
        world.winner() == Some(side)
    };
    (0..100).filter(wins).count()
}

#[test]
fn hard_bots_beat_easy_ones() {
    let wins = wins(Level::Hard, Level::Easy);
    assert!(wins >= 90, "{wins} of 100");
}

#[test]
fn hard_bots_beat_medium_ones() {
    let wins = wins(Level::Hard, Level::Medium);
    assert!(wins >= 70, "{wins} of 100");
}

#[test]
fn medium_bots_beat_easy_ones() {
    let wins = wins(Level::Medium, Level::Easy);
    assert!(wins >= 70, "{wins} of 100");
}
