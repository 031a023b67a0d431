//! The connection to Redis: made, watched, lost, and made again.
//!
//! One connection carries commands and messages, so that they come in the order in which Redis sent
//! them. Whatever goes wrong with it ends it; the next one begins with telling Redis of every room
//! of this node, and only then is it used for anything else.

use super::{
    report::{Reply, Report},
    script::{Script, Scripts},
    shared::Shared,
    view::NodeId,
};
use crate::{limits::*, store::RoomKey};
use redis::{
    AsyncConnectionConfig, Client, ErrorKind, FromRedisValue, PushInfo, PushKind, RedisError,
    RedisResult, ToRedisArgs, Value,
    aio::{MultiplexedConnection, SendError},
};
use std::{
    convert::Infallible,
    sync::{Arc, OnceLock, Weak},
    time::Instant,
};
use tokio::{
    sync::{OwnedSemaphorePermit, mpsc},
    time::{MissedTickBehavior, interval, sleep},
};
use tokio_util::sync::CancellationToken;
use tracing::debug;
use uuid::Uuid;

/// A connection that Redis has told its rooms on.
#[derive(Clone, Debug)]
pub(super) struct Link {
    connection: MultiplexedConnection,
    scripts: Arc<Scripts>,
    end: Arc<End>,
}

/// The end of a connection, and what it came of.
#[derive(Debug, Default)]
struct End {
    came: CancellationToken,
    cause: OnceLock<String>,
}

impl End {
    /// The first cause counts; what follows is its consequence.
    fn come(&self, cause: impl ToString) {
        self.cause.get_or_init(|| cause.to_string());
        self.came.cancel();
    }
}

impl Link {
    /// Runs a script. Any error ends the connection: what a failed command has done is not known,
    /// and telling Redis of all rooms anew settles it.
    pub(super) async fn call<T: FromRedisValue>(
        &self,
        script: Script,
        arguments: impl ToRedisArgs,
    ) -> RedisResult<T> {
        let command = self.scripts.call(script, arguments);
        let answer = command.query_async(&mut self.connection.clone()).await;
        self.watch(answer)
    }

    fn watch<T>(&self, answer: RedisResult<T>) -> RedisResult<T> {
        answer.inspect_err(|error| self.end.come(error))
    }

    /// Tells Redis of rooms, and answers what it says.
    async fn report(&self, reports: &[Report]) -> RedisResult<Vec<Reply>> {
        let mut pipeline = redis::pipe();
        for report in reports {
            pipeline.add_command(self.scripts.call(Script::Sync, report.arguments()));
        }
        let mut connection = self.connection.clone();
        let answers: Vec<Vec<String>> = self.watch(pipeline.query_async(&mut connection).await)?;
        self.watch(answers.iter().map(|answer| read_reply(answer)).collect())
    }

    /// Passes signals on to other nodes.
    async fn publish(&self, signals: &[Outgoing]) -> RedisResult<()> {
        let mut pipeline = redis::pipe();
        for Outgoing { node, message, .. } in signals {
            pipeline.publish(channel(*node), message).ignore();
        }
        let mut connection = self.connection.clone();
        self.watch(pipeline.query_async(&mut connection).await)
    }
}

fn read_reply(answer: &[String]) -> RedisResult<Reply> {
    let answer: Vec<&str> = answer.iter().map(String::as_str).collect();
    match answer[..] {
        ["closed", revision] => Ok(Reply::Closed(revision.parse().map_err(strange)?)),
        ["none", _] => Ok(Reply::None),
        ["room", room] => Ok(Reply::Room(room.parse().map_err(strange)?)),
        _ => Err(strange("an unknown answer")),
    }
}

/// An error that the client's library does not know of.
pub(super) fn strange(why: impl ToString) -> RedisError {
    (
        ErrorKind::UnexpectedReturnType,
        "not as expected",
        why.to_string(),
    )
        .into()
}

/// The channel on which a node hears.
fn channel(node: NodeId) -> String {
    format!(concat!(protocol::name!(), ":to:{}"), node)
}

/// A signal to a peer on another node; it counts as queued for as long as it lives.
#[derive(Debug)]
pub(super) struct Outgoing {
    pub(super) node: NodeId,
    pub(super) message: String,
    pub(super) _space: OwnedSemaphorePermit,
}

/// Keeps a connection for as long as the store lives.
pub(super) async fn keep(shared: Arc<Shared>, client: Client, ending: CancellationToken) {
    let mut pause = STORE_FIRST_RETRY;
    loop {
        let began = Instant::now();
        let error = tokio::select! {
            () = ending.cancelled() => break,
            Err(error) = run(&shared, &client) => error,
        };
        shared.set_away(&error.to_string());
        if began.elapsed() > STORE_LAST_RETRY {
            pause = STORE_FIRST_RETRY;
        }
        tokio::select! {
            () = ending.cancelled() => break,
            () = sleep(pause.mul_f64(jitter())) => {}
        }
        pause = (pause * 2).min(STORE_LAST_RETRY);
    }
    shared.set_down();
}

