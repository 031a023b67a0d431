//! Keeps what goes wrong in one socket's message loop inside of it.
//!
//! One panic of matchbox 0.15 cannot be kept from it by any guard: a connection that closes
//! between its encryption and its channels' opening. Natively the panic ends here, with the loop
//! that serves this one peer. On the web a panic would end the page; the same moment is harmless
//! there, since the handlers that matchbox leaks keep the senders that it waits for alive. But
//! those handlers panic themselves when channels open after the loop was dropped in mid-handshake,
//! as they would: matchbox does not close a dropped browser's connection. So it is closed here.

use futures::{
    FutureExt,
    future::{AbortHandle, Abortable},
};
use matchbox_socket::MessageLoopFuture;
use protocol::PeerId;

/// Ends its message loop when dropped, whoever runs it.
pub(super) struct Lifeline(AbortHandle);

impl Drop for Lifeline {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// A message loop that ends nothing but itself, and what keeps it alive.
pub(super) fn contain(
    peer: PeerId,
    message_loop: MessageLoopFuture,
) -> (MessageLoopFuture, Lifeline) {
    let (handle, registration) = AbortHandle::new_pair();
    let contained = Abortable::new(target::contain(peer, message_loop), registration)
        .map(|outcome| outcome.unwrap_or(Ok(())));
    (Box::pin(contained), Lifeline(handle))
}

#[cfg(not(target_arch = "wasm32"))]
mod target {
    use super::{MessageLoopFuture, PeerId};
    use futures::FutureExt;
    use std::panic::AssertUnwindSafe;

    pub(super) async fn contain(
        peer: PeerId,
        message_loop: MessageLoopFuture,
    ) -> Result<(), matchbox_socket::Error> {
        // Nothing of the loop is used after its panic: its channels close.
        let caught = AssertUnwindSafe(message_loop).catch_unwind().await;
        caught.unwrap_or_else(|_| {
            tracing::warn!(%peer, "matchbox's message loop has panicked: this peer is gone");
            Ok(())
        })
    }
}

#[cfg(target_arch = "wasm32")]
mod target {
    use super::{MessageLoopFuture, PeerId};
    use js_sys::{Array, Function, Object, Proxy, Reflect};
    use std::{
        cell::RefCell,
        future::Future,
        pin::Pin,
        rc::Rc,
        task::{Context, Poll},
    };
    use wasm_bindgen::{JsCast, JsValue, closure::Closure};
    use web_sys::RtcPeerConnection;

    /// The page's name for the constructor that matchbox calls.
    const CONSTRUCTOR: &str = "RTCPeerConnection";

    pub(super) fn contain(peer: PeerId, message_loop: MessageLoopFuture) -> Closing {
        tracing::debug!(%peer, "opens a socket");
        Closing {
            message_loop,
            connection: Rc::default(),
        }
    }

    /// A message loop whose connection is closed when it ends or is dropped.
    pub(super) struct Closing {
        message_loop: MessageLoopFuture,
        connection: Rc<RefCell<Option<RtcPeerConnection>>>,
    }

    impl Future for Closing {
        type Output = Result<(), matchbox_socket::Error>;

        fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
            // One loop makes one connection: it serves one peer.
            if self.connection.borrow().is_some() {
                return self.message_loop.as_mut().poll(context);
            }
            let _watch = Watch::begin(self.connection.clone());
            self.message_loop.as_mut().poll(context)
        }
    }

    impl Drop for Closing {
        fn drop(&mut self) {
            if let Some(connection) = self.connection.take() {
                // The loop owns these two handlers, and is about to be gone.
                connection.set_onicecandidate(None);
                connection.set_onicegatheringstatechange(None);
                connection.close();
            }
        }
    }

    /// Notes the connection that is made while it lives, which is during one poll: matchbox
    /// hands out none, but makes it by the page's constructor.
    struct Watch {
        constructor: JsValue,
        _on_construct: Closure<dyn FnMut(Function, Array) -> Result<Object, JsValue>>,
    }

    impl Watch {
        fn begin(made: Rc<RefCell<Option<RtcPeerConnection>>>) -> Option<Self> {
            let page = js_sys::global();
            let constructor = Reflect::get(&page, &CONSTRUCTOR.into()).ok()?;
            let on_construct = Closure::new(move |constructor: Function, arguments: Array| {
                let connection = Reflect::construct(&constructor, &arguments)?;
                *made.borrow_mut() = connection.clone().dyn_into().ok();
                Ok(connection.unchecked_into())
            });
            let traps = Object::new();
            let on_construct: Closure<dyn FnMut(Function, Array) -> Result<Object, JsValue>> =
                on_construct;
            Reflect::set(&traps, &"construct".into(), on_construct.as_ref()).ok()?;
            let watched = Proxy::new(&constructor, &traps);
            Reflect::set(&page, &CONSTRUCTOR.into(), &watched).ok()?;
            Some(Self {
                constructor,
                _on_construct: on_construct,
            })
        }
    }

    impl Drop for Watch {
        fn drop(&mut self) {
            // It could be set before, so it can be set back.
            let _ = Reflect::set(&js_sys::global(), &CONSTRUCTOR.into(), &self.constructor);
        }
    }
}
