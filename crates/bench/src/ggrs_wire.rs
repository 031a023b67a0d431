//! What ggrs's peers send each other, counted as in [`crate::wire`].
//!
//! ggrs reads the real clock, so its matches take as long as they last; all of them run at once.

use crate::{
    ggrs_value::{Value, fulfil},
    scene,
    wire::{COUNTED, DELAY, Hands, LEAD, Rate, Sent},
};
use ggrs::{
    DesyncDetection, GgrsError, Message, NonBlockingSocket, P2PSession, PlayerType, SessionBuilder,
    SessionState,
};
use netplay::rollback::STEP;
use protocol::Frame;
use sim::demo::{Event, World};
use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    thread,
    time::Instant,
};

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

/// Sessions of one seat each, for each of these matches.
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
