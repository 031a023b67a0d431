//! The real transport: WebRTC data channels by matchbox_socket.
//!
//! A socket is prepared here ([`prepare`]), opened by whoever keeps its message loop running
//! (bevy_matchbox in the game, [`spawn`] without an engine), and its two channels are taken out of
//! it ([`Link::attach`]). From then on nothing here depends on that owner's pace.
//!
//! What matchbox 0.15 cannot do is made good as far as it can be: a banned peer stays connected
//! but its packets are dropped as they are drained; its queues have no bound, so packets are not
//! queued any more when [`MAX_QUEUED_PACKETS`] wait; its handshakes have no deadline, so the
//! [`Directory`] only says who may come, and the session gives up on whoever does not.

use super::{Channel, KnownPeer, Path, SignalingState, Transport};
use crate::signaling::{directory::Directory, local::LocalHub, remote::RemoteSignaller};
use bytes::Bytes;
#[cfg(not(target_arch = "wasm32"))]
use futures::{
    FutureExt,
    future::{Either, select},
};
use futures::{
    Stream,
    channel::mpsc::{UnboundedReceiver, UnboundedSender},
};
use matchbox_socket::{
    RtcIceServerConfig, SignallerBuilder, WebRtcChannel, WebRtcSocket, WebRtcSocketBuilder,
};
use protocol::{
    PeerId,
    limits::{MAX_DATAGRAM_BYTES, MAX_RELIABLE_BYTES},
};
#[cfg(not(target_arch = "wasm32"))]
use std::panic::AssertUnwindSafe;
use std::{
    collections::HashMap,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};
use tracing::warn;

/// matchbox's index of [`Channel::Unreliable`].
const UNRELIABLE: usize = 0;

/// matchbox's index of [`Channel::Reliable`].
const RELIABLE: usize = 1;

/// Packets that wait on a channel for a message loop that does not run. At the bound further
/// ones are dropped and counted.
pub const MAX_QUEUED_PACKETS: usize = 1024;

/// Packets dropped in one call of [`Transport::receive`] before it says that there is none: a
/// flood from a banned peer cannot hold the session.
const MAX_DROPS_PER_CALL: usize = 256;

/// How peers are to be found.
#[derive(Clone, Debug)]
pub enum Signaling {
    /// Over a server: the room's WebSocket, `ws(s)://server/room` (see
    /// [`crate::signaling::api::ServerUrl::room`]).
    Remote {
        /// The room's address.
        room_url: String,
    },
    /// Inside this process.
    Local(LocalHub),
}

/// Servers that help connections through NATs. Empty means none at all: matchbox would ask a
/// public server, and wait for it even on a LAN.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ice {
    /// `stun:host:port`, `turn:host:port?transport=udp` and their `s` forms.
    pub urls: Vec<String>,
    /// For TURN.
    pub username: Option<String>,
    /// For TURN.
    pub credential: Option<String>,
}

impl Ice {
    /// What matchbox can be given: the WebRTC stacks refuse a whole configuration for one bad
    /// URL, and matchbox unwraps that.
    fn config(self) -> RtcIceServerConfig {
        let has_credential = self.username.is_some() && self.credential.is_some();
        let usable = |url: &String| {
            let usable = is_ice_url(url, has_credential);
            if !usable {
                warn!(
                    url,
                    "left out an ICE server: not a URL of one, or without its credential"
                );
            }
            usable
        };
        RtcIceServerConfig {
            urls: self.urls.into_iter().filter(usable).collect(),
            username: self.username,
            credential: self.credential,
        }
    }
}

/// Whether this is `scheme:host[:port][?transport=…]` (RFC 7064, RFC 7065).
fn is_ice_url(url: &str, has_credential: bool) -> bool {
    let Some((scheme, rest)) = url.split_once(':') else {
        return false;
    };
    let (server, query) = rest
        .split_once('?')
        .map_or((rest, None), |(s, q)| (s, Some(q)));
    let turn = matches!(scheme, "turn" | "turns");
    let scheme_fits = matches!(scheme, "stun" | "stuns") && query.is_none()
        || turn
            && has_credential
            && matches!(query, None | Some("transport=udp" | "transport=tcp"));
    let (host, port) = match server
        .strip_prefix('[')
        .and_then(|rest| rest.split_once(']'))
    {
        Some((host, port)) if host.parse::<std::net::Ipv6Addr>().is_ok() => (host, port),
        Some(_) => return false,
        None => server
            .find(':')
            .map_or((server, ""), |colon| server.split_at(colon)),
    };
    let port_fits = port.is_empty()
        || port
            .strip_prefix(':')
            .is_some_and(|port| port.parse::<u16>().is_ok_and(|p| p != 0));
    let host_char = |c: char| c.is_ascii_alphanumeric() || "-.:".contains(c);
    scheme_fits && port_fits && !host.is_empty() && host.len() <= 253 && host.chars().all(host_char)
}

