//! Feeds decoders inputs that are nearly right, and keeps those that make one panic. Shared by the
//! fuzzers of all crates.

#[path = "mutate.rs"]
mod mutate;

use anyhow::{Context, Result, ensure};
use clap::Parser;
use mutate::Mutator;
use std::{
    fs,
    io::Write,
    panic::{catch_unwind, set_hook},
    path::{Path, PathBuf},
    process::ExitCode,
    time::{Duration, Instant},
};

/// A decoder by its name, which is that of its folder of kept inputs.
pub type Target = (&'static str, fn(&[u8]));

/// Inputs between two looks at the clock.
const BATCH: u64 = 64;

/// Fuzz the decoders.
#[derive(Parser)]
struct Args {
    /// For how long, all targets together.
    #[arg(long, default_value_t = 60)]
    seconds: u64,
    /// Only this decoder.
    #[arg(long)]
    target: Option<String>,
    /// The same seed makes the same inputs.
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

/// Fuzzes `targets`, or the one that the arguments name, with inputs like those in the folders of
/// `corpus`. The exit status is 1 when one has failed.
///
/// # Errors
/// When no target is meant, or a folder cannot be read or written.
pub fn run(targets: &[Target], corpus: &Path) -> Result<ExitCode> {
    let args = Args::parse();
    let is_meant = |name: &str| args.target.as_deref().is_none_or(|target| target == name);
    let targets: Vec<&Target> = targets.iter().filter(|(name, _)| is_meant(name)).collect();
    ensure!(!targets.is_empty(), "no such target");
    let each = Duration::from_secs(args.seconds) / targets.len() as u32;
    // What a target says of itself is told once, with its input.
    set_hook(Box::new(|_| {}));
    let mut all_hold = true;
    for target in targets {
        all_hold &= fuzz(target, corpus, each, args.seed)?;
    }
    Ok(ExitCode::from(u8::from(!all_hold)))
}

/// Runs one target; says whether it held.
fn fuzz(&(name, decode): &Target, corpus: &Path, time: Duration, seed: u64) -> Result<bool> {
    let folder = corpus.join(name);
    let corpus = read(&folder)?;
    let mut mutator = Mutator(seed);
    let (start, mut count) = (Instant::now(), 0_u64);
    while start.elapsed() < time {
        for _ in 0..BATCH {
            let input = mutator.input(&corpus);
            count += 1;
            if catch_unwind(|| decode(&input)).is_err() {
                let kept = keep(&folder, &input)?;
                tell(&format!("{name}: failed by {}", kept.display()))?;
                return Ok(false);
            }
        }
    }
    let rate = count as f64 / start.elapsed().as_secs_f64();
    tell(&format!("{name}: {count} inputs, {rate:.0} a second"))?;
    Ok(true)
}

fn read(folder: &Path) -> Result<Vec<Vec<u8>>> {
    let files = fs::read_dir(folder).with_context(|| format!("{}", folder.display()))?;
    let mut paths = files
        .map(|file| Ok(file?.path()))
        .collect::<Result<Vec<PathBuf>>>()?;
    // In an order that does not depend on the file system.
    paths.sort();
    paths.iter().map(|path| Ok(fs::read(path)?)).collect()
}

/// Writes an input where the next run and the plain test find it.
fn keep(folder: &Path, input: &[u8]) -> Result<PathBuf> {
    let hash = input.iter().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x100_0000_01b3)
    });
    let path = folder.join(format!("failed-{hash:016x}"));
    fs::write(&path, input)?;
    Ok(path)
}

fn tell(line: &str) -> Result<()> {
    writeln!(std::io::stdout(), "{line}")?;
    Ok(())
}
