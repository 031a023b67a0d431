//! The store over a real Redis, as three nodes use it.

#[path = "../../../tests/support/redis.rs"]
mod server;

mod differential;
mod interleavings;
mod operations;
mod trouble;

use super::*;
use crate::{limits::ROOM_GRACE, store::testing::*};
use ::redis::TypedCommands;
use server::RedisServer;
use std::sync::Mutex;
use tokio::{
    sync::watch,
    time::{sleep, timeout},
};
use uuid::Uuid;

/// Far longer than anything here takes; a test that waits for it has failed.
const PATIENCE: Duration = Duration::from_secs(20);

/// What a node was told, in its order.
#[derive(Default)]
struct Ears(Mutex<Vec<Notice>>);

impl Node for Ears {
    fn deliver(&self, notice: Notice) {
        self.0.lock().unwrap().push(notice);
    }
}

/// A node without sockets.
struct TestNode {
    store: Redis,
    ears: Arc<Ears>,
    here: watch::Receiver<bool>,
    url: String,
}

fn terms() -> Terms {
    Terms {
        max_rooms: 100,
        room_grace: ROOM_GRACE,
        node_grace: NODE_GRACE,
    }
}

impl TestNode {
    /// A node that Redis knows.
    async fn start(redis: &RedisServer, terms: Terms) -> Self {
        let mut node = Self::start_away(redis.url(), terms);
        node.until(true).await;
        node
    }

    fn start_away(url: String, terms: Terms) -> Self {
        let ears = Arc::new(Ears::default());
        let (says, here) = watch::channel(false);
        let tell = Box::new(move |is_here| {
            says.send_replace(is_here);
        });
        let store = Redis::new(&url, terms, ears.clone(), tell).unwrap();
        Self {
            store,
            ears,
            here,
            url,
        }
    }

    /// Waits until Redis is here, or away.
    async fn until(&mut self, here: bool) {
        let waited = timeout(PATIENCE, self.here.wait_for(|is_here| *is_here == here));
        waited.await.unwrap().unwrap();
    }

    async fn enter(&self, door: Door, number: u128, visit: Visit) -> Result<Entered, Refused> {
        let entry = Entry {
            who: who(number, visit),
            door,
        };
        self.store.enter(&entry).await
    }

    /// Takes what the node was told, once it is as much as expected.
    async fn heard(&self, count: usize) -> Vec<Notice> {
        eventually(|| self.ears.0.lock().unwrap().len() >= count).await;
        let heard = std::mem::take(&mut *self.ears.0.lock().unwrap());
        assert_eq!(heard.len(), count, "{heard:?}");
        heard
    }

    /// Waits until Redis has been told of everything, and this node has heard everything that
    /// Redis had said by then.
    async fn settle(&self) {
        let shared = &self.store.shared;
        timeout(PATIENCE, shared.until_settled()).await.unwrap();
        let fence = RoomKey::from(format!("b:fence{}", Uuid::new_v4()));
        let message = format!("signal {} {}\n", fence.0, peer(0));
        let client = ::redis::Client::open(&*self.url).unwrap();
        let channel = format!("peerball:to:{}", shared.name());
        let _: usize = client
            .get_connection()
            .unwrap()
            .publish(channel, message)
            .unwrap();
        let is_fence =
            |notice: &Notice| matches!(notice, Notice::Signal { room, .. } if *room == fence);
        let passed = || {
            let mut heard = self.ears.0.lock().unwrap();
            let place = heard.iter().position(is_fence);
            place.map(|place| heard.remove(place)).is_some()
        };
        eventually(passed).await;
    }
}

fn who(number: u128, visit: Visit) -> Address {
    Address {
        peer: peer(number),
        visit,
    }
}

fn bare(name: &str) -> Door {
    Door::bare(name, None).unwrap()
}

fn group(name: &str, size: usize) -> Door {
    Door::bare(name, Some(&size.to_string())).unwrap()
}

fn ticket(charter: Charter) -> Door {
    Door::Ticket {
        charter,
        formerly: None,
    }
}

fn public(code: &str, born: u64) -> Charter {
    Charter {
        visibility: Visibility::Public,
        born,
        ..charter(code)
    }
}

fn came(to: &[Address], number: u128) -> Notice {
    Notice::NewPeer {
        to: to.to_vec(),
        peer: peer(number),
    }
}

fn left(to: &[Address], number: u128) -> Notice {
    Notice::PeerLeft {
        to: to.to_vec(),
        peer: peer(number),
    }
}

fn replaced(number: u128, visit: Visit) -> Notice {
    Notice::Replaced {
        to: who(number, visit),
    }
}

impl RedisServer {
    /// All keys that match a pattern.
    fn keys(&self, pattern: &str) -> Vec<String> {
        self.connect().keys(pattern).unwrap()
    }

    /// Loses all data while everybody stays connected.
    fn flush(&self) {
        self.command(&["FLUSHALL"]);
    }

    /// How many nodes have told of all their rooms.
    fn nodes(&self) -> usize {
        self.connect().zcard("peerball:nodes").unwrap()
    }
}

async fn eventually(mut holds: impl FnMut() -> bool) {
    let waiting = async {
        while !holds() {
            sleep(Duration::from_millis(1)).await;
        }
    };
    timeout(PATIENCE, waiting).await.expect("it takes too long");
}

async fn three(redis: &RedisServer, terms: Terms) -> [TestNode; 3] {
    let start = || TestNode::start(redis, terms);
    tokio::join!(start(), start(), start()).into()
}
