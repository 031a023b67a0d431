//! Who is known of a room, and what became of signaling: shared by a room's guard, its signaling
//! client and its transport.

use crate::transport::{KnownPeer, Path, SignalingState};
use protocol::{PeerId, limits::MAX_PEERS};
use std::{
    net::IpAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// Sockets at once, one for each other peer of a full room. At the bound a newcomer takes the
/// place of one that left before its channels were open; if there is none, it is dropped and
/// counted.
pub const MAX_SOCKETS: usize = MAX_PEERS - 1;

/// Sockets that one peer's id ever gets: the first, and further ones after its handshake failed
/// or its channels closed. At the bound nobody tries again, and its offers are dropped and counted.
pub const MAX_ATTEMPTS: u32 = 4;

/// Peers remembered, with a socket or without one any more. At the bound the one that was met
/// first of those without is forgotten: its id would be met as a new one, even if it was banned.
pub const MAX_REMEMBERED: usize = 128;

/// What is known of one peer's room. A clone is another handle on the same.
#[derive(Clone, Debug, Default)]
pub struct Directory(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    local_id: Option<PeerId>,
    signaling: SignalingState,
    /// By the order of their coming.
    peers: Vec<Entry>,
    dropped: u64,
    relays: Option<Arc<[IpAddr]>>,
}

#[derive(Debug)]
struct Entry {
    peer: KnownPeer,
    presence: Presence,
    path: Path,
    /// Sockets so far, the present one included: its number.
    attempts: u32,
    /// Whether a packet has come over the present socket's channels.
    heard: bool,
}

/// How far it has come with a peer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Presence {
    /// Told of by signaling; its channels may still be opening.
    Known,
    /// Its channels are open. Once a packet has come, signaling has no more say.
    Open,
    /// It left before a packet came over its channels, which one still may.
    Gone,
    /// Its channels were open and have closed: its socket is gone.
    Closed,
    /// Its channels have not opened: its socket is gone.
    Failed,
    /// Dropped at the session's wish.
    Banned,
}

impl Presence {
    /// Whether there is a socket for it.
    pub(super) fn has_socket(self) -> bool {
        matches!(self, Self::Known | Self::Open | Self::Gone)
    }
}

impl Entry {
    /// Whether another socket may be opened, in the place of the present one if there is one. No
    /// connection that is proven by a packet is ever given up for it.
    fn may_begin_anew(&self) -> bool {
        let is_proven = self.presence == Presence::Open && self.heard;
        self.attempts < MAX_ATTEMPTS && self.presence != Presence::Banned && !is_proven
    }
}

impl Directory {
    fn state(&self) -> MutexGuard<'_, State> {
        // Each change is complete before anything could panic.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Our id, once signaling has assigned it.
    pub fn local_id(&self) -> Option<PeerId> {
        self.state().local_id
    }

    /// What became of signaling.
    pub fn signaling(&self) -> SignalingState {
        self.state().signaling.clone()
    }

    /// The only addresses that signals may show, in either direction; nothing if they are free.
    pub fn relays(&self) -> Option<Arc<[IpAddr]>> {
        self.state().relays.clone()
    }

    /// Lets signals show nothing but these addresses from now on.
    pub fn set_relays(&self, relays: &[IpAddr]) {
        self.state().relays = Some(relays.into());
    }

    /// The peers that are or may come, in the order of their coming.
    pub fn peers(&self) -> Vec<KnownPeer> {
        let state = self.state();
        let here = |entry: &&Entry| matches!(entry.presence, Presence::Known | Presence::Open);
        state
            .peers
            .iter()
            .filter(here)
            .map(|entry| entry.peer)
            .collect()
    }

    /// How packets travel to this peer: as the socket reported it, else directly once a packet
    /// has come (with no TURN server given, our side has no other way).
    pub fn path(&self, peer: PeerId) -> Path {
        let state = self.state();
        match state.entry(peer) {
            Some(entry) if entry.path != Path::Unknown => entry.path,
            Some(entry) if entry.presence == Presence::Open => Path::Direct,
            _ => Path::Unknown,
        }
    }

    /// Signals and packets dropped, for whatever reason.
    pub fn dropped(&self) -> u64 {
        self.state().dropped
    }

    /// Whether the channels to any peer are open.
    pub(crate) fn anybody_open(&self) -> bool {
        self.state()
            .peers
            .iter()
            .any(|entry| entry.presence == Presence::Open)
    }

    /// Counts something dropped.
    pub(crate) fn count_drop(&self) {
        self.state().dropped += 1;
    }

    /// Notes what became of signaling. A failure is final; what is gone can only fail.
    pub(crate) fn set_signaling(&self, signaling: SignalingState) {
        let mut state = self.state();
        let is_final = match state.signaling {
            SignalingState::Failed(_) => true,
            SignalingState::Gone(_) => !matches!(signaling, SignalingState::Failed(_)),
            _ => false,
        };
        if !is_final {
            state.signaling = signaling;
        }
    }

    /// Notes our id; false if we have one already.
    pub(crate) fn assign(&self, id: PeerId) -> bool {
        let mut state = self.state();
        let first = state.local_id.is_none();
        state.local_id.get_or_insert(id);
        first
    }

