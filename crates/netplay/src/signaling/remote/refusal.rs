//! Why there is no connection to the server, for players and for the next attempt.

use super::platform::Socket;
use crate::{signaling::api::ApiError, transport::Outage};
use protocol::api::{Problem, ProblemCode};

/// Why there is no connection.
#[derive(Debug)]
pub(super) enum Refusal {
    BadUrl(String),
    Unreachable(String),
    Silent,
    /// Which a browser tells nobody: there it is [`Refusal::Unreachable`].
    #[cfg(not(target_arch = "wasm32"))]
    Http(u16),
    Problem(Problem),
    NoWelcome,
    Renamed,
}

impl Refusal {
    /// Whether trying a first time again would change nothing.
    pub(super) fn is_final(&self) -> bool {
        match self {
            Self::BadUrl(_) | Self::Renamed => true,
            #[cfg(not(target_arch = "wasm32"))]
            Self::Http(status) => (400..500).contains(status),
            Self::Problem(problem) => {
                (400..500).contains(&problem.status) && problem.code != ProblemCode::TooManyRequests
            }
            Self::Unreachable(_) | Self::Silent | Self::NoWelcome => false,
        }
    }

    /// Whether another ticket may help. A browser tells no page why a WebSocket was refused: there
    /// it always may, and asking for one tells the reason.
    pub(super) fn is_of_ticket(&self) -> bool {
        match self {
            Self::Problem(problem) => matches!(
                problem.code,
                ProblemCode::BadTicket | ProblemCode::TicketRequired
            ),
            Self::Unreachable(_) => !Socket::TELLS_REFUSALS,
            _ => false,
        }
    }
}

impl From<ApiError> for Refusal {
    fn from(error: ApiError) -> Self {
        match error {
            ApiError::Unreachable { detail, .. } => Self::Unreachable(detail),
            ApiError::Problem(problem) => Self::Problem(problem),
            ApiError::NotOurServer { .. } => Self::NoWelcome,
        }
    }
}

impl From<Refusal> for Outage {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::BadUrl(why) => Self::BadAddress(why),
            Refusal::Unreachable(why) => Self::Unreachable(why),
            Refusal::Silent => Self::Silent,
            #[cfg(not(target_arch = "wasm32"))]
            Refusal::Http(status) => Self::Http(status),
            Refusal::Problem(problem) => Self::Problem(problem),
            Refusal::NoWelcome => Self::NoWelcome,
            Refusal::Renamed => Self::Renamed,
        }
    }
}
