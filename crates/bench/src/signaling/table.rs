//! One table of all servers, and a line for each target.

use crate::signaling::phases::Figures;
use std::time::Duration;

/// Bytes of memory for each connection.
const CONNECTION_TARGET: f64 = 8.0 * 1024.0;
/// Our CPU time for a signal, of the stock server's in the same run.
const CPU_TARGET: f64 = 0.5;
/// Bytes of memory that are still held after all have left.
const LEFT_TARGET: i64 = 16 * 1024 * 1024;
/// What joining may take, 99 times of 100, while all others are connected.
const JOIN_TARGET: Duration = Duration::from_millis(50);

/// The whole report: ours first, then the servers that it is compared with.
pub fn text(servers: &[(&str, Figures)]) -> String {
    let names: Vec<&str> = servers.iter().map(|(name, _)| *name).collect();
    let connections = servers
        .first()
        .map_or(0, |(_, figures)| figures.connections);
    let mut text = format!(
        "| {connections} connections | {} |\n|---{}|\n",
        names.join(" | "),
        "|---".repeat(servers.len())
    );
    let mut row = |what: &str, cell: &dyn Fn(&Figures) -> String| {
        let cells: Vec<String> = servers.iter().map(|(_, figures)| cell(figures)).collect();
        text += &format!("| {what} | {} |\n", cells.join(" | "));
    };
    row("memory per idle connection", &|f| kib(f.idle_bytes));
    row("the same after signals", &|f| kib(f.used_bytes));
    row("joins a second", &|f| format!("{:.0}", f.joins_per_second));
    row("a join, p50 / p99", &|f| percentiles(&f.joins));
    row("signals a second", &|f| {
        format!("{:.0}", f.signals_per_second)
    });
    row("server's CPU time per signal", &|f| {
        micros(f.cpu_per_signal)
    });
    row("a signal at full speed, p50 / p99", &|f| {
        percentiles(&f.flood_latencies)
    });
    row("a signal at 1,000 a second, p50 / p99", &|f| {
        percentiles(&f.steady_latencies)
    });
    row("a join while all are held, p50 / p99", &|f| {
        percentiles(&f.held_joins)
    });
    row("held for; failures", &|f| {
        format!("{} s; {}", f.held.as_secs(), f.failures)
    });
    row("memory before anybody came", &|f| mib(f.memory_before));
    row("memory after all have left", &|f| mib(f.memory_after));
    text.push('\n');
    text += &targets(servers);
    text
}

fn targets(servers: &[(&str, Figures)]) -> String {
    let Some(((_, ours), others)) = servers.split_first() else {
        return String::new();
    };
    let mut text = String::new();
    let mut target = |met: bool, what: &str, value: String| {
        let verdict = if met { "met" } else { "MISSED" };
        text += &format!("  {verdict:<8}{what}: {value}\n");
    };
    target(
        ours.idle_bytes.max(ours.used_bytes) <= CONNECTION_TARGET,
        "at most 8 KiB a connection",
        kib(ours.idle_bytes.max(ours.used_bytes)),
    );
    for (name, other) in others {
        let part = ours.cpu_per_signal.as_secs_f64() / other.cpu_per_signal.as_secs_f64();
        target(
            part <= CPU_TARGET,
            &format!("a signal for half of {name}'s CPU time"),
            format!("{part:.2}"),
        );
    }
    let left = ours.memory_after - ours.memory_before;
    target(
        left <= LEFT_TARGET,
        "within 16 MiB of the start after all have left",
        mib(left),
    );
    let join = percentile(&ours.held_joins, 0.99);
    target(
        join <= JOIN_TARGET && ours.failures == 0,
        "no failure, and joins under 50 ms at p99 while all are held",
        micros(join),
    );
    text
}

/// The duration that `part` of the `sorted` ones do not exceed; zero of none.
fn percentile(sorted: &[Duration], part: f64) -> Duration {
    let index = (sorted.len() as f64 * part) as usize;
    let last = sorted.len().saturating_sub(1);
    sorted.get(index.min(last)).copied().unwrap_or_default()
}

fn percentiles(sorted: &[Duration]) -> String {
    let [median, high] = [0.5, 0.99].map(|part| micros(percentile(sorted, part)));
    format!("{median} / {high}")
}

fn micros(duration: Duration) -> String {
    let micros = duration.as_secs_f64() * 1e6;
    match micros < 1_000.0 {
        true => format!("{micros:.1} µs"),
        false => format!("{:.1} ms", micros / 1_000.0),
    }
}

fn kib(bytes: f64) -> String {
    format!("{:.1} KiB", bytes / 1024.0)
}

fn mib(bytes: i64) -> String {
    format!("{:.1} MiB", bytes as f64 / 1024.0 / 1024.0)
}
