//! What one player has told in the course of a test, and what must hold of it.

use std::{collections::BTreeMap, time::Instant};

use anyhow::{Context, Result, bail, ensure};
use protocol::Frame;

use crate::status::Status;

/// A status, and when it was told.
#[derive(Clone, Debug)]
pub struct Told {
    /// When it reached the test.
    pub at: Instant,
    /// The status.
    pub status: Status,
}

/// What one player has told so far.
#[derive(Default)]
pub struct Record {
    latest: Option<Status>,
    /// By the number of matches before, and the frame.
    checksums: BTreeMap<(u32, Frame), String>,
    started: Option<(Instant, Frame)>,
    pace: f64,
}

impl Record {
    /// The record of all that `told` has.
    ///
    /// # Errors
    /// As [`Self::note`].
    pub fn of(told: &[Told]) -> Result<Self> {
        let mut record = Self::default();
        for told in told {
            record.note(told)?;
        }
        Ok(record)
    }

    /// Takes up one more status.
    ///
    /// # Errors
    /// When it tells of a failure or a desync, or a confirmed frame has changed.
    pub fn note(&mut self, told: &Told) -> Result<()> {
        let Told { at, status } = told;
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
            let (start, first) = *self.started.get_or_insert((*at, status.confirmed));
            let seconds = at.duration_since(start).as_secs_f64();
            if seconds > 0.0 {
                self.pace = f64::from(status.confirmed.saturating_sub(first)) / seconds;
            }
        }
        self.latest = Some(status.clone());
        Ok(())
    }

    /// The newest status.
    pub fn latest(&self) -> Option<&Status> {
        self.latest.as_ref()
    }

    /// The newest confirmed frame; 0 before there is one.
    pub fn confirmed(&self) -> Frame {
        self.latest.as_ref().map_or(0, |status| status.confirmed)
    }

    /// Confirmed frames a second, since the player was first seen in a match.
    pub fn pace(&self) -> f64 {
        self.pace
    }

    /// One line with the figures that people ask for.
    ///
    /// # Errors
    /// When nothing was told.
    pub fn summary(&self) -> Result<String> {
        let status = self.latest.as_ref().context("nothing was told")?;
        Ok(format!(
            "{} confirmed frames, {:.1} a second, round trip {:.1} ms, {} rollbacks, {}",
            status.confirmed, self.pace, status.rtt_ms, status.rollbacks, status.path,
        ))
    }
}

/// The checksums that both have told, after seeing that they are equal.
///
/// # Errors
/// When two differ.
pub fn common(one: &Record, other: &Record) -> Result<usize> {
    let mut count = 0;
    for (key, checksum) in &one.checksums {
        if let Some(theirs) = other.checksums.get(key) {
            ensure!(checksum == theirs, "worlds differ at frame {}", key.1);
            count += 1;
        }
    }
    Ok(count)
}
