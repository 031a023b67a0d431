//! The bound of every field: at it a message is taken, one past it refused by the field's name.

use crate::samples::*;
use protocol::{agreement::*, feed::*, limits::*, peer::*, statement::*};

fn taken(message: Message) {
    assert_eq!(Message::decode(&message.encode()), Ok(message));
}

fn refused(message: Message, field: &'static str) {
    let decoded = Message::decode(&message.encode());
    assert_eq!(decoded, Err(DecodeError::OutOfBounds(field)), "{message:?}");
}

/// A list or a text of one length after another: all up to `max` are taken, one more is not.
fn at_most(max: usize, field: &'static str, message: impl Fn(usize) -> Message) {
    taken(message(max));
    refused(message(max + 1), field);
}

fn text(length: usize) -> String {
    "x".repeat(length)
}

#[test]
fn texts() {
    at_most(MAX_NAME_BYTES, "name", |length| {
        let name = text(length);
        Message::Hello(Hello { name, ..hello() })
    });
    at_most(MAX_NAME_BYTES, "name", |length| {
        let name = text(length);
        Message::Lobby(LobbyLine { name, ..line() })
    });
    at_most(MAX_NAME_BYTES, "name", |length| {
        let name = text(length);
        let kept = vec![Kept { name, ..kept() }];
        stated(Statement::Append(Append { kept, ..append() }))
    });
    at_most(MAX_DETAIL_BYTES, "detail", |length| {
        let detail = text(length);
        let reason = RefusalReason::Rules;
        Message::Refuse(Refusal { reason, detail })
    });
    at_most(MAX_CHAT_BYTES, "chat line", |length| {
        Message::Chat(text(length))
    });
}

#[test]
fn emotes() {
    at_most(usize::from(MAX_EMOTES) - 1, "emote", |emote| {
        Message::Emote(emote as u8)
    });
}

#[test]
fn a_message_as_a_whole() {
    let huge = vec![0; MAX_RELIABLE_BYTES + 1];
    let too_long = Err(DecodeError::TooLong(huge.len()));
    assert_eq!(Message::decode(&huge), too_long);
    // A hello may have fields that this version does not know, up to that length.
    let mut bytes = Message::Hello(hello()).encode();
    bytes.resize(MAX_RELIABLE_BYTES, 0xff);
    assert_eq!(Message::decode(&bytes), Ok(Message::Hello(hello())));
}

#[test]
fn lobby_and_start() {
    at_most(MAX_PEERS, "list of mates", |length| {
        let mate = Mate {
            id: peer(1),
            before_me: true,
        };
        let mates = vec![mate; length];
        Message::Lobby(LobbyLine { mates, ..line() })
    });
    at_most(MAX_SETTINGS_BYTES, "settings", |length| {
        let settings = vec![0; length];
        Message::Lobby(LobbyLine { settings, ..line() })
    });
    at_most(MAX_SETTINGS_BYTES, "settings", |length| {
        let settings = vec![0; length];
        stated(Statement::Start(Start {
            settings,
            ..start()
        }))
    });
    let roster = |length| {
        let roster = vec![None; length];
        stated(Statement::Start(Start { roster, ..start() }))
    };
    at_most(MAX_SEATS, "roster", roster);
    refused(roster(0), "roster");
    let of_round = |round| stated(Statement::Start(Start { round, ..start() }));
    taken(of_round(u32::MAX - 1));
    refused(of_round(u32::MAX), "round");
}

#[test]
fn questions() {
    at_most(MAX_PEERS, "list of lost peers", |length| {
        let lost = vec![peer(1); length];
        stated(Statement::Collect(Collect { lost, ..collect() }))
    });
    at_most(MAX_SEATS, "list of ends", |length| {
        let ends = vec![0; length];
        stated(Statement::Collect(Collect { ends, ..collect() }))
    });
}

#[test]
fn reports() {
    at_most(MAX_CHANGES_PER_MESSAGE, "list of changes", |length| {
        let changes = vec![entry(); length];
        stated(Statement::Report(Report {
            changes,
            ..report()
        }))
    });
    at_most(MAX_PEERS, "list of frozen peers", |length| {
        let frozen = vec![peer(1); length];
        stated(Statement::Report(Report { frozen, ..report() }))
    });
    at_most(MAX_SEATS, "list of ends", |length| {
        let ends = vec![0; length];
        stated(Statement::Report(Report { ends, ..report() }))
    });
    at_most(MAX_SEATS, "list of inputs", |length| {
        let inputs = vec![inputs(); length];
        stated(Statement::Report(Report { inputs, ..report() }))
    });
    every_stretch_of_inputs(|inputs| {
        let inputs = vec![inputs];
        stated(Statement::Report(Report { inputs, ..report() }))
    });
    every_entry(|entry| {
        let changes = vec![entry];
        stated(Statement::Report(Report {
            changes,
            ..report()
        }))
    });
}

