//! What the game says to players: everything that can go wrong, each with its sentence, and the
//! few longer texts. Short labels stand where they are shown.

use netplay::{
    replay::ReplayError,
    session::{Failure, PeerView},
    signaling::api::{ApiError, BadAddress},
};
use protocol::{api::ProblemCode, peer::RefusalReason};

/// What went wrong with a scene. Each has a heading and a sentence, and the failure screen leads
/// back from all of them.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Trouble {
    /// The session ended.
    #[error(transparent)]
    Session(#[from] Failure),
    /// The server's HTTP side was of no help.
    #[error(transparent)]
    Api(#[from] ApiError),
    /// The server's address is none.
    #[error(transparent)]
    Address(#[from] BadAddress),
    /// The embedded server did not start.
    #[cfg_attr(
        target_arch = "wasm32",
        expect(dead_code, reason = "pages host nothing")
    )]
    #[error("hosting failed: {0}")]
    Hosting(String),
    /// A file is no replay that can be watched.
    #[error(transparent)]
    Replay(#[from] ReplayError),
    /// A file cannot be read at all.
    #[error("reading failed: {0}")]
    File(String),
}

impl Trouble {
    /// A few words on what happened.
    pub fn heading(&self) -> &'static str {
        match self {
            Self::Session(failure) => match failure {
                Failure::Signaling(_) | Failure::Unreachable(_) => "No connection",
                Failure::Refused { .. } => "Not let in",
                Failure::Desync(_) => "Out of step",
                Failure::Internal(_) => "Cannot play",
                Failure::Left => "You left",
            },
            Self::Api(ApiError::Unreachable { .. } | ApiError::NotOurServer { .. }) => "No server",
            Self::Api(ApiError::Problem(problem)) => match problem.code {
                ProblemCode::NoSuchRoom => "No such room",
                ProblemCode::RoomFull => "Room full",
                ProblemCode::RoomSealed => "Room closed",
                ProblemCode::WrongVersion => "Another version",
                _ => "The server says no",
            },
            Self::Address(_) => "No such address",
            Self::Hosting(_) => "Cannot host",
            Self::Replay(error) => match error {
                ReplayError::Foreign | ReplayError::TooLong(_) => "Not a replay",
                ReplayError::Truncated { .. } | ReplayError::Corrupt(_) => "Damaged replay",
                ReplayError::Version(_) | ReplayError::Rules(_) => "Another version",
            },
            Self::File(_) => "No such replay",
        }
    }

    /// What happened, and what the player can do about it.
    pub fn sentence(&self) -> String {
        match self {
            Self::Session(failure) => session(failure),
            Self::Api(error) => api(error),
            Self::Address(error) => format!("{error} It looks like ws://192.168.0.7:3536."),
            Self::Hosting(why) => {
                format!("This computer could not open a room for others: {why}.")
            }
            Self::Replay(error) => {
                format!(
                    "This file cannot be played: {}",
                    sentence(&error.to_string())
                )
            }
            Self::File(why) => format!("The file could not be read: {}", sentence(why)),
        }
    }
}

fn session(failure: &Failure) -> String {
    match failure {
        Failure::Signaling(why) => {
            format!(
                "{} Check the network and the address, then try again.",
                sentence(why)
            )
        }
        Failure::Refused { reason, detail } => {
            let why = match reason {
                RefusalReason::ProtocolVersion | RefusalReason::Rules => {
                    "The others play another version of the game. Reload the page, or update, on \
                     both sides."
                }
                RefusalReason::RoomFull => "All places in this room are taken.",
            };
            if detail.is_empty() {
                why.to_owned()
            } else {
                format!("{why} ({detail})")
            }
        }
        Failure::Unreachable(name) => format!(
            "{name} is in the room, but no connection to them could be made: one of your networks \
             lets nothing through. Try another network."
        ),
        Failure::Internal(why) => {
            format!("The game cannot run a match here: {}", sentence(why))
        }
        Failure::Desync(frame) => format!(
            "The players' games differ since step {frame}, so the match cannot go on fairly. \
             Play again; if it returns, please report it."
        ),
        Failure::Left => "You have left the room.".to_owned(),
    }
}

fn api(error: &ApiError) -> String {
    match error {
        ApiError::Unreachable { server, .. } => format!(
            "The server at {server} does not answer. Check the address and the network; \
             practising and two scenes work without it."
        ),
        ApiError::NotOurServer { server, .. } => {
            format!("What answers at {server} is not a Peerball server.")
        }
        ApiError::Problem(problem) => match problem.code {
            ProblemCode::NoSuchRoom => {
                "No room has this code. Rooms end when everybody has left: ask for a new one."
                    .to_owned()
            }
            ProblemCode::RoomFull => "All places in this room are taken.".to_owned(),
            ProblemCode::ServerFull => {
                "The server holds no more rooms now. Try again in a minute.".to_owned()
            }
            ProblemCode::ShuttingDown => {
                "The server is restarting. Try again in a minute.".to_owned()
            }
            ProblemCode::BadRequest => {
                format!(
                    "The server did not understand that: {}",
                    sentence(&problem.title)
                )
            }
            ProblemCode::RoomSealed => {
                "The room's owner lets nobody new in. Ask them to open it, or play elsewhere."
                    .to_owned()
            }
            ProblemCode::WrongVersion => {
                "The room is for another version of the game. Reload the page, or update, on both \
                 sides."
                    .to_owned()
            }
            ProblemCode::TooManyRequests => {
                "That was a little too often. Wait some seconds and try again.".to_owned()
            }
            ProblemCode::BadTicket | ProblemCode::TicketRequired => {
                "The server lets nobody into this room who has not asked it first. Join the room \
                 again."
                    .to_owned()
            }
            ProblemCode::NotOwner => {
                "Only who has been in the room for longest may do this.".to_owned()
            }
            ProblemCode::ForbiddenOrigin => {
                "The server takes no players from this page. Open its own page.".to_owned()
            }
            ProblemCode::Unavailable => {
                "The server cannot find its rooms at the moment. Try again in a minute.".to_owned()
            }
            ProblemCode::Unknown => sentence(&problem.title),
        },
    }
}

