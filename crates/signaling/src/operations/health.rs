//! Whether the server lives, and whether a load balancer should send it anybody.

use axum::{
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use std::{
    collections::BTreeSet,
    sync::{Mutex, MutexGuard, PoisonError},
};

/// What may keep a living server from taking newcomers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Trouble {
    /// It is going down.
    Draining,
    /// The rooms that many servers share cannot be reached.
    #[cfg(feature = "redis")]
    StoreAway,
}

impl Trouble {
    fn sentence(self) -> &'static str {
        match self {
            Self::Draining => "The server is going down.",
            #[cfg(feature = "redis")]
            Self::StoreAway => "The rooms of this server are away.",
        }
    }
}

/// What is wrong now. Anyone may read it: it says neither addresses nor names.
#[derive(Debug, Default)]
pub(crate) struct Health(Mutex<BTreeSet<Trouble>>);

impl Health {
    /// Says that something is wrong from now on.
    pub(crate) fn begin(&self, trouble: Trouble) {
        self.lock().insert(trouble);
    }

    /// Says that this is right again.
    #[cfg(feature = "redis")]
    pub(crate) fn end(&self, trouble: Trouble) {
        self.lock().remove(&trouble);
    }

    /// Whether this is wrong now.
    pub(crate) fn has(&self, trouble: Trouble) -> bool {
        self.lock().contains(&trouble)
    }

    /// The answer to `GET /readyz`: 200, or 503 with a line for each reason.
    pub(crate) fn readiness(&self) -> Response {
        let troubles = self.lock();
        let lines: String = troubles
            .iter()
            .map(|trouble| format!("{}\n", trouble.sentence()))
            .collect();
        let (status, body) = match lines.is_empty() {
            true => (StatusCode::OK, "ready\n".to_owned()),
            false => (StatusCode::SERVICE_UNAVAILABLE, lines),
        };
        (status, [(header::CACHE_CONTROL, "no-store")], body).into_response()
    }

    fn lock(&self) -> MutexGuard<'_, BTreeSet<Trouble>> {
        // Nobody panics while holding the lock; if one did, the set is still whole.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
