//! The state machine of a peer in a room: hello, lobby, match. No I/O, no clock.
//!
//! [`Room::turn`] is the whole of it: it takes the packets that have come, acts on the time,
//! and queues its answers. Whoever drives it (the session's driver, or a test in simulated
//! time) calls it when packets have come, a command was given, or [`Room::next_due`] is reached.
//!
//! A room's life:
//! - hello: every known peer is greeted until both have heard each other. Peers of
//!   other versions or rules are refused, each side learning why.
//! - lobby: everybody tells everybody its line. The owner, the peer nobody was before, starts
//!   the match once all are ready and all reach one another.
//! - match: the rollback core runs, and the agreement says who drives which seat. A lost peer's
//!   seat is a bot's until its player returns; whoever comes later enters the match as it stands.
//! - result: the world is over and confirmed; being ready again is a vote for the next match, which
//!   begins when all are, or some time after most are. The others may enter it later.
//!
//! Deliberately absent: trust. Every message is checked against its sender's place in the room,
//! and a peer that keeps sending what no honest peer sends is banned.

mod admit;
mod allowance;
mod branch;
mod chat;
mod choice;
mod enter;
mod entropy;
mod feed;
mod hello;
mod lobby;
mod packets;
mod peers;
mod play;
mod queues;
mod record;
mod repair;
mod statements;
mod transfer;
mod view;
mod waking;
mod watch;

use super::{
    Command, Config, Failure, Notice, Phase, Said,
    notice::{BanReason, shown},
    resume,
};
use crate::rollback::STEP;
use crate::transport::{Channel, Path, SignalingState, Transport};
use bytes::Bytes;
pub use lobby::VOTE;
pub use record::{Record, RecordKind};
pub use view::Shown;

use allowance::Allowance;
use enter::Entering;
use entropy::Entropy;
use peers::{Peers, Stage};
use play::Play;
use protocol::{
    Frame, PeerId, Simulation,
    agreement::Claim,
    limits::*,
    peer::{LEAVE, Message, RefusalReason, clean_text},
};
use std::{collections::VecDeque, time::Duration};
use transfer::Outgoing;
use waking::Waking;
use watch::Watching;

/// How often a peer is greeted until its answer comes, and the longest time between two turns.
/// Matchbox silently drops what is sent before channels are open, so greeting is repeated.
const GREETING_INTERVAL: Duration = Duration::from_millis(50);

/// How often a peer repeats its lobby line, as a sign of life: well within [`SILENCE_DEADLINE`].
const KEEP_ALIVE_INTERVAL: Duration = Duration::from_secs(1);

/// How long the transport is kept after the last word (Leave), so that it goes out.
const FAREWELL: Duration = Duration::from_millis(200);

/// Packets taken in one turn. A flood beyond that waits for the next turn, so that it cannot
/// keep the match from stepping.
const MAX_PACKETS_PER_TURN: usize = 1_024;

/// Packets that no honest peer would have sent, after which their sender is banned.
const MAX_OFFENCES: u32 = 200;

/// A peer in a room.
pub struct Room<S: Simulation> {
    config: Config<S>,
    now: Duration,
    waking: Waking,
    id: Option<PeerId>,
    signaling: SignalingState,
    path: Path,
    phase: Phase,
    /// When the transport may be dropped, once the session has ended.
    closes: Option<Duration>,
    peers: Peers,
    /// What others know of our token.
    claim: Claim,
    away: bool,
    ready: bool,
    /// Whether we would begin a match with nobody else.
    alone: bool,
    /// As the owner: since when more than half of all want the next match.
    most_since: Option<Duration>,
    /// When we may start a match again: the lines of those who begin one may be on their way.
    starts_at: Duration,
    team: Option<u8>,
    color: u8,
    /// What the owner chose for the next match.
    chosen: Option<S::Settings>,
    round: u32,
    matches: u32,
    play: Option<Play<S>>,
    /// A match that we watch, in place of one that we play.
    watching: Option<Watching<S>>,
    /// Whether the next match that we enter is only watched: it has no seat for us.
    only_watches: bool,
    /// The last match that was over for us.
    finished: Option<u32>,
    /// Our way into a running match.
    entering: Option<Entering>,
    /// Snapshots on their way to others.
    transfers: Vec<Outgoing>,
    /// Since when we cannot follow the match that we are in.
    lost_since: Option<Duration>,
    /// Since when other parts of the room are heard.
    met_since: Option<Duration>,
    /// Since when another part of the room is seen that should go on instead of ours.
    apart_since: Option<Duration>,
    /// Since when a difference between confirmed worlds is known.
    differs_since: Option<Duration>,
    /// Why an elder and we do not fit, while nobody else is here.
    refused: Option<(RefusalReason, String)>,
    notice: Option<Notice>,
    /// What was said of late.
    said: VecDeque<Said>,
    /// The number of the next thing that is said.
    next_said: u64,
    /// What our player may say.
    speech: Allowance,
    /// Whom our player does not want to hear, should they come again.
    muted: Vec<Claim>,
    /// Files that the game may keep.
    records: VecDeque<Record>,
    input: S::Input,
    entropy: Entropy,
    line_due: Duration,
    outbox: Vec<(PeerId, Channel, Bytes)>,
    bans: Vec<PeerId>,
    /// Whose connections are to end, as they have fallen silent.
    hang_ups: Vec<PeerId>,
    bytes_in: u64,
    bytes_out: u64,
    dropped: u64,
    dropped_by_transport: u64,
    changed: bool,
}

