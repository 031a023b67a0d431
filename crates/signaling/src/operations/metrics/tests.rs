//! What `/metrics` says, line by line.

use super::*;
use std::collections::HashSet;

/// The value of a series, as it is written.
fn value<'t>(text: &'t str, series: &str) -> &'t str {
    let mut found = text
        .lines()
        .filter_map(|line| line.strip_prefix(series)?.strip_prefix(' '));
    let value = found.next().unwrap_or_else(|| panic!("no {series}"));
    assert_eq!(found.next(), None, "{series} comes twice");
    value
}

#[test]
fn labels_stand_at_their_index_under_different_names() {
    fn check<L: Label>() {
        let names: HashSet<_> = L::ALL.iter().map(|label| label.name()).collect();
        assert_eq!(names.len(), L::ALL.len());
        for (index, label) in L::ALL.iter().enumerate() {
            assert_eq!(label.index(), index);
        }
    }
    check::<Route>();
    check::<Limit>();
    check::<ProblemCode>();
    check::<crate::websocket::socket::End>();
}

#[test]
fn every_series_is_there_from_the_start() {
    let text = Metrics::default().render();
    for series in [
        "peerball_connections",
        "peerball_refusals_total{code=\"room-full\"}",
        "peerball_sockets_ended_total{reason=\"too-slow\"}",
        "peerball_limits_hit_total{limit=\"write-deadline\"}",
        "peerball_relay_duration_seconds_count",
        "peerball_http_request_duration_seconds_bucket{route=\"api\",le=\"+Inf\"}",
    ] {
        assert_eq!(value(&text, series), "0");
    }
}

#[test]
fn each_family_has_one_head_before_its_samples() {
    let text = Metrics::default().render();
    let mut families = HashSet::new();
    let mut family = "";
    for line in text.lines() {
        if let Some(head) = line.strip_prefix("# HELP ") {
            family = head.split(' ').next().unwrap();
            assert!(families.insert(family), "{family} comes twice");
        } else if let Some(head) = line.strip_prefix("# TYPE ") {
            assert_eq!(head.split(' ').next(), Some(family));
        } else {
            assert!(line.starts_with(family), "{line} is not of {family}");
            assert!(line.rsplit_once(' ').unwrap().1.parse::<f64>().is_ok());
        }
    }
}

#[test]
fn what_is_counted_is_shown() {
    let metrics = Arc::new(Metrics::default());
    metrics.relayed(1_500, Duration::from_micros(40));
    metrics.relayed(500, Duration::from_secs(60));
    metrics.refusals.one(ProblemCode::RoomFull);
    metrics.rooms.set(3);
    let held = Held::new(&metrics, |metrics| &metrics.sockets);
    let text = metrics.render();
    assert_eq!(value(&text, "peerball_sockets"), "1");
    drop(held);
    assert_eq!(value(&metrics.render(), "peerball_sockets"), "0");
    assert_eq!(value(&text, "peerball_rooms"), "3");
    assert_eq!(value(&text, "peerball_signals_relayed_total"), "2");
    assert_eq!(value(&text, "peerball_signal_bytes_relayed_total"), "2000");
    let refusals = "peerball_refusals_total{code=\"room-full\"}";
    assert_eq!(value(&text, refusals), "1");
}

#[test]
fn a_bucket_holds_what_took_at_most_its_bound() {
    let metrics = Metrics::default();
    for nanoseconds in [10_000, 10_001, 25_000, 6_000_000_000] {
        metrics.join.record(Duration::from_nanos(nanoseconds));
    }
    let text = metrics.render();
    let bucket = |bound: &str| {
        let series = format!("peerball_join_duration_seconds_bucket{{le=\"{bound}\"}}");
        value(&text, &series).to_owned()
    };
    assert_eq!(bucket("0.00001"), "1");
    assert_eq!(bucket("0.000025"), "3");
    assert_eq!(bucket("5"), "3");
    assert_eq!(bucket("+Inf"), "4");
    assert_eq!(value(&text, "peerball_join_duration_seconds_count"), "4");
    assert_eq!(
        value(&text, "peerball_join_duration_seconds_sum"),
        "6.000045001"
    );
}
