//! Prometheus' text format: <https://prometheus.io/docs/instrumenting/exposition_formats/>.

use super::instruments::{BUCKETS, Counter, Counts, Gauge, Histogram, Histograms, Label};
use std::fmt::{Display, Write};

/// Begins every metric's name, which callers give without it.
const PREFIX: &str = protocol::prefix!();

/// A page of metrics in the writing. Label values are constants of this program, none of which
/// needs to be escaped.
#[derive(Debug, Default)]
pub(super) struct Text(String);

impl Text {
    pub(super) fn finish(self) -> String {
        self.0
    }

    /// A constant 1 whose labels say something.
    pub(super) fn info(&mut self, name: &str, help: &str, labels: &[(&str, &str)]) {
        self.head(name, help, "gauge");
        self.sample(name, labels, 1);
    }

    pub(super) fn gauge(&mut self, name: &str, help: &str, gauge: &Gauge) {
        self.head(name, help, "gauge");
        self.sample(name, &[], gauge.value());
    }

    pub(super) fn counter(&mut self, name: &str, help: &str, counter: &Counter) {
        self.head(name, help, "counter");
        self.sample(name, &[], counter.value());
    }

    pub(super) fn counts<L: Label>(
        &mut self,
        name: &str,
        help: &str,
        label: &str,
        counts: &Counts<L>,
    ) {
        self.head(name, help, "counter");
        for (value, counter) in counts.iter() {
            self.sample(name, &[(label, value)], counter.value());
        }
    }

    pub(super) fn histogram(&mut self, name: &str, help: &str, histogram: &Histogram) {
        self.head(name, help, "histogram");
        self.buckets(name, None, histogram);
    }

    pub(super) fn histograms<L: Label>(
        &mut self,
        name: &str,
        help: &str,
        label: &str,
        histograms: &Histograms<L>,
    ) {
        self.head(name, help, "histogram");
        for (value, histogram) in histograms.iter() {
            self.buckets(name, Some((label, value)), histogram);
        }
    }

    fn buckets(&mut self, name: &str, label: Option<(&str, &str)>, histogram: &Histogram) {
        // Read first: what is recorded meanwhile may be missing in the buckets, never too many.
        let count = histogram.count();
        let bucket = format!("{name}_bucket");
        let labels: Vec<_> = label.into_iter().collect();
        let mut at_most = |bound: &str, sum| {
            let labels = [labels.as_slice(), &[("le", bound)]].concat();
            self.sample(&bucket, &labels, sum);
        };
        for (bound, sum) in BUCKETS.iter().zip(histogram.cumulative()) {
            at_most(&(f64::from(*bound) / 1e6).to_string(), sum.min(count));
        }
        at_most("+Inf", count);
        self.sample(&format!("{name}_sum"), &labels, histogram.seconds());
        self.sample(&format!("{name}_count"), &labels, count);
    }

    fn head(&mut self, name: &str, help: &str, kind: &str) {
        self.line(format_args!("# HELP {PREFIX}{name} {help}"));
        self.line(format_args!("# TYPE {PREFIX}{name} {kind}"));
    }

    fn sample(&mut self, name: &str, labels: &[(&str, &str)], value: impl Display) {
        let labels: Vec<_> = labels
            .iter()
            .map(|(label, value)| format!("{label}=\"{value}\""))
            .collect();
        match labels.is_empty() {
            true => self.line(format_args!("{PREFIX}{name} {value}")),
            false => self.line(format_args!(
                "{PREFIX}{name}{{{}}} {value}",
                labels.join(",")
            )),
        }
    }

    fn line(&mut self, line: std::fmt::Arguments<'_>) {
        // Writing to a string cannot fail.
        let _ = writeln!(self.0, "{line}");
    }
}
