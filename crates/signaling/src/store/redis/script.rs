//! The scripts: each is one operation, which Redis carries out as a whole.

use super::view::NodeId;
use redis::{Cmd, RedisResult, ToRedisArgs, aio::MultiplexedConnection};
use std::time::Duration;

macro_rules! scripts {
    ($($name:ident $file:literal,)*) => {
        /// An operation.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(super) enum Script {
            $(#[doc = concat!("See `scripts/", $file, ".lua`.")] $name,)*
        }

        const SOURCES: &[&str] = &[$(
            concat!(
                "local PREFIX = '", protocol::name!(), ":'\n",
                include_str!("scripts/rooms.lua"),
                include_str!(concat!("scripts/", $file, ".lua")),
            ),
        )*];
    };
}

scripts! {
    Beat "beat",
    Close "close",
    Create "create",
    Enter "enter",
    Find "find",
    Goodbye "goodbye",
    Hello "hello",
    List "list",
    Quick "quick",
    Seal "seal",
    Sweep "sweep",
    Sync "sync",
    Take "take",
}

/// How long things live in Redis, and how many.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bounds {
    /// How long the places of a node's peers are kept when it falls silent.
    pub(super) node_grace: Duration,
    /// How long a room lives that no node tells of, and everything else that belongs to it.
    pub(super) room_life: Duration,
    /// Rooms of all nodes.
    pub(super) max_rooms: usize,
    /// How long a created room stays empty.
    pub(super) room_grace: Duration,
}

/// The scripts as one node calls them, once a server has them.
#[derive(Debug)]
pub(super) struct Scripts {
    hashes: Vec<String>,
    /// What every script is told first.
    common: [String; 5],
}

impl Scripts {
    /// Gives the scripts to a server.
    pub(super) async fn load(
        connection: &mut MultiplexedConnection,
        node: NodeId,
        bounds: Bounds,
    ) -> RedisResult<Self> {
        let mut pipeline = redis::pipe();
        for source in SOURCES {
            pipeline.cmd("SCRIPT").arg("LOAD").arg(source);
        }
        let Bounds {
            node_grace,
            room_life,
            max_rooms,
            room_grace,
        } = bounds;
        Ok(Self {
            hashes: pipeline.query_async(connection).await?,
            common: [
                node.to_string(),
                node_grace.as_millis().to_string(),
                room_life.as_secs().to_string(),
                max_rooms.to_string(),
                room_grace.as_millis().to_string(),
            ],
        })
    }

    /// The command that runs a script. No key is declared: which ones it uses follows from what it
    /// finds, so that a Redis Cluster cannot run it.
    pub(super) fn call(&self, script: Script, arguments: impl ToRedisArgs) -> Cmd {
        let mut command = redis::cmd("EVALSHA");
        let hash = self.hashes.get(script as usize);
        command.arg(hash).arg(0).arg(&self.common).arg(arguments);
        command
    }
}
