//! Watching peers until they have played long enough, and comparing what they say.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use protocol::{Frame, limits::STEPS_PER_SECOND};
use tokio::time::sleep;

use crate::{
    browser::Browser,
    peer::NativePeer,
    record::{Record, Told, common},
};

/// Confirmed frames that both sides of a test reach: ten seconds of play.
pub const ENOUGH_FRAMES: Frame = 600;

/// Checksums that both sides must have told of the same frames.
const ENOUGH_CHECKSUMS: usize = 5;

/// Confirmed frames a second below which a session did not keep pace. It should be 60; the
/// slack is for machines whose cores draw two browsers' pictures in software.
pub const PACE: f64 = 50.0;

/// From the first page to the last frame. The module alone takes a browser seconds to compile.
const DEADLINE: Duration = Duration::from_secs(150);

/// Between two looks at a status, which tells a new checksum once a second.
const LOOK_INTERVAL: Duration = Duration::from_millis(200);

/// One peer whose status can be asked for.
pub enum Player<'a> {
    /// The only scene of a page, or with a number one of several.
    Page(&'a Browser, usize),
    /// A native peer, which tells its status by itself.
    Native(&'a mut NativePeer),
}

impl Player<'_> {
    /// What the player told last, with its time: nothing before it runs.
    ///
    /// # Errors
    /// When it does not answer, or has ended.
    pub async fn latest(&mut self) -> Result<Option<Told>> {
        match self {
            Self::Page(browser, scene) => {
                let status = browser.statuses().await?.into_iter().nth(*scene);
                Ok(status.map(|status| Told {
                    at: Instant::now(),
                    status,
                }))
            }
            Self::Native(peer) => peer.latest(),
        }
    }
}

/// Watches two players until both have confirmed at least `frames` frames and enough of their
/// checksums were compared.
///
/// # Errors
/// When a checksum differs, a peer fails or reports a desync, the session does not keep pace, or
/// it takes longer than a deadline. The message has the last that both told.
pub async fn play(one: Player<'_>, other: Player<'_>, frames: Frame) -> Result<()> {
    let mut players = [one, other];
    let mut records = [Record::default(), Record::default()];
    watch(&mut players, &mut records, frames)
        .await
        .with_context(|| {
            let [one, other] = &records;
            format!("first: {:?}\nsecond: {:?}", one.latest(), other.latest())
        })?;
    for (record, name) in records.iter().zip(["first", "second"]) {
        eprintln!("{name}: {}", record.summary()?);
        ensure!(
            record.pace() >= PACE,
            "the {name} player kept {:.1} of {STEPS_PER_SECOND} frames a second",
            record.pace()
        );
    }
    Ok(())
}

async fn watch(
    players: &mut [Player<'_>; 2],
    records: &mut [Record; 2],
    frames: Frame,
) -> Result<()> {
    let deadline = Instant::now() + DEADLINE;
    loop {
        for (player, record) in players.iter_mut().zip(&mut *records) {
            if let Some(told) = player.latest().await? {
                record.note(&told)?;
            }
        }
        let [one, other] = &*records;
        let compared = common(one, other)?;
        if compared >= ENOUGH_CHECKSUMS && one.confirmed().min(other.confirmed()) >= frames {
            eprintln!("{compared} checksums agree");
            return Ok(());
        }
        ensure!(
            Instant::now() < deadline,
            "not played enough within {DEADLINE:?}"
        );
        sleep(LOOK_INTERVAL).await;
    }
}

/// Measures how many frames a second a player confirms, over all matches that it plays.
#[derive(Default)]
pub struct Pace {
    last: Option<(Instant, u32, Frame)>,
    frames: u64,
    played: Duration,
}

impl Pace {
    /// Takes in one more status.
    pub fn note(&mut self, told: &Told) {
        let Told { at, status } = told;
        let last = self.last.take();
        if status.phase != "match" {
            return;
        }
        self.last = Some((*at, status.matches, status.confirmed));
        if let Some((then, matches, confirmed)) = last
            && matches == status.matches
            && confirmed <= status.confirmed
        {
            self.frames += u64::from(status.confirmed - confirmed);
            self.played += at.duration_since(then);
        }
    }

    /// For how long a match was seen.
    pub fn played(&self) -> Duration {
        self.played
    }

    /// Confirmed frames a second; 0 before there is any.
    pub fn rate(&self) -> f64 {
        let seconds = self.played.as_secs_f64();
        if seconds > 0.0 {
            self.frames as f64 / seconds
        } else {
            0.0
        }
    }
}

/// Asks until `condition` makes something of the answer.
///
/// # Errors
/// When asking fails, or `within` passes before that; `what` says what was waited for.
pub async fn until<T>(
    what: &str,
    within: Duration,
    mut condition: impl AsyncFnMut() -> Result<Option<T>>,
) -> Result<T> {
    let deadline = Instant::now() + within;
    loop {
        if let Some(found) = condition().await? {
            return Ok(found);
        }
        ensure!(Instant::now() < deadline, "waited {within:?} for {what}");
        sleep(LOOK_INTERVAL).await;
    }
}