impl<S: Simulation> Room<S> {
    /// A peer that is about to enter a room. `entropy` decides the seeds of the matches that
    /// this peer starts: random in life, fixed in tests.
    pub fn new(mut config: Config<S>, entropy: u64) -> Self {
        config.name = clean_text(&config.name, MAX_NAME_BYTES);
        Self {
            claim: resume::claim(&config.token),
            away: false,
            ready: config.auto_ready,
            alone: false,
            most_since: None,
            starts_at: Duration::ZERO,
            team: None,
            color: config.color,
            chosen: None,
            only_watches: config.watch,
            config,
            now: Duration::ZERO,
            waking: Waking::default(),
            id: None,
            signaling: SignalingState::default(),
            path: Path::default(),
            phase: Phase::Connecting,
            closes: None,
            peers: Peers::default(),
            round: 0,
            matches: 0,
            play: None,
            watching: None,
            finished: None,
            entering: None,
            transfers: Vec::new(),
            lost_since: None,
            met_since: None,
            apart_since: None,
            differs_since: None,
            refused: None,
            notice: None,
            said: VecDeque::new(),
            next_said: 0,
            speech: Allowance::new(SAID_PER_SECOND, SAID_AT_ONCE),
            muted: Vec::new(),
            records: VecDeque::new(),
            input: S::Input::default(),
            entropy: Entropy(entropy),
            line_due: Duration::ZERO,
            outbox: Vec::new(),
            bans: Vec::new(),
            hang_ups: Vec::new(),
            bytes_in: 0,
            bytes_out: 0,
            dropped: 0,
            dropped_by_transport: 0,
            changed: true,
        }
    }

    /// Acts on everything that has happened until `now`, the time since the session's start,
    /// which must not run backwards.
    pub fn turn(&mut self, now: Duration, transport: &mut dyn Transport) {
        let awake = std::mem::replace(&mut self.now, now);
        self.waking.turn(awake, now);
        if self.waking.has_overslept() {
            self.wake_alone(transport);
        }
        self.look_around(transport);
        for _ in 0..MAX_PACKETS_PER_TURN {
            let Some((from, channel, packet)) = transport.receive() else {
                break;
            };
            self.bytes_in += packet.len() as u64;
            if self.closes.is_none() {
                self.receive(from, channel, &packet, awake);
            }
        }
        while let Some(closed) = transport.take_closed() {
            if self.closes.is_none() {
                self.lose_for_now(closed);
            }
        }
        let judges = !self.waking.hears_first();
        if self.closes.is_none() && judges {
            self.expire();
        }
        // Expiry may have ended the session.
        if self.closes.is_none() {
            self.greet();
            // Before a start, so that it is judged by a line that already lacks who has left.
            self.send_line_when_due();
            if judges {
                self.start_when_ready();
            }
            self.enter_running_match();
            self.watch_and_ask();
            self.go_on_watching();
            self.send_snapshots();
            self.tick();
            self.feed_watchers();
            self.send_line_when_due();
            self.send_copies();
        }
        for (to, channel, packet) in self.outbox.drain(..) {
            self.bytes_out += packet.len() as u64;
            if let Some(peer) = self.peers.get_mut(to) {
                peer.bytes_out += packet.len() as u64;
            }
            transport.send(to, channel, packet);
        }
        for peer in self.hang_ups.drain(..) {
            transport.hang_up(peer);
        }
        for peer in self.bans.drain(..) {
            transport.ban(peer);
        }
        self.dropped_by_transport = transport.dropped();
    }

    /// When the next turn is due, if nothing happens before.
    pub fn next_due(&self) -> Duration {
        let copies = self.peers.iter().filter_map(|peer| peer.statements.due());
        let mut due = copies.fold(self.now + GREETING_INTERVAL, Duration::min);
        if let Some(watching) = &self.watching {
            due = due.min(watching.audience.due() + STEP);
        }
        match (self.closes, &self.play) {
            (Some(closes), _) => due.min(closes),
            (None, Some(play)) if play.ticking => due.min(play.core.next_due()),
            _ => due,
        }
    }

    /// Whether the session has ended and its last word has had time to go out.
    pub fn is_closed(&self) -> bool {
        self.closes.is_some_and(|closes| self.now >= closes)
    }