/// Prepares a socket with our two channels, our signaling and our ICE servers.
///
/// The builder is for bevy_matchbox's `MatchboxSocket` or for [`WebRtcSocketBuilder::build`];
/// the link is for the socket that comes of it.
pub fn prepare(signaling: Signaling, ice: Ice) -> (WebRtcSocketBuilder, Link) {
    let directory = Directory::default();
    let (url, signaller): (String, Arc<dyn SignallerBuilder>) = match signaling {
        Signaling::Remote { room_url } => (
            room_url,
            Arc::new(RemoteSignaller::builder(directory.clone())),
        ),
        Signaling::Local(hub) => (
            "local".to_owned(),
            Arc::new(hub.signaller(directory.clone())),
        ),
    };
    let builder = WebRtcSocketBuilder::new(url)
        .ice_server(ice.config())
        .signaller_builder(signaller)
        .add_unreliable_channel()
        .add_reliable_channel();
    (builder, Link { directory })
}

/// What ties a prepared socket's channels to its signaling.
#[derive(Debug)]
pub struct Link {
    directory: Directory,
}

impl Link {
    /// The socket's directory.
    pub fn directory(&self) -> &Directory {
        &self.directory
    }

    /// Takes both channels out of the socket and makes a transport of them. Dropping it ends the
    /// socket's message loop.
    ///
    /// # Panics
    /// When `socket` is not the one that this link was prepared with, which is its caller's error.
    pub fn attach(self, socket: &mut WebRtcSocket) -> MatchboxTransport {
        #[expect(
            clippy::expect_used,
            reason = "the link's builder was given both channels, and the link attaches once"
        )]
        let mut take = |index| socket.take_channel(index).expect("the channel was added");
        let (unreliable, reliable) = (take(UNRELIABLE), take(RELIABLE));
        MatchboxTransport {
            directory: self.directory,
            unreliable: Side::new(unreliable, MAX_DATAGRAM_BYTES),
            reliable: Side::new(reliable, MAX_RELIABLE_BYTES),
            reliable_next: true,
            standing: HashMap::new(),
        }
    }
}

/// Reads how packets travel out of the socket, for [`Transport::path`]. Whoever keeps the socket
/// calls it now and then; without it open peers count as direct.
pub fn report_paths(socket: &mut WebRtcSocket, directory: &Directory) {
    // A closed socket reports nothing more.
    let _ = socket.try_update_peers();
    for peer in directory.peers() {
        match socket.is_relayed(peer.id) {
            Some(true) => directory.set_path(peer.id, Path::Relayed),
            Some(false) => directory.set_path(peer.id, Path::Direct),
            None => {}
        }
    }
}

/// Opens a socket whose message loop runs on a thread of its own until the transport is dropped.
///
/// One panic is left in matchbox 0.15, natively only, that no guard can keep from it: a peer whose
/// connection closes between its encryption and its channels' opening ends the whole loop. Then
/// [`Transport::signaling`] says so, and a new socket is needed.
///
/// # Errors
/// When the system starts no further thread.
#[cfg(not(target_arch = "wasm32"))]
pub fn spawn(signaling: Signaling, ice: Ice) -> std::io::Result<MatchboxTransport> {
    let (builder, link) = prepare(signaling, ice);
    let (mut socket, message_loop) = builder.build();
    let transport = link.attach(&mut socket);
    let directory = transport.directory.clone();
    std::thread::Builder::new()
        .name("matchbox".to_owned())
        .spawn(move || {
            let drive = AssertUnwindSafe(drive(socket, message_loop, directory));
            // Nothing of the loop is used after its panic: its channels close, and the transport
            // says that the connection has ended.
            if smol::block_on(drive.catch_unwind()).is_err() {
                tracing::error!("matchbox's message loop has panicked: its socket is gone");
            }
        })?;
    Ok(transport)
}

/// Runs a message loop to its end, and once a second reports the paths.
#[cfg(not(target_arch = "wasm32"))]
async fn drive(
    mut socket: WebRtcSocket,
    mut message_loop: matchbox_socket::MessageLoopFuture,
    directory: Directory,
) {
    loop {
        let pause = futures_timer::Delay::new(std::time::Duration::from_secs(1));
        match select(message_loop, pause).await {
            Either::Left((outcome, _)) => {
                tracing::debug!(?outcome, "the message loop has ended");
                return;
            }
            Either::Right(((), unfinished)) => message_loop = unfinished,
        }
        report_paths(&mut socket, &directory);
    }
}

