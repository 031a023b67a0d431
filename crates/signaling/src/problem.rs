//! Refusals over HTTP, as RFC 9457 problem details.

use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use protocol::api::{Problem, ProblemCode};

/// A request that is answered with a [`Problem`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refusal(Problem);

impl Refusal {
    /// A refusal with the status and the title that belong to `code`.
    pub(crate) fn new(code: ProblemCode, detail: impl Into<String>) -> Self {
        let (status, title) = match code {
            ProblemCode::NoSuchRoom => (StatusCode::NOT_FOUND, "No room has this code."),
            ProblemCode::RoomFull => (StatusCode::CONFLICT, "The room is full."),
            ProblemCode::ServerFull => (StatusCode::SERVICE_UNAVAILABLE, "The server is full."),
            ProblemCode::ShuttingDown => {
                (StatusCode::SERVICE_UNAVAILABLE, "The server is going down.")
            }
            ProblemCode::BadRequest | ProblemCode::Unknown => {
                (StatusCode::BAD_REQUEST, "The request is malformed.")
            }
        };
        Self(Problem {
            code,
            status: status.as_u16(),
            title: title.to_owned(),
            detail: detail.into(),
        })
    }

    /// The same refusal under another HTTP status.
    pub(crate) fn with_status(mut self, status: StatusCode) -> Self {
        self.0.status = status.as_u16();
        self
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.0.status).unwrap_or(StatusCode::BAD_REQUEST);
        let mut response = (status, axum::Json(&self.0)).into_response();
        response.headers_mut().insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/problem+json"),
        );
        // By it the answer is counted, wherever it was made.
        response.extensions_mut().insert(self.0.code);
        response
    }
}
