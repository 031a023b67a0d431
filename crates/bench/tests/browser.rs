//! Times what is ours as wasm, in a browser: `cargo xtask bench rollback` starts it and takes the
//! printed figures. It fails only when ours does not play the same match here.
#![cfg(target_arch = "wasm32")]

use bench::{
    core_pair::{Frames, Pair, Ticks},
    figures::{Figures, SEATS},
    plain::{Checksums, Snapshots, Steps},
    scene::{LAP, WARM_UP, world_at},
};
use protocol::Simulation;
use wasm_bindgen_test::{console_log, wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_browser);

/// Laps of each kind, by turns; in the first ones the browser still compiles.
const LAPS: usize = 60;

#[wasm_bindgen_test]
fn rollback() {
    let mut figures = Figures::default();
    for seats in SEATS {
        let mut pair = Pair::new(seats);
        pair.play_to(WARM_UP + LAP);
        let core = pair.first();
        let expected = world_at(seats, core.confirmed()).checksum();
        assert_eq!(core.confirmed_world().checksum(), expected);
    }
    for _ in 0..LAPS {
        for seats in SEATS {
            figures.time::<Steps>(seats);
            figures.time::<Snapshots>(seats);
            figures.time::<Checksums>(seats);
            figures.time::<Ticks>(seats);
            figures.time::<Frames>(seats);
        }
    }
    console_log!("{}", figures.to_text());
}
