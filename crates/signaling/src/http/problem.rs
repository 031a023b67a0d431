//! Refusals over HTTP, as RFC 9457 problem details.

use crate::{limits::UNAVAILABLE_RETRY, store::Refused, ticket::BadTicket};
use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use protocol::api::{Problem, ProblemCode};
use std::time::Duration;

/// A request that is answered with a [`Problem`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    problem: Problem,
    /// When to ask again, where it is known that this may help.
    retry_after: Option<Duration>,
}

impl Refusal {
    /// A refusal with the status and the title that belong to `code`.
    pub(crate) fn new(code: ProblemCode, detail: impl Into<String>) -> Self {
        let (status, title) = match code {
            ProblemCode::NoSuchRoom => (StatusCode::NOT_FOUND, "No room has this code."),
            ProblemCode::RoomFull => (StatusCode::CONFLICT, "The room is full."),
            ProblemCode::RoomSealed => (
                StatusCode::CONFLICT,
                "The room's owner lets no newcomers in.",
            ),
            ProblemCode::WrongVersion => (
                StatusCode::CONFLICT,
                "The room is for another version of the game.",
            ),
            ProblemCode::TooManyRequests => {
                (StatusCode::TOO_MANY_REQUESTS, "That was asked too often.")
            }
            ProblemCode::ServerFull => (StatusCode::SERVICE_UNAVAILABLE, "The server is full."),
            ProblemCode::ShuttingDown => {
                (StatusCode::SERVICE_UNAVAILABLE, "The server is going down.")
            }
            ProblemCode::BadTicket => (StatusCode::UNAUTHORIZED, "The ticket is not valid."),
            ProblemCode::TicketRequired => (
                StatusCode::UNAUTHORIZED,
                "The room is entered with a ticket.",
            ),
            ProblemCode::NotOwner => (
                StatusCode::FORBIDDEN,
                "Only who has been in the room for longest may do this.",
            ),
            ProblemCode::ForbiddenOrigin => (
                StatusCode::FORBIDDEN,
                "Pages from there may not use this server.",
            ),
            ProblemCode::Unavailable => (
                StatusCode::SERVICE_UNAVAILABLE,
                "The server's rooms are away for the moment.",
            ),
            ProblemCode::BadRequest | ProblemCode::Unknown => {
                (StatusCode::BAD_REQUEST, "The request is malformed.")
            }
        };
        let problem = Problem {
            code,
            status: status.as_u16(),
            title: title.to_owned(),
            detail: detail.into(),
        };
        let passes = matches!(code, ProblemCode::Unavailable | ProblemCode::ShuttingDown);
        Self {
            problem,
            retry_after: passes.then_some(UNAVAILABLE_RETRY),
        }
    }

    /// The same refusal, to be asked about again after so long: whole seconds, at least one.
    pub(crate) fn with_retry_after(mut self, wait: Duration) -> Self {
        self.retry_after = Some(wait);
        self
    }

    /// The whole answer as bytes of HTTP/1.1, for a connection that nobody else serves.
    pub(crate) fn to_http1(&self) -> Vec<u8> {
        let body = serde_json::to_string(&self.problem).unwrap_or_default();
        let wait = whole_seconds(self.retry_after.unwrap_or_default());
        let status = self.problem.status;
        format!(
            "HTTP/1.1 {status} Refused\r\nConnection: close\r\nRetry-After: {wait}\r\n\
             Content-Type: application/problem+json\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        )
        .into_bytes()
    }

    /// The same refusal under another HTTP status.
    pub(crate) fn with_status(mut self, status: StatusCode) -> Self {
        self.problem.status = status.as_u16();
        self
    }
}

/// The request is malformed.
pub(crate) fn bad(detail: impl Into<String>) -> Refusal {
    Refusal::new(ProblemCode::BadRequest, detail)
}

impl From<BadTicket> for Refusal {
    fn from(bad: BadTicket) -> Self {
        Self::new(ProblemCode::BadTicket, format!("{bad}."))
    }
}

impl From<Refused> for Refusal {
    fn from(refused: Refused) -> Self {
        let code = match refused {
            Refused::NoSuchRoom => ProblemCode::NoSuchRoom,
            Refused::RoomFull(_) => ProblemCode::RoomFull,
            Refused::RoomSealed => ProblemCode::RoomSealed,
            Refused::TicketRequired => ProblemCode::TicketRequired,
            Refused::BadTicket => ProblemCode::BadTicket,
            Refused::NotOwner => ProblemCode::NotOwner,
            // Whoever draws codes tries a few: then too many are taken.
            Refused::ServerFull(_) | Refused::Taken => ProblemCode::ServerFull,
            Refused::Away => ProblemCode::Unavailable,
        };
        Self::new(code, format!("{refused}."))
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.problem.status).unwrap_or(StatusCode::BAD_REQUEST);
        let mut response = (status, axum::Json(&self.problem)).into_response();
        if let Some(wait) = self.retry_after {
            let wait = HeaderValue::from(whole_seconds(wait));
            response.headers_mut().insert(header::RETRY_AFTER, wait);
        }
        response.headers_mut().insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/problem+json"),
        );
        // By it the answer is counted, wherever it was made.
        response.extensions_mut().insert(self.problem.code);
        response
    }
}

/// As `Retry-After` says it: rounded up, since asking too early costs another refusal.
fn whole_seconds(wait: Duration) -> u64 {
    wait.as_millis().div_ceil(1_000).max(1) as u64
}
