//! A room as Redis tells of it: text in lines, written by the scripts and read here.

use crate::store::{Charter, RoomKey, RoomState, Visit};
use matchbox_protocol::PeerId;
use protocol::api::Visibility;
use std::{fmt, str::FromStr};

/// One server process, drawn at random when it starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct NodeId(pub(super) u64);

impl fmt::Display for NodeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

/// A peer's place in a room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Member {
    pub(super) peer: PeerId,
    /// When it came, in microseconds of Redis; the room's order of coming. Together with the peer
    /// it names one stay: whoever comes again has another rank.
    pub(super) rank: u64,
    /// Where its socket is, and which one it is.
    pub(super) node: NodeId,
    pub(super) visit: Visit,
    /// [`crate::store::Entered::order`].
    pub(super) order: u64,
    /// The number of its entrance on its node.
    pub(super) entry: u64,
}

impl Member {
    /// Whether both are the same stay, by whichever connection.
    pub(super) fn is_same_stay(&self, other: &Self) -> bool {
        (self.peer, self.rank) == (other.peer, other.rank)
    }

    /// As a script reads it after the peer's id.
    pub(super) fn to_text(self) -> String {
        let Self {
            rank,
            node,
            visit,
            order,
            entry,
            ..
        } = self;
        format!("{rank} {node} {visit:016x} {order} {entry}")
    }
}

/// What is known of a room beside who is in it, as the scripts write it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Facts {
    kind: Kind,
    capacity: usize,
    public: bool,
    sealed: bool,
    /// An incomplete group.
    gathering: bool,
    /// In milliseconds since 1970.
    born: u64,
    tag: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Created,
    Bare,
    Group,
}

impl Facts {
    /// Those of a created room at its birth.
    pub(super) fn new(charter: &Charter) -> Self {
        Self {
            kind: Kind::Created,
            capacity: charter.capacity,
            public: charter.visibility == Visibility::Public,
            sealed: false,
            gathering: false,
            born: charter.born,
            tag: charter.version.to_string(),
        }
    }
}

impl fmt::Display for Facts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self.kind {
            Kind::Created => 'c',
            Kind::Bare => 'b',
            Kind::Group => 'g',
        };
        let [public, sealed, gathering] = [self.public, self.sealed, self.gathering].map(u8::from);
        let (capacity, born, tag) = (self.capacity, self.born, &self.tag);
        write!(
            f,
            "{kind} {capacity} {public} {sealed} {gathering} {born} {tag}"
        )
    }
}

/// A room at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct View {
    pub(super) key: RoomKey,
    /// Grows with each change.
    pub(super) revision: u64,
    pub(super) facts: Facts,
    pub(super) known: Vec<PeerId>,
    /// By rank.
    pub(super) members: Vec<Member>,
}

impl View {
    pub(super) fn member(&self, peer: PeerId) -> Option<&Member> {
        self.members.iter().find(|member| member.peer == peer)
    }

    /// Those who came after a peer.
    pub(super) fn later_than(&self, rank: u64) -> Vec<PeerId> {
        let later = self.members.iter().filter(|member| member.rank > rank);
        later.map(|member| member.peer).collect()
    }

    /// The created room that it is; nothing if it is none.
    pub(super) fn into_state(self) -> Option<RoomState> {
        let code = self.key.0.strip_prefix("c:")?.split_once('#')?.0.to_owned();
        Some(RoomState {
            charter: Charter {
                code,
                visibility: match self.facts.public {
                    true => Visibility::Public,
                    false => Visibility::Private,
                },
                capacity: self.facts.capacity,
                version: self.facts.tag.parse().ok()?,
                born: self.facts.born,
            },
            sealed: self.facts.sealed,
            peers: self.members.iter().map(|member| member.peer).collect(),
            known: self.known,
        })
    }
}

/// The text is no [`View`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("Redis tells of a room in words that this version does not know")]
pub(super) struct BadView;

impl FromStr for View {
    type Err = BadView;

