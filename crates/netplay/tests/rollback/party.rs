//! A match of several cores over one network, in simulated time.

use crate::toy::{Lap, Options, Stick, Toy, mix, play};
use bytes::Bytes;
use netplay::{
    rollback::{ConfirmedFrame, Core, Entry, Plan, Rejected},
    transport::{
        Channel,
        memory::{Conditions, Network},
    },
};
use protocol::{Driver, Frame, PeerId, Seat, Simulation};
use std::{collections::BTreeMap, time::Duration};

/// How often the cores are driven: a thread's or a Worker's timer is no finer.
const QUANTUM: Duration = Duration::from_millis(2);

pub const fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

/// One peer and what it lives through.
pub struct Player {
    pub id: PeerId,
    pub core: Core<Toy>,
    /// Its clock's speed against true time.
    pub rate: f64,
    /// When it starts its match, in true time.
    pub starts: Duration,
    /// Whether nobody drives it, by true time.
    pub sleeps: fn(Duration) -> bool,
    /// What it does, by the match's seed, its seat and the frame.
    pub plays: fn(u64, usize, Frame) -> Stick,
    /// The checksum of each newest confirmed world, at each turn.
    pub confirmed: BTreeMap<Frame, u64>,
    /// Every checksum that peers compare.
    pub compared: BTreeMap<Frame, u64>,
    /// All confirmed frames.
    pub frames: Vec<ConfirmedFrame>,
    pub events: Vec<(Frame, Lap)>,
    pub rejected: Vec<Rejected>,
}

impl Player {
    fn new(id: PeerId, core: Core<Toy>) -> Self {
        Self {
            id,
            core,
            rate: 1.0,
            starts: Duration::ZERO,
            sleeps: |_| false,
            plays: play,
            confirmed: BTreeMap::new(),
            compared: BTreeMap::new(),
            frames: Vec::new(),
            events: Vec::new(),
            rejected: Vec::new(),
        }
    }

    /// Its own clock: another epoch, and perhaps another speed.
    pub fn clock(&self, now: Duration) -> Duration {
        now.mul_f64(self.rate) + epoch(self.id)
    }

    fn is_awake(&self, now: Duration) -> bool {
        now >= self.starts && !(self.sleeps)(now)
    }
}

/// What a peer's clock says when true time begins.
fn epoch(id: PeerId) -> Duration {
    ms(id.0.as_u64_pair().0 % 100_000)
}

pub struct Party {
    pub network: Network,
    pub players: Vec<Player>,
    pub now: Duration,
    pub seed: u64,
    /// Every datagram, for tests that want real ones.
    pub record: Option<Vec<(PeerId, PeerId, Vec<u8>)>>,
}

pub fn plan(roster: Vec<Option<PeerId>>, me: PeerId, seed: u64) -> Plan<Toy> {
    let settings = Options {
        seats: roster.len() as u8,
        wrong_from: None,
    };
    Plan {
        match_id: 7,
        seed,
        settings,
        roster,
        me,
        input_delay: Some(0),
    }
}

impl Party {
    /// The frame up to which all players have confirmed.
    pub fn confirmed_by_all(&self) -> Frame {
        let confirmed = self.players.iter().map(|p| p.core.confirmed());
        confirmed.min().unwrap()
    }

    pub fn new(size: usize, conditions: Conditions, seed: u64) -> Self {
        Self::with(size, conditions, seed, |_, plan| plan)
    }

    /// A match whose players' plans are changed by `edit`.
    pub fn with(
        size: usize,
        conditions: Conditions,
        seed: u64,
        edit: impl Fn(usize, Plan<Toy>) -> Plan<Toy>,
    ) -> Self {
        let mut network = Network::new(conditions, seed);
        let ids: Vec<PeerId> = (0..size).map(|_| network.join()).collect();
        let roster: Vec<_> = ids.iter().copied().map(Some).collect();
        let player = |(i, id): (usize, &PeerId)| {
            let plan = edit(i, plan(roster.clone(), *id, seed));
            Player::new(*id, Core::new(plan, epoch(*id)).unwrap())
        };
        let players = ids.iter().enumerate().map(player).collect();
        Self {
            network,
            players,
            now: Duration::ZERO,
            seed,
            record: None,
        }
    }

    /// Lets player `i` start later, with a clock of its own speed.
    pub fn start(&mut self, i: usize, starts: Duration, rate: f64) {
        let roster: Vec<_> = self.players.iter().map(|p| Some(p.id)).collect();
        let player = &mut self.players[i];
        player.starts = starts;
        player.rate = rate;
        let plan = plan(roster, player.id, self.seed);
        player.core = Core::new(plan, player.clock(starts)).unwrap();
    }

    /// What a newcomer is told by player `from` now.
    pub fn snapshot(&mut self, from: usize) -> Entry<Toy> {
        let core = &self.players[from].core;
        Entry {
            me: self.network.join(),
            view: core.view(),
            log: core.log(),
            order: core.order(),
            tenures: core.tenures(),
            frame: core.confirmed(),
            world: core.confirmed_world().clone(),
            input_delay: Some(0),
        }
    }

    /// A newcomer enters, and everybody who drives a seat lets it listen.
    pub fn enter(&mut self, entry: Entry<Toy>) -> usize {
        let (me, from) = (entry.me, entry.frame);
        let core = Core::enter(entry, self.now + epoch(me)).unwrap();
        let drivers = core.order();
        self.players.push(Player::new(me, core));
        for player in self.players.iter_mut().filter(|p| drivers.contains(&p.id)) {
            let clock = player.clock(self.now);
            assert!(player.core.listen(me, from, clock));
        }
        self.players.len() - 1
    }

