//! A hostile owner, which alone may write into the log: what it may not do costs it its place, the
//! others go on without it in a view of their own, and whoever it threw out is back.

mod common;

use common::{
    forger::Forger,
    game::{Settings, Sums, seats},
    world::{FAIR, Peer, World, all_in},
};
use netplay::{
    rollback::{Core, Plan},
    session::{Config, Phase, room::Room},
    transport::{Channel, Transport},
};
use protocol::{
    Frame, PeerId, Simulation,
    agreement::*,
    datagram::{Datagram, Reign},
    peer::Message,
    statement::{Numbered, Statement},
};
use std::{
    collections::BTreeMap,
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

const SECOND: Duration = Duration::from_secs(1);
const STEP: Duration = Duration::from_millis(5);

/// A match without end of five seats, one of them a bot's.
fn player(name: &str) -> Config<Sums> {
    seats::<5>(name, 4)
}

/// Eve's word past her own agreement. Its number only has to be higher than those before.
fn stated(append: Append) -> Message {
    static NUMBER: AtomicU32 = AtomicU32::new(1_000);
    Message::Statement(Numbered {
        number: NUMBER.fetch_add(1, Ordering::Relaxed),
        statement: Statement::Append(append),
    })
}

/// Eve, the owner, and three that are honest.
struct Table {
    world: World,
    eve: Option<Peer<Sums>>,
    honest: Vec<Peer<Sums>>,
    sums: BTreeMap<(u32, Frame), u64>,
}

impl Table {
    fn new(seed: u64) -> Self {
        let world = World::new(FAIR, seed);
        let names = ["Eve", "Ada", "Bob", "Cem"];
        let mut peers: Vec<_> = names.iter().map(|name| world.join(player(name))).collect();
        let mut all: Vec<_> = peers.iter_mut().collect();
        assert!(world.run_until(&mut all, 10 * SECOND, all_in(Phase::Match)));
        world.run(&mut all, SECOND);
        Self {
            world,
            eve: Some(peers.remove(0)),
            honest: peers,
            sums: BTreeMap::new(),
        }
    }

    /// Lets time pass; the worlds of the honest never differ.
    fn run(&mut self, time: Duration) {
        let end = self.world.now() + time;
        while self.world.now() < end {
            let mut all: Vec<_> = self.honest.iter_mut().chain(&mut self.eve).collect();
            self.world.run(&mut all, STEP);
            self.compare();
        }
    }

    fn compare(&mut self) {
        for core in self.honest.iter().filter_map(|peer| peer.room.core()) {
            let sum = core.confirmed_world().checksum();
            let key = (core.view().id, core.confirmed());
            let known = *self.sums.entry(key).or_insert(sum);
            assert_eq!(known, sum, "the worlds differ at frame {}", key.1);
        }
    }

    fn ids(&self) -> Vec<PeerId> {
        self.honest.iter().map(Peer::id).collect()
    }

    /// How the match stands at its owner.
    fn match_of_eve(&self) -> (u32, View, u32, Vec<Frame>, PeerId) {
        let core = self.eve.as_ref().and_then(|eve| eve.room.core());
        let core = core.expect("she plays");
        // The first view's id is the match's.
        let (view, log, ends) = (core.view(), core.log(), core.ends());
        (view.id, view, log, ends, view.owner)
    }

    /// Eve writes this into everybody's log, past her own agreement.
    fn append(&mut self, entries: Vec<LogEntry>) {
        let (match_id, view, first, ..) = self.match_of_eve();
        let append = stated(Append {
            match_id,
            view,
            first,
            entries,
            kept: Vec::new(),
        });
        let ids = self.ids();
        let eve = self.eve.as_mut().expect("she plays");
        ids.iter().for_each(|id| eve.tell(*id, &append));
    }

    /// The three go on together without Eve, at full pace, each in its own seat.
    fn goes_on_without_eve(&mut self, patience: Duration) {
        self.run(patience);
        let before = self.confirmed();
        self.run(2 * SECOND);
        for (peer, before) in self.honest.iter().zip(before) {
            let core = peer.room.core().expect("it plays");
            let steps = core.confirmed().saturating_sub(before);
            assert!(steps >= 110, "{steps} steps in two seconds");
            assert_eq!(*peer.room.phase(), Phase::Match);
            assert_eq!(peer.room.status().desync, None);
        }
        let views: Vec<_> = (self.honest.iter())
            .filter_map(|peer| Some(peer.room.core()?.view()))
            .collect();
        assert!(views.iter().all(|view| *view == views[0]), "{views:?}");
        assert_eq!(views[0].owner, self.honest[0].id(), "Ada is next in line");
        let seats: Vec<_> = (self.honest.iter())
            .map(|peer| peer.room.view().my_seat)
            .collect();
        assert_eq!(seats, [Some(1), Some(2), Some(3)], "each has its own seat");
    }

    /// Eve was dropped by everybody, for a reason that the players are told.
    fn has_banned_eve(&self, but: Option<usize>) {
        for (index, peer) in self.honest.iter().enumerate() {
            if Some(index) == but {
                continue;
            }
            let view = peer.room.view();
            assert!(view.peers.iter().all(|peer| peer.name != "Eve"), "{view:?}");
            assert!(peer.room.status().dropped > 0);
        }
    }

    fn confirmed(&self) -> Vec<Frame> {
        let confirmed = |peer: &Peer<Sums>| peer.room.core().map_or(0, |core| core.confirmed());
        self.honest.iter().map(confirmed).collect()
    }
}

/// From this frame on a bot has the seat; or a peer.
fn change(seat: u8, from: Frame, driver: Option<PeerId>) -> LogEntry {
    LogEntry {
        change: SeatChange { seat, from, driver },
        inputs: Inputs {
            seat,
            ..Inputs::default()
        },
    }
}

#[test]
fn a_seat_that_is_taken_without_a_question_costs_the_owner_its_place() {
    let mut table = Table::new(1);
    let (.., ends, _) = table.match_of_eve();
    // Bob has seat 2. He cannot know that nobody was asked.
    table.append(vec![change(2, ends[2] + 20, None)]);
    table.run(SECOND / 5);
    table.has_banned_eve(Some(1));
    table.goes_on_without_eve(8 * SECOND);
}

#[test]
fn only_bots_seats_are_given_and_each_peer_has_one() {
    let forged: [fn(&Table) -> LogEntry; 4] = [
        // Ada's own seat to Bob, a bot's seat to Bob, who has one, a bot's seat to a bot.
        |table| change(1, table.match_of_eve().3[1] + 20, Some(table.ids()[1])),
        |table| change(4, table.match_of_eve().3[0] + 20, Some(table.ids()[1])),
        |table| change(4, table.match_of_eve().3[0] + 20, None),
        // No such seat.
        |table| change(7, table.match_of_eve().3[0] + 20, None),
    ];
    for (seed, forge) in (10..).zip(forged) {
        let mut table = Table::new(seed);
        let entry = forge(&table);
        table.append(vec![entry]);
        table.run(SECOND / 5);
        table.has_banned_eve(None);
        table.goes_on_without_eve(2 * SECOND);
    }
}

#[test]
fn nobody_fills_the_log() {
    let mut table = Table::new(20);
    // Her own accomplice comes and goes: each change alone could be right.
    let stranger = PeerId(uuid::Uuid::from_u128(99));
    let first = table.match_of_eve().3[0] + 60;
    let entries = (0..64).map(|n| change(4, first + n, Some(stranger)));
    for entry in entries {
        let (match_id, view, ..) = table.match_of_eve();
        let ids = table.ids();
        for id in ids {
            let first = entry.change.from - first;
            let give = entry.clone();
            let append = Append {
                match_id,
                view,
                first,
                entries: vec![give],
                kept: Vec::new(),
            };
            let eve = table.eve.as_mut().expect("she plays");
            eve.tell(id, &stated(append));
        }
    }
    table.run(SECOND / 5);
    table.has_banned_eve(None);
    table.goes_on_without_eve(4 * SECOND);
}

/// Of one that is heard by nobody but her, the owner's word counts; the second time it is she that
/// is cut off. Nobody can tell whether she truly hears nothing.
#[test]
fn an_owner_that_gives_up_two_whom_all_others_hear_is_given_up_itself() {
    let mut table = Table::new(30);
    let (ids, eve) = (table.ids(), table.match_of_eve().4);
    table.world.cut(eve, ids[1]);
    table.run(3 * SECOND);
    let order = |table: &Table| table.honest[0].room.core().map(|core| core.order());
    assert_eq!(order(&table), Some(vec![eve, ids[0], ids[2]]));
    table.world.cut(eve, ids[2]);
    table.goes_on_without_eve(8 * SECOND);
}

#[test]
fn an_owner_that_lets_nothing_become_final_is_given_up() {
    for freeze in [
        |_: Reign| None,
        |reign: Reign| {
            Some(Reign {
                horizon: 70,
                ..reign
            })
        },
    ] {
        let mut table = Table::new(40);
        let Some(Peer {
            mut room,
            transport,
        }) = table.eve.take()
        else {
            unreachable!("she is there");
        };
        // Nor does she give anybody up, who now has nothing new to say.
        let forge = |message| match message {
            Message::Statement(Numbered {
                statement: Statement::Collect(_) | Statement::Append(_),
                ..
            }) => Message::KeepsUp { match_id: 0 },
            message => message,
        };
        let mut forger = Forger::new(transport, forge).and_datagrams(move |mut datagram| {
            datagram.reign = datagram.reign.and_then(freeze);
            datagram
        });
        for _ in 0..600 {
            forge_on(&mut table, &mut room, &mut forger);
        }
        let views: Vec<_> = table
            .honest
            .iter()
            .map(|p| p.room.core().map(|c| c.view()))
            .collect();
        assert!(forger.forged > 0);
        let before = table.confirmed();
        for _ in 0..400 {
            forge_on(&mut table, &mut room, &mut forger);
        }
        for (after, before) in table.confirmed().into_iter().zip(before) {
            let steps = after.saturating_sub(before);
            assert!(steps >= 110, "{steps} steps in two seconds, {views:?}");
        }
    }
}

fn forge_on(table: &mut Table, room: &mut Room<Sums>, transport: &mut dyn Transport) {
    table.run(STEP);
    room.turn(table.world.now(), transport);
}

/// The same by an owner that does all else as it should.
#[test]
fn an_owner_that_only_lets_nothing_become_final_is_missing() {
    let ids = [1, 2].map(|n| PeerId(uuid::Uuid::from_u128(n)));
    let mut cores = ids.map(|me| {
        let plan = Plan {
            match_id: 1,
            seed: 1,
            settings: Settings {
                seats: 2,
                length: u32::MAX,
            },
            roster: ids.map(Some).into(),
            me,
            input_delay: Some(2),
        };
        Core::<Sums>::new(plan, Duration::ZERO).expect("a plan for two")
    });
    let mut now = Duration::ZERO;
    while now < 4 * SECOND {
        now += STEP;
        for from in [0, 1] {
            cores[from].tick(now, &mut |world, _| world.frame as u8);
            while let Some((_, packet)) = cores[from].poll_datagram(now) {
                let mut datagram = Datagram::decode(&packet).expect("a core's");
                if let Some(reign) = &mut datagram.reign {
                    reign.horizon = reign.horizon.min(60);
                }
                // What comes late or early is dropped.
                let _ = cores[1 - from].receive(ids[from], &datagram.encode(), now);
            }
        }
    }
    let ada = &cores[1];
    assert_eq!(ada.confirmed(), 60);
    assert!(
        ada.missing(ids[0], now) > SECOND,
        "{:?}",
        ada.missing(ids[0], now)
    );
}

#[test]
fn words_in_the_owners_name_are_not_the_owners() {
    let mut table = Table::new(50);
    let (match_id, view, first, ends, _) = table.match_of_eve();
    let append = stated(Append {
        match_id,
        view,
        first,
        entries: vec![change(1, ends[1] + 20, None)],
        kept: Vec::new(),
    });
    let (ada, cem) = (table.ids()[0], table.ids()[2]);
    table.honest[1].throw(ada, Channel::Reliable, &append.encode());
    table.honest[1].throw(cem, Channel::Reliable, &append.encode());
    table.run(SECOND);
    let logs: Vec<_> = table
        .honest
        .iter()
        .filter_map(|p| Some(p.room.core()?.log()))
        .collect();
    assert_eq!(logs, [0, 0, 0]);
}