    /// How far it has come with a peer; nothing for one never met.
    pub(crate) fn presence(&self, peer: PeerId) -> Option<Presence> {
        self.state().entry(peer).map(|entry| entry.presence)
    }

    /// Takes in a peer never met before; false at [`MAX_SOCKETS`].
    pub(crate) fn admit(&self, peer: KnownPeer) -> bool {
        let mut state = self.state();
        if !state.make_room() {
            return false;
        }
        if state.peers.len() >= MAX_REMEMBERED
            && let Some(oldest) = (state.peers.iter()).position(|e| !e.presence.has_socket())
        {
            state.peers.remove(oldest);
        }
        state.peers.push(Entry {
            peer,
            presence: Presence::Known,
            path: Path::Unknown,
            attempts: 1,
            heard: false,
        });
        true
    }

    /// Takes in anew a peer that was met before, for another socket: in the place of one that no
    /// packet has come through, or of one that is gone. False at [`MAX_SOCKETS`] and at its
    /// [`MAX_ATTEMPTS`].
    pub(crate) fn admit_again(&self, peer: PeerId) -> bool {
        let mut state = self.state();
        let Some(entry) = state.entry(peer) else {
            return false;
        };
        let has_place = entry.presence.has_socket();
        if !entry.may_begin_anew() || !(has_place || state.make_room()) {
            return false;
        }
        if let Some(entry) = state.entry_mut(peer) {
            entry.presence = Presence::Known;
            entry.path = Path::Unknown;
            entry.attempts += 1;
            entry.heard = false;
        }
        true
    }

    /// The number of this peer's newest socket, from 1; nothing for one never met.
    pub(crate) fn attempt(&self, peer: PeerId) -> Option<u32> {
        self.state().entry(peer).map(|entry| entry.attempts)
    }

    /// Whether the end of this peer's socket is a failure to try again after: it has not left,
    /// and nothing has come over its channels.
    pub(crate) fn is_worth_another(&self, peer: PeerId) -> bool {
        let state = self.state();
        state.entry(peer).is_some_and(|entry| {
            matches!(entry.presence, Presence::Known | Presence::Open) && entry.may_begin_anew()
        })
    }

    /// Notes that signaling told of this peer again.
    pub(crate) fn set_known(&self, peer: PeerId) {
        self.set_presence(peer, Presence::Known, &[Presence::Gone]);
    }

    /// Notes that this peer's channels are open.
    pub fn set_open(&self, peer: PeerId) {
        self.set_presence(peer, Presence::Open, &[Presence::Known, Presence::Gone]);
    }

    /// Notes that a packet has come over this peer's `attempt`th socket, which proves its channels
    /// open. One that came over an older socket proves nothing.
    pub fn set_heard(&self, peer: PeerId, attempt: u32) {
        if let Some(entry) = self.state().entry_mut(peer)
            && entry.attempts == attempt
        {
            entry.heard = true;
            if matches!(entry.presence, Presence::Known | Presence::Gone) {
                entry.presence = Presence::Open;
            }
        }
    }

    /// Notes that signaling says this peer left. Proven channels outlive that.
    pub(crate) fn set_gone(&self, peer: PeerId) {
        if let Some(entry) = self.state().entry_mut(peer)
            && (entry.presence == Presence::Known
                || entry.presence == Presence::Open && !entry.heard)
        {
            entry.presence = Presence::Gone;
        }
    }

    /// Notes that this peer's socket is gone.
    pub fn set_over(&self, peer: PeerId) {
        self.set_presence(peer, Presence::Closed, &[Presence::Open]);
        self.set_presence(peer, Presence::Failed, &[Presence::Known, Presence::Gone]);
    }

    /// Forgets this peer: it gets no socket any more.
    pub fn ban(&self, peer: PeerId) {
        if let Some(entry) = self.state().entry_mut(peer) {
            entry.presence = Presence::Banned;
        }
    }

    /// Notes how packets travel to this peer.
    pub fn set_path(&self, peer: PeerId, path: Path) {
        if let Some(entry) = self.state().entry_mut(peer) {
            entry.path = path;
        }
    }

    fn set_presence(&self, peer: PeerId, to: Presence, from: &[Presence]) {
        if let Some(entry) = self.state().entry_mut(peer)
            && from.contains(&entry.presence)
        {
            entry.presence = to;
        }
    }
}

impl State {
    /// Whether there is room for another socket, perhaps because one that left gives up its own.
    fn make_room(&mut self) -> bool {
        let sockets = (self.peers.iter()).filter(|entry| entry.presence.has_socket());
        if sockets.count() < MAX_SOCKETS {
            return true;
        }
        let gone = (self.peers.iter_mut()).find(|entry| entry.presence == Presence::Gone);
        gone.map(|entry| entry.presence = Presence::Failed)
            .is_some()
    }

    fn entry(&self, peer: PeerId) -> Option<&Entry> {
        self.peers.iter().find(|entry| entry.peer.id == peer)
    }

    fn entry_mut(&mut self, peer: PeerId) -> Option<&mut Entry> {
        self.peers.iter_mut().find(|entry| entry.peer.id == peer)
    }
}
