//! A worse network on top of a transport, set while it runs: to see and to feel what latency,
//! jitter and loss do.
//!
//! An [`Impairment`] is the dial, which all transports that it [wraps](Impairment::wrap) share.
//! What comes out of such a transport waits in a [`Line`]: a queue with a time in it, without a
//! thread or a clock of its own. Unreliable packets may be lost or overtake one another; reliable
//! ones only come later, in their order.
//!
//! Deliberately absent: the sending side. What is held back where it arrives is as late for
//! whoever waits for it.

mod line;

pub use line::Line;

use super::{
    Channel, KnownPeer, Path, SignalingState, Transport, alarm::Alarm, memory::Conditions,
};
use bytes::Bytes;
use protocol::PeerId;
use std::{
    collections::VecDeque,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll},
    time::Duration,
};
use web_time::Instant;

/// Flights kept for a picture that does not take them; older ones are forgotten.
const MAX_FLIGHTS: usize = 512;

/// Packets taken over from the wrapped transport in one call: a flood waits for the next one.
const MAX_TAKEN_OVER: usize = 1_024;

/// What becomes of one packet, for pictures of it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Flight {
    /// To which of the wrapped transports, by the order of their wrapping, from 0.
    pub to: usize,
    /// When it set out, on the clock of [`Impairment::now`].
    pub at: Duration,
    /// How long it takes, or would have taken.
    pub takes: Duration,
    /// Whether it never arrives.
    pub is_lost: bool,
    /// By which channel it goes.
    pub channel: Channel,
}

/// What is done to all packets between the transports that it wraps. A clone is another handle on
/// the same.
#[derive(Clone)]
pub struct Impairment {
    shared: Arc<Shared>,
}

struct Shared {
    clock: Box<dyn Fn() -> Duration + Send + Sync>,
    seed: u64,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    conditions: Conditions,
    ends: usize,
    flights: VecDeque<Flight>,
}

impl fmt::Debug for Impairment {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Impairment({:?})", self.conditions())
    }
}

impl Impairment {
    /// One that does nothing yet, in real time.
    pub fn new(seed: u64) -> Self {
        let start = Instant::now();
        Self::with_clock(seed, move || start.elapsed())
    }

    /// One whose time `clock` tells, which must not run backwards: for tests in simulated time.
    pub fn with_clock(seed: u64, clock: impl Fn() -> Duration + Send + Sync + 'static) -> Self {
        Self {
            shared: Arc::new(Shared {
                clock: Box::new(clock),
                seed,
                state: Mutex::default(),
            }),
        }
    }

    /// Wraps one more transport: what it receives is impaired from now on.
    pub fn wrap<T: Transport>(&self, transport: T) -> Impaired<T> {
        let mut state = self.lock();
        let end = state.ends;
        state.ends += 1;
        drop(state);
        Impaired {
            transport,
            impairment: self.clone(),
            end,
            line: Line::new(self.shared.seed.wrapping_add(end as u64)),
            closed: None,
            alarm: Alarm::default(),
        }
    }

    /// What happens to packets that come from now on. Those that wait already keep their times.
    pub fn set(&self, conditions: Conditions) {
        self.lock().conditions = conditions;
    }

    /// What happens to packets now.
    pub fn conditions(&self) -> Conditions {
        self.lock().conditions
    }

    /// The time by which [`Flight::at`] is told.
    pub fn now(&self) -> Duration {
        (self.shared.clock)()
    }

    /// What became of the packets since the last call, oldest first. At most 512 are kept; older
    /// ones are forgotten.
    pub fn take_flights(&self) -> Vec<Flight> {
        std::mem::take(&mut self.lock().flights).into()
    }

    fn note(&self, flight: Flight) {
        let flights = &mut self.lock().flights;
        if flights.len() == MAX_FLIGHTS {
            flights.pop_front();
        }
        flights.push_back(flight);
    }

    /// A panic of another holder leaves nothing half done that matters here.
    fn lock(&self) -> MutexGuard<'_, State> {
        (self.shared.state.lock()).unwrap_or_else(PoisonError::into_inner)
    }
}

/// A transport whose packets arrive as its [`Impairment`] says.
pub struct Impaired<T> {
    transport: T,
    impairment: Impairment,
    end: usize,
    line: Line,
    /// A peer whose channels have closed, while packets of its wait.
    closed: Option<PeerId>,
    /// Rings when the next packet's time comes.
    alarm: Alarm,
}

impl<T: Transport> Impaired<T> {
    /// Lets what has come wait in the line. While somebody's last words do, nothing follows: it may
    /// be of that peer's next connection.
    fn take_over(&mut self) {
        if self.closed.is_some() {
            return;
        }
        let now = self.impairment.now();
        let conditions = self.impairment.conditions();
        for _ in 0..MAX_TAKEN_OVER {
            let Some((from, channel, packet)) = self.transport.receive() else {
                return;
            };
            let arrival = (self.line).push(&conditions, from, channel, packet, now);
            self.impairment.note(Flight {
                to: self.end,
                at: now,
                takes: arrival.map_or(conditions.latency, |at| at.saturating_sub(now)),
                is_lost: arrival.is_none(),
                channel,
            });
        }
    }
}

impl<T: Transport> Transport for Impaired<T> {
    fn local_id(&self) -> Option<PeerId> {
        self.transport.local_id()
    }

    fn known_peers(&self) -> Vec<KnownPeer> {
        self.transport.known_peers()
    }

    fn signaling(&self) -> SignalingState {
        self.transport.signaling()
    }

    fn send(&mut self, to: PeerId, channel: Channel, packet: Bytes) {
        self.transport.send(to, channel, packet);
    }

    fn receive(&mut self) -> Option<(PeerId, Channel, Bytes)> {
        self.take_over();
        self.line.pop(self.impairment.now())
    }

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<()> {
        // What has come is taken over at once: its time counts from here.
        if self.transport.poll_ready(context).is_ready() {
            self.take_over();
            if self.transport.poll_ready(context).is_ready() {
                return Poll::Ready(());
            }
        }
        if (self.closed).is_some_and(|peer| !self.line.holds(peer)) {
            return Poll::Ready(());
        }
        let (Some(due), now) = (self.line.next(), self.impairment.now()) else {
            self.alarm.clear();
            return Poll::Pending;
        };
        if due <= now {
            return Poll::Ready(());
        }
        self.alarm.poll(due, now, context)
    }

    fn take_closed(&mut self) -> Option<PeerId> {
        self.take_over();
        if self.closed.is_none() {
            self.closed = self.transport.take_closed();
        }
        self.closed.take_if(|peer| !self.line.holds(*peer))
    }

    fn hang_up(&mut self, peer: PeerId) {
        self.transport.hang_up(peer);
    }

    fn ban(&mut self, peer: PeerId) {
        self.transport.ban(peer);
        self.line.forget(peer);
        self.closed.take_if(|closed| *closed == peer);
    }

    fn path(&self, peer: PeerId) -> Path {
        self.transport.path(peer)
    }

    fn dropped(&self) -> u64 {
        self.transport.dropped() + self.line.overflowed()
    }
}
