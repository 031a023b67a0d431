//! What peers say to one another over the reliable channel, in postcard.
//!
//! A message is `[tag][fields]` as postcard writes the enum [`Message`]. Tags are positions: new
//! messages go to the end, and a change of an old one raises [`crate::PROTOCOL_VERSION`]. Only
//! [`Hello`] and [`Refusal`] keep their layout from now on, so that peers of different versions can
//! still tell each other so.

use crate::{
    Frame, PeerId,
    agreement::*,
    feed::{Feed, Seated, Watch},
    limits::*,
    statement::Numbered,
};
use serde::{Deserialize, Serialize};

/// [`Message::Leave`] on the unreliable channel, where it waits for nothing that was lost. The
/// byte is neither [`crate::datagram::TAG`] nor [`crate::statement::TAG`].
pub const LEAVE: [u8; 1] = [2];

/// Everything that travels on the reliable channel.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Message {
    /// The first message in both directions, repeated until the other's has come.
    Hello(Hello),
    /// The answer to a hello that does not fit; the sender then ignores that peer.
    Refuse(Refusal),
    /// The sender's own line in the lobby: after each change of it, and once a second as a sign
    /// of life.
    Lobby(LobbyLine),
    /// What decides who plays what. Said on the unreliable channel, too.
    Statement(Numbered),
    /// A line of text, shown as text only.
    Chat(String),
    /// The sender leaves the room for good.
    Leave,
    /// See [`Join`].
    Join(Join),
    /// The answer to a [`Join`], or repair after a desync: a [`Snapshot`], in parts.
    Snapshot(Chunk),
    /// A part of this transfer and index has come.
    ChunkCame {
        /// [`Chunk::transfer`].
        transfer: u32,
        /// [`Chunk::index`].
        index: u16,
    },
    /// See [`Listen`].
    Listen(Listen),
    /// To the owner: this peer keeps up with the match, and wants its seat.
    KeepsUp {
        /// The match.
        match_id: u32,
    },
    /// See [`Watch`].
    Watch(Watch),
    /// See [`Feed`].
    Feed(Feed),
    /// See [`Seated`].
    Seated(Seated),
    /// A sign of the player's mood, below [`MAX_EMOTES`]; which one it is, is the game's matter.
    Emote(u8),
}

/// Who speaks, and by which rules. Layout never changes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hello {
    /// [`crate::PROTOCOL_VERSION`] of the sender.
    pub protocol: u16,
    /// [`crate::Simulation::FINGERPRINT`] of the sender's rules.
    pub fingerprint: u64,
    /// The player's name, at most [`MAX_NAME_BYTES`].
    pub name: String,
    /// Whether the sender has this receiver's hello: then it need not be repeated.
    pub heard_you: bool,
    /// Whether the sender was in the room before this receiver, as signaling told it: the peer
    /// that nobody was before is the owner.
    pub here_before_you: bool,
    /// The hash of the token that this player would return with.
    pub claim: Claim,
}

/// Why a peer was refused. Layout never changes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    /// The reason, for programs.
    pub reason: RefusalReason,
    /// More for people and logs, at most [`MAX_DETAIL_BYTES`].
    pub detail: String,
}

/// The reasons for a refusal. New ones go to the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum RefusalReason {
    /// Different [`crate::PROTOCOL_VERSION`]s.
    ProtocolVersion,
    /// Different [`crate::Simulation::FINGERPRINT`]s.
    Rules,
    /// [`MAX_PEERS`] are here already.
    RoomFull,
}

/// One peer's own line in the lobby.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LobbyLine {
    /// The player's name, at most [`MAX_NAME_BYTES`].
    pub name: String,
    /// Whether the player wants the match to start.
    pub ready: bool,
    /// The round that the sender waits for or plays. A match counts for it when it is over:
    /// everybody who played it then waits for [`Start::round`] + 1, so readiness for the last
    /// match is never taken for the next one.
    pub round: u32,
    /// The peers that the sender can talk to, at most [`MAX_PEERS`]. A match starts only among
    /// peers that all reach one another.
    pub mates: Vec<Mate>,
    /// The match that the sender plays, watches or waits to enter.
    pub playing: Option<Playing>,
    /// Whether the sender only watches, and takes no seat.
    pub watches: bool,
    /// Whether the player does not look: its page or window is hidden.
    pub away: bool,
    /// The settings that the sender, as the room's owner, chose for the next match, in postcard, at
    /// most [`MAX_SETTINGS_BYTES`]. Empty from everybody else, and while the owner has chosen none.
    pub settings: Vec<u8>,
    /// The team that the player wants to play for, as the simulation counts them; nothing for any.
    pub team: Option<u8>,
    /// The colour that the player chose for itself, as the game counts them.
    pub color: u8,
}

/// Where a peer stands in a running match.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Playing {
    /// The match.
    pub match_id: u32,
    /// The view that it follows.
    pub view: View,
    /// The newest frame that is confirmed in the sender's world.
    pub confirmed: Frame,
    /// Whether the sender drives a seat.
    pub drives: bool,
}

/// One of the peers that the sender of a [`LobbyLine`] can talk to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mate {
    /// Its id.
    pub id: PeerId,
    /// Whether it was in the room before the sender. From these claims, each peer's about
    /// itself, everybody derives the same order of seniority.
    pub before_me: bool,
}

