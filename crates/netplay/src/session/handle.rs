//! What a game holds of its session.

use super::{Config, Frames, RoomView, Status};
use crate::transport::Transport;
use protocol::{Frame, Simulation};

/// What a game asks of its session.
#[derive(Clone, Debug, PartialEq)]
pub enum Command {
    /// Sets this peer's readiness in the lobby or after a match.
    SetReady(bool),
    /// Renames this peer.
    SetName(String),
    /// Says a line to everybody.
    Chat(String),
    /// Leaves the room; the session ends.
    Leave,
}

/// A running session. Cheap to clone; dropping the last one leaves the room.
pub struct Handle<S: Simulation> {
    _s: std::marker::PhantomData<S>,
}

/// Starts a session on `transport`: a thread of its own natively, a Worker's tick on the web.
pub fn spawn<S: Simulation>(_transport: impl Transport, _config: Config<S>) -> Handle<S> {
    todo!()
}

impl<S: Simulation> Handle<S> {
    /// Puts this player's newest input into the mailbox: it holds until the next one.
    pub fn set_input(&self, _input: S::Input) {}
    /// Asks something of the session; carried out at its next tick.
    pub fn command(&self, _command: Command) {}
    /// The room as it is now.
    pub fn view(&self) -> RoomView {
        todo!()
    }
    /// The two newest worlds, once a match has started.
    pub fn frames(&self) -> Option<Frames<S>> {
        todo!()
    }
    /// The events since the last call, each once, with the frame it happened in. At most 256
    /// are kept; older ones are dropped.
    pub fn take_events(&self) -> Vec<(Frame, S::Event)> {
        todo!()
    }
    /// The numbers of [`Status`] as they are now.
    pub fn status(&self) -> Status {
        todo!()
    }
}
