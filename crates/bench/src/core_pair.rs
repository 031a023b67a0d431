//! Ours: two rollback cores, each of which hears of the other's inputs eight frames late.

use crate::{
    figures::{self, PARTS, Timed},
    scene::{self, LAP, PEERS, ROLLBACK, WARM_UP},
};
use netplay::rollback::{Core, Plan, STEP};
use protocol::{Frame, PeerId};
use sim::demo::World;
use std::{collections::VecDeque, time::Duration};
use uuid::Uuid;
use web_time::Instant;

/// Two cores that play the scene in lockstep, and the datagrams between them.
pub struct Pair {
    cores: [Core<World>; PEERS],
    /// By receiver: what is on its way, with the turn in which it arrives.
    ways: [VecDeque<(Frame, Vec<u8>)>; PEERS],
    turn: Frame,
}

fn id(peer: usize) -> PeerId {
    PeerId(Uuid::from_u128(peer as u128 + 1))
}

impl Pair {
    /// A match at its start.
    pub fn new(seats: usize) -> Self {
        let core = |me| {
            let plan = Plan {
                match_id: 1,
                seed: scene::seed(),
                settings: scene::settings(seats),
                roster: (0..seats)
                    .map(|seat| (seat < PEERS).then(|| id(seat)))
                    .collect(),
                me: id(me),
                input_delay: Some(0),
            };
            Core::new(plan, Duration::ZERO).expect("the roster has the settings' seats and us")
        };
        Self {
            cores: std::array::from_fn(core),
            ways: Default::default(),
            turn: 0,
        }
    }

    /// One frame of both.
    fn turn(&mut self) {
        self.receive();
        self.tick();
        self.send();
    }

    /// The time of this turn.
    fn now(&self) -> Duration {
        STEP * self.turn
    }

    /// Begins a turn: what is due comes.
    fn receive(&mut self) {
        self.turn += 1;
        let now = self.now();
        for (me, (core, way)) in self.cores.iter_mut().zip(&mut self.ways).enumerate() {
            while let Some((_, bytes)) = way.pop_front_if(|(at, _)| *at <= self.turn) {
                core.receive(id(1 - me), &bytes, now)
                    .expect("a core takes what a core sends");
            }
        }
    }

    /// Both go back, step again and make the newest step.
    fn tick(&mut self) {
        let now = self.now();
        for core in &mut self.cores {
            core.tick(now, &mut |world, seat| scene::input(seat, world.frame()));
        }
    }

    /// Ends a turn: what is to be told goes.
    fn send(&mut self) {
        let now = self.now();
        for (me, core) in self.cores.iter_mut().enumerate() {
            core.take_events();
            core.take_confirmed();
            while let Some((_, bytes)) = core.poll_datagram(now) {
                self.ways[1 - me].push_back((self.turn + ROLLBACK, bytes));
            }
        }
    }

    /// Plays until this frame.
    pub fn play_to(&mut self, frame: Frame) {
        while self.turn < frame {
            self.turn();
        }
    }

    /// Each frame, but for the first ones, went back as far as it should.
    ///
    /// # Panics
    /// If one did not: the figures would not be what they say.
    pub fn assert_rolled_back(&self) {
        for core in &self.cores {
            let stats = core.stats();
            assert_eq!(core.frame(), self.turn);
            assert_eq!(stats.longest_rollback, ROLLBACK);
            assert_eq!(stats.rollbacks, u64::from(self.turn - ROLLBACK));
            assert_eq!(stats.resimulated, stats.rollbacks * u64::from(ROLLBACK));
        }
    }

    /// The core of the peer in seat 0.
    pub fn first(&self) -> &Core<World> {
        &self.cores[0]
    }
}

impl Pair {
    fn warmed_up(seats: usize) -> Self {
        let mut pair = Self::new(seats);
        pair.play_to(WARM_UP);
        pair
    }
}

/// What is done in a frame of either core: a datagram comes, one is made, and [`Ticks`].
pub struct Frames(Pair);

impl Timed for Frames {
    const NAME: &'static str = "frame";

    fn prepare(seats: usize) -> Self {
        Self(Pair::warmed_up(seats))
    }

    fn part(&mut self) -> (Duration, u32) {
        let turns = LAP / PARTS;
        let start = Instant::now();
        (0..turns).for_each(|_| self.0.turn());
        (start.elapsed(), PEERS as u32 * turns)
    }
}

/// Pairs that play the same one after another. A browser's clock goes in steps of 5 µs, longer than
/// two ticks take: of few such readings, the fastest are those that were rounded down.
const IN_A_ROW: usize = if cfg!(target_arch = "wasm32") { 8 } else { 1 };

/// [`Core::tick`] alone: going back, stepping again and making the newest step, without the
/// datagrams' coming and going.
pub struct Ticks {
    pairs: [Pair; IN_A_ROW],
    /// What reading the clock takes, twice in each turn.
    clock: Duration,
}

impl Timed for Ticks {
    const NAME: &'static str = "tick";

    fn prepare(seats: usize) -> Self {
        Self {
            pairs: std::array::from_fn(|_| Pair::warmed_up(seats)),
            clock: figures::clock(),
        }
    }

    fn part(&mut self) -> (Duration, u32) {
        let turns = LAP / PARTS;
        let mut took = Duration::ZERO;
        for pair in &mut self.pairs {
            for _ in 0..turns {
                pair.receive();
                let start = Instant::now();
                pair.tick();
                took += start.elapsed();
                pair.send();
            }
        }
        let readings = IN_A_ROW as u32 * turns;
        (
            took.saturating_sub(self.clock * readings),
            PEERS as u32 * readings,
        )
    }
}
