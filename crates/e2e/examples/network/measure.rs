//! Plays the matches, and takes their figures from what the peers tell.

use std::{io::Write, time::Duration};

use crate::matrix::{self, Relay};
use anyhow::{Context, Result, bail, ensure};
use clap::Parser;
use e2e::{
    network::{
        Path, Venue, forbidden,
        players::{play_on, reach},
    },
    peer::NativePeer,
    play::until,
    record::{Record, Told, common},
};

/// From the first peer's start until all play, at most.
const MEETING: Duration = Duration::from_secs(60);

/// The first second of a match is left out: the round trip is not known yet.
const FIRST_FRAMES: u32 = 60;

/// Measures matches of headless peers over a bad network of their own.
#[derive(Parser)]
pub struct Args {
    /// Milliseconds that a packet and its answer take, on the average.
    #[arg(long, default_value_t = 100)]
    rtt: u64,
    /// Milliseconds by which that differs at most.
    #[arg(long, default_value_t = 20)]
    jitter: u64,
    /// Percent of the packets that are lost, each way.
    #[arg(long, default_value_t = 5.0)]
    loss: f64,
    /// How long a match is measured.
    #[arg(long, default_value_t = 60)]
    seconds: u64,
    /// Peers of a match; several numbers with commas, for one match after the other.
    #[arg(long, value_delimiter = ',', default_value = "2")]
    peers: Vec<usize>,
    /// Lets two peers meet behind NATs of every kind instead, by these TURN servers: embedded,
    /// coturn, or both with a comma.
    #[arg(long, value_delimiter = ',', value_name = "TURN")]
    nat: Vec<Relay>,
}

impl Args {
    /// Plays all matches, and writes the table to `out` row by row.
    ///
    /// # Errors
    /// When an argument is out of its range, networks are not permitted here, or a match fails.
    pub async fn measure(&self, out: &mut impl Write) -> Result<()> {
        ensure!((0.0..=100.0).contains(&self.loss), "--loss is 0 to 100");
        ensure!(self.jitter <= self.rtt, "--jitter is at most --rtt");
        if let Some(reason) = forbidden()? {
            bail!(reason);
        }
        if !self.nat.is_empty() {
            for relay in &self.nat {
                matrix::write(*relay, out).await?;
            }
            return Ok(());
        }
        writeln!(
            out,
            "{} ms there and back, {} ms more or less, {} % lost each way; for {} s. Of all peers \
             the worst.\n\n\
             | peers | connected after | measured round trip | confirmed a second \
             | in its worst second | rollbacks a second | steps a frame | kB/s to each peer \
             | a latecomer watches after |\n\
             |---|---|---|---|---|---|---|---|---|",
            self.rtt, self.jitter, self.loss, self.seconds
        )?;
        for peers in &self.peers {
            ensure!((2..=8).contains(peers), "--peers are 2 to 8");
            writeln!(out, "{}", play(self, *peers).await?)?;
        }
        Ok(())
    }
}

/// Plays one match, and gives its row.
async fn play(args: &Args, count: usize) -> Result<String> {
    let mut venue = Venue::open(Path {
        delay: Duration::from_millis(args.rtt) / 2,
        jitter: Duration::from_millis(args.jitter) / 2,
        loss: args.loss / 100.0,
        seed: count as u64,
    })
    .await?;
    let stay = 2 * MEETING.as_secs() + args.seconds;
    let mut homes = Vec::new();
    let mut guests = Vec::new();
    for number in 1..=count {
        let home = venue.home()?;
        let name = format!("network-{count}-{number}");
        let options = ["--players", &count.to_string()];
        let peer = venue.join(&home, &name, stay, &options).await?;
        homes.push(home);
        guests.push(peer);
    }
    let guests: Vec<&NativePeer> = guests.iter().collect();
    reach(&guests, FIRST_FRAMES, MEETING).await?;
    play_on(&guests, Duration::from_secs(args.seconds)).await?;
    let row = row(&guests)?;

    let home = venue.home()?;
    let name = format!("network-{count}-late");
    let late = venue.join(&home, &name, stay, &["--watch"]).await?;
    let entered = until("the latecomer", MEETING, async || late.first_confirmed()).await?;
    Ok(format!("{row} {:.1} s |", entered.as_secs_f64()))
}

