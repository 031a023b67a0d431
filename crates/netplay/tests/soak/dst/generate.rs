//! Schedules from seeds.

use super::schedule::{Act, Event, Peers, Rules, Schedule, Weather};
use protocol::limits::MAX_PEERS;
use sim::rng::Rng;

/// Round trips of the matrix, in milliseconds.
const ROUND_TRIPS: [u32; 5] = [0, 50, 100, 200, 300];

/// Jitters of the matrix, in milliseconds.
const JITTERS: [u32; 2] = [0, 30];

/// Losses of the matrix, in percent.
const LOSSES: [u32; 3] = [0, 5, 20];

/// Numbers of players and watchers of the matrix: the last room is full.
const SIZES: [(u8, u8); 4] = [(2, 0), (4, 0), (8, 0), (8, 8)];

/// When the watchers of the matrix come, in milliseconds: the match runs.
const WATCHERS_COME: u32 = 4_000;

/// Schedules in the matrix of conditions without faults.
pub const MATRIX: u64 = (ROUND_TRIPS.len() * JITTERS.len() * LOSSES.len() * SIZES.len()) as u64;

/// Milliseconds before the first event: the match has begun and runs smoothly.
const LEAD: u32 = 4_000;

/// Milliseconds after the last event: everything has come to rest.
const TAIL: u32 = 14_000;

/// One of the [`MATRIX`]: conditions without faults, 20 seconds. Nobody feels the watchers come.
pub fn fault_free(index: u64) -> Schedule {
    let mut rest = index % MATRIX;
    let mut pick = |count: usize| {
        let picked = rest % count as u64;
        rest /= count as u64;
        picked as usize
    };
    let weather = Weather {
        rtt: ROUND_TRIPS[pick(ROUND_TRIPS.len())],
        jitter: JITTERS[pick(JITTERS.len())],
        loss: LOSSES[pick(LOSSES.len())],
        reorder: 0,
        duplicate: 0,
    };
    let (peers, watchers) = SIZES[pick(SIZES.len())];
    let comes = |peer| Event {
        at: WATCHERS_COME,
        act: Act::Join { peer, watch: true },
    };
    let loss_and_more = if weather.loss > 0 { 5 } else { 0 };
    Schedule {
        seed: index,
        rules: if index.is_multiple_of(2) {
            Rules::Sums
        } else {
            Rules::Sim
        },
        peers,
        weather: Weather {
            reorder: loss_and_more,
            duplicate: loss_and_more,
            ..weather
        },
        length: 20_000,
        events: (peers..peers + watchers).map(comes).collect(),
    }
}

/// The schedule of a seed: conditions of the matrix and random faults.
pub fn random(seed: u64) -> Schedule {
    let mut random = Chance(Rng::new(seed));
    let weather = Weather {
        rtt: random.of(&ROUND_TRIPS),
        jitter: random.of(&JITTERS),
        loss: random.of(&LOSSES),
        reorder: random.of(&[0, 5]),
        duplicate: random.of(&[0, 5]),
    };
    let peers = random.of(&[2, 2, 3, 3, 4, 4, 5, 8]);
    let mut crowd = Crowd::new(peers);
    let mut events = Vec::new();
    let mut at = LEAD;
    // Now and then the room is full from the beginning.
    if Chance(Rng::new(!seed)).between(0, 11) == 0 {
        while let Some(peer) = crowd.newcomer() {
            let act = Act::Join { peer, watch: true };
            let at = WATCHERS_COME - 1_000;
            events.push(Event { at, act });
        }
    }
    let mut ends = at;
    for _ in 0..random.between(1, 8) {
        let Some(act) = crowd.act(&mut random) else {
            continue;
        };
        events.push(Event { at, act });
        ends = ends.max(at + act.lasts().unwrap_or(0));
        // Often while the last one is being dealt with, otherwise after it.
        at += match random.of(&[true, false]) {
            true => random.between(0, 1_200),
            false => random.between(1_200, 8_000),
        };
    }
    Schedule {
        seed,
        rules: random.of(&[Rules::Sums, Rules::Rounds, Rules::Sim, Rules::Sim]),
        peers,
        weather,
        length: ends.max(at) + TAIL,
        events,
    }
}

