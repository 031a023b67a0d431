//! Plays a schedule in simulated time, in one thread.

use super::{
    Breach, Figures, Invariant, Schedule,
    games::Game,
    judge::Judge,
    links::Links,
    schedule::{Act, Event, Rules, ms},
    wire::{Signaling, Wire},
};
use netplay::{
    session::{Command, Config, room::Room},
    transport::memory::{Conditions, Hub, manual_network},
};
use protocol::PeerId;
use sim::rng::Rng;
use std::{
    collections::BTreeMap,
    hash::{DefaultHasher, Hash, Hasher},
    panic::{AssertUnwindSafe, catch_unwind},
    time::Duration,
};

/// Peers act at multiples of this: no thread wakes up more exactly.
const GRAIN: Duration = Duration::from_millis(1);

/// How long signaling takes to see that a peer has crashed, when it does not see it at once.
const CRASH_SEEN_AFTER: Duration = Duration::from_secs(30);

/// The least time between two decisions of a player, and the most that is added to it.
const REACTION: (u64, u64) = (100, 300);

/// A fault that a test plants, to see it found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// A peer that was frozen takes other inputs for those that it was sent.
    CorruptsAfterFreeze,
    /// The process breaks when it freezes.
    PanicsOnFreeze,
}

/// What came of a run.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// A hash over all that every peer did: equal for equal histories.
    pub hash: u64,
    pub figures: Figures,
    pub breach: Option<Breach>,
    /// What happened, line by line.
    pub trace: Vec<String>,
}

/// Plays a schedule to its end, or to the first breach of an invariant.
pub fn run(schedule: &Schedule) -> Outcome {
    run_with(schedule, None)
}

/// The same with a planted fault.
pub fn run_with(schedule: &Schedule, fault: Option<Fault>) -> Outcome {
    match schedule.rules {
        Rules::Sums | Rules::Rounds => play::<crate::game::Sums>(schedule, fault),
        Rules::Sim => play::<sim::World>(schedule, fault),
    }
}

fn play<S: Game>(schedule: &Schedule, fault: Option<Fault>) -> Outcome {
    let mut run = Run::<S>::new(schedule, fault);
    let result = super::panics::quietly(|| catch_unwind(AssertUnwindSafe(|| run.play())));
    let breach = match result {
        Ok(result) => result.err(),
        Err(_) => Some(Breach {
            invariant: Invariant::Panic,
            at: run.hub.now(),
            peer: run.on_turn,
            detail: super::panics::last_panic(),
        }),
    };
    run.outcome(breach)
}

/// A player's place in the run.
struct Player<S: Game> {
    number: u8,
    id: PeerId,
    /// Nothing once it is gone.
    peer: Option<(Room<S>, Wire)>,
    /// The zero of its own clock.
    epoch: Duration,
    /// It gets no turn before this.
    sleeps_until: Duration,
    /// The least time between its turns.
    every: Duration,
    wakes: Duration,
    decides: Duration,
    /// When it crashed, if it did and signaling has not seen it.
    crashed: Option<Duration>,
}

struct Run<'a, S: Game> {
    schedule: &'a Schedule,
    fault: Option<Fault>,
    hub: Hub,
    signaling: Signaling,
    links: Links,
    players: Vec<Player<S>>,
    /// What has yet to begin or end: the time, a serial, whether it begins.
    agenda: BTreeMap<(Duration, usize), (Act, bool)>,
    unsignaled: Vec<Act>,
    judge: Judge,
    random: Rng,
    hasher: DefaultHasher,
    turns: u64,
    on_turn: Option<u8>,
}

impl<'a, S: Game> Run<'a, S> {
    fn new(schedule: &'a Schedule, fault: Option<Fault>) -> Self {
        let weather = schedule.weather;
        let share = |percent: u32| f64::from(percent) / 100.0;
        let conditions = Conditions {
            latency: ms(weather.rtt) / 2,
            jitter: ms(weather.jitter),
            loss: share(weather.loss),
            reorder: share(weather.reorder),
            duplicate: share(weather.duplicate),
        };
        let mut agenda = BTreeMap::new();
        let starts = (0..schedule.peers).map(|peer| Event {
            at: 0,
            act: Act::Join { peer, watch: false },
        });
        for event in starts.chain(schedule.events.iter().copied()) {
            agenda.insert((ms(event.at), agenda.len()), (event.act, true));
        }
        Self {
            schedule,
            fault,
            hub: manual_network(conditions, schedule.seed),
            signaling: Signaling::default(),
            links: Links::default(),
            players: Vec::new(),
            agenda,
            unsignaled: Vec::new(),
            judge: Judge::new(schedule),
            random: Rng::new(schedule.seed),
            hasher: DefaultHasher::new(),
            turns: 0,
            on_turn: None,
        }
    }

