//! The match: the rollback core and the agreement, fed from the room.

use super::{feed::Feeds, record::Recording, *};
use crate::{
    agreement::{Agreement, Offence, Present},
    replay::Recorder,
    rollback::{Core, Entry, Plan, Rejected},
};
use protocol::{
    agreement::{Snapshot, View},
    peer::{Playing, Start},
    statement::{self, Statement},
};

/// A running match, or the last one until the next begins.
pub(super) struct Play<S: Simulation> {
    pub core: Core<S>,
    pub agreement: Agreement,
    pub match_id: u32,
    pub round: u32,
    pub seed: u64,
    /// The settings in postcard.
    pub settings: Vec<u8>,
    /// Whether somebody may still need our inputs or acknowledgements.
    pub ticking: bool,
    /// The drivers that were asked for their inputs, while we listen.
    pub listens_to: Vec<PeerId>,
    /// Whether we drove a seat at the last look.
    pub drove: bool,
    /// When a seat is asked for next.
    pub asks_at: Duration,
    /// When drivers that we listen to, and that tell nothing new, are asked again.
    pub listens_at: Duration,
    pub recording: Recording<S>,
    pub feeds: Feeds,
    /// Since when no seat could come to us.
    pub seatless_since: Option<Duration>,
    /// Repairs that are left to this match after a desync.
    pub repairs: u32,
}

impl<S: Simulation> Play<S> {
    fn new(
        core: Core<S>,
        agreement: Agreement,
        (match_id, round, seed): (u32, u32, u64),
        settings: Vec<u8>,
        recording: Recording<S>,
    ) -> Self {
        Self {
            core,
            agreement,
            match_id,
            round,
            seed,
            settings,
            ticking: true,
            listens_to: Vec::new(),
            drove: false,
            asks_at: Duration::ZERO,
            listens_at: Duration::ZERO,
            recording,
            feeds: Feeds::default(),
            seatless_since: None,
            repairs: repair::MAX_REPAIRS,
        }
    }
}

