//! `cargo xtask bench signaling`: the same load on ours and on the stock server, and one table.

use anyhow::{Result, ensure};
use bench::signaling::{
    phases::{Amount, measure},
    process::{Kind, Program},
    table,
};
use clap::Parser;
use std::{io::Write, path::PathBuf, time::Duration};

/// Measures signaling servers, one after the other.
#[derive(Parser)]
struct Args {
    /// Our server.
    #[arg(long)]
    ours: PathBuf,
    /// `matchbox_server`, to compare with.
    #[arg(long)]
    stock: Option<PathBuf>,
    /// Measures ours alone.
    #[arg(long)]
    alone: bool,
    /// Peers that are connected at once.
    #[arg(long, default_value_t = 4_000)]
    connections: usize,
    /// Minutes for which all are held while others come and go.
    #[arg(long, default_value_t = 0.2)]
    minutes: f64,
    /// Seconds of signaling, at full speed and at a steady rate.
    #[arg(long, default_value_t = 10)]
    seconds: u64,
}

#[tokio::main]
async fn main() -> Result<()> {
    let args = Args::parse();
    ensure!(
        args.connections >= 2 && args.connections.is_multiple_of(2),
        "peers come in pairs"
    );
    let amount = Amount {
        connections: args.connections,
        signaling: Duration::from_secs(args.seconds),
        holding: Duration::from_secs_f64(args.minutes * 60.0),
    };
    let ours = Program {
        name: "ours",
        kind: Kind::Ours,
        path: args.ours,
    };
    let stock = args.stock.filter(|_| !args.alone).map(|path| Program {
        name: "matchbox_server 0.15",
        kind: Kind::Stock,
        path,
    });
    let mut servers = Vec::new();
    for program in [Some(ours), stock].into_iter().flatten() {
        servers.push((program.name, measure(&program, amount).await?));
    }
    write!(std::io::stdout(), "{}", table::text(&servers))?;
    Ok(())
}
