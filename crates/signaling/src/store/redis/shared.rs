//! What a node's operations, its listener and its connection's keeper have in common.

use super::{
    TellOperator,
    link::{Link, Outgoing},
    mirror::{Coming, Mirror},
    report::{Reply, Report},
    script::Bounds,
    view::{NodeId, View, peer_id},
};
use crate::{
    limits::*,
    store::{Address, Entered, Entry, Node, Notice, Refused, RoomKey},
};
use axum::extract::ws::Utf8Bytes;
use matchbox_protocol::PeerId;
use sha2::{Digest, Sha256};
use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Instant,
};
use tokio::sync::{Notify, Semaphore, mpsc};
use tracing::{debug, info, warn};
use uuid::Uuid;

pub(super) struct Shared {
    name: NodeId,
    bounds: Bounds,
    node: Arc<dyn Node>,
    /// Is told whether Redis is here.
    tell_operator: TellOperator,
    /// Held while notices are delivered: in no other way would they come in their order.
    mirror: Mutex<Mirror>,
    /// The mirror may have come out of step.
    changed: Notify,
    /// It may have come into step.
    settled: Notify,
    /// A connection that has told of all rooms.
    link: Mutex<Option<Link>>,
    outgoing: mpsc::Sender<Outgoing>,
    outgoing_bytes: Arc<Semaphore>,
}

impl Shared {
    pub(super) fn new(
        bounds: Bounds,
        node: Arc<dyn Node>,
        tell_operator: TellOperator,
        outgoing: mpsc::Sender<Outgoing>,
    ) -> Self {
        let name = NodeId(Uuid::new_v4().as_u64_pair().0);
        tell_operator(false);
        Self {
            name,
            bounds,
            node,
            tell_operator,
            mirror: Mutex::new(Mirror::new(name)),
            changed: Notify::new(),
            settled: Notify::new(),
            link: Mutex::new(None),
            outgoing,
            outgoing_bytes: Arc::new(Semaphore::new(STORE_QUEUE_BYTES)),
        }
    }

    pub(super) fn name(&self) -> NodeId {
        self.name
    }

    pub(super) fn bounds(&self) -> Bounds {
        self.bounds
    }

    /// The connection, if there is one that has told of all rooms.
    pub(super) fn link(&self) -> Result<Link, Refused> {
        self.lock_link().clone().ok_or(Refused::Away)
    }

    pub(super) fn set_here(&self, link: Link) {
        info!("Redis is here, and knows this node's rooms");
        *self.lock_link() = Some(link);
        (self.tell_operator)(true);
    }

    pub(super) fn set_away(&self, why: &str) {
        (self.tell_operator)(false);
        match self.lock_link().take() {
            Some(_) => warn!(why, "Redis is away: nobody new comes in"),
            None => debug!(why, "Redis is still away"),
        }
    }

    /// Nobody new comes in any more, since this node goes down.
    pub(super) fn set_down(&self) {
        (self.tell_operator)(false);
        *self.lock_link() = None;
    }

    /// A connection begins. `data` names what Redis has stored, at random.
    pub(super) fn begin(&self, data: &str, listed: impl Iterator<Item = RoomKey>) {
        let data = hash(data, "");
        self.lock_mirror().begin(data, listed);
    }

    /// Where a bucket is. All nodes agree on it, and nobody outside can know it: so no crowd fills
    /// Redis with buckets, or empties somebody else's.
    pub(super) fn slot(&self, bucket: &str) -> u64 {
        let data = self.lock_mirror().data();
        hash(&data.to_string(), bucket) % STORE_RATE_SLOTS
    }

    pub(super) fn refresh(&self) {
        self.lock_mirror()
            .refresh(STORE_REFRESH, STORE_REFRESH_ROOMS, Instant::now());
    }

    pub(super) fn reports(&self) -> Vec<Report> {
        self.lock_mirror().reports(STORE_BATCH)
    }

    pub(super) fn not_told(&self, reports: Vec<Report>) {
        let rooms = reports.into_iter().map(|report| report.room);
        self.lock_mirror().not_told(rooms);
    }

    pub(super) fn told(&self, reports: &[Report], replies: Vec<Reply>) {
        let now = Instant::now();
        for (report, reply) in reports.iter().zip(replies) {
            self.update(|mirror| (mirror.told(report, reply, now), ()));
        }
    }

    /// Resolves when Redis has been told of everything.
    pub(super) async fn until_settled(&self) {
        while !self.lock_mirror().is_settled() {
            self.settled.notified().await;
        }
    }

    /// Resolves when there is something to tell Redis.
    pub(super) async fn until_out_of_step(&self) {
        while !self.lock_mirror().is_out_of_step() {
            // Keeps a permit: a change between the look and the wait is not missed.
            self.changed.notified().await;
        }
    }

