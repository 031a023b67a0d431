//! Every bound of the server, with what happens at it. Those that operators or tests change are
//! defaults of [`crate::Config`]'s fields; the others are the same everywhere.

use crate::Rate;
use std::time::Duration;

pub use protocol::limits::{MAX_PEERS, MAX_SIGNAL_BYTES, ROOM_CODE_LENGTH};

/// TCP connections in all, page loads included. Further ones wait in the listener's backlog until
/// one ends.
pub const MAX_CONNECTIONS: usize = 5_120;

/// TCP connections of one household: an IPv4 address, or an IPv6 network of 64 bits. A school behind
/// one address has a few for each player while pages load. A further one is answered with the problem
/// `too-many-requests` and closed; over TLS it is closed. Trusted proxies have no such bound.
pub const MAX_CONNECTIONS_PER_ADDRESS: usize = 256;

/// WebSockets of one household, places kept for [`RETURN_GRACE`] included. A further upgrade is
/// refused with the problem `too-many-requests`.
pub const MAX_SOCKETS_PER_ADDRESS: usize = 128;

/// How often one household may open a TCP connection. Beyond, as at
/// [`MAX_CONNECTIONS_PER_ADDRESS`].
pub const CONNECTION_RATE: Rate = Rate::new(256, 16);

/// How often one household may open a WebSocket. Beyond, the upgrade is refused with the problem
/// `too-many-requests`. A class of thirty that comes back at once stays below.
pub const UPGRADE_RATE: Rate = Rate::new(64, 16);

/// How often one household may ask the API. Beyond, it is refused with `too-many-requests`.
pub const REQUEST_RATE: Rate = Rate::new(64, 8);

/// How often one household may make or change something by the API: rooms, tickets, seals. Beyond,
/// it is refused with `too-many-requests`.
pub const CHANGE_RATE: Rate = Rate::new(64, 32);

/// How often one household may name a room or a ticket that is none. Beyond, all its requests to the
/// API and upgrades are refused with `too-many-requests` until one more is free, right ones too:
/// whoever guesses learns nothing. With 26^6 codes and [`MAX_ROOMS`] of them taken, a scan finds one
/// in a day.
pub const MISS_RATE: Rate = Rate::new(16, 80);

/// Buckets of each rate, for all households together. They are not kept by address but by a hash of
/// it, so that no crowd of addresses fills the memory: two that fall together share one.
pub const RATE_SLOTS: usize = 1 << 16;

/// How often the memory of full buckets is given back.
pub const SWEEP_INTERVAL: Duration = Duration::from_secs(60);

/// After how long whoever was one too many is told to try again.
pub const CROWD_RETRY: Duration = Duration::from_secs(30);

/// After how long whoever comes while the server goes down, or its store is away, is told to try
/// again: by then another node is there.
pub const UNAVAILABLE_RETRY: Duration = Duration::from_secs(2);

/// Connections that are being refused at one time. Further ones are closed without an answer.
pub const MAX_REFUSALS: usize = 64;

/// TLS handshakes at one time, which cost more than anything else here. Further ones wait, and have
/// [`REQUEST_DEADLINE`] for all of it.
pub const MAX_HANDSHAKES: usize = 64;

/// How often the certificate's files are looked at. What cannot be used is told in the log, and the
/// certificate before goes on.
pub const CERTIFICATE_CHECK_INTERVAL: Duration = Duration::from_secs(30);

/// TCP connections of operators, on a listener of their own. Further ones wait, as those of players do.
pub const MAX_OPERATOR_CONNECTIONS: usize = 16;

/// WebSockets in all, places kept for [`RETURN_GRACE`] included; fewer than [`MAX_CONNECTIONS`], so
/// that a server full of players still answers. A further upgrade is refused with the problem
/// `server-full`.
pub const MAX_SOCKETS: usize = 4_096;

/// Rooms in all, empty ones that still have their grace included. A further one takes the place
/// of the longest empty one; when none is empty it is refused with the problem `server-full`.
pub const MAX_ROOMS: usize = 16_384;

/// Peers in a room that a WebSocket path made, and the largest `?next=N`. More than
/// [`MAX_PEERS`], because stock matchbox clients may be other games. A further peer is refused
/// with the problem `room-full`, a larger `N` with `bad-request`.
pub const MAX_BARE_ROOM_PEERS: usize = 16;

