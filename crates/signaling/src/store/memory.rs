//! The rooms of a single node, in its memory.

use super::*;
use crate::rooms::Rooms;
use futures::future::ready;
use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

/// All rooms behind one lock, which is never held across an await. Notices are delivered under
/// it: in no other way would they come in the order of what they tell.
pub(crate) struct Memory {
    rooms: Mutex<Rooms>,
    node: Arc<dyn Node>,
}

impl Memory {
    /// No rooms yet, and never more than `max_rooms`; created ones stay empty for `grace`. `node`
    /// is told what its sockets must know.
    pub(crate) fn new(max_rooms: usize, grace: Duration, node: Arc<dyn Node>) -> Self {
        Self {
            rooms: Mutex::new(Rooms::new(max_rooms, grace)),
            node,
        }
    }

    fn rooms(&self) -> MutexGuard<'_, Rooms> {
        // No code path panics while it holds the lock; if one did, the rooms are still usable.
        self.rooms.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Works on the rooms at this moment, and delivers what comes of it.
    fn now<T>(&self, work: impl FnOnce(&mut Rooms, Instant, &mut dyn FnMut(Notice)) -> T) -> T {
        let mut rooms = self.rooms();
        work(&mut rooms, Instant::now(), &mut |notice| {
            self.node.deliver(notice);
        })
    }
}

impl fmt::Debug for Memory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Memory").field(&self.rooms).finish()
    }
}

impl Store for Memory {
    fn create<'a>(&'a self, charter: &'a Charter) -> Answer<'a, RoomState> {
        Box::pin(ready(self.now(|rooms, now, _| rooms.create(charter, now))))
    }

    fn find<'a>(&'a self, code: &'a str) -> Answer<'a, RoomState> {
        Box::pin(ready(self.now(|rooms, now, _| rooms.find(code, now))))
    }

    fn list<'a>(&'a self, question: &'a Listing) -> Answer<'a, Page> {
        Box::pin(ready(Ok(
            self.now(|rooms, now, _| rooms.list(question, now))
        )))
    }

    fn quick<'a>(&'a self, peer: PeerId, charter: &'a Charter) -> Answer<'a, RoomState> {
        Box::pin(ready(
            self.now(|rooms, now, _| rooms.quick(peer, charter, now)),
        ))
    }

    fn seal<'a>(&'a self, code: &'a str, owner: PeerId, sealed: bool) -> Answer<'a, RoomState> {
        Box::pin(ready(
            self.now(|rooms, _, _| rooms.seal(code, owner, sealed)),
        ))
    }

    fn close<'a>(&'a self, code: &'a str, owner: PeerId) -> Answer<'a, ()> {
        Box::pin(ready(
            self.now(|rooms, _, tell| rooms.close(code, owner, tell)),
        ))
    }

    fn enter<'a>(&'a self, entry: &'a Entry) -> Answer<'a, Entered> {
        Box::pin(ready(
            self.now(|rooms, now, tell| rooms.enter(entry, now, tell)),
        ))
    }

    fn leave(&self, who: Address) {
        self.now(|rooms, now, tell| rooms.leave(who, now, tell));
    }

    fn room_count(&self) -> usize {
        self.rooms().len()
    }

    /// All peers are on this node.
    fn signal(&self, _room: &RoomKey, _receiver: PeerId, _text: Utf8Bytes) -> bool {
        false
    }
}

#[cfg(test)]
mod tests {
    use super::{
        super::suite::{Nodes, histories, keeps_what_it_promises},
        *,
    };
    use crate::limits::{MAX_ROOMS, ROOM_GRACE};
    use futures::executor::block_on;
    use proptest::prelude::*;

    #[derive(Default)]
    struct Told(Mutex<Vec<Notice>>);

    impl Node for Told {
        fn deliver(&self, notice: Notice) {
            self.0.lock().unwrap().push(notice);
        }
    }

    struct One {
        store: Memory,
        told: Arc<Told>,
    }

    impl Nodes for One {
        fn count(&self) -> usize {
            1
        }

        fn store(&self, _node: usize) -> &dyn Store {
            &self.store
        }

        async fn told(&mut self) -> Vec<Notice> {
            std::mem::take(&mut self.told.0.lock().unwrap())
        }
    }

    proptest! {
        #[test]
        fn any_history_keeps_what_is_promised(steps in histories()) {
            let told = Arc::new(Told::default());
            let store = Memory::new(MAX_ROOMS, ROOM_GRACE, told.clone());
            let mut one = One { store, told };
            block_on(keeps_what_it_promises(&mut one, steps))?;
            // Everybody has left: what remains are created rooms, all of them found as empty.
            one.store.rooms().assert_consistent();
        }
    }
}