    /// Takes a message of a node, or of a script that another node has run.
    pub(super) fn hear(&self, message: Vec<u8>) {
        if self.understand(message).is_none() {
            // From another version, or from somebody else who uses this Redis.
            warn!("dropped a message that was not understood");
        }
    }

    fn understand(&self, message: Vec<u8>) -> Option<()> {
        let mut message = String::from_utf8(message).ok()?;
        if let Some(words) = message.strip_prefix("signal ") {
            let (room, receiver) = words.split_once('\n')?.0.split_once(' ')?;
            let (room, receiver) = (RoomKey::from(room.to_owned()), peer_id(receiver).ok()?);
            let text = message.split_off(message.find('\n')? + 1).into();
            self.node.deliver(Notice::Signal {
                room,
                receiver,
                text,
            });
        } else if let Some(words) = message.strip_prefix("closed ") {
            let (room, revision) = words.split_once(' ')?;
            let (room, revision) = (RoomKey::from(room.to_owned()), revision.parse().ok()?);
            self.update(|mirror| (mirror.close(&room, revision), ()));
        } else {
            let view: View = message.parse().ok()?;
            self.update(|mirror| (mirror.hear(view), ()));
        }
        Some(())
    }

    /// Queues a signal for the node that the receiver is on; whether that is known and there is
    /// space. What does not fit is lost, as on a connection that breaks.
    pub(super) fn signal(&self, room: &RoomKey, receiver: PeerId, text: &Utf8Bytes) -> bool {
        let Some(node) = self.lock_mirror().route(room, receiver) else {
            return false;
        };
        let message = format!("signal {} {receiver}\n{text}", room.0);
        let bytes = u32::try_from(message.len()).unwrap_or(u32::MAX);
        let space = Arc::clone(&self.outgoing_bytes).try_acquire_many_owned(bytes);
        space.is_ok_and(|space| {
            let outgoing = Outgoing {
                node,
                message,
                _space: space,
            };
            self.outgoing.try_send(outgoing).is_ok()
        })
    }

    pub(super) fn room_count(&self) -> usize {
        self.lock_mirror().room_count()
    }

    pub(super) fn leave(&self, who: Address) {
        self.update(|mirror| (mirror.leave(who), ()));
    }

    /// Lets a peer back to the place that it has on this node, while Redis is away.
    pub(super) fn resume(&self, entry: &Entry) -> Result<Entered, Refused> {
        self.update(|mirror| match mirror.resume(entry) {
            Some((entered, notice)) => (vec![notice], Ok(entered)),
            None => (Vec::new(), Err(Refused::Away)),
        })
    }

    pub(super) fn begin_entry(&self) -> Arrival<'_> {
        Arrival {
            shared: self,
            coming: self.lock_mirror().begin_entry(),
        }
    }

    /// Changes the mirror, and delivers what comes of it in the order of the changes.
    fn update<T>(&self, change: impl FnOnce(&mut Mirror) -> (Vec<Notice>, T)) -> T {
        let mut mirror = self.lock_mirror();
        let (notices, result) = change(&mut mirror);
        for notice in notices {
            self.node.deliver(notice);
        }
        if mirror.is_out_of_step() {
            self.changed.notify_one();
        }
        if mirror.is_settled() {
            self.settled.notify_one();
        }
        result
    }

    fn lock_mirror(&self) -> MutexGuard<'_, Mirror> {
        // No code path panics while it holds the lock; if one did, Redis is told anew in time.
        self.mirror.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn lock_link(&self) -> MutexGuard<'_, Option<Link>> {
        // It is only ever replaced as a whole.
        self.link.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The first bytes of SHA-256: equal on all nodes, whatever they were built with.
fn hash(domain: &str, text: &str) -> u64 {
    let hash = Sha256::new()
        .chain_update(domain)
        .chain_update([0])
        .chain_update(text)
        .finalize();
    let mut first = [0; 8];
    first.copy_from_slice(&hash[..8]);
    u64::from_be_bytes(first)
}

/// An entrance that is under way, until it is dropped.
pub(super) struct Arrival<'a> {
    shared: &'a Shared,
    pub(super) coming: Coming,
}

impl Arrival<'_> {
    /// The peer is in; it may have left another room.
    pub(super) fn enter(
        self,
        who: Address,
        order: u64,
        view: View,
        former: Option<View>,
    ) -> Entered {
        let room = view.key.clone();
        let now = Instant::now();
        let later = self
            .shared
            .update(|mirror| mirror.enter(self.coming, who, order, view, former, now));
        Entered { room, order, later }
    }
}

impl Drop for Arrival<'_> {
    fn drop(&mut self) {
        self.shared.update(|mirror| {
            mirror.end_entry(self.coming);
            (Vec::new(), ())
        });
    }
}