#[test]
fn appends() {
    at_most(MAX_CHANGES_PER_MESSAGE, "list of changes", |length| {
        let entries = vec![entry(); length];
        stated(Statement::Append(Append {
            entries,
            ..append()
        }))
    });
    at_most(MAX_SEATS, "list of kept seats", |length| {
        let kept = vec![kept(); length];
        stated(Statement::Append(Append { kept, ..append() }))
    });
    at_most(MAX_SEATS - 1, "seat", |seat| {
        let seat = seat as u8;
        let kept = vec![Kept { seat, ..kept() }];
        stated(Statement::Append(Append { kept, ..append() }))
    });
    every_entry(|entry| {
        let entries = vec![entry];
        stated(Statement::Append(Append {
            entries,
            ..append()
        }))
    });
}

fn every_entry(message: impl Fn(LogEntry) -> Message) {
    at_most(MAX_SEATS - 1, "seat", |seat| {
        let mut entry = entry();
        entry.change.seat = seat as u8;
        message(entry)
    });
    every_stretch_of_inputs(|inputs| message(LogEntry { inputs, ..entry() }));
}

fn every_stretch_of_inputs(message: impl Fn(Inputs) -> Message) {
    at_most(MAX_SEATS - 1, "seat", |seat| {
        let seat = seat as u8;
        message(Inputs { seat, ..inputs() })
    });
    at_most(MAX_UNACKED_INPUTS as usize, "count of inputs", |count| {
        let words = vec![u32::MAX; count];
        message(Inputs { words, ..inputs() })
    });
    // The frame after the last input is one, too.
    let stretch = |first| {
        message(Inputs {
            first,
            words: vec![0; 4],
            ..inputs()
        })
    };
    taken(stretch(u32::MAX - 4));
    refused(stretch(u32::MAX - 3), "frame");
}

#[test]
fn feeds() {
    let feed = |first, spans| {
        Message::Feed(Feed {
            first,
            spans,
            ..feed()
        })
    };
    let span = |frames, peers, words| Span {
        frames,
        peers,
        words: vec![0; words],
    };
    at_most(MAX_FEED_FRAMES, "frames", |count| {
        feed(0, vec![span(1, 3, 2); count])
    });
    at_most(MAX_FEED_FRAMES, "frames", |count| {
        feed(0, vec![span(count as u8, 0xff, 8)])
    });
    at_most(
        (u32::MAX - MAX_FEED_FRAMES as u32) as usize,
        "frames",
        |first| feed(first as u32, vec![]),
    );
    // No frame, and inputs that are not those of the seats.
    for wrong in [span(0, 3, 2), span(1, 3, 1), span(1, 3, 3), span(1, 0, 1)] {
        refused(feed(0, vec![wrong]), "frames");
    }
}

#[test]
fn seats_that_watchers_are_told_of() {
    let told = |count| {
        let seats = vec![seated().seats[0]; count];
        Message::Seated(Seated { seats, ..seated() })
    };
    at_most(MAX_SEATS, "seats", told);
    refused(told(0), "seats");
}

#[test]
fn parts_of_a_snapshot() {
    let part = |index, count, length| {
        Message::Snapshot(Chunk {
            index,
            count,
            bytes: vec![0; length],
            ..chunk()
        })
    };
    let last = MAX_CHUNKS as u16 - 1;
    taken(part(last, last + 1, 1));
    refused(part(last, last + 2, CHUNK_BYTES), "count of parts");
    refused(part(0, 0, 1), "count of parts");
    refused(part(3, 3, 1), "part");
    for (index, length, in_bounds) in [
        (2, CHUNK_BYTES, true),
        (2, CHUNK_BYTES + 1, false),
        (2, 0, false),
        (1, CHUNK_BYTES, true),
        (1, CHUNK_BYTES - 1, false),
    ] {
        match in_bounds {
            true => taken(part(index, 3, length)),
            false => refused(part(index, 3, length), "length of a part"),
        }
    }
}

