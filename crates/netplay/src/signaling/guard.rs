//! Stands between a signaling client and matchbox_socket, and lets through what 0.15 survives.
//!
//! matchbox's handshakes unwrap what other peers wrote, expect each event once, and on the web a
//! panic ends the page. So every signal, in both directions, passes a [`Guard`]: it follows each
//! peer's handshake, reads descriptions and candidates into fields, writes them anew, and drops
//! and counts whatever is malformed, unexpected or too much.
//!
//! What it keeps from matchbox, and what would come of it:
//! - a second [`PeerEvent::IdAssigned`]: the message loop panics;
//! - a second [`PeerEvent::NewPeer`] of an id: the first handshake panics, its signals ended. Once
//!   that peer's socket is gone, it may begin anew with another;
//! - descriptions and candidates that the WebRTC stack refuses: the handshake panics;
//! - a second offer or answer, or one from the wrong side: ignored at best;
//! - [`PeerEvent::PeerLeft`] while channels are open: a living peer is marked as gone.

use super::{
    directory::{Directory, Presence},
    sdp::{CandidateSignal, Description, Kind},
};
use crate::transport::{KnownPeer, SignalingState};
use matchbox_socket::{PeerEvent, PeerRequest, PeerSignal};
use protocol::PeerId;
use std::collections::HashMap;
use tracing::{debug, info};

/// Candidates in each direction of one handshake, the end marker included. Further ones are
/// dropped: a machine has one for each of its interfaces and ICE servers.
pub const MAX_CANDIDATES: u32 = 48;

/// One room's guard.
#[derive(Debug)]
pub struct Guard {
    directory: Directory,
    handshakes: HashMap<PeerId, Handshake>,
}

/// How far the handshake with a peer has come.
#[derive(Debug)]
struct Handshake {
    /// Whether we make the offer: signaling told us of a newcomer.
    we_offer: bool,
    /// The media section's name, once an offer has passed.
    mid: Option<String>,
    /// Whether the answer has passed.
    answered: bool,
    candidates_in: u32,
    candidates_out: u32,
}

impl Handshake {
    fn new(we_offer: bool) -> Self {
        Self {
            we_offer,
            mid: None,
            answered: false,
            candidates_in: 0,
            candidates_out: 0,
        }
    }

    /// Lets an offer or answer through, written anew. `ours` says who wrote it.
    fn describe(&mut self, text: &str, kind: Kind, ours: bool) -> Option<String> {
        let author_is_right = match kind {
            Kind::Offer => self.we_offer == ours && self.mid.is_none(),
            Kind::Answer => self.we_offer != ours && self.mid.is_some() && !self.answered,
        };
        let description = Description::parse(text, kind).filter(|_| author_is_right)?;
        match kind {
            Kind::Offer => self.mid = Some(description.mid().to_owned()),
            // An answer describes the offer's section, by its name.
            Kind::Answer if self.mid.as_deref() == Some(description.mid()) => self.answered = true,
            Kind::Answer => return None,
        }
        Some(description.to_string())
    }

    /// Lets a candidate through, written anew. Its author's description must have passed: the
    /// other side could not use it before.
    fn candidate(&mut self, text: &str, ours: bool) -> Option<String> {
        let described = if self.we_offer == ours {
            self.mid.is_some()
        } else {
            self.answered
        };
        let count = if ours {
            &mut self.candidates_out
        } else {
            &mut self.candidates_in
        };
        if !described || *count >= MAX_CANDIDATES {
            return None;
        }
        let candidate = CandidateSignal::parse(text)?;
        *count += 1;
        Some(candidate.write(self.mid.as_deref()?))
    }

    fn signal(&mut self, signal: &PeerSignal, ours: bool) -> Option<PeerSignal> {
        match signal {
            PeerSignal::Offer(text) => self
                .describe(text, Kind::Offer, ours)
                .map(PeerSignal::Offer),
            PeerSignal::Answer(text) => self
                .describe(text, Kind::Answer, ours)
                .map(PeerSignal::Answer),
            PeerSignal::IceCandidate(text) => {
                self.candidate(text, ours).map(PeerSignal::IceCandidate)
            }
        }
    }
}

