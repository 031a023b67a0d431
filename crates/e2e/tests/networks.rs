//! Peers on hosts of their own, with real data channels over a network that delays, reorders and
//! loses packets.
#![cfg(target_os = "linux")]

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use e2e::{
    network::{Host, Network, Path, SignalingHost, forbidden},
    peer::{Invitation, NativePeer},
    play::until,
    process::Process,
    record::{Record, Told, common},
};

/// 100 ms there and back, up to 20 ms more or less, and every twentieth packet lost.
const BAD: Path = Path {
    delay: Duration::from_millis(50),
    jitter: Duration::from_millis(10),
    loss: 0.05,
    seed: 1,
};

/// As between two homes in one city.
const GOOD: Path = Path {
    delay: Duration::from_millis(10),
    jitter: Duration::from_millis(1),
    loss: 0.0,
    seed: 2,
};

/// From the first peer's start until all play. Handshakes repeat what is lost after seconds.
const MEETING: Duration = Duration::from_secs(60);

/// Confirmed frames a second that players expect: all 60, but for what falls between two looks.
const PACE: f64 = 59.0;

/// A network with a signaling server on it, and a room there.
struct Venue {
    network: Network,
    server: SignalingHost,
    room: String,
}

impl Venue {
    /// Nothing, and a printed reason, where that is not permitted.
    async fn open(path: Path) -> Result<Option<Self>> {
        if let Some(reason) = forbidden()? {
            println!("SKIPPED: {reason}");
            return Ok(None);
        }
        let mut network = Network::new(path)?;
        let server = SignalingHost::new(&mut network).await?;
        let room = server.create_room().await?;
        Ok(Some(Self {
            network,
            server,
            room,
        }))
    }

    /// Lets the player `name` join from a new host and stay for `seconds`.
    async fn join(&mut self, name: &str, seconds: u64) -> Result<(Host, NativePeer)> {
        let host = self.network.host()?;
        let peer = self.join_from(&host, name, seconds, &[]).await?;
        Ok((host, peer))
    }

    /// Lets the player `name` join from `host`, with more options, and stay for `seconds`.
    async fn join_from(
        &self,
        host: &Host,
        name: &str,
        seconds: u64,
        options: &[&std::ffi::OsStr],
    ) -> Result<NativePeer> {
        let invitation = Invitation {
            name,
            server: &self.server.signaling(),
            room: &self.room,
            seconds,
            options,
        };
        NativePeer::start(&invitation, |command, log| {
            host.namespace.inside(|| Process::start(command, log))?
        })
        .await
    }
}

/// Waits until both have told of `frames` confirmed frames.
async fn play_to(
    one: &NativePeer,
    other: &NativePeer,
    frames: u32,
    within: Duration,
) -> Result<()> {
    until(&format!("{frames} frames"), within, async || {
        let mut reached = true;
        for peer in [one, other] {
            let record = Record::of(&peer.history()?)?;
            reached &= record.confirmed() >= frames;
        }
        Ok(reached.then_some(()))
    })
    .await
}

/// Confirmed frames a second of what was told after `since`.
fn pace(history: &[Told], since: Instant) -> Result<f64> {
    let after: Vec<Told> = history
        .iter()
        .filter(|told| told.at >= since)
        .cloned()
        .collect();
    Ok(Record::of(&after)?.pace())
}

/// Prints and checks what both have told: equal worlds, and the pace since then.
fn check(name: &str, players: [&NativePeer; 2], since: Instant, checksums: usize) -> Result<()> {
    let histories = [players[0].history()?, players[1].history()?];
    let records = [Record::of(&histories[0])?, Record::of(&histories[1])?];
    let compared = common(&records[0], &records[1])?;
    println!("{name}: {compared} checksums agree");
    for (record, history) in records.iter().zip(&histories) {
        let pace = pace(history, since)?;
        println!("{name}: {pace:.2} a second; {}", record.summary()?);
        ensure!(pace >= PACE, "{name}: only {pace:.2} frames a second");
    }
    ensure!(compared >= checksums, "{name}: only {compared} checksums");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_minute_at_100_ms_with_5_percent_loss() -> Result<()> {
    const FRAMES: u32 = 60 * 60;

    let Some(mut venue) = Venue::open(BAD).await? else {
        return Ok(());
    };
    let (_host_1, first) = venue.join("bad-1", 90).await?;
    let (_host_2, second) = venue.join("bad-2", 90).await?;
    play_to(&first, &second, 60, MEETING).await?;
    let start = Instant::now();
    play_to(&first, &second, FRAMES, Duration::from_secs(75)).await?;
    check("100 ms, 5 %", [&first, &second], start, 55)?;
    for peer in [&first, &second] {
        let status = peer.status()?.context("it has played")?;
        ensure!(
            (80.0..140.0).contains(&status.rtt_ms) && status.rollbacks > 0,
            "the network did not do what it should: {status:?}"
        );
    }
    first.finish().await?;
    second.finish().await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_signaling_server_is_killed_and_started_again() -> Result<()> {
    let Some(mut venue) = Venue::open(GOOD).await? else {
        return Ok(());
    };
    let (_host_1, first) = venue.join("outage-1", 45).await?;
    let (_host_2, second) = venue.join("outage-2", 45).await?;
    play_to(&first, &second, 60, MEETING).await?;

    let start = Instant::now();
    venue.server.kill().await?;
    play_to(&first, &second, 15 * 60, MEETING).await?;
    check("during the outage", [&first, &second], start, 12)?;

    let start = Instant::now();
    venue.server.start().await?;
    play_to(&first, &second, 25 * 60, MEETING).await?;
    check("after the outage", [&first, &second], start, 20)?;
    first.finish().await?;
    second.finish().await
}
