//! What a picture costs: `--measure SECONDS` lets a match warm up, counts for so long, prints it, and
//! ends the game. `cargo xtask bench frame` makes a table of it.
//!
//! The time is that of the main thread on the processor, not on the wall: what else the machine does,
//! and how long the graphics take, is none of it. Linux tells such times.

use crate::{args::Args, scene::Page};
use bevy::{diagnostic::FrameCount, ecs::system::NonSendMarker, prelude::*};
use std::{
    fs,
    io::Write,
    time::{Duration, Instant},
};

pub(super) fn plugin(app: &mut App) {
    app.add_systems(
        Last,
        measure.run_if(|args: Res<Args>| args.measure.is_some()),
    );
}

/// How much of a match is not counted: by then all that is loaded or made once is there.
const WARM_UP: Duration = Duration::from_secs(8);

/// What the system knows of the process at one moment.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Sample {
    at: Instant,
    pictures: u32,
    /// On the processor: the main thread, and all of them.
    main: Duration,
    all: Duration,
    /// Memory of its own, in bytes.
    memory: u64,
}

impl Sample {
    fn take(pictures: u32) -> Option<Self> {
        Some(Self {
            at: Instant::now(),
            pictures,
            main: scheduled(&fs::read_to_string("/proc/thread-self/schedstat").ok()?)?,
            all: all_threads()?,
            memory: anonymous(&fs::read_to_string("/proc/self/status").ok()?)?,
        })
    }
}

fn all_threads() -> Option<Duration> {
    let tasks = fs::read_dir("/proc/self/task").ok()?;
    let times = tasks.flatten().filter_map(|task| {
        // A thread may have ended meanwhile.
        scheduled(&fs::read_to_string(task.path().join("schedstat")).ok()?)
    });
    Some(times.sum())
}

/// The time on the processor that a `schedstat` tells first, in nanoseconds.
fn scheduled(schedstat: &str) -> Option<Duration> {
    let nanoseconds = schedstat.split_whitespace().next()?.parse().ok()?;
    Some(Duration::from_nanos(nanoseconds))
}

/// The memory that a `status` says is the process's own, in bytes.
fn anonymous(status: &str) -> Option<u64> {
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("RssAnon:"))?;
    let kib: u64 = line.trim().strip_suffix(" kB")?.parse().ok()?;
    Some(kib * 1024)
}

/// The figures between two samples, a line for each.
fn told(first: &Sample, last: &Sample) -> String {
    let pictures = f64::from(last.pictures.wrapping_sub(first.pictures).max(1));
    let per_picture =
        |from: Duration, to: Duration| to.saturating_sub(from).as_secs_f64() * 1_000.0 / pictures;
    let seconds = last.at.duration_since(first.at).as_secs_f64();
    let grown = last.memory as f64 - first.memory as f64;
    format!(
        "pictures {pictures:.0}\nseconds {seconds:.1}\nmain_ms {:.3}\nall_ms {:.3}\n\
         memory_mib {:.1}\ngrown_kib {:.0}\n",
        per_picture(first.main, last.main),
        per_picture(first.all, last.all),
        last.memory as f64 / (1024.0 * 1024.0),
        grown / 1024.0,
    )
}

fn measure(
    args: Res<Args>,
    count: Res<FrameCount>,
    pages: Query<&Page>,
    mut began: Local<Option<Instant>>,
    mut first: Local<Option<Sample>>,
    mut exit: MessageWriter<AppExit>,
    // The thread that is measured is this one.
    _main_thread: NonSendMarker,
) {
    let seconds = Duration::from_secs(args.measure.unwrap_or(0));
    if let Some(first) = &*first {
        if first.at.elapsed() < seconds {
            return;
        }
    } else {
        if !pages.iter().any(|page| *page == Page::Playing) {
            return;
        }
        if began.get_or_insert_with(Instant::now).elapsed() < WARM_UP {
            return;
        }
    }
    let Some(now) = Sample::take(count.0) else {
        error!("this system does not tell a thread's time on the processor");
        exit.write(AppExit::error());
        return;
    };
    let Some(first) = *first else {
        *first = Some(now);
        return;
    };
    // Whoever reads no longer needs no figures.
    let _ = std::io::stdout().write_all(told(&first, &now).as_bytes());
    exit.write(AppExit::Success);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_system_tells_is_read() {
        let one = "1500000 72 9\n";
        assert_eq!(scheduled(one), Some(Duration::from_micros(1_500)));
        assert_eq!(scheduled(""), None);
        let status = "Name:\tgame\nVmRSS:\t  900 kB\nRssAnon:\t  512 kB\n";
        assert_eq!(anonymous(status), Some(512 * 1024));
        assert_eq!(anonymous("RssAnon: much"), None);
    }

    #[test]
    fn figures_are_told_by_the_picture() {
        let first = Sample {
            at: Instant::now(),
            pictures: 10,
            main: Duration::from_millis(100),
            all: Duration::from_millis(200),
            memory: 4 << 20,
        };
        let last = Sample {
            at: first.at + Duration::from_secs(10),
            pictures: 110,
            main: Duration::from_millis(300),
            all: Duration::from_millis(700),
            memory: 5 << 20,
        };
        let told = told(&first, &last);
        for line in [
            "pictures 100",
            "seconds 10.0",
            "main_ms 2.000",
            "all_ms 5.000",
        ] {
            assert!(told.lines().any(|told| told == line), "{line} in {told}");
        }
        assert!(told.contains("memory_mib 5.0\ngrown_kib 1024\n"));
    }
}
