//! The network itself: packets on their way, by simulated time.

use crate::transport::{Channel, dice::Dice};
use bytes::Bytes;
use protocol::PeerId;
use std::{
    cmp::Reverse,
    collections::{BTreeMap, BinaryHeap},
    time::Duration,
};
use uuid::Uuid;

/// Packets on their way to one peer. Further ones are dropped and counted: a peer that takes
/// nothing for so long is as good as gone.
const MAX_IN_FLIGHT: usize = 4_096;

/// How much longer than its jitter a reordered packet may take.
const REORDER_DELAY: Duration = Duration::from_millis(50);

/// How often a reliable packet may be lost on one journey; the next attempt arrives.
const MAX_RETRIES: u32 = 8;

/// What a network does to packets.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Conditions {
    /// The least time of one way.
    pub latency: Duration,
    /// The most time added to that, evenly distributed.
    pub jitter: Duration,
    /// The share of packets that are lost, from 0 to 1. A reliable packet then takes a round
    /// trip more instead.
    pub loss: f64,
    /// The share of unreliable packets that are held back by up to 50 ms more.
    pub reorder: f64,
    /// The share of unreliable packets that arrive twice.
    pub duplicate: f64,
}

/// How long one side's try to connect again lasts, while it waits for the other's.
const TRYING: Duration = Duration::from_secs(1);

impl Conditions {
    /// When a reliable packet that goes now arrives, if none before it holds it up: each loss of it
    /// costs another round trip.
    pub(in crate::transport) fn reliable_arrival(
        &self,
        now: Duration,
        dice: &mut Dice,
    ) -> Duration {
        let mut at = now + self.latency + dice.up_to(self.jitter);
        let mut tries = 0;
        while tries < MAX_RETRIES && dice.chance(self.loss) {
            at += self.latency * 2;
            tries += 1;
        }
        at
    }

    /// When an unreliable packet that goes now arrives, unless it is lost.
    pub(in crate::transport) fn unreliable_arrival(
        &self,
        now: Duration,
        dice: &mut Dice,
    ) -> Option<Duration> {
        if dice.chance(self.loss) {
            return None;
        }
        let mut at = now + self.latency + dice.up_to(self.jitter);
        if dice.chance(self.reorder) {
            at += dice.up_to(REORDER_DELAY);
        }
        Some(at)
    }
}

/// A network of peers in simulated time. Time is given to each call and must not run backwards;
/// the same calls with the same seed do the same.
#[derive(Debug)]
pub struct Network {
    conditions: Conditions,
    peers: Vec<Peer>,
    links: BTreeMap<(PeerId, PeerId), Link>,
    dice: Dice,
    serial: u64,
}

#[derive(Debug)]
struct Peer {
    id: PeerId,
    inbox: BinaryHeap<Reverse<Delivery>>,
    /// Whose channels have closed, and when that arrives. Each peer at most once.
    closings: Vec<(Duration, PeerId)>,
    overflowed: u64,
}

/// One direction between two peers, where it differs from the others or has a past.
#[derive(Debug, Default)]
struct Link {
    conditions: Option<Conditions>,
    is_cut: bool,
    /// Nothing travels until both sides have connected again.
    is_closed: bool,
    /// Whether its sender knows that they are closed.
    is_over: bool,
    /// When its sender last tried to connect again.
    tried: Option<Duration>,
    /// When the newest reliable packet arrives: later ones must not overtake it.
    reliable_at: Duration,
    /// Reliable packets that wait for the link's repair.
    held: Vec<Bytes>,
}

/// A packet on its way; the earliest is the least, at a tie the one sent first.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Delivery {
    at: Duration,
    serial: u64,
    from: PeerId,
    is_reliable: bool,
    packet: Bytes,
}

impl Network {
    /// An empty network.
    pub fn new(conditions: Conditions, seed: u64) -> Self {
        Self {
            conditions,
            peers: Vec::new(),
            links: BTreeMap::new(),
            dice: Dice::new(seed),
            serial: 0,
        }
    }

    /// Adds a peer with a new id.
    pub fn join(&mut self) -> PeerId {
        let id = PeerId(Uuid::from_u64_pair(self.dice.roll(), self.dice.roll()));
        self.peers.push(Peer {
            id,
            inbox: BinaryHeap::new(),
            closings: Vec::new(),
            overflowed: 0,
        });
        id
    }

    /// Removes a peer and the packets on their way to it. Those on their way from it arrive.
    pub fn leave(&mut self, id: PeerId) {
        self.peers.retain(|peer| peer.id != id);
        self.links.retain(|(from, to), _| *from != id && *to != id);
    }

