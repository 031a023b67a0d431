//! Stands between a signaling client and matchbox_socket, and lets through what 0.15 survives.
//!
//! matchbox's handshakes unwrap what other peers wrote, expect each event once, and on the web a
//! panic ends the page. So every signal, in both directions, passes a [`Guard`]: it follows each
//! peer's handshake, reads descriptions and candidates into fields, writes them anew, and drops
//! and counts whatever is malformed, unexpected or too much.
//!
//! What it keeps from matchbox, and what would come of it:
//! - a second [`PeerEvent::IdAssigned`]: the message loop panics;
//! - a second [`PeerEvent::NewPeer`] of an id: the first handshake panics, its signals ended. It is
//!   for another socket, as is an offer that begins anew;
//! - descriptions and candidates that the WebRTC stack refuses: the handshake panics;
//! - a second offer or answer, or one from the wrong side: ignored at best;
//! - [`PeerEvent::PeerLeft`] while channels are open: a living peer is marked as gone.
//!
//! Where only relays are wanted ([`Directory::set_relays`]), it keeps addresses back too: in both
//! directions no candidate passes but those on the operator's relays, and they without the address
//! and the port behind them. So the other side learns of none of ours but the relay's, and our
//! stack of none that could make it answer there directly.
//!
//! A pair whose handshake failed, or whose connection has ended, begins anew, each time with new
//! sockets, and always by an offer of the side that offered first. Signals do not say which attempt
//! they belong to, and an answer to an earlier offer would break the present one. So each further
//! offer names its media section anew: every WebRTC stack repeats that name in its answer, whoever
//! wrote it. Candidates need no name: signals between two peers keep their order, and nothing passes
//! for a socket before its peer's description has. The side that answers asks for a new offer by one
//! that is not a description, [`AGAIN`] and the name of the attempt that failed, until it gets one.
//! Stock matchbox peers ignore that as they ignore any second offer: they go on with their first
//! handshake, or have lost it for good.
//!
//! Of a pair one side is told of the other, and offers. A server that was restarted may tell the
//! other side, too: two offers cross, or the first one was lost with the old server. Then the one of
//! the smaller id stands, and is made anew, since it may be the lost one; the other side yields.

use super::{
    directory::{Directory, Presence},
    sdp::{CandidateSignal, Description, Kind},
};
use crate::transport::{KnownPeer, SignalingState};
use matchbox_socket::{PeerEvent, PeerRequest, PeerSignal};
use protocol::PeerId;
use std::{collections::HashMap, net::IpAddr, time::Duration};
use tracing::{debug, info};
use web_time::Instant;

/// Candidates in each direction of one handshake, the end marker included. Further ones are
/// dropped: a machine has one for each of its interfaces and ICE servers.
pub const MAX_CANDIDATES: u32 = 48;

/// How long an offer may be on its way. Whoever asks for one later did not get it: who has an offer
/// asks for none.
const OFFER_DEADLINE: Duration = Duration::from_secs(2);

/// Asks a peer for a new offer, in the place of an offer's description.
pub const AGAIN: &str = "again";

/// One room's guard.
#[derive(Debug)]
pub struct Guard {
    directory: Directory,
    handshakes: HashMap<PeerId, Handshake>,
}

/// How far the handshake with a peer has come.
#[derive(Debug)]
struct Handshake {
    /// The number of the socket that it is for.
    attempt: u32,
    begun: Instant,
    /// Whether we make the offer: signaling told us of a newcomer.
    we_offer: bool,
    /// The media section, once an offer has passed.
    section: Option<Section>,
    /// Whether the answer has passed.
    answered: bool,
    candidates_in: u32,
    candidates_out: u32,
}

/// The only addresses that candidates may show, if they are not free.
type Relays<'a> = Option<&'a [IpAddr]>;

/// The names of a handshake's media section.
#[derive(Debug)]
struct Section {
    /// For our own stack.
    here: String,
    /// Between the peers.
    there: String,
}

impl Section {
    /// The section's name in what comes to the guard, and in what it lets through.
    fn names(&self, ours: bool) -> (&str, &str) {
        match ours {
            true => (&self.here, &self.there),
            false => (&self.there, &self.here),
        }
    }
}

impl Handshake {
    fn new(we_offer: bool, attempt: u32) -> Self {
        Self {
            attempt,
            begun: Instant::now(),
            we_offer,
            section: None,
            answered: false,
            candidates_in: 0,
            candidates_out: 0,
        }
    }

