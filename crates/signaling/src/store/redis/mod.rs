//! Rooms that many nodes share, in Redis.
//!
//! Redis decides: every operation is one script (`scripts/*.lua`), which it carries out as a whole.
//! Each node hears on one channel of its own, where scripts tell it of rooms and nodes pass it
//! signals ([`link`]). From what it hears it works out what its own sockets must know ([`mirror`]).
//! The keys, the messages and what happens when something dies are in `docs/NODES.md`.
//!
//! **Away.** Without Redis nobody new comes in, and no room is made, found or closed. Peers of
//! one node go on exchanging signals, may return to their places, and are told at once who leaves.
//! When Redis is back, each node tells it of all its rooms, also when it has lost its data.
//!
//! Deliberately absent: Redis Cluster (an operation changes several keys, which follow from what it
//! finds), and any trust in the nodes' clocks.

mod difference;
mod link;
mod mirror;
mod report;
mod script;
mod shared;
mod view;

use super::*;
use crate::limits::*;
use ::redis::{Client, IntoConnectionInfo, ProtocolVersion, RedisError, RedisResult};
use link::{keep, publish};
use script::{Bounds, Script};
use shared::Shared;
use tokio::{sync::mpsc, time::timeout};
use tokio_util::sync::{CancellationToken, DropGuard};
use view::{Facts, View};

/// The store; dropping it ends its connection without a word, as the death of the node would.
pub(crate) struct Redis {
    shared: Arc<Shared>,
    ending: CancellationToken,
    _end_when_dropped: DropGuard,
}

/// What the operators of all nodes had better agree on.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Terms {
    /// Rooms of all nodes.
    pub(crate) max_rooms: usize,
    /// How long a created room stays empty.
    pub(crate) room_grace: Duration,
    /// How long the places of a node's peers are kept when it falls silent.
    pub(crate) node_grace: Duration,
}

/// Is told whether Redis is here, whenever that changes.
pub(crate) type TellOperator = Box<dyn Fn(bool) + Send + Sync>;

impl Redis {
    /// Connects to the server at `url` in the background, again and again. `node` is told what its
    /// sockets must know, and `tell_operator` whether Redis is here, at first that it is not.
    ///
    /// # Errors
    /// If `url` names no server.
    pub(crate) fn new(
        url: &str,
        terms: Terms,
        node: Arc<dyn Node>,
        tell_operator: TellOperator,
    ) -> RedisResult<Self> {
        let info = url.into_connection_info()?;
        // Messages come on the connection that carries commands.
        let settings = info
            .redis_settings()
            .clone()
            .set_protocol(ProtocolVersion::RESP3);
        let client = Client::open(info.set_redis_settings(settings))?;
        let bounds = Bounds {
            node_grace: terms.node_grace,
            room_life: STORE_ROOM_LIFE.max(terms.room_grace * 2),
            max_rooms: terms.max_rooms,
            room_grace: terms.room_grace,
        };
        let (outgoing, signals) = mpsc::channel(STORE_QUEUE_SIGNALS);
        let shared = Arc::new(Shared::new(bounds, node, tell_operator, outgoing));
        let ending = CancellationToken::new();
        tokio::spawn(keep(Arc::clone(&shared), client, ending.clone()));
        tokio::spawn(publish(Arc::clone(&shared), signals, ending.clone()));
        Ok(Self {
            shared,
            _end_when_dropped: ending.clone().drop_guard(),
            ending,
        })
    }

    /// Runs a script whose answer begins with a word.
    async fn ask(&self, script: Script, arguments: &[String]) -> Result<Vec<String>, Refused> {
        let link = self.shared.link()?;
        let answer: Vec<String> = link.call(script, arguments).await.map_err(away)?;
        match answer.first().map(String::as_str) {
            Some("no-such-room") => Err(Refused::NoSuchRoom),
            Some("room-full") => Err(Refused::RoomFull(
                answer
                    .get(1)
                    .and_then(|n| n.parse().ok())
                    .unwrap_or_default(),
            )),
            Some("room-sealed") => Err(Refused::RoomSealed),
            Some("ticket-required") => Err(Refused::TicketRequired),
            Some("bad-ticket") => Err(Refused::BadTicket),
            Some("not-owner") => Err(Refused::NotOwner),
            Some("server-full") => Err(Refused::ServerFull(self.shared.bounds().max_rooms)),
            Some("taken") => Err(Refused::Taken),
            _ => Ok(answer),
        }
    }

    async fn ask_for_room(
        &self,
        script: Script,
        arguments: &[String],
    ) -> Result<RoomState, Refused> {
        let answer = self.ask(script, arguments).await?;
        answer
            .get(1)
            .and_then(|room| read_state(room))
            .ok_or(Refused::Away)
    }

    async fn let_in(&self, entry: &Entry) -> Result<Entered, Refused> {
        let arrival = self.shared.begin_entry();
        let arguments = entry_arguments(entry, arrival.coming.number);
        let answer = self.ask(Script::Enter, &arguments).await?;
        let mut words = answer.into_iter().skip(2);
        let order = words.next().and_then(|order| order.parse().ok());
        let room = words.next().and_then(|room| room.parse().ok());
        let former: Option<View> = words.next().and_then(|room| room.parse().ok());
        let (Some(order), Some(room)) = (order, room) else {
            return Err(Refused::Away);
        };
        Ok(arrival.enter(entry.who, order, room, former))
    }
}

fn away(_: RedisError) -> Refused {
    // The link has kept the cause.
    Refused::Away
}

fn read_state(room: &str) -> Option<RoomState> {
    room.parse::<View>().ok()?.into_state()
}

