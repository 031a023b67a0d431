//! What the server counts, for `/metrics`.
//!
//! The text format is written here and not by a crate: all labels are known when the server is
//! compiled, so that a counter is one atomic number, found without a map, a lock or an allocation,
//! and every series is there from the start with its zero.

mod instruments;
mod text;

pub(crate) use instruments::{Counter, Counts, Gauge, Histogram, Histograms, Label};

use protocol::api::ProblemCode;
use std::{sync::Arc, time::Duration};
use text::Text;

/// Names an enum's values, in the order of their declaration.
macro_rules! labels {
    ($label:ty { $($value:ident => $name:literal,)+ }) => {
        impl $crate::operations::metrics::Label for $label {
            const ALL: &'static [Self] = &[$(Self::$value),+];

            fn index(self) -> usize {
                self as usize
            }

            fn name(self) -> &'static str {
                match self {
                    $(Self::$value => $name,)+
                }
            }
        }
    };
}
pub(crate) use labels;

/// What kind of request it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Route {
    /// Under `/api/`.
    Api,
    /// A WebSocket's upgrade; its life afterwards does not count.
    Socket,
    /// A file of the web client.
    File,
    /// `/healthz`, `/readyz`, `/metrics`.
    Operator,
}

labels!(Route {
    Api => "api",
    Socket => "socket",
    File => "file",
    Operator => "operator",
});

/// A bound that somebody ran into, beside those that are refusals or ends of WebSockets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Limit {
    /// [`crate::Config::max_connections`].
    Connections,
    /// [`crate::Config::max_connections_per_address`].
    AddressConnections,
    /// [`crate::Config::max_sockets_per_address`].
    AddressSockets,
    /// [`crate::Rates::connections`].
    ConnectionRate,
    /// [`crate::Rates::upgrades`].
    UpgradeRate,
    /// [`crate::Rates::requests`].
    RequestRate,
    /// [`crate::Rates::changes`].
    ChangeRate,
    /// [`crate::Rates::misses`]: an answer that was withheld.
    MissRate,
    /// [`crate::Config::request_deadline`], for a request whose head has come.
    RequestDeadline,
    /// [`crate::limits::MAX_HANDSHAKES`].
    Handshakes,
    /// [`crate::limits::MAX_REQUEST_HEAD_BYTES`].
    RequestHead,
    /// [`crate::Config::request_deadline`]; the end of an idle connection, too.
    RequestHeadDeadline,
    /// [`crate::Config::write_deadline`].
    WriteDeadline,
    /// [`crate::Config::shutdown_deadline`].
    ShutdownDeadline,
}

labels!(Limit {
    Connections => "connections",
    AddressConnections => "address-connections",
    AddressSockets => "address-sockets",
    ConnectionRate => "connection-rate",
    UpgradeRate => "upgrade-rate",
    RequestRate => "request-rate",
    ChangeRate => "change-rate",
    MissRate => "miss-rate",
    RequestDeadline => "request-deadline",
    Handshakes => "tls-handshakes",
    RequestHead => "request-head",
    RequestHeadDeadline => "request-head-deadline",
    WriteDeadline => "write-deadline",
    ShutdownDeadline => "shutdown-deadline",
});

impl Label for ProblemCode {
    const ALL: &'static [Self] = &ProblemCode::ALL;

    fn index(self) -> usize {
        self as usize
    }

    fn name(self) -> &'static str {
        self.as_str()
    }
}

/// Everything that one server counts, since its start.
#[derive(Debug, Default)]
pub(crate) struct Metrics {
    /// TCP connections now.
    pub(crate) connections: Gauge,
    /// TCP connections that were accepted.
    pub(crate) accepted: Counter,
    /// WebSockets now.
    pub(crate) sockets: Gauge,
    /// Rooms now.
    pub(crate) rooms: Gauge,
    /// Requests that were answered with a problem.
    pub(crate) refusals: Counts<ProblemCode>,
    /// Signals that reached their receiver's queue.
    pub(crate) signals: Counter,
    /// Their bytes.
    pub(crate) signal_bytes: Counter,
    /// Signals that reached nobody.
    pub(crate) signals_dropped: Counter,
    /// Messages that were not matchbox's.
    pub(crate) malformed: Counter,
    /// WebSockets that have ended.
    pub(crate) ended: Counts<crate::websocket::socket::End>,
    /// Bounds that somebody ran into.
    pub(crate) limits: Counts<Limit>,
    /// TLS handshakes.
    #[cfg(feature = "tls")]
    pub(crate) handshakes: Counts<crate::tcp::tls::Handshake>,
    /// Certificates that took the place of another.
    #[cfg(feature = "tls")]
    pub(crate) reloads: Counts<crate::tcp::tls::Reload>,
    /// From a request's head to its answer's head.
    pub(crate) http: Histograms<Route>,
    /// From an upgrade's check to the place in the room: its count is that of joins.
    pub(crate) join: Histogram,
    /// From a signal's arrival to its receiver's queue.
    pub(crate) relay: Histogram,
    /// Allocations of the embedded TURN server now.
    #[cfg(feature = "turn")]
    pub(crate) turn_allocations: Gauge,
    /// Allocations that it has made.
    #[cfg(feature = "turn")]
    pub(crate) turn_allocated: Counter,
    /// Requests that it has refused.
    #[cfg(feature = "turn")]
    pub(crate) turn_refusals: Counts<crate::turn::Refused>,
    /// Bytes that users have had relayed; between two of them they count for both.
    #[cfg(feature = "turn")]
    pub(crate) turn_bytes: Counter,
    /// Packets without a permission, beyond a user's share, or for a socket that was not ready.
    #[cfg(feature = "turn")]
    pub(crate) turn_dropped: Counter,
}

