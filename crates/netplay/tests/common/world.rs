//! Rooms in simulated time: peers join in turn, packets take their way, and nothing sleeps.

use bytes::Bytes;
use netplay::{
    session::{Config, Phase, room::Room},
    transport::{Channel, KnownPeer, Path, SignalingState, Transport},
};
use protocol::{PeerId, Simulation, peer::Message};
use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard},
    task::{Context, Poll},
    time::Duration,
};

/// Simulated time moves by this.
pub const TICK: Duration = Duration::from_millis(5);

/// What a link does to packets. Reliable ones are only late.
#[derive(Clone, Copy, Debug)]
pub struct Weather {
    pub latency: Duration,
    pub jitter: Duration,
    /// Of 100 unreliable packets, so many are lost.
    pub loss: u64,
}

/// A line without any fault but 10 ms.
pub const FAIR: Weather =
    Weather { latency: Duration::from_millis(10), jitter: Duration::ZERO, loss: 0 };

/// 60 to 100 ms, every tenth packet lost.
pub const ROUGH: Weather = Weather {
    latency: Duration::from_millis(60),
    jitter: Duration::from_millis(40),
    loss: 10,
};

struct Packet {
    due: Duration,
    from: PeerId,
    to: PeerId,
    channel: Channel,
    bytes: Bytes,
}

/// Everything between the peers.
struct Sky {
    now: Duration,
    weather: Weather,
    seed: u64,
    members: Vec<PeerId>,
    flying: VecDeque<Packet>,
    last_reliable: BTreeMap<(PeerId, PeerId), Duration>,
    /// Pairs whose packets vanish.
    cut: Vec<(PeerId, PeerId)>,
    signaling: SignalingState,
}

impl Sky {
    fn roll(&mut self, below: u64) -> u64 {
        self.seed = self.seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (self.seed >> 33) % below.max(1)
    }

    fn send(&mut self, from: PeerId, to: PeerId, channel: Channel, bytes: Bytes) {
        let is_cut = |a, b| self.cut.contains(&(a, b)) || self.cut.contains(&(b, a));
        if !self.members.contains(&to) || is_cut(from, to) {
            return;
        }
        let jitter = self.roll(self.weather.jitter.as_micros() as u64 + 1);
        let mut due = self.now + self.weather.latency + Duration::from_micros(jitter);
        if channel == Channel::Reliable {
            let last = self.last_reliable.entry((from, to)).or_default();
            due = due.max(*last);
            *last = due;
        } else if self.roll(100) < self.weather.loss {
            return;
        }
        self.flying.push_back(Packet { due, from, to, channel, bytes });
    }
}

/// One peer's end of the sky.
pub struct End {
    id: PeerId,
    sky: Arc<Mutex<Sky>>,
    banned: Vec<PeerId>,
}

impl End {
    fn sky(&self) -> MutexGuard<'_, Sky> {
        self.sky.lock().unwrap()
    }
}

impl Transport for End {
    fn local_id(&self) -> Option<PeerId> {
        Some(self.id)
    }

    fn known_peers(&self) -> Vec<KnownPeer> {
        let sky = self.sky();
        let me = sky.members.iter().position(|id| *id == self.id);
        let others = sky.members.iter().enumerate().filter(|(_, id)| **id != self.id);
        let others = others.filter(|(_, id)| !self.banned.contains(id));
        others
            .map(|(place, id)| KnownPeer { id: *id, here_before_us: Some(place) < me })
            .collect()
    }

    fn signaling(&self) -> SignalingState {
        self.sky().signaling.clone()
    }

    fn send(&mut self, to: PeerId, channel: Channel, packet: Bytes) {
        self.sky().send(self.id, to, channel, packet);
    }

    fn receive(&mut self) -> Option<(PeerId, Channel, Bytes)> {
        loop {
            let mut sky = self.sky();
            let now = sky.now;
            let index = sky.flying.iter().position(|p| p.to == self.id && p.due <= now)?;
            let packet = sky.flying.remove(index)?;
            drop(sky);
            if !self.banned.contains(&packet.from) {
                return Some((packet.from, packet.channel, packet.bytes));
            }
        }
    }

    fn poll_ready(&mut self, _context: &mut Context<'_>) -> Poll<()> {
        Poll::Ready(())
    }

    fn ban(&mut self, peer: PeerId) {
        self.banned.push(peer);
    }

    fn path(&self, _peer: PeerId) -> Path {
        Path::Memory
    }

    fn dropped(&self) -> u64 {
        0
    }
}

/// A peer: its room and its end of the sky.
pub struct Peer<S: Simulation> {
    pub room: Room<S>,
    pub end: End,
}

impl<S: Simulation> Peer<S> {
    pub fn id(&self) -> PeerId {
        self.end.id
    }

    /// Sends raw bytes past the room, as no honest peer would.
    pub fn throw(&mut self, to: PeerId, channel: Channel, bytes: &[u8]) {
        self.end.send(to, channel, Bytes::copy_from_slice(bytes));
    }

    pub fn tell(&mut self, to: PeerId, message: &Message) {
        self.throw(to, Channel::Reliable, &message.encode());
    }

    pub fn turn(&mut self) {
        let now = self.end.sky().now;
        self.room.turn(now, &mut self.end);
    }
}

/// The sky and its clock.
pub struct World(Arc<Mutex<Sky>>);

impl World {
    pub fn new(weather: Weather, seed: u64) -> Self {
        Self(Arc::new(Mutex::new(Sky {
            now: Duration::ZERO,
            weather,
            seed,
            members: Vec::new(),
            flying: VecDeque::new(),
            last_reliable: BTreeMap::new(),
            cut: Vec::new(),
            signaling: SignalingState::Online,
        })))
    }

    /// Somebody enters the room, as its youngest.
    pub fn join<S: Simulation>(&self, config: Config<S>) -> Peer<S> {
        let mut sky = self.0.lock().unwrap();
        // Ids in no order that the order of coming would predict.
        let id = PeerId(uuid::Uuid::from_u128(u128::from(sky.roll(u64::MAX >> 33)) + 1));
        sky.members.push(id);
        let entropy = sky.roll(u64::MAX);
        drop(sky);
        let end = End { id, sky: self.0.clone(), banned: Vec::new() };
        Peer { room: Room::new(config, entropy), end }
    }

    /// Somebody vanishes without a word.
    pub fn vanish(&self, id: PeerId) {
        self.0.lock().unwrap().members.retain(|member| *member != id);
    }

    /// From now on nothing passes between these two.
    pub fn cut(&self, a: PeerId, b: PeerId) {
        self.0.lock().unwrap().cut.push((a, b));
    }

    /// Everything passes again.
    pub fn mend(&self) {
        self.0.lock().unwrap().cut.clear();
    }

    pub fn set_signaling(&self, state: SignalingState) {
        self.0.lock().unwrap().signaling = state;
    }

    pub fn now(&self) -> Duration {
        self.0.lock().unwrap().now
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
            self.0.lock().unwrap().now += TICK;
            peers.iter_mut().for_each(|peer| peer.turn());
            if done(peers) {
                return true;
            }
        }
        false
    }
}

/// Whether everybody is in this phase.
pub fn all_in<S: Simulation>(phase: Phase) -> impl Fn(&[&mut Peer<S>]) -> bool {
    move |peers| peers.iter().all(|peer| *peer.room.phase() == phase)
}
