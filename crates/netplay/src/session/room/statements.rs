//! Statements go out on both channels, and count once, in their order: see
//! [`protocol::statement`].

use super::*;
use protocol::statement::{Numbered, Statement};

/// When the copies of a statement go, after the first one: soon, so that a lost one is not felt,
/// and then rarer, since losses come in bursts.
const COPIES: [Duration; 6] = [
    Duration::from_millis(0),
    Duration::from_millis(20),
    Duration::from_millis(50),
    Duration::from_millis(100),
    Duration::from_millis(200),
    Duration::from_millis(400),
];

/// Statements to one peer of which copies are still to go. Past it the oldest one's copies end: the
/// reliable channel has it.
pub(super) const MAX_COPIED: usize = 16;

/// What was stated to one peer and by it.
#[derive(Debug, Default)]
pub(super) struct Statements {
    /// The number of the next one to it.
    next_out: u32,
    /// The number after the newest one that was taken of it.
    next_in: u32,
    copied: VecDeque<Copied>,
}

/// A statement of which copies are still to go.
#[derive(Debug)]
struct Copied {
    datagram: Bytes,
    stated: Duration,
    /// Copies that have gone.
    gone: usize,
}

impl Copied {
    fn due(&self) -> Option<Duration> {
        Some(self.stated + *COPIES.get(self.gone)?)
    }
}

impl Statements {
    /// Numbers a statement, and has copies of it sent from now on. Gives what the reliable channel
    /// is to carry.
    fn state(&mut self, statement: Statement, now: Duration) -> Message {
        let number = self.next_out;
        // A room ends long before: its peers state a hundred things a second at most.
        self.next_out = (number + 1).min(u32::MAX - 1);
        let numbered = Numbered { number, statement };
        if let Some(datagram) = numbered.to_datagram() {
            if self.copied.len() == MAX_COPIED {
                self.copied.pop_front();
            }
            self.copied.push_back(Copied {
                datagram: datagram.into(),
                stated: now,
                gone: 0,
            });
        }
        Message::Statement(numbered)
    }

    /// The next copy that is to go by now.
    fn next_copy(&mut self, now: Duration) -> Option<Bytes> {
        let is_due = |copied: &&mut Copied| copied.due().is_some_and(|due| due <= now);
        let copied = self.copied.iter_mut().find(is_due)?;
        copied.gone += 1;
        let datagram = copied.datagram.clone();
        self.copied.retain(|copied| copied.due().is_some());
        Some(datagram)
    }

    /// When the next copy is to go.
    pub fn due(&self) -> Option<Duration> {
        self.copied.iter().filter_map(Copied::due).min()
    }

    /// Statements of which copies are still to go, at most [`MAX_COPIED`].
    pub fn copied(&self) -> usize {
        self.copied.len()
    }
}

impl<S: Simulation> Room<S> {
    /// States something to a peer.
    pub(super) fn state(&mut self, to: PeerId, statement: Statement) {
        let Some(peer) = self.peers.get_mut(to) else {
            return;
        };
        let message = peer.statements.state(statement, self.now);
        self.send(to, &message);
    }

    /// Sends the copies that are due.
    pub(super) fn send_copies(&mut self) {
        let now = self.now;
        for peer in self.peers.iter_mut() {
            while let Some(copy) = peer.statements.next_copy(now) {
                self.outbox.push((peer.id, Channel::Unreliable, copy));
            }
        }
    }

    /// A statement has come over the reliable channel: the newest one unless a copy was faster.
    /// What is missing before it was never taken, and will not come.
    pub(super) fn receive_statement(&mut self, from: PeerId, numbered: Numbered) {
        let Some(peer) = self.peers.get_mut(from) else {
            return;
        };
        if numbered.number < peer.statements.next_in {
            return;
        }
        tracing::trace!(%from, number = numbered.number, "the reliable channel was faster");
        peer.statements.next_in = numbered.number + 1;
        self.take_statement(from, numbered.statement);
    }

    /// A statement that cannot be taken was brought by the reliable channel: nothing that follows
    /// waits for it.
    pub(super) fn pass_statement(&mut self, from: PeerId, number: u32) {
        self.dropped += 1;
        if let Some(peer) = self.peers.get_mut(from) {
            let next = &mut peer.statements.next_in;
            *next = number.saturating_add(1).max(*next);
        }
    }

    /// A copy of a statement has come. It counts if it is the next one, and of what we are at:
    /// what it follows from may still be on its way over the reliable channel.
    pub(super) fn receive_copy(&mut self, from: PeerId, packet: &[u8]) {
        let Ok(Numbered { number, statement }) = Numbered::from_datagram(packet) else {
            return self.offend(from);
        };
        let is_usable = self.peers.is_here(from) && self.may_take(from, &statement);
        let Some(peer) = self.peers.get_mut(from) else {
            return;
        };
        let next = &mut peer.statements.next_in;
        if *next == number && is_usable {
            tracing::trace!(%from, number, "a copy was faster");
            *next += 1;
            self.take_statement(from, statement);
        } else if *next <= number {
            tracing::trace!(%from, number, next, is_usable, "the reliable channel will bring it");
            self.dropped += 1;
        }
    }

    /// Whether all that a statement follows from has come.
    fn may_take(&self, from: PeerId, statement: &Statement) -> bool {
        let named = match statement {
            Statement::Start(start) => return self.waits_for_start(from, start),
            Statement::Collect(collect) => Some(collect.match_id),
            Statement::Append(append) => Some(append.match_id),
            Statement::Report(_) | Statement::Deny(_) => None,
        };
        let ours = self.play.as_ref().map(|play| play.match_id);
        ours.is_some() && named.is_none_or(|named| Some(named) == ours) && self.still_counts()
    }

    fn take_statement(&mut self, from: PeerId, statement: Statement) {
        match statement {
            Statement::Start(start) => self.receive_start(from, start),
            agreed => self.receive_agreed(from, agreed),
        }
    }
}
