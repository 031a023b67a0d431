//! Who is known of a room, and what became of signaling: shared by a socket's guard, its
//! signaling client and its transport.

use crate::transport::{KnownPeer, Path, SignalingState};
use protocol::PeerId;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Peers that one socket ever meets. matchbox 0.15 can neither end a handshake nor forget a
/// peer, so each leaves a connection behind: past this many, newcomers are dropped and counted,
/// and only a new socket meets new peers.
pub const MAX_PEERS_MET: usize = 64;

/// What is known of one socket's room. A clone is another handle on the same.
#[derive(Clone, Debug, Default)]
pub struct Directory(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    local_id: Option<PeerId>,
    signaling: SignalingState,
    /// By the order of their coming. Nobody is removed: ids are never met twice.
    peers: Vec<Entry>,
    dropped: u64,
}

#[derive(Debug)]
struct Entry {
    peer: KnownPeer,
    presence: Presence,
    path: Path,
}

/// How far it has come with a peer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Presence {
    /// Told of by signaling; its channels may still be opening.
    Known,
    /// A packet has come: its channels are open, and signaling has no more say.
    Open,
    /// It left before its channels were open.
    Gone,
    /// Forgotten at the session's wish.
    Banned,
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

    /// Takes in a peer never met before; false at [`MAX_PEERS_MET`].
    pub(crate) fn admit(&self, peer: KnownPeer) -> bool {
        let mut state = self.state();
        let room = state.peers.len() < MAX_PEERS_MET;
        if room {
            state.peers.push(Entry {
                peer,
                presence: Presence::Known,
                path: Path::Unknown,
            });
        }
        room
    }

    /// Notes that signaling told of this peer again.
    pub(crate) fn set_known(&self, peer: PeerId) {
        self.set_presence(peer, Presence::Known, &[Presence::Gone]);
    }

    /// Notes that a packet of this peer has come.
    pub fn set_open(&self, peer: PeerId) {
        self.set_presence(peer, Presence::Open, &[Presence::Known, Presence::Gone]);
    }

    /// Notes that signaling says this peer left.
    pub(crate) fn set_gone(&self, peer: PeerId) {
        self.set_presence(peer, Presence::Gone, &[Presence::Known]);
    }

    /// Forgets this peer, for the socket's life.
    pub(crate) fn ban(&self, peer: PeerId) {
        let from = [Presence::Known, Presence::Open, Presence::Gone];
        self.set_presence(peer, Presence::Banned, &from);
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
    fn entry(&self, peer: PeerId) -> Option<&Entry> {
        self.peers.iter().find(|entry| entry.peer.id == peer)
    }

    fn entry_mut(&mut self, peer: PeerId) -> Option<&mut Entry> {
        self.peers.iter_mut().find(|entry| entry.peer.id == peer)
    }
}
