//! What happens in one run, as a plain value that prints as one line and reads back from it.

use std::{fmt, str::FromStr, time::Duration};

/// All of a run: the same schedule gives the same history.
#[derive(Clone, Debug, PartialEq)]
pub struct Schedule {
    /// Of the network's chance, the peers' ids, inputs and matches.
    pub seed: u64,
    pub rules: Rules,
    /// Peers at the start, numbered from 0. Later ones have numbers of their own.
    pub peers: u8,
    pub weather: Weather,
    /// Simulated milliseconds.
    pub length: u32,
    /// In the order of time.
    pub events: Vec<Event>,
}

/// Which game is played.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rules {
    /// A tiny one without end.
    Sums,
    /// The tiny one in rounds of 15 seconds, so that matches end and begin.
    Rounds,
    /// The real one.
    Sim,
}

/// What the network does to packets on all links.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Weather {
    /// The least round trip in milliseconds.
    pub rtt: u32,
    /// Milliseconds that one way may take longer, evenly distributed.
    pub jitter: u32,
    /// Packets in a hundred that are lost.
    pub loss: u32,
    /// Datagrams in a hundred that are held back.
    pub reorder: u32,
    /// Datagrams in a hundred that come twice.
    pub duplicate: u32,
}

/// Something that happens at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Event {
    /// Simulated milliseconds since the start.
    pub at: u32,
    pub act: Act,
}

/// What can happen. An act of a peer that is not there (any more) does nothing, so that any part
/// of a schedule is a schedule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    /// A new player comes, to play or to watch.
    Join { peer: u8, watch: bool },
    /// The player of a peer that is gone comes back with its token, as peer `peer`.
    Return { peer: u8, was: u8 },
    /// A player leaves by the game's menu.
    Leave { peer: u8 },
    /// A peer is gone in an instant. Signaling sees it at once, or only half a minute later.
    Crash { peer: u8, seen: bool },
    /// A peer's process sleeps.
    Freeze { peer: u8, ms: u32 },
    /// A peer's machine gets a turn only every `every` milliseconds.
    Slow { peer: u8, every: u32, ms: u32 },
    /// Nothing passes between these peers and the others.
    Split { side: Peers, ms: u32 },
    /// Nothing passes one way between two peers.
    Deafen { from: u8, to: u8, ms: u32 },
    /// These peers have no signaling.
    Unsignal { peers: Peers, ms: u32 },
    /// A player says a line.
    Chat { peer: u8 },
}

/// A set of peers by their numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Peers(pub u32);

impl Peers {
    pub fn has(self, peer: u8) -> bool {
        self.0 >> peer & 1 == 1
    }
}

/// A number past which no peer is counted.
pub const MAX_NUMBER: u8 = 32;

impl Act {
    /// For how long it lasts, in milliseconds.
    pub fn lasts(&self) -> Option<u32> {
        match *self {
            Self::Freeze { ms, .. }
            | Self::Slow { ms, .. }
            | Self::Split { ms, .. }
            | Self::Deafen { ms, .. }
            | Self::Unsignal { ms, .. } => Some(ms),
            _ => None,
        }
    }

    /// The same for another time.
    pub fn lasting(mut self, time: u32) -> Self {
        match &mut self {
            Self::Freeze { ms, .. }
            | Self::Slow { ms, .. }
            | Self::Split { ms, .. }
            | Self::Deafen { ms, .. }
            | Self::Unsignal { ms, .. } => *ms = time,
            _ => {}
        }
        self
    }

    /// The name of its kind.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Join { watch: false, .. } => "join",
            Self::Join { watch: true, .. } => "watch",
            Self::Return { .. } => "return",
            Self::Leave { .. } => "leave",
            Self::Crash { seen: false, .. } => "crash",
            Self::Crash { seen: true, .. } => "vanish",
            Self::Freeze { .. } => "freeze",
            Self::Slow { .. } => "slow",
            Self::Split { .. } => "split",
            Self::Deafen { .. } => "deafen",
            Self::Unsignal { .. } => "unsignal",
            Self::Chat { .. } => "chat",
        }
    }
}

/// Simulated milliseconds as time.
pub fn ms(ms: u32) -> Duration {
    Duration::from_millis(ms.into())
}

impl fmt::Display for Schedule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rules = match self.rules {
            Rules::Sums => "sums",
            Rules::Rounds => "rounds",
            Rules::Sim => "sim",
        };
        let Weather {
            rtt,
            jitter,
            loss,
            reorder,
            duplicate,
        } = self.weather;
        write!(f, "{rules} seed {} peers {} ", self.seed, self.peers)?;
        write!(
            f,
            "rtt {rtt} jitter {jitter} loss {loss} reorder {reorder} "
        )?;
        write!(f, "duplicate {duplicate} length {}", self.length)?;
        self.events
            .iter()
            .try_for_each(|event| write!(f, "; {} {}", event.at, event.act))
    }
}

