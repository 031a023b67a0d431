//! Arbitrary messages and snapshots within their bounds.

use proptest::{array::uniform16, collection::vec, option, prelude::*};
use protocol::{PeerId, agreement::*, feed::*, limits::*, peer::*, statement::*};
use uuid::Uuid;

fn peer() -> impl Strategy<Value = PeerId> {
    any::<u128>().prop_map(|id| PeerId(Uuid::from_u128(id)))
}

/// A text of at most `max` bytes, of any characters.
fn text(max: usize) -> impl Strategy<Value = String> {
    vec(any::<char>(), 0..=max).prop_map(move |chars| {
        let mut text = String::new();
        let mut fitting = chars.into_iter();
        while let Some(c) = fitting.next().filter(|c| text.len() + c.len_utf8() <= max) {
            text.push(c);
        }
        text
    })
}

fn view() -> impl Strategy<Value = View> {
    (any::<u32>(), any::<u32>(), peer()).prop_map(|(number, id, owner)| View { number, id, owner })
}

fn inputs() -> impl Strategy<Value = Inputs> {
    let words = vec(any::<u32>(), 0..=MAX_UNACKED_INPUTS as usize);
    let first = 0..=u32::MAX - MAX_UNACKED_INPUTS;
    (0..MAX_SEATS as u8, first, words).prop_map(|(seat, first, words)| Inputs {
        seat,
        first,
        words,
    })
}

fn entry() -> impl Strategy<Value = LogEntry> {
    let change = (0..MAX_SEATS as u8, any::<u32>(), option::of(peer()));
    (change, inputs()).prop_map(|((seat, from, driver), inputs)| LogEntry {
        change: SeatChange { seat, from, driver },
        inputs,
    })
}

/// Few enough that all their inputs fit a message.
fn entries() -> impl Strategy<Value = Vec<LogEntry>> {
    vec(entry(), 0..24)
}

fn ends() -> impl Strategy<Value = Vec<u32>> {
    vec(any::<u32>(), 0..=MAX_SEATS)
}

fn kept() -> impl Strategy<Value = Vec<Kept>> {
    let seat = 0..MAX_SEATS as u8;
    let one = (
        seat,
        peer(),
        uniform16(any::<u8>()),
        text(MAX_NAME_BYTES),
        any::<u32>(),
    );
    let one = one.prop_map(|(seat, peer, claim, name, until)| Kept {
        seat,
        peer,
        claim,
        name,
        until,
    });
    vec(one, 0..=MAX_SEATS)
}

fn tenures() -> impl Strategy<Value = Vec<Vec<Tenure>>> {
    let tenure = (any::<u32>(), option::of(peer()));
    let seat = vec(tenure, 1..=MAX_TENURES).prop_map(|mut seat| {
        seat.sort_unstable();
        seat.into_iter()
            .map(|(from, driver)| Tenure { from, driver })
            .collect()
    });
    vec(seat, 1..=MAX_SEATS)
}

pub fn snapshot() -> impl Strategy<Value = Snapshot> {
    let counts = (any::<[u32; 2]>(), any::<u64>(), 0..=2 * MAX_CHANGES as u32);
    let bytes = (vec(any::<u8>(), 0..200), vec(any::<u8>(), 0..2_000));
    let lists = (vec(peer(), 0..=MAX_SEATS), tenures(), kept(), entries());
    (counts, view(), any::<u32>(), bytes, lists).prop_map(
        |(
            ([match_id, round], seed, log),
            view,
            frame,
            (settings, world),
            (order, tenures, kept, recent),
        )| {
            let first = tenures.iter().map(|seat| seat[0].from).max().unwrap_or(0);
            Snapshot {
                match_id,
                round,
                seed,
                settings,
                view,
                log: log.max(recent.len() as u32),
                order,
                frame: frame.max(first),
                tenures,
                kept,
                recent,
                world,
            }
        },
    )
}

fn of_the_lobby() -> impl Strategy<Value = Message> {
    let hello = (
        any::<u16>(),
        any::<u64>(),
        text(MAX_NAME_BYTES),
        any::<[bool; 2]>(),
    );
    let hello = (hello, uniform16(any::<u8>())).prop_map(
        |((protocol, fingerprint, name, [heard_you, here_before_you]), claim)| {
            Message::Hello(Hello {
                protocol,
                fingerprint,
                name,
                heard_you,
                here_before_you,
                claim,
            })
        },
    );
    let reasons = [
        RefusalReason::ProtocolVersion,
        RefusalReason::Rules,
        RefusalReason::RoomFull,
    ];
    let refusal = (
        prop::sample::select(reasons.to_vec()),
        text(MAX_DETAIL_BYTES),
    )
        .prop_map(|(reason, detail)| Message::Refuse(Refusal { reason, detail }));
    let mate = (peer(), any::<bool>()).prop_map(|(id, before_me)| Mate { id, before_me });
    let playing = (any::<u32>(), view(), any::<u32>(), any::<bool>());
    let playing = playing.prop_map(|(match_id, view, confirmed, drives)| Playing {
        match_id,
        view,
        confirmed,
        drives,
    });
    let line = (
        text(MAX_NAME_BYTES),
        any::<u32>(),
        vec(mate, 0..=MAX_PEERS),
        option::of(playing),
        any::<[bool; 3]>(),
        (
            vec(any::<u8>(), 0..=MAX_SETTINGS_BYTES),
            option::of(any::<u8>()),
            any::<u8>(),
        ),
    );
    let line = line.prop_map(|(name, round, mates, playing, flags, choice)| {
        let (settings, team, color) = choice;
        let [ready, watches, away] = flags;
        Message::Lobby(LobbyLine {
            name,
            ready,
            round,
            mates,
            playing,
            watches,
            away,
            settings,
            team,
            color,
        })
    });
    let chat = text(MAX_CHAT_BYTES).prop_map(Message::Chat);
    let emote = (0..MAX_EMOTES).prop_map(Message::Emote);
    prop_oneof![hello, refusal, line, chat, emote, Just(Message::Leave)]
}

