//! What every store keeps, whatever happens: random histories, compared with a model that is as
//! plain as can be. Each store's tests run it on nodes of theirs.

use super::{testing::peer, *};
use crate::limits::MAX_BARE_ROOM_PEERS;
use proptest::prelude::*;
use protocol::api::parse_room_code;
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

/// What one address is told.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Event {
    NewPeer(PeerId),
    PeerLeft(PeerId),
    Replaced,
    Closed,
}

type Events = BTreeMap<Address, Vec<Event>>;

#[derive(Clone, Debug, PartialEq, Eq)]
enum Name {
    Created(String),
    Bare(String),
    Group(String, usize),
}

#[derive(Debug)]
struct ModelRoom {
    number: usize,
    name: Name,
    charter: Option<Charter>,
    sealed: bool,
    members: Vec<Address>,
    known: BTreeSet<PeerId>,
    expected: BTreeSet<PeerId>,
    /// Not of a group that is complete.
    is_found: bool,
}

impl ModelRoom {
    fn capacity(&self) -> usize {
        match (&self.charter, &self.name) {
            (Some(charter), _) => charter.capacity,
            (None, Name::Group(_, size)) => *size,
            (None, _) => MAX_BARE_ROOM_PEERS,
        }
    }

    fn place(&self, peer: PeerId) -> Option<usize> {
        self.members.iter().position(|member| member.peer == peer)
    }

    fn is_open(&self) -> bool {
        let is_public = |charter: &Charter| charter.visibility == Visibility::Public;
        self.charter.as_ref().is_some_and(is_public)
            && !self.sealed
            && self.members.len() < self.capacity()
    }
}

#[derive(Default)]
struct Model {
    rooms: Vec<ModelRoom>,
    next_number: usize,
    events: Events,
}

impl Model {
    fn tell(&mut self, to: &[Address], event: &Event) {
        for who in to {
            self.events.entry(*who).or_default().push(event.clone());
        }
    }

    fn created(&mut self, code: &str) -> Option<&mut ModelRoom> {
        let name = Name::Created(code.to_owned());
        self.rooms.iter_mut().find(|room| room.name == name)
    }

    fn owned(&mut self, code: &str, owner: PeerId) -> Result<&mut ModelRoom, Refused> {
        let room = self.created(code).ok_or(Refused::NoSuchRoom)?;
        match room.members.first() {
            Some(first) if first.peer == owner => Ok(room),
            _ => Err(Refused::NotOwner),
        }
    }

    fn open(&mut self, name: Name, charter: Option<Charter>) -> &mut ModelRoom {
        self.next_number += 1;
        self.rooms.push(ModelRoom {
            number: self.next_number,
            name,
            charter,
            sealed: false,
            members: Vec::new(),
            known: BTreeSet::new(),
            expected: BTreeSet::new(),
            is_found: true,
        });
        let last = self.rooms.len() - 1;
        &mut self.rooms[last]
    }

    fn create(&mut self, charter: &Charter) -> Result<&mut ModelRoom, Refused> {
        let bare = Name::Bare(charter.code.clone());
        let created = Name::Created(charter.code.clone());
        if self
            .rooms
            .iter()
            .any(|r| r.name == bare || r.name == created)
        {
            return Err(Refused::Taken);
        }
        Ok(self.open(created, Some(charter.clone())))
    }

    fn quick(&mut self, peer: PeerId, charter: &Charter) -> Result<String, Refused> {
        let best = self.rooms.iter_mut().filter(|room| {
            let others = room.expected.iter().filter(|other| **other != peer);
            let taken = room.members.len() + others.count();
            let version = room.charter.as_ref().map(|charter| &charter.version);
            room.is_open() && taken < room.capacity() && version == Some(&charter.version)
        });
        let best = best.max_by_key(|room| {
            let born = room.charter.as_ref().map_or(0, |charter| charter.born);
            (room.members.len(), Reverse(born))
        });
        let room = match best {
            Some(room) => room,
            None => self.create(charter)?,
        };
        room.expected.insert(peer);
        Ok(room
            .charter
            .as_ref()
            .map(|c| c.code.clone())
            .unwrap_or_default())
    }

    fn leave(&mut self, who: Address) {
        let Some(room) = self.rooms.iter_mut().find(|r| r.members.contains(&who)) else {
            return;
        };
        room.members.retain(|member| *member != who);
        let others = room.members.clone();
        self.tell(&others, &Event::PeerLeft(who.peer));
        self.rooms
            .retain(|room| room.charter.is_some() || !room.members.is_empty());
    }