/// Chance in words.
struct Chance(Rng);

impl Chance {
    fn of<T: Copy>(&mut self, values: &[T]) -> T {
        values[self.0.next_u64() as usize % values.len()]
    }

    /// Evenly, both ends included.
    fn between(&mut self, least: u32, most: u32) -> u32 {
        least + (self.0.next_u64() % u64::from(most - least + 1)) as u32
    }
}

/// Who is there by the schedule so far.
struct Crowd {
    /// The longest-present first.
    here: Vec<u8>,
    /// Gone, and nobody has come back for them.
    gone: Vec<u8>,
    next: u8,
}

impl Crowd {
    fn new(peers: u8) -> Self {
        Self {
            here: (0..peers).collect(),
            gone: Vec::new(),
            next: peers,
        }
    }

    /// The next thing that happens; nothing if it cannot happen now.
    fn act(&mut self, random: &mut Chance) -> Option<Act> {
        match random.between(0, 99) {
            0..15 => self.join(random),
            15..30 => self.come_back(random),
            30..38 => self.part(random).map(|peer| Act::Leave { peer }),
            38..58 => {
                let seen = random.of(&[true, false]);
                self.part(random).map(|peer| Act::Crash { peer, seen })
            }
            58..72 => {
                let peer = self.somebody(random)?;
                let ms = match random.of(&[0, 1, 2]) {
                    0 => random.between(100, 700),
                    1 => random.between(700, 1_500),
                    _ => random.between(1_500, 10_000),
                };
                Some(Act::Freeze { peer, ms })
            }
            72..82 => {
                let mut side = Peers::default();
                for peer in &self.here {
                    side.0 |= u32::from(random.of(&[true, false])) << peer;
                }
                let ms = random.between(300, 8_000);
                (self.here.len() > 1).then_some(Act::Split { side, ms })
            }
            82..89 => {
                let (from, to) = (self.somebody(random)?, self.somebody(random)?);
                let ms = random.between(300, 6_000);
                (from != to).then_some(Act::Deafen { from, to, ms })
            }
            89..94 => {
                let mut peers = Peers(random.of(&[u32::MAX, 0]));
                if peers.0 == 0 {
                    peers.0 = 1 << self.somebody(random)?;
                }
                Some(Act::Unsignal {
                    peers,
                    ms: random.between(500, 10_000),
                })
            }
            94..97 => {
                let peer = self.somebody(random)?;
                let every = random.between(300, 600);
                Some(Act::Slow {
                    peer,
                    every,
                    ms: random.between(1_000, 6_000),
                })
            }
            _ => Some(Act::Chat {
                peer: self.somebody(random)?,
            }),
        }
    }

    fn newcomer(&mut self) -> Option<u8> {
        let has_room = self.here.len() < MAX_PEERS && self.next < super::schedule::MAX_NUMBER;
        has_room.then(|| {
            self.here.push(self.next);
            self.next += 1;
            self.next - 1
        })
    }

    fn join(&mut self, random: &mut Chance) -> Option<Act> {
        let watch = random.between(0, 3) == 0;
        self.newcomer().map(|peer| Act::Join { peer, watch })
    }

    fn come_back(&mut self, random: &mut Chance) -> Option<Act> {
        if self.gone.is_empty() {
            return self.join(random);
        }
        let was = random.of(&self.gone);
        let peer = self.newcomer()?;
        self.gone.retain(|gone| *gone != was);
        Some(Act::Return { peer, was })
    }

    /// Somebody goes: often the owner, never the last one.
    fn part(&mut self, random: &mut Chance) -> Option<u8> {
        if self.here.len() < 2 {
            return None;
        }
        let index = match random.of(&[true, false, false]) {
            true => 0,
            false => random.between(0, self.here.len() as u32 - 1) as usize,
        };
        let peer = self.here.remove(index);
        self.gone.push(peer);
        Some(peer)
    }

    fn somebody(&mut self, random: &mut Chance) -> Option<u8> {
        (!self.here.is_empty()).then(|| random.of(&self.here))
    }
}