    fn play(&mut self) -> Result<(), Breach> {
        let end = ms(self.schedule.length);
        while self.hub.now() < end {
            self.act();
            let now = self.hub.now();
            for index in 0..self.players.len() {
                self.turn(index, now)?;
            }
            self.on_turn = None;
            self.judge.judge_newcomers(now)?;
            let next = self.next_wake().clamp(now + GRAIN, end);
            let grains = next.as_nanos().div_ceil(GRAIN.as_nanos());
            self.hub.advance(GRAIN * grains as u32 - now);
        }
        let rooms = self.players.iter();
        let rooms: Vec<_> = rooms
            .filter(|player| player.is_awake())
            .filter_map(|player| Some((player.number, &player.peer.as_ref()?.0)))
            .collect();
        self.judge.finish(self.hub.now(), &rooms)
    }

    /// Lets begin and end what is due.
    fn act(&mut self) {
        let now = self.hub.now();
        while let Some(entry) = self
            .agenda
            .first_entry()
            .filter(|entry| entry.key().0 <= now)
        {
            let (act, begins) = entry.remove();
            let happens = if begins {
                self.begin(act)
            } else {
                self.end(act)
            };
            if !happens {
                continue;
            }
            self.judge.happens(now, &act, begins);
            if let (true, Some(time)) = (begins, act.lasts()) {
                let serial = self.schedule.events.len() + self.agenda.len() + 1_000;
                self.agenda.insert((now + ms(time), serial), (act, false));
            }
        }
        let forgotten = |player: &Player<S>| {
            let since = player.crashed?;
            (now >= since + CRASH_SEEN_AFTER).then_some(player.id)
        };
        let forgotten: Vec<PeerId> = self.players.iter().filter_map(forgotten).collect();
        for player in self
            .players
            .iter_mut()
            .filter(|player| forgotten.contains(&player.id))
        {
            player.peer = None;
            player.crashed = None;
        }
    }

    /// Begins an act; says whether it could happen.
    fn begin(&mut self, act: Act) -> bool {
        let now = self.hub.now();
        match act {
            Act::Join { peer, watch } => return self.join(peer, None, watch),
            Act::Return { peer, was } => {
                let is_gone = self
                    .players
                    .iter()
                    .any(|p| p.number == was && !p.is_awake());
                return is_gone && self.join(peer, Some(was), false);
            }
            Act::Split { .. } | Act::Deafen { .. } => {
                self.links.begin(act);
                self.apply_links();
            }
            Act::Unsignal { .. } => {
                self.unsignaled.push(act);
                self.apply_signaling();
            }
            Act::Leave { peer }
            | Act::Crash { peer, .. }
            | Act::Freeze { peer, .. }
            | Act::Slow { peer, .. }
            | Act::Chat { peer } => {
                let Some(player) = self.players.iter_mut().find(|p| p.number == peer) else {
                    return false;
                };
                return player.begin(act, now, self.fault);
            }
        }
        true
    }

    /// Ends an act that lasted.
    fn end(&mut self, act: Act) -> bool {
        match act {
            Act::Split { .. } | Act::Deafen { .. } => {
                self.links.end(act);
                self.apply_links();
            }
            Act::Unsignal { .. } => {
                self.unsignaled.retain(|active| *active != act);
                self.apply_signaling();
            }
            Act::Slow { peer, .. } => {
                if let Some(player) = self.players.iter_mut().find(|p| p.number == peer) {
                    player.every = Duration::ZERO;
                }
            }
            _ => {}
        }
        true
    }

    /// A new peer comes, perhaps as the player of an earlier one.
    fn join(&mut self, number: u8, was: Option<u8>, watch: bool) -> bool {
        if self.players.iter().any(|player| player.number == number) {
            return false;
        }
        let transport = self.hub.join();
        let Some(id) = netplay::transport::Transport::local_id(&transport) else {
            return false;
        };
        let config = Config {
            color: 0,
            token: token(number),
            resumes: was.map(token),
            name: format!("P{number}"),
            settings: S::settings(self.schedule.rules),
            seating: netplay::session::in_order::<S>,
            autopilot: None,
            auto_ready: true,
            min_peers: usize::from(self.schedule.peers),
            watch,
            input_delay: None,
        };
        let now = self.hub.now();
        self.judge.meet(now, number, id);
        self.players.push(Player {
            number,
            id,
            peer: Some((
                Room::new(config, self.random.next_u64()),
                Wire::new(transport, id, self.signaling.clone()),
            )),
            epoch: now,
            sleeps_until: now,
            every: Duration::ZERO,
            wakes: now,
            decides: now,
            crashed: None,
        });
        self.apply_signaling();
        self.apply_links();
        true
    }