    /// Does what the game asks; the words of it go out with the next turn.
    pub fn command(&mut self, command: Command) {
        if self.closes.is_some() {
            return;
        }
        match command {
            // Readiness is for the next match, so it cannot be given during one.
            Command::SetReady(_) | Command::PlayAlone if self.phase == Phase::Match => {}
            Command::SetReady(ready) => {
                (self.ready, self.alone) = (ready, false);
                self.change_line();
            }
            Command::PlayAlone => {
                (self.ready, self.alone) = (true, true);
                self.change_line();
            }
            Command::SetName(name) => {
                self.config.name = clean_text(&name, MAX_NAME_BYTES);
                self.change_line();
            }
            Command::SetAway(away) => {
                self.away = away;
                self.change_line();
            }
            Command::SetTeam(team) => {
                self.team = team;
                self.change_line();
            }
            Command::Choose(settings) => self.choose(&settings),
            Command::SetInputDelay(frames) => {
                self.config.input_delay = frames;
                if let Some(play) = &mut self.play {
                    play.core.set_input_delay(frames);
                }
            }
            Command::SetColor(color) => {
                self.color = color;
                self.change_line();
            }
            Command::Chat(text) => self.say(&text),
            Command::Emote(emote) => self.emote(emote),
            Command::SetMuted { peer, muted } => self.set_muted(peer, muted),
            Command::Leave => self.end(Failure::Left),
        }
    }

    /// Puts this player's newest input into the mailbox.
    pub fn set_input(&mut self, input: S::Input) {
        self.input = input;
    }

    /// Whether what [`Room::view`] shows has changed since the last call, apart from round
    /// trips, which change all the time.
    pub fn take_changed(&mut self) -> bool {
        std::mem::take(&mut self.changed)
    }

    /// The events of the match since the last call.
    pub fn take_events(&mut self) -> Vec<(Frame, S::Event)> {
        match (&mut self.watching, &mut self.play) {
            (Some(watching), _) => watching.audience.take_events(),
            (None, Some(play)) => play.core.take_events(),
            (None, None) => Vec::new(),
        }
    }

    fn look_around(&mut self, transport: &dyn Transport) {
        self.id = transport.local_id();
        let signaling = transport.signaling();
        self.changed |= signaling != self.signaling;
        self.signaling = signaling;
        self.peers.iter_mut().for_each(|peer| peer.is_known = false);
        for known in transport.known_peers() {
            if Some(known.id) == self.id {
                continue;
            }
            if let Some(peer) = self.peers.meet(known.id, self.now) {
                peer.is_known = true;
                peer.was_before_us = Some(known.here_before_us);
                peer.meet_again(self.now);
            }
        }
        for peer in self.peers.iter_mut() {
            peer.path = transport.path(peer.id);
        }
        self.path = (self.peers.here())
            .map(|peer| peer.path)
            .fold(Path::Unknown, |worst, path| match (worst, path) {
                (Path::Relayed, _) | (_, Path::Relayed) => Path::Relayed,
                (worst, Path::Unknown) => worst,
                (_, path) => path,
            });
        if self.phase == Phase::Connecting && self.id.is_some() {
            self.enter(Phase::Lobby);
        }
    }

    /// Tells the player something, in place of what was told before.
    fn notify(&mut self, notice: Notice) {
        tracing::info!("{notice}");
        self.notice = Some(notice);
        self.changed = true;
    }

    fn enter(&mut self, phase: Phase) {
        tracing::debug!(?phase, "enters");
        self.phase = phase;
        self.changed = true;
    }

    /// Ends the session: says goodbye, and closes once that has gone out.
    fn end(&mut self, failure: Failure) {
        if self.closes.is_some() {
            return;
        }
        tracing::info!("the session ends: {failure}");
        if self.is_playing() {
            self.keep_replay();
        }
        // Also those who are still being greeted: they would wait for us.
        let met = (self.peers.iter()).filter(|peer| peer.stage != Stage::Gone);
        let goodbye = Bytes::from(Message::Leave.encode());
        // The reliable channel may wait for something that was lost; the other one does not.
        self.outbox.extend(met.flat_map(|peer| {
            let unreliable = (peer.id, Channel::Unreliable, Bytes::from_static(&LEAVE));
            [(peer.id, Channel::Reliable, goodbye.clone()), unreliable]
        }));
        self.closes = Some(self.now + FAREWELL);
        self.enter(Phase::Failed(failure));
    }

    fn send(&mut self, to: PeerId, message: &Message) {
        self.outbox
            .push((to, Channel::Reliable, message.encode().into()));
    }

    fn send_to_all(&mut self, message: &Message) {
        let packet = Bytes::from(message.encode());
        let to = self
            .peers
            .here()
            .map(|peer| (peer.id, Channel::Reliable, packet.clone()));
        self.outbox.extend(to);
    }
}
