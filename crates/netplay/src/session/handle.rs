//! What a game holds of its session, and what it shares with the driver.

use super::{Config, Failure, Frames, History, Look, Phase, Record, RoomView, Status, driver};
use crate::transport::Transport;
use futures::task::AtomicWaker;
use protocol::{Frame, PeerId, Simulation};
use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// Events kept for a game that does not take them; older ones are dropped.
const MAX_EVENTS: usize = 256;

/// Files kept for a game that does not take them; older ones are dropped.
const MAX_RECORDS: usize = 4;

/// Commands kept for a driver that has not taken them; further ones are dropped.
const MAX_COMMANDS: usize = 64;

/// What a game asks of its session.
#[derive(Clone, Debug, PartialEq)]
pub enum Command {
    /// Sets this peer's readiness in the lobby or after a match.
    SetReady(bool),
    /// Is ready, and needs nobody: if nobody else is here, a match against bots begins at once, and
    /// whoever comes enters it.
    PlayAlone,
    /// Renames this peer.
    SetName(String),
    /// Tells everybody whether this player looks: a hidden page or window is away.
    SetAway(bool),
    /// Says which team this player wants to play for from the next match on; nothing for any.
    SetTeam(Option<u8>),
    /// See [`Handle::choose`]: the settings in postcard.
    Choose(Vec<u8>),
    /// Sets [`super::Config::input_delay`], in a running match without a hitch.
    SetInputDelay(Option<u32>),
    /// Says which colour this player chose for itself, as the game counts them.
    SetColor(u8),
    /// Says a line to everybody, unless it is too much at once ([`SAID_AT_ONCE`]).
    ///
    /// [`SAID_AT_ONCE`]: protocol::limits::SAID_AT_ONCE
    Chat(String),
    /// Shows everybody an emote, below [`MAX_EMOTES`]; with the bound of a line.
    ///
    /// [`MAX_EMOTES`]: protocol::limits::MAX_EMOTES
    Emote(u8),
    /// Hears this player no more, or again; known by its token, it stays muted after a reload.
    SetMuted {
        /// Whom.
        peer: PeerId,
        /// Whether not to hear it.
        muted: bool,
    },
    /// Leaves the room; the session ends.
    Leave,
}

/// A running session. Cheap to clone; dropping the last one leaves the room.
pub struct Handle<S: Simulation> {
    hold: Arc<Hold<S>>,
}

impl<S: Simulation> Clone for Handle<S> {
    fn clone(&self) -> Self {
        Self {
            hold: self.hold.clone(),
        }
    }
}

/// Starts a session on `transport`: a thread of its own natively, a Worker's tick on the web.
pub fn spawn<S: Simulation>(transport: impl Transport, config: Config<S>) -> Handle<S> {
    let shared = Arc::new(Shared::default());
    driver::start(transport, config, shared.clone());
    Handle {
        hold: Arc::new(Hold(shared)),
    }
}

impl<S: Simulation> Handle<S> {
    /// Puts this player's newest input into the mailbox: it holds until the next one.
    pub fn set_input(&self, input: S::Input) {
        self.hold.0.lock().input = input;
    }

    /// Asks something of the session; carried out at its next tick.
    pub fn command(&self, command: Command) {
        self.hold.0.command(command);
    }

    /// As the room's owner, chooses the settings of the next matches; of anybody else, and during a
    /// match, it is ignored.
    pub fn choose(&self, settings: &S::Settings) {
        if let Ok(settings) = postcard::to_stdvec(settings) {
            self.command(Command::Choose(settings));
        }
    }

    /// The settings that the room's owner chose for the next match, if it did.
    pub fn chosen(&self) -> Option<S::Settings> {
        self.hold.0.lock().chosen.clone()
    }

    /// The room as it is now.
    pub fn view(&self) -> RoomView {
        let view = self.hold.0.lock().view.clone();
        RoomView::clone(&view)
    }

    /// The two newest worlds, once a match has started.
    pub fn frames(&self) -> Option<Frames<S>> {
        // The worlds are cloned outside of the lock, so that the session need not wait.
        let frames = self.hold.0.lock().frames.clone()?;
        Some(Frames::clone(&frames))
    }

    /// The same, with what a picture needs beside them. For one viewer: [`Look::corrected`] is about
    /// what the last call gave.
    pub fn look(&self) -> Option<Look<S>> {
        let mut published = self.hold.0.lock();
        let frames = published.frames.clone()?;
        let history = published.history?;
        let corrected = published.corrected.take();
        published.looked_at = Some(frames.frame);
        drop(published);
        Some(Look {
            frames: Frames::clone(&frames),
            corrected,
            history,
        })
    }

