//! What a core is, what a turn of it does, and what is final.

use super::{
    ConfirmedFrame, PeerStats, Stats,
    checksums::Checksums,
    clock::{Clock, MAX_OVERDUE, MAX_OVERDUE_WAITING},
    delay::Delay,
    events::Events,
    history::{Again, History},
    input,
    listen::Listening,
    peer::Peer,
    reign::Horizon,
    seats::Log,
    step::{Lineups, Wrong},
    stream::Stream,
    worlds::{WINDOW, Worlds},
};
use protocol::{Frame, PeerId, Simulation, agreement::View, limits::MAX_PREDICTION};
use std::{collections::VecDeque, time::Duration};

/// Confirmed frames that are kept for a caller that does not take them, 17 seconds'; the oldest
/// go first.
pub(super) const MAX_UNTAKEN: usize = 1_024;

/// One peer's side of a match. See the [module](super) for how to drive it.
pub struct Core<S: Simulation> {
    pub(super) me: PeerId,
    pub(super) view: View,
    pub(super) horizon: Horizon,
    pub(super) log: Log,
    pub(super) worlds: Worlds<S>,
    /// One per seat.
    pub(super) streams: Vec<Stream<S::Input>>,
    /// The others that drive a seat, and those that listen to this one.
    pub(super) peers: Vec<Peer>,
    pub(super) clock: Clock,
    pub(super) checksums: Checksums,
    /// What a core without a seat knows of its place.
    pub(super) listening: Listening,
    /// What the newest steps are made with.
    pub(super) lineups: Lineups<S::Input>,
    /// What they were made with in error.
    pub(super) wrong: Option<Wrong>,
    pub(super) stats: Stats,
    pub(super) again: Again,
    pub(super) events: Events<S::Event>,
    pub(super) confirmed: Frame,
    pub(super) untaken: VecDeque<ConfirmedFrame>,
    pub(super) delay: Delay,
    /// Reused by every step.
    pub(super) happened: Vec<S::Event>,
}

