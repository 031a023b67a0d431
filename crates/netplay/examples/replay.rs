//! Checks a recorded match, or finds where two records of one part.
//!
//! `cargo run -p netplay --example replay -- verify FILE`
//! `cargo run -p netplay --example replay -- diff A B`
//!
//! The files are replays, or what a desync left. The exit status tells how it went:
//! - 0: everything is the same
//! - 1: something differs, as printed on stdout
//! - 2: a file cannot be read or compared; a sentence on stderr says why

use anyhow::Context;
use clap::Parser;
use netplay::replay::{Difference, MAX_FILE_BYTES, Replay, Verdict, WorldDifference, diff, verify};
use protocol::{Frame, limits::STEPS_PER_SECOND};
use sim::World;
use std::{
    fmt::Write as _,
    fs::File,
    io::{Read, Write},
    path::{Path, PathBuf},
    process::ExitCode,
    time::{Duration, Instant},
};

/// Fields that are printed. Worlds that parted long ago have nothing in common.
const MAX_FIELDS: usize = 40;

/// Check recorded matches.
#[derive(Parser)]
enum Args {
    /// Run a replay again and compare every checksum in it.
    Verify {
        /// A replay, or the file of a desync.
        file: PathBuf,
    },
    /// Find the first frame and the fields in which two records of a match differ.
    Diff {
        /// A replay, or the file of a desync.
        a: PathBuf,
        /// Another peer's record of the same match.
        b: PathBuf,
    },
}

fn main() -> ExitCode {
    match run(&Args::parse()) {
        Ok((told, same)) => {
            // Nobody who reads no longer is told the end.
            let _ = std::io::stdout().write_all(told.as_bytes());
            ExitCode::from(u8::from(!same))
        }
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "{error:#}");
            ExitCode::from(2)
        }
    }
}

/// What is to be told, and whether everything is the same.
fn run(args: &Args) -> anyhow::Result<(String, bool)> {
    let mut told = String::new();
    let same = match args {
        Args::Verify { file } => {
            let replay = read(file)?;
            tell_replay(&mut told, &file.display().to_string(), &replay)?;
            let start = Instant::now();
            let verdict = verify(&replay);
            tell_speed(&mut told, &verdict, start.elapsed())?;
            tell_verdict(&mut told, "The inputs", &verdict)?;
            verdict.mismatch.is_none()
        }
        Args::Diff { a, b } => {
            let replays = [read(a)?, read(b)?];
            for (name, (path, replay)) in ["A", "B"].iter().zip([a, b].iter().zip(&replays)) {
                tell_replay(&mut told, &format!("{name}: {}", path.display()), replay)?;
            }
            let difference = diff(&replays[0], &replays[1])?;
            tell_difference(&mut told, &difference)?;
            difference.is_none()
        }
    };
    Ok((told, same))
}

/// Reads a file, but no more of it than a replay can have.
fn read(path: &Path) -> anyhow::Result<Replay<World>> {
    let mut bytes = Vec::new();
    File::open(path)
        .and_then(|file| file.take(MAX_FILE_BYTES as u64 + 1).read_to_end(&mut bytes))
        .with_context(|| format!("cannot read {}", path.display()))?;
    Replay::decode(&bytes).with_context(|| path.display().to_string())
}

fn tell_replay(told: &mut String, title: &str, replay: &Replay<World>) -> std::fmt::Result {
    let (start, end) = (replay.start(), replay.end());
    let last = end.saturating_sub(1);
    let players: Vec<&str> = (0..replay.seats())
        .map(|seat| replay.name(seat, last).unwrap_or("(bot)"))
        .collect();
    writeln!(told, "{title}")?;
    writeln!(
        told,
        "   worlds {start} to {end}, {} of match; at the end {}",
        clock(end - start),
        players.join(", ")
    )?;
    if let Some(artifact) = replay.artifact() {
        writeln!(
            told,
            "   a desync: world {} was {:016x} here and {:016x} for the other",
            artifact.frame, artifact.ours, artifact.theirs
        )?;
    }
    Ok(())
}

