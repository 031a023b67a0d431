//! Steps the world, goes back when a prediction was wrong, and knows what is final.

use super::{
    Desync, PeerStats, Plan, PlanError, Stats,
    checksums::Checksums,
    clock::{Clock, MAX_OVERDUE, MAX_OVERDUE_WAITING},
    events::Events,
    input,
    peer::Peer,
    stream::Stream,
    worlds::Worlds,
};
use protocol::{
    Frame, PeerId, Seat, Simulation,
    limits::{MAX_INPUT_BYTES, MAX_INPUT_DELAY, MAX_PREDICTION, MAX_SEATS, MAX_UNACKED_INPUTS},
};
use std::time::Duration;

/// One peer's side of a match. See the [module](super) for how to drive it.
pub struct Core<S: Simulation> {
    pub(super) match_id: u32,
    pub(super) me: PeerId,
    pub(super) worlds: Worlds<S>,
    /// One per seat.
    pub(super) streams: Vec<Stream<S::Input>>,
    /// The others that drive a seat.
    pub(super) peers: Vec<Peer>,
    pub(super) clock: Clock,
    pub(super) checksums: Checksums,
    /// The first step that was made with a wrong prediction.
    pub(super) wrong_from: Option<Frame>,
    pub(super) stats: Stats,
    events: Events<S::Event>,
    input_delay: u32,
    confirmed: Frame,
    /// Reused by every step.
    happened: Vec<S::Event>,
}

impl<S: Simulation> Core<S> {
    /// Begins a match: world 0 is due now.
    ///
    /// # Errors
    /// [`PlanError`] if the plan contradicts itself or gives this peer no seat.
    pub fn new(plan: Plan<S>, now: Duration) -> Result<Self, PlanError> {
        const {
            assert!(
                size_of::<S::Input>() <= MAX_INPUT_BYTES,
                "the input type is too big"
            )
        };
        let (roster, settings) = (plan.roster.len(), S::seats(&plan.settings));
        if roster != settings || roster > MAX_SEATS {
            return Err(PlanError::Seats { roster, settings });
        }
        if !plan.roster.contains(&Some(plan.me)) {
            return Err(PlanError::NoSeat);
        }
        let idle = input::pack::<S>(&S::Input::default()).ok_or(PlanError::InputTooLong)?;
        let mut peers: Vec<Peer> = Vec::new();
        for id in plan.roster.iter().flatten().filter(|id| **id != plan.me) {
            if !peers.iter().any(|peer| peer.id == *id) {
                peers.push(Peer::new(*id, now));
            }
        }
        let world = S::new(&plan.settings, plan.seed);
        let mut checksums = Checksums::default();
        checksums.record(0, world.checksum());
        Ok(Self {
            match_id: plan.match_id,
            me: plan.me,
            worlds: Worlds::new(world),
            streams: plan
                .roster
                .iter()
                .map(|author| Stream::new(*author, idle))
                .collect(),
            peers,
            clock: Clock::new(now),
            checksums,
            wrong_from: None,
            stats: Stats::default(),
            events: Events::new(),
            input_delay: plan.input_delay.min(MAX_INPUT_DELAY),
            confirmed: 0,
            happened: Vec::new(),
        })
    }

    /// Corrects wrong predictions, then makes all steps that are due: at most those of a
    /// quarter of a second, and at most [`MAX_PREDICTION`] past the confirmed frontier.
    ///
    /// `input` is asked once per step for each seat that this peer drives, with the newest
    /// world. (Not while a lowered input delay takes effect: those frames have their inputs.)
    pub fn tick(&mut self, now: Duration, input: &mut dyn FnMut(&S, usize) -> S::Input) {
        self.correct();
        self.confirm();
        let lost = self.clock.give_up(now, MAX_OVERDUE);
        self.stats.lost_time += lost;
        for peer in &mut self.peers {
            // Whoever sleeps hears nobody, and that is nobody's fault.
            peer.heard = (peer.heard + lost).min(now);
        }
        self.excuse_waiting_peers(now);
        while self.clock.next() <= now {
            if !self.may_step() {
                self.stats.waits += 1;
                self.stats.lost_time += self.clock.give_up(now, MAX_OVERDUE_WAITING);
                break;
            }
            self.author(input);
            self.step();
            self.confirm();
            self.clock.step(self.advantage().unwrap_or(0.0));
            for peer in &mut self.peers {
                peer.send_soon(now);
            }
        }
    }