/// Bytes of a room's name in a WebSocket path, after percent-decoding. A longer one is refused
/// with the problem `bad-request`.
pub const MAX_ROOM_NAME_BYTES: usize = 64;

/// How long a created room stays while nobody is in it: before its first peer, and after its
/// last, so that a reload finds it. Then its code is unknown. Rooms that a WebSocket path made
/// vanish with their last peer.
pub const ROOM_GRACE: Duration = Duration::from_secs(600);

/// Ids that a created room remembers of those that were ever in it. When it is sealed they may
/// return, by another id too; the eldest is forgotten first, and is a newcomer then.
pub const MAX_KNOWN_PEERS: usize = 64;

/// How long quick match keeps a place in mind for whom it has sent to a room. A later one is sent
/// elsewhere until then, however few have come.
pub const QUICK_HOLD: Duration = Duration::from_secs(10);

/// Signals from its room that wait for a peer whose entrance is still being written down. Only
/// those who were told of it send any; further ones are dropped.
pub const MAX_EARLY_SIGNALS: usize = 64;

/// How long a ticket lasts: longer than any match, since a client that returns shows the same one.
/// An expired one is refused with `bad-ticket`, and the client asks for another.
pub const TICKET_LIFETIME: Duration = Duration::from_secs(24 * 3_600);

/// Symbols of a ticket. A longer one is refused with `bad-ticket` before it is looked into.
pub const MAX_TICKET_BYTES: usize = 512;

/// Keys in a key file: the one that signs, and those that tickets may still be signed with. More
/// are refused at the start.
pub const MAX_KEYS: usize = 8;

/// Bytes of a key file. A longer one is refused at the start.
pub const MAX_KEY_FILE_BYTES: usize = 4 * 1024;

/// Random codes tried for a new room. With 26^6 codes and at most [`MAX_ROOMS`] taken, each fails
/// once in 18,000 times; after the last the request is refused with `server-full`.
pub const ROOM_CODE_ATTEMPTS: usize = 4;

/// How long the body of a request to the API may take. Then it is refused with `bad-request`.
pub const BODY_DEADLINE: Duration = Duration::from_secs(10);

/// Bytes of a text that describes one ICE candidate, as it is written; browsers need about 300.
/// A signal with a longer one is malformed.
pub const MAX_CANDIDATE_BYTES: usize = 4 * 1024;

/// Bytes that are read from a WebSocket at a time, into a buffer that all of a thread share. A
/// signal is 0.3 to 4 KiB, so that nearly all arrive in one read; the beginning of a longer one is
/// kept, as much as has come.
pub const READ_BYTES: usize = 16 * 1024;

/// Bytes of events queued for one peer. A full mesh of [`MAX_BARE_ROOM_PEERS`] greets a newcomer
/// with about 150 KiB. A peer that reads too slowly to stay below is cut off.
pub const MAX_QUEUE_BYTES: usize = 512 * 1024;

/// Bytes that the system may hold for a WebSocket's client before [`MAX_QUEUE_BYTES`] begins to
/// count; Linux takes it twice. Left to itself it holds up to 4 MiB for whoever does not read.
pub const SEND_BUFFER_BYTES: usize = 64 * 1024;

/// Bytes that one peer may send at once. Less than [`MAX_QUEUE_BYTES`], so that nobody can fill
/// another's queue in one go. Beyond, its socket is read at [`SEND_BYTES_PER_SECOND`] only.
pub const SEND_BURST_BYTES: usize = 256 * 1024;

/// Bytes a second at which a peer may go on sending after [`SEND_BURST_BYTES`].
pub const SEND_BYTES_PER_SECOND: usize = 32 * 1024;

/// What a message costs of a peer's allowance beside its own bytes, so that many small ones are
/// bounded too.
pub const MESSAGE_OVERHEAD_BYTES: usize = 64;

/// Messages of one peer that are not matchbox's JSON. The first ones are ignored, as the stock
/// server does; the one at the bound closes the connection (1008).
pub const MAX_MALFORMED_MESSAGES: usize = 32;

/// How long a peer with a token keeps its place after its connection broke: a change of network or
/// a restarted proxy takes seconds, and the room need not hear of it. Then it has left, as does
/// at once whoever closes the connection, breaks the rules, is in a group or has no token.
pub const RETURN_GRACE: Duration = Duration::from_secs(10);

/// How often each WebSocket is pinged.
pub const PING_INTERVAL: Duration = Duration::from_secs(15);

