//! What a hostile peer of a match may say: messages and datagrams of every kind, nearly right.

use super::game::Sums;
use netplay::rollback::Core;
use protocol::{
    PROTOCOL_VERSION, PeerId, agreement::*, datagram::*, feed::*, limits::*, peer::*, statement::*,
};
use std::iter::repeat_with;

/// A seeded liar. It knows the match that it is in, and half of what it says is of it.
pub struct Liar {
    state: u64,
    /// Everybody in the room, itself included.
    pub ids: Vec<PeerId>,
    pub match_id: u32,
    pub view: View,
    pub frame: u32,
    pub log: u32,
    pub seats: usize,
    /// The number of the next statement.
    number: u32,
}

impl Liar {
    pub fn new(seed: u64, ids: Vec<PeerId>, core: &Core<Sums>) -> Self {
        let view = core.view();
        let mut liar = Self {
            state: seed,
            ids,
            // The first view's id is the match's.
            match_id: view.id,
            view,
            frame: 0,
            log: 0,
            seats: 0,
            number: 0,
        };
        liar.see(core);
        liar
    }

    /// Takes note of how the match stands.
    pub fn see(&mut self, core: &Core<Sums>) {
        self.view = core.view();
        self.frame = core.frame();
        self.log = core.log();
        self.seats = core.ends().len();
    }

