//! What must hold of the players of one match.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use protocol::limits::STEPS_PER_SECOND;

use crate::{
    peer::NativePeer,
    play::until,
    record::{Record, Told, common},
    status::Status,
};

/// What a busy machine may need more for frames than their time.
const SLACK: Duration = Duration::from_secs(15);

/// Confirmed frames a second that players expect: all 60, but for what falls between two looks.
const PACE: f64 = 59.0;

/// Waits until all have told of `frames` confirmed frames in a match.
///
/// # Errors
/// When that takes longer than `within`, or a peer fails, ends or reports a desync.
pub async fn reach(peers: &[&NativePeer], frames: u32, within: Duration) -> Result<()> {
    until(&format!("{frames} confirmed frames"), within, async || {
        for peer in peers {
            if Record::of(&peer.history()?)?.confirmed() < frames {
                return Ok(None);
            }
        }
        Ok(Some(()))
    })
    .await
}

/// Lets all play on for `time`.
///
/// # Errors
/// As [`reach`], when that takes much longer than `time`.
pub async fn play_on(peers: &[&NativePeer], time: Duration) -> Result<()> {
    let mut most = 0;
    for peer in peers {
        most = most.max(status(peer)?.confirmed);
    }
    let frames = most + (time.as_secs_f64() * f64::from(STEPS_PER_SECOND)) as u32;
    reach(peers, frames, time + SLACK).await
}

/// The newest status of a peer that has told of itself.
///
/// # Errors
/// When it has not, or has ended.
pub fn status(peer: &NativePeer) -> Result<Status> {
    peer.status()?.context("the peer has said nothing yet")
}

/// Makes sure that each two have told the same of at least `checksums` worlds.
///
/// # Errors
/// When they have not, or a peer fails, ends or reports a desync.
pub fn same_worlds(peers: &[&NativePeer], checksums: usize) -> Result<()> {
    let mut records: Vec<Record> = Vec::new();
    for peer in peers {
        let record = Record::of(&peer.history()?)?;
        for other in &records {
            let compared = common(&record, other)?;
            ensure!(
                compared >= checksums,
                "only {compared} checksums to compare"
            );
        }
        records.push(record);
    }
    Ok(())
}

/// What a peer has told since `start`, and the last before it.
///
/// # Errors
/// When it has ended.
pub fn since(peer: &NativePeer, start: Instant) -> Result<Vec<Told>> {
    let mut history = peer.history()?;
    let before = history.partition_point(|told| told.at < start);
    Ok(history.split_off(before.saturating_sub(1)))
}

/// Prints how each has fared since `start`, and makes sure that all kept the pace.
///
/// # Errors
/// When one did not, or fails, ends or reports a desync.
pub fn kept_pace(what: &str, peers: &[&NativePeer], start: Instant) -> Result<()> {
    for peer in peers {
        let record = Record::of(&since(peer, start)?)?;
        eprintln!("{what}: {}", record.summary()?);
        let pace = record.pace();
        ensure!(pace >= PACE, "{what}: only {pace:.2} frames a second");
    }
    Ok(())
}

/// Prints for how long each has confirmed nothing since `start`, all in all, and makes sure that
/// it was at most `limit`.
pub fn stalled(what: &str, peers: &[&NativePeer], start: Instant, limit: Duration) -> Result<()> {
    for peer in peers {
        let told = since(peer, start)?;
        let (first, last) = told.first().zip(told.last()).context("nothing was told")?;
        let frames = f64::from(last.status.confirmed - first.status.confirmed);
        let missing = (last.at - first.at).as_secs_f64() - frames / f64::from(STEPS_PER_SECOND);
        eprintln!("{what}: stalled for {missing:.3} s");
        ensure!(
            missing <= limit.as_secs_f64(),
            "{what}: stalled for {missing:.3} s"
        );
    }
    Ok(())
}
