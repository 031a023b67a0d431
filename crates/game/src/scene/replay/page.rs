//! On the web: the newest replay, kept in the page's memory until it goes.

use bevy::prelude::*;
use netplay::session::{Record, RecordKind};
use std::sync::Arc;

/// What the page has recorded.
#[derive(Resource, Default)]
pub struct Shelf {
    newest: Option<Source>,
}

impl Shelf {
    /// Keeps a replay in place of the one before. A page has no place for more.
    pub fn keep(&mut self, record: &Record) {
        if record.kind == RecordKind::Replay {
            self.newest = Some(Source(record.bytes.as_slice().into()));
        }
    }

    /// The newest replay.
    pub fn newest(&self) -> Option<Source> {
        self.newest.clone()
    }
}

/// Where a replay is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source(Arc<[u8]>);

impl Source {
    /// The file; in memory nothing fails.
    pub fn read(&self) -> Result<Vec<u8>, String> {
        Ok(self.0.to_vec())
    }
}