/// The worst figures of all peers, after seeing that their worlds were equal.
fn row(guests: &[&NativePeer]) -> Result<String> {
    let mut worst = Figures::default();
    let mut records: Vec<Record> = Vec::new();
    for peer in guests {
        let history = peer.history()?;
        let record = Record::of(&history)?;
        for other in &records {
            ensure!(common(&record, other)? > 0, "no checksum was compared");
        }
        records.push(record);
        let connected = peer.first_confirmed()?.context("it never played")?;
        let figures = Figures::of(&history, connected, guests.len() - 1)?;
        worst = if records.len() == 1 {
            figures
        } else {
            worst.or_worse(&figures)
        };
    }
    let Figures {
        connected,
        round_trip,
        confirmed,
        worst_second,
        rollbacks,
        steps,
        bytes,
    } = worst;
    Ok(format!(
        "| {} | {connected:.1} s | {round_trip:.0} ms | {confirmed:.1} | {worst_second:.1} \
         | {rollbacks:.1} | {steps:.2} | {:.1} |",
        guests.len(),
        bytes / 1_000.0,
    ))
}

/// One peer's part in a match.
#[derive(Default)]
struct Figures {
    /// Seconds from its start to its first confirmed frame.
    connected: f64,
    /// Milliseconds, on the average of what it told.
    round_trip: f64,
    /// Confirmed frames a second.
    confirmed: f64,
    /// The same in the second that had the fewest.
    worst_second: f64,
    /// Rollbacks a second.
    rollbacks: f64,
    /// Steps of the simulation for each frame: 1, and those of rollbacks.
    steps: f64,
    /// Bytes a second to each of the others.
    bytes: f64,
}

impl Figures {
    fn of(history: &[Told], connected: Duration, others: usize) -> Result<Self> {
        let first = history.partition_point(|told| told.status.confirmed < FIRST_FRAMES);
        let told = &history[first..];
        let (first, last) = told.first().zip(told.last()).context("it never played")?;
        let seconds = (last.at - first.at).as_secs_f64();
        ensure!(seconds > 0.0, "it has played for no time");
        let frames = f64::from(last.status.confirmed - first.status.confirmed);
        let again = last.status.resimulated - first.status.resimulated;
        let bytes = last.status.bytes_out - first.status.bytes_out;
        let trips = told.iter().map(|told| f64::from(told.status.rtt_ms));
        let paces = told.windows(2).map(|two| {
            let frames = two[1].status.confirmed - two[0].status.confirmed;
            f64::from(frames) / (two[1].at - two[0].at).as_secs_f64()
        });
        Ok(Self {
            connected: connected.as_secs_f64(),
            round_trip: trips.sum::<f64>() / told.len() as f64,
            confirmed: frames / seconds,
            worst_second: paces.fold(f64::INFINITY, f64::min),
            rollbacks: (last.status.rollbacks - first.status.rollbacks) as f64 / seconds,
            steps: 1.0 + again as f64 / frames,
            bytes: bytes as f64 / seconds / others as f64,
        })
    }

    /// Of each figure the worse.
    fn or_worse(&self, other: &Self) -> Self {
        Self {
            connected: self.connected.max(other.connected),
            round_trip: self.round_trip.max(other.round_trip),
            confirmed: self.confirmed.min(other.confirmed),
            worst_second: self.worst_second.min(other.worst_second),
            rollbacks: self.rollbacks.max(other.rollbacks),
            steps: self.steps.max(other.steps),
            bytes: self.bytes.max(other.bytes),
        }
    }
}
