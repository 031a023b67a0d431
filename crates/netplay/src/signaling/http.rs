//! Requests over HTTP, natively and in a browser, each within its deadline.

use super::api::{MAX_ANSWER_BYTES, REQUEST_DEADLINE};
use ehttp::streaming::Part;
use futures::{
    channel::oneshot,
    future::{Either, select},
    pin_mut,
};
use futures_timer::Delay;
use std::{
    ops::ControlFlow,
    sync::{Mutex, PoisonError},
};

/// An answer's status and body, or what the HTTP client says.
pub(super) type Answer = Result<(u16, Vec<u8>), String>;

/// Fetches an answer within [`REQUEST_DEADLINE`], cut at [`MAX_ANSWER_BYTES`].
pub(super) async fn fetch(request: ehttp::Request) -> Answer {
    let (sender, answer) = oneshot::channel();
    // The callback is an `Fn`: what it gathers, and the sender it uses once, need a lock.
    let gathered = Mutex::new((Some(sender), 0, Vec::new()));
    ehttp::streaming::fetch(request.with_timeout(Some(REQUEST_DEADLINE)), move |part| {
        let mut gathered = gathered.lock().unwrap_or_else(PoisonError::into_inner);
        let (sender, status, body) = &mut *gathered;
        let complete = match part {
            Ok(Part::Response(response)) => {
                *status = response.status;
                return ControlFlow::Continue(());
            }
            Ok(Part::Chunk(chunk)) if !chunk.is_empty() => {
                let room = MAX_ANSWER_BYTES - body.len();
                body.extend_from_slice(&chunk[..chunk.len().min(room)]);
                if body.len() < MAX_ANSWER_BYTES {
                    return ControlFlow::Continue(());
                }
                Ok((*status, std::mem::take(body)))
            }
            Ok(Part::Chunk(_)) => Ok((*status, std::mem::take(body))),
            Err(error) => Err(error),
        };
        if let Some(sender) = sender.take() {
            // Nobody waits any more when the deadline has passed.
            let _ = sender.send(complete);
        }
        ControlFlow::Break(())
    });
    let deadline = Delay::new(REQUEST_DEADLINE);
    pin_mut!(answer);
    match select(answer, deadline).await {
        Either::Left((Ok(answer), _)) => answer,
        Either::Left((Err(_), _)) => Err("the request was dropped".to_owned()),
        Either::Right(_) => Err("no answer in time".to_owned()),
    }
}
