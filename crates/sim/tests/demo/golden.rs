//! The recorded match that every target must reproduce bit by bit.
//!
//! `golden/match.txt` holds the rules' version and the checksum of every 60th world of a match in
//! each arena. After a wanted change of the rules raise `RULES_VERSION` in `src/demo/world.rs`, and
//! write the file anew with `WRITE_GOLDEN=1 cargo test -p sim --test demo golden`. On wasm
//! the same test runs by `wasm-bindgen-test-runner`.

use crate::players::Players;
use protocol::{Driver, Simulation};
use sim::demo::{ArenaKind, Ball, Level, Settings, World, autopilot, world::RULES_VERSION};

const GOLDEN: &str = include_str!("golden/match.txt");
const FRAMES: u32 = 2_400;
const INTERVAL: u32 = 60;

/// Matches that together have every option and level of bots.
fn settings(arena: ArenaKind) -> Settings {
    let (ball, dash, bots) = match arena {
        ArenaKind::Classic => (Ball::Normal, true, [Level::Medium; 2]),
        ArenaKind::Small => (Ball::Light, false, [Level::Easy, Level::Hard]),
        ArenaKind::Big => (Ball::Heavy, true, [Level::Hard; 2]),
        ArenaKind::Hexagon => (Ball::Normal, true, [Level::Hard, Level::Medium]),
    };
    Settings {
        arena,
        ball,
        dash,
        bots,
        ..Settings::for_seats(6)
    }
}

/// A match with everything in it: two lively players, two peers on autopilot, two bots, and a
/// player who leaves to a bot halfway.
fn play(arena: ArenaKind) -> Vec<(u32, u64)> {
    let mut world = World::new(&settings(arena), 0x5eed);
    let mut players = Players::new(6, 0x5eed);
    let mut checksums = Vec::new();
    for frame in 0..=FRAMES {
        if frame % INTERVAL == 0 {
            checksums.push((frame, world.checksum()));
        }
        let mut seats = players.next_step();
        for seat in [2, 3] {
            seats[seat].input = autopilot(&world, seat);
        }
        let left = if frame < FRAMES / 2 { 4..6 } else { 1..6 };
        for seat in left {
            seats[seat].driver = Driver::Bot;
        }
        world.step(&seats, &mut Vec::new());
    }
    checksums
}

fn text() -> String {
    let mut text = format!("rules {RULES_VERSION}\n");
    for arena in ArenaKind::ALL {
        for (frame, checksum) in play(arena) {
            text += &format!("{arena:?} {frame} {checksum:016x}\n");
        }
    }
    text
}

#[cfg(not(target_arch = "wasm32"))]
fn write(text: &str) {
    let old_rules = GOLDEN.lines().next();
    assert!(
        old_rules != text.lines().next() || GOLDEN == text,
        "the rules changed: raise RULES_VERSION in world.rs, so that peers of the old ones are refused"
    );
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/demo/golden/match.txt");
    std::fs::write(path, text).expect("the golden file can be written");
}

#[cfg_attr(not(target_arch = "wasm32"), test)]
#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
fn the_recorded_match_is_reproduced() {
    let text = text();
    #[cfg(not(target_arch = "wasm32"))]
    if std::env::var_os("WRITE_GOLDEN").is_some() {
        return write(&text);
    }
    for (golden, here) in GOLDEN.lines().zip(text.lines()) {
        assert_eq!(here, golden, "the first difference");
    }
    assert_eq!(text.lines().count(), GOLDEN.lines().count());
}
