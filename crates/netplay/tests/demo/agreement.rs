//! The agreement by itself, beside a core: what it states fits the messages that carry it, and
//! whoever entered late can tell the log to others that lack some of it.

use netplay::{
    agreement::{Agreement, Present},
    rollback::{Core, Entry},
};
use protocol::{
    Frame, PeerId, Simulation,
    agreement::*,
    limits::*,
    peer::Message,
    statement::{Numbered, Statement},
};
use sim::demo::{Settings, World};
use std::time::Duration;
use uuid::Uuid;

const MATCH: u32 = 7;
const NOW: Duration = Duration::from_secs(60);

/// The frame of the world that is entered.
const ENTRY: Frame = 3_600;

fn peer(number: u128) -> PeerId {
    PeerId(Uuid::from_u128(number))
}

/// The owner, who drives the first seat.
fn owner() -> PeerId {
    peer(1)
}

/// Who drives the second one.
fn second() -> PeerId {
    peer(2)
}

/// Who has entered late, as the third one.
fn late() -> PeerId {
    peer(3)
}

fn view() -> View {
    View {
        number: 0,
        id: MATCH,
        owner: owner(),
    }
}

fn here(id: PeerId, here: bool) -> Present {
    Present {
        id,
        here,
        left: false,
        name: String::new(),
        claim: Claim::default(),
    }
}

/// An entry as long as they get: inputs whose words are long, too.
fn long_entry(index: u32) -> LogEntry {
    let inputs = Inputs {
        seat: 3,
        first: index,
        words: vec![0x03_81_7f; MAX_UNACKED_INPUTS as usize],
    };
    LogEntry {
        change: SeatChange {
            seat: 3,
            from: index + MAX_UNACKED_INPUTS,
            driver: None,
        },
        inputs,
    }
}

/// Gives a bot's seat to somebody.
fn given(seat: u8, to: PeerId) -> LogEntry {
    LogEntry {
        change: SeatChange {
            seat,
            from: ENTRY + 30,
            driver: Some(to),
        },
        inputs: Inputs {
            seat,
            ..Inputs::default()
        },
    }
}

/// The one who entered from a snapshot with these last entries of a log of `log`, and then got its
/// seat.
fn entered(log: u32, recent: Vec<LogEntry>) -> (Core<World>, Agreement) {
    let settings = Settings::for_seats(4);
    let tenure = |driver| vec![Tenure { from: 0, driver }];
    let entry = Entry {
        me: late(),
        view: view(),
        log,
        order: vec![owner(), second()],
        tenures: vec![
            tenure(Some(owner())),
            tenure(Some(second())),
            tenure(None),
            tenure(None),
        ],
        frame: ENTRY,
        world: World::new(&settings, 1),
        input_delay: None,
    };
    let mut core = Core::enter(entry, NOW).expect("it fits");
    let mut agreement = Agreement::new(late(), MATCH, view(), log, recent, Vec::new());
    let append = Append {
        match_id: MATCH,
        view: view(),
        first: log,
        entries: vec![given(2, late())],
        kept: Vec::new(),
    };
    agreement
        .receive_append(owner(), append, &mut core, &[], NOW)
        .expect("the owner may");
    assert!(core.drives(late()));
    (core, agreement)
}

/// What the late one answers when the owner is gone, and the second one, whose log has `log`
/// changes, asks.
fn answer(core: &mut Core<World>, agreement: &mut Agreement, question: u32, log: u32) -> Report {
    let room = [here(owner(), false), here(second(), true)];
    let collect = Collect {
        match_id: MATCH,
        view: View {
            number: 1,
            id: 9,
            owner: second(),
        },
        question,
        lost: vec![owner()],
        log,
        ends: core.ends(),
    };
    agreement
        .receive_collect(second(), collect, core, &room, NOW)
        .expect("it may ask");
    let mut statements = agreement.take_statements();
    match statements.pop() {
        Some((to, Statement::Report(report))) if to == second() => report,
        other => panic!("no report, but {other:?}"),
    }
}

fn assert_fits(statement: Statement) {
    let number = u32::MAX - 1;
    let message = Message::Statement(Numbered { number, statement });
    assert_eq!(Message::decode(&message.encode()), Ok(message));
}

/// Otherwise the second one could not take over from the owner: it would hold the late one for a
/// liar, and go on without it after three seconds.
#[test]
fn whoever_entered_late_tells_what_was_before() {
    let (mut core, mut agreement) = entered(6, vec![long_entry(4), long_entry(5)]);
    let report = answer(&mut core, &mut agreement, 1, 5);
    assert_eq!(
        (report.log, &report.changes[..]),
        (7, &[long_entry(5), given(2, late())][..])
    );
}

#[test]
fn a_long_log_is_reported_in_messages_that_fit() {
    let all: Vec<LogEntry> = (0..63).map(long_entry).chain([given(2, late())]).collect();
    let (mut core, mut agreement) = entered(63, all[..63].to_vec());
    let mut told = Vec::new();
    for question in 1.. {
        let report = answer(&mut core, &mut agreement, question, told.len() as u32);
        assert!(
            !report.changes.is_empty() && question < 8,
            "it comes to an end"
        );
        told.extend(report.changes.clone());
        assert_fits(Statement::Report(report.clone()));
        if told.len() as u32 == report.log {
            break;
        }
    }
    assert_eq!(told, all);
}

/// The late one takes over; a junior that lacks the whole log is told all of it.
#[test]
fn a_long_log_is_appended_in_messages_that_fit() {
    let junior = peer(4);
    let all: Vec<LogEntry> = (0..40).map(long_entry).collect();
    let (mut core, mut agreement) = entered(40, all.clone());
    let append = Append {
        match_id: MATCH,
        view: view(),
        first: 41,
        entries: vec![given(3, junior)],
        kept: Vec::new(),
    };
    agreement
        .receive_append(owner(), append, &mut core, &[], NOW)
        .expect("the owner may");
    let room = [
        here(owner(), false),
        here(second(), false),
        here(junior, true),
    ];
    agreement.tick(&mut core, &room, &mut || 9, NOW);
    let Some((_, Statement::Collect(asked))) = agreement.take_statements().pop() else {
        panic!("the late one asks");
    };
    let report = Report {
        view: asked.view.number,
        question: asked.question,
        installed: 0,
        log: 0,
        changes: Vec::new(),
        frozen: Vec::new(),
        ends: core.ends(),
        inputs: Vec::new(),
    };
    agreement
        .receive_report(junior, report, &mut core, &room, NOW)
        .expect("it was asked");
    let mut told = Vec::new();
    let statements = agreement.take_statements();
    assert!(statements.len() > 1, "not in one message");
    for (to, statement) in statements {
        assert_fits(statement.clone());
        let Statement::Append(append) = statement else {
            panic!("{statement:?}");
        };
        assert_eq!((to, append.first), (junior, told.len() as u32));
        told.extend(append.entries);
    }
    assert_eq!(told[..40], all);
    assert_eq!(told.len() as u32, core.log());
}

/// A snapshot has as much of the log as one message, however long that is.
#[test]
fn the_last_entries_are_bounded() {
    let (_, agreement) = entered(63, (0..63).map(long_entry).collect());
    let recent = agreement.recent();
    let bytes: usize = recent.iter().map(LogEntry::most_bytes).sum();
    assert!(bytes <= MAX_CHANGES_BYTES && bytes + 700 > MAX_CHANGES_BYTES);
    assert_eq!(recent.last(), Some(&given(2, late())));
}
