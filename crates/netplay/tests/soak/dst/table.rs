//! The table of measured figures for the documents.

use super::{
    Figures,
    figures::ms,
    run,
    schedule::{Act, Event, Rules, Schedule, Weather},
};
use std::fmt::Write;

/// Runs per line and kind.
const RUNS: u64 = 20;

/// When the event of a run happens, in milliseconds.
const EVENT: u32 = 6_000;

/// The figures of matches of 2, 4 and 8 peers in Markdown.
pub fn markdown() -> String {
    let mut table = String::from(
        "| peers | round trip, loss | confirmed frames a second | longest hitch \
         | longest stall when a peer crashes | join, mean (longest) | bytes a second and peer |\n\
         |---|---|---|---|---|---|---|\n",
    );
    for weather in [(0, 0), (100, 5), (200, 5)] {
        for peers in [2, 4, 8] {
            let (rtt, loss) = weather;
            let calm = measure(peers, weather, |_| None);
            let crash = measure(peers, weather, |seed| {
                let peer = (seed % u64::from(peers)) as u8;
                Some(Act::Crash { peer, seen: false })
            });
            // One comes back for a player that left, so that there is a seat for it.
            let join = measure(peers - 1, weather, |_| {
                Some(Act::Join {
                    peer: peers,
                    watch: false,
                })
            });
            // Who comes to somebody that is alone begins a match with it.
            let joins = match peers {
                2 => "–".to_owned(),
                _ => format!(
                    "{:.0} ({:.0}) ms",
                    ms(join.joins.mean()),
                    ms(join.joins.longest)
                ),
            };
            // Writing to a string does not fail.
            let _ = writeln!(
                table,
                "| {peers} | {rtt} ms, {loss} % | {:.1} | {:.0} ms | {:.0} ms | {joins} | {:.0} |",
                calm.slowest.unwrap_or_default(),
                ms(calm.hitch),
                ms(crash.stall),
                calm.bytes_per_second(),
            );
        }
    }
    table
}

/// The figures of matches of so many peers, with at most one event.
fn measure(peers: u8, (rtt, loss): (u32, u32), act: impl Fn(u64) -> Option<Act>) -> Figures {
    let mut figures = Figures::default();
    for seed in 0..RUNS {
        let event = act(seed).map(|act| Event { at: EVENT, act });
        let schedule = Schedule {
            seed,
            rules: Rules::Sim,
            peers,
            weather: Weather {
                rtt,
                loss,
                ..Weather::default()
            },
            length: 20_000,
            events: event.into_iter().collect(),
        };
        figures.add(&run(&schedule).figures);
    }
    figures
}