impl<S: Simulation> Core<S> {
    /// Corrects wrong predictions, then makes all steps that are due: at most those of a
    /// quarter of a second (a listener, to catch up: at most 600), and at most
    /// [`MAX_PREDICTION`] past what can be confirmed.
    ///
    /// `input` is asked once per step for each seat that this peer drives, with the newest
    /// world. (Not while a lowered input delay takes effect: those frames have their inputs.)
    pub fn tick(&mut self, now: Duration, input: &mut dyn FnMut(&S, usize) -> S::Input) {
        self.correct();
        self.confirm();
        let slept = self.clock.give_up(now, MAX_OVERDUE);
        self.stats.lost_time += slept;
        self.excuse(now, slept);
        self.follow_drivers(now, slept);
        let depths = self.driving_peers().filter_map(Peer::depth);
        self.delay.follow(depths.reduce(f64::max), now);
        while self.clock.next() <= now {
            if !self.may_step() {
                self.stats.waits += 1;
                let lost = self.clock.give_up(now, MAX_OVERDUE_WAITING);
                self.stats.lost_time += lost;
                self.count_waiting(now, lost);
                break;
            }
            self.author(input);
            self.step();
            self.confirm();
            self.count_step(now);
            for peer in &mut self.peers {
                peer.send_soon(now);
            }
        }
        self.leave_behind();
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

    /// The number of the newest world that nothing can change any more: all inputs of the frames
    /// before it are known to every driver, and who drives them is final.
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

    /// A confirmed world, if it is still kept: those of the last tick are, but where it caught
    /// up a hitch.
    pub fn confirmed_world_at(&self, frame: Frame) -> Option<&S> {
        let is_kept = frame <= self.confirmed && self.frame() - frame < WINDOW as Frame;
        is_kept.then(|| self.worlds.get(frame))
    }

    /// World `frame` as it is known now, if it is still kept: one of the newest 64 that this core
    /// has stepped.
    pub fn world_at(&self, frame: Frame) -> Option<&S> {
        self.worlds.kept(frame)
    }

    /// The newest frames, and how often each was stepped again.
    pub fn history(&self) -> History {
        let known = self.confirmable().min(self.frame());
        self.again.history(self.frame(), self.confirmed, known)
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

    /// The frames that were confirmed since the last call, each once, in order. At most 1,024
    /// are kept. (Frames that [`Core::adopt`] went past may not be among them.)
    pub fn take_confirmed(&mut self) -> Vec<ConfirmedFrame> {
        self.untaken.drain(..).collect()
    }

    /// What this core has done so far.
    pub fn stats(&self) -> Stats {
        Stats {
            predicted: self.frame().saturating_sub(self.confirmable()),
            ahead: self.advantage().unwrap_or(0.0) as f32,
            ..self.stats
        }
    }

    /// What is known of another peer of the match; nothing for anybody else.
    pub fn peer_stats(&self, peer: PeerId) -> Option<PeerStats> {
        let peer = self.peers.iter().find(|p| p.id == peer)?;
        Some(PeerStats {
            rtt: peer.rtt(),
            jitter: peer.jitter(),
            loss: peer.loss(),
            ahead: peer.advantage().unwrap_or(0.0) as f32,
            acknowledged: self.acknowledged(peer),
            received: self.received(peer),
            rejected: peer.rejected,
            conflicts: peer.conflicts,
        })
    }

    /// Frames between sampling an input and its step.
    pub fn input_delay(&self) -> u32 {
        self.delay.frames()
    }

    /// Fixes the frames between sampling an input and its step, at most
    /// [`protocol::limits::MAX_INPUT_DELAY`]; nothing lets them follow the measured round trips.
    /// May be called at any time: the stream stays gapless. A raised delay repeats the newest
    /// input until the new one is due, a lowered one lets those stand that are written already.
    pub fn set_input_delay(&mut self, frames: Option<u32>) {
        self.delay.set(frames);
    }

    /// The first frame that is not certain: an input of it is lacking, or it is not final who
    /// drives it. May be past the newest world.
    pub(super) fn confirmable(&self) -> Frame {
        let ends = self.streams.iter().map(Stream::end);
        ends.fold(self.horizon(), Frame::min)
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

    pub(super) fn streams_of(
        &self,
        id: PeerId,
    ) -> impl Iterator<Item = (usize, &Stream<S::Input>)> {
        self.streams
            .iter()
            .enumerate()
            .filter(move |(_, stream)| stream.driver() == Some(id))
    }

    /// The first frame of which `peer` lacks an input of ours.
    pub(super) fn acknowledged(&self, peer: &Peer) -> Frame {
        self.own_streams()
            .map(|(seat, _)| peer.acknowledged[seat])
            .min()
            .unwrap_or(0)
    }

    /// The first frame of which we lack an input of `peer`'s.
    pub(super) fn received(&self, peer: &Peer) -> Frame {
        self.streams_of(peer.id)
            .map(|(_, stream)| stream.end())
            .min()
            .unwrap_or(0)
    }

    /// How far this peer is ahead of the one furthest behind, in frames. Whoever is yet to take
    /// its seat slows nobody down.
    fn advantage(&self) -> Option<f64> {
        let last = self.furthest_behind()?;
        self.peers[last].advantage()
    }

    /// The index of the driver that is furthest behind us.
    fn furthest_behind(&self) -> Option<usize> {
        let frame = self.frame();
        let has_begun = |id| self.streams_of(id).any(|(_, s)| s.since() <= frame);
        let behind = self.peers.iter().enumerate().filter_map(|(index, peer)| {
            let advantage = peer.advantage()?;
            has_begun(peer.id).then_some((index, advantage))
        });
        let last = behind.max_by(|a, b| a.1.total_cmp(&b.1));
        last.map(|(index, _)| index)
    }

    /// The clock's next step, later if we are ahead: what that costs is owed to whoever is
    /// furthest behind. (A listener goes by [`Core::follow_drivers`].)
    fn count_step(&mut self, now: Duration) {
        let last = self.furthest_behind().filter(|_| !self.is_listener());
        let advantage = last.and_then(|last| self.peers[last].advantage());
        let later = self.clock.step(advantage.unwrap_or(0.0));
        let frame = self.frame();
        if let Some(last) = last.filter(|_| later > Duration::ZERO) {
            self.peers[last].waits.add(now, frame, later);
        }
    }

    /// The others that drive a seat in the end.
    pub(super) fn driving_peers(&self) -> impl Iterator<Item = &Peer> {
        self.peers.iter().filter(|peer| self.drives(peer.id))
    }

    /// Where this peer is now, in frames and parts of them.
    pub(super) fn position(&self, now: Duration) -> f64 {
        f64::from(self.frame()) + self.clock.phase(now)
    }

    /// Whether a step may be made: not past the prediction bound, nor with so many inputs
    /// unacknowledged that the next ones could not be sent.
    pub(super) fn may_step(&self) -> bool {
        self.frame() < self.confirmable().saturating_add(MAX_PREDICTION)
            && self.driving_peers().all(|peer| self.acknowledges(peer))
            && self.frame() < Frame::MAX / 2
    }

    /// Writes this peer's inputs for the newest frame that the delay lets it decide.
    fn author(&mut self, sample: &mut dyn FnMut(&S, usize) -> S::Input) {
        let frame = self.worlds.frame() + self.delay.frames();
        for (seat, stream) in self.streams.iter_mut().enumerate() {
            let is_ours = stream.driver() == Some(self.me) && !stream.is_frozen();
            if !is_ours || stream.end() > frame {
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

    /// Moves the confirmed frontier as far as the inputs, the horizon and what others have allow,
    /// and forgets what it passed.
    pub(super) fn confirm(&mut self) {
        let begun = self.confirmed;
        let confirmed = (self.confirmable())
            .min(self.held_by_all())
            .min(self.worlds.frame())
            .max(begun);
        self.confirmed = confirmed;
        for stream in &mut self.streams {
            stream.confirm(confirmed);
        }
        for frame in begun..confirmed {
            self.keep_confirmed(frame);
            self.record(frame + 1);
        }
        if begun < confirmed {
            self.events.confirm(confirmed);
        }
    }

    /// Keeps a confirmed frame for [`Core::take_confirmed`].
    pub(super) fn keep_confirmed(&mut self, frame: Frame) {
        if self.untaken.len() == MAX_UNTAKEN {
            self.untaken.pop_front();
        }
        self.untaken.push_back(self.confirmed_frame(frame));
    }

    /// Notes the checksum of a world that is confirmed, if peers compare it.
    pub(super) fn record(&mut self, frame: Frame) {
        if Checksums::counts(frame) {
            let sum = self.worlds.get(frame).checksum();
            self.checksums.record(frame, sum);
        }
    }
}
