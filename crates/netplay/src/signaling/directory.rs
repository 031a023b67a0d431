//! Who is known of a room, and what became of signaling: shared by a room's guard, its signaling
//! client and its transport.

use crate::transport::{KnownPeer, Path, SignalingState};
use protocol::{
    PeerId,
    limits::{MAX_PEERS, SILENCE_DEADLINE},
};
use std::{
    net::IpAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use web_time::Instant;

/// Sockets at once, one for each other peer of a full room. At the bound a newcomer takes the
/// place of one that left before its channels were open; if there is none, it is dropped and
/// counted.
pub const MAX_SOCKETS: usize = MAX_PEERS - 1;

/// Sockets that a peer gets until a packet has come: the first, and further ones after its handshake
/// failed. At the bound nobody tries again, and its offers are dropped and counted.
pub const MAX_ATTEMPTS: u32 = 4;

/// Sockets that a peer gets after its connection, which a packet had come over, has ended: enough for
/// an outage of two minutes. At the bound it is as at [`MAX_ATTEMPTS`].
pub const MAX_RETURN_ATTEMPTS: u32 = 16;

/// Sockets that one peer's id ever gets. At the bound it is as at [`MAX_ATTEMPTS`]; a reload, which
/// brings another id, helps.
pub const MAX_ATTEMPTS_EVER: u32 = 256;

/// How long it counts that a peer wanted to begin anew while it was well heard.
const WISH: Duration = Duration::from_secs(10);

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
    /// When the newest packet came over the present socket's channels.
    heard: Option<Instant>,
    /// The number of the last socket that a packet has come over; 0 for none.
    proven: u32,
    /// Whether signaling counts it to the room.
    is_member: bool,
    /// When it wanted to begin anew although its connection is proven.
    wished: Option<Instant>,
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
    /// Whether a packet has come over its channels of late. No such connection is given up for
    /// another one.
    fn is_proven(&self, now: Instant) -> bool {
        let is_recent = |heard: Instant| now.saturating_duration_since(heard) < SILENCE_DEADLINE;
        self.presence == Presence::Open && self.heard.is_some_and(is_recent)
    }

    /// Whether another socket may be opened, in the place of the present one if there is one.
    fn may_begin_anew(&self, now: Instant) -> bool {
        let most = match self.proven {
            0 => MAX_ATTEMPTS,
            _ => MAX_RETURN_ATTEMPTS,
        };
        self.failures() < most
            && self.attempts < MAX_ATTEMPTS_EVER
            && self.presence != Presence::Banned
            && !self.is_proven(now)
    }

    /// Sockets since the last proven one.
    fn failures(&self) -> u32 {
        self.attempts - self.proven
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

    /// The peers that are or may come, in the order of their coming. One whose connection has ended
    /// is among them again once another one is open.
    pub fn peers(&self) -> Vec<KnownPeer> {
        let state = self.state();
        let here = |entry: &&Entry| match entry.presence {
            Presence::Known => entry.proven == 0,
            presence => presence == Presence::Open,
        };
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
            heard: None,
            proven: 0,
            is_member: true,
            wished: None,
        });
        true
    }

    /// Takes in anew a peer that was met before, for another socket: in the place of one that no
    /// packet has come through of late, or of one that is gone. False at [`MAX_SOCKETS`] and at its
    /// [`MAX_ATTEMPTS`] or [`MAX_RETURN_ATTEMPTS`].
    pub(crate) fn admit_again(&self, peer: PeerId, now: Instant) -> bool {
        let mut state = self.state();
        let Some(entry) = state.entry_mut(peer) else {
            return false;
        };
        if entry.is_proven(now) {
            entry.wished = Some(now);
        }
        let has_place = entry.presence.has_socket();
        if !entry.may_begin_anew(now) || !(has_place || state.make_room()) {
            return false;
        }
        if let Some(entry) = state.entry_mut(peer) {
            entry.presence = Presence::Known;
            entry.path = Path::Unknown;
            entry.attempts += 1;
            entry.heard = None;
            entry.is_member = true;
            entry.wished = None;
        }
        true
    }

    /// The number of this peer's newest socket, from 1; nothing for one never met.
    pub(crate) fn attempt(&self, peer: PeerId) -> Option<u32> {
        self.state().entry(peer).map(|entry| entry.attempts)
    }

    /// How many of this peer's sockets have failed since the last one that a packet came over, if it
    /// is worth another one: its socket is gone, but it has not left.
    pub(crate) fn failures(&self, peer: PeerId) -> Option<u32> {
        let state = self.state();
        let entry = state.entry(peer)?;
        let is_over = matches!(entry.presence, Presence::Closed | Presence::Failed);
        (is_over && entry.is_member && entry.may_begin_anew(Instant::now()))
            .then(|| entry.failures())
    }

    /// Whether this peer wanted to begin anew, and nothing comes over its open channels any more: to
    /// it they have ended.
    pub(crate) fn is_forsaken(&self, peer: PeerId, now: Instant) -> bool {
        let state = self.state();
        state.entry(peer).is_some_and(|entry| {
            let is_recent = |wished: Instant| now.saturating_duration_since(wished) < WISH;
            entry.presence == Presence::Open
                && entry.wished.is_some_and(is_recent)
                && !entry.is_proven(now)
        })
    }

    /// Notes that signaling told of this peer again.
    pub(crate) fn set_known(&self, peer: PeerId) {
        if let Some(entry) = self.state().entry_mut(peer) {
            entry.is_member = true;
        }
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
            entry.heard = Some(Instant::now());
            entry.proven = attempt;
            if matches!(entry.presence, Presence::Known | Presence::Gone) {
                entry.presence = Presence::Open;
            }
        }
    }

    /// Notes that signaling says this peer left. Proven channels outlive that.
    pub(crate) fn set_gone(&self, peer: PeerId) {
        if let Some(entry) = self.state().entry_mut(peer) {
            entry.is_member = false;
            if entry.presence == Presence::Known
                || entry.presence == Presence::Open && entry.heard.is_none()
            {
                entry.presence = Presence::Gone;
            }
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

#[cfg(test)]
mod tests;