impl Guard {
    /// A guard for a new room, which tells `directory` whom it meets.
    pub fn new(directory: Directory) -> Self {
        Self {
            directory,
            handshakes: HashMap::new(),
        }
    }

    /// What matchbox may see of an event that signaling brought.
    pub fn incoming(&mut self, event: PeerEvent) -> Option<PeerEvent> {
        match event {
            PeerEvent::IdAssigned(id) => {
                let first = self.directory.assign(id);
                if self.directory.local_id() == Some(id) {
                    self.directory.set_signaling(SignalingState::Online);
                }
                first.then_some(event)
            }
            PeerEvent::NewPeer(id) => self.new_peer(id).then_some(event),
            PeerEvent::PeerLeft(id) => self.peer_left(id).then_some(event),
            PeerEvent::Signal { sender, ref data } => {
                let signal = self.incoming_signal(sender, data);
                if signal.is_none() {
                    debug!(%sender, "dropped a signal that is malformed or out of place");
                    self.directory.count_drop();
                }
                signal.map(|data| PeerEvent::Signal { sender, data })
            }
        }
    }

    /// What signaling may see of a request of matchbox.
    pub fn outgoing(&mut self, request: PeerRequest) -> Option<PeerRequest> {
        let PeerRequest::Signal { receiver, data } = request else {
            return Some(request);
        };
        let signal = self
            .handshakes
            .get_mut(&receiver)
            .and_then(|h| h.signal(&data, true));
        if signal.is_none() {
            debug!(%receiver, "kept back a signal that other peers would not understand");
            self.directory.count_drop();
        }
        signal.map(|data| PeerRequest::Signal { receiver, data })
    }

    /// Whether a newcomer is to be offered a connection.
    fn new_peer(&mut self, id: PeerId) -> bool {
        match self.directory.presence(id) {
            None => self.admit(KnownPeer {
                id,
                here_before_us: false,
            }),
            Some(Presence::Closed | Presence::Failed) => self.admit_again(id, true),
            // Back after its or our own connection to the server was lost: its handshake goes on.
            Some(_) => {
                self.directory.set_known(id);
                false
            }
        }
    }

    fn peer_left(&mut self, id: PeerId) -> bool {
        let left = self.directory.presence(id) == Some(Presence::Known);
        self.directory.set_gone(id);
        left
    }

    fn incoming_signal(&mut self, sender: PeerId, signal: &PeerSignal) -> Option<PeerSignal> {
        let presence = self.directory.presence(sender);
        match presence {
            Some(Presence::Banned) => return None,
            Some(Presence::Known | Presence::Open | Presence::Gone) => {}
            // A stranger's first word is an offer: the server told it of us, who came later. So
            // is the first word of one that begins anew.
            None | Some(Presence::Closed | Presence::Failed) => {
                let PeerSignal::Offer(text) = signal else {
                    return None;
                };
                Description::parse(text, Kind::Offer)?;
                let admitted = if presence.is_some() {
                    self.admit_again(sender, false)
                } else {
                    self.admit(KnownPeer {
                        id: sender,
                        here_before_us: true,
                    })
                };
                if !admitted {
                    return None;
                }
            }
        }
        self.handshakes.get_mut(&sender)?.signal(signal, false)
    }

    fn admit(&mut self, peer: KnownPeer) -> bool {
        let is_other = Some(peer.id) != self.directory.local_id();
        let admitted = is_other && self.directory.admit(peer);
        self.begin(peer.id, admitted, !peer.here_before_us)
    }

    /// Lets one begin anew whose socket is gone.
    fn admit_again(&mut self, id: PeerId, we_offer: bool) -> bool {
        let admitted = self.directory.admit_again(id);
        self.begin(id, admitted, we_offer)
    }

    fn begin(&mut self, id: PeerId, admitted: bool, we_offer: bool) -> bool {
        if admitted {
            let directory = &self.directory;
            self.handshakes
                .retain(|id, _| directory.presence(*id).is_some());
            self.handshakes.insert(id, Handshake::new(we_offer));
        } else {
            info!(peer = %id, "refused a newcomer: ourselves, too many, or too often");
            self.directory.count_drop();
        }
        admitted
    }
}