fn start() -> impl Strategy<Value = Statement> {
    let start = (
        (any::<u32>(), 0..u32::MAX),
        any::<u64>(),
        vec(any::<u8>(), 0..=MAX_SETTINGS_BYTES),
        vec(option::of(peer()), 1..=MAX_SEATS),
    );
    start.prop_map(|((match_id, round), seed, settings, roster)| {
        Statement::Start(Start {
            match_id,
            round,
            seed,
            settings,
            roster,
        })
    })
}

pub fn numbered() -> impl Strategy<Value = Numbered> {
    (0..u32::MAX, statement()).prop_map(|(number, statement)| Numbered { number, statement })
}

fn statement() -> impl Strategy<Value = Statement> {
    let lost = vec(peer(), 0..=MAX_PEERS);
    let collect = (any::<[u32; 3]>(), view(), lost, ends()).prop_map(
        |([match_id, question, log], view, lost, ends)| {
            Statement::Collect(Collect {
                match_id,
                view,
                question,
                lost,
                log,
                ends,
            })
        },
    );
    let frozen = vec(peer(), 0..=MAX_PEERS);
    let held = vec(inputs(), 0..=MAX_SEATS);
    let report = (any::<[u32; 4]>(), entries(), frozen, ends(), held).prop_map(
        |([view, question, installed, log], changes, frozen, ends, inputs)| {
            Statement::Report(Report {
                view,
                question,
                installed,
                log,
                changes,
                frozen,
                ends,
                inputs,
            })
        },
    );
    let deny = any::<([u32; 3], bool)>().prop_map(|([view, question, promised], frozen)| {
        Statement::Deny(Deny {
            view,
            question,
            promised,
            frozen,
        })
    });
    let append = (any::<[u32; 2]>(), view(), entries(), kept()).prop_map(
        |([match_id, first], view, entries, kept)| {
            Statement::Append(Append {
                match_id,
                view,
                first,
                entries,
                kept,
            })
        },
    );
    prop_oneof![start(), collect, report, deny, append]
}

/// The last part of a snapshot, or one before it.
fn part() -> impl Strategy<Value = Chunk> {
    let place = (1..=MAX_CHUNKS as u16).prop_flat_map(|count| (Just(count), 0..count));
    let bytes = vec(any::<u8>(), 1..200);
    (any::<u32>(), any::<u64>(), place, bytes).prop_map(
        |(transfer, hash, (count, index), mut bytes)| {
            if index + 1 < count {
                bytes.resize(CHUNK_BYTES, 0);
            }
            Chunk {
                transfer,
                index,
                count,
                hash,
                bytes,
            }
        },
    )
}

fn of_newcomers() -> impl Strategy<Value = Message> {
    let token = option::of(uniform16(any::<u8>()));
    let join =
        (any::<u32>(), token, any::<[bool; 2]>()).prop_map(|(match_id, token, [watch, anew])| {
            Message::Join(Join {
                match_id,
                token,
                watch,
                anew,
            })
        });
    let came = (any::<u32>(), any::<u16>())
        .prop_map(|(transfer, index)| Message::ChunkCame { transfer, index });
    let listen =
        any::<[u32; 2]>().prop_map(|[match_id, from]| Message::Listen(Listen { match_id, from }));
    let keeps_up = any::<u32>().prop_map(|match_id| Message::KeepsUp { match_id });
    prop_oneof![
        join,
        part().prop_map(Message::Snapshot),
        came,
        listen,
        keeps_up
    ]
}

fn of_watchers() -> impl Strategy<Value = Message> {
    let watch =
        any::<[u32; 2]>().prop_map(|[match_id, from]| Message::Watch(Watch { match_id, from }));
    let span = (1..3_u8, any::<u8>(), any::<[u32; 8]>()).prop_map(|(frames, peers, words)| Span {
        frames,
        peers,
        words: words[..peers.count_ones() as usize].to_vec(),
    });
    let spans = vec(span, 0..=MAX_FEED_FRAMES / 2);
    let first = 0..=u32::MAX - MAX_FEED_FRAMES as u32;
    let checksum = option::of(any::<(u32, u64)>());
    let feed =
        (any::<u32>(), first, checksum, spans).prop_map(|(match_id, first, checksum, spans)| {
            Message::Feed(Feed {
                match_id,
                first,
                checksum,
                spans,
            })
        });
    let tenure =
        (any::<u32>(), option::of(peer())).prop_map(|(from, driver)| Tenure { from, driver });
    let seated = (any::<u32>(), vec(tenure, 1..=MAX_SEATS))
        .prop_map(|(match_id, seats)| Message::Seated(Seated { match_id, seats }));
    prop_oneof![watch, feed, seated]
}

pub fn message() -> impl Strategy<Value = Message> {
    prop_oneof![
        of_the_lobby(),
        numbered().prop_map(Message::Statement),
        of_newcomers(),
        of_watchers()
    ]
}