/// After all births of rooms, in milliseconds: as far as the scripts can order them.
const MAX_BORN: u64 = (1 << 43) - 1;

/// The key of a created room.
fn created_key(charter: &Charter) -> String {
    format!("c:{}#{}", charter.code, charter.born)
}

fn entry_arguments(entry: &Entry, number: u64) -> Vec<String> {
    let Address { peer, visit } = entry.who;
    let mut arguments = vec![
        peer.to_string(),
        format!("{visit:016x}"),
        number.to_string(),
        MAX_BARE_ROOM_PEERS.to_string(),
        MAX_KNOWN_PEERS.to_string(),
    ];
    arguments.extend(match &entry.door {
        Door::Bare { name, group: None } => {
            let code = protocol::api::parse_room_code(name).unwrap_or_default();
            ["bare".to_owned(), name.clone(), code, String::new()]
        }
        Door::Bare {
            name,
            group: Some(size),
        } => [
            "group".to_owned(),
            name.clone(),
            size.to_string(),
            String::new(),
        ],
        Door::Ticket { charter, formerly } => [
            "ticket".to_owned(),
            charter.code.clone(),
            Facts::new(charter).to_string(),
            formerly.map(|peer| peer.to_string()).unwrap_or_default(),
        ],
    });
    arguments
}

impl fmt::Debug for Redis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Redis")
            .field("node", &self.shared.name())
            .finish_non_exhaustive()
    }
}

impl Store for Redis {
    fn create<'a>(&'a self, charter: &'a Charter) -> Answer<'a, RoomState> {
        let arguments = [charter.code.clone(), Facts::new(charter).to_string()];
        Box::pin(async move { self.ask_for_room(Script::Create, &arguments).await })
    }

    fn find<'a>(&'a self, code: &'a str) -> Answer<'a, RoomState> {
        Box::pin(async move { self.ask_for_room(Script::Find, &[code.to_owned()]).await })
    }

    fn list<'a>(&'a self, question: &'a Listing) -> Answer<'a, Page> {
        let Listing {
            version,
            after,
            limit,
        } = question;
        let version = version.as_ref().map_or("*", VersionTag::as_str).to_owned();
        // Rooms have births before the end of time.
        let (born, code) = after.as_ref().map_or((MAX_BORN, String::new()), |after| {
            (after.born.0.min(MAX_BORN), after.code.clone())
        });
        let arguments = [version, born.to_string(), code, limit.to_string()];
        Box::pin(async move {
            let answer = self.ask(Script::List, &arguments).await?;
            let rooms = answer.iter().skip(1).filter_map(|room| read_state(room));
            let mut rooms: Vec<RoomState> = rooms.collect();
            let more = rooms.len() > *limit;
            rooms.truncate(*limit);
            let last = rooms.last().filter(|_| more);
            let next = last.map(|last| Cursor::of(&last.charter));
            Ok(Page { rooms, next })
        })
    }

    fn quick<'a>(&'a self, peer: PeerId, charter: &'a Charter) -> Answer<'a, RoomState> {
        let arguments = [
            peer.to_string(),
            charter.code.clone(),
            Facts::new(charter).to_string(),
            QUICK_HOLD.as_millis().to_string(),
        ];
        Box::pin(async move { self.ask_for_room(Script::Quick, &arguments).await })
    }

    fn seal<'a>(&'a self, code: &'a str, owner: PeerId, sealed: bool) -> Answer<'a, RoomState> {
        let sealed = u8::from(sealed).to_string();
        let arguments = [code.to_owned(), owner.to_string(), sealed];
        Box::pin(async move { self.ask_for_room(Script::Seal, &arguments).await })
    }

    fn close<'a>(&'a self, code: &'a str, owner: PeerId) -> Answer<'a, ()> {
        let arguments = [code.to_owned(), owner.to_string()];
        Box::pin(async move { self.ask(Script::Close, &arguments).await.map(drop) })
    }

    fn enter<'a>(&'a self, entry: &'a Entry) -> Answer<'a, Entered> {
        Box::pin(async move {
            match self.let_in(entry).await {
                Err(Refused::Away) => self.shared.resume(entry),
                answer => answer,
            }
        })
    }

    fn leave(&self, who: Address) {
        self.shared.leave(who);
    }

    fn take<'a>(&'a self, bucket: &'a str, rate: Rate) -> Answer<'a, Option<Duration>> {
        let arguments = [
            self.shared.slot(bucket).to_string(),
            rate.count.to_string(),
            rate.each().as_micros().to_string(),
        ];
        Box::pin(async move {
            let wait = self.shared.link()?.call(Script::Take, &arguments).await;
            let wait: u64 = wait.map_err(away)?;
            Ok((wait > 0).then(|| Duration::from_micros(wait)))
        })
    }

    fn goodbye<'a>(&'a self, grace: Duration) -> BoxFuture<'a, ()> {
        Box::pin(async move {
            // Those that have left are told of first. What cannot be told is found out by silence.
            let _ = timeout(STORE_DEADLINE, self.shared.until_settled()).await;
            let link = self.shared.link();
            self.ending.cancel();
            if let Ok(link) = link {
                let grace = grace.min(self.shared.bounds().node_grace);
                let _: RedisResult<u8> = link
                    .call(Script::Goodbye, grace.as_millis().to_string())
                    .await;
            }
        })
    }

    fn room_count(&self) -> usize {
        self.shared.room_count()
    }

    fn signal(&self, room: &RoomKey, receiver: PeerId, text: Utf8Bytes) -> bool {
        self.shared.signal(room, receiver, &text)
    }
}

#[cfg(test)]
mod tests;
