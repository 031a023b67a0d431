//! Rooms in simulated time over the in-memory network: nothing sleeps.

use bytes::Bytes;
use netplay::{
    session::{Config, Phase, room::Room},
    transport::{
        Channel, Transport,
        memory::{Conditions, Hub, MemoryTransport, manual_network},
    },
};
use protocol::{PeerId, Simulation, peer::Message};
use std::time::Duration;

/// Simulated time moves by this.
pub const TICK: Duration = Duration::from_millis(5);

/// 10 ms each way and no fault.
pub const FAIR: Conditions = Conditions {
    latency: Duration::from_millis(10),
    jitter: Duration::ZERO,
    loss: 0.0,
    reorder: 0.0,
    duplicate: 0.0,
};

/// 60 to 100 ms each way, every tenth packet lost, some late or twice.
pub const ROUGH: Conditions = Conditions {
    latency: Duration::from_millis(60),
    jitter: Duration::from_millis(40),
    loss: 0.1,
    reorder: 0.05,
    duplicate: 0.05,
};

/// A peer: its room and its end of the network.
pub struct Peer<S: Simulation> {
    pub room: Room<S>,
    pub transport: MemoryTransport,
}

impl<S: Simulation> Peer<S> {
    pub fn id(&self) -> PeerId {
        self.transport
            .local_id()
            .expect("the memory network assigns ids at once")
    }

    /// Sends raw bytes past the room, as no honest peer would.
    pub fn throw(&mut self, to: PeerId, channel: Channel, bytes: &[u8]) {
        self.transport
            .send(to, channel, Bytes::copy_from_slice(bytes));
    }

    /// Sends a message past the room.
    pub fn tell(&mut self, to: PeerId, message: &Message) {
        self.throw(to, Channel::Reliable, &message.encode());
    }
}

/// The network and its clock.
pub struct World(Hub);

impl World {
    pub fn new(conditions: Conditions, seed: u64) -> Self {
        // What the rooms have to say is shown on demand: RUST_LOG=netplay=debug.
        let _ = tracing_subscriber::fmt()
            .with_test_writer()
            .with_env_filter(tracing_subscriber::EnvFilter::from_default_env())
            .try_init();
        Self(manual_network(conditions, seed))
    }

    /// Somebody enters the room, as its youngest.
    pub fn join<S: Simulation>(&self, config: Config<S>) -> Peer<S> {
        let transport = self.0.join();
        let entropy = transport.local_id().map_or(0, |id| id.0.as_u64_pair().0);
        Peer {
            room: Room::new(config, entropy),
            transport,
        }
    }

    /// From now on nothing passes between these two.
    pub fn cut(&self, a: PeerId, b: PeerId) {
        self.0.change(|network, _| network.cut(a, b));
    }

    /// Everything passes again between these two.
    pub fn repair(&self, a: PeerId, b: PeerId) {
        self.0.change(|network, now| network.repair(a, b, now));
    }

    /// From now on one way between these two takes so long.
    pub fn slow(&self, from: PeerId, to: PeerId, latency: Duration) {
        let conditions = Conditions { latency, ..FAIR };
        self.0
            .change(|network, _| network.set_link(from, to, conditions));
    }

    pub fn now(&self) -> Duration {
        self.0.now()
    }

    /// Lets simulated time pass for these peers.
    pub fn run<S: Simulation>(&self, peers: &mut [&mut Peer<S>], time: Duration) {
        self.run_until(peers, time, |_| false);
    }

    /// Lets simulated time pass until something is so, or at most `time`; says whether it was.
    pub fn run_until<S: Simulation>(
        &self,
        peers: &mut [&mut Peer<S>],
        time: Duration,
        done: impl Fn(&[&mut Peer<S>]) -> bool,
    ) -> bool {
        let end = self.now() + time;
        while self.now() < end {
            self.0.advance(TICK);
            peers.iter_mut().for_each(|peer| self.turn(peer));
            if done(peers) {
                return true;
            }
        }
        false
    }

    /// One peer's turn, now.
    pub fn turn<S: Simulation>(&self, peer: &mut Peer<S>) {
        peer.room.turn(self.now(), &mut peer.transport);
    }
}

/// Whether everybody is in this phase.
pub fn all_in<S: Simulation>(phase: Phase) -> impl Fn(&[&mut Peer<S>]) -> bool {
    move |peers| peers.iter().all(|peer| *peer.room.phase() == phase)
}
