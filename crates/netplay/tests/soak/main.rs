//! Whole rooms in simulated time, through random faults: see [`dst`].

#[allow(dead_code, reason = "the example tells the figures")]
mod dst;
#[path = "../common/game.rs"]
#[allow(dead_code, reason = "each test binary uses its part")]
mod game;
mod kept;

use dst::{
    Breach, Invariant, Outcome, Schedule, generate, run,
    run::{Fault, run_with},
    shrink::shrink,
};

/// What a failing schedule is reported with.
fn report(schedule: &Schedule, breach: &Breach, trace: &[String]) -> String {
    format!("{breach}\n{}\n  {schedule}", trace.join("\n"))
}

fn assert_holds(schedule: &Schedule) -> Outcome {
    let outcome = run(schedule);
    if let Some(breach) = outcome.breach {
        let small = shrink(schedule.clone(), breach, &run);
        let trace = run(&small.schedule).trace;
        panic!("{}", report(&small.schedule, &small.breach, &trace));
    }
    outcome
}

#[test]
fn a_seed_has_one_history() {
    for seed in 0..6 {
        let schedule = generate::random(seed);
        let (first, second) = (run(&schedule), run(&schedule));
        assert_eq!(first.hash, second.hash, "{schedule}");
        assert_eq!(first.trace, second.trace, "{schedule}");
        let other = run(&Schedule {
            seed: seed + 1_000,
            ..schedule
        });
        assert_ne!(first.hash, other.hash);
    }
}

#[test]
fn a_schedule_reads_back_from_its_line() {
    for seed in 0..200 {
        let schedule = generate::random(seed);
        assert_eq!(schedule.to_string().parse(), Ok(schedule));
    }
    for wrong in [
        "",
        "sums",
        "chess seed 1",
        "sums seed x",
        "sums seed 1 peers 2 rtt",
    ] {
        assert!(wrong.parse::<Schedule>().is_err());
    }
}

/// A part of the matrix; `cargo xtask soak` runs all of it.
#[test]
fn conditions_without_faults_are_played_at_full_pace() {
    (0..generate::MATRIX).step_by(5).for_each(|index| {
        assert_holds(&generate::fault_free(index));
    });
}

#[test]
fn random_faults_break_nothing() {
    for seed in 0..40 {
        assert_holds(&generate::random(seed));
    }
}

#[test]
fn what_once_failed_holds() {
    for (why, line) in kept::KEPT {
        let schedule: Schedule = line.parse().expect("it is one");
        let outcome = run(&schedule);
        if let Some(breach) = outcome.breach {
            panic!("{why}: {}", report(&schedule, &breach, &outcome.trace));
        }
    }
}

/// The first schedule that a planted fault breaks, made as small as it gets.
fn shrunk_by(fault: Fault) -> (Schedule, Breach) {
    let run = |schedule: &Schedule| run_with(schedule, Some(fault));
    let failing = (0..200).map(generate::random).find_map(|schedule| {
        let breach = run(&schedule).breach?;
        (schedule.events.len() > 3).then_some((schedule, breach))
    });
    let (schedule, breach) = failing.expect("a planted fault is found");
    let shrunk = shrink(schedule, breach, &run);
    let again = run(&shrunk.schedule);
    assert_eq!(again.breach, Some(shrunk.breach.clone()));
    (shrunk.schedule, shrunk.breach)
}

#[test]
fn a_planted_fault_is_found_and_made_small() {
    for (fault, invariant) in [
        (Fault::CorruptsAfterFreeze, Invariant::Worlds),
        (Fault::PanicsOnFreeze, Invariant::Panic),
    ] {
        let (schedule, breach) = shrunk_by(fault);
        assert_eq!(breach.invariant, invariant);
        let kinds: Vec<_> = schedule
            .events
            .iter()
            .map(|event| event.act.kind())
            .collect();
        assert_eq!(kinds, ["freeze"], "{schedule}");
        assert_eq!(schedule.weather, Default::default(), "{schedule}");
        assert!(schedule.peers <= 2, "{schedule}");
    }
}