    fn from_str(text: &str) -> Result<Self, BadView> {
        let mut lines = text.split('\n');
        let mut words = lines.next().ok_or(BadView)?.split(' ');
        if words.next() != Some("room") {
            return Err(BadView);
        }
        let key = words.next().ok_or(BadView)?.to_owned().into();
        let revision = number(words.next())?;
        let facts = parse_facts(&mut words)?;
        let known = lines.next().ok_or(BadView)?;
        let known = known.split(' ').filter(|id| !id.is_empty()).map(peer_id);
        Ok(Self {
            key,
            revision,
            facts,
            known: known.collect::<Result<_, _>>()?,
            members: lines.map(parse_member).collect::<Result<_, _>>()?,
        })
    }
}

fn parse_facts<'t>(words: &mut impl Iterator<Item = &'t str>) -> Result<Facts, BadView> {
    let kind = match words.next() {
        Some("c") => Kind::Created,
        Some("b") => Kind::Bare,
        Some("g") => Kind::Group,
        _ => return Err(BadView),
    };
    let capacity = number(words.next())?;
    let [public, sealed, gathering] = [
        flag(words.next())?,
        flag(words.next())?,
        flag(words.next())?,
    ];
    Ok(Facts {
        kind,
        capacity,
        public,
        sealed,
        gathering,
        born: number(words.next())?,
        tag: words.next().ok_or(BadView)?.to_owned(),
    })
}

fn parse_member(line: &str) -> Result<Member, BadView> {
    let mut words = line.split(' ');
    Ok(Member {
        peer: peer_id(words.next().ok_or(BadView)?)?,
        rank: number(words.next())?,
        node: NodeId(hexadecimal(words.next())?),
        visit: hexadecimal(words.next())?,
        order: number(words.next())?,
        entry: number(words.next())?,
    })
}

pub(super) fn peer_id(text: &str) -> Result<PeerId, BadView> {
    text.parse().map(PeerId).map_err(|_| BadView)
}

fn number<T: FromStr>(word: Option<&str>) -> Result<T, BadView> {
    word.ok_or(BadView)?.parse().map_err(|_| BadView)
}

fn hexadecimal(word: Option<&str>) -> Result<u64, BadView> {
    u64::from_str_radix(word.ok_or(BadView)?, 16).map_err(|_| BadView)
}

fn flag(word: Option<&str>) -> Result<bool, BadView> {
    match word {
        Some("0") => Ok(false),
        Some("1") => Ok(true),
        _ => Err(BadView),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROOM: &str = "room c:K7M2QX#1700000000000 1700000000000001 c 8 1 0 0 1700000000000 1.2+a\n\
        00000000-0000-0000-0000-000000000001 00000000-0000-0000-0000-000000000002\n\
        00000000-0000-0000-0000-000000000002 7 00000000000000aa 000000000000000b 9 3";

    #[test]
    fn a_room_is_read() {
        let view: View = ROOM.parse().unwrap();
        assert_eq!(view.revision, 1_700_000_000_000_001);
        assert_eq!(view.facts.to_string(), "c 8 1 0 0 1700000000000 1.2+a");
        assert_eq!(view.known.len(), 2);
        let member = view.members[0];
        assert_eq!((member.rank, member.visit, member.entry), (7, 11, 3));
        assert_eq!(member.to_text(), "7 00000000000000aa 000000000000000b 9 3");
        let state = view.into_state().unwrap();
        assert_eq!(state.charter.code, "K7M2QX");
        assert_eq!(state.peers.len(), 1);
    }

    #[test]
    fn an_empty_bare_room_is_read() {
        let view: View = "room b: 5 b 16 0 0 0 9 \n".parse().unwrap();
        assert_eq!((view.known.len(), view.members.len()), (0, 0));
        assert_eq!(view.facts.to_string(), "b 16 0 0 0 9 ");
        assert_eq!(view.into_state(), None);
    }

    #[test]
    fn whatever_is_cut_off_is_refused_or_shorter() {
        let whole: View = ROOM.parse().unwrap();
        for end in 0..ROOM.len() {
            if let Ok(view) = ROOM[..end].parse::<View>() {
                assert_ne!(view, whole, "{end}");
            }
        }
    }
}
