//! What the page around a session does to it: hidden, its player is away; gone, its player has
//! left. Told by the page's own events, since a hidden page draws no pictures to notice it by.

use crate::session::Command;
use std::{cell::RefCell, rc::Rc};
use wasm_bindgen::{JsCast, closure::Closure};
use web_sys::EventTarget;

/// Listens for as long as it lives.
#[derive(Default)]
pub(super) struct Page {
    _listeners: Vec<Listener>,
}

impl Page {
    /// Lets `tell` know of everything that the page's state asks of the session, at once if the
    /// page is hidden already. Outside of a page (in a Worker) there is nothing to tell.
    pub fn watch(mut tell: impl FnMut(Command) + 'static) -> Self {
        let Some(window) = web_sys::window() else {
            return Self::default();
        };
        let Some(document) = window.document() else {
            return Self::default();
        };
        if document.hidden() {
            tell(Command::SetAway(true));
        }
        let tell = Rc::new(RefCell::new(tell));
        let on_visibility = {
            let (tell, document) = (tell.clone(), document.clone());
            move || tell.borrow_mut()(Command::SetAway(document.hidden()))
        };
        // `unload` is not told on every system, and would keep pages out of the browser's cache.
        let on_hide = move || tell.borrow_mut()(Command::Leave);
        let listeners = vec![
            Listener::new(document, "visibilitychange", on_visibility),
            Listener::new(window, "pagehide", on_hide),
        ];
        Self {
            _listeners: listeners,
        }
    }
}

/// One listener, which is removed with this value.
struct Listener {
    target: EventTarget,
    event: &'static str,
    closure: Closure<dyn FnMut()>,
}

impl Listener {
    fn new(
        target: impl Into<EventTarget>,
        event: &'static str,
        on_event: impl FnMut() + 'static,
    ) -> Self {
        let (target, closure) = (target.into(), Closure::<dyn FnMut()>::new(on_event));
        let function = closure.as_ref().unchecked_ref();
        // Only a target that is none refuses.
        let _ = target.add_event_listener_with_callback(event, function);
        Self {
            target,
            event,
            closure,
        }
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        let function = self.closure.as_ref().unchecked_ref();
        let _ = self
            .target
            .remove_event_listener_with_callback(self.event, function);
    }
}
