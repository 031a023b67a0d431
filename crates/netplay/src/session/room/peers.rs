//! The other peers of a room, as far as this one knows them. Bounded.

use super::{allowance::Allowance, statements::Statements};
use crate::transport::{Channel, Path};
use protocol::{
    PeerId,
    agreement::Claim,
    limits::{HEARD_AT_ONCE, SAID_PER_SECOND},
    peer::{Mate, Playing, RefusalReason},
};
use std::time::Duration;

/// Peers remembered, those that are gone included. Beyond that the one gone longest is
/// forgotten; while nobody is gone, strangers are not met.
pub(super) const MAX_REMEMBERED: usize = 32;

/// Reliable messages of one peer that are listened to in a second. More are an offence. An honest
/// peer sends a few; acknowledging the parts of a snapshot, up to [`MESSAGES_AT_ONCE`] in a moment.
const MESSAGES_PER_SECOND: u32 = 128;

/// Messages of one peer that are listened to at once: two of the biggest snapshots' parts.
const MESSAGES_AT_ONCE: u32 = 512;

/// Datagrams of one peer that are listened to in a second. More are an offence. An honest peer sends
/// one a step, and networks may double them.
const DATAGRAMS_PER_SECOND: u32 = 256;

/// Datagrams of one peer that are listened to at once: what a network held back for seconds.
const DATAGRAMS_AT_ONCE: u32 = 1_024;

/// Where another peer stands with this one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    /// Known, and greeted until both have heard each other.
    Greeting,
    /// In the room: both have heard each other.
    Here,
    /// Refused by us. It may say hello again for a while, and is then judged anew.
    Refused,
    /// It left, was given up, refused us, or is banned. Nothing is taken from it any more, unless it
    /// [may return](Peer::may_return).
    Gone,
}

/// Another peer.
#[derive(Debug)]
pub(super) struct Peer {
    pub id: PeerId,
    pub stage: Stage,
    /// When it entered the stage.
    pub since: Duration,
    /// When it was last heard.
    pub heard: Duration,
    pub greeting_due: Duration,
    /// Whether signaling counts it to the room at this moment.
    pub is_known: bool,
    /// Whether signaling says that it was in the room before us, once signaling told of it.
    pub was_before_us: Option<bool>,
    /// Whether its hello says so, once that has come.
    pub claims_before: Option<bool>,
    /// Whether its hello has come, since it was last greeted anew.
    pub hello_came: bool,
    /// Whether it was told that its hello has come.
    pub told_heard: bool,
    /// Why it refused us, if it did.
    pub refusal: Option<(RefusalReason, String)>,
    pub name: String,
    /// The hash of its token.
    pub claim: Claim,
    pub away: bool,
    pub ready: bool,
    pub round: u32,
    /// The team that it wants to play for.
    pub team: Option<u8>,
    /// The colour that it chose for itself.
    pub color: u8,
    pub mates: Vec<Mate>,
    /// Where it stands in the running match, by its line.
    pub playing: Option<Playing>,
    /// When its line came.
    pub line_came: Duration,
    /// The last match that it was seen in.
    pub played: Option<u32>,
    /// Whether it only watches.
    pub watches: bool,
    /// Whether it said that it leaves.
    pub has_left: bool,
    /// Whether it has ever been in the room.
    pub was_here: bool,
    /// Whether it is gone only because it fell silent or its channels have closed: over another
    /// connection it is met again.
    pub may_return: bool,
    /// Whether it was gone like that and has been met again, but is not in the room yet.
    pub returns: bool,
    /// The hash of the token that it showed: whom it was before.
    pub former_claim: Option<Claim>,
    /// When it last asked for a snapshot.
    pub asked_at: Option<Duration>,
    /// The match that it wants to enter.
    pub wants_match: Option<u32>,
    pub offences: u32,
    /// Bytes that came from it and went to it, both channels.
    pub bytes_in: u64,
    pub bytes_out: u64,
    /// How packets travel to it.
    pub path: Path,
    pub statements: Statements,
    messages: Allowance,
    datagrams: Allowance,
    /// Lines of chat and emotes. Each takes the place of an older one on the screen.
    pub speech: Allowance,
    /// Whether our player does not want to hear it.
    pub muted: bool,
}

