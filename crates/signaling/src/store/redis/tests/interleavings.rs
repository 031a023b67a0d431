//! One node's mirror of one room, in every order that its tasks and its connection allow: what each
//! connection is told adds up to who is in the room.

mod scripts;

use super::{
    super::{
        difference::address,
        mirror::{Coming, Mirror},
        report::{Reply, Report},
        view::{Member, NodeId},
    },
    *,
};
use proptest::{
    prelude::*,
    test_runner::{Config, RngAlgorithm, TestRng, TestRunner},
};
use scripts::{Answered, Scripts, Sent};
use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    time::Instant,
};

const HERE: NodeId = NodeId(1);
const ELSEWHERE: NodeId = NodeId(2);

/// Histories that are tried.
const CASES: u32 = 20_000;

/// Rounds of telling Redis by which a room must be in step.
const MOST_ROUNDS: usize = 8;

/// What happens next, if it can. Numbers of something under way count modulo how much there is.
#[derive(Clone, Copy, Debug)]
enum Move {
    /// An entrance on this node: first it begins, later Redis carries it out, later the node hears
    /// the answer, and at last its task goes on.
    Begin(u128),
    CarryOut(usize),
    Hear,
    GoOn(usize),
    /// The end of a connection of this node.
    Leave(usize),
    /// Telling Redis, in the same steps.
    Report,
    Sync,
    TakeReply,
    /// On the other node.
    EnterElsewhere(u128),
    LeaveElsewhere(u128),
    /// Into another room on the other node.
    Wander(u128),
    Close,
    /// This node's connection ends, and with it what is on its way; it is made again; and between
    /// the two Redis may give up this node's peers for lost.
    Break,
    Mend,
    GiveUp,
}

fn some_move() -> impl Strategy<Value = Move> {
    use Move::*;
    let number = || 0..4_u128;
    let index = any::<usize>;
    prop_oneof![
        4 => number().prop_map(Begin),
        4 => index().prop_map(CarryOut),
        8 => Just(Hear),
        4 => index().prop_map(GoOn),
        2 => index().prop_map(Leave),
        2 => Just(Report),
        2 => Just(Sync),
        2 => Just(TakeReply),
        3 => number().prop_map(EnterElsewhere),
        2 => number().prop_map(LeaveElsewhere),
        1 => number().prop_map(Wander),
        1 => Just(Close),
        2 => Just(Break),
        2 => Just(Mend),
        2 => Just(GiveUp),
    ]
}

/// What a connection of this node has come to.
#[derive(Debug, Default)]
struct Life {
    is_in: bool,
    has_left: bool,
    is_over: bool,
    /// Those that it was told of, and not that they have left.
    told_of: BTreeSet<PeerId>,
}

struct World {
    redis: Scripts,
    mirror: Mirror,
    next_visit: Visit,
    begun: Vec<(Coming, Address)>,
    answered: Vec<Answered>,
    reported: VecDeque<Report>,
    replied: Option<(Report, Reply)>,
    lives: BTreeMap<Address, Life>,
}

impl World {
    fn new() -> Self {
        Self {
            redis: Scripts::new(),
            mirror: Mirror::new(HERE),
            next_visit: 0,
            begun: Vec::new(),
            answered: Vec::new(),
            reported: VecDeque::new(),
            replied: None,
            lives: BTreeMap::new(),
        }
    }