    /// The next number of splitmix64.
    fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.state ^ (self.state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound as u64) as usize
    }

    fn flip(&mut self) -> bool {
        self.below(2) == 0
    }

    /// Close to `right`, or something else altogether.
    fn near(&mut self, right: u32) -> u32 {
        match self.below(8) {
            0 => self.next() as u32,
            1 => u32::MAX - self.below(3) as u32,
            2 => self.below(3) as u32,
            3 => right.wrapping_sub(self.below(200) as u32),
            4 => right.wrapping_add(self.below(200) as u32),
            _ => right.wrapping_add(self.below(5) as u32).wrapping_sub(2),
        }
    }

    /// The number of a statement: mostly one that counts.
    fn number(&mut self) -> u32 {
        self.number += 1 + self.below(2) as u32;
        match self.below(8) {
            0 => self.below(100) as u32,
            _ => self.number,
        }
    }

    fn match_id(&mut self) -> u32 {
        let right = self.match_id;
        if self.below(8) == 0 {
            self.near(right)
        } else {
            right
        }
    }

    fn id(&mut self) -> PeerId {
        if self.below(8) == 0 {
            let (high, low) = (self.next(), self.next());
            return PeerId(uuid::Uuid::from_u64_pair(high, low));
        }
        let index = self.below(self.ids.len());
        self.ids[index]
    }

    fn ids(&mut self, most: usize) -> Vec<PeerId> {
        let count = self.below(most + 1);
        repeat_with(|| self.id()).take(count).collect()
    }

    fn view(&mut self) -> View {
        let right = self.view;
        match self.below(4) {
            0 => right,
            _ => View {
                number: self.near(right.number),
                id: self.near(right.id),
                owner: self.id(),
            },
        }
    }

    fn seat(&mut self) -> u8 {
        let strange = self.below(8) == 0;
        self.below(if strange { MAX_SEATS } else { self.seats }) as u8
    }

    fn ends(&mut self) -> Vec<u32> {
        let right = self.frame;
        let count = if self.below(8) == 0 {
            self.below(MAX_SEATS + 1)
        } else {
            self.seats
        };
        repeat_with(|| self.near(right)).take(count).collect()
    }

    fn words(&mut self, most: usize) -> Vec<u32> {
        let count = self.below(most + 1);
        repeat_with(|| {
            if self.below(8) == 0 {
                self.next() as u32
            } else {
                self.next() as u8 as u32
            }
        })
        .take(count)
        .collect()
    }

    fn inputs(&mut self) -> Inputs {
        let right = self.frame;
        Inputs {
            seat: self.seat(),
            first: self.near(right).min(u32::MAX - MAX_UNACKED_INPUTS),
            words: self.words(MAX_UNACKED_INPUTS as usize),
        }
    }

    fn entries(&mut self) -> Vec<LogEntry> {
        let count = self.below(4);
        let mut entries = Vec::new();
        for _ in 0..count {
            let (seat, right) = (self.seat(), self.frame);
            let change = SeatChange {
                seat,
                from: self.near(right),
                driver: self.flip().then(|| self.id()),
            };
            let inputs = Inputs {
                seat,
                ..self.inputs()
            };
            entries.push(LogEntry { change, inputs });
        }
        entries
    }

    fn kept(&mut self) -> Vec<Kept> {
        let count = self.below(MAX_SEATS + 1);
        repeat_with(|| Kept {
            seat: self.seat(),
            peer: self.id(),
            claim: [self.next() as u8; 16],
            name: "\u{202e}Eve".into(),
            until: self.near(u32::MAX),
        })
        .take(count)
        .collect()
    }

    fn hello(&mut self) -> Message {
        Message::Hello(Hello {
            protocol: PROTOCOL_VERSION,
            fingerprint: 1,
            name: "Eve".into(),
            heard_you: self.flip(),
            here_before_you: self.flip(),
            claim: [self.next() as u8; 16],
        })
    }

    fn line(&mut self) -> Message {
        let (right, mates) = (self.frame, self.ids(MAX_PEERS));
        let mates = mates.into_iter().map(|id| Mate {
            id,
            before_me: self.flip(),
        });
        let mates = mates.collect();
        Message::Lobby(LobbyLine {
            name: "Eve".into(),
            ready: self.flip(),
            round: self.near(0),
            mates,
            playing: self.flip().then(|| Playing {
                match_id: self.match_id(),
                view: self.view(),
                confirmed: self.near(right),
                drives: self.flip(),
            }),
            watches: self.flip(),
            away: self.flip(),
            settings: vec![self.next() as u8; self.below(9)],
            team: self.flip().then(|| self.next() as u8),
            color: self.next() as u8,
        })
    }

    fn start(&mut self) -> Message {
        let seats = 1 + self.below(MAX_SEATS);
        let number = self.number();
        let statement = Statement::Start(Start {
            match_id: self.match_id(),
            round: self.near(0).min(u32::MAX - 1),
            seed: self.next(),
            settings: vec![seats as u8, self.next() as u8],
            roster: repeat_with(|| self.flip().then(|| self.id()))
                .take(seats)
                .collect(),
        });
        Message::Statement(Numbered { number, statement })
    }

    /// A statement of the agreement.
    fn statement(&mut self, kind: usize) -> Message {
        let number = self.number();
        let statement = match kind {
            4 => Statement::Collect(Collect {
                match_id: self.match_id(),
                view: self.view(),
                question: self.near(0),
                lost: self.ids(4),
                log: self.near(self.log),
                ends: self.ends(),
            }),
            5 => Statement::Report(Report {
                view: self.near(self.view.number),
                question: self.near(1),
                installed: self.near(self.view.number),
                log: self.near(self.log),
                changes: self.entries(),
                frozen: self.ids(4),
                ends: self.ends(),
                inputs: repeat_with(|| self.inputs()).take(2).collect(),
            }),
            6 => Statement::Deny(Deny {
                view: self.near(self.view.number),
                question: self.near(1),
                promised: self.near(self.view.number),
                frozen: self.flip(),
            }),
            _ => Statement::Append(Append {
                match_id: self.match_id(),
                view: self.view(),
                first: self.near(self.log),
                entries: self.entries(),
                kept: self.kept(),
            }),
        };
        Message::Statement(Numbered { number, statement })
    }

    fn chunk(&mut self) -> Message {
        let count = 1 + self.below(4) as u16;
        let index = self.below(count.into()) as u16;
        let length = if index + 1 < count {
            CHUNK_BYTES
        } else {
            1 + self.below(400)
        };
        Message::Snapshot(Chunk {
            transfer: self.near(0),
            index,
            count,
            hash: self.next(),
            bytes: vec![self.next() as u8; length],
        })
    }

    fn feed(&mut self) -> Message {
        let right = self.frame;
        let spans = self.below(8);
        let span = |liar: &mut Self| {
            let peers = liar.next() as u8;
            let words = vec![liar.next() as u8 as u32; peers.count_ones() as usize];
            Span {
                frames: 1 + liar.below(6) as u8,
                peers,
                words,
            }
        };
        Message::Feed(Feed {
            match_id: self.match_id(),
            first: self.near(right).min(u32::MAX - MAX_FEED_FRAMES as u32),
            checksum: self.flip().then(|| (self.near(right), self.next())),
            spans: repeat_with(|| span(self)).take(spans).collect(),
        })
    }

    /// The number of kinds that [`Liar::message`] knows.
    pub const KINDS: usize = 17;

    /// A message of a kind, as its type allows it.
    pub fn message(&mut self, kind: usize) -> Message {
        let right = self.frame;
        match kind {
            0 => self.hello(),
            1 => self.line(),
            2 => self.start(),
            3 => Message::Chat("\u{202e}Ada: I give up".into()),
            4..=7 => self.statement(kind),
            8 => Message::Join(Join {
                match_id: self.match_id(),
                token: self.flip().then(|| [self.next() as u8; 16]),
                watch: self.flip(),
                anew: self.flip(),
            }),
            9 => self.chunk(),
            10 => Message::ChunkCame {
                transfer: self.near(0),
                index: self.next() as u16,
            },
            11 => Message::Listen(Listen {
                match_id: self.match_id(),
                from: self.near(right),
            }),
            12 => Message::KeepsUp {
                match_id: self.match_id(),
            },
            13 => Message::Watch(Watch {
                match_id: self.match_id(),
                from: self.near(right),
            }),
            14 => self.feed(),
            15 => {
                let tenure = |liar: &mut Self| Tenure {
                    from: liar.near(right),
                    driver: liar.flip().then(|| liar.id()),
                };
                let count = 1 + self.below(MAX_SEATS);
                Message::Seated(Seated {
                    match_id: self.match_id(),
                    seats: repeat_with(|| tenure(self)).take(count).collect(),
                })
            }
            _ => Message::Refuse(Refusal {
                reason: RefusalReason::Rules,
                detail: "\u{200b}".repeat(9),
            }),
        }
    }

    /// A datagram of the match, or nearly.
    pub fn datagram(&mut self) -> Vec<u8> {
        let (right, view) = (self.frame, self.view.id);
        let log = self.log;
        let mut datagram = Datagram {
            view: if self.below(8) == 0 {
                self.near(view)
            } else {
                view
            },
            frame: self.near(right),
            phase: self.next() as u8,
            lag: self.next() as i16,
            stamp: self.next() as u32,
            number: self.next() as u8,
            echo: self.flip().then(|| Echo {
                stamp: self.next() as u32,
                held: self.near(0),
            }),
            checksum: self
                .flip()
                .then(|| (self.near(right) / 60 * 60, self.next())),
            reign: self.flip().then(|| Reign {
                log: self.near(log),
                horizon: self.near(right),
            }),
            frontiers: self.ends(),
            streams: Vec::new(),
        };
        datagram.frontiers.resize(self.seats, right);
        if self.flip() {
            let inputs = self.inputs();
            datagram.streams.push(StreamPart {
                seat: inputs.seat,
                first: inputs.first,
                words: if inputs.words.is_empty() {
                    vec![0]
                } else {
                    inputs.words
                },
            });
        }
        datagram.encode()
    }

    /// A copy of a statement, as it goes beside the reliable channel.
    pub fn copy(&mut self) -> Vec<u8> {
        let kind = 4 + self.below(4);
        match self.statement(kind) {
            Message::Statement(numbered) => numbered.to_datagram().unwrap_or_default(),
            _ => Vec::new(),
        }
    }

    /// Changes some of the bytes.
    pub fn spoil(&mut self, bytes: &mut Vec<u8>) {
        for _ in 0..=self.below(3) {
            let at = self.below(bytes.len().max(1));
            match self.below(4) {
                0 => bytes.truncate(at),
                1 => bytes.insert(at, self.next() as u8),
                _ if bytes.is_empty() => {}
                2 => bytes[at] = 0xff,
                _ => bytes[at] ^= 1 << self.below(8),
            }
        }
    }
}
