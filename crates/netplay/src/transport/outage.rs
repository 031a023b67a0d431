//! Why signaling is not there, for players.

use protocol::api::Problem;

/// Why the signaling server was not reached, or is left for good. A game says it in its own words;
/// the English ones are for logs and tools.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Outage {
    /// The server's address is none: what is wrong with it, for logs.
    #[error("The server's address is not valid: {0}")]
    BadAddress(String),
    /// There is no way to the server: what the system says of it, for logs.
    #[error("The server cannot be reached.")]
    Unreachable(String),
    /// It takes connections and says nothing.
    #[error("The server does not answer.")]
    Silent,
    /// It refused the connection with this HTTP status.
    #[error("The server refused: HTTP status {0}.")]
    Http(u16),
    /// It refused the connection and says why.
    #[error("The server refused: {}", .0.title)]
    Problem(Problem),
    /// What answers is no signaling server.
    #[error("The server answers, but not as a signaling server.")]
    NoWelcome,
    /// It does not know us any more.
    #[error("The server has another id for us than before.")]
    Renamed,
    /// The room's owner closed it.
    #[error("The room was closed by its owner.")]
    RoomClosed,
    /// The connection to it ended, and there is no return.
    #[error("The connection to the server was lost. Join the room again.")]
    Lost,
    /// The room has no place.
    #[error("The room is full.")]
    RoomFull,
    /// It has no relay, without which this player shows nobody its address.
    #[error(
        "This server has no relay, and without one your address would be shown to the others. \
         Allow direct connections, or play on another server."
    )]
    NoRelay,
    /// Nobody answered in time.
    #[error("nobody answered in time")]
    Nobody,
    /// Anything else: what a library says of it.
    #[error("{0}")]
    Other(String),
}
