//! What a session tells its player about the room, beside what the room's view shows.

use protocol::{Frame, peer::RefusalReason};
use std::fmt;

/// Something that has happened in the room. Names are other peers' words, cleaned and cut, and empty
/// for players who gave none. A game says it in its own words; the English ones are for logs and
/// tools.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Notice {
    /// This player said goodbye.
    Left(String),
    /// This player's channels have closed.
    Gone(String),
    /// This player's connection had ended, and it has another one.
    Back(String),
    /// This player is not heard any more; it may come back.
    Silent(String),
    /// No connection to this player could be made.
    Unreachable(String),
    /// This player was banned.
    Banned {
        /// Its name.
        name: String,
        /// For what.
        reason: BanReason,
    },
    /// This player and we cannot play together.
    Unfit {
        /// Its name.
        name: String,
        /// Why.
        reason: RefusalReason,
        /// More, for people.
        detail: String,
    },
    /// Others' worlds differ from ours, and theirs are replaced.
    Differed(Frame),
    /// Our world differs from the others', and is replaced.
    Replaced(Frame),
    /// A bot has our seat until we keep up with the match again.
    BotPlays,
    /// The match that we watched has nobody any more who plays it.
    Deserted,
    /// The match ended while we could not follow it.
    Missed,
    /// The match cannot start: why, for logs.
    CannotStart(&'static str),
    /// The match is too big for whoever wants to enter it.
    NoEntry,
    /// What the player said was not sent: it was too much at once.
    TooMuchSaid,
}

/// What a peer was banned for: the last of its offences.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BanReason {
    /// More packets than anybody needs.
    Flooding,
    /// More lines of chat and emotes than anybody can say.
    Chatting,
    /// Packets that no honest peer would have sent.
    Malformed,
    /// Changing the match as no owner may.
    Forging,
}

impl fmt::Display for BanReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Flooding => "flooding",
            Self::Chatting => "flooding the chat",
            Self::Malformed => "malformed packets",
            Self::Forging => "forging the match",
        })
    }
}

/// What English texts call a player.
pub(super) fn shown(name: &str) -> &str {
    if name.is_empty() { "Somebody" } else { name }
}

impl fmt::Display for Notice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Left(name) => write!(f, "{} left", shown(name)),
            Self::Gone(name) => write!(f, "{} is gone", shown(name)),
            Self::Back(name) => write!(f, "{} is back", shown(name)),
            Self::Silent(name) => write!(f, "{} fell silent", shown(name)),
            Self::Unreachable(name) => write!(f, "{} could not be reached", shown(name)),
            Self::Banned { name, reason } => {
                write!(f, "{} was banned for {reason}", shown(name))
            }
            Self::Unfit {
                name,
                reason,
                detail,
            } => {
                let why = match reason {
                    RefusalReason::ProtocolVersion => "has another version of the game",
                    RefusalReason::Rules => "plays by other rules",
                    RefusalReason::RoomFull => "says that the room is full",
                };
                write!(f, "{} {why}: {detail}", shown(name))
            }
            Self::Differed(frame) => write!(f, "The worlds differed at frame {frame}"),
            Self::Replaced(frame) => {
                write!(f, "Our world differed at frame {frame}: it is replaced")
            }
            Self::BotPlays => f.write_str("A bot plays for you until you keep up again"),
            Self::Deserted => f.write_str("Everybody who played is gone"),
            Self::Missed => f.write_str("The match ended while it could not be followed"),
            Self::CannotStart(why) => write!(f, "The match cannot start: {why}"),
            Self::NoEntry => f.write_str("The match is too big for a newcomer"),
            Self::TooMuchSaid => f.write_str("That was too much at once, and was not sent"),
        }
    }
}