    /// The peers in the order of their coming.
    pub fn peers(&self) -> impl Iterator<Item = PeerId> {
        self.peers.iter().map(|peer| peer.id)
    }

    /// Changes what happens to packets from now on, on all links without conditions of their
    /// own.
    pub fn set_conditions(&mut self, conditions: Conditions) {
        self.conditions = conditions;
    }

    /// Gives one direction between two peers its own conditions.
    pub fn set_link(&mut self, from: PeerId, to: PeerId, conditions: Conditions) {
        self.links.entry((from, to)).or_default().conditions = Some(conditions);
    }

    /// Cuts both directions between two peers: unreliable packets are lost, reliable ones wait.
    pub fn cut(&mut self, a: PeerId, b: PeerId) {
        self.cut_way(a, b);
        self.cut_way(b, a);
    }

    /// Cuts one direction between two peers.
    pub fn cut_way(&mut self, from: PeerId, to: PeerId) {
        self.links.entry((from, to)).or_default().is_cut = true;
    }

    /// Repairs both directions between two peers; what waited sets out.
    pub fn repair(&mut self, a: PeerId, b: PeerId, now: Duration) {
        self.repair_way(a, b, now);
        self.repair_way(b, a, now);
    }

    /// Repairs one direction between two peers.
    pub fn repair_way(&mut self, from: PeerId, to: PeerId, now: Duration) {
        let Some(link) = self.links.get_mut(&(from, to)) else {
            return;
        };
        link.is_cut = false;
        for packet in std::mem::take(&mut link.held) {
            self.send(from, to, Channel::Reliable, packet, now);
        }
    }

    /// Closes the channels between two peers, as when their connection breaks: what is on its way
    /// arrives, then each is told. Over a cut link nobody is.
    pub fn close(&mut self, a: PeerId, b: PeerId, now: Duration) {
        self.shut(a, b, now);
        self.shut(b, a, now);
    }

    /// Closes one direction by its sender's wish; the receiver is told, unless the link is cut.
    pub fn hang_up(&mut self, from: PeerId, to: PeerId, now: Duration) {
        self.shut(from, to, now);
        self.links.entry((from, to)).or_default().is_over = true;
    }

    fn shut(&mut self, from: PeerId, to: PeerId, now: Duration) {
        let default = self.conditions;
        let link = self.links.entry((from, to)).or_default();
        let latency = link.conditions.unwrap_or(default).latency;
        let at = link.reliable_at.max(now + latency);
        let is_told = !link.is_cut && !link.is_closed;
        link.is_closed = true;
        link.held.clear();
        if let Some(peer) = self.peers.iter_mut().find(|peer| peer.id == to)
            && is_told
        {
            peer.closings.push((at, from));
        }
    }

    /// A peer whose channels to this one have closed, once. Unreliable packets of it that are
    /// still on their way are lost.
    pub fn take_closed(&mut self, to: PeerId, now: Duration) -> Option<PeerId> {
        let peer = self.peers.iter_mut().find(|peer| peer.id == to)?;
        let arrived = peer.closings.iter().position(|(at, _)| *at <= now)?;
        let (_, from) = peer.closings.remove(arrived);
        peer.inbox.retain(|Reverse(delivery)| delivery.from != from);
        // Whoever has left has no links any more.
        if self.peers.iter().any(|peer| peer.id == from) {
            let link = self.links.entry((to, from)).or_default();
            (link.is_closed, link.is_over) = (true, true);
        }
        Some(from)
    }

    /// Tries to connect again with all whose channels are closed, as far as this side knows, but for
    /// those it has `banned`. When both sides do so within a second, and nothing is cut between
    /// them, the channels are open anew.
    pub fn connect_again(&mut self, from: PeerId, banned: &[PeerId], now: Duration) {
        let closed: Vec<PeerId> = (self.links.iter_mut())
            .filter(|((by, to), link)| *by == from && link.is_over && !banned.contains(to))
            .map(|((_, to), link)| {
                link.tried = Some(now);
                *to
            })
            .collect();
        for to in closed {
            let tries = |by: PeerId, other: PeerId| {
                let link = self.links.get(&(by, other));
                let peer = self.peers.iter().find(|peer| peer.id == by);
                link.is_some_and(|link| {
                    let tries = (link.tried).is_some_and(|tried| now - tried <= TRYING);
                    link.is_over && tries && !link.is_cut
                }) && peer.is_some_and(|peer| peer.closings.iter().all(|(_, by)| *by != other))
            };
            if tries(from, to) && tries(to, from) {
                self.open_again(from, to);
            }
        }
    }

