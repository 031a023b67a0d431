//! Ours: two rollback cores, each of which hears of the other's inputs eight frames late.

use crate::{
    figures::{PARTS, Timed},
    scene::{self, LAP, PEERS, ROLLBACK, WARM_UP},
};
use netplay::rollback::{Core, Plan, STEP};
use protocol::{Frame, PeerId};
use sim::World;
use std::{collections::VecDeque, time::Duration};
use uuid::Uuid;

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

    /// One frame of both: takes in what has come, goes back and steps again, makes the newest
    /// step, takes out what is to be sent.
    pub fn turn(&mut self) {
        self.turn += 1;
        let now = STEP * self.turn;
        for (me, core) in self.cores.iter_mut().enumerate() {
            let other = 1 - me;
            while let Some((_, bytes)) = self.ways[me].pop_front_if(|(at, _)| *at <= self.turn) {
                core.receive(id(other), &bytes, now)
                    .expect("a core takes what a core sends");
            }
            core.tick(now, &mut |world, seat| scene::input(seat, world.frame()));
            core.take_events();
            core.take_confirmed();
            while let Some((_, bytes)) = core.poll_datagram(now) {
                self.ways[other].push_back((self.turn + ROLLBACK, bytes));
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

impl Timed for Pair {
    const NAME: &'static str = "core";

    fn prepare(seats: usize) -> Self {
        let mut pair = Self::new(seats);
        pair.play_to(WARM_UP);
        pair
    }

    fn part(&mut self) -> u32 {
        self.play_to(self.turn + LAP / PARTS);
        // Both cores play each frame.
        PEERS as u32 * LAP / PARTS
    }
}
