//! Counters, gauges and histograms: atomic numbers, in no order with anything else.

use std::{
    fmt,
    marker::PhantomData,
    sync::atomic::{AtomicI64, AtomicU64, Ordering::Relaxed},
    time::Duration,
};

/// A closed set of a label's values.
pub(crate) trait Label: Copy + 'static {
    /// All values, each at its [`Self::index`].
    const ALL: &'static [Self];

    /// The value's place in [`Self::ALL`].
    fn index(self) -> usize;

    /// The value as `/metrics` writes it.
    fn name(self) -> &'static str;
}

/// A number that only grows.
#[derive(Debug, Default)]
pub(crate) struct Counter(AtomicU64);

impl Counter {
    pub(crate) fn one(&self) {
        self.add(1);
    }

    pub(crate) fn add(&self, more: u64) {
        self.0.fetch_add(more, Relaxed);
    }

    pub(crate) fn value(&self) -> u64 {
        self.0.load(Relaxed)
    }
}

/// A number that rises and falls.
#[derive(Debug, Default)]
pub(crate) struct Gauge(AtomicI64);

impl Gauge {
    pub(crate) fn add(&self, more: i64) {
        self.0.fetch_add(more, Relaxed);
    }

    pub(crate) fn set(&self, value: usize) {
        self.0
            .store(i64::try_from(value).unwrap_or(i64::MAX), Relaxed);
    }

    pub(crate) fn value(&self) -> i64 {
        self.0.load(Relaxed)
    }
}

/// One `T` for each value of a label.
pub(crate) struct Labelled<L, T>(Box<[T]>, PhantomData<L>);

/// A counter for each value of a label.
pub(crate) type Counts<L> = Labelled<L, Counter>;

/// A histogram for each value of a label.
pub(crate) type Histograms<L> = Labelled<L, Histogram>;

impl<L: Label, T> Labelled<L, T> {
    /// What belongs to `label`.
    pub(crate) fn of(&self, label: L) -> &T {
        &self.0[label.index()]
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&'static str, &T)> {
        L::ALL.iter().map(|label| (label.name(), self.of(*label)))
    }
}

impl<L: Label> Counts<L> {
    pub(crate) fn one(&self, label: L) {
        self.of(label).one();
    }
}

impl<L: Label, T: Default> Default for Labelled<L, T> {
    fn default() -> Self {
        Self(L::ALL.iter().map(|_| T::default()).collect(), PhantomData)
    }
}

impl<L, T: fmt::Debug> fmt::Debug for Labelled<L, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Upper bounds of a histogram's buckets, in microseconds: a relayed signal takes tens of them, a
/// slow store or disk seconds.
pub(super) const BUCKETS: [u32; 16] = [
    10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 500_000,
    1_000_000, 5_000_000,
];

/// How long something took, each time.
#[derive(Debug, Default)]
pub(crate) struct Histogram {
    /// Not cumulative; what was longer than the last bound is only in the count.
    buckets: [Counter; BUCKETS.len()],
    count: Counter,
    nanoseconds: Counter,
}

impl Histogram {
    pub(crate) fn record(&self, took: Duration) {
        // Bounds are inclusive: 10.5 microseconds belong to the second bucket.
        let bucket = BUCKETS.partition_point(|bound| Duration::from_micros((*bound).into()) < took);
        if let Some(bucket) = self.buckets.get(bucket) {
            bucket.one();
        }
        self.count.one();
        self.nanoseconds
            .add(u64::try_from(took.as_nanos()).unwrap_or(u64::MAX));
    }

    /// How many took at most as long as each of [`BUCKETS`].
    pub(super) fn cumulative(&self) -> impl Iterator<Item = u64> {
        self.buckets.iter().scan(0, |sum, bucket| {
            *sum += bucket.value();
            Some(*sum)
        })
    }

    pub(super) fn count(&self) -> u64 {
        self.count.value()
    }

    pub(super) fn seconds(&self) -> f64 {
        self.nanoseconds.value() as f64 / 1e9
    }
}