/// Somebody else's words as a sentence of ours: bounded, with a full stop.
fn sentence(text: &str) -> String {
    let mut text = protocol::peer::clean_text(text.trim(), protocol::limits::MAX_DETAIL_BYTES);
    if text.is_empty() {
        text.push_str("Nobody said why");
    }
    if !text.ends_with(['.', '!', '?']) {
        text.push('.');
    }
    text
}

/// The keys of a match, for the scene `index` of `of`.
pub fn keys(index: usize, of: usize) -> &'static str {
    match (of, index) {
        (1, _) => "move WASD or arrows   kick Space   dash Shift",
        (_, 0) => "move WASD   kick Space   dash Shift",
        _ => "move arrows   kick Enter   dash Shift",
    }
}

/// What keeps a player of the room from the match, in a word; empty if nothing does.
pub fn presence(peer: &PeerView) -> &'static str {
    match (peer.away, peer.slow) {
        (true, _) => "away",
        (_, true) => "slow",
        _ => "",
    }
}

/// Said while the server is gone.
pub const NO_SERVER: &str = "Nobody new can join until the server is back";

/// Said in place of the keys to whoever has no seat.
pub const WATCHING: &str = "watching";

/// Said in place of the keys to whoever has a seat that a bot plays for now.
pub const SITTING_OUT: &str = "watching: a bot plays your seat until your game keeps up";

/// Said for a while when a replay begins.
pub const WATCHING_KEYS: &str = "pause Space   seek left and right   speed up and down   back Esc";

/// Said at the title when kept preferences could not be read, and are now at `place`.
pub fn put_aside(place: &str) -> String {
    format!("Your settings could not be read and begin anew. What was there is kept: {place}")
}

/// Said while two scenes play without WebRTC.
pub const IN_MEMORY: &str = "no network: meeting in memory, not by WebRTC";

#[cfg(test)]
mod tests {
    use super::*;
    use protocol::api::Problem;

    fn all() -> Vec<Trouble> {
        let refused = |reason| Failure::Refused {
            reason,
            detail: "theirs is 2, ours 1".into(),
        };
        let problem = |code| {
            ApiError::Problem(Problem {
                code,
                status: 400,
                title: "The server is out of order".into(),
                detail: String::new(),
            })
        };
        let sessions = [
            Failure::Signaling(String::new()),
            Failure::Signaling("The room is full.".into()),
            refused(RefusalReason::ProtocolVersion),
            refused(RefusalReason::Rules),
            refused(RefusalReason::RoomFull),
            Failure::Unreachable("Grace".into()),
            Failure::Internal("no threads".into()),
            Failure::Desync(600),
            Failure::Left,
        ];
        let server = "http://host:1".to_owned();
        let apis = [
            ApiError::Unreachable {
                server: server.clone(),
                detail: "refused".into(),
            },
            ApiError::NotOurServer {
                server,
                status: 404,
            },
            problem(ProblemCode::NoSuchRoom),
            problem(ProblemCode::RoomFull),
            problem(ProblemCode::ServerFull),
            problem(ProblemCode::BadRequest),
            problem(ProblemCode::ShuttingDown),
            problem(ProblemCode::RoomSealed),
            problem(ProblemCode::WrongVersion),
            problem(ProblemCode::TooManyRequests),
            problem(ProblemCode::BadTicket),
            problem(ProblemCode::TicketRequired),
            problem(ProblemCode::NotOwner),
            problem(ProblemCode::ForbiddenOrigin),
            problem(ProblemCode::Unavailable),
            problem(ProblemCode::Unknown),
        ];
        let mut all: Vec<Trouble> = sessions.into_iter().map(Trouble::from).collect();
        all.extend(apis.into_iter().map(Trouble::from));
        all.push(Trouble::Hosting("no free port".into()));
        all.push(Trouble::File("permission denied".into()));
        let replays = [
            ReplayError::Foreign,
            ReplayError::TooLong(usize::MAX),
            ReplayError::Truncated {
                missing: usize::MAX,
            },
            ReplayError::Corrupt("names"),
            ReplayError::Version(9),
            ReplayError::Rules(u64::MAX),
        ];
        all.extend(replays.map(Trouble::from));
        let address: Result<netplay::signaling::api::ServerUrl, _> = "ftp://x".parse();
        all.extend(address.err().map(Trouble::from));
        all
    }

    #[test]
    fn every_failure_has_a_heading_and_a_whole_sentence() {
        let all = all();
        assert_eq!(all.len(), 34);
        for trouble in all {
            assert!((3..=20).contains(&trouble.heading().len()), "{trouble:?}");
            let sentence = trouble.sentence();
            assert!(sentence.ends_with(['.', ')']), "{sentence}");
            assert!((10..=300).contains(&sentence.len()), "{sentence}");
        }
    }

    #[test]
    fn words_of_others_are_bounded_and_one_line() {
        let trouble = Trouble::Session(Failure::Signaling("x\n".repeat(5000)));
        assert!(trouble.sentence().len() < 300);
        assert!(!trouble.sentence().contains('\n'));
    }
}
