//! Peers on hosts of their own, with real data channels over a network that delays, reorders and
//! loses packets.
#![cfg(target_os = "linux")]

use std::{
    net::UdpSocket,
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use e2e::{
    network::{
        Host, Network, Path, Venue, forbidden,
        players::{kept_pace, play_on, reach, same_worlds, since, stalled, status},
    },
    peer::NativePeer,
    play::until,
    record::{Record, common},
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

/// From a peer's start until it plays, at most. Handshakes repeat only after seconds what is lost.
const MEETING: Duration = Duration::from_secs(20);

/// How long peers stay, in seconds: longer than any test, at whose end they are killed.
const STAY: u64 = 180;

/// Nobody stalls for longer when somebody is gone: a second and a round trip.
const STALL: Duration = Duration::from_millis(1_020);

/// A place to play; nothing, and a printed reason, where that is not permitted.
async fn open(path: Path) -> Result<Option<Venue>> {
    if let Some(reason) = forbidden()? {
        eprintln!("SKIPPED: {reason}");
        return Ok(None);
    }
    Venue::open(path).await.map(Some)
}

/// What all else here stands on.
#[test]
fn the_network_delays_reorders_and_loses() -> Result<()> {
    const PACKETS: u32 = 2_000;
    /// When nothing has come for so long, nothing is on its way.
    const QUIET: Duration = Duration::from_secs(1);

    if let Some(reason) = forbidden()? {
        eprintln!("SKIPPED: {reason}");
        return Ok(());
    }
    let mut network = Network::new(BAD)?;
    let (here, there) = (network.host()?, network.host()?);
    let open = |host: &Host| {
        host.namespace
            .inside(|| UdpSocket::bind((host.address, 0)))?
    };
    let (sender, receiver) = (open(&here)?, open(&there)?);
    receiver.set_read_timeout(Some(QUIET))?;
    sender.connect(receiver.local_addr()?)?;

    let start = Instant::now();
    let arrivals = thread::spawn(move || {
        let mut arrivals = Vec::new();
        let mut number = [0; 4];
        while receiver.recv(&mut number).is_ok() {
            arrivals.push((u32::from_le_bytes(number), start.elapsed()));
        }
        arrivals
    });
    let mut departures = Vec::new();
    for number in 0..PACKETS {
        departures.push(start.elapsed());
        sender.send(&number.to_le_bytes())?;
        thread::sleep(Duration::from_millis(1));
    }
    let arrivals = arrivals.join().expect("the receiver does not panic");

    let mut times: Vec<Duration> = arrivals
        .iter()
        .map(|(number, arrival)| *arrival - departures[*number as usize])
        .collect();
    times.sort_unstable();
    let overtaken = arrivals
        .windows(2)
        .filter(|two| two[0].0 > two[1].0)
        .count();
    let lost = 1.0 - arrivals.len() as f64 / f64::from(PACKETS);
    let quickest = *times.first().context("something arrives")?;
    eprintln!(
        "quickest {quickest:.1?}, median {:.1?}, slowest {:.1?}, {overtaken} overtaken, {:.1} % lost",
        times[times.len() / 2],
        times[times.len() - 1],
        100.0 * lost,
    );
    ensure!(quickest >= BAD.delay - BAD.jitter, "too quick");
    ensure!(overtaken > 0, "none overtakes another");
    // Five standard deviations about the mean.
    ensure!((0.025..0.075).contains(&lost), "not the loss asked for");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_minute_at_100_ms_with_5_percent_loss() -> Result<()> {
    /// The meeting, the minute, and a little more: the peers' own end is part of the test.
    const STAY: u64 = 85;

    let Some(mut venue) = open(BAD).await? else {
        return Ok(());
    };
    let homes = [venue.home()?, venue.home()?];
    let first = venue.join(&homes[0], "bad-1", STAY, &[]).await?;
    let second = venue.join(&homes[1], "bad-2", STAY, &[]).await?;
    reach(&[&first, &second], 60, MEETING).await?;

    let start = Instant::now();
    play_on(&[&first, &second], Duration::from_secs(60)).await?;
    kept_pace("100 ms, 5 %", &[&first, &second], start)?;
    same_worlds(&[&first, &second], 55)?;
    for peer in [&first, &second] {
        let status = status(peer)?;
        ensure!(
            (80.0..140.0).contains(&status.rtt_ms) && status.rollbacks > 0,
            "the network did not do what it should: {status:?}"
        );
    }
    first.finish().await?;
    second.finish().await
}

/// Six pairs at once, each with the handshake's and the match's own losses.
#[tokio::test(flavor = "multi_thread")]
async fn four_at_100_ms_with_5_percent_loss() -> Result<()> {
    const NAMES: [&str; 4] = ["four-1", "four-2", "four-3", "four-4"];
    const FOUR: [&str; 2] = ["--players", "4"];

    let Some(mut venue) = open(BAD).await? else {
        return Ok(());
    };
    let mut homes = Vec::new();
    let mut players = Vec::new();
    for name in NAMES {
        let home = venue.home()?;
        players.push(venue.join(&home, name, STAY, &FOUR).await?);
        homes.push(home);
    }
    let players: Vec<&NativePeer> = players.iter().collect();
    // The last pair of six has met.
    reach(&players, 60, 2 * MEETING).await?;

    let start = Instant::now();
    play_on(&players, Duration::from_secs(15)).await?;
    kept_pace("four peers, 100 ms, 5 %", &players, start)?;
    same_worlds(&players, 8)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_signaling_server_is_killed_and_started_again() -> Result<()> {
    let Some(mut venue) = open(GOOD).await? else {
        return Ok(());
    };
    let homes = [venue.home()?, venue.home()?, venue.home()?];
    let first = venue.join(&homes[0], "outage-1", STAY, &[]).await?;
    let second = venue.join(&homes[1], "outage-2", STAY, &[]).await?;
    let players = [&first, &second];
    reach(&players, 60, MEETING).await?;

    let start = Instant::now();
    venue.server.kill().await?;
    play_on(&players, Duration::from_secs(12)).await?;
    kept_pace("during the outage", &players, start)?;
    same_worlds(&players, 10)?;

    // The server remembers nothing: the room is there because its peers are.
    let start = Instant::now();
    venue.server.start().await?;
    play_on(&players, Duration::from_secs(8)).await?;
    kept_pace("after the outage", &players, start)?;
    same_worlds(&players, 18)?;
    let third = venue.join(&homes[2], "outage-3", STAY, &[]).await?;
    reach(&[&third], 60, MEETING).await?;
    let start = Instant::now();
    let all = [&first, &second, &third];
    play_on(&all, Duration::from_secs(5)).await?;
    // It watches: what it confirms comes in bundles, too coarse for a pace.
    kept_pace("with the latecomer", &players, start)?;
    same_worlds(&all, 4)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_peer_is_killed_and_gets_its_seat_back() -> Result<()> {
    const THREE: [&str; 2] = ["--players", "3"];
    let Some(mut venue) = open(GOOD).await? else {
        return Ok(());
    };
    let homes = [venue.home()?, venue.home()?, venue.home()?];
    let first = venue.join(&homes[0], "return-1", STAY, &THREE).await?;
    let second = venue.join(&homes[1], "return-2", STAY, &THREE).await?;
    let third = venue.join(&homes[2], "return-3", STAY, &THREE).await?;
    let others = [&first, &second];
    reach(&[&first, &second, &third], 120, MEETING).await?;
    let seat = status(&third)?.seat;
    ensure!(seat.is_some(), "a player has a seat");

    let killed = Instant::now();
    third.kill().await;
    play_on(&others, Duration::from_secs(5)).await?;
    stalled("after the kill", &others, killed, STALL)?;

    let start = Instant::now();
    let third = venue.join(&homes[2], "return-3b", STAY, &THREE).await?;
    until("the seat", MEETING, async || {
        let status = third.status()?;
        Ok(status.filter(|status| status.seat.is_some()))
    })
    .await?;
    ensure!(status(&third)?.seat == seat, "another seat than before");
    let all = [&first, &second, &third];
    play_on(&all, Duration::from_secs(8)).await?;
    kept_pace("while it returned", &others, start)?;
    same_worlds(&all, 5)
}

#[tokio::test(flavor = "multi_thread")]
async fn newcomers_take_a_bots_seat_or_watch() -> Result<()> {
    /// Does not wait for others; a bot has the second seat.
    const ALONE: [&str; 2] = ["--players", "1"];

    let Some(mut venue) = open(GOOD).await? else {
        return Ok(());
    };
    let homes = [venue.home()?, venue.home()?, venue.home()?];
    let first = venue.join(&homes[0], "new-1", STAY, &ALONE).await?;
    reach(&[&first], 120, MEETING).await?;

    let start = Instant::now();
    let second = venue.join(&homes[1], "new-2", STAY, &[]).await?;
    reach(&[&second], 60, MEETING).await?;
    play_on(&[&first, &second], Duration::from_secs(5)).await?;
    kept_pace("with a second player", &[&first], start)?;
    same_worlds(&[&first, &second], 4)?;
    ensure!(status(&second)?.seat == Some(1), "the bot's seat was free");

    let start = Instant::now();
    let third = venue.join(&homes[2], "new-3", STAY, &["--watch"]).await?;
    reach(&[&third], 60, MEETING).await?;
    play_on(&[&first, &second, &third], Duration::from_secs(5)).await?;
    kept_pace("with a spectator", &[&first, &second], start)?;
    same_worlds(&[&first, &second, &third], 4)?;
    let watcher = status(&third)?;
    ensure!(
        watcher.watching && watcher.seat.is_none(),
        "it only watches"
    );
    Ok(())
}

/// Makes sure that one that was away and each of the others have told the same of enough worlds since
/// then.
fn same_worlds_since(start: Instant, back: &NativePeer, others: &[&NativePeer]) -> Result<()> {
    let record = |peer| Record::of(&since(peer, start)?);
    let told = record(back)?;
    for other in others {
        ensure!(
            common(&told, &record(other)?)? >= 5,
            "too few checksums to compare"
        );
    }
    Ok(())
}

/// Waits until `back` plays in its seat of the match that `other` is in: by itself it has played on,
/// too.
async fn returns(back: &NativePeer, other: &NativePeer, seat: Option<usize>) -> Result<()> {
    until("the seat in the others' match", MEETING, async || {
        let back = status(back)?;
        let same = other.history()?.into_iter().any(|told| {
            told.status.checksum_frame == back.checksum_frame
                && told.status.checksum == back.checksum
        });
        Ok((same && back.seat == seat && !back.watching).then_some(()))
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_network_is_cut_and_mended() -> Result<()> {
    /// Short of what takes a seat away.
    const BLINK: Duration = Duration::from_millis(400);
    /// Longer, but the channels live on.
    const OUTAGE: Duration = Duration::from_secs(10);
    const THREE: [&str; 2] = ["--players", "3"];

    let Some(mut venue) = open(GOOD).await? else {
        return Ok(());
    };
    let homes = [venue.home()?, venue.home()?, venue.home()?];
    let first = venue.join(&homes[0], "cut-1", STAY, &THREE).await?;
    let second = venue.join(&homes[1], "cut-2", STAY, &THREE).await?;
    let third = venue.join(&homes[2], "cut-3", STAY, &THREE).await?;
    let all = [&first, &second, &third];
    reach(&all, 120, MEETING).await?;
    let seat = status(&third)?.seat;

    let start = Instant::now();
    venue.network.cut(&homes[2].host)?;
    thread::sleep(BLINK);
    venue.network.mend(&homes[2].host)?;
    play_on(&all, Duration::from_secs(5)).await?;
    stalled(
        "after a blink",
        &all,
        start,
        BLINK + Duration::from_millis(200),
    )?;
    same_worlds(&all, 5)?;
    ensure!(status(&third)?.seat == seat, "a blink has cost the seat");
    let others = [&first, &second];
    let start = Instant::now();
    venue.network.cut(&homes[2].host)?;
    play_on(&others, OUTAGE).await?;
    venue.network.mend(&homes[2].host)?;
    stalled("during the outage", &others, start, STALL)?;
    let mended = Instant::now();
    returns(&third, &first, seat).await?;
    eprintln!("back after {:.1?}", mended.elapsed());
    stalled("at the reunion", &others, mended, STALL)?;
    let start = Instant::now();
    play_on(&all, Duration::from_secs(8)).await?;
    kept_pace("after the outage", &all, start)?;
    // What the third played by itself counts no more.
    same_worlds_since(start, &third, &others)
}

/// As when a cable is pulled: nothing passes for longer than anybody waits, nor to the server.
#[tokio::test(flavor = "multi_thread")]
async fn a_network_that_was_away_for_long_is_mended() -> Result<()> {
    /// Past the bound at which everybody gives up who has fallen silent.
    const OUTAGE: Duration = Duration::from_secs(45);

    let Some(mut venue) = open(GOOD).await? else {
        return Ok(());
    };
    let homes = [venue.home()?, venue.home()?];
    let first = venue.join(&homes[0], "away-1", STAY, &[]).await?;
    let second = venue.join(&homes[1], "away-2", STAY, &[]).await?;
    let both = [&first, &second];
    reach(&both, 120, MEETING).await?;
    let seat = status(&second)?.seat;

    venue.network.cut(&homes[1].host)?;
    play_on(&both, OUTAGE).await?;
    venue.network.mend(&homes[1].host)?;
    let mended = Instant::now();
    returns(&second, &first, seat).await?;
    eprintln!("back after {:.1?}", mended.elapsed());
    let start = Instant::now();
    play_on(&both, Duration::from_secs(8)).await?;
    kept_pace("after the outage", &both, start)?;
    same_worlds_since(start, &second, &[&first])
}
