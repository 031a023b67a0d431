//! ggrs plays the same match to the same worlds.

use crate::{
    party::{Party, ms},
    toy::{Options, Stick, Toy, play},
};
use ggrs::{
    Config, GgrsError, GgrsRequest, Message, NonBlockingSocket, P2PSession, PlayerType,
    PredictRepeatLast, SessionBuilder, SessionState,
};
use netplay::transport::memory::Conditions;
use protocol::{Driver, Frame, Seat, Simulation};
use std::{
    cell::RefCell,
    collections::{BTreeMap, VecDeque},
    rc::Rc,
    time::Duration,
};

const SEED: u64 = 47;
const FRAMES: Frame = 1_500;

/// Turns that a message is on its way: so that ggrs, too, has to predict and roll back.
const DELAY_IN_TURNS: u32 = 4;

#[derive(Debug)]
struct Reference;

impl Config for Reference {
    type Input = Stick;
    type InputPredictor = PredictRepeatLast;
    type State = Toy;
    type Address = usize;
}

/// What is on its way: the turn of arrival, the sender, the message.
type Way = Rc<RefCell<VecDeque<(u32, usize, Message)>>>;

struct Socket {
    me: usize,
    turn: Rc<RefCell<u32>>,
    out: Way,
    inbox: Way,
}

impl NonBlockingSocket<usize> for Socket {
    fn send_to(&mut self, message: &Message, _to: &usize) {
        let arrives = *self.turn.borrow() + DELAY_IN_TURNS;
        self.out
            .borrow_mut()
            .push_back((arrives, self.me, message.clone()));
    }

    fn receive_all_messages(&mut self) -> Vec<(usize, Message)> {
        let mut inbox = self.inbox.borrow_mut();
        let arrived = inbox
            .iter()
            .take_while(|(at, ..)| *at <= *self.turn.borrow())
            .count();
        inbox
            .drain(..arrived)
            .map(|(_, from, message)| (from, message))
            .collect()
    }
}

struct ReferencePlayer {
    session: P2PSession<Reference>,
    world: Toy,
    /// The checksum of each world as it was saved last.
    saved: BTreeMap<Frame, u64>,
    loads: u32,
}

impl ReferencePlayer {
    fn advance(&mut self, me: usize) {
        self.session.poll_remote_clients();
        if self.session.current_state() != SessionState::Running {
            return;
        }
        let frame = self.session.current_frame() as Frame;
        self.session
            .add_local_input(me, play(SEED, me, frame))
            .unwrap();
        let requests = match self.session.advance_frame() {
            Ok(requests) => requests,
            Err(GgrsError::PredictionThreshold) => return,
            Err(error) => panic!("{error}"),
        };
        for request in requests {
            match request {
                GgrsRequest::SaveGameState { cell, frame } => {
                    self.saved.insert(frame as Frame, self.world.checksum());
                    cell.save(frame, Some(self.world.clone()), None);
                }
                GgrsRequest::LoadGameState { cell, .. } => {
                    self.loads += 1;
                    self.world = cell.load().unwrap();
                }
                GgrsRequest::AdvanceFrame { inputs } => {
                    let seat = |(input, _)| Seat {
                        input,
                        driver: Driver::Peer,
                    };
                    let seats: Vec<_> = inputs.into_iter().map(seat).collect();
                    self.world.step(&seats, &mut Vec::new());
                }
            }
        }
    }
}

/// Plays the match by ggrs and gives the checksums of all confirmed worlds.
fn reference_match() -> BTreeMap<Frame, u64> {
    let turn = Rc::new(RefCell::new(0));
    let ways: [Way; 2] = Default::default();
    let mut players = [0, 1].map(|me: usize| {
        let socket = Socket {
            me,
            turn: turn.clone(),
            out: ways[me].clone(),
            inbox: ways[1 - me].clone(),
        };
        let session = SessionBuilder::<Reference>::new()
            .with_num_players(2)
            .unwrap()
            .with_input_delay(0)
            .with_max_prediction_window(12)
            .add_player(PlayerType::Local, me)
            .unwrap()
            .add_player(PlayerType::Remote(1 - me), 1 - me)
            .unwrap()
            .start_p2p_session(socket)
            .unwrap();
        let world = Toy::new(
            &Options {
                seats: 2,
                wrong_from: None,
            },
            SEED,
        );
        ReferencePlayer {
            session,
            world,
            saved: BTreeMap::new(),
            loads: 0,
        }
    });
    while players
        .iter()
        .any(|p| p.session.confirmed_frame() < FRAMES as i32)
    {
        *turn.borrow_mut() += 1;
        assert!(*turn.borrow() < 1_000_000, "ggrs does not come on");
        for (me, player) in players.iter_mut().enumerate() {
            player.advance(me);
        }
    }
    assert!(
        players.iter().all(|player| player.loads > 50),
        "ggrs had to roll back"
    );
    let [mut player, _] = players;
    player.saved.retain(|frame, _| *frame <= FRAMES);
    player.saved
}

#[test]
fn ggrs_and_we_make_the_same_worlds_of_the_same_inputs() {
    let reference = reference_match();
    let conditions = Conditions {
        latency: ms(60),
        jitter: ms(20),
        loss: 0.1,
        reorder: 0.05,
        duplicate: 0.05,
    };
    let mut party = Party::new(2, conditions, SEED);
    party.run(Duration::from_millis(1_000 * u64::from(FRAMES) / 60));
    party.assert_agreed(FRAMES * 9 / 10);
    for player in &party.players {
        let common: Vec<_> = player
            .confirmed
            .iter()
            .filter(|(frame, _)| reference.contains_key(frame))
            .collect();
        assert!(
            common.len() > FRAMES as usize / 2,
            "{} common frames",
            common.len()
        );
        for (frame, sum) in common {
            assert_eq!(reference[frame], *sum, "worlds differ at frame {frame}");
        }
    }
}