    /// Nobody drives this one any more.
    pub fn kill(&mut self, i: usize) {
        self.players[i].sleeps = |_| true;
    }

    pub fn run(&mut self, time: Duration) {
        let end = self.now + time;
        while self.now < end {
            self.now += QUANTUM;
            for i in 0..self.players.len() {
                if self.players[i].is_awake(self.now) {
                    self.turn(i);
                }
            }
        }
    }

    fn turn(&mut self, i: usize) {
        let (now, seed) = (self.now, self.seed);
        let player = &mut self.players[i];
        let clock = player.clock(now);
        let mut came = false;
        while let Some((from, _, packet)) = self.network.receive(player.id, now) {
            came = true;
            if let Err(rejected) = player.core.receive(from, &packet, clock) {
                player.rejected.push(rejected);
            }
        }
        if !came && player.core.next_due() > clock {
            return;
        }
        player.core.tick(clock, &mut |world, seat| {
            (player.plays)(seed, seat, world.frame)
        });
        player.frames.extend(player.core.take_confirmed());
        player.events.extend(player.core.take_events());
        player.confirmed.insert(
            player.core.confirmed(),
            player.core.confirmed_world().checksum(),
        );
        player.compared.extend(player.core.checksum());
        while let Some((to, bytes)) = player.core.poll_datagram(clock) {
            assert!(bytes.len() <= protocol::limits::MAX_DATAGRAM_BYTES);
            if let Some(record) = &mut self.record {
                record.push((player.id, to, bytes.clone()));
            }
            self.network
                .send(player.id, to, Channel::Unreliable, Bytes::from(bytes), now);
        }
    }

    /// All worlds that two players both confirmed are equal, and all came as far as `least`.
    #[track_caller]
    pub fn assert_agreed(&self, least: Frame) {
        for player in &self.players {
            let confirmed = player.core.confirmed();
            assert!(
                confirmed >= least,
                "confirmed {confirmed} of {least} frames"
            );
            assert_eq!(player.core.desync(), None);
        }
        let mut common = 0;
        for (i, a) in self.players.iter().enumerate() {
            for b in &self.players[i + 1..] {
                for series in [(&a.confirmed, &b.confirmed), (&a.compared, &b.compared)] {
                    for (frame, sum) in series.0 {
                        if let Some(other) = series.1.get(frame) {
                            assert_eq!(sum, other, "worlds differ at frame {frame}");
                            common += 1;
                        }
                    }
                }
            }
        }
        assert!(common > 0 || self.players.len() < 2);
    }

    /// Every confirmed world is the one that the players' inputs make without any network: for
    /// matches without input delay, where each frame's input is known beforehand.
    #[track_caller]
    pub fn assert_true_to_inputs(&self) {
        let seats = self.players.len();
        let newest = self
            .players
            .iter()
            .map(|p| p.core.confirmed())
            .max()
            .unwrap_or(0);
        let options = Options {
            seats: seats as u8,
            wrong_from: None,
        };
        let mut world = Toy::new(&options, self.seed);
        for frame in 0..=newest {
            for player in &self.players {
                if let Some(sum) = player.confirmed.get(&frame) {
                    assert_eq!(*sum, world.checksum(), "not the true world {frame}");
                }
            }
            let input = |seat| play(self.seed, seat, frame);
            let inputs = (0..seats).map(|i| Seat {
                input: input(i),
                driver: Driver::Peer,
            });
            world.step(&inputs.collect::<Vec<_>>(), &mut Vec::new());
        }
    }

    /// All recorded the same frames without a gap, and every confirmed world is what they make.
    #[track_caller]
    pub fn assert_true_to_frames(&self) {
        let whole = |p: &&Player| p.frames.first().is_some_and(|frame| frame.frame == 0);
        let whole = self.players.iter().filter(whole);
        let longest = whole.max_by_key(|p| p.frames.len()).unwrap();
        let options = Options {
            seats: longest.core.ends().len() as u8,
            wrong_from: None,
        };
        let mut world = Toy::new(&options, self.seed);
        for (number, frame) in longest.frames.iter().enumerate() {
            assert_eq!(frame.frame, number as Frame);
            for player in &self.players {
                if let Some(sum) = player.confirmed.get(&frame.frame) {
                    assert_eq!(*sum, world.checksum(), "not the world {number}");
                }
            }
            let seat = |seat: usize| Seat {
                input: postcard::from_bytes(&frame.words[seat].to_le_bytes()).unwrap(),
                driver: match frame.peers >> seat & 1 {
                    0 => Driver::Bot,
                    _ => Driver::Peer,
                },
            };
            let seats: Vec<_> = (0..options.seats.into()).map(seat).collect();
            world.step(&seats, &mut Vec::new());
        }
        for player in &self.players {
            let Some(first) = player.frames.first() else {
                continue;
            };
            let same = &longest.frames[first.frame as usize..];
            let common = same.len().min(player.frames.len());
            assert_eq!(player.frames[..common], same[..common]);
        }
    }

    #[track_caller]
    pub fn assert_nothing_rejected(&self) {
        for player in &self.players {
            assert_eq!(player.rejected, []);
            assert_eq!(player.core.stats().conflicts, 0);
        }
    }
}

/// Random conditions up to the worst that the design names.
pub fn any_conditions(seed: u64) -> Conditions {
    let up_to = |most: u64, what: u64| mix(seed ^ what << 32) % (most + 1);
    Conditions {
        latency: ms(up_to(300, 1)),
        jitter: ms(up_to(60, 2)),
        loss: up_to(20, 3) as f64 / 100.0,
        reorder: up_to(20, 4) as f64 / 100.0,
        duplicate: up_to(20, 5) as f64 / 100.0,
    }
}
