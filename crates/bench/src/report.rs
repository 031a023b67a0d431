//! One table of everything, and a line for each target.

use crate::{
    bevy_entities::{Checked, Unchecked},
    core_pair::{Frames, Ticks},
    figures::{Figures, SEATS, Timed},
    ggrs_value::Session,
    plain::{Checksums, Snapshots, Steps},
    scene::ROLLBACK,
    wire::{Hands, Rate},
};
use std::fmt::Write as _;

/// A frame of ours with its datagrams takes at most so long natively, in nanoseconds.
const NATIVE_TARGET: f64 = 15_000.0;
/// And as wasm.
const WASM_TARGET: f64 = 60_000.0;
/// A frame of bevy_ggrs's costs at least so many of ours.
const ENTITIES_TARGET: f64 = 10.0;
/// A frame of ours costs at most so many times the bare steps that are stepped again.
const STEPS_TARGET: f64 = 1.5;
/// Ours sends at most this part of ggrs's bytes.
const WIRE_TARGET: f64 = 0.5;

/// What a pair of peers sends, in a match of so many peers: ours, then ggrs's.
pub type WireRow = (usize, Hands, Rate, Rate);

/// The whole report.
pub fn text(native: &Figures, wasm: Option<&Figures>, wire: &[WireRow]) -> String {
    let mut report = Report(String::new());
    report.times("natively", native);
    match wasm {
        Some(wasm) => report.times("as wasm in headless Chromium", wasm),
        None => report.line("as wasm: not timed in this run\n"),
    }
    report.wire(wire);
    report.targets(native, wasm, wire);
    report.0
}

/// A frame of ours against the bare steps that it makes again.
fn per_steps(figures: &Figures, seats: usize) -> Option<f64> {
    let steps = figures.get(Steps::NAME, seats)? * f64::from(ROLLBACK);
    Some(figures.get(Ticks::NAME, seats)? / steps)
}

/// A frame of bevy_ggrs's, run as `name`, against one of ours.
fn entities_per_ours(figures: &Figures, name: &str, seats: usize) -> Option<f64> {
    Some(figures.get(name, seats)? / figures.get(Ticks::NAME, seats)?)
}

struct Report(String);

impl Report {
    fn line(&mut self, line: &str) {
        self.0 += line;
        self.0.push('\n');
    }

    /// A row with a cell for each number of seats; none when nothing was measured.
    fn row(&mut self, name: &str, cell: impl Fn(usize) -> Option<String>) {
        let cells: Vec<_> = SEATS.into_iter().map(cell).collect();
        if cells.iter().all(Option::is_none) {
            return;
        }
        let mut line = format!("  {name:<44}");
        for cell in cells {
            // Writing to a string cannot fail.
            let _ = write!(line, "{:>12}", cell.unwrap_or_default());
        }
        self.line(&line);
    }

    fn times(&mut self, place: &str, figures: &Figures) {
        self.line(&format!("Times, {place}"));
        self.row("", |seats| Some(format!("{seats} seats")));
        let time = |name| move |seats| figures.get(name, seats).map(duration);
        let ratio = |value: Option<f64>| value.map(|ratio| format!("{ratio:.2}"));
        self.row("one step", time(Steps::NAME));
        self.row("one snapshot", time(Snapshots::NAME));
        self.row("one checksum", time(Checksums::NAME));
        self.row("a frame that steps 8 frames again: ours", time(Ticks::NAME));
        self.row("  with a datagram in and one out", time(Frames::NAME));
        self.row("  the same value under ggrs", time(Session::NAME));
        self.row("  the same discs under bevy_ggrs", time(Checked::NAME));
        self.row("    without its checksums", time(Unchecked::NAME));
        self.row("ours / 8 bare steps", |seats| {
            ratio(per_steps(figures, seats))
        });
        for (name, entities) in [
            ("bevy_ggrs / ours", Checked::NAME),
            ("  without its checksums / ours", Unchecked::NAME),
        ] {
            self.row(name, |seats| {
                ratio(entities_per_ours(figures, entities, seats))
            });
        }
        self.line("");
    }

