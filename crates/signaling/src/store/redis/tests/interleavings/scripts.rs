//! The scripts' part in a history of one room, in as few words as possible.

use super::*;

/// What Redis sends to this node, in its order.
#[derive(Debug)]
pub(super) enum Sent {
    Room(View),
    Closed(u64),
    Answer(Answered),
    Reply(Report, Reply),
}

#[derive(Debug)]
pub(super) struct Answered {
    pub(super) coming: Coming,
    pub(super) who: Address,
    pub(super) order: u64,
    pub(super) view: View,
}

/// The scripts' part in it, in as few words as possible.
pub(super) struct Scripts {
    pub(super) room: View,
    now: u64,
    closed: Option<u64>,
    pub(super) wandered: BTreeSet<PeerId>,
    pub(super) sent: VecDeque<Sent>,
    /// Whether this node has a connection.
    pub(super) is_heard: bool,
}

impl Scripts {
    pub(super) fn new() -> Self {
        Self {
            room: "room c:K7M2QX#1 0 c 16 0 0 0 1 \n".parse().unwrap(),
            now: 1,
            closed: None,
            wandered: BTreeSet::new(),
            sent: VecDeque::new(),
            is_heard: true,
        }
    }

    /// Tells this node, unless it has the room as its answer.
    fn commit(&mut self, mut touched: bool, is_answer: bool) {
        self.now += 1;
        self.room.revision = self.now;
        touched |= self.room.members.iter().any(|member| member.node == HERE);
        if touched && !is_answer && self.is_heard {
            self.sent.push_back(Sent::Room(self.room.clone()));
        }
    }

    pub(super) fn enter(&mut self, node: NodeId, who: Address, entry: u64) -> u64 {
        self.now += 1;
        self.closed = None;
        self.wandered.remove(&who.peer);
        let now = self.now;
        let members = &mut self.room.members;
        let there = members.iter().position(|member| member.peer == who.peer);
        let there = there.unwrap_or_else(|| {
            members.push(Member {
                peer: who.peer,
                rank: now,
                node,
                visit: who.visit,
                order: 0,
                entry,
            });
            members.len() - 1
        });
        let member = &mut members[there];
        let was_here = member.node == HERE;
        let order = now.max(member.order + 1);
        (member.node, member.visit, member.order, member.entry) = (node, who.visit, order, entry);
        self.commit(was_here, node == HERE);
        order
    }

    /// A peer goes, if it is in.
    pub(super) fn drop_member(&mut self, peer: PeerId) {
        let there = self.room.member(peer).copied();
        if let Some(member) = there {
            self.room.members.retain(|member| member.peer != peer);
            self.commit(member.node == HERE, false);
        }
    }

    /// A node's peers go, all at once.
    pub(super) fn give_up(&mut self, node: NodeId) {
        let before = self.room.members.len();
        self.room.members.retain(|member| member.node != node);
        if self.room.members.len() < before {
            self.commit(node == HERE, false);
        }
    }

    pub(super) fn close(&mut self) {
        if !self.room.members.is_empty() {
            self.now += 1;
            let has_here = self.room.members.iter().any(|member| member.node == HERE);
            if has_here && self.is_heard {
                self.sent.push_back(Sent::Closed(self.now));
            }
            self.room.members.clear();
            self.closed = Some(self.now);
        }
    }

    pub(super) fn sync(&mut self, report: &Report) -> Reply {
        if let Some(revision) = self.closed {
            return Reply::Closed(revision);
        }
        self.now += 1;
        let before = self.room.members.clone();
        self.room.members.retain(|member| {
            let told = report.mine.iter().any(|told| told.peer == member.peer);
            member.node != HERE || told || member.entry >= report.under_way
        });
        for told in &report.mine {
            let members = &mut self.room.members;
            match members.iter_mut().find(|there| there.peer == told.peer) {
                Some(there) if there.node == HERE && there.order < told.order => {
                    *there = Member {
                        rank: there.rank,
                        ..*told
                    };
                }
                None if !self.wandered.contains(&told.peer) => {
                    self.now += 1;
                    let rank = self.now;
                    members.push(Member { rank, ..*told });
                }
                _ => {}
            }
        }
        if self.room.members != before {
            self.commit(true, true);
        }
        Reply::Room(self.room.clone())
    }
}
