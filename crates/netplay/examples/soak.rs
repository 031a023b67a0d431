//! Plays matches in simulated time through random faults, for as long as it is told to.
//!
//! `cargo xtask soak --minutes 10` runs this. A broken invariant is shrunk to the shortest
//! schedule that still breaks it, and printed with the history that leads to it; `--schedule` or
//! `--seed` plays it again. The exit status is 1 then.

#[path = "../tests/soak/dst/mod.rs"]
#[allow(dead_code, reason = "the tests plant faults, too")]
mod dst;
#[path = "../tests/common/game.rs"]
#[allow(dead_code, reason = "each user takes its part")]
mod game;

use clap::Parser;
use dst::{Breach, Figures, Outcome, Schedule, generate, run, shrink::shrink, table};
use std::{
    io::Write,
    process::ExitCode,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

/// Plays matches in simulated time through random faults.
#[derive(Parser)]
#[command(name = "soak")]
struct Args {
    /// How long, in minutes of this machine's time.
    #[arg(long, default_value_t = 1.0)]
    minutes: f64,
    /// The first seed.
    #[arg(long, default_value_t = 0)]
    from: u64,
    /// Plays only this seed's schedule, and prints its history.
    #[arg(long, env = "SOAK_SEED")]
    seed: Option<u64>,
    /// Plays only this schedule, as a failure printed it.
    #[arg(long, conflicts_with = "seed")]
    schedule: Option<Schedule>,
    /// Leaves the matrix of conditions without faults out.
    #[arg(long)]
    random: bool,
    /// Goes on after a failure.
    #[arg(long)]
    keep_going: bool,
    /// Shrinks every failure, also with --keep-going or of a given schedule.
    #[arg(long)]
    shrink: bool,
    /// Prints the table of measured figures in Markdown, and nothing else.
    #[arg(long)]
    table: bool,
}

fn main() -> ExitCode {
    let args = Args::parse();
    let schedule = args.schedule.clone().or(args.seed.map(generate::random));
    match schedule {
        _ if args.table => {
            say(&table::markdown());
            ExitCode::SUCCESS
        }
        Some(schedule) => play_one(&schedule, args.shrink),
        None => soak(&args),
    }
}

/// Plays one schedule and tells its history.
fn play_one(schedule: &Schedule, shrinks: bool) -> ExitCode {
    tracing_subscriber::fmt()
        .with_env_filter(tracing_subscriber::EnvFilter::from_default_env())
        .without_time()
        .init();
    let outcome = run(schedule);
    for line in &outcome.trace {
        say(line);
    }
    say(&format!(
        "{}\nhistory {:016x}",
        outcome.figures, outcome.hash
    ));
    match outcome.breach {
        Some(breach) => {
            say(&breach.to_string());
            if shrinks {
                say(&shrunk(schedule.clone(), breach));
            }
            ExitCode::FAILURE
        }
        None => ExitCode::SUCCESS,
    }
}

/// The shortest schedule that fails in the same way, with its history.
fn shrunk(schedule: Schedule, breach: Breach) -> String {
    let small = shrink(schedule, breach, &run);
    let history = run(&small.schedule).trace.join("\n");
    let (runs, breach, schedule) = (small.runs, small.breach, small.schedule);
    format!("shrunk in {runs} runs: {breach}\n{history}\n  --schedule '{schedule}'")
}

/// What the threads of a soak share.
struct Soak<'a> {
    args: &'a Args,
    ends: Instant,
    next: AtomicU64,
    stopped: AtomicBool,
    seen: Mutex<(Figures, u64)>,
}

fn soak(args: &Args) -> ExitCode {
    let start = Instant::now();
    let soak = Soak {
        args,
        ends: start + Duration::from_secs_f64(args.minutes.max(0.0) * 60.0),
        next: AtomicU64::new(if args.random { generate::MATRIX } else { 0 }),
        stopped: AtomicBool::new(false),
        seen: Mutex::default(),
    };
    let threads = thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| soak.work());
        }
    });
    let (figures, failures) = soak
        .seen
        .into_inner()
        .unwrap_or_else(PoisonError::into_inner);
    let minutes = start.elapsed().as_secs_f64() / 60.0;
    let speed = figures.matches as f64 / minutes;
    say(&format!(
        "{figures}\n{speed:.0} matches a minute on {threads} threads"
    ));
    say(&format!("{failures} failures"));
    match failures {
        0 => ExitCode::SUCCESS,
        _ => ExitCode::FAILURE,
    }
}

impl Soak<'_> {
    fn work(&self) {
        while Instant::now() < self.ends && !self.stopped.load(Ordering::Relaxed) {
            let count = self.next.fetch_add(1, Ordering::Relaxed);
            // The whole matrix comes first.
            let schedule = match count.checked_sub(generate::MATRIX) {
                None => generate::fault_free(count),
                Some(count) => generate::random(self.args.from.wrapping_add(count)),
            };
            self.judge(schedule);
        }
    }

    fn judge(&self, schedule: Schedule) {
        let Outcome {
            figures, breach, ..
        } = run(&schedule);
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.0.add(&figures);
        let Some(breach) = breach else { return };
        seen.1 += 1;
        let shrinks = seen.1 == 1 && !self.args.keep_going || self.args.shrink;
        drop(seen);
        self.stopped
            .fetch_or(!self.args.keep_going, Ordering::Relaxed);
        say(&format!("failure: {breach}\n  {schedule}"));
        if shrinks {
            say(&shrunk(schedule, breach));
        }
    }
}

/// Prints a line; a reader that has gone away is no fault.
fn say(line: &str) {
    let _ = writeln!(std::io::stdout().lock(), "{line}");
}