    /// Whether an offer of ours, made or about to be, has no answer yet.
    fn waits(&self) -> bool {
        self.we_offer && !self.answered
    }

    /// Lets an offer or answer through, written anew. `ours` says who wrote it.
    fn describe(
        &mut self,
        text: &str,
        kind: Kind,
        ours: bool,
        relays: Relays<'_>,
    ) -> Option<String> {
        let author_is_right = match kind {
            Kind::Offer => self.we_offer == ours && self.section.is_none(),
            Kind::Answer => self.we_offer != ours && self.section.is_some() && !self.answered,
        };
        let mut description = Description::parse(text, kind).filter(|_| author_is_right)?;
        let section = match kind {
            Kind::Offer => {
                let here = description.mid().to_owned();
                let there = match self.attempt {
                    2.. if ours => format!("{AGAIN}{}", self.attempt),
                    _ => here.clone(),
                };
                self.section.insert(Section { here, there })
            }
            Kind::Answer => self.section.as_mut()?,
        };
        let (from, to) = section.names(ours);
        // An answer describes the offer's section, by its name.
        if description.mid() != from {
            return None;
        }
        description.rename(to);
        if let Some(relays) = relays {
            description.keep_relays(relays);
        }
        self.answered = kind == Kind::Answer;
        Some(description.to_string())
    }

    /// Lets a candidate through, written anew. Its author's description must have passed: the
    /// other side could not use it before.
    fn candidate(&mut self, text: &str, ours: bool, relays: Relays<'_>) -> Option<String> {
        let described = self.we_offer == ours || self.answered;
        let section = self.section.as_ref().filter(|_| described)?;
        let count = if ours {
            &mut self.candidates_out
        } else {
            &mut self.candidates_in
        };
        if *count >= MAX_CANDIDATES {
            return None;
        }
        let mut candidate = CandidateSignal::parse(text)?;
        if let Some(relays) = relays {
            candidate = candidate.through(relays)?;
        }
        *count += 1;
        Some(candidate.write(section.names(ours).1))
    }

