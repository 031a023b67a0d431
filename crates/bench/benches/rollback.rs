//! `cargo xtask bench rollback`: times everything, counts bytes, and prints one table.
//!
//! `WASM_FIGURES` names a file with what the browser printed, to be put into the table.

use bench::{
    bevy_entities::{Checked, Discs, Unchecked},
    core_pair::{Frames, Pair, Ticks},
    figures::{Figures, SEATS, Timed},
    ggrs_value::Session,
    ggrs_wire,
    plain::{Checksums, Snapshots, Steps},
    report,
    scene::{LAP, WARM_UP, world_at},
    wire::{self, Hands},
};
use criterion::{BenchmarkId, Criterion};
use protocol::Simulation;
use std::{env, fs, time::Duration};

/// Laps of each contender by turns.
const ROUNDS: usize = 60;

fn main() {
    prove_that_all_play_the_same();
    let mut figures = Figures::default();
    let mut criterion = Criterion::default()
        .sample_size(20)
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(2))
        .configure_from_args();
    for seats in SEATS {
        time::<Steps>(&mut criterion, &mut figures, seats);
        time::<Snapshots>(&mut criterion, &mut figures, seats);
        time::<Checksums>(&mut criterion, &mut figures, seats);
        time::<Ticks>(&mut criterion, &mut figures, seats);
        time::<Frames>(&mut criterion, &mut figures, seats);
        time::<Session>(&mut criterion, &mut figures, seats);
        time::<Checked>(&mut criterion, &mut figures, seats);
        time::<Unchecked>(&mut criterion, &mut figures, seats);
    }
    criterion.final_summary();

    if env::args()
        .skip(1)
        .any(|argument| !argument.starts_with("--bench"))
    {
        return; // Somebody looks at a part of it.
    }
    time_in_turns(&mut figures);
    let wasm = env::var_os("WASM_FIGURES").map(|path| {
        let text = fs::read_to_string(path).expect("the file of the browser's figures");
        Figures::from_text(&text)
    });
    let matches: Vec<_> = SEATS
        .iter()
        .flat_map(|seats| Hands::BOTH.map(|hands| (*seats, hands)))
        .collect();
    let rates: Vec<_> = ggrs_wire::ggrs(&matches)
        .into_iter()
        .zip(&matches)
        .map(|(theirs, (peers, hands))| (*peers, *hands, wire::ours(*peers, *hands), theirs))
        .collect();
    println!("\n{}", report::text(&figures, wasm.as_ref(), &rates));
}

fn time<T: Timed>(criterion: &mut Criterion, figures: &mut Figures, seats: usize) {
    criterion.benchmark_group(T::NAME).bench_function(
        BenchmarkId::from_parameter(format!("{seats} seats")),
        |b| {
            b.iter_custom(|operations| {
                let (mut took, mut done) = (Duration::ZERO, 0);
                while done < operations {
                    let (lap, operations) = figures.time::<T>(seats);
                    took += lap;
                    done += u64::from(operations);
                }
                took.mul_f64(operations as f64 / done as f64)
            });
        },
    );
}

/// Once more, by turns: what slows a busy machine for seconds would else slow one contender alone.
fn time_in_turns(figures: &mut Figures) {
    for _ in 0..ROUNDS {
        for seats in SEATS {
            figures.time::<Steps>(seats);
            figures.time::<Ticks>(seats);
            figures.time::<Frames>(seats);
            figures.time::<Session>(seats);
            figures.time::<Checked>(seats);
            figures.time::<Unchecked>(seats);
        }
    }
}

/// Times of different matches could not be compared.
fn prove_that_all_play_the_same() {
    for seats in SEATS {
        let frame = WARM_UP + LAP;
        let expected = world_at(seats, frame).checksum();

        let mut ggrs = Session::new(seats);
        ggrs.play_to(frame);
        assert_eq!(ggrs.world().checksum(), expected, "ggrs");

        let mut entities = Discs::new(seats);
        entities.play_to(frame);
        let world = entities.world().expect("entities show the world");
        assert_eq!(world.checksum(), expected, "bevy_ggrs");

        let mut pair = Pair::new(seats);
        pair.play_to(frame);
        let core = pair.first();
        let confirmed = world_at(seats, core.confirmed()).checksum();
        assert_eq!(core.confirmed_world().checksum(), confirmed, "ours");
        pair.assert_rolled_back();
    }
}
