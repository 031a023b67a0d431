//! What peers send each other: bytes and messages of a pair in a second, both ways together.
//!
//! What is handed to the channel counts; headers of UDP, DTLS and SCTP come on top, some 90
//! bytes for each message. A message takes 50 ms, the input delay is 0, and checksums are
//! compared once a second.

use crate::scene;
use netplay::rollback::{Core, Plan, STEP};
use protocol::{Frame, PeerId};
use sim::{
    demo::{Input, World},
    rng::Rng,
};
use std::{collections::VecDeque, time::Duration};
use uuid::Uuid;

/// Steps that a message is on its way, 50 ms.
pub const DELAY: Frame = 3;

/// Steps before anything is counted: handshakes are over, and time is measured.
pub const LEAD: Frame = 90;

/// Steps that are counted.
pub const COUNTED: Frame = 300;

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

    /// What the peer of this seat does in this frame.
    pub fn input(self, seat: usize, frame: Frame) -> Input {
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
    /// All messages.
    pub messages: u64,
    /// Their bytes.
    pub bytes: u64,
    /// As matchbox's ggrs socket writes the same messages.
    pub matchbox_bytes: u64,
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
    /// By pair and second, in a match of so many peers.
    pub fn rate(self, peers: usize) -> Rate {
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

/// Our cores, one seat each, in simulated time.
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