    fn wire(&mut self, wire: &[WireRow]) {
        self.line("Sent by a pair of peers in a second, both ways, 50 ms each way");
        self.line(&format!(
            "  {:<22}{:>10}{:>10}{:>8}{:>14}{:>8}{:>10}{:>10}",
            "", "ours", "ggrs", "ours/", "ggrs as", "ours/", "ours", "ggrs"
        ));
        self.line(&format!(
            "  {:<22}{:>10}{:>10}{:>8}{:>14}{:>8}{:>10}{:>10}",
            "", "bytes", "bytes", "ggrs", "in matchbox", "that", "messages", "messages"
        ));
        for (peers, hands, ours, ggrs) in wire {
            let hands = match hands {
                Hands::Keys => "keys",
                Hands::Sticks => "restless sticks",
            };
            self.line(&format!(
                "  {:<22}{:>10.0}{:>10.0}{:>8.2}{:>14.0}{:>8.2}{:>10.0}{:>10.0}",
                format!("{peers} peers, {hands}"),
                ours.bytes,
                ggrs.bytes,
                ours.bytes / ggrs.bytes,
                ggrs.matchbox_bytes,
                ours.bytes / ggrs.matchbox_bytes,
                ours.messages,
                ggrs.messages,
            ));
        }
        self.line("");
    }

    fn targets(&mut self, native: &Figures, wasm: Option<&Figures>, wire: &[WireRow]) {
        let worst = |figure: &dyn Fn(usize) -> Option<f64>| {
            SEATS.into_iter().filter_map(figure).reduce(f64::max)
        };
        self.line("Targets, by the worst of 2, 4 and 8 seats");
        let frame = |figures: &Figures| worst(&|seats| figures.get(Frames::NAME, seats));
        let at_most = |value: Option<f64>, bound| value.map(|value| value <= bound);
        let native_frame = frame(native);
        self.target(
            at_most(native_frame, NATIVE_TARGET),
            "a frame with its datagrams natively in at most 15 µs",
            native_frame.map(duration),
        );
        let wasm_frame = wasm.and_then(frame);
        self.target(
            at_most(wasm_frame, WASM_TARGET),
            "a frame with its datagrams as wasm in at most 60 µs",
            wasm_frame.map(duration),
        );
        let ratio = |value: f64| format!("{value:.2}");
        let entities = SEATS
            .into_iter()
            .filter_map(|seats| entities_per_ours(native, Checked::NAME, seats))
            .reduce(f64::min);
        self.target(
            entities.map(|value| value >= ENTITIES_TARGET),
            "at least 10 times cheaper than bevy_ggrs that notices desyncs, as ours does",
            entities.map(ratio),
        );
        for (place, figures) in [("natively", Some(native)), ("as wasm", wasm)] {
            let steps = figures.and_then(|figures| worst(&|seats| per_steps(figures, seats)));
            self.target(
                at_most(steps, STEPS_TARGET),
                &format!("a frame without datagrams at most 1.5 times 8 bare steps, {place}"),
                steps.map(ratio),
            );
        }
        let bytes = wire
            .iter()
            .map(|(_, _, ours, ggrs)| ours.bytes / ggrs.bytes)
            .reduce(f64::max);
        self.target(
            at_most(bytes, WIRE_TARGET),
            "at most half of ggrs's bytes",
            bytes.map(ratio),
        );
    }

    fn target(&mut self, met: Option<bool>, what: &str, value: Option<String>) {
        let verdict = match met {
            Some(true) => "met",
            Some(false) => "MISSED",
            None => "not measured",
        };
        let value = value.unwrap_or_default();
        self.line(&format!("  {verdict:<14}{what}: {value}"));
    }
}

/// Nanoseconds with a unit that leaves few digits.
fn duration(nanos: f64) -> String {
    if nanos < 1_000.0 {
        format!("{nanos:.1} ns")
    } else {
        format!("{:.2} µs", nanos / 1_000.0)
    }
}