impl fmt::Display for Act {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ", self.kind())?;
        match *self {
            Self::Join { peer, .. }
            | Self::Leave { peer }
            | Self::Crash { peer, .. }
            | Self::Chat { peer } => write!(f, "{peer}"),
            Self::Return { peer, was } => write!(f, "{peer} {was}"),
            Self::Freeze { peer, ms } => write!(f, "{peer} {ms}"),
            Self::Slow { peer, every, ms } => write!(f, "{peer} {every} {ms}"),
            Self::Split {
                side: Peers(set),
                ms,
            }
            | Self::Unsignal {
                peers: Peers(set),
                ms,
            } => {
                write!(f, "{set:#b} {ms}")
            }
            Self::Deafen { from, to, ms } => write!(f, "{from} {to} {ms}"),
        }
    }
}

impl FromStr for Schedule {
    type Err = String;

    fn from_str(line: &str) -> Result<Self, String> {
        let mut parts = line.split(';').map(Words::new);
        let mut head = parts.next().ok_or("nothing")?;
        let rules = match head.word()? {
            "sums" => Rules::Sums,
            "rounds" => Rules::Rounds,
            "sim" => Rules::Sim,
            other => return Err(format!("no rules called {other}")),
        };
        Ok(Self {
            rules,
            seed: head.named("seed")?,
            peers: head.named("peers")? as u8,
            weather: Weather {
                rtt: head.named("rtt")? as u32,
                jitter: head.named("jitter")? as u32,
                loss: head.named("loss")? as u32,
                reorder: head.named("reorder")? as u32,
                duplicate: head.named("duplicate")? as u32,
            },
            length: head.named("length")? as u32,
            events: parts
                .map(|mut words| words.event())
                .collect::<Result<_, _>>()?,
        })
    }
}

/// The words of a part of a line.
struct Words<'a>(std::str::SplitWhitespace<'a>);

impl<'a> Words<'a> {
    fn new(part: &'a str) -> Self {
        Self(part.split_whitespace())
    }

    fn word(&mut self) -> Result<&'a str, String> {
        self.0
            .next()
            .ok_or_else(|| "the line ends early".to_owned())
    }

    fn number(&mut self) -> Result<u64, String> {
        let word = self.word()?;
        let number = match word.strip_prefix("0b") {
            Some(binary) => u64::from_str_radix(binary, 2),
            None => word.parse(),
        };
        number.map_err(|_| format!("{word} is no number"))
    }

    fn named(&mut self, name: &str) -> Result<u64, String> {
        match self.word()? {
            word if word == name => self.number(),
            other => Err(format!("{other} where {name} belongs")),
        }
    }

    fn peer(&mut self) -> Result<u8, String> {
        let number = self.number()?;
        let peer = u8::try_from(number).ok().filter(|peer| *peer < MAX_NUMBER);
        peer.ok_or_else(|| format!("no peer has the number {number}"))
    }

    fn ms(&mut self) -> Result<u32, String> {
        self.number().map(|ms| ms as u32)
    }

    fn event(&mut self) -> Result<Event, String> {
        let at = self.ms()?;
        let act = match self.word()? {
            "join" => Act::Join {
                peer: self.peer()?,
                watch: false,
            },
            "watch" => Act::Join {
                peer: self.peer()?,
                watch: true,
            },
            "return" => Act::Return {
                peer: self.peer()?,
                was: self.peer()?,
            },
            "leave" => Act::Leave { peer: self.peer()? },
            "crash" => Act::Crash {
                peer: self.peer()?,
                seen: false,
            },
            "vanish" => Act::Crash {
                peer: self.peer()?,
                seen: true,
            },
            "freeze" => Act::Freeze {
                peer: self.peer()?,
                ms: self.ms()?,
            },
            "slow" => Act::Slow {
                peer: self.peer()?,
                every: self.ms()?,
                ms: self.ms()?,
            },
            "split" => Act::Split {
                side: Peers(self.ms()?),
                ms: self.ms()?,
            },
            "deafen" => Act::Deafen {
                from: self.peer()?,
                to: self.peer()?,
                ms: self.ms()?,
            },
            "unsignal" => Act::Unsignal {
                peers: Peers(self.ms()?),
                ms: self.ms()?,
            },
            "chat" => Act::Chat { peer: self.peer()? },
            other => return Err(format!("nothing is called {other}")),
        };
        Ok(Event { at, act })
    }
}