#[test]
fn snapshots() {
    let decoded = |snapshot: &Snapshot| {
        Snapshot::decode(&postcard::to_stdvec(snapshot).expect("plain data encodes"))
    };
    let refused = |field, change: &dyn Fn(&mut Snapshot)| {
        let mut snapshot = snapshot();
        change(&mut snapshot);
        let expected = Err(DecodeError::OutOfBounds(field));
        assert_eq!(decoded(&snapshot), expected, "{snapshot:?}");
    };
    let mut full = snapshot();
    full.settings = vec![0; MAX_SETTINGS_BYTES];
    full.log = 2 * MAX_CHANGES as u32;
    full.order = vec![peer(1); MAX_SEATS];
    full.tenures = vec![vec![snapshot().tenures[0][0]; MAX_TENURES]; MAX_SEATS];
    full.kept = vec![kept(); MAX_SEATS];
    full.recent = vec![entry(); MAX_CHANGES_PER_MESSAGE];
    assert_eq!(decoded(&full).as_ref(), Ok(&full));

    refused("settings", &|s| {
        s.settings = vec![0; MAX_SETTINGS_BYTES + 1]
    });
    refused("log", &|s| s.log = 2 * MAX_CHANGES as u32 + 1);
    refused("seats", &|s| s.tenures.clear());
    refused("tenures", &|s| s.tenures[1].clear());
    // The first one is in force at the world's frame, and they are in their order.
    refused("tenures", &|s| s.tenures[1][0].from = s.frame + 1);
    refused("tenures", &|s| s.tenures[2].swap(0, 1));
    refused("name", &|s| s.kept[0].name = text(MAX_NAME_BYTES + 1));
    refused("seat", &|s| s.kept[0].seat = MAX_SEATS as u8);
    // No more entries than the log has.
    refused("recent", &|s| s.log = 0);
    refused("seat", &|s| s.recent[0].change.seat = MAX_SEATS as u8);

    // Longer lists are not even decoded.
    let lists: [&dyn Fn(&mut Snapshot); 5] = [
        &|s| s.order = vec![peer(1); MAX_SEATS + 1],
        &|s| s.tenures = vec![s.tenures[0].clone(); MAX_SEATS + 1],
        &|s| s.tenures[1] = vec![s.tenures[1][0]; MAX_TENURES + 1],
        &|s| s.kept = vec![kept(); MAX_SEATS + 1],
        &|s| s.recent = vec![entry(); MAX_CHANGES_PER_MESSAGE + 1],
    ];
    for lengthen in lists {
        let mut long = snapshot();
        lengthen(&mut long);
        assert_eq!(decoded(&long), Err(DecodeError::Malformed), "{long:?}");
    }

    let mut bytes = postcard::to_stdvec(&snapshot()).expect("plain data encodes");
    bytes.push(0);
    let left_over = Err(DecodeError::OutOfBounds("length"));
    assert_eq!(Snapshot::decode(&bytes), left_over);
    bytes.resize(MAX_SNAPSHOT_BYTES + 1, 0);
    let too_long = Err(DecodeError::TooLong(bytes.len()));
    assert_eq!(Snapshot::decode(&bytes), too_long);
}

#[test]
fn statements() {
    let numbered = |number| {
        let statement = Statement::Deny(deny());
        Message::Statement(Numbered { number, statement })
    };
    taken(numbered(u32::MAX - 1));
    refused(numbered(u32::MAX), "number");
}

/// The longest that an honest peer states still fits a message of the reliable channel.
#[test]
fn the_longest_statements_fit() {
    let inputs = Inputs {
        seat: 7,
        first: u32::MAX - MAX_UNACKED_INPUTS,
        words: vec![u32::MAX; MAX_UNACKED_INPUTS as usize],
    };
    let change = SeatChange {
        seat: 7,
        from: u32::MAX,
        driver: Some(peer(u128::MAX)),
    };
    let entry = LogEntry {
        change,
        inputs: inputs.clone(),
    };
    let bytes = postcard::to_stdvec(&entry)
        .expect("plain data encodes")
        .len();
    assert!(bytes <= entry.most_bytes() && entry.most_bytes() <= 700);
    let entries = vec![entry.clone(); MAX_CHANGES_BYTES / entry.most_bytes()];
    let report = Report {
        view: u32::MAX,
        question: u32::MAX,
        installed: u32::MAX,
        log: u32::MAX,
        changes: entries.clone(),
        frozen: vec![peer(u128::MAX); MAX_PEERS],
        ends: vec![u32::MAX; MAX_SEATS],
        inputs: vec![inputs; MAX_SEATS],
    };
    taken(stated(Statement::Report(report)));
    let kept = Kept {
        name: text(MAX_NAME_BYTES),
        ..kept()
    };
    let append = Append {
        entries,
        kept: vec![kept; MAX_SEATS],
        ..append()
    };
    taken(stated(Statement::Append(append)));
}
