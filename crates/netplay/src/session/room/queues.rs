//! How full the room's queues are.

use super::*;
use super::{enter::MAX_HELD, peers::MAX_REMEMBERED, record::MAX_RECORDS, statements::MAX_COPIED};
use crate::queue::Queue;

impl<S: Simulation> Room<S> {
    /// All that could grow in this session, its match included, with its limit.
    pub fn queues(&self) -> Vec<Queue> {
        let copied = self.peers.iter().map(|peer| peer.statements.copied());
        let held = self.entering.as_ref().map_or(0, Entering::held);
        let mut queues = vec![
            Queue::new(
                "remembered peers",
                self.peers.iter().count(),
                MAX_REMEMBERED,
            ),
            Queue::new(
                "peers in the room",
                self.peers.here().count(),
                MAX_PEERS - 1,
            ),
            Queue::longest("copied statements", copied, MAX_COPIED),
            Queue::new("snapshots under way", self.transfers.len(), MAX_PEERS),
            Queue::new("held statements", held, MAX_HELD),
            Queue::new("lines of chat and emotes", self.said.len(), MAX_SAID),
            Queue::new("muted players", self.muted.len(), MAX_MUTED),
            Queue::new("records", self.records.len(), MAX_RECORDS),
        ];
        if let Some(play) = &self.play {
            queues.extend(play.core.queues());
            queues.extend(play.agreement.queues());
            queues.extend(play.feeds.queues());
            queues.extend(play.recording.queue());
            queues.push(Queue::new("listened to", play.listens_to.len(), MAX_SEATS));
        }
        if let Some(watching) = &self.watching {
            queues.extend(watching.audience.queues());
        }
        queues
    }
}
