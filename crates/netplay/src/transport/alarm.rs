//! A timer for the packet that is due next, set again only when that is another one.

use futures_timer::Delay;
use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

/// Rings when something is due, by the clock of whoever polls it.
#[derive(Debug, Default)]
pub(super) struct Alarm(Option<(Duration, Delay)>);

impl Alarm {
    /// Nothing is due.
    pub(super) fn clear(&mut self) {
        self.0 = None;
    }

    /// Waits from `now` until `due`, which is later. It may ring a little early, as timers of browsers
    /// do: the next poll then sets a new one.
    pub(super) fn poll(
        &mut self,
        due: Duration,
        now: Duration,
        context: &mut Context<'_>,
    ) -> Poll<()> {
        let set = self.0.take().filter(|(at, _)| *at == due);
        let (_, delay) = self
            .0
            .insert(set.unwrap_or_else(|| (due, Delay::new(due - now))));
        let rung = Pin::new(delay).poll(context);
        if rung.is_ready() {
            self.clear();
        }
        rung
    }
}
