//! The store of many nodes beside the store of one: the same operations, one after the other, are
//! answered the same, and the same is told to the same connections.
//!
//! The same by the model that all stores are compared with. And operations at once: whatever their
//! order, no room holds more than it may.

use super::*;
use crate::store::{
    memory::Memory,
    suite::{Nodes, histories, keeps_what_it_promises},
};
use futures::future::join_all;
use proptest::{
    prelude::*,
    test_runner::{Config, RngAlgorithm, TestRng, TestRunner},
};
use std::collections::{BTreeMap, HashMap};
use tokio::runtime::Builder;

/// Sequences of operations that are tried.
const CASES: u32 = 48;

/// Histories that are tried, and their steps: the model forgets no place that quick match holds,
/// so that each must be over before such a place is.
const HISTORIES: u32 = 16;
const STEPS: usize = 40;

#[derive(Clone, Debug)]
enum Step {
    Enter {
        node: usize,
        number: u128,
        door: Door,
    },
    /// The end of a peer's newest connection, or of one that was replaced.
    Leave {
        number: u128,
        newest: bool,
    },
    Create(Charter),
    Find(String),
    List {
        after: bool,
        limit: usize,
    },
    Quick {
        number: u128,
        charter: Charter,
    },
    Seal {
        code: String,
        number: u128,
        sealed: bool,
    },
    Close {
        code: String,
        number: u128,
    },
}

fn code() -> impl Strategy<Value = String> {
    prop::sample::select(vec!["BBBBB2", "BBBBB3", "BBBBB4"]).prop_map(str::to_owned)
}

/// Few rooms of few places, so that much happens in them.
fn some_charter() -> impl Strategy<Value = Charter> {
    let version = prop::sample::select(vec!["", "v2"]);
    (code(), any::<bool>(), 2..4_usize, version, 1..3_u64).prop_map(
        |(code, public, capacity, version, born)| Charter {
            code,
            visibility: match public {
                true => Visibility::Public,
                false => Visibility::Private,
            },
            capacity,
            version: version.parse().unwrap(),
            born,
        },
    )
}

