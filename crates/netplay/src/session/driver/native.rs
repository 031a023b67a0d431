//! Natively a session has a thread of its own, which sleeps until something is due.

use super::Runner;
use crate::{
    session::{Failure, handle::Shared},
    transport::Transport,
};
use protocol::Simulation;
use std::{
    sync::Arc,
    task::{Context, Poll, Wake, Waker},
    thread::{self, Thread},
    time::Duration,
};

/// The shortest rest between two turns: packets that come faster are taken together, so that a
/// flood of them cannot occupy a processor with turns.
const SHORTEST_REST: Duration = Duration::from_millis(1);

pub(super) fn start<S: Simulation, T: Transport>(runner: Runner<S, T>) {
    let shared: Arc<Shared<S>> = runner.shared.clone();
    let thread = thread::Builder::new().name("session".into());
    if let Err(error) = thread.spawn(move || run(runner)) {
        shared.fail(Failure::Internal(format!(
            "the system gives no thread: {error}"
        )));
    }
}

fn run<S: Simulation, T: Transport>(mut runner: Runner<S, T>) {
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut context = Context::from_waker(&waker);
    while let Some(rest) = runner.turn() {
        match runner.poll_ready(&mut context) {
            Poll::Pending if rest > SHORTEST_REST => thread::park_timeout(rest),
            _ => thread::sleep(SHORTEST_REST),
        }
    }
}

/// Wakes the session's thread.
struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}