    fn take(&mut self, step: Move) {
        match step {
            Move::Begin(number) if self.redis.is_heard => {
                let who = self.next_who(number);
                self.begun.push((self.mirror.begin_entry(), who));
            }
            Move::CarryOut(index) => {
                if let Some((coming, who)) = pick(&mut self.begun, index) {
                    let order = self.redis.enter(HERE, who, coming.number);
                    let view = self.redis.room.clone();
                    let answer = Answered {
                        coming,
                        who,
                        order,
                        view,
                    };
                    self.redis.sent.push_back(Sent::Answer(answer));
                }
            }
            Move::Hear => self.hear(),
            Move::GoOn(index) => self.go_on(index),
            Move::Leave(index) => {
                let mut all = self.lives.iter_mut().filter(|(_, life)| life.is_in);
                let count = all.by_ref().count().max(1);
                let mut all = self.lives.iter_mut().filter(|(_, life)| life.is_in);
                if let Some((who, life)) = all.nth(index % count) {
                    life.has_left = true;
                    let notices = self.mirror.leave(*who);
                    self.listen(notices);
                }
            }
            Move::Report if self.redis.is_heard => {
                if self.reported.is_empty() && self.replied.is_none() && !self.awaits_reply() {
                    self.reported.extend(self.mirror.reports(1));
                }
            }
            Move::Sync => {
                if let Some(report) = self.reported.pop_front() {
                    let reply = self.redis.sync(&report);
                    self.redis.sent.push_back(Sent::Reply(report, reply));
                }
            }
            Move::TakeReply => {
                if let Some((report, reply)) = self.replied.take() {
                    let notices = self.mirror.told(&report, reply, Instant::now());
                    self.listen(notices);
                }
            }
            Move::EnterElsewhere(number) => {
                let who = self.next_who(number);
                self.redis.enter(ELSEWHERE, who, 0);
            }
            Move::LeaveElsewhere(number) => {
                let there = self.redis.room.member(peer(number));
                if there.is_some_and(|member| member.node == ELSEWHERE) {
                    self.redis.drop_member(peer(number));
                }
            }
            Move::Wander(number) => {
                self.redis.wandered.insert(peer(number));
                self.redis.drop_member(peer(number));
            }
            Move::Close => self.redis.close(),
            Move::Break => self.lose_connection(),
            Move::Mend if !self.redis.is_heard => {
                self.redis.is_heard = true;
                let members = &self.redis.room.members;
                let has_mine = members.iter().any(|member| member.node == HERE);
                let listed = has_mine.then(|| self.redis.room.key.clone());
                self.mirror.begin(self.mirror.data(), listed);
            }
            Move::GiveUp if !self.redis.is_heard => self.redis.give_up(HERE),
            Move::Begin(_) | Move::Report | Move::Mend | Move::GiveUp => {}
        }
    }

    /// Entrances without an answer are refused, and reports without a reply have not been made.
    fn lose_connection(&mut self) {
        self.redis.is_heard = false;
        for (coming, _) in self.begun.drain(..) {
            self.mirror.end_entry(coming);
        }
        let reported = self.reported.drain(..);
        self.mirror.not_told(reported.map(|report| report.room));
        for sent in self.redis.sent.drain(..) {
            match sent {
                Sent::Answer(answer) => self.mirror.end_entry(answer.coming),
                Sent::Reply(report, _) => self.mirror.not_told([report.room]),
                Sent::Room(_) | Sent::Closed(_) => {}
            }
        }
    }

    fn next_who(&mut self, number: u128) -> Address {
        self.next_visit += 1;
        who(number, self.next_visit)
    }

    fn awaits_reply(&self) -> bool {
        let mut sent = self.redis.sent.iter();
        sent.any(|sent| matches!(sent, Sent::Reply(..)))
    }

    fn hear(&mut self) {
        let notices = match self.redis.sent.pop_front() {
            Some(Sent::Room(view)) => self.mirror.hear(view),
            Some(Sent::Closed(revision)) => self.mirror.close(&self.redis.room.key, revision),
            Some(Sent::Answer(answer)) => {
                self.answered.push(answer);
                return;
            }
            Some(Sent::Reply(report, reply)) => {
                self.replied = Some((report, reply));
                return;
            }
            None => return,
        };
        self.listen(notices);
    }

    fn go_on(&mut self, index: usize) {
        let Some(answer) = pick(&mut self.answered, index) else {
            return;
        };
        let Answered {
            coming,
            who,
            order,
            view,
        } = answer;
        let now = Instant::now();
        let (notices, later) = self.mirror.enter(coming, who, order, view, None, now);
        self.mirror.end_entry(coming);
        let life = self.lives.entry(who).or_default();
        life.is_in = true;
        life.told_of.extend(later);
        self.listen(notices);
    }

    fn listen(&mut self, notices: Vec<Notice>) {
        for notice in notices {
            match notice {
                Notice::NewPeer { to, peer } => {
                    for who in to {
                        let life = self.lives.entry(who).or_default();
                        assert!(life.told_of.insert(peer), "{who:?} is told of {peer} twice");
                    }
                }
                Notice::PeerLeft { to, peer } => {
                    for who in to {
                        self.lives.entry(who).or_default().told_of.remove(&peer);
                    }
                }
                Notice::Replaced { to } => self.lives.entry(to).or_default().is_over = true,
                Notice::Closed { to } => {
                    for who in to {
                        self.lives.entry(who).or_default().is_over = true;
                    }
                }
                Notice::Signal { .. } => unreachable!("nobody signals"),
            }
        }
    }

    /// Whatever is under way takes its end.
    fn settle(&mut self) {
        let now = Instant::now();
        self.take(Move::Mend);
        while !self.begun.is_empty() {
            self.take(Move::CarryOut(0));
        }
        let mut rounds = 0;
        while !self.is_settled() {
            rounds += 1;
            assert!(rounds < MOST_ROUNDS, "{:?}", self.mirror);
            while !self.redis.sent.is_empty() {
                self.hear();
            }
            while !self.answered.is_empty() {
                self.go_on(0);
            }
            self.take(Move::TakeReply);
            self.mirror.refresh(Duration::MAX, 0, now);
            self.take(Move::Report);
            self.take(Move::Sync);
        }
    }