    fn signal(
        &mut self,
        signal: &PeerSignal,
        ours: bool,
        relays: Relays<'_>,
    ) -> Option<PeerSignal> {
        match signal {
            PeerSignal::Offer(text) => self
                .describe(text, Kind::Offer, ours, relays)
                .map(PeerSignal::Offer),
            PeerSignal::Answer(text) => self
                .describe(text, Kind::Answer, ours, relays)
                .map(PeerSignal::Answer),
            PeerSignal::IceCandidate(text) => self
                .candidate(text, ours, relays)
                .map(PeerSignal::IceCandidate),
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
                let event = self.incoming_signal(sender, data);
                if event.is_none() {
                    debug!(%sender, "dropped a signal that is malformed or out of place");
                    self.directory.count_drop();
                }
                event
            }
        }
    }

    /// What signaling may see of a request of matchbox.
    pub fn outgoing(&mut self, request: PeerRequest) -> Option<PeerRequest> {
        let PeerRequest::Signal { receiver, data } = request else {
            return Some(request);
        };
        let signal = match &data {
            PeerSignal::Offer(text) if text == AGAIN => self.ask_again(receiver),
            data => {
                let relays = self.directory.relays();
                (self.handshake(receiver)).and_then(|h| h.signal(data, true, relays.as_deref()))
            }
        };
        if signal.is_none() {
            debug!(%receiver, "kept back a signal that other peers would not understand");
            self.directory.count_drop();
        }
        signal.map(|data| PeerRequest::Signal { receiver, data })
    }

    /// The handshake of a peer's newest socket. One that began without a word through the guard is
    /// ours, to offer anew.
    fn handshake(&mut self, id: PeerId) -> Option<&mut Handshake> {
        let attempt = self.directory.attempt(id)?;
        let handshake = self.handshakes.get_mut(&id)?;
        if handshake.attempt != attempt {
            *handshake = Handshake::new(true, attempt);
        }
        Some(handshake)
    }

    /// Our wish for a new offer, which names the one that came to nothing.
    fn ask_again(&mut self, id: PeerId) -> Option<PeerSignal> {
        let handshake = self.handshake(id).filter(|h| !h.we_offer)?;
        let name = &handshake.section.as_ref()?.there;
        Some(PeerSignal::Offer(format!("{AGAIN} {name}")))
    }

    /// Whether a newcomer is to be offered a connection.
    fn new_peer(&mut self, id: PeerId) -> bool {
        match self.directory.presence(id) {
            None => self.admit(KnownPeer {
                id,
                here_before_us: false,
            }),
            Some(presence) => {
                // Back after its or our own connection to the server was lost: its handshake goes on,
                // if there is one.
                self.directory.set_known(id);
                !presence.has_socket() && presence != Presence::Banned && self.admit_again(id, true)
            }
        }
    }

    fn peer_left(&mut self, id: PeerId) -> bool {
        self.directory.set_gone(id);
        matches!(
            self.directory.presence(id),
            Some(Presence::Gone | Presence::Closed | Presence::Failed)
        )
    }

    fn incoming_signal(&mut self, sender: PeerId, signal: &PeerSignal) -> Option<PeerEvent> {
        let presence = self.directory.presence(sender);
        if presence == Some(Presence::Banned) {
            return None;
        }
        if let PeerSignal::Offer(text) = signal {
            if let Some((AGAIN, name)) = text.split_once(' ') {
                return self.asked_again(sender, name);
            }
            if self.stands_against(sender, presence, text) {
                return (self.admit_again(sender, true)).then_some(PeerEvent::NewPeer(sender));
            }
            if !self.begin_with_offer(sender, presence, text) {
                return None;
            }
        } else if !presence?.has_socket() {
            return None;
        }
        let relays = self.directory.relays();
        let handshake = self.handshake(sender)?;
        let data = handshake.signal(signal, false, relays.as_deref())?;
        Some(PeerEvent::Signal { sender, data })
    }

    /// Whether an offer crosses one of ours that has been made, and ours is the one that stands.
    fn stands_against(&mut self, sender: PeerId, presence: Option<Presence>, text: &str) -> bool {
        let is_elder = self.directory.local_id().is_some_and(|me| me < sender);
        is_elder
            && presence.is_some_and(Presence::has_socket)
            && Description::parse(text, Kind::Offer).is_some()
            && (self.handshake(sender)).is_some_and(|h| h.waits() && h.section.is_some())
    }

    /// Begins a handshake for an offer that is not the present one's: a stranger's, of whom the
    /// server told that we came later, one that begins anew, or one that ours yields to.
    fn begin_with_offer(&mut self, sender: PeerId, presence: Option<Presence>, text: &str) -> bool {
        let Some(offered) = Description::parse(text, Kind::Offer) else {
            return false;
        };
        let Some(presence) = presence else {
            return self.admit(KnownPeer {
                id: sender,
                here_before_us: true,
            });
        };
        let yields = self.directory.local_id().is_some_and(|me| sender < me);
        let present = self.handshake(sender).filter(|_| presence.has_socket());
        let is_new = present.is_none_or(|present| {
            let names_another = |section: &Section| section.there != offered.mid();
            match present.we_offer {
                true => yields && present.waits(),
                false => present.section.as_ref().is_none_or(names_another),
            }
        });
        is_new && self.admit_again(sender, false)
    }

    /// The other side's attempt to answer has failed. If it was the present one, or our present offer
    /// is lost, we offer anew.
    fn asked_again(&mut self, sender: PeerId, name: &str) -> Option<PeerEvent> {
        let handshake = self.handshake(sender).filter(|h| h.we_offer)?;
        let is_present = handshake.section.as_ref()?.there == name;
        let is_lost = handshake.waits() && handshake.begun.elapsed() >= OFFER_DEADLINE;
        ((is_present || is_lost) && self.admit_again(sender, true))
            .then_some(PeerEvent::NewPeer(sender))
    }

    fn admit(&mut self, peer: KnownPeer) -> bool {
        let is_other = Some(peer.id) != self.directory.local_id();
        let admitted = is_other && self.directory.admit(peer);
        self.begin(peer.id, admitted, !peer.here_before_us)
    }

    /// Lets one begin anew.
    fn admit_again(&mut self, id: PeerId, we_offer: bool) -> bool {
        let admitted = self.directory.admit_again(id, Instant::now());
        self.begin(id, admitted, we_offer)
    }

    fn begin(&mut self, id: PeerId, admitted: bool, we_offer: bool) -> bool {
        if admitted {
            let directory = &self.directory;
            self.handshakes
                .retain(|id, _| directory.presence(*id).is_some());
            let attempt = directory.attempt(id).unwrap_or(1);
            self.handshakes
                .insert(id, Handshake::new(we_offer, attempt));
        } else {
            info!(peer = %id, "refused a newcomer: ourselves, too many, or too often");
            self.directory.count_drop();
        }
        admitted
    }
}
