//! The reference as a plain value: our world under ggrs, saved by cloning.

use crate::{
    figures::{PARTS, Timed},
    scene::{self, LAP, PEERS, ROLLBACK, WARM_UP},
};
use ggrs::{Config, GgrsRequest, PlayerType, PredictRepeatLast, SessionBuilder, SyncTestSession};
use protocol::{Frame, Simulation};
use sim::demo::{Event, Input, World};
use std::time::{Duration, Instant};

/// ggrs with our world as its state.
#[derive(Debug)]
pub struct Value;

impl Config for Value {
    type Input = Input;
    type InputPredictor = PredictRepeatLast;
    type State = World;
    type Address = usize;
}

/// A session without a network that goes back and steps again in each frame.
pub struct Session {
    session: SyncTestSession<Value>,
    world: World,
    events: Vec<Event>,
}

/// A session that goes back [`ROLLBACK`] frames in each frame.
pub fn sync_test<C: Config>() -> SyncTestSession<C> {
    let mut builder = SessionBuilder::new()
        .with_num_players(PEERS)
        .expect("there are players")
        .with_max_prediction_window(12)
        .with_check_distance(ROLLBACK as usize);
    for seat in 0..PEERS {
        builder = builder
            .add_player(PlayerType::Local, seat)
            .expect("each seat once");
    }
    builder
        .start_synctest_session()
        .expect("the rollback is within the window")
}

/// Does what ggrs asks for, in its order.
pub fn fulfil(requests: Vec<GgrsRequest<Value>>, world: &mut World, events: &mut Vec<Event>) {
    for request in requests {
        match request {
            GgrsRequest::SaveGameState { cell, frame } => {
                cell.save(frame, Some(*world), None);
            }
            GgrsRequest::LoadGameState { cell, .. } => {
                *world = cell.load().expect("ggrs loads what was saved");
            }
            GgrsRequest::AdvanceFrame { inputs } => {
                let peers = std::array::from_fn(|seat| inputs[seat].0);
                let seats = scene::seats(peers);
                world.step(&seats, events);
                events.clear();
            }
        }
    }
}

impl Session {
    /// A match at its start.
    pub fn new(seats: usize) -> Self {
        Self {
            session: sync_test(),
            world: scene::world(seats),
            events: Vec::new(),
        }
    }

    /// Plays until this frame.
    pub fn play_to(&mut self, frame: Frame) {
        while self.world.frame() < frame {
            for seat in 0..PEERS {
                self.session
                    .add_local_input(seat, scene::input(seat, self.world.frame()))
                    .expect("the seat is local");
            }
            let requests = self.session.advance_frame().expect("no checksums differ");
            fulfil(requests, &mut self.world, &mut self.events);
        }
    }

    /// The newest world.
    pub fn world(&self) -> &World {
        &self.world
    }
}

impl Timed for Session {
    const NAME: &'static str = "ggrs";

    fn prepare(seats: usize) -> Self {
        let mut session = Self::new(seats);
        session.play_to(WARM_UP);
        session
    }

    fn part(&mut self) -> (Duration, u32) {
        let start = Instant::now();
        self.play_to(self.world.frame() + LAP / PARTS);
        (start.elapsed(), LAP / PARTS)
    }
}