/// Ping intervals in which nothing at all was heard, not even the pong. Then the connection
/// counts as dead, and its room is told. A message may take as long from its first byte to its
/// last; then its sender's connection is closed (1008).
pub const SILENT_PING_INTERVALS: u32 = 3;

/// How long a client may take to answer a close frame before the connection is dropped.
pub const CLOSE_DEADLINE: Duration = Duration::from_secs(1);

/// How long a connection may take none of what it is sent, a page load included. Then it is cut. Over
/// TLS the last record (at most 64 KiB are held) has this long in all.
pub const WRITE_DEADLINE: Duration = Duration::from_secs(20);

/// How long a request's head may take, the wait for a next request included. Then the connection
/// is closed. Also how long a request to the API may take, its body's arrival included, and an
/// upgrade: then it is answered with 408. And how
/// long a TLS handshake may take: then the connection is closed.
pub const REQUEST_DEADLINE: Duration = Duration::from_secs(30);

/// Bytes of a request's head. A longer one is answered with 431.
pub const MAX_REQUEST_HEAD_BYTES: usize = 16 * 1024;

/// How long, and [how much](LINGER_BYTES), a closed connection's remaining input is read and
/// dropped. Closing with unread input would reset the connection, and the reset may overtake the
/// last answer.
pub const LINGER_DEADLINE: Duration = Duration::from_secs(2);

/// Bytes of input that [`LINGER_DEADLINE`] covers.
pub const LINGER_BYTES: usize = 4 * 1024 * 1024;

/// How long a server that was told to go down still serves those who are there. Newcomers are
/// refused with the problem `shutting-down`. None by default: where a load balancer asks
/// `/readyz`, this should last a few of its intervals.
pub const DRAIN_DELAY: Duration = Duration::ZERO;

/// How long a shutdown waits for connections to end by themselves. Then they are dropped.
pub const SHUTDOWN_DEADLINE: Duration = Duration::from_secs(5);

/// How long accepting pauses after an error such as too many open files.
pub const ACCEPT_PAUSE: Duration = Duration::from_millis(200);

/// Bytes of a file read at a time. Each running download holds two of them.
pub const FILE_CHUNK_BYTES: usize = 32 * 1024;

/// How long Redis may take to answer, or to be connected to. Then it counts as away, and is
/// connected to anew.
pub const STORE_DEADLINE: Duration = Duration::from_secs(2);

/// The shortest pause before Redis is connected to again, doubled with each failure up to
/// [`STORE_LAST_RETRY`]. Each is shortened by up to a half at random.
pub const STORE_FIRST_RETRY: Duration = Duration::from_millis(100);

/// The longest pause before Redis is connected to again.
pub const STORE_LAST_RETRY: Duration = Duration::from_secs(3);

/// How often a node tells Redis that it is there, unless [`NODE_GRACE`] is set so low that it has
/// to do so four times in it.
pub const STORE_BEAT: Duration = Duration::from_secs(2);

/// How long the places of a node's peers are kept in Redis after its last word. More than
/// [`RETURN_GRACE`]: a client takes up to ten seconds to notice a host that is gone, and then comes
/// to another node. After it they have left.
pub const NODE_GRACE: Duration = Duration::from_secs(20);

/// How long a room lives in Redis that no node tells of. Each does so every [`STORE_REFRESH`]; so
/// this is what becomes of rooms whose nodes are all gone.
pub const STORE_ROOM_LIFE: Duration = Duration::from_secs(3_600);

/// How often a node tells Redis of a room in which nothing happens.
pub const STORE_REFRESH: Duration = Duration::from_secs(600);

/// Rooms that are told of in this way at once, so that they spread over time.
pub const STORE_REFRESH_ROOMS: usize = 256;

/// Rooms in one command to Redis: telling of them takes it about a millisecond.
pub const STORE_BATCH: usize = 32;

/// Batches of rooms of dead nodes that a node gives up at each [`STORE_BEAT`].
pub const STORE_SWEEPS: usize = 32;

/// Token buckets that all nodes share; each is there only while it is not full, in about 100
/// bytes. Two of as many as are in use share one by chance, and then refuse too early.
pub const STORE_RATE_SLOTS: u64 = 1 << 20;

/// Signals to peers on other nodes that wait for Redis. Further ones are dropped.
pub const STORE_QUEUE_SIGNALS: usize = 4_096;

/// Bytes of such signals. Further ones are dropped.
pub const STORE_QUEUE_BYTES: usize = 8 * 1024 * 1024;