/// Passes signals on for as long as the store lives. What cannot be is lost.
pub(super) async fn publish(
    shared: Arc<Shared>,
    mut signals: mpsc::Receiver<Outgoing>,
    ending: CancellationToken,
) {
    let mut batch = Vec::new();
    loop {
        let count = tokio::select! {
            () = ending.cancelled() => 0,
            count = signals.recv_many(&mut batch, STORE_SIGNAL_BATCH) => count,
        };
        if count == 0 {
            return;
        }
        let published = match shared.link() {
            Ok(link) => link.publish(&batch).await.is_ok(),
            Err(_) => false,
        };
        if !published {
            debug!(count, "dropped signals to other nodes");
        }
        batch.clear();
    }
}

/// From 0.5 to 1, so that nodes do not come all at once.
fn jitter() -> f64 {
    let random = Uuid::new_v4().as_u128() as u32;
    0.5 + f64::from(random) / f64::from(u32::MAX) / 2.0
}

/// Makes a connection and uses it until it breaks.
async fn run(shared: &Arc<Shared>, client: &Client) -> RedisResult<Infallible> {
    let link = connect(shared, client).await?;
    let greeting: Vec<String> = link
        .call(Script::Hello, Uuid::new_v4().simple().to_string())
        .await?;
    let mut greeting = greeting.into_iter();
    let data = greeting
        .next()
        .ok_or_else(|| strange("an empty greeting"))?;
    shared.begin(&data, greeting.map(RoomKey::from));
    while tell_rooms(shared, &link).await? {}
    beat(shared, &link, &data).await?;
    shared.set_here(link.clone());
    let mut ticks = interval(STORE_BEAT.min(shared.bounds().node_grace / 4));
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            biased;
            () = link.end.came.cancelled() => {
                return Err(strange(link.end.cause.get().map_or("", String::as_str)));
            }
            _ = ticks.tick() => {
                beat(shared, &link, &data).await?;
                sweep(&link).await?;
            }
            () = shared.until_out_of_step() => {
                tell_rooms(shared, &link).await?;
            }
        }
    }
}

async fn connect(shared: &Arc<Shared>, client: &Client) -> RedisResult<Link> {
    let end = Arc::new(End::default());
    let config = AsyncConnectionConfig::new()
        .set_connection_timeout(Some(STORE_DEADLINE))
        .set_response_timeout(Some(STORE_DEADLINE))
        .set_push_sender(listener(Arc::downgrade(shared), Arc::clone(&end)));
    let mut connection = client
        .get_multiplexed_async_connection_with_config(&config)
        .await?;
    let scripts = Scripts::load(&mut connection, shared.name(), shared.bounds()).await?;
    connection.subscribe(channel(shared.name())).await?;
    Ok(Link {
        connection,
        scripts: Arc::new(scripts),
        end,
    })
}

/// Hears what Redis says unasked, in its order and without a queue: who reads too slowly is cut
/// off by Redis (`client-output-buffer-limit`), and finds its way back.
fn listener(shared: Weak<Shared>, end: Arc<End>) -> impl Fn(PushInfo) -> Result<(), SendError> {
    move |push| {
        match (push.kind, shared.upgrade()) {
            (PushKind::Disconnection, _) => end.come("the connection was closed"),
            (PushKind::Message, Some(shared)) => {
                if let Some(Value::BulkString(message)) = push.data.into_iter().nth(1) {
                    shared.hear(message);
                }
            }
            _ => {}
        }
        Ok(())
    }
}

/// Says that this node is here. An error if Redis has lost what it was told.
async fn beat(shared: &Shared, link: &Link, data: &str) -> RedisResult<()> {
    shared.refresh();
    match link.call(Script::Beat, data).await? {
        1 => Ok(()),
        _ => Err(strange("its data is gone")),
    }
}

/// Gives up the peers of nodes that are gone.
async fn sweep(link: &Link) -> RedisResult<()> {
    for _ in 0..STORE_SWEEPS {
        if link.call::<u8>(Script::Sweep, STORE_BATCH).await? == 0 {
            break;
        }
    }
    Ok(())
}

/// Tells Redis of some rooms that are out of step; whether there were any.
async fn tell_rooms(shared: &Shared, link: &Link) -> RedisResult<bool> {
    let reports = shared.reports();
    if reports.is_empty() {
        return Ok(false);
    }
    match link.report(&reports).await {
        Ok(replies) => shared.told(&reports, replies),
        Err(error) => {
            shared.not_told(reports);
            return Err(error);
        }
    }
    Ok(true)
}
