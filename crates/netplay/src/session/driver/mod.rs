//! Runs a room by itself, at its own pace: no picture is ever waited for.

#[cfg(not(target_arch = "wasm32"))]
mod native;
#[cfg(target_arch = "wasm32")]
mod page;
#[cfg(target_arch = "wasm32")]
mod web;

#[cfg(not(target_arch = "wasm32"))]
use native as target;
#[cfg(target_arch = "wasm32")]
use web as target;

use super::{Config, Frames, handle::Shared, room::Room};
use crate::transport::Transport;
use protocol::{Frame, Simulation};
use std::{
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};
use web_time::Instant;

/// How often the room's view is published when nothing but round trips has changed in it.
const VIEW_INTERVAL: Duration = Duration::from_millis(250);

/// Starts running a room on `transport`.
pub(super) fn start<S: Simulation>(
    transport: impl Transport,
    config: Config<S>,
    shared: Arc<Shared<S>>,
) {
    target::start(Runner::new(transport, config, shared));
}

/// What changes whenever the worlds to be shown do: the matches before this one, the newest and
/// the newest confirmed frame, and the rollbacks so far.
type Edition = (u32, Frame, Frame, u64);

/// A room, its transport and its clock.
struct Runner<S: Simulation, T: Transport> {
    room: Room<S>,
    transport: T,
    shared: Arc<Shared<S>>,
    epoch: Instant,
    view_due: Duration,
    /// Identifies the worlds that were published last.
    shown: Option<Edition>,
}

impl<S: Simulation, T: Transport> Runner<S, T> {
    fn new(transport: T, config: Config<S>, shared: Arc<Shared<S>>) -> Self {
        let entropy = uuid::Uuid::new_v4().as_u64_pair();
        Self {
            room: Room::new(config, entropy.0 ^ entropy.1),
            transport,
            shared,
            epoch: Instant::now(),
            view_due: Duration::ZERO,
            shown: None,
        }
    }

    /// Does everything that is due, and publishes it. Says how long to wait for the next turn
    /// when nothing happens before, or nothing when the session has ended.
    fn turn(&mut self) -> Option<Duration> {
        let mut published = self.shared.lock();
        let commands = std::mem::take(&mut published.commands);
        self.room.set_input(published.input);
        drop(published);
        for command in commands {
            self.room.command(command);
        }
        self.room.turn(self.epoch.elapsed(), &mut self.transport);
        self.publish();
        (!self.room.is_closed()).then(|| self.room.next_due().saturating_sub(self.epoch.elapsed()))
    }

    fn publish(&mut self) {
        let now = self.epoch.elapsed();
        let view = (self.room.take_changed() || now >= self.view_due).then(|| {
            self.view_due = now + VIEW_INTERVAL;
            (Arc::new(self.room.view()), self.room.chosen().cloned())
        });
        let status = self.room.status();
        let shown = self.room.shown();
        let newest = (shown.as_ref()).map(|shown| {
            (
                status.matches,
                shown.frame,
                shown.confirmed,
                status.rollbacks,
            )
        });
        let (matches, rollbacks) = (status.matches, status.rollbacks);
        let before = self
            .shown
            .map(|(matches, .., rollbacks)| (matches, rollbacks));
        let goes_on = before.is_some_and(|(before, _)| before == matches);
        let rolled_back = goes_on && before.is_some_and(|(_, before)| before != rollbacks);
        let history = self.room.history();
        let frames = shown.filter(|_| newest != self.shown).map(|shown| {
            let (previous, current) = shown.worlds;
            Arc::new(Frames {
                frame: shown.frame,
                previous: previous.clone(),
                current: current.clone(),
                at: self.epoch + shown.due,
                confirmed: shown.confirmed,
            })
        });
        self.shown = newest;
        let events = self.room.take_events();
        let records = self.room.take_records();
        let mut published = self.shared.lock();
        if let Some((view, chosen)) = view {
            published.view = view;
            published.chosen = chosen;
        }
        published.status = status;
        if !goes_on {
            (published.looked_at, published.corrected) = (None, None);
        }
        if let Some(looked_at) = published.looked_at.filter(|_| rolled_back) {
            let world = self.room.world_at(looked_at);
            published.corrected = world.map(|world| (looked_at, world.clone()));
        }
        if frames.is_some() || newest.is_none() {
            published.frames = frames;
        }
        published.history = history;
        published.add_events(events);
        published.add_records(records);
    }

    /// Ready when a turn is worthwhile before its time: packets may have come, or a command.
    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<()> {
        self.shared.waker.register(context.waker());
        if !self.shared.lock().commands.is_empty() {
            return Poll::Ready(());
        }
        self.transport.poll_ready(context)
    }
}

impl<S: Simulation, T: Transport> Drop for Runner<S, T> {
    /// However the run ends, whoever waits for its end learns of it.
    fn drop(&mut self) {
        self.shared.end();
    }
}