    /// Opens channels anew: nothing of the old ones is left.
    fn open_again(&mut self, a: PeerId, b: PeerId) {
        for (from, to) in [(a, b), (b, a)] {
            if let Some(link) = self.links.get_mut(&(from, to)) {
                *link = Link {
                    conditions: link.conditions,
                    ..Link::default()
                };
            }
            if let Some(peer) = self.peers.iter_mut().find(|peer| peer.id == to) {
                peer.inbox.retain(|Reverse(delivery)| delivery.from != from);
            }
        }
    }

    /// Whether the channels between two peers were closed from either side.
    pub fn is_closed(&self, a: PeerId, b: PeerId) -> bool {
        let is_closed = |way| self.links.get(&way).is_some_and(|link| link.is_closed);
        is_closed((a, b)) || is_closed((b, a))
    }

    /// Sends a packet; to a peer that is not here, or over closed channels, it is lost.
    pub fn send(
        &mut self,
        from: PeerId,
        to: PeerId,
        channel: Channel,
        packet: Bytes,
        now: Duration,
    ) {
        let link = self.links.entry((from, to)).or_default();
        if link.is_closed {
            return;
        }
        let conditions = link.conditions.unwrap_or(self.conditions);
        match (channel, link.is_cut) {
            (Channel::Unreliable, true) => {}
            (Channel::Reliable, true) if link.held.len() < MAX_IN_FLIGHT => link.held.push(packet),
            (Channel::Reliable, true) => self.overflow(to),
            (Channel::Unreliable, false) => self.send_unreliable(from, to, conditions, packet, now),
            (Channel::Reliable, false) => {
                let at = conditions.reliable_arrival(now, &mut self.dice);
                let link = self.links.entry((from, to)).or_default();
                link.reliable_at = link.reliable_at.max(at);
                let at = link.reliable_at;
                self.deliver(from, to, true, packet, at);
            }
        }
    }

    fn send_unreliable(
        &mut self,
        from: PeerId,
        to: PeerId,
        conditions: Conditions,
        packet: Bytes,
        now: Duration,
    ) {
        let copies = if self.dice.chance(conditions.duplicate) {
            2
        } else {
            1
        };
        for _ in 0..copies {
            if let Some(at) = conditions.unreliable_arrival(now, &mut self.dice) {
                self.deliver(from, to, false, packet.clone(), at);
            }
        }
    }

    /// The next packet that has arrived at `to` by now.
    pub fn receive(&mut self, to: PeerId, now: Duration) -> Option<(PeerId, Channel, Bytes)> {
        let inbox = &mut self.peers.iter_mut().find(|peer| peer.id == to)?.inbox;
        if inbox.peek()?.0.at > now {
            return None;
        }
        let Reverse(delivery) = inbox.pop()?;
        let channel = if delivery.is_reliable {
            Channel::Reliable
        } else {
            Channel::Unreliable
        };
        Some((delivery.from, channel, delivery.packet))
    }

    /// When the next packet, or the news of a closing, arrives at `to`, of what is on its way.
    pub fn next_arrival(&self, to: PeerId) -> Option<Duration> {
        let peer = self.peers.iter().find(|peer| peer.id == to)?;
        let packet = peer.inbox.peek().map(|next| next.0.at);
        let closings = peer.closings.iter().map(|(at, _)| *at);
        closings.chain(packet).min()
    }

    /// Packets to this peer that were dropped because too many were on their way.
    pub fn overflowed(&self, to: PeerId) -> u64 {
        self.peers
            .iter()
            .find(|peer| peer.id == to)
            .map_or(0, |peer| peer.overflowed)
    }

    fn deliver(
        &mut self,
        from: PeerId,
        to: PeerId,
        is_reliable: bool,
        packet: Bytes,
        at: Duration,
    ) {
        let Some(peer) = self.peers.iter_mut().find(|peer| peer.id == to) else {
            return;
        };
        if peer.inbox.len() == MAX_IN_FLIGHT {
            peer.overflowed += 1;
            return;
        }
        self.serial += 1;
        let serial = self.serial;
        peer.inbox.push(Reverse(Delivery {
            at,
            serial,
            from,
            is_reliable,
            packet,
        }));
    }

    fn overflow(&mut self, to: PeerId) {
        if let Some(peer) = self.peers.iter_mut().find(|peer| peer.id == to) {
            peer.overflowed += 1;
        }
    }
}
