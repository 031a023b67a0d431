//! How full the core's queues are.

use super::{
    Core, checksums, core,
    events::{MAX_EVENTS, MAX_TOLD, MAX_WAITING},
    peer::MAX_GIVEN,
    receive::MAX_AHEAD_OF_LISTENER,
    waits::MAX_WAITS,
    worlds::MAX_UNCONFIRMED,
};
use crate::queue::Queue;
use protocol::{Simulation, limits::*};

/// Other peers: [`MAX_PEERS`] that are told, and those that were given a seat without having
/// listened.
const MAX_OTHERS: usize = MAX_PEERS + MAX_SEATS;

/// Inputs of a stream: those kept for others, those of frames that are not confirmed, and those
/// that a listener may be told ahead of its time.
const MAX_INPUTS: usize = (MAX_UNACKED_INPUTS
    + MAX_UNCONFIRMED
    + MAX_AHEAD_OF_LISTENER
    + MAX_PREDICTION
    + 2 * (MAX_INPUT_DELAY + 1)) as usize;

impl<S: Simulation> Core<S> {
    /// All that could grow, with its limit.
    pub fn queues(&self) -> Vec<Queue> {
        let streams = &self.streams;
        let [untaken, waiting, told] = self.events.lengths();
        let (ours, tellers, theirs) = self.checksums.lengths();
        vec![
            Queue::new("other peers", self.peers.len(), MAX_OTHERS),
            Queue::new(
                "changes of the log",
                self.log.changes.len(),
                2 * MAX_CHANGES,
            ),
            Queue::new("drivers", self.log.order.len(), MAX_SEATS),
            Queue::new("untaken frames", self.untaken.len(), core::MAX_UNTAKEN),
            Queue::longest("inputs", streams.iter().map(|s| s.kept()), MAX_INPUTS),
            Queue::longest(
                "tenures",
                streams.iter().map(|s| s.tenures().len()),
                MAX_TENURES,
            ),
            Queue::longest("waits", self.peers.iter().map(|p| p.waits.len()), MAX_WAITS),
            Queue::longest("comings", self.peers.iter().map(|p| p.given()), MAX_GIVEN),
            Queue::new("untaken events", untaken, MAX_EVENTS),
            Queue::new("events that wait", waiting, MAX_WAITING),
            Queue::new("events told", told, MAX_TOLD),
            Queue::new("own checksums", ours, checksums::MAX_KEPT),
            Queue::new("tellers of checksums", tellers, MAX_PEERS),
            Queue::new("checksums of a teller", theirs, checksums::MAX_TOLD),
        ]
    }
}