    /// When [`Core::tick`] wants to be called next: for a step or, while it waits at the
    /// prediction bound, for a datagram to be repeated. Whatever is received may make it sooner:
    /// ask again after [`Core::receive`] or, simpler, tick.
    pub fn next_due(&self) -> Duration {
        let send = self
            .peers
            .iter()
            .map(Peer::send_at)
            .min()
            .unwrap_or(Duration::MAX);
        if self.may_step() {
            send.min(self.clock.next())
        } else {
            send
        }
    }

    /// The number of the newest world, predictions included.
    pub fn frame(&self) -> Frame {
        self.worlds.frame()
    }

    /// The number of the newest world that no input can change any more: all inputs of the
    /// frames before it are known.
    pub fn confirmed(&self) -> Frame {
        self.confirmed
    }

    /// The two newest worlds, to draw between: the previous (at the start also world 0) and the
    /// current.
    pub fn worlds(&self) -> (&S, &S) {
        let frame = self.frame();
        (
            self.worlds.get(frame.saturating_sub(1)),
            self.worlds.newest(),
        )
    }

    /// When the current world was due.
    pub fn due(&self) -> Duration {
        self.clock.due()
    }

    /// World [`Core::confirmed`].
    pub fn confirmed_world(&self) -> &S {
        self.worlds.get(self.confirmed)
    }

    /// What happened since the last call, with the frame of the step it happened in. Every key
    /// comes once (but see below), also when a corrected prediction moved its event; events that
    /// wait for confirmation come when their step is confirmed. At most 256 are kept.
    ///
    /// An event that was predicted in error and truly happens more than half a second later is
    /// told again: it is another occasion.
    pub fn take_events(&mut self) -> Vec<(Frame, S::Event)> {
        self.events.take()
    }

    /// The newest confirmed frame that is a multiple of [`super::CHECKSUM_INTERVAL`], and its
    /// world's checksum.
    pub fn checksum(&self) -> Option<(Frame, u64)> {
        self.checksums.newest()
    }

    /// The earliest difference between this peer's confirmed world and another's, once one is
    /// found: within two seconds of its cause, as long as datagrams come through.
    pub fn desync(&self) -> Option<Desync> {
        self.checksums.desync()
    }

    /// How long ago a peer's newest new input came. A peer that cannot have any, since it has
    /// itself to wait for somebody else, is not silent (unless it acknowledges nothing); nor is
    /// one outside the match.
    pub fn silence(&self, peer: PeerId, now: Duration) -> Duration {
        match self.peers.iter().find(|p| p.id == peer) {
            Some(p) if !self.waits_for_others(p) => now.saturating_sub(p.heard),
            _ => Duration::ZERO,
        }
    }

    /// What this core has done so far.
    pub fn stats(&self) -> Stats {
        Stats {
            predicted: self.frame() - self.confirmed,
            ahead: self.advantage().unwrap_or(0.0) as f32,
            ..self.stats
        }
    }

    /// What is known of another peer of the match; nothing for anybody else.
    pub fn peer_stats(&self, peer: PeerId) -> Option<PeerStats> {
        let peer = self.peers.iter().find(|p| p.id == peer)?;
        Some(PeerStats {
            rtt: peer.rtt(),
            ahead: peer.advantage().unwrap_or(0.0) as f32,
            acknowledged: self.acknowledged(peer),
            received: self.received(peer),
            rejected: peer.rejected,
            conflicts: peer.conflicts,
        })
    }

    /// Sets the frames between sampling an input and its step, at most [`MAX_INPUT_DELAY`]. May
    /// be called at any time: the stream stays gapless. A raised delay repeats the newest input
    /// until the new one is due, a lowered one lets those stand that are written already.
    pub fn set_input_delay(&mut self, frames: u32) {
        self.input_delay = frames.min(MAX_INPUT_DELAY);
    }

    /// The first frame of which not all inputs are known; may be past the newest world.
    fn frontier(&self) -> Frame {
        self.streams.iter().map(Stream::end).min().unwrap_or(0)
    }

    /// The first frame of which this peer has not written all of its own inputs.
    pub(super) fn authored(&self) -> Frame {
        self.own_streams()
            .map(|(_, stream)| stream.end())
            .min()
            .unwrap_or(0)
    }

    /// The streams that this peer writes, with their seats.
    pub(super) fn own_streams(&self) -> impl Iterator<Item = (usize, &Stream<S::Input>)> {
        self.streams_of(self.me)
    }

    fn streams_of(&self, id: PeerId) -> impl Iterator<Item = (usize, &Stream<S::Input>)> {
        self.streams
            .iter()
            .enumerate()
            .filter(move |(_, stream)| stream.author() == Some(id))
    }

    /// The first frame of which `peer` lacks an input of ours.
    fn acknowledged(&self, peer: &Peer) -> Frame {
        self.own_streams()
            .map(|(seat, _)| peer.acknowledged[seat])
            .min()
            .unwrap_or(0)
    }

