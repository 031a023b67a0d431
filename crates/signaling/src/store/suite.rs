//! What every store keeps, whatever happens: random histories, compared with a model that is as
//! plain as can be. Each store's tests run it on nodes of theirs.

mod model;

use self::model::{Model, by_address};
use super::{testing::peer, *};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

/// A store under test.
pub(crate) trait Nodes {
    /// How many nodes share it.
    fn count(&self) -> usize;

    /// The store as one node has it.
    fn store(&self, node: usize) -> &dyn Store;

    /// What all nodes were told since this was asked last, once everything that was called before
    /// has taken effect. Notices to one address are in their order.
    async fn told(&mut self) -> Vec<Notice>;
}

/// A step of a random history. Small ranges, so that peers meet; `node` counts modulo the nodes.
#[derive(Clone, Debug)]
pub(crate) struct Step {
    node: usize,
    peer: u8,
    action: Action,
}

#[derive(Clone, Debug)]
enum Action {
    /// By name, or to a group.
    Come(u8, Option<u8>),
    /// With a ticket for a room that was ever made, and for who was another before.
    Show(usize, Option<u8>),
    /// Ends a visit, also one that is over already.
    Leave(usize),
    Create(u8, u8),
    Quick(u8, u8),
    Seal(u8, bool),
    Close(u8),
}

/// Random histories.
pub(crate) fn histories() -> impl Strategy<Value = Vec<Step>> {
    use Action::*;
    let action = prop_oneof![
        4 => (0..4_u8, prop::option::weighted(0.4, 1..4_u8)).prop_map(|(a, b)| Come(a, b)),
        8 => (any::<usize>(), prop::option::of(0..8_u8)).prop_map(|(a, b)| Show(a, b)),
        4 => any::<usize>().prop_map(Leave),
        2 => (0..3_u8, any::<u8>()).prop_map(|(a, b)| Create(a, b)),
        2 => (0..3_u8, any::<u8>()).prop_map(|(a, b)| Quick(a, b)),
        2 => (0..3_u8, any::<bool>()).prop_map(|(a, b)| Seal(a, b)),
        1 => (0..3_u8).prop_map(Close),
    ];
    let step = (any::<usize>(), 0..8_u8, action);
    let step = step.prop_map(|(node, peer, action)| Step { node, peer, action });
    prop::collection::vec(step, 0..120)
}

const CODES: [&str; 3] = ["BCD234", "FGH567", "JKM892"];

/// A run of a history: the model, and what must be the same in the store.
struct Run {
    model: Model,
    /// Every charter that was ever drawn.
    charters: Vec<Charter>,
    /// Every visit that ever began, and on which node.
    visits: Vec<(usize, Address)>,
    /// The store's keys of the model's rooms.
    keys: BTreeMap<usize, RoomKey>,
    /// The latest entrance of each peer.
    orders: BTreeMap<PeerId, u64>,
}

impl Run {
    fn charter(&mut self, code: u8, seed: u8) -> Charter {
        let charter = Charter {
            code: CODES[usize::from(code)].to_owned(),
            visibility: match seed & 1 {
                0 => Visibility::Public,
                _ => Visibility::Private,
            },
            capacity: 2 + usize::from(seed >> 1 & 3),
            version: VersionTag::from_str(["", "1"][usize::from(seed >> 3 & 1)]).unwrap(),
            born: self.charters.len() as u64 + 1,
        };
        self.charters.push(charter.clone());
        charter
    }

    fn door(&self, action: &Action) -> Option<Door> {
        match action {
            Action::Come(name, group) => Some(Door::Bare {
                name: ["a", "bcd-234", "BCD234", "FGH567"][usize::from(*name)].to_owned(),
                group: group.map(usize::from),
            }),
            Action::Show(_, _) if self.charters.is_empty() => None,
            Action::Show(index, formerly) => Some(Door::Ticket {
                charter: self.charters[index % self.charters.len()].clone(),
                formerly: formerly.map(|number| peer(number.into())),
            }),
            _ => None,
        }
    }

    async fn enter(
        &mut self,
        (node, store): (usize, &dyn Store),
        peer: PeerId,
        door: Door,
    ) -> Result<(), TestCaseError> {
        let visit = self.visits.len() as Visit;
        let who = Address { peer, visit };
        let entry = Entry { who, door };
        let expected = self.model.enter(&entry);
        let entered = store.enter(&entry).await;
        match (entered, expected) {
            (Ok(entered), Ok((number, later))) => {
                self.visits.push((node, who));
                prop_assert_eq!(entered.later, later);
                let key = self.keys.entry(number).or_insert(entered.room.clone());
                prop_assert_eq!(&*key, &entered.room);
                let lives = |number| self.model.rooms.iter().any(|room| room.number == number);
                self.keys.retain(|number, _| lives(*number));
                let same = self.keys.values().filter(|key| **key == entered.room);
                prop_assert_eq!(same.count(), 1, "no two rooms have one key");
                let before = self.orders.insert(peer, entered.order);
                prop_assert!(before.is_none_or(|before| before < entered.order));
            }
            (entered, expected) => prop_assert_eq!(entered.err(), expected.err()),
        }
        Ok(())
    }

