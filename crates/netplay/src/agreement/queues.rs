//! How full the agreement's lists are.

use super::*;
use crate::queue::Queue;

impl Agreement {
    /// All that could grow, with its limit.
    pub fn queues(&self) -> Vec<Queue> {
        let reports = self.asking.as_ref().map_or(0, Asking::answered);
        vec![
            Queue::new("evaders", self.evaded.len(), MAX_PEERS),
            Queue::new("recent changes", self.recent.len(), MAX_RECENT),
            Queue::new("kept seats", self.kept.len(), MAX_SEATS),
            Queue::new("joiners", self.joiners.len(), MAX_PEERS),
            Queue::new("seats taken", self.taken.len(), MAX_PEERS),
            Queue::new("passed over", self.passed_over.len(), MAX_PASSED_OVER),
            Queue::new("drivers astray", self.astray.len(), MAX_SEATS),
            Queue::new("reports", reports, MAX_SEATS),
        ]
    }
}