impl Peer {
    fn new(id: PeerId, now: Duration) -> Self {
        Self {
            id,
            stage: Stage::Greeting,
            since: now,
            heard: now,
            greeting_due: now,
            is_known: false,
            was_before_us: None,
            claims_before: None,
            hello_came: false,
            told_heard: false,
            refusal: None,
            name: String::new(),
            claim: Claim::default(),
            away: false,
            ready: false,
            round: 0,
            team: None,
            color: 0,
            mates: Vec::new(),
            playing: None,
            line_came: now,
            played: None,
            watches: false,
            has_left: false,
            was_here: false,
            may_return: false,
            returns: false,
            former_claim: None,
            asked_at: None,
            wants_match: None,
            offences: 0,
            bytes_in: 0,
            bytes_out: 0,
            path: Path::Unknown,
            statements: Statements::default(),
            messages: Allowance::new(MESSAGES_PER_SECOND, MESSAGES_AT_ONCE),
            datagrams: Allowance::new(DATAGRAMS_PER_SECOND, DATAGRAMS_AT_ONCE),
            speech: Allowance::new(SAID_PER_SECOND, HEARD_AT_ONCE),
            muted: false,
        }
    }

    /// Enters a stage with nothing left over from the one before but who it is.
    pub fn enter(&mut self, stage: Stage, now: Duration) {
        self.stage = stage;
        self.since = now;
        self.heard = now;
        self.greeting_due = now;
        // Whoever is greeted anew is asked for its hello again: if it never noticed our parting,
        // it would not answer otherwise.
        self.hello_came &= stage == Stage::Here;
        self.told_heard &= stage == Stage::Here;
        self.ready = false;
        self.mates.clear();
        self.playing = None;
        self.was_here |= stage == Stage::Here;
        self.may_return = false;
        self.returns = false;
    }

    /// Greets it anew, if it was lost and there is another connection to it. What was agreed over
    /// the one before has ended with that, on both sides.
    pub fn meet_again(&mut self, now: Duration) {
        if !self.may_return {
            return;
        }
        self.enter(Stage::Greeting, now);
        self.returns = true;
        self.statements = Statements::default();
        self.asked_at = None;
        self.wants_match = None;
    }

    /// Whether one more packet of it is listened to. `awake` is when we last listened.
    pub fn may_send(&mut self, channel: Channel, awake: Duration, now: Duration) -> bool {
        let allowance = match channel {
            Channel::Reliable => &mut self.messages,
            Channel::Unreliable => &mut self.datagrams,
        };
        allowance.take(awake, now)
    }

    /// Whom it says to be, and whom it has shown to be: the hashes of its tokens.
    pub fn claims(&self) -> impl Iterator<Item = Claim> {
        [Some(self.claim), self.former_claim].into_iter().flatten()
    }

    /// Whether this peer was in the room before `me`. Both sides come to the same answer:
    /// where their words differ, the smaller id counts as the elder.
    pub fn is_before(&self, me: PeerId) -> bool {
        match (self.was_before_us, self.claims_before) {
            (Some(known), Some(claimed)) if known != claimed => self.id < me,
            (Some(before), _) | (None, Some(before)) => before,
            (None, None) => self.id < me,
        }
    }
}

/// The other peers, in the order of being met.
#[derive(Debug, Default)]
pub(super) struct Peers(Vec<Peer>);

impl Peers {
    /// The peer of that id, newly met if need be. Nothing if there are too many already.
    pub fn meet(&mut self, id: PeerId, now: Duration) -> Option<&mut Peer> {
        let index = match self.0.iter().position(|peer| peer.id == id) {
            Some(index) => index,
            None => {
                if self.0.len() >= MAX_REMEMBERED {
                    let gone = self
                        .0
                        .iter()
                        .enumerate()
                        .filter(|(_, p)| p.stage == Stage::Gone);
                    let oldest = gone.min_by_key(|(_, peer)| peer.since)?.0;
                    self.0.remove(oldest);
                }
                self.0.push(Peer::new(id, now));
                self.0.len() - 1
            }
        };
        self.0.get_mut(index)
    }

    pub fn get(&self, id: PeerId) -> Option<&Peer> {
        self.0.iter().find(|peer| peer.id == id)
    }

    pub fn get_mut(&mut self, id: PeerId) -> Option<&mut Peer> {
        self.0.iter_mut().find(|peer| peer.id == id)
    }

    pub fn iter(&self) -> impl Iterator<Item = &Peer> {
        self.0.iter()
    }

    pub fn iter_mut(&mut self) -> impl Iterator<Item = &mut Peer> {
        self.0.iter_mut()
    }

    /// Those in the room.
    pub fn here(&self) -> impl Iterator<Item = &Peer> {
        self.0.iter().filter(|peer| peer.stage == Stage::Here)
    }

    /// Whether somebody in the room has that peer in the room.
    pub fn others_reach(&self, id: PeerId) -> bool {
        self.here()
            .any(|other| other.mates.iter().any(|mate| mate.id == id))
    }

    pub fn is_here(&self, id: PeerId) -> bool {
        self.get(id).is_some_and(|peer| peer.stage == Stage::Here)
    }
}