fn tell_speed(told: &mut String, verdict: &Verdict, took: Duration) -> std::fmt::Result {
    let life = f64::from(verdict.frames) / f64::from(STEPS_PER_SECOND);
    let took = took.as_secs_f64();
    writeln!(
        told,
        "Run again in {:.1} ms, {:.0} times as fast as life.",
        took * 1e3,
        life / took.max(1e-9)
    )
}

/// Whether `whose` inputs lead to their worlds.
fn tell_verdict(told: &mut String, whose: &str, verdict: &Verdict) -> std::fmt::Result {
    let checked = verdict.checked;
    match verdict.mismatch {
        None => writeln!(
            told,
            "{whose} lead to all of the {checked} worlds that are known."
        ),
        Some(found) => writeln!(
            told,
            "{whose} do not lead to world {}: it was {:016x} and comes out as {:016x}.\n   {}",
            found.frame,
            found.recorded,
            found.replayed,
            match verdict.agreed {
                Some(agreed) => format!("World {agreed} is still the same."),
                None => "No world before it is known.".to_owned(),
            }
        ),
    }
}

fn tell_difference(told: &mut String, difference: &Difference) -> std::fmt::Result {
    writeln!(
        told,
        "Both tell of worlds {} to {}.",
        difference.from, difference.to
    )?;
    for (name, verdict) in ["A's inputs", "B's inputs"].iter().zip(&difference.sides) {
        tell_verdict(told, name, verdict)?;
    }
    match &difference.inputs {
        None => writeln!(told, "The inputs are the same.")?,
        Some(inputs) => {
            let [a, b] = &inputs.did;
            writeln!(
                told,
                "The inputs differ first in step {}, seat {}:\n   A {a}\n   B {b}",
                inputs.frame, inputs.seat
            )?;
        }
    }
    match &difference.worlds {
        None => writeln!(told, "The worlds are the same."),
        Some(worlds) => {
            let by_inputs = difference
                .inputs
                .as_ref()
                .is_some_and(|i| i.frame < worlds.frame);
            tell_worlds(told, worlds, by_inputs)
        }
    }
}

fn tell_worlds(told: &mut String, worlds: &WorldDifference, by_inputs: bool) -> std::fmt::Result {
    let frame = worlds.frame;
    let cause = match by_inputs {
        true => "after different inputs",
        false => "from the same inputs",
    };
    match worlds.agreed {
        Some(agreed) if agreed + 1 == frame => writeln!(
            told,
            "The first world that differs is {frame}, made by step {agreed} {cause}."
        )?,
        Some(agreed) => writeln!(
            told,
            "The worlds part in one of the steps {agreed} to {}, {cause}: \
             world {agreed} is the same, world {frame} is not.",
            frame - 1
        )?,
        None => writeln!(told, "The first world that both know, {frame}, differs.")?,
    }
    match &worlds.fields {
        None => writeln!(
            told,
            "Of no world after that both sides are known, so no field can be named."
        ),
        Some((known, fields)) if fields.is_empty() => writeln!(
            told,
            "All fields of world {known} that are written out are the same: \
             what differs is not, or JSON cannot hold the world."
        ),
        Some((known, fields)) => tell_fields(told, *known, fields),
    }
}

fn tell_fields(
    told: &mut String,
    known: Frame,
    fields: &[netplay::replay::FieldDifference],
) -> std::fmt::Result {
    writeln!(told, "Fields of world {known} that differ (A != B):")?;
    for field in fields.iter().take(MAX_FIELDS) {
        writeln!(told, "   {field}")?;
    }
    match fields.len().saturating_sub(MAX_FIELDS) {
        0 => Ok(()),
        more => writeln!(told, "   and {more} more"),
    }
}

/// Frames as minutes and seconds.
fn clock(frames: Frame) -> String {
    let seconds = frames / STEPS_PER_SECOND;
    format!("{}:{:02}", seconds / 60, seconds % 60)
}