/// One of matchbox's channels.
struct Side {
    packets_out: UnboundedSender<(PeerId, Bytes)>,
    packets_in: UnboundedReceiver<(PeerId, Bytes)>,
    /// A packet that was taken out to see whether there is one.
    seen: Option<(PeerId, Bytes)>,
    max_bytes: usize,
}

impl Side {
    fn new(channel: WebRtcChannel, max_bytes: usize) -> Self {
        let (packets_out, packets_in) = channel.split();
        Self {
            packets_out,
            packets_in,
            seen: None,
            max_bytes,
        }
    }

    fn take(&mut self) -> Option<(PeerId, Bytes)> {
        self.seen.take().or_else(|| self.packets_in.try_recv().ok())
    }

    fn poll_ready(&mut self, context: &mut Context<'_>) -> bool {
        if self.seen.is_none()
            && let Poll::Ready(packet) = Pin::new(&mut self.packets_in).poll_next(context)
        {
            // At the channel's end there is nothing, and nothing to wait for.
            self.seen = packet;
        }
        self.seen.is_some()
    }
}

/// Whether a peer's packets are taken.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Standing {
    Heard,
    Banned,
}

/// WebRTC data channels as a [`Transport`].
pub struct MatchboxTransport {
    directory: Directory,
    unreliable: Side,
    reliable: Side,
    /// Which channel is asked first: they take turns, so that neither holds the other up.
    reliable_next: bool,
    /// The peers that a packet has come from, or that were banned.
    standing: HashMap<PeerId, Standing>,
}

impl MatchboxTransport {
    /// The socket's directory, for [`report_paths`].
    pub fn directory(&self) -> &Directory {
        &self.directory
    }

    fn take(&mut self) -> Option<(PeerId, Channel, Bytes)> {
        let reliable_first = self.reliable_next;
        self.reliable_next = !reliable_first;
        for reliable in [reliable_first, !reliable_first] {
            let (side, channel) = match reliable {
                true => (&mut self.reliable, Channel::Reliable),
                false => (&mut self.unreliable, Channel::Unreliable),
            };
            if let Some((peer, packet)) = side.take() {
                return Some((peer, channel, packet));
            }
        }
        None
    }

    fn side(&mut self, channel: Channel) -> &mut Side {
        match channel {
            Channel::Unreliable => &mut self.unreliable,
            Channel::Reliable => &mut self.reliable,
        }
    }

    /// Whether a packet is to be given to the session. The first of a peer opens it.
    fn accepts(&mut self, peer: PeerId, bytes: usize, max_bytes: usize) -> bool {
        let directory = &self.directory;
        let standing = *self.standing.entry(peer).or_insert_with(|| {
            directory.set_open(peer);
            Standing::Heard
        });
        standing == Standing::Heard && bytes <= max_bytes
    }
}

impl Transport for MatchboxTransport {
    fn local_id(&self) -> Option<PeerId> {
        self.directory.local_id()
    }

    fn known_peers(&self) -> Vec<KnownPeer> {
        self.directory.peers()
    }

    fn signaling(&self) -> SignalingState {
        match self.directory.signaling() {
            failed @ SignalingState::Failed(_) => failed,
            // The message loop ends by itself when signaling is gone and nobody is left.
            _ if self.reliable.packets_out.is_closed() => {
                SignalingState::Failed("The connection has ended. Join the room again.".to_owned())
            }
            state => state,
        }
    }

    fn send(&mut self, to: PeerId, channel: Channel, packet: Bytes) {
        let banned = self.standing.get(&to) == Some(&Standing::Banned);
        let side = self.side(channel);
        let fits = packet.len() <= side.max_bytes && side.packets_out.len() < MAX_QUEUED_PACKETS;
        if banned || !fits || side.packets_out.unbounded_send((to, packet)).is_err() {
            self.directory.count_drop();
        }
    }

    fn receive(&mut self) -> Option<(PeerId, Channel, Bytes)> {
        for _ in 0..MAX_DROPS_PER_CALL {
            let (peer, channel, packet) = self.take()?;
            let max_bytes = self.side(channel).max_bytes;
            if self.accepts(peer, packet.len(), max_bytes) {
                return Some((peer, channel, packet));
            }
            self.directory.count_drop();
        }
        None
    }

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<()> {
        // Both are asked, so that both wake the task.
        let (unreliable, reliable) = (
            self.unreliable.poll_ready(context),
            self.reliable.poll_ready(context),
        );
        if unreliable || reliable {
            Poll::Ready(())
        } else {
            Poll::Pending
        }
    }

    fn ban(&mut self, peer: PeerId) {
        self.standing.insert(peer, Standing::Banned);
        self.directory.ban(peer);
    }

    fn path(&self, peer: PeerId) -> Path {
        self.directory.path(peer)
    }

    fn dropped(&self) -> u64 {
        self.directory.dropped()
    }
}