    /// The first frame of which we lack an input of `peer`'s.
    fn received(&self, peer: &Peer) -> Frame {
        self.streams_of(peer.id)
            .map(|(_, stream)| stream.end())
            .min()
            .unwrap_or(0)
    }

    /// How far this peer is ahead of the one furthest behind, in frames.
    fn advantage(&self) -> Option<f64> {
        self.peers
            .iter()
            .filter_map(Peer::advantage)
            .reduce(f64::max)
    }

    /// Where this peer is now, in frames and parts of them.
    pub(super) fn position(&self, now: Duration) -> f64 {
        f64::from(self.frame()) + self.clock.phase(now)
    }

    /// Whether `peer` has come as far as it may by what it can have heard from anybody else. Not
    /// if it is us who wait, for it to acknowledge.
    fn waits_for_others(&self, peer: &Peer) -> bool {
        let others = self.streams.iter().filter(|s| s.author() != Some(peer.id));
        let others_end = others.map(Stream::end).min().unwrap_or(0);
        self.received(peer) >= others_end.saturating_add(MAX_PREDICTION) && self.acknowledges(peer)
    }

    /// Whether `peer` has acknowledged enough for the next inputs to be sent to it.
    fn acknowledges(&self, peer: &Peer) -> bool {
        let unacknowledged = self.authored().saturating_sub(self.acknowledged(peer));
        unacknowledged + MAX_INPUT_DELAY < MAX_UNACKED_INPUTS
    }

    fn excuse_waiting_peers(&mut self, now: Duration) {
        for i in 0..self.peers.len() {
            if self.waits_for_others(&self.peers[i]) {
                self.peers[i].heard = now;
            }
        }
    }

    /// Whether a step may be made: not past the prediction bound, nor with so many inputs
    /// unacknowledged that the next ones could not be sent.
    fn may_step(&self) -> bool {
        self.frame() < self.frontier().saturating_add(MAX_PREDICTION)
            && self.peers.iter().all(|peer| self.acknowledges(peer))
            && self.frame() < Frame::MAX / 2
    }

    /// Writes this peer's inputs for the newest frame that the delay lets it decide.
    fn author(&mut self, sample: &mut dyn FnMut(&S, usize) -> S::Input) {
        let frame = self.worlds.frame() + self.input_delay;
        for (seat, stream) in self.streams.iter_mut().enumerate() {
            if stream.author() != Some(self.me) || stream.end() > frame {
                continue;
            }
            stream.hold_until(frame);
            match input::pack::<S>(&sample(self.worlds.newest(), seat)) {
                Some(input) => stream.push(input),
                // An input that postcard makes longer than the contract allows is none.
                None => stream.hold_until(frame + 1),
            }
        }
    }

    /// Steps from the newest world to the next by what is known and predicted.
    fn step(&mut self) {
        let frame = self.worlds.frame();
        let mut seats = [Seat::default(); MAX_SEATS];
        for (seat, stream) in seats.iter_mut().zip(&mut self.streams) {
            *seat = stream.seat(frame);
        }
        self.worlds
            .step(&seats[..self.streams.len()], &mut self.happened);
        for event in self.happened.drain(..) {
            self.events.happen(frame, event);
        }
    }

    /// Goes back to the newest world that was made of right inputs, and steps again.
    fn correct(&mut self) {
        let Some(wrong_from) = self.wrong_from.take() else {
            return;
        };
        let frame = self.worlds.frame();
        self.worlds.rewind(wrong_from);
        self.events.rewind(wrong_from);
        while self.worlds.frame() < frame {
            self.step();
        }
        let depth = frame - wrong_from;
        self.stats.rollbacks += 1;
        self.stats.resimulated += u64::from(depth);
        self.stats.longest_rollback = self.stats.longest_rollback.max(depth);
    }

    /// Moves the confirmed frontier as far as the inputs allow, and forgets what it passed.
    fn confirm(&mut self) {
        let confirmed = self.frontier().min(self.worlds.frame());
        for frame in self.confirmed + 1..=confirmed {
            if Checksums::counts(frame) {
                self.checksums
                    .record(frame, self.worlds.get(frame).checksum());
            }
        }
        self.confirmed = confirmed;
        self.events.confirm(confirmed);
        for seat in 0..self.streams.len() {
            let mut keep = confirmed;
            if self.streams[seat].author() == Some(self.me) {
                let acknowledged = self.peers.iter().map(|peer| peer.acknowledged[seat]);
                keep = acknowledged.fold(keep, Frame::min);
            }
            self.streams[seat].forget_before(keep);
        }
    }
}
