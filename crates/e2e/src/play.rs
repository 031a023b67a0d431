//! Watching peers until they have played long enough, and comparing what they say.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail, ensure};
use protocol::{Frame, limits::STEPS_PER_SECOND};
use tokio::time::sleep;

use crate::{browser::Browser, peer::NativePeer, status::Status};

/// Confirmed frames that both sides of a test reach: ten seconds of play.
pub const ENOUGH_FRAMES: Frame = 600;

/// Checksums that both sides must have told of the same frames.
const ENOUGH_CHECKSUMS: usize = 5;

/// Confirmed frames a second below which a session did not keep pace. It should be 60; the
/// slack is for machines whose cores draw two browsers' pictures in software.
const PACE: f64 = 50.0;

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
    /// What the player tells of itself now: nothing before it runs.
    ///
    /// # Errors
    /// When it does not answer, or has ended.
    pub async fn status(&mut self) -> Result<Option<Status>> {
        match self {
            Self::Page(browser, scene) => Ok(browser.statuses().await?.into_iter().nth(*scene)),
            Self::Native(peer) => peer.status(),
        }
    }
}

/// What one player has told so far.
#[derive(Default)]
struct Record {
    latest: Option<Status>,
    /// By the number of matches before, and the frame.
    checksums: BTreeMap<(u32, Frame), String>,
    started: Option<(Instant, Frame)>,
    pace: f64,
}

impl Record {
    fn note(&mut self, status: Status) -> Result<()> {
        if let Some(failure) = &status.failure {
            bail!("the game failed: {failure}");
        }
        ensure!(status.desync.is_none(), "a desync was seen: {status:?}");
        if status.phase == "match" {
            if status.checksum_frame > 0 {
                let key = (status.matches, status.checksum_frame);
                let before = self.checksums.insert(key, status.checksum.clone());
                ensure!(
                    before.is_none_or(|before| before == status.checksum),
                    "a confirmed frame changed: {status:?}"
                );
            }
            let now = Instant::now();
            let (start, first) = *self.started.get_or_insert((now, status.confirmed));
            let seconds = now.duration_since(start).as_secs_f64();
            if seconds > 0.0 {
                self.pace = f64::from(status.confirmed.saturating_sub(first)) / seconds;
            }
        }
        self.latest = Some(status);
        Ok(())
    }

    fn confirmed(&self) -> Frame {
        self.latest.as_ref().map_or(0, |status| status.confirmed)
    }
}

/// The checksums that both have told, after seeing that they are equal.
fn common(one: &Record, other: &Record) -> Result<usize> {
    let mut count = 0;
    for (key, checksum) in &one.checksums {
        if let Some(theirs) = other.checksums.get(key) {
            ensure!(checksum == theirs, "worlds differ at frame {}", key.1);
            count += 1;
        }
    }
    Ok(count)
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
            format!("first: {:?}\nsecond: {:?}", one.latest, other.latest)
        })?;
    for (record, name) in records.iter().zip(["first", "second"]) {
        let status = record
            .latest
            .as_ref()
            .context("a watched player has a status")?;
        eprintln!(
            "{name}: {} confirmed frames, {:.1} a second, round trip {:.1} ms, {} rollbacks, {}",
            status.confirmed, record.pace, status.rtt_ms, status.rollbacks, status.path,
        );
        ensure!(
            record.pace >= PACE,
            "the {name} player kept {:.1} of {STEPS_PER_SECOND} frames a second",
            record.pace
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
            if let Some(status) = player.status().await? {
                record.note(status)?;
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
    /// Takes in what a player has told right now.
    pub fn note(&mut self, status: &Status) {
        let now = Instant::now();
        let last = self.last.take();
        if status.phase != "match" {
            return;
        }
        self.last = Some((now, status.matches, status.confirmed));
        if let Some((then, matches, confirmed)) = last
            && matches == status.matches
            && confirmed <= status.confirmed
        {
            self.frames += u64::from(status.confirmed - confirmed);
            self.played += now - then;
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