/// Signals that are handed to Redis at once.
pub const STORE_SIGNAL_BATCH: usize = 64;

/// How long TURN credentials are good. A living connection cannot renew them, so that they outlast
/// the longest evening of matches; afterwards its relay is refused and it ends.
pub const TURN_CREDENTIAL_LIFETIME: Duration = Duration::from_secs(24 * 3_600);

/// Bytes of a TURN user's name: an expiry and an id are half of it. A longer one is nobody's (401).
#[cfg(feature = "turn")]
pub const MAX_TURN_USERNAME_BYTES: usize = 128;

/// TURN allocations in all, each a UDP socket. A further one is refused (508).
#[cfg(feature = "turn")]
pub const MAX_TURN_ALLOCATIONS: usize = 1_024;

/// TURN allocations of one user: a player has one or two for each of up to seven others, and new
/// ones before the old have gone. A further one is refused (486).
#[cfg(feature = "turn")]
pub const MAX_TURN_USER_ALLOCATIONS: usize = 48;

/// TURN allocations from one address, for IPv6 from one /64: whoever wants many users' names gets
/// them, and several players may be behind one NAT. A further one is refused (486).
#[cfg(feature = "turn")]
pub const MAX_TURN_ADDRESS_ALLOCATIONS: usize = 256;

/// Bytes a second that one TURN user may have relayed, both ways together; twice as many at once.
/// A match of eight needs a quarter. What is more is dropped, as by a slow network.
#[cfg(feature = "turn")]
pub const TURN_USER_BYTES_PER_SECOND: u64 = 1024 * 1024;

/// Peers' addresses that one allocation may speak to at once. A further one is refused (508).
#[cfg(feature = "turn")]
pub const MAX_TURN_PERMISSIONS: usize = 32;

/// Channels of one allocation. A further one is refused (508); data indications go on.
#[cfg(feature = "turn")]
pub const MAX_TURN_CHANNELS: usize = 32;

/// How long an allocation lives that is not refreshed, unless the client asks for longer.
#[cfg(feature = "turn")]
pub const TURN_ALLOCATION_LIFETIME: Duration = Duration::from_secs(600);

/// The longest that a client may ask for.
#[cfg(feature = "turn")]
pub const MAX_TURN_ALLOCATION_LIFETIME: Duration = Duration::from_secs(3_600);

/// How long a permission lives that is not refreshed (RFC 8656, 9).
#[cfg(feature = "turn")]
pub const TURN_PERMISSION_LIFETIME: Duration = Duration::from_secs(300);

/// How long a channel lives that is not refreshed (RFC 8656, 12).
#[cfg(feature = "turn")]
pub const TURN_CHANNEL_LIFETIME: Duration = Duration::from_secs(600);

/// How long a nonce is good. Then a request with it is refused with a new one (438).
#[cfg(feature = "turn")]
pub const TURN_NONCE_LIFETIME: Duration = Duration::from_secs(3_600);

/// STUN and TURN answers a second to each address that has no allocation, for IPv6 to each /64:
/// anybody may write another's address on a request. Further ones get none.
#[cfg(feature = "turn")]
pub const TURN_ANSWERS_PER_SECOND: u16 = 128;

/// Bytes of a packet that is relayed or answered, headers of TURN included. A longer one is
/// dropped; on a stream it ends the connection.
#[cfg(feature = "turn")]
pub const MAX_TURN_PACKET_BYTES: usize = 2_048;

/// How often expired allocations are looked for: for so long they may keep their sockets.
#[cfg(feature = "turn")]
pub const TURN_SWEEP_INTERVAL: Duration = Duration::from_secs(5);

/// TCP connections to the TURN server. Further ones are closed at once.
#[cfg(feature = "turn")]
pub const MAX_TURN_STREAMS: usize = 512;

/// How long a TCP connection to the TURN server may be without an allocation, and how long it may
/// take none of what it is sent. Then it is closed.
#[cfg(feature = "turn")]
pub const TURN_STREAM_PATIENCE: Duration = Duration::from_secs(10);

/// Packets that wait for a TCP connection to the TURN server. Further ones are dropped.
#[cfg(feature = "turn")]
pub const MAX_TURN_STREAM_QUEUE: usize = 128;

/// Free ports that are tried for an allocation; after the last it is refused (508).
#[cfg(feature = "turn")]
pub const TURN_PORT_ATTEMPTS: usize = 32;
