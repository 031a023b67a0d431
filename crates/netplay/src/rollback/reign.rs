//! The view that this peer follows, and how far it is final who drives what.

use super::Core;
use protocol::{Frame, PeerId, Simulation, agreement::View, datagram::Reign};

/// How far it is final who drives what.
pub(super) struct Horizon {
    /// The first frame that is not final, by the log as far as we have it.
    pub(super) frame: Frame,
    /// What waits for a longer log.
    awaited: Option<Reign>,
}

impl Horizon {
    pub(super) fn new(frame: Frame) -> Self {
        Self {
            frame,
            awaited: None,
        }
    }
}

impl<S: Simulation> Core<S> {
    /// The view that this peer follows.
    pub fn view(&self) -> View {
        self.view
    }

    /// Follows another view from now on: datagrams of any other are rejected as
    /// [`super::Rejected::OtherView`]. What the last view announced for a longer log than ours is
    /// forgotten, since in the new view the log may go on otherwise.
    pub fn set_view(&mut self, view: View) {
        self.view = view;
        self.horizon.awaited = None;
        self.announce();
    }

    /// The first frame for which it is not final who drives what. The owner's is the greatest
    /// that it has announced: a seat that a bot drives may be given away from there on only.
    pub fn horizon(&self) -> Frame {
        self.horizon.frame
    }

    /// As the owner, makes it final who drives all frames that have inputs of ours.
    pub(super) fn announce(&mut self) {
        if self.is_owner(self.me) {
            let decided = self.frame() + self.input_delay() + 1;
            self.horizon.frame = self.horizon.frame.max(decided);
        }
    }

    /// What the owner's datagrams say.
    pub(super) fn reign(&self) -> Option<Reign> {
        let horizon = self.horizon.frame;
        let changes = &self.log.changes;
        let begun = changes.iter().rposition(|change| change.from < horizon);
        self.is_owner(self.me).then_some(Reign {
            log: self.log.summed_up + begun.map_or(0, |index| index as u32 + 1),
            horizon,
        })
    }

    /// Learns from the owner what is final.
    pub(super) fn hear_reign(&mut self, reign: Reign) {
        let awaited = self.horizon.awaited.get_or_insert(reign);
        if awaited.horizon < reign.horizon {
            *awaited = reign;
        }
        self.try_awaited();
    }

    /// Makes final what was waiting for the log as it is now.
    pub(super) fn try_awaited(&mut self) {
        let log = self.log();
        if let Some(reign) = self.horizon.awaited.take_if(|reign| reign.log <= log) {
            self.horizon.frame = self.horizon.frame.max(reign.horizon);
        }
    }

    /// Whether a peer may say what is final.
    pub(super) fn is_owner(&self, peer: PeerId) -> bool {
        self.view.owner == peer
    }
}