impl<S: Simulation> Room<S> {
    /// Begins the match of a start that the owner (or this peer as the owner) sent.
    pub(super) fn begin(&mut self, start: Start) -> Result<(), &'static str> {
        let me = self.id.ok_or("we have no id")?;
        let settings =
            decode_whole::<S::Settings>(&start.settings).ok_or("the settings are malformed")?;
        if S::seats(&settings) != start.roster.len() {
            return Err("the roster does not fit the settings");
        }
        let mut drivers: Vec<PeerId> = start.roster.iter().flatten().copied().collect();
        let owner = *drivers.first().ok_or("nobody has a seat")?;
        drivers.sort_unstable();
        if drivers.windows(2).any(|pair| pair[0] == pair[1]) {
            return Err("somebody has two seats");
        }
        if !drivers.contains(&me) {
            // The seats are taken: the match is entered as one that runs.
            return Ok(());
        }
        let recording = Recording::new(Recorder::new(start.seed, &settings));
        let plan = Plan {
            match_id: start.match_id,
            seed: start.seed,
            settings,
            roster: start.roster,
            me,
            input_delay: self.config.input_delay,
        };
        let core = Core::new(plan, self.now).map_err(|_| "the plan is impossible")?;
        let view = View {
            number: 0,
            id: start.match_id,
            owner,
        };
        let agreement = Agreement::new(me, start.match_id, view, 0, Vec::new(), Vec::new());
        let name = (start.match_id, start.round, start.seed);
        self.play(Play::new(core, agreement, name, start.settings, recording));
        self.notice = None;
        Ok(())
    }

    /// Enters a running match as it stands; as a listener at first.
    pub(super) fn begin_from(&mut self, snapshot: Snapshot) -> Result<(), &'static str> {
        let me = self.id.ok_or("we have no id")?;
        let settings =
            decode_whole::<S::Settings>(&snapshot.settings).ok_or("the settings are malformed")?;
        if S::seats(&settings) != snapshot.tenures.len() {
            return Err("the seats do not fit the settings");
        }
        let world = decode_whole::<S>(&snapshot.world).ok_or("the world is malformed")?;
        let entry = Entry {
            me,
            view: snapshot.view,
            log: snapshot.log,
            order: snapshot.order.clone(),
            tenures: snapshot.tenures.clone(),
            frame: snapshot.frame,
            world,
            input_delay: self.config.input_delay,
        };
        let core = Core::enter(entry, self.now).map_err(|_| "the snapshot contradicts itself")?;
        let recording = self.recording_from(&snapshot, &settings, core.confirmed_world());
        let (view, log) = (core.view(), core.log());
        let (recent, kept) = (snapshot.recent, snapshot.kept);
        let agreement = Agreement::new(me, snapshot.match_id, view, log, recent, kept);
        let name = (snapshot.match_id, snapshot.round, snapshot.seed);
        self.play(Play::new(
            core,
            agreement,
            name,
            snapshot.settings,
            recording,
        ));
        Ok(())
    }

    fn play(&mut self, play: Play<S>) {
        self.play = Some(play);
        self.watching = None;
        self.entering = None;
        (self.ready, self.alone) = (false, false);
        self.change_line();
        self.enter(Phase::Match);
    }

    /// Where we stand in the running match, for our line.
    pub(super) fn playing(&self) -> Option<Playing> {
        if self.phase != Phase::Match {
            return None;
        }
        if let Some(watching) = &self.watching {
            return Some(watching.playing());
        }
        let play = self.play.as_ref()?;
        Some(Playing {
            match_id: play.match_id,
            view: play.core.view(),
            confirmed: play.core.confirmed(),
            drives: self.id.is_some_and(|me| play.core.drives(me)),
        })
    }

    /// Whether we play or watch a match that is not over.
    pub(super) fn is_playing(&self) -> bool {
        self.phase == Phase::Match && (self.play.is_some() || self.watching.is_some())
    }

    pub(super) fn receive_datagram(&mut self, from: PeerId, packet: &[u8]) {
        if packet == LEAVE {
            return self.part_with(from);
        }
        if packet.len() > MAX_DATAGRAM_BYTES {
            return self.offend(from);
        }
        if packet.first() == Some(&statement::TAG) {
            return self.receive_copy(from, packet);
        }
        let is_here = self.peers.is_here(from);
        let Some(play) = self.play.as_mut().filter(|_| is_here) else {
            // From a match that has begun for its sender and not yet for us: it is sent again.
            self.dropped += 1;
            return;
        };
        let received = play.core.receive(from, packet, self.now);
        if let Err(rejected) = &received {
            tracing::trace!(%from, %rejected, frame = play.core.frame(), "a datagram was rejected");
        }
        match received {
            Ok(()) => {
                if let Some(peer) = self.peers.get_mut(from) {
                    peer.heard = self.now;
                }
            }
            // What an honest peer may send around the start and the end of a match, at a change
            // of hands or of the view, or after a long pause.
            Err(
                Rejected::OtherView(_)
                | Rejected::Stranger
                | Rejected::NotAuthor(_)
                | Rejected::Past(_)
                | Rejected::Future(_)
                | Rejected::Gap(_)
                | Rejected::NoAuthor(_),
            ) => self.dropped += 1,
            Err(_) => self.offend(from),
        }
    }

    /// Steps the match and judges whether it is over.
    pub(super) fn tick(&mut self) {
        self.agree();
        let Some(play) = &mut self.play else { return };
        if self.phase == Phase::Result {
            // Over for us; others may still lack our inputs to see its end.
            let order = play.core.order();
            play.ticking = self.peers.here().any(|peer| {
                let playing = peer.playing.map(|playing| playing.match_id);
                playing == Some(play.match_id)
                    || order.contains(&peer.id) && peer.round <= play.round
            });
        }
        if !play.ticking {
            return;
        }
        let (autopilot, input) = (self.config.autopilot, self.input);
        play.core
            .tick(self.now, &mut |world, seat| match autopilot {
                Some(autopilot) => autopilot(world, seat),
                None => input,
            });
        while let Some((to, datagram)) = play.core.poll_datagram(self.now) {
            self.outbox.push((to, Channel::Unreliable, datagram.into()));
        }
        if self.phase != Phase::Match {
            return;
        }
        if play.core.confirmed_world().is_over() {
            self.matches += 1;
            self.keep_replay();
            self.leave_match();
            return self.enter(Phase::Result);
        }
        self.record();
        self.repair();
    }

    /// Lets the agreement act, and sends what it says.
    fn agree(&mut self) {
        if self.still_counts() && !self.waking.hears_first() {
            let present = self.present();
            let Some(play) = self.play.as_mut() else {
                return;
            };
            let before = (play.core.view(), play.core.log());
            let entropy = &mut self.entropy;
            play.agreement
                .tick(&mut play.core, &present, &mut || entropy.next(), self.now);
            if before != (play.core.view(), play.core.log()) {
                self.change_line();
            }
        }
        self.send_agreed();
        self.tell_of_our_seat();
    }

    /// Tells the player when its seat was taken from it, or given.
    fn tell_of_our_seat(&mut self) {
        let me = self.id;
        let Some(play) = self.play.as_mut().filter(|_| self.phase == Phase::Match) else {
            return;
        };
        let drives = me.is_some_and(|me| play.core.drives(me));
        if std::mem::replace(&mut play.drove, drives) == drives {
            return;
        }
        match drives {
            true => self.notice = None,
            false => self.notify(Notice::BotPlays),
        }
        self.change_line();
    }

    /// Whether the match runs, or is over only for us: whoever has yet to see its end may need
    /// our part in what is agreed until then.
    pub(super) fn still_counts(&self) -> bool {
        let ticking = self.play.as_ref().is_some_and(|play| play.ticking);
        self.phase == Phase::Match || self.phase == Phase::Result && ticking
    }

    /// Sends what the agreement has to say.
    pub(super) fn send_agreed(&mut self) {
        let stated = (self.play.as_mut()).map(|play| play.agreement.take_statements());
        for (to, statement) in stated.unwrap_or_default() {
            self.state(to, statement);
        }
    }

    /// What the agreement needs to know of the room.
    fn present(&self) -> Vec<Present> {
        self.peers
            .iter()
            .map(|peer| Present {
                id: peer.id,
                here: peer.stage == Stage::Here,
                left: peer.has_left,
                name: peer.name.clone(),
                claim: peer.claim,
            })
            .collect()
    }

    /// A statement of the agreement has come.
    pub(super) fn receive_agreed(&mut self, from: PeerId, statement: Statement) {
        let present = self.present();
        let now = self.now;
        let is_ours = self.still_counts() && !self.is_entering_at(from);
        let Some(play) = self.play.as_mut().filter(|_| is_ours) else {
            return self.hold_for_entering(from, statement);
        };
        let (core, agreement) = (&mut play.core, &mut play.agreement);
        let before = (core.view(), core.log());
        let judged = match statement {
            Statement::Collect(collect) => {
                agreement.receive_collect(from, collect, core, &present, now)
            }
            Statement::Report(report) => {
                agreement.receive_report(from, report, core, &present, now)
            }
            Statement::Deny(deny) => agreement.receive_deny(from, deny, core, now),
            Statement::Append(append) => {
                agreement.receive_append(from, append, core, &present, now)
            }
            Statement::Start(_) => Ok(()),
        };
        if before != (core.view(), core.log()) {
            self.change_line();
        }
        self.send_agreed();
        match judged {
            Ok(()) => {}
            Err(Offence::Usurped) => {
                self.dropped += 1;
                self.ban(from, BanReason::Forging);
            }
            Err(offence) => {
                tracing::debug!(%from, %offence, "an offence in the agreement");
                self.offend(from);
            }
        }
    }

    /// The match no longer counts for us: the next one may be asked for.
    pub(super) fn leave_match(&mut self) {
        let watched = self
            .watching
            .as_ref()
            .map(|w| (w.round(), w.playing().match_id));
        let played = self.play.as_ref().map(|play| (play.round, play.match_id));
        if let Some((round, match_id)) = watched.or(played) {
            self.round = round.saturating_add(1);
            self.finished = Some(match_id);
        }
        self.only_watches = self.config.watch;
        self.ready = self.config.auto_ready;
        self.change_line();
    }
}

/// Decodes a value that takes up all of the bytes.
pub(super) fn decode_whole<T: serde::de::DeserializeOwned>(bytes: &[u8]) -> Option<T> {
    let (value, rest) = postcard::take_from_bytes(bytes).ok()?;
    rest.is_empty().then_some(value)
}
