//! Every developer command: `cargo xtask --help` lists them.

#[path = "../../crates/protocol/src/name.rs"]
mod name;

mod bench;
mod build;
mod check;
mod doctor;
mod fuzz;
mod linters;
mod package;
mod packages;
mod page;
mod pictures;
mod rename;
mod replay;
mod serve;
mod setup;
mod size;
mod soak;
mod steps;
mod tidy;
mod tools;
mod wasm;
mod workspace;

use std::path::PathBuf;

use anyhow::Result;
use clap::{CommandFactory, Parser, Subcommand};

use crate::{setup::Part, steps::Steps, workspace::Workspace};

/// The developer commands. Each says what it does and how long it took.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Play: set up what is missing, build the web client, serve it and stay.
    Play {
        /// Open the native game instead.
        #[arg(long)]
        native: bool,
        /// Another game, by its folder in `examples/`.
        #[arg(long)]
        example: Option<String>,
        /// With --native: arguments for the game, such as `--room CODE`.
        #[arg(last = true, requires = "native")]
        game: Vec<String>,
    },
    /// Install what is missing, at pinned versions, and nothing else.
    Setup {
        /// What to set up; all but `extra` when none is named.
        #[arg(value_enum)]
        parts: Vec<Part>,
    },
    /// Print what is installed and what is missing, who needs it, and the command that mends it.
    ///
    /// Exit status: 0 when what `play` and `test` need is there, 1 when some of it is not.
    Doctor,
    /// Build the web client into `dist/`, with brotli and gzip beside each file.
    #[command(long_about = concat!(
        "Build the web client into `dist/`, with brotli and gzip beside each file.\n\n\
         With its public address in ",
        variable!("PUBLIC_URL"),
        ", previews of links show its picture."
    ))]
    Build {
        /// Another game, by its folder in `examples/`.
        #[arg(long)]
        example: Option<String>,
    },
    /// Print what a player downloads before the first frame; fail when it is over its budget.
    Size {
        /// Also the largest crates, of a module that is built once more for that.
        #[arg(long)]
        by_crate: bool,
    },
    /// Finish a web client in a folder, as `build` does after trunk.
    #[command(hide = true)]
    Finish {
        /// The folder of its `index.html`.
        folder: PathBuf,
    },
    /// Build and pack what is given away: the game, the server, the web client, the server's image.
    Package {
        /// What to pack, into `packages` of the target folder.
        #[arg(value_enum)]
        what: package::What,
    },
    /// Serve the built web client and signaling on port 3536.
    Serve {
        /// Stock `matchbox_server` does the signaling in place of ours.
        #[arg(long)]
        stock: bool,
    },
    /// Make this the start of another game: every name, title, key and variable gets its name.
    ///
    /// Leaves no word of the template but in the licence and one line of thanks.
    Rename(rename::Rename),
    /// Check what the compiler does not: the order of the crates, documents, licences and the like.
    Tidy,
    /// The one check for people and CI.
    Test {
        /// Only formatting, clippy and the tests that need no browser.
        #[arg(long)]
        quick: bool,
    },
    /// Only the end-to-end tests, on the web client that `build` made.
    E2e {
        /// Arguments for `cargo test`, such as the name of one test.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        cargo_test: Vec<String>,
    },
    /// Play matches in simulated time through random faults, and judge them.
    Soak(soak::Soak),
    /// Measure peers on a bad network of their own (as root, on Linux): `-- --help` tells more.
    Network {
        /// Arguments for the measurement, such as `--rtt 100 --loss 5 --seconds 60 --peers 2,4,8`.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        measurement: Vec<String>,
    },
    /// Time what must be fast, beside the references.
    Bench {
        /// What to time.
        #[arg(value_enum)]
        what: bench::What,
        /// Arguments for the bench, such as `--connections 19000 --minutes 10`.
        #[arg(last = true)]
        arguments: Vec<String>,
    },
    /// Check a recorded match, or find where two records of one part.
    Replay {
        /// What to do with which files.
        #[command(subcommand)]
        task: replay::Task,
    },
    /// Feed every decoder inputs that are nearly right, and keep those that make one fail.
    ///
    /// Exit status: 0 when all held, 1 when one did not.
    Fuzz {
        /// For how long, all decoders together.
        #[arg(long, default_value_t = 60)]
        seconds: u64,
        /// Only this decoder, by its folder in a crate's `tests/corpus/`.
        #[arg(long)]
        target: Option<String>,
        /// The same seed makes the same inputs.
        #[arg(long, default_value_t = 1)]
        seed: u64,
    },
    /// Take the pictures of `docs/pictures/` from a real run.
    Pictures,
}

fn main() -> Result<()> {
    let workspace = Workspace::find()?;
    let mut steps = Steps::default();
    let result = match Args::parse().command {
        Command::Play {
            native: false,
            example,
            ..
        } => play(&workspace, &mut steps, example.as_deref()),
        Command::Play {
            native: true,
            example,
            game,
        } => setup::run(&workspace, &mut steps, &[Part::Native])
            .and_then(|()| serve::native(&workspace, example.as_deref(), &game)),
        Command::Setup { parts } if parts.is_empty() => {
            setup::run(&workspace, &mut steps, Part::ALL)
        }
        Command::Setup { parts } => setup::run(&workspace, &mut steps, &parts),
        Command::Doctor => doctor::run(&workspace),
        Command::Build { example } => setup::run(&workspace, &mut steps, &[Part::Web])
            .and_then(|()| build::run(&workspace, &mut steps, example.as_deref())),
        Command::Package { what } => package::run(&workspace, &mut steps, what),
        Command::Size { by_crate } => size::run(&workspace, &mut steps, by_crate),
        Command::Finish { folder } => page::finish(&workspace, &folder, None),
        Command::Serve { stock: false } => serve::ours(&workspace, &mut steps),
        Command::Serve { stock: true } => serve::stock(&workspace, &mut steps),
        Command::Rename(rename) => rename::run(&workspace, &mut steps, &rename),
        Command::Tidy => tidy::run(&workspace, &Args::command()),
        Command::Test { quick: true } => check::quick(&workspace, &mut steps),
        Command::Test { quick: false } => check::all(&workspace, &mut steps),
        Command::E2e { cargo_test } => check::end_to_end(&workspace, &mut steps, &cargo_test),
        Command::Soak(soak) => soak::run(&workspace, &soak),
        Command::Network { measurement } => check::network(&workspace, &mut steps, &measurement),
        Command::Bench { what, arguments } => bench::run(&workspace, &mut steps, what, &arguments),
        Command::Replay { task } => replay::run(&workspace, &task),
        Command::Fuzz {
            seconds,
            target,
            seed,
        } => fuzz::run(&workspace, seconds, target.as_deref(), seed),
        Command::Pictures => pictures::run(&workspace, &mut steps),
    };
    steps.summary();
    result
}

fn play(workspace: &Workspace, steps: &mut Steps, example: Option<&str>) -> Result<()> {
    setup::run(workspace, steps, &[Part::Web])?;
    build::run(workspace, steps, example)?;
    serve::ours(workspace, steps)
}
