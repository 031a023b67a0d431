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

    /// One frame of both, and how long [`Core::tick`] took in it: going back, stepping again and
    /// making the newest step, without the datagrams' coming and going.
    pub fn turn(&mut self) -> Duration {
        self.turn += 1;
        let now = STEP * self.turn;
        self.receive(now);
        let start = Instant::now();
        for core in &mut self.cores {
            core.tick(now, &mut |world, seat| scene::input(seat, world.frame()));
        }
        let took = start.elapsed();
        self.send(now);
        took
    }

    fn receive(&mut self, now: Duration) {
        for (me, (core, way)) in self.cores.iter_mut().zip(&mut self.ways).enumerate() {
            while let Some((_, bytes)) = way.pop_front_if(|(at, _)| *at <= self.turn) {
                core.receive(id(1 - me), &bytes, now)
                    .expect("a core takes what a core sends");
            }
        }
    }

    fn send(&mut self, now: Duration) {
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

/// What is done in a frame of either core: a datagram comes, one is made, and [`Ticks`].
pub struct Frames(Pair);

/// [`Core::tick`] alone.
pub struct Ticks {
    pair: Pair,
    /// Is read around the ticks of each turn.
    clock: Duration,
}

impl Pair {
    fn warmed_up(mut self) -> Self {
        self.play_to(WARM_UP);
        self
    }

    /// The next part of a lap: how long its ticks took by the clock, and how many turns it was.
    fn part(&mut self) -> (Duration, u32) {
        let turns = LAP / PARTS;
        ((0..turns).map(|_| self.turn()).sum(), turns)
    }
}

impl Timed for Frames {
    const NAME: &'static str = "frame";

    fn prepare(seats: usize) -> Self {
        Self(Pair::new(seats).warmed_up())
    }

    fn part(&mut self) -> (Duration, u32) {
        let start = Instant::now();
        let (_, turns) = self.0.part();
        (start.elapsed(), PEERS as u32 * turns)
    }
}

impl Timed for Ticks {
    const NAME: &'static str = "tick";

    fn prepare(seats: usize) -> Self {
        Self {
            pair: Pair::new(seats).warmed_up(),
            clock: figures::clock(),
        }
    }

    fn part(&mut self) -> (Duration, u32) {
        let (took, turns) = self.pair.part();
        (
            took.saturating_sub(self.clock * turns),
            PEERS as u32 * turns,
        )
    }
}