    /// The events since the last call, each once, with the frame it happened in. At most 256
    /// are kept; older ones are dropped.
    pub fn take_events(&self) -> Vec<(Frame, S::Event)> {
        std::mem::take(&mut self.hold.0.lock().events).into()
    }

    /// The files since the last call: replays of matches that are over, and of desyncs. At most
    /// 4 are kept; older ones are dropped.
    pub fn take_records(&self) -> Vec<Record> {
        std::mem::take(&mut self.hold.0.lock().records)
    }

    /// The numbers of [`Status`] as they are now.
    pub fn status(&self) -> Status {
        self.hold.0.lock().status.clone()
    }

    /// Whether the session has ended, said goodbye and dropped its transport. A program that
    /// exits right after [`Command::Leave`] waits for it (some 200 ms), or the others only
    /// notice by the silence.
    pub fn has_ended(&self) -> bool {
        self.hold.0.lock().ended
    }
}

/// Leaves the room when the last handle is dropped.
struct Hold<S: Simulation>(Arc<Shared<S>>);

impl<S: Simulation> Drop for Hold<S> {
    fn drop(&mut self) {
        self.0.command(Command::Leave);
    }
}

/// What the handles and the driver share.
pub(super) struct Shared<S: Simulation> {
    published: Mutex<Published<S>>,
    /// Wakes the driver for a command.
    pub waker: AtomicWaker,
}

/// The mailbox in one direction, the newest of everything in the other.
pub(super) struct Published<S: Simulation> {
    pub input: S::Input,
    pub commands: VecDeque<Command>,
    pub view: Arc<RoomView>,
    pub chosen: Option<S::Settings>,
    pub status: Status,
    pub frames: Option<Arc<Frames<S>>>,
    pub history: Option<History>,
    /// The newest world of the last look, if it was one.
    pub looked_at: Option<Frame>,
    /// The same, if it was predicted wrong.
    pub corrected: Option<(Frame, S)>,
    events: VecDeque<(Frame, S::Event)>,
    records: Vec<Record>,
    pub ended: bool,
}

impl<S: Simulation> Default for Shared<S> {
    fn default() -> Self {
        let published = Published {
            input: S::Input::default(),
            commands: VecDeque::new(),
            view: Arc::default(),
            chosen: None,
            status: Status {
                phase: "connecting",
                ..Status::default()
            },
            frames: None,
            history: None,
            looked_at: None,
            corrected: None,
            events: VecDeque::new(),
            records: Vec::new(),
            ended: false,
        };
        Self {
            published: Mutex::new(published),
            waker: AtomicWaker::new(),
        }
    }
}

impl<S: Simulation> Shared<S> {
    /// Nothing in here is left half-done by a panic, so a poisoned lock is as good as any.
    pub fn lock(&self) -> MutexGuard<'_, Published<S>> {
        self.published
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts a command into the mailbox, and wakes the driver for it.
    pub fn command(&self, command: Command) {
        let mut published = self.lock();
        // Leaving is never lost, however many chat lines wait.
        if published.commands.len() < MAX_COMMANDS || command == Command::Leave {
            published.commands.push_back(command);
        }
        drop(published);
        self.waker.wake();
    }

    /// Tells the game that the session could not run at all.
    pub fn fail(&self, failure: Failure) {
        let mut published = self.lock();
        published.status.phase = "failed";
        published.status.failure = Some(failure.to_string());
        published.view = Arc::new(RoomView {
            phase: Phase::Failed(failure),
            ..RoomView::default()
        });
    }

    /// The driver has stopped.
    pub fn end(&self) {
        let has_failed = matches!(self.lock().view.phase, Phase::Failed(_));
        if !has_failed {
            // Only a panic stops it otherwise, such as one of the simulation.
            self.fail(Failure::Internal("it stopped unexpectedly".into()));
        }
        self.lock().ended = true;
    }
}

impl<S: Simulation> Published<S> {
    /// Keeps further events, the newest [`MAX_EVENTS`] of all.
    pub fn add_events(&mut self, events: Vec<(Frame, S::Event)>) {
        self.events.extend(events);
        let excess = self.events.len().saturating_sub(MAX_EVENTS);
        self.events.drain(..excess);
    }

    /// Keeps further files, the newest [`MAX_RECORDS`] of all.
    pub fn add_records(&mut self, records: Vec<Record>) {
        self.records.extend(records);
        let excess = self.records.len().saturating_sub(MAX_RECORDS);
        self.records.drain(..excess);
    }
}