impl Metrics {
    /// Counts a signal of `bytes` that was passed on `took` after it had come.
    pub(crate) fn relayed(&self, bytes: usize, took: Duration) {
        self.signals.one();
        self.signal_bytes.add(bytes as u64);
        self.relay.record(took);
    }

    /// Everything in Prometheus' text format, version 0.0.4.
    pub(crate) fn render(&self) -> String {
        let mut text = Text::default();
        text.info(
            "build_info",
            "The server that is running.",
            &[("version", env!("CARGO_PKG_VERSION"))],
        );
        self.render_load(&mut text);
        self.render_signals(&mut text);
        self.render_ends(&mut text);
        self.render_times(&mut text);
        #[cfg(feature = "turn")]
        self.render_turn(&mut text);
        text.finish()
    }

    /// Who is here, and who was not let in.
    fn render_load(&self, text: &mut Text) {
        text.gauge("connections", "TCP connections now.", &self.connections);
        text.counter(
            "connections_accepted_total",
            "TCP connections that were accepted.",
            &self.accepted,
        );
        text.gauge("sockets", "WebSockets now.", &self.sockets);
        text.gauge("rooms", "Rooms now.", &self.rooms);
        text.counts(
            "refusals_total",
            "Requests that were answered with a problem.",
            "code",
            &self.refusals,
        );
    }

    /// What was passed on, and what was not.
    fn render_signals(&self, text: &mut Text) {
        text.counter(
            "signals_relayed_total",
            "Signals that were passed on.",
            &self.signals,
        );
        text.counter(
            "signal_bytes_relayed_total",
            "Bytes of the signals that were passed on.",
            &self.signal_bytes,
        );
        text.counter(
            "signals_dropped_total",
            "Signals whose receiver was not there.",
            &self.signals_dropped,
        );
        text.counter(
            "messages_malformed_total",
            "WebSocket messages that were not understood.",
            &self.malformed,
        );
    }

    /// What has ended, and by which bound.
    fn render_ends(&self, text: &mut Text) {
        text.counts(
            "sockets_ended_total",
            "WebSockets that have ended.",
            "reason",
            &self.ended,
        );
        text.counts(
            "limits_hit_total",
            "Bounds that somebody ran into.",
            "limit",
            &self.limits,
        );
        #[cfg(feature = "tls")]
        text.counts(
            "tls_handshakes_total",
            "TLS handshakes.",
            "result",
            &self.handshakes,
        );
        #[cfg(feature = "tls")]
        text.counts(
            "tls_certificate_reloads_total",
            "Certificate files that have changed.",
            "result",
            &self.reloads,
        );
    }

    /// How long things took.
    fn render_times(&self, text: &mut Text) {
        text.histograms(
            "http_request_duration_seconds",
            "From a request's head to its answer's head.",
            "route",
            &self.http,
        );
        text.histogram(
            "join_duration_seconds",
            "From an upgrade's check to the place in a room.",
            &self.join,
        );
        text.histogram(
            "relay_duration_seconds",
            "From a signal's arrival to its receiver's queue.",
            &self.relay,
        );
    }

    #[cfg(feature = "turn")]
    fn render_turn(&self, text: &mut Text) {
        text.gauge(
            "turn_allocations",
            "TURN allocations now.",
            &self.turn_allocations,
        );
        text.counter(
            "turn_allocations_made_total",
            "TURN allocations that were made.",
            &self.turn_allocated,
        );
        text.counts(
            "turn_refusals_total",
            "TURN requests that were refused.",
            "reason",
            &self.turn_refusals,
        );
        text.counter(
            "turn_relayed_bytes_total",
            "Bytes that TURN users have had relayed.",
            &self.turn_bytes,
        );
        text.counter(
            "turn_packets_dropped_total",
            "Packets that TURN did not relay.",
            &self.turn_dropped,
        );
    }
}

/// Counts one more in a gauge of [`Metrics`] for as long as it lives.
#[derive(Debug)]
pub(crate) struct Held {
    metrics: Arc<Metrics>,
    gauge: fn(&Metrics) -> &Gauge,
}

impl Held {
    pub(crate) fn new(metrics: &Arc<Metrics>, gauge: fn(&Metrics) -> &Gauge) -> Self {
        gauge(metrics).add(1);
        Self {
            metrics: Arc::clone(metrics),
            gauge,
        }
    }

    /// Where it counts.
    pub(crate) fn metrics(&self) -> &Arc<Metrics> {
        &self.metrics
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        (self.gauge)(&self.metrics).add(-1);
    }
}

#[cfg(test)]
mod tests;
