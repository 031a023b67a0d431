//! What peers send each other: bytes and messages of a pair in a second, both ways together.
//!
//! Both count what is handed to the channel; headers of UDP, DTLS and SCTP come on top, some 90
//! bytes for each message. Ours runs in simulated time. ggrs reads the real clock, so its matches
//! take as long as they last; all of them run at once. A message takes 50 ms, the input delay
//! is 0, and both compare checksums once a second.

use crate::{
    ggrs_value::{Value, fulfil},
    scene,
};
use ggrs::{
    DesyncDetection, GgrsError, Message, NonBlockingSocket, P2PSession, PlayerType, SessionBuilder,
    SessionState,
};
use netplay::rollback::{Core, Plan, STEP};
use protocol::{Frame, PeerId};
use sim::{Event, Input, World, rng::Rng};
use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    thread,
    time::{Duration, Instant},
};
use uuid::Uuid;

/// Steps that a message is on its way, 50 ms.
const DELAY: Frame = 3;

/// Steps before anything is counted: handshakes are over, and time is measured.
const LEAD: Frame = 90;

/// Steps that are counted.
const COUNTED: Frame = 300;

/// How players move.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hands {
    /// On keys: an input lasts for 13 steps on average.
    Keys,
    /// On sticks that never rest: every input differs from the one before.
    Sticks,
}

impl Hands {
    /// Both.
    pub const BOTH: [Self; 2] = [Self::Keys, Self::Sticks];

    fn input(self, seat: usize, frame: Frame) -> Input {
        match self {
            Self::Sticks => scene::input(seat, frame),
            Self::Keys => {
                let random = |frame| {
                    let seed = u64::from(frame) << 8 | seat as u64;
                    Rng::new(seed).next_u64().to_le_bytes()
                };
                let changes = |frame: &Frame| random(*frame)[0] < 20;
                let since = (0..=frame).rev().find(changes).unwrap_or(0);
                let [_, x, y, buttons, ..] = random(since);
                let axis = |byte: u8| [-127, 0, 127][usize::from(byte % 3)];
                Input {
                    thrust_x: axis(x),
                    thrust_y: axis(y),
                    buttons: buttons & buttons >> 2 & (Input::KICK | Input::DASH),
                }
            }
        }
    }
}

/// What was sent by all peers of a match while it was counted.
#[derive(Clone, Copy, Debug, Default)]
pub struct Sent {
    messages: u64,
    bytes: u64,
    /// As matchbox's ggrs socket writes the same messages.
    matchbox_bytes: u64,
}

/// What a pair of peers sends in a second.
#[derive(Clone, Copy, Debug)]
pub struct Rate {
    /// Messages a second, both ways.
    pub messages: f64,
    /// Bytes a second, both ways.
    pub bytes: f64,
    /// ggrs's messages as matchbox writes them, in bytes a second; 0 for ours.
    pub matchbox_bytes: f64,
}

impl Sent {
    fn rate(self, peers: usize) -> Rate {
        let pairs = (peers * (peers - 1) / 2) as f64;
        let seconds = f64::from(COUNTED) / 60.0;
        let rate = |count: u64| count as f64 / pairs / seconds;
        Rate {
            messages: rate(self.messages),
            bytes: rate(self.bytes),
            matchbox_bytes: rate(self.matchbox_bytes),
        }
    }
}

/// Our cores, one seat each.
pub fn ours(peers: usize, hands: Hands) -> Rate {
    let ids: Vec<PeerId> = (1..=peers as u128)
        .map(|id| PeerId(Uuid::from_u128(id)))
        .collect();
    let core = |me: &PeerId| {
        let plan = Plan {
            match_id: 0x5eed_5eed,
            seed: scene::seed(),
            settings: scene::settings(peers),
            roster: ids.iter().copied().map(Some).collect(),
            me: *me,
            input_delay: Some(0),
        };
        Core::<World>::new(plan, Duration::ZERO).expect("each peer has a seat")
    };
    let mut cores: Vec<_> = ids.iter().map(core).collect();
    let mut ways = vec![VecDeque::<(Frame, PeerId, Vec<u8>)>::new(); peers];
    let mut sent = Sent::default();
    for turn in 1..=LEAD + COUNTED {
        let now = STEP * turn;
        for (me, core) in cores.iter_mut().enumerate() {
            while let Some((_, from, bytes)) = ways[me].pop_front_if(|(at, ..)| *at <= turn) {
                core.receive(from, &bytes, now)
                    .expect("a core takes what a core sends");
            }
            core.tick(now, &mut |world, seat| hands.input(seat, world.frame()));
            core.take_events();
            while let Some((to, bytes)) = core.poll_datagram(now) {
                if turn > LEAD {
                    sent.messages += 1;
                    sent.bytes += bytes.len() as u64;
                }
                let to = ids
                    .iter()
                    .position(|id| *id == to)
                    .expect("a peer of the match");
                ways[to].push_back((turn + DELAY, ids[me], bytes));
            }
        }
    }
    sent.rate(peers)
}