fn some_door() -> impl Strategy<Value = Door> {
    let name = || prop::sample::select(vec!["", "a", "b"]);
    prop_oneof![
        3 => name().prop_map(bare),
        2 => (name(), 1..4_usize).prop_map(|(name, size)| group(name, size)),
        4 => (some_charter(), prop::option::of(0..6_u128)).prop_map(|(charter, formerly)| {
            let formerly = formerly.map(peer);
            Door::Ticket { charter, formerly }
        }),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    let number = 0..6_u128;
    prop_oneof![
        8 => (0..3_usize, number.clone(), some_door())
            .prop_map(|(node, number, door)| Step::Enter { node, number, door }),
        4 => (number.clone(), any::<bool>())
            .prop_map(|(number, newest)| Step::Leave { number, newest }),
        1 => some_charter().prop_map(Step::Create),
        1 => code().prop_map(Step::Find),
        1 => (any::<bool>(), 1..3_usize).prop_map(|(after, limit)| Step::List { after, limit }),
        1 => (number.clone(), some_charter())
            .prop_map(|(number, charter)| Step::Quick { number, charter }),
        2 => (code(), number.clone(), any::<bool>())
            .prop_map(|(code, number, sealed)| Step::Seal { code, number, sealed }),
        1 => (code(), number).prop_map(|(code, number)| Step::Close { code, number }),
    ]
}

/// One connection after the other of one peer, and the node of each.
#[derive(Default)]
struct Connections(HashMap<u128, Vec<(Visit, usize)>>);

/// What each connection was told, in its order, but that of several things told at once.
fn by_connection(notices: Vec<Notice>) -> BTreeMap<Address, Vec<String>> {
    let mut told: BTreeMap<Address, Vec<String>> = BTreeMap::new();
    for notice in notices {
        let (to, what) = match notice {
            Notice::NewPeer { to, peer } => (to, format!("{} comes", number(peer))),
            Notice::PeerLeft { to, peer } => (to, format!("{} leaves", number(peer))),
            Notice::Replaced { to } => (vec![to], "replaced".to_owned()),
            Notice::Closed { to } => (to, "closed".to_owned()),
            Notice::Signal { .. } => continue,
        };
        for address in to {
            told.entry(address).or_default().push(what.clone());
        }
    }
    told.values_mut().for_each(|what| what.sort());
    told
}

/// The rooms' names differ; whether two are the same one does not.
#[derive(Default)]
struct Names(HashMap<RoomKey, RoomKey>);

impl Names {
    fn check(&mut self, one: &RoomKey, other: &RoomKey) {
        let known = self.0.entry(one.clone()).or_insert_with(|| other.clone());
        assert_eq!(known, other);
    }
}

struct Both {
    nodes: [TestNode; 3],
    alone: Memory,
    heard_alone: Arc<Ears>,
    connections: Connections,
    names: Names,
    next_visit: Visit,
    cursor: Option<Cursor>,
}

impl Both {
    async fn take(&mut self, step: Step) {
        match step {
            Step::Enter { node, number, door } => self.enter(node, number, door).await,
            Step::Leave { number, newest } => self.leave(number, newest),
            Step::Create(charter) => {
                let many = self.nodes[0].store.create(&charter).await;
                assert_eq!(many, self.alone.create(&charter).await);
            }
            Step::Find(code) => {
                let many = self.nodes[1].store.find(&code).await;
                assert_eq!(many, self.alone.find(&code).await);
            }
            Step::List { after, limit } => {
                let after = self.cursor.take().filter(|_| after);
                let listing = Listing {
                    version: None,
                    after,
                    limit,
                };
                let many = self.nodes[2].store.list(&listing).await;
                let alone = self.alone.list(&listing).await;
                assert_eq!(many, alone);
                self.cursor = alone.unwrap().next;
            }
            Step::Quick { number, charter } => {
                let charter = Charter {
                    visibility: Visibility::Public,
                    ..charter
                };
                let many = self.nodes[0].store.quick(peer(number), &charter).await;
                let alone = self.alone.quick(peer(number), &charter).await;
                assert_eq!(many, alone);
            }
            Step::Seal {
                code,
                number,
                sealed,
            } => {
                let many = self.nodes[1].store.seal(&code, peer(number), sealed).await;
                assert_eq!(many, self.alone.seal(&code, peer(number), sealed).await);
            }
            Step::Close { code, number } => {
                let many = self.nodes[2].store.close(&code, peer(number)).await;
                assert_eq!(many, self.alone.close(&code, peer(number)).await);
            }
        }
        self.compare_notices().await;
    }

    async fn enter(&mut self, node: usize, number: u128, door: Door) {
        self.next_visit += 1;
        let who = who(number, self.next_visit);
        let entry = Entry { who, door };
        let many = self.nodes[node].store.enter(&entry).await;
        let alone = self.alone.enter(&entry).await;
        match (many, alone) {
            (Ok(many), Ok(alone)) => {
                assert_eq!(many.later, alone.later, "{entry:?}");
                self.names.check(&alone.room, &many.room);
                let all = self.connections.0.entry(number).or_default();
                all.push((who.visit, node));
            }
            (many, alone) => assert_eq!(many.err(), alone.err(), "{entry:?}"),
        }
    }

    fn leave(&mut self, number: u128, newest: bool) {
        let all = self.connections.0.get_mut(&number);
        let one = all.and_then(|all| match newest || all.is_empty() {
            true => all.pop(),
            false => Some(all.remove(0)),
        });
        if let Some((visit, node)) = one {
            self.nodes[node].store.leave(who(number, visit));
            self.alone.leave(who(number, visit));
        }
    }

    async fn compare_notices(&self) {
        // Twice: what the first told Redis, the others have heard by then.
        for node in self.nodes.iter().chain(&self.nodes) {
            node.settle().await;
        }
        let take = |ears: &Ears| std::mem::take(&mut *ears.0.lock().unwrap());
        let many = self.nodes.iter().flat_map(|node| take(&node.ears));
        let many = by_connection(many.collect());
        let alone = by_connection(take(&self.heard_alone));
        assert_eq!(many, alone);
    }
}

fn runner(cases: u32) -> TestRunner {
    let config = Config {
        cases,
        failure_persistence: None,
        ..Config::default()
    };
    let random = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    TestRunner::new_with_rng(config, random)
}

#[test]
fn many_nodes_answer_as_one_does() {
    let Some(redis) = RedisServer::start() else {
        return;
    };
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    let steps = prop::collection::vec(step(), 1..48);
    let tried = runner(CASES).run(&steps, |steps| {
        runtime.block_on(async {
            redis.flush();
            let heard_alone = Arc::new(Ears::default());
            let terms = terms();
            let alone = Memory::new(terms.max_rooms, terms.room_grace, heard_alone.clone());
            let mut both = Both {
                nodes: three(&redis, terms).await,
                alone,
                heard_alone,
                connections: Connections::default(),
                names: Names::default(),
                next_visit: 0,
                cursor: None,
            };
            for step in steps {
                both.take(step).await;
            }
        });
        Ok(())
    });
    tried.unwrap();
}

struct Three([TestNode; 3]);

impl Nodes for Three {
    fn count(&self) -> usize {
        self.0.len()
    }

    fn store(&self, node: usize) -> &dyn Store {
        &self.0[node].store
    }

    async fn told(&mut self) -> Vec<Notice> {
        // Twice: what the first told Redis, the others have heard by then.
        for node in self.0.iter().chain(&self.0) {
            node.settle().await;
        }
        let ears = self.0.iter().map(|node| &node.ears);
        ears.flat_map(|ears| std::mem::take(&mut *ears.0.lock().unwrap()))
            .collect()
    }
}

#[test]
fn any_history_keeps_what_is_promised() {
    let Some(redis) = RedisServer::start() else {
        return;
    };
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    let tried = runner(HISTORIES).run(&histories(), |mut steps| {
        steps.truncate(STEPS);
        runtime.block_on(async {
            redis.flush();
            let mut nodes = Three(three(&redis, terms()).await);
            keeps_what_it_promises(&mut nodes, steps).await
        })
    });
    tried.unwrap();
}

#[test]
fn no_race_overfills_a_room_and_one_of_each_pair_is_told() {
    let Some(redis) = RedisServer::start() else {
        return;
    };
    let runtime = Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    // Which node each peer enters by; and which of them leave again at once.
    let crowd = prop::collection::vec((0..3_usize, any::<bool>()), 1..40);
    let tried = runner(24).run(&(crowd, 2..9_usize), |(crowd, capacity)| {
        runtime.block_on(race(&redis, crowd, capacity));
        Ok(())
    });
    tried.unwrap();
}

async fn race(redis: &RedisServer, crowd: Vec<(usize, bool)>, capacity: usize) {
    redis.flush();
    let nodes = three(redis, terms()).await;
    let charter = Charter {
        capacity,
        ..charter("K7M2QX")
    };
    let entrances = crowd.iter().enumerate().map(|(number, (node, leaves))| {
        let (node, charter) = (&nodes[*node], &charter);
        async move {
            let entered = node.enter(ticket(charter.clone()), number as u128, 0).await;
            if entered.is_ok() && *leaves {
                node.store.leave(who(number as u128, 0));
            }
            entered
        }
    });
    let entered = join_all(entrances).await;
    let staying = |(number, result): (usize, &Result<Entered, Refused>)| match result {
        Ok(_) => (!crowd[number].1).then_some(number as u128),
        Err(refused) => {
            assert_eq!(*refused, Refused::RoomFull(capacity));
            None
        }
    };
    let staying: Vec<u128> = entered.iter().enumerate().filter_map(staying).collect();
    for node in nodes.iter().chain(&nodes) {
        node.settle().await;
    }
    let state = nodes[0].store.find("K7M2QX").await.unwrap();
    let mut present: Vec<u128> = state.peers.iter().copied().map(number).collect();
    let order = present.clone();
    present.sort();
    assert_eq!(present, staying);
    assert!(present.len() <= capacity);
    let notices = nodes
        .iter()
        .flat_map(|node| std::mem::take(&mut *node.ears.0.lock().unwrap()));
    let notices: Vec<Notice> = notices.collect();
    for (place, elder) in order.iter().enumerate() {
        for younger in &order[place + 1..] {
            let told = |to: u128, of: u128| {
                let told = notices.iter().filter(|notice| {
                    matches!(notice, Notice::NewPeer { to: all, peer: new }
                        if all.contains(&who(to, 0)) && *new == peer(of))
                });
                told.count()
            };
            assert_eq!((told(*elder, *younger), told(*younger, *elder)), (1, 0));
        }
    }
}
