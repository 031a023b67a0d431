//! Whether peers are in the same world: the first invariant of all.
//!
//! World `f` follows from the match's start, from who drives each seat in all frames below `f`,
//! and from what those drivers did. So it is a fault when two peers whose logs say the same of the
//! frames below `f` have different confirmed worlds `f`, whatever happens around them: in a split
//! room, too, whose parts have different logs. At rest all peers of one view must be equal, by
//! whatever way they came there.

use netplay::rollback::Core;
use protocol::{
    Frame, PeerId, Simulation,
    agreement::{SeatChange, View},
};
use std::{
    collections::{BTreeMap, BTreeSet},
    hash::{DefaultHasher, Hash, Hasher},
};

/// Checksums of worlds, by what names their history and by frame, with who told them first.
type Known = BTreeMap<(u64, Frame), (u64, u8)>;

/// The confirmed worlds of all peers.
#[derive(Default)]
pub struct Worlds {
    by_log: Known,
    /// Since the last disturbance.
    by_view: Known,
    /// Since the last disturbance, per match and frame what any player has confirmed.
    played: BTreeMap<(u32, Frame), Vec<u64>>,
    logs: BTreeMap<u8, Log>,
    matches: BTreeSet<u32>,
}

/// The log of one peer's core.
struct Log {
    match_id: u32,
    view: View,
    /// Grows while the core is the same.
    datagrams: u64,
    /// Nothing if nobody can say how it began.
    changes: Option<Vec<SeatChange>>,
}

/// What is new in a peer's match.
#[derive(Default)]
pub struct News {
    /// It has another core than before.
    pub core: bool,
    pub view: Option<View>,
    pub changes: Vec<SeatChange>,
}

impl Worlds {
    /// Something was done to the peers: views may differ from now on.
    pub fn disturb(&mut self) {
        self.by_view.clear();
        self.played.clear();
    }

    /// How many matches were seen.
    pub fn matches(&self) -> usize {
        self.matches.len()
    }

    /// Follows a peer's log.
    pub fn follow<S: Simulation>(&mut self, peer: u8, match_id: u32, core: &Core<S>) -> News {
        let stats = core.stats();
        let datagrams = stats.datagrams_in + stats.datagrams_out;
        let view = core.view();
        let mut news = News::default();
        let is_same = |log: &&mut Log| log.match_id == match_id && log.datagrams <= datagrams;
        let Some(log) = self.logs.get_mut(&peer).filter(is_same) else {
            let changes = self.history(peer, match_id, core);
            let log = Log {
                match_id,
                view,
                datagrams,
                changes,
            };
            self.logs.insert(peer, log);
            self.matches.insert(match_id);
            news.core = true;
            news.view = Some(view);
            return news;
        };
        log.datagrams = datagrams;
        if log.view != view {
            log.view = view;
            news.view = Some(view);
        }
        if let Some(changes) = &mut log.changes
            && core.log() as usize > changes.len()
        {
            news.changes = core.entries_from(changes.len() as u32).unwrap_or_default();
            changes.extend(&news.changes);
        }
        news
    }

    /// The log of a new core from its beginning: what was summed up in a snapshot is another's of
    /// the same view.
    fn history<S: Simulation>(
        &self,
        peer: u8,
        match_id: u32,
        core: &Core<S>,
    ) -> Option<Vec<SeatChange>> {
        let own_from = (0..=core.log()).find(|index| core.entries_from(*index).is_some())?;
        let others = self.logs.iter().filter(|(other, log)| {
            **other != peer && log.match_id == match_id && log.view == core.view()
        });
        let mut logs = others.filter_map(|(_, log)| log.changes.as_deref());
        let summed_up = match own_from {
            0 => &[],
            _ => logs.find_map(|changes| changes.get(..own_from as usize))?,
        };
        let own = core.entries_from(own_from)?;
        Some(summed_up.iter().copied().chain(own).collect())
    }

    /// Compares a peer's confirmed world with what is known. The error tells with whose it
    /// differs.
    pub fn compare<S: Simulation>(
        &mut self,
        peer: u8,
        core: &Core<S>,
        at_rest: bool,
    ) -> Result<(), String> {
        let Some(log) = self.logs.get(&peer) else {
            return Ok(());
        };
        let frame = core.confirmed();
        let sum = core.confirmed_world().checksum();
        let differs = |known: &mut Known, key: u64, what: &str| {
            let (told, by) = *known.entry((key, frame)).or_insert((sum, peer));
            match told == sum {
                true => Ok(()),
                false => Err(format!("world {frame} is not P{by}'s of the same {what}")),
            }
        };
        let mut hasher = DefaultHasher::new();
        log.match_id.hash(&mut hasher);
        if at_rest {
            let mut hasher = hasher.clone();
            core.view().id.hash(&mut hasher);
            differs(&mut self.by_view, hasher.finish(), "view")?;
            self.played
                .entry((log.match_id, frame))
                .or_default()
                .push(sum);
        }
        let Some(changes) = &log.changes else {
            return Ok(());
        };
        for change in changes.iter().filter(|change| change.from < frame) {
            let SeatChange { seat, from, driver } = *change;
            (seat, from, driver.map(|PeerId(id)| id.as_u128())).hash(&mut hasher);
        }
        differs(&mut self.by_log, hasher.finish(), "log")
    }

    /// Compares the world that a watcher shows with what was played, at rest.
    pub fn compare_shown<S: Simulation>(
        &self,
        match_id: u32,
        frame: Frame,
        shown: &S,
    ) -> Result<(), String> {
        match self.played.get(&(match_id, frame)) {
            Some(played) if !played.contains(&shown.checksum()) => {
                Err(format!("world {frame} is shown, but nobody plays it"))
            }
            _ => Ok(()),
        }
    }
}