/// What is on its way between the peers of one match, and what was counted.
#[derive(Default)]
struct Network {
    turn: Frame,
    counts: bool,
    sent: Sent,
    /// By receiver: the turn of arrival, the sender, the message.
    ways: Vec<VecDeque<(Frame, usize, Message)>>,
}

struct Socket {
    me: usize,
    network: Arc<Mutex<Network>>,
}

impl Socket {
    fn network(&self) -> MutexGuard<'_, Network> {
        lock(&self.network)
    }
}

/// Nobody panics while it is locked; and counts would be whole all the same.
fn lock(network: &Mutex<Network>) -> MutexGuard<'_, Network> {
    network.lock().unwrap_or_else(PoisonError::into_inner)
}

impl NonBlockingSocket<usize> for Socket {
    fn send_to(&mut self, message: &Message, to: &usize) {
        let own = bincode1::serialized_size(message).expect("ggrs's own socket writes it so");
        let matchbox = bincode2::serde::encode_to_vec(message, bincode2::config::standard())
            .expect("matchbox's socket writes it so");
        let mut network = self.network();
        if network.counts {
            network.sent.messages += 1;
            network.sent.bytes += own;
            network.sent.matchbox_bytes += matchbox.len() as u64;
        }
        let arrives = network.turn + DELAY;
        network.ways[*to].push_back((arrives, self.me, message.clone()));
    }

    fn receive_all_messages(&mut self) -> Vec<(usize, Message)> {
        let mut network = self.network();
        let turn = network.turn;
        let way = &mut network.ways[self.me];
        std::iter::from_fn(|| way.pop_front_if(|(at, ..)| *at <= turn))
            .map(|(_, from, message)| (from, message))
            .collect()
    }
}

/// A match of ggrs sessions, one seat each.
struct Match {
    hands: Hands,
    network: Arc<Mutex<Network>>,
    players: Vec<(P2PSession<Value>, World)>,
    events: Vec<Event>,
}

impl Match {
    fn new(peers: usize, hands: Hands) -> Self {
        let network = Arc::new(Mutex::new(Network {
            ways: vec![VecDeque::new(); peers],
            ..Network::default()
        }));
        let player = |me: usize| {
            let mut builder = SessionBuilder::<Value>::new()
                .with_num_players(peers)
                .expect("there are players")
                .with_input_delay(0)
                .with_max_prediction_window(12)
                .with_desync_detection_mode(DesyncDetection::On { interval: 60 });
            for seat in 0..peers {
                let kind = if seat == me {
                    PlayerType::Local
                } else {
                    PlayerType::Remote(seat)
                };
                builder = builder.add_player(kind, seat).expect("each seat once");
            }
            let socket = Socket {
                me,
                network: network.clone(),
            };
            let session = builder
                .start_p2p_session(socket)
                .expect("every seat has its player");
            (session, scene::world(peers))
        };
        Self {
            hands,
            players: (0..peers).map(player).collect(),
            network,
            events: Vec::new(),
        }
    }

    fn is_running(&self) -> bool {
        self.players
            .iter()
            .all(|(session, _)| session.current_state() == SessionState::Running)
    }

    fn turn(&mut self, counts: bool) {
        {
            let mut network = lock(&self.network);
            network.turn += 1;
            network.counts = counts;
        }
        for (seat, (session, world)) in self.players.iter_mut().enumerate() {
            session.poll_remote_clients();
            session.events();
            if session.current_state() != SessionState::Running {
                continue;
            }
            let input = self.hands.input(seat, session.current_frame() as Frame);
            session
                .add_local_input(seat, input)
                .expect("the seat is local");
            match session.advance_frame() {
                Ok(requests) => fulfil(requests, world, &mut self.events),
                Err(GgrsError::PredictionThreshold) => {}
                Err(error) => panic!("ggrs: {error}"),
            }
        }
    }
}

/// ggrs's sessions in real time, for each of these matches.
pub fn ggrs(matches: &[(usize, Hands)]) -> Vec<Rate> {
    let mut running: Vec<Match> = matches.iter().map(|(p, h)| Match::new(*p, *h)).collect();
    let mut next = Instant::now();
    let mut pass = |running: &mut [Match], counts| {
        running.iter_mut().for_each(|played| played.turn(counts));
        next += STEP;
        thread::sleep(next.saturating_duration_since(Instant::now()));
    };
    while !running.iter().all(Match::is_running) {
        pass(&mut running, false);
    }
    for turn in 1..=LEAD + COUNTED {
        pass(&mut running, turn > LEAD);
    }
    let sent = |played: &Match| lock(&played.network).sent;
    let peers = matches.iter().map(|(peers, _)| *peers);
    running
        .iter()
        .map(sent)
        .zip(peers)
        .map(|(sent, peers)| sent.rate(peers))
        .collect()
}
