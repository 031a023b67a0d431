//! Bots of a higher level beat those of a lower one, in every arena.

use protocol::{Seat, Simulation};
use sim::demo::{ArenaKind, Level, Settings, Team, World};

/// How many of a hundred matches the stronger team wins: duels and two against two, from both
/// sides.
fn wins(arena: ArenaKind, stronger: Level, weaker: Level) -> usize {
    let wins = |seed: &u64| {
        let side = Team::BOTH[(seed % 2) as usize];
        let mut bots = [weaker; 2];
        bots[side.index()] = stronger;
        let settings = Settings {
            arena,
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

/// Expects the stronger team to win so often in each arena.
fn expect(least: usize, stronger: Level, weaker: Level) {
    let wins = ArenaKind::ALL.map(|arena| (arena, wins(arena, stronger, weaker)));
    assert!(wins.iter().all(|(_, wins)| *wins >= least), "{wins:?}");
}

#[test]
fn hard_bots_beat_easy_ones() {
    expect(90, Level::Hard, Level::Easy);
}

#[test]
fn hard_bots_beat_medium_ones() {
    expect(70, Level::Hard, Level::Medium);
}

#[test]
fn medium_bots_beat_easy_ones() {
    expect(70, Level::Medium, Level::Easy);
}
