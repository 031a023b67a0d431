//! On the web a session shares the page's only thread, but not the page's pace: a Worker's
//! timer, which browsers do not slow down in hidden tabs, posts a tick every few milliseconds.
//! (Chromium's throttling of tabs that are hidden for minutes is for timers of pages, and spares
//! pages with an open data channel altogether.)

use super::{Runner, page::Page};
use crate::transport::Transport;
use futures::{StreamExt, channel::mpsc};
use protocol::Simulation;
use std::{
    cell::Cell,
    rc::Rc,
    task::{Context, Waker},
};
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use web_time::Instant;

/// Between two ticks: the shortest that browsers grant to nested timers.
const TICK_MILLIS: i32 = 4;

pub(super) fn start<S: Simulation, T: Transport>(runner: Runner<S, T>) {
    wasm_bindgen_futures::spawn_local(run(runner));
}

async fn run<S: Simulation, T: Transport>(mut runner: Runner<S, T>) {
    // One waiting tick is as good as many.
    let (sender, mut ticks) = mpsc::channel(0);
    let _page = Page::watch({
        let (shared, mut ticks) = (runner.shared.clone(), sender.clone());
        move |command| {
            shared.command(command);
            // The turn and what it sends follow as microtasks of the page's own event: a page
            // that goes away does nothing later than that.
            let _ = ticks.try_send(());
        }
    });
    let _ticker = Ticker::start(sender);
    // Nobody needs waking: every tick looks for itself.
    let mut context = Context::from_waker(Waker::noop());
    while let Some(rest) = runner.turn() {
        let due = Instant::now() + rest;
        while ticks.next().await.is_some() {
            if Instant::now() >= due || runner.poll_ready(&mut context).is_ready() {
                break;
            }
        }
    }
}

/// Ticks for as long as it lives.
struct Ticker {
    worker: Option<(web_sys::Worker, String)>,
    interval: Rc<Cell<Option<i32>>>,
    _on_tick: Rc<Closure<dyn FnMut()>>,
    _on_error: Closure<dyn FnMut()>,
}

impl Ticker {
    fn start(mut ticks: mpsc::Sender<()>) -> Self {
        let on_tick = Rc::new(Closure::<dyn FnMut()>::new(move || {
            // Full means that a tick waits already.
            let _ = ticks.try_send(());
        }));
        let interval = Rc::new(Cell::new(None));
        let on_error = {
            let (on_tick, interval) = (on_tick.clone(), interval.clone());
            Closure::<dyn FnMut()>::new(move || fall_back(&on_tick, &interval))
        };
        let worker = match create_worker() {
            Ok((worker, url)) => {
                worker.set_onmessage(Some((*on_tick).as_ref().unchecked_ref()));
                worker.set_onerror(Some(on_error.as_ref().unchecked_ref()));
                Some((worker, url))
            }
            Err(error) => {
                tracing::warn!(?error, "no Worker: a hidden tab will slow this session");
                fall_back(&on_tick, &interval);
                None
            }
        };
        Self {
            worker,
            interval,
            _on_tick: on_tick,
            _on_error: on_error,
        }
    }
}

impl Drop for Ticker {
    fn drop(&mut self) {
        if let Some((worker, url)) = &self.worker {
            worker.set_onmessage(None);
            worker.set_onerror(None);
            worker.terminate();
            // It cannot be revoked earlier: the Worker may still be loading from it.
            let _ = web_sys::Url::revoke_object_url(url);
        }
        if let (Some(window), Some(interval)) = (web_sys::window(), self.interval.get()) {
            window.clear_interval_with_handle(interval);
        }
    }
}

/// A Worker that does nothing but tick. Content security policies may forbid it.
fn create_worker() -> Result<(web_sys::Worker, String), JsValue> {
    let source = format!("setInterval(() => postMessage(0), {TICK_MILLIS})");
    let options = web_sys::BlobPropertyBag::new();
    options.set_type("text/javascript");
    let parts = js_sys::Array::of1(&source.into());
    let blob = web_sys::Blob::new_with_str_sequence_and_options(&parts, &options)?;
    let url = web_sys::Url::create_object_url_with_blob(&blob)?;
    match web_sys::Worker::new(&url) {
        Ok(worker) => Ok((worker, url)),
        Err(error) => {
            let _ = web_sys::Url::revoke_object_url(&url);
            Err(error)
        }
    }
}

/// Ticks by the page's own timer, which is slowed down while the page is hidden.
fn fall_back(on_tick: &Closure<dyn FnMut()>, interval: &Cell<Option<i32>>) {
    if interval.get().is_some() {
        return;
    }
    let Some(window) = web_sys::window() else {
        return;
    };
    let handle = window.set_interval_with_callback_and_timeout_and_arguments_0(
        on_tick.as_ref().unchecked_ref(),
        TICK_MILLIS,
    );
    interval.set(handle.ok());
}
