//! What is measured, in its order: joining, idling, signaling, holding, leaving.

use crate::signaling::{
    pair::{Load, Pair},
    process::{Program, Server},
    socket::Socket,
};
use anyhow::{Context, Result, ensure};
use futures::{StreamExt, stream};
use std::{
    sync::{Arc, atomic::Ordering},
    time::{Duration, Instant},
};
use tokio::{
    task::JoinSet,
    time::{MissedTickBehavior, interval, sleep},
};

/// How much load.
#[derive(Clone, Copy, Debug)]
pub struct Amount {
    /// Peers that are connected at once; an even number.
    pub connections: usize,
    /// How long signals flow, at full speed and at a steady rate.
    pub signaling: Duration,
    /// How long all connections are held while a few peers come and go.
    pub holding: Duration,
}

/// Pairs that join at the same time.
const JOINING: usize = 16;
/// Signals on their way at the same time, when the server is to give its best.
const FLOOD: usize = 64;
/// Signals a second, when it has time.
const STEADY_RATE: f64 = 1_000.0;
/// Peers a second that come and go while all are held.
const COMING_RATE: f64 = 20.0;
/// How long a server may take to put its memory in order.
const SETTLING: Duration = Duration::from_secs(3);
/// The same when everybody has left: ours keeps places for ten seconds, in case.
const CLEARING: Duration = Duration::from_secs(15);

/// What was measured of one server.
#[derive(Clone, Debug)]
pub struct Figures {
    /// Peers that were connected.
    pub connections: usize,
    /// Resident memory before the first of them, in bytes.
    pub memory_before: i64,
    /// Bytes of resident memory for each that has only joined.
    pub idle_bytes: f64,
    /// The same after signals have flowed.
    pub used_bytes: f64,
    /// Peers that joined in a second, a few at a time.
    pub joins_per_second: f64,
    /// What joining took, from the first packet to the peer's id, in ascending order.
    pub joins: Vec<Duration>,
    /// Signals a second at full speed.
    pub signals_per_second: f64,
    /// The server's CPU time for each of them.
    pub cpu_per_signal: Duration,
    /// From sender to receiver at full speed, in ascending order.
    pub flood_latencies: Vec<Duration>,
    /// The same at the steady rate.
    pub steady_latencies: Vec<Duration>,
    /// The same as `joins`, of those who came while all others were held.
    pub held_joins: Vec<Duration>,
    /// How long they were held.
    pub held: Duration,
    /// Peers that lost their connection, or could not come or go.
    pub failures: usize,
    /// Resident memory after all have left, in bytes.
    pub memory_after: i64,
}

/// Starts the server and measures all of it.
///
/// # Errors
/// When the server does not start, ends, or refuses one of the pairs.
pub async fn measure(program: &Program, amount: Amount) -> Result<Figures> {
    let server = Server::start(program, amount.connections).await?;
    let name = program.name;
    sleep(SETTLING).await;
    let memory_before = server.resident()?;
    let per_connection = |bytes: i64| (bytes - memory_before) as f64 / amount.connections as f64;
    let load = Arc::new(Load::new(server.address));

    eprintln!("{name}: {} peers join", amount.connections);
    let start = Instant::now();
    let mut pairs = JoinSet::new();
    let mut joins = Vec::new();
    let mut joining = stream::iter(0..amount.connections / 2)
        .map(|number| Pair::join(server.address, number))
        .buffer_unordered(JOINING);
    while let Some(joined) = joining.next().await {
        let (pair, took) = joined.context("a pair cannot join")?;
        joins.extend(took);
        let load = Arc::clone(&load);
        pairs.spawn(async move { pair.live(&load).await });
    }
    let joins_per_second = joins.len() as f64 / start.elapsed().as_secs_f64();
    sleep(SETTLING).await;
    let idle_bytes = per_connection(server.resident()?);

    eprintln!("{name}: they signal");
    let steady_latencies = steady(&load, amount.signaling).await;
    let flood = flood(&server, &load, amount.signaling).await?;
    sleep(SETTLING).await;
    let used_bytes = per_connection(server.resident()?);

    eprintln!("{name}: they are held");
    let (held_joins, failed_joins) = hold(&load, amount).await;

    eprintln!("{name}: they leave");
    load.leave.send_replace(true);
    let mut failures = failed_joins;
    while let Some(ended) = pairs.join_next().await {
        if let Err(error) = ended.context("a pair panicked")? {
            failures += 1;
            eprintln!("{name}: {error:#}");
        }
    }
    sleep(CLEARING).await;
    Ok(Figures {
        connections: amount.connections,
        memory_before,
        idle_bytes,
        used_bytes,
        joins_per_second,
        joins: sorted(joins),
        signals_per_second: flood.per_second,
        cpu_per_signal: flood.cpu_each,
        flood_latencies: flood.latencies,
        steady_latencies,
        held_joins,
        held: amount.holding,
        failures,
        memory_after: server.resident()?,
    })
}

