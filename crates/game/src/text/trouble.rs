//! Everything that can go wrong. Each language has a heading and a sentence for it.

use netplay::{
    replay::ReplayError,
    session::Failure,
    signaling::api::{ApiError, BadAddress},
};

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

/// Somebody else's words as a sentence of ours: bounded, with a full stop. `silence` stands in for
/// none.
pub(super) fn sentence(text: &str, silence: &str) -> String {
    let mut text = protocol::peer::clean_text(text.trim(), protocol::limits::MAX_DETAIL_BYTES);
    if text.is_empty() {
        text.push_str(silence);
    }
    if !text.ends_with(['.', '!', '?']) {
        text.push('.');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::preferences::Language;
    use netplay::transport::Outage;
    use protocol::{
        api::{Problem, ProblemCode},
        peer::RefusalReason,
    };

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
            Failure::Signaling(Outage::Other(String::new())),
            Failure::Signaling(Outage::RoomFull),
            refused(RefusalReason::ProtocolVersion),
            refused(RefusalReason::Rules),
            refused(RefusalReason::RoomFull),
            Failure::Unreachable(String::new()),
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
        for words in Language::ALL.map(super::super::of) {
            for trouble in &all {
                let heading = (words.heading)(trouble);
                assert!((3..=20).contains(&heading.len()), "{trouble:?}: {heading}");
                let sentence = (words.trouble)(trouble);
                assert!(sentence.ends_with(['.', ')']), "{sentence}");
                assert!((10..=300).contains(&sentence.len()), "{sentence}");
            }
        }
    }

    #[test]
    fn words_of_others_are_bounded_and_one_line() {
        let trouble = Trouble::Session(Failure::Signaling(Outage::Other("x\n".repeat(5000))));
        for words in Language::ALL.map(super::super::of) {
            let sentence = (words.trouble)(&trouble);
            assert!(sentence.len() < 300);
            assert!(!sentence.contains('\n'));
        }
    }
}