    async fn step(&mut self, nodes: &impl Nodes, step: Step) -> Result<(), TestCaseError> {
        let node = step.node % nodes.count();
        let store = nodes.store(node);
        let peer = peer(step.peer.into());
        if let Some(door) = self.door(&step.action) {
            return self.enter((node, store), peer, door).await;
        }
        match step.action {
            Action::Come(..) | Action::Show(..) => {}
            Action::Leave(index) => {
                if let Some((node, who)) = self.visits.get(index % self.visits.len().max(1)) {
                    self.model.leave(*who);
                    nodes.store(*node).leave(*who);
                }
            }
            Action::Create(code, seed) => {
                let charter = self.charter(code, seed);
                let made = store.create(&charter).await;
                let expected = self.model.create(&charter);
                prop_assert_eq!(made.map(|state| state.charter), expected.map(|_| charter));
            }
            Action::Quick(code, seed) => {
                let charter = Charter {
                    visibility: Visibility::Public,
                    ..self.charter(code, seed)
                };
                if let Some(last) = self.charters.last_mut() {
                    *last = charter.clone();
                }
                let found = store.quick(peer, &charter).await;
                let expected = self.model.quick(peer, &charter);
                prop_assert_eq!(found.map(|state| state.charter.code), expected);
            }
            Action::Seal(code, sealed) => {
                let code = CODES[usize::from(code)];
                let state = store.seal(code, peer, sealed).await;
                let expected = self.model.owned(code, peer).map(|room| {
                    room.sealed = sealed;
                    sealed
                });
                prop_assert_eq!(state.map(|state| state.sealed), expected);
            }
            Action::Close(code) => {
                let code = CODES[usize::from(code)];
                let closed = store.close(code, peer).await;
                prop_assert_eq!(closed, self.model.close(code, peer));
            }
        }
        Ok(())
    }

    /// Every room is found as it is, on every node, and the list has those that are open.
    async fn compare(&mut self, nodes: &impl Nodes) -> Result<(), TestCaseError> {
        for node in 0..nodes.count() {
            let store = nodes.store(node);
            for code in CODES {
                let state = store.find(code).await;
                let Some(room) = self.model.created(code) else {
                    prop_assert_eq!(state, Err(Refused::NoSuchRoom));
                    continue;
                };
                let state = state.map_err(|error| TestCaseError::fail(error.to_string()))?;
                prop_assert_eq!(Some(&state.charter), room.charter.as_ref());
                prop_assert_eq!(state.sealed, room.sealed);
                let members: Vec<_> = room.members.iter().map(|m| m.peer).collect();
                prop_assert_eq!(state.peers, members);
                prop_assert_eq!(&BTreeSet::from_iter(state.known), &room.known);
            }
            prop_assert_eq!(list(store).await, self.model.listed());
        }
        Ok(())
    }
}

/// All pages of the list, of two rooms each.
async fn list(store: &dyn Store) -> Vec<String> {
    let mut codes = Vec::new();
    let mut question = Listing {
        version: None,
        after: None,
        limit: 2,
    };
    while let Ok(page) = store.list(&question).await {
        codes.extend(page.rooms.into_iter().map(|state| state.charter.code));
        question.after = page.next;
        if question.after.is_none() {
            break;
        }
    }
    codes
}

/// The store does what the model does, and tells whom the model tells, at every step.
pub(crate) async fn keeps_what_it_promises(
    nodes: &mut impl Nodes,
    steps: Vec<Step>,
) -> Result<(), TestCaseError> {
    let mut run = Run {
        model: Model::default(),
        charters: Vec::new(),
        visits: Vec::new(),
        keys: BTreeMap::new(),
        orders: BTreeMap::new(),
    };
    for step in steps {
        run.step(nodes, step).await?;
        let told = by_address(nodes.told().await);
        prop_assert_eq!(told, std::mem::take(&mut run.model.events));
        run.compare(nodes).await?;
    }
    // Everybody leaves, and nothing is left of rooms that nobody made.
    for (node, who) in run.visits.clone() {
        run.model.leave(who);
        nodes.store(node).leave(who);
        let told = by_address(nodes.told().await);
        prop_assert_eq!(told, std::mem::take(&mut run.model.events));
    }
    run.compare(nodes).await
}