struct Flood {
    per_second: f64,
    cpu_each: Duration,
    latencies: Vec<Duration>,
}

/// As many signals as the server can pass on.
async fn flood(server: &Server, load: &Load, time: Duration) -> Result<Flood> {
    load.turns_return.store(true, Ordering::Relaxed);
    load.turns.add_permits(FLOOD);
    // What is allocated once, is.
    sleep(Duration::from_secs(1)).await;
    load.take_latencies();
    let (start, cpu) = (Instant::now(), server.cpu()?);
    sleep(time).await;
    let (took, cpu) = (start.elapsed(), server.cpu()? - cpu);
    let latencies = sorted(load.take_latencies());
    load.turns_return.store(false, Ordering::Relaxed);
    sleep(Duration::from_secs(1)).await;
    load.turns.forget_permits(FLOOD);
    load.take_latencies();
    ensure!(!latencies.is_empty(), "no signal has arrived");
    Ok(Flood {
        per_second: latencies.len() as f64 / took.as_secs_f64(),
        cpu_each: cpu.div_f64(latencies.len() as f64),
        latencies,
    })
}

/// Signals at a rate that leaves the server time; their latencies.
async fn steady(load: &Load, time: Duration) -> Vec<Duration> {
    let mut beat = interval(Duration::from_secs_f64(1.0 / STEADY_RATE));
    let end = Instant::now() + time;
    while Instant::now() < end {
        beat.tick().await;
        load.turns.add_permits(1);
    }
    sleep(Duration::from_secs(1)).await;
    sorted(load.take_latencies())
}

/// Lets further peers come and go while all others stay; what joining took, and failures.
async fn hold(load: &Arc<Load>, amount: Amount) -> (Vec<Duration>, usize) {
    let mut beat = interval(Duration::from_secs_f64(1.0 / COMING_RATE));
    beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let end = Instant::now() + amount.holding;
    let mut visits = JoinSet::new();
    let mut number = amount.connections;
    while Instant::now() < end {
        beat.tick().await;
        let server = load.server;
        // An even number: alone in its room.
        number += 2;
        visits.spawn(async move {
            let start = Instant::now();
            let socket = Socket::join(server, number).await?;
            let took = start.elapsed();
            socket.leave().await?;
            anyhow::Ok(took)
        });
        load.turns.add_permits(1);
    }
    let (mut joins, mut failures) = (Vec::new(), 0);
    while let Some(visit) = visits.join_next().await {
        match visit.map_err(anyhow::Error::from).flatten() {
            Ok(took) => joins.push(took),
            Err(error) => {
                failures += 1;
                eprintln!("a visitor: {error:#}");
            }
        }
    }
    load.take_latencies();
    (sorted(joins), failures)
}

fn sorted(mut durations: Vec<Duration>) -> Vec<Duration> {
    durations.sort_unstable();
    durations
}
