//! Two peers behind NATs, and how they have met.

use std::{fmt, time::Duration};

use anyhow::{Context, Result};

use super::{
    nat::{Internet, Nat},
    players::{reach, status},
};
use crate::play::until;

/// From the first peer's start until both play, at most.
const MEETING: Duration = Duration::from_secs(40);

/// How long the peers stay, in seconds: longer than any meeting.
const STAY: u64 = 60;

/// Confirmed frames after which the path is final: matchbox tells it once a second.
const FRAMES: u32 = 180;

/// The NATs of two peers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pair(pub Nat, pub Nat);

impl Pair {
    /// All pairs, whichever is first.
    pub fn all() -> impl Iterator<Item = Self> {
        let kinds = Nat::ALL.into_iter().enumerate();
        kinds.flat_map(|(at, first)| {
            Nat::ALL[at..]
                .iter()
                .map(move |second| Self(first, *second))
        })
    }
}

/// What the peers want.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wish {
    /// Any way.
    Any,
    /// Both: relays only.
    RelayOnly,
    /// The first one: relays only.
    FirstRelayOnly,
}

/// How two peers have met.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Met {
    /// What each of them tells of the path.
    pub paths: [String; 2],
    /// From the second one's start to its first confirmed frame.
    pub after: Duration,
    /// Packets that went from one NAT to the other without the server.
    pub straight: u64,
}

impl fmt::Display for Met {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            paths: [first, second],
            after,
            straight,
        } = self;
        write!(
            f,
            "{first}/{second} after {after:.1?}, {straight} packets straight"
        )
    }
}

impl Met {
    /// Whether it is the way that these NATs and wishes leave: relayed means that both say so, and
    /// for those who want nothing else that not one packet went straight.
    pub fn is_as_expected(&self, pair: Pair, wish: Wish) -> bool {
        let all = |path: &str| self.paths.iter().all(|told| told == path);
        match wish {
            Wish::Any if pair.0.lets_through(pair.1) => all("direct") && self.straight > 0,
            Wish::Any => all("relayed"),
            Wish::RelayOnly | Wish::FirstRelayOnly => all("relayed") && self.straight == 0,
        }
    }
}

/// Lets two peers meet and play for a while.
///
/// # Errors
/// When they do not, or a part of the network fails.
pub async fn meet(internet: &mut Internet, pair: Pair, wish: Wish) -> Result<Met> {
    let homes = [internet.home(pair.0)?, internet.home(pair.1)?];
    let room = internet.server.create_room().await?;
    let before = internet.straight_packets()?;
    let options = |is_first: bool| match wish {
        Wish::RelayOnly => &["--relay-only"][..],
        Wish::FirstRelayOnly if is_first => &["--relay-only"],
        _ => &[],
    };
    let first = (internet.join(&homes[0], &room, "nat-1", STAY, options(true))).await?;
    // Whoever is there first offers: it should not be chance.
    until("the first peer in its room", MEETING, async || {
        Ok(first
            .status()?
            .filter(|status| status.phase == "lobby")
            .map(drop))
    })
    .await?;
    let second = (internet.join(&homes[1], &room, "nat-2", STAY, options(false))).await?;
    let peers = [&first, &second];
    reach(&peers, FRAMES, MEETING).await?;
    let after = second.first_confirmed()?.context("it plays")?;
    let paths = [status(&first)?.path, status(&second)?.path];
    let straight = internet.straight_packets()? - before;
    first.kill().await;
    second.kill().await;
    Ok(Met {
        paths,
        after,
        straight,
    })
}
