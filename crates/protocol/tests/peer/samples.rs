//! One of every message, as peers of a match would send it.

use protocol::{PROTOCOL_VERSION, PeerId, agreement::*, feed::*, peer::*, statement::*};
use uuid::Uuid;

pub fn peer(n: u128) -> PeerId {
    PeerId(Uuid::from_u128(n))
}

pub fn hello() -> Hello {
    Hello {
        protocol: PROTOCOL_VERSION,
        fingerprint: 0x0123_4567_89ab_cdef,
        name: "Ada".into(),
        heard_you: true,
        here_before_you: false,
        claim: [7; 16],
    }
}

pub fn refusal(reason: RefusalReason) -> Refusal {
    Refusal {
        reason,
        detail: "why".into(),
    }
}

/// A line in the lobby.
pub fn line() -> LobbyLine {
    let mates = vec![
        Mate {
            id: peer(1),
            before_me: true,
        },
        Mate {
            id: peer(2),
            before_me: false,
        },
    ];
    LobbyLine {
        name: "Zoë".into(),
        ready: true,
        round: 300,
        mates,
        playing: None,
        watches: false,
        away: false,
        settings: Vec::new(),
        team: None,
        color: 0,
    }
}

pub fn view() -> View {
    View {
        number: 3,
        id: 0x1234_5678,
        owner: peer(2),
    }
}

/// A line in a match.
pub fn playing_line() -> LobbyLine {
    LobbyLine {
        ready: false,
        playing: Some(Playing {
            match_id: 0xfeed_beef,
            view: view(),
            confirmed: 3_600,
            drives: true,
        }),
        watches: true,
        away: true,
        settings: vec![1, 2, 3],
        team: Some(1),
        color: 5,
        ..line()
    }
}

pub fn start() -> Start {
    Start {
        match_id: 0xfeed_beef,
        round: 2,
        seed: u64::MAX,
        settings: vec![1, 2, 3],
        roster: vec![Some(peer(1)), None, Some(peer(2)), None],
    }
}

/// A statement as the reliable channel carries it.
pub fn stated(statement: Statement) -> Message {
    Message::Statement(Numbered {
        number: 200,
        statement,
    })
}

pub fn collect() -> Collect {
    Collect {
        match_id: 0xfeed_beef,
        view: view(),
        question: 5,
        lost: vec![peer(1), peer(4)],
        log: 2,
        ends: vec![3_601, 3_598, u32::MAX],
    }
}

pub fn inputs() -> Inputs {
    Inputs {
        seat: 1,
        first: 3_598,
        words: vec![0, 0x7f, 0x80, u32::MAX],
    }
}

pub fn entry() -> LogEntry {
    LogEntry {
        change: SeatChange {
            seat: 1,
            from: 3_602,
            driver: None,
        },
        inputs: inputs(),
    }
}

pub fn report() -> Report {
    Report {
        view: 3,
        question: 5,
        installed: 2,
        log: 3,
        changes: vec![entry()],
        frozen: vec![peer(4)],
        ends: vec![3_600, 3_602, u32::MAX],
        inputs: vec![inputs()],
    }
}

pub fn deny() -> Deny {
    Deny {
        view: 3,
        question: 5,
        promised: 4,
        frozen: true,
    }
}

pub fn kept() -> Kept {
    Kept {
        seat: 1,
        peer: peer(1),
        claim: [9; 16],
        name: "Zoë".into(),
        until: 10_802,
    }
}

pub fn append() -> Append {
    let given = LogEntry {
        change: SeatChange {
            seat: 2,
            from: 3_640,
            driver: Some(peer(5)),
        },
        inputs: Inputs {
            seat: 2,
            ..Inputs::default()
        },
    };
    Append {
        match_id: 0xfeed_beef,
        view: view(),
        first: 2,
        entries: vec![entry(), given],
        kept: vec![kept()],
    }
}

pub fn join() -> Join {
    Join {
        match_id: 0xfeed_beef,
        token: Some([3; 16]),
        watch: false,
        anew: true,
    }
}

/// The last part of three.
pub fn chunk() -> Chunk {
    Chunk {
        transfer: 0xcafe,
        index: 2,
        count: 3,
        hash: 0x0123_4567_89ab_cdef,
        bytes: vec![1, 2, 3, 4],
    }
}

pub fn listen() -> Listen {
    Listen {
        match_id: 0xfeed_beef,
        from: 3_600,
    }
}

pub fn watch() -> Watch {
    Watch {
        match_id: 0xfeed_beef,
        from: 3_600,
    }
}

pub fn feed() -> Feed {
    let span = |frames, peers, words: &[u32]| Span {
        frames,
        peers,
        words: words.to_vec(),
    };
    Feed {
        match_id: 0xfeed_beef,
        first: 3_600,
        checksum: Some((3_600, 0x0123_4567_89ab_cdef)),
        spans: vec![span(58, 0b101, &[5, u32::MAX]), span(2, 0, &[])],
    }
}

pub fn seated() -> Seated {
    let tenure = |from, driver| Tenure { from, driver };
    Seated {
        match_id: 0xfeed_beef,
        seats: vec![tenure(0, Some(peer(1))), tenure(3_599, None)],
    }
}

pub fn snapshot() -> Snapshot {
    let bot = Tenure {
        from: 3_000,
        driver: None,
    };
    let drives = |n| Tenure {
        from: 0,
        driver: Some(peer(n)),
    };
    let returns = Tenure {
        from: 3_640,
        driver: Some(peer(5)),
    };
    Snapshot {
        match_id: 0xfeed_beef,
        round: 2,
        seed: 7,
        settings: vec![1, 2, 3],
        view: view(),
        log: 2,
        order: vec![peer(2), peer(3), peer(5)],
        frame: 3_600,
        tenures: vec![vec![drives(2)], vec![drives(3)], vec![bot, returns]],
        kept: vec![kept()],
        recent: vec![entry()],
        world: (0..40).collect(),
    }
}

/// Every message, by the name of the file that pins its bytes.
pub fn messages() -> Vec<(&'static str, Message)> {
    let refuse = |reason| Message::Refuse(refusal(reason));
    let came = Message::ChunkCame {
        transfer: 0xcafe,
        index: 300,
    };
    let asks = Message::Join(Join {
        token: None,
        watch: true,
        ..join()
    });
    let keeps_up = Message::KeepsUp {
        match_id: 0xfeed_beef,
    };
    vec![
        ("hello", Message::Hello(hello())),
        ("refuse_version", refuse(RefusalReason::ProtocolVersion)),
        ("refuse_rules", refuse(RefusalReason::Rules)),
        ("refuse_full", refuse(RefusalReason::RoomFull)),
        ("lobby", Message::Lobby(line())),
        ("lobby_playing", Message::Lobby(playing_line())),
        ("start", stated(Statement::Start(start()))),
        ("chat", Message::Chat("Hello, 世界!".into())),
        ("leave", Message::Leave),
        ("collect", stated(Statement::Collect(collect()))),
        ("report", stated(Statement::Report(report()))),
        ("deny", stated(Statement::Deny(deny()))),
        ("append", stated(Statement::Append(append()))),
        ("join", Message::Join(join())),
        ("join_to_watch", asks),
        ("snapshot_part", Message::Snapshot(chunk())),
        ("chunk_came", came),
        ("listen", Message::Listen(listen())),
        ("keeps_up", keeps_up),
        ("watch", Message::Watch(watch())),
        ("feed", Message::Feed(feed())),
        ("seated", Message::Seated(seated())),
        ("emote", Message::Emote(3)),
    ]
}
