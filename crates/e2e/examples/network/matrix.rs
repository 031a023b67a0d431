//! How two peers meet behind NATs of every kind, as a Markdown table.

use std::io::Write;

use anyhow::{Result, bail};
use clap::ValueEnum;
use e2e::network::{
    nat::{Internet, Turn},
    pair::{Pair, Wish, meet},
};

/// Which TURN server relays.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum Relay {
    /// Ours, in the signaling server.
    Embedded,
    /// coturn.
    Coturn,
}

impl From<Relay> for Turn {
    fn from(relay: Relay) -> Self {
        match relay {
            Relay::Embedded => Self::Embedded,
            Relay::Coturn => Self::Coturn,
        }
    }
}

/// Lets all pairs meet by one TURN server, any way and by relays only, and writes a row for each.
///
/// # Errors
/// When the server is missing, a pair does not meet, or not in the way that its NATs leave.
pub async fn write(relay: Relay, out: &mut impl Write) -> Result<()> {
    let turn = Turn::from(relay);
    if let Some(reason) = turn.missing() {
        bail!(reason);
    }
    let mut internet = Internet::open(turn).await?;
    writeln!(
        out,
        "TURN server: {}. After how long the second peer plays, and packets from NAT to NAT.\n\n\
         | one NAT | the other | path | after | packets straight \
         | relay only | after | packets straight |\n\
         |---|---|---|---|---|---|---|---|",
        turn.name()
    )?;
    for pair in Pair::all() {
        write!(out, "| {} | {} |", pair.0.name(), pair.1.name())?;
        for wish in [Wish::Any, Wish::RelayOnly] {
            let met = meet(&mut internet, pair, wish).await?;
            if !met.is_as_expected(pair, wish) {
                bail!("{pair:?}, {wish:?}: {met}");
            }
            let seconds = met.after.as_secs_f64();
            write!(
                out,
                " {} | {seconds:.1} s | {} |",
                met.paths[0], met.straight
            )?;
        }
        writeln!(out)?;
    }
    writeln!(out)?;
    Ok(())
}