/// The start of a match, decided by the room's owner.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Start {
    /// Names the match in every datagram.
    pub match_id: u32,
    /// The owner's [`LobbyLine::round`], below [`u32::MAX`].
    pub round: u32,
    /// The seed of the world's generator.
    pub seed: u64,
    /// The simulation's settings in postcard, at most [`MAX_SETTINGS_BYTES`].
    pub settings: Vec<u8>,
    /// Who drives each seat from frame 0: a peer, or nobody (a bot). 1 to [`MAX_SEATS`].
    pub roster: Vec<Option<PeerId>>,
}

/// Why bytes are not a [`Message`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// Longer than [`MAX_RELIABLE_BYTES`].
    #[error("the message has {0} bytes, more than {MAX_RELIABLE_BYTES}")]
    TooLong(usize),
    /// Not postcard of this layout, or with bytes left over.
    #[error("the message is malformed")]
    Malformed,
    /// A field past its bound.
    #[error("the message's {0} is out of bounds")]
    OutOfBounds(&'static str),
}

pub(crate) fn bound(within: bool, field: &'static str) -> Result<(), DecodeError> {
    match within {
        true => Ok(()),
        false => Err(DecodeError::OutOfBounds(field)),
    }
}

impl Start {
    pub(crate) fn check(&self) -> Result<(), DecodeError> {
        // The next match has a round of its own.
        bound(self.round < u32::MAX, "round")?;
        bound(self.settings.len() <= MAX_SETTINGS_BYTES, "settings")?;
        bound((1..=MAX_SEATS).contains(&self.roster.len()), "roster")
    }
}

impl Message {
    /// Encodes this message.
    ///
    /// # Panics
    /// Never: writing plain data to a vector cannot fail.
    pub fn encode(&self) -> Vec<u8> {
        #[expect(
            clippy::expect_used,
            reason = "plain data into a growing vector cannot fail"
        )]
        postcard::to_stdvec(self).expect("plain data encodes")
    }

    /// Decodes a message that another peer sent, and checks every bound.
    ///
    /// # Errors
    /// [`DecodeError`] for anything that this version would not have sent.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        if bytes.len() > MAX_RELIABLE_BYTES {
            return Err(DecodeError::TooLong(bytes.len()));
        }
        let (message, rest) =
            postcard::take_from_bytes::<Self>(bytes).map_err(|_| DecodeError::Malformed)?;
        // A later version's hello may carry more fields: it must still be understood.
        if !rest.is_empty() && !matches!(message, Self::Hello(_) | Self::Refuse(_)) {
            return Err(DecodeError::Malformed);
        }
        message.check()?;
        Ok(message)
    }

    fn check(&self) -> Result<(), DecodeError> {
        match self {
            Self::Hello(hello) => bound(hello.name.len() <= MAX_NAME_BYTES, "name"),
            Self::Refuse(refusal) => bound(refusal.detail.len() <= MAX_DETAIL_BYTES, "detail"),
            Self::Lobby(line) => {
                bound(line.name.len() <= MAX_NAME_BYTES, "name")?;
                bound(line.mates.len() <= MAX_PEERS, "list of mates")?;
                bound(line.settings.len() <= MAX_SETTINGS_BYTES, "settings")
            }
            Self::Statement(numbered) => numbered.check(),
            Self::Chat(text) => bound(text.len() <= MAX_CHAT_BYTES, "chat line"),
            Self::Emote(emote) => bound(*emote < MAX_EMOTES, "emote"),
            Self::Snapshot(chunk) => chunk.check(),
            Self::Feed(feed) => feed.check(),
            Self::Seated(seated) => seated.check(),
            Self::Leave
            | Self::Join(_)
            | Self::ChunkCame { .. }
            | Self::Listen(_)
            | Self::Watch(_)
            | Self::KeepsUp { .. } => Ok(()),
        }
    }
}

/// Cuts `text` to at most `max` bytes at a character's end, so that what other peers are shown is
/// one line of text that stays in its place: without control characters, and without those that
/// are not seen and turn, join or hide what is beside them.
pub fn clean_text(text: &str, max: usize) -> String {
    let mut clean = String::new();
    for c in text.chars().filter(|c| !c.is_control() && !is_unseen(*c)) {
        if clean.len() + c.len_utf8() > max {
            break;
        }
        clean.push(c);
    }
    clean
}

/// Characters without a shape of their own: by the overriding ones a name could turn around the line
/// that it stands in, by the empty ones two names could look the same. Emoji that are joined by
/// U+200D are shown side by side instead.
fn is_unseen(c: char) -> bool {
    matches!(c,
        // Soft hyphen, Arabic letter mark, Hangul and Khmer fillers, Mongolian separator.
        '\u{ad}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180e}'
        // Zero-width spaces and joiners, marks of direction; line and paragraph separators,
        // embeddings and overrides; word joiner, invisible operators, isolates.
        | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
        // Another filler, the byte order mark, its halfwidth filler, annotations, language tags.
        | '\u{3164}' | '\u{feff}' | '\u{ffa0}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}'
    )
}