    fn apply_links(&self) {
        let peers: Vec<_> = self.players.iter().map(|p| (p.number, p.id)).collect();
        self.links.apply(&self.hub, &peers);
    }

    fn apply_signaling(&self) {
        for player in &self.players {
            let is_off = |act: &Act| match act {
                Act::Unsignal { peers, .. } => peers.has(player.number),
                _ => false,
            };
            if player.is_awake() && !self.unsignaled.iter().any(is_off) {
                self.signaling.enter(player.id);
            } else {
                self.signaling.lose(player.id);
            }
        }
    }

    fn turn(&mut self, index: usize, now: Duration) -> Result<(), Breach> {
        let player = &mut self.players[index];
        if player.wakes > now || !player.is_awake() {
            return Ok(());
        }
        let Some((room, wire)) = &mut player.peer else {
            return Ok(());
        };
        if player.decides <= now {
            room.set_input(S::input(self.random.next_u64()));
            let (least, more) = REACTION;
            let pause = least + self.random.next_u64() % more;
            player.decides = now + Duration::from_millis(pause);
        }
        self.on_turn = Some(player.number);
        // Whoever wants to know more than the trace sets `RUST_LOG`.
        let _span = tracing::info_span!("turn", at = now.as_secs_f64(), player.number).entered();
        room.turn(now - player.epoch, wire);
        self.turns += 1;
        player.sleeps_until = player.sleeps_until.max(now + player.every);
        let status = (room.phase() == &netplay::session::Phase::Match, room.core());
        let told = status
            .1
            .map(|core| (core.frame(), core.confirmed(), core.checksum()));
        (now, player.number, status.0, told).hash(&mut self.hasher);
        room.take_events();
        self.judge.look(now, player.number, room)?;
        if room.is_closed() {
            player.peer = None;
            self.apply_signaling();
        }
        Ok(())
    }

    /// When something happens next; notes when each peer gets its next turn.
    fn next_wake(&mut self) -> Duration {
        let mut next = self
            .agenda
            .keys()
            .next()
            .map_or(Duration::MAX, |(at, _)| *at);
        let players = &mut self.players;
        self.hub.change(|network, _| {
            for player in players.iter_mut().filter(|player| player.is_awake()) {
                let Some((room, _)) = &player.peer else {
                    continue;
                };
                let due = player.epoch + room.next_due();
                let arrival = network.next_arrival(player.id);
                let wakes = arrival.map_or(due, |arrival| arrival.min(due));
                player.wakes = wakes.max(player.sleeps_until);
                next = next.min(player.wakes);
            }
        });
        next
    }

    fn outcome(mut self, breach: Option<Breach>) -> Outcome {
        self.turns.hash(&mut self.hasher);
        let now = self.hub.now();
        let (mut figures, trace) = self.judge.close(now);
        figures.turns = self.turns;
        for player in &self.players {
            if let Some((room, _)) = &player.peer {
                figures.sent += room.status().bytes_out;
                figures.sending += now - player.epoch;
            }
        }
        figures.sent.hash(&mut self.hasher);
        Outcome {
            hash: self.hasher.finish(),
            figures,
            breach,
            trace,
        }
    }
}

impl<S: Game> Player<S> {
    /// Whether it is there and may get turns.
    fn is_awake(&self) -> bool {
        self.peer.is_some() && self.crashed.is_none()
    }

    fn begin(&mut self, act: Act, now: Duration, fault: Option<Fault>) -> bool {
        if !self.is_awake() {
            return false;
        }
        let Some((room, wire)) = &mut self.peer else {
            return false;
        };
        match act {
            Act::Leave { .. } => room.command(Command::Leave),
            Act::Chat { .. } => room.command(Command::Chat("hello".into())),
            Act::Crash { seen: true, .. } => self.peer = None,
            Act::Crash { seen: false, .. } => self.crashed = Some(now),
            Act::Slow { every, .. } => self.every = ms(every),
            Act::Freeze { ms: time, .. } => {
                assert_ne!(fault, Some(Fault::PanicsOnFreeze), "a planted fault");
                wire.wakes = true;
                wire.corrupts |= fault == Some(Fault::CorruptsAfterFreeze);
                self.sleeps_until = self.sleeps_until.max(now + ms(time));
                self.wakes = self.sleeps_until;
            }
            _ => return false,
        }
        true
    }
}

/// The secret of a peer's player.
fn token(number: u8) -> protocol::agreement::Token {
    [number + 1; 16]
}
