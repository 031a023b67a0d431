//! Every bound that peers and servers keep towards each other, with what happens at it.

use std::time::Duration;

/// Steps of the simulation a second.
pub const STEPS_PER_SECOND: u32 = 60;

/// The length of a step in microseconds, rounded down (16,666).
pub const STEP_MICROS: u64 = 1_000_000 / STEPS_PER_SECOND as u64;

/// Seats in a match. A [`crate::peer::Start`] with more is refused.
pub const MAX_SEATS: usize = 8;

/// Peers in a room, spectators included. A further one is refused as "room full".
pub const MAX_PEERS: usize = 16;

/// Peers that a room holds at the least. Fewer is refused with `bad-request`, as is more than
/// [`MAX_PEERS`].
pub const MIN_CAPACITY: usize = 2;

/// Peers that a room holds unless its maker says otherwise.
pub const DEFAULT_PEERS: usize = 8;

/// Bytes of a game's version tag. A longer one is refused with `bad-request`.
pub const MAX_VERSION_TAG_BYTES: usize = 32;

/// Bytes of the body of a request to the server's API. More is refused with `bad-request` (413).
pub const MAX_API_BODY_BYTES: usize = 4 * 1024;

/// Rooms on one page of the list, and the most that `?limit=` may say.
pub const MAX_LISTED_ROOMS: usize = 50;

/// Frames that a peer steps ahead of the newest frame whose inputs it has all. At the bound it
/// waits: 12 frames are 200 ms.
pub const MAX_PREDICTION: u32 = 12;

/// Frames of input delay. More is clamped.
pub const MAX_INPUT_DELAY: u32 = 6;

/// Inputs of one stream that an author keeps for a receiver that has not acknowledged them. It
/// must cover the prediction window, the input delay and a long loss; an author whose receiver
/// is further behind stops stepping (it is at its prediction bound long before).
pub const MAX_UNACKED_INPUTS: u32 = 128;

/// Bytes of one input in postcard. A bigger input type does not compile into a session.
pub const MAX_INPUT_BYTES: usize = 4;

/// Bytes of a rollback datagram, so that it fits one UDP packet on any path (IPv6's minimum of
/// 1,280 less headers and DTLS/SCTP framing). A longer one is dropped and counted.
pub const MAX_DATAGRAM_BYTES: usize = 1_100;

/// Bytes of a reliable message. A longer one is dropped and counted; matchbox's native side
/// does not send over 64 KiB.
pub const MAX_RELIABLE_BYTES: usize = 32 * 1024;

/// Bytes of a player's name (UTF-8). A longer one is cut at a character's end.
pub const MAX_NAME_BYTES: usize = 24;

/// Bytes of a chat line (UTF-8). A longer one is cut at a character's end.
pub const MAX_CHAT_BYTES: usize = 280;

/// Kinds of emotes that peers may tell apart, numbered from 0; a game shows those that it has. One
/// past them is malformed.
pub const MAX_EMOTES: u8 = 16;

/// What one peer may say in a second in the long run, lines of chat and emotes together. What is
/// more is neither sent nor shown: the sender's player is told so, and at the receiver each one
/// more than [`HEARD_AT_ONCE`] is an offence.
pub const SAID_PER_SECOND: u32 = 1;

/// What one peer may say at once, and then [`SAID_PER_SECOND`].
pub const SAID_AT_ONCE: u32 = 4;

/// What is heard of one peer at once: what an honest one says at once, and what it says while a
/// network holds that back for as long as [`SILENCE_DEADLINE`] allows.
pub const HEARD_AT_ONCE: u32 = 2 * SAID_AT_ONCE;

/// Lines of chat and emotes that a peer keeps. Older ones are forgotten.
pub const MAX_SAID: usize = 50;

/// Players that a peer does not want to hear. The one muted longest is heard again past it.
pub const MAX_MUTED: usize = 64;

/// Bytes of a match's settings in postcard. More is refused with the message that carries them.
pub const MAX_SETTINGS_BYTES: usize = 1_024;

/// Bytes of a refusal's detail. More is cut.
pub const MAX_DETAIL_BYTES: usize = 200;

/// Bytes of one signal (offer, answer, candidate) through the server. A longer WebSocket message
/// closes its connection.
pub const MAX_SIGNAL_BYTES: usize = 64 * 1024;

/// Symbols of a room code.
pub const ROOM_CODE_LENGTH: usize = 6;

/// The symbols of room codes: no look-alikes (0/O, 1/I/L), no vowels that spell words.
pub const ROOM_CODE_ALPHABET: &[u8; 26] = b"23456789BCDFGHJKMNPQRSTVWX";

/// How long a newcomer's channels may take to open, or its hello to come, before it is given up: enough
/// for two attempts by a relay.
pub const HANDSHAKE_DEADLINE: Duration = Duration::from_secs(20);

/// How long a peer may be silent in the lobby or a match before it counts as lost.
pub const SILENCE_DEADLINE: Duration = Duration::from_millis(2_500);

/// How long a driver's inputs may be missing, or an owner silent, before its seat goes to a bot.
pub const MISSING_DEADLINE: Duration = Duration::from_millis(800);

/// How long a seat is kept for a player that was lost.
pub const SEAT_KEPT: Duration = Duration::from_secs(120);

/// How long the seat of a player that said goodbye is kept: a reload of the page says so too.
pub const LEFT_SEAT_KEPT: Duration = Duration::from_secs(15);

/// Changes of seats in one match. At the bound no seat changes hands any more but from a lost
/// peer to a bot, twice as many at most; then the match ends.
pub const MAX_CHANGES: usize = 4_096;

/// Changes in one message. More follow in further ones.
pub const MAX_CHANGES_PER_MESSAGE: usize = 64;

/// Bytes of the changes in one message. More follow in further ones: with all else that a message
/// has they stay below [`MAX_RELIABLE_BYTES`].
pub const MAX_CHANGES_BYTES: usize = MAX_RELIABLE_BYTES / 2;

/// Tenures of one seat in a snapshot: the one in force, and later ones that are agreed already.
pub const MAX_TENURES: usize = 8;

/// Bytes of a part of a snapshot.
pub const CHUNK_BYTES: usize = 16 * 1024;

/// Bytes of a snapshot. A bigger one is neither sent nor taken.
pub const MAX_SNAPSHOT_BYTES: usize = 4 * 1024 * 1024;

/// Parts of a snapshot.
pub const MAX_CHUNKS: usize = MAX_SNAPSHOT_BYTES / CHUNK_BYTES;

/// Parts of a snapshot under way at once: further ones wait for acknowledgements, so that a
/// transfer never holds up what the match has to say.
pub const CHUNKS_AHEAD: usize = 4;

/// Frames in one message to a watcher, a second's.
pub const MAX_FEED_FRAMES: usize = 60;

/// Watchers that one driver tells the match: if nobody else plays any more, all the others of a full
/// room. More are not told.
pub const MAX_WATCHERS: usize = MAX_PEERS - 1;
