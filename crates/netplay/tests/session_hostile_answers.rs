//! A hostile driver in a match that loses another one: whatever it answers to the question what it
//! holds of the lost, the others go on without it soon, and agree.

mod common;

use common::{
    forger::Forger,
    game::{Sums, seats},
    world::{FAIR, Peer, World, all_in},
};
use netplay::session::{Config, Phase};
use protocol::{Frame, Simulation, agreement::*, limits::*, peer::Message, statement::*};
use std::{collections::BTreeMap, time::Duration};

const SECOND: Duration = Duration::from_secs(1);
const STEP: Duration = Duration::from_millis(5);

fn player(name: &str) -> Config<Sums> {
    seats::<4>(name, 4)
}

/// Cem dies, and Eve answers as she likes. `rank` is Cem's: 0 makes him the owner.
fn goes_on(seed: u64, rank: usize, forge: fn(Report) -> Statement) {
    let world = World::new(FAIR, seed);
    let mut names = vec!["Ada", "Bob", "Eve"];
    names.insert(rank, "Cem");
    let mut peers: Vec<_> = names.iter().map(|name| world.join(player(name))).collect();
    let mut all: Vec<_> = peers.iter_mut().collect();
    assert!(world.run_until(&mut all, 10 * SECOND, all_in(Phase::Match)));
    world.run(&mut all, SECOND);
    drop(peers.remove(rank));
    let Some(Peer {
        mut room,
        transport,
    }) = peers.pop()
    else {
        unreachable!("Eve is the last one");
    };
    let mut forger = Forger::new(transport, move |message| match message {
        Message::Statement(Numbered {
            number,
            statement: Statement::Report(report),
        }) => Message::Statement(Numbered {
            number,
            statement: forge(report),
        }),
        message => message,
    });
    let mut sums: BTreeMap<(u32, Frame), u64> = BTreeMap::new();
    let mut before = Vec::new();
    let confirmed = |peer: &Peer<Sums>| peer.room.core().map_or(0, |core| core.confirmed());
    for turn in 0..2_000 {
        let mut honest: Vec<_> = peers.iter_mut().collect();
        world.run(&mut honest, STEP);
        room.turn(world.now(), &mut forger);
        for core in peers.iter().filter_map(|peer| peer.room.core()) {
            let sum = core.confirmed_world().checksum();
            let key = (core.view().id, core.confirmed());
            assert_eq!(*sums.entry(key).or_insert(sum), sum, "frame {}", key.1);
        }
        if turn == 1_600 {
            before = peers.iter().map(confirmed).collect();
        }
    }
    assert!(forger.forged > 0, "she was asked");
    for (peer, before) in peers.iter().zip(before) {
        let steps = confirmed(peer).saturating_sub(before);
        assert!(steps >= 110, "answer {seed}: {steps} steps in two seconds");
    }
    let views: Vec<_> = peers
        .iter()
        .filter_map(|p| Some(p.room.core()?.view()))
        .collect();
    assert_eq!(views[0], views[1], "they follow the same owner");
}

const ANSWERS: [fn(Report) -> Statement; 9] = [
    // No, for ever; and with a number that would use them up.
    |r| deny(&r, 0),
    |r| deny(&r, u32::MAX),
    // Ends that nobody keeps inputs of, that nobody can have reached, and without their inputs.
    |r| report(r, |r| r.ends.fill(0)),
    |r| report(r, |r| r.ends.fill(u32::MAX - 1)),
    |r| {
        report(r, |r| {
            r.ends
                .iter_mut()
                .for_each(|end| *end = end.saturating_add(5));
        })
    },
    // The same, with inputs that no simulation has.
    |r| {
        report(r, |r| {
            let ends = r.ends.clone();
            r.inputs = (0..)
                .zip(&ends)
                .map(|(seat, first)| junk(seat, *first))
                .collect();
            r.ends
                .iter_mut()
                .for_each(|end| *end = end.saturating_add(5));
        })
    },
    // A log that is longer than ever shown.
    |r| report(r, |r| r.log = MAX_CHANGES as u32),
    // A longer one of an impossible change.
    |r| {
        report(r, |r| {
            let change = SeatChange {
                seat: 0,
                from: 0,
                driver: None,
            };
            let inputs = Inputs::default();
            (r.log, r.changes) = (r.log + 1, vec![LogEntry { change, inputs }]);
        })
    },
    // The view that will be, already in force.
    |r| report(r, |r| r.installed = u32::MAX),
];

fn deny(report: &Report, promised: u32) -> Statement {
    Statement::Deny(Deny {
        view: report.view,
        question: report.question,
        promised,
        frozen: false,
    })
}

fn report(mut report: Report, change: impl FnOnce(&mut Report)) -> Statement {
    change(&mut report);
    Statement::Report(report)
}

fn junk(seat: u8, first: Frame) -> Inputs {
    Inputs {
        seat,
        first: first.min(u32::MAX - 5),
        words: vec![u32::MAX; 5],
    }
}

#[test]
fn the_owner_is_not_kept_from_going_on() {
    for (seed, answer) in (0..).zip(ANSWERS) {
        goes_on(seed, 2, answer);
    }
}

#[test]
fn whoever_takes_over_is_not_kept_from_it() {
    for (seed, answer) in (100..).zip(ANSWERS) {
        goes_on(seed, 0, answer);
    }
}
