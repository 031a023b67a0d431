//! Which ways between peers are cut, by all the splits and deaf ears that last at a time.

use super::schedule::Act;
use netplay::transport::memory::Hub;
use protocol::PeerId;

/// The faults of links that last now.
#[derive(Default)]
pub struct Links(Vec<Act>);

impl Links {
    pub fn begin(&mut self, act: Act) {
        self.0.push(act);
    }

    pub fn end(&mut self, act: Act) {
        if let Some(index) = self.0.iter().position(|active| *active == act) {
            self.0.remove(index);
        }
    }

    /// Whether packets pass this way.
    pub fn pass(&self, from: u8, to: u8) -> bool {
        !self.0.iter().any(|act| match *act {
            Act::Split { side, .. } => side.has(from) != side.has(to),
            Act::Deafen {
                from: mute,
                to: deaf,
                ..
            } => (mute, deaf) == (from, to),
            _ => false,
        })
    }

    /// Cuts and repairs all ways between these peers.
    pub fn apply(&self, hub: &Hub, peers: &[(u8, PeerId)]) {
        hub.change(|network, now| {
            for (from, from_id) in peers {
                for (to, to_id) in peers.iter().filter(|(to, _)| to != from) {
                    if self.pass(*from, *to) {
                        network.repair_way(*from_id, *to_id, now);
                    } else {
                        network.cut_way(*from_id, *to_id);
                    }
                }
            }
        });
    }
}