    fn is_settled(&self) -> bool {
        let under_way = self.redis.sent.len() + self.answered.len() + self.reported.len();
        under_way == 0 && self.replied.is_none() && self.mirror.is_settled()
    }

    fn check(&self) {
        let members = &self.redis.room.members;
        for (who, life) in self.lives.iter().filter(|(_, life)| life.is_in) {
            let has_place = |member: &&Member| member.node == HERE && member.visit == who.visit;
            let Some(place) = members.iter().find(has_place) else {
                let knows = life.is_over || life.has_left;
                assert!(knows, "{who:?} has no place, and does not know");
                continue;
            };
            assert!(!life.is_over && !life.has_left, "{who:?} still has a place");
            for other in members.iter().filter(|other| other.peer != who.peer) {
                let is_told = life.told_of.contains(&other.peer);
                let expected = match other.node == HERE {
                    // Those that were given up together and have come back together may have
                    // changed their order: they have not lost one another.
                    true => !self.is_told(other, who.peer),
                    false => other.rank > place.rank,
                };
                assert_eq!(is_told, expected, "{who:?} of {other:?} in {members:?}");
            }
            let is_there = |peer: &&PeerId| members.iter().any(|member| member.peer == **peer);
            assert_eq!(
                life.told_of.iter().find(|peer| !is_there(peer)),
                None,
                "{who:?}"
            );
        }
        for member in members.iter().filter(|member| member.node == HERE) {
            let who = address(member);
            assert!(self.lives.contains_key(&who), "nobody is {who:?}");
        }
    }

    /// Whether a connection of this node was told of that peer.
    fn is_told(&self, member: &Member, of: PeerId) -> bool {
        let life = self.lives.get(&address(member));
        life.is_some_and(|life| life.told_of.contains(&of))
    }
}

fn pick<T>(all: &mut Vec<T>, index: usize) -> Option<T> {
    (!all.is_empty()).then(|| all.remove(index % all.len()))
}

/// Takes these moves, and then everything to its end.
fn play(moves: impl IntoIterator<Item = Move>) {
    let mut world = World::new();
    for step in moves {
        world.take(step);
    }
    world.settle();
    world.check();
}

#[test]
fn answers_may_be_read_in_any_order() {
    use Move::*;
    let carried_out = [Begin(0), Begin(1), CarryOut(0), CarryOut(0), Hear, Hear];
    play(carried_out.into_iter().chain([GoOn(1), GoOn(0)]));
}

#[test]
fn a_room_may_be_closed_before_an_answer_is_read() {
    use Move::*;
    play([Begin(0), CarryOut(0), Hear, Close, Hear, GoOn(0)]);
}

#[test]
fn a_closed_room_may_be_made_anew_before_the_node_hears_of_its_end() {
    use Move::*;
    let in_and_out = [
        Begin(0),
        CarryOut(0),
        Hear,
        EnterElsewhere(0),
        Close,
        GoOn(0),
    ];
    let then = [
        Leave(0),
        Report,
        Sync,
        Begin(0),
        CarryOut(0),
        Hear,
        Hear,
        Hear,
    ];
    play(
        in_and_out
            .into_iter()
            .chain(then)
            .chain([GoOn(0), TakeReply]),
    );
}

#[test]
fn an_older_connection_may_end_before_the_newer_has_its_answer() {
    use Move::*;
    let older = [Begin(0), CarryOut(0), Hear, GoOn(0)];
    let newer = [Begin(0), CarryOut(0), EnterElsewhere(1), Hear, Hear];
    play(older.into_iter().chain(newer).chain([Leave(0), GoOn(0)]));
}

#[test]
fn a_peer_may_be_on_another_node_before_its_answer_is_read() {
    use Move::*;
    let other = [Begin(1), CarryOut(0), Hear, GoOn(0)];
    let moved = [Begin(0), CarryOut(0), EnterElsewhere(0), Hear, Hear];
    play(other.into_iter().chain(moved).chain([GoOn(0)]));
}

#[test]
fn what_each_connection_is_told_adds_up_to_who_is_there() {
    let config = Config {
        cases: CASES,
        failure_persistence: None,
        ..Config::default()
    };
    let random = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let moves = prop::collection::vec(some_move(), 1..60);
    let tried = TestRunner::new_with_rng(config, random).run(&moves, |moves| {
        play(moves);
        Ok(())
    });
    tried.unwrap();
}