    fn close(&mut self, code: &str, owner: PeerId) -> Result<(), Refused> {
        let room = self.owned(code, owner)?;
        let (number, members) = (room.number, room.members.clone());
        self.tell(&members, &Event::Closed);
        self.rooms.retain(|room| room.number != number);
        Ok(())
    }

    /// The number of the room, and those after the peer if it was there already.
    fn enter(&mut self, entry: &Entry) -> Result<(usize, Vec<PeerId>), Refused> {
        let Entry { who, door } = entry;
        let (name, charter, formerly) = match door {
            Door::Bare { name, group: None } => {
                if parse_room_code(name).is_some_and(|code| self.created(&code).is_some()) {
                    return Err(Refused::TicketRequired);
                }
                (Name::Bare(name.clone()), None, None)
            }
            Door::Bare {
                name,
                group: Some(size),
            } => (Name::Group(name.clone(), *size), None, None),
            Door::Ticket { charter, formerly } => {
                let born = self
                    .created(&charter.code)
                    .and_then(|r| Some(r.charter.as_ref()?.born));
                if born.is_some_and(|born| born != charter.born) {
                    return Err(Refused::BadTicket);
                }
                let name = Name::Created(charter.code.clone());
                (name, Some(charter.clone()), *formerly)
            }
        };
        let here = self
            .rooms
            .iter_mut()
            .find(|room| room.place(who.peer).is_some());
        if let Some(room) = here.filter(|room| room.name == name)
            && let Some(place) = room.place(who.peer)
        {
            let older = std::mem::replace(&mut room.members[place], *who);
            let later = room.members[place + 1..].iter().map(|m| m.peer).collect();
            let number = room.number;
            self.tell(&[older], &Event::Replaced);
            return Ok((number, later));
        }
        let found = self
            .rooms
            .iter()
            .find(|room| room.is_found && room.name == name);
        if let Some(room) = found {
            let is_known = |peer: PeerId| room.known.contains(&peer);
            if room.sealed && !is_known(who.peer) && !formerly.is_some_and(is_known) {
                return Err(Refused::RoomSealed);
            }
            if room.members.len() >= room.capacity() {
                return Err(Refused::RoomFull(room.capacity()));
            }
        }
        let number = match found {
            Some(room) => room.number,
            None => self.open(name, charter).number,
        };
        self.move_in(*who, number);
        Ok((number, Vec::new()))
    }

    /// A newcomer, who may come from another room.
    fn move_in(&mut self, who: Address, number: usize) {
        let mut members = self.rooms.iter().flat_map(|room| &room.members);
        if let Some(older) = members.find(|member| member.peer == who.peer).copied() {
            // The room that it enters may be empty so far, and is none of those that end.
            self.rooms
                .iter_mut()
                .filter(|r| r.number == number)
                .for_each(|r| r.members.push(who));
            self.leave(older);
            self.tell(&[older], &Event::Replaced);
            self.rooms
                .iter_mut()
                .for_each(|room| room.members.retain(|m| *m != who));
        }
        let Some(room) = self.rooms.iter_mut().find(|room| room.number == number) else {
            return;
        };
        let others = room.members.clone();
        room.members.push(who);
        room.known.insert(who.peer);
        room.expected.remove(&who.peer);
        room.is_found = !matches!(room.name, Name::Group(_, size) if room.members.len() == size);
        self.tell(&others, &Event::NewPeer(who.peer));
    }
}

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
            prop_assert_eq!(list(store).await, self.listed());
        }
        Ok(())
    }

    fn listed(&self) -> Vec<String> {
        let open = self.model.rooms.iter();
        let open = open.filter(|room| room.is_open() && !room.members.is_empty());
        let mut charters: Vec<_> = open.filter_map(|room| room.charter.clone()).collect();
        charters.sort_by_key(|charter| Reverse(charter.born));
        charters.into_iter().map(|charter| charter.code).collect()
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

/// Each address's events, in their order.
fn by_address(notices: Vec<Notice>) -> Events {
    let mut events = Events::new();
    for notice in notices {
        let (to, event) = match notice {
            Notice::NewPeer { to, peer } => (to, Event::NewPeer(peer)),
            Notice::PeerLeft { to, peer } => (to, Event::PeerLeft(peer)),
            Notice::Replaced { to } => (vec![to], Event::Replaced),
            Notice::Closed { to } => (to, Event::Closed),
            Notice::Signal { .. } => continue,
        };
        for who in to {
            events.entry(who).or_default().push(event.clone());
        }
    }
    events
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
