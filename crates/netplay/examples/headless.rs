//! A peer without any picture: joins a room, plays by autopilot, and prints its
//! [`Status`](netplay::session::Status) as a JSON line on stdout, each second and at each checksum.
//!
//! `cargo run -p netplay --example headless -- --server ws://127.0.0.1:3536 --room kitchen --seconds 20`
//!
//! The exit status tells how it went, a sentence on stderr why:
//! - 0: a match was played, and no desync seen
//! - 2: the arguments are wrong
//! - 3: the server is down, or refused us
//! - 4: another peer refused us
//! - 5: nobody came, or whoever came could not be reached
//! - 6: others were here, but no match began
//! - 7: the worlds differed (desync)
//! - 8: the session could not run at all

use clap::Parser;
use netplay::{
    session::{Command, Config, Failure, Handle, Phase, resume, spawn},
    signaling::{api::ServerUrl, entrance},
    transport::matchbox::{self, Ice},
};
use protocol::{agreement::Token, api::VersionTag};
use sim::World;
use std::{
    fs,
    io::{self, ErrorKind, Write},
    path::{Path, PathBuf},
    process::ExitCode,
    time::{Duration, Instant},
};

/// How long the last word may take to go out.
const FAREWELL: Duration = Duration::from_secs(2);

/// How often the session is looked at.
const GLANCE: Duration = Duration::from_millis(2);

/// Plays in a room without any picture.
#[derive(Parser)]
struct Args {
    /// The signaling server: http(s)://, ws(s)://, or host:port.
    #[arg(long)]
    server: ServerUrl,
    /// The room's code, or a name; on a stock matchbox server all rooms have names.
    #[arg(long)]
    room: String,
    /// How long to stay, from the start.
    #[arg(long)]
    seconds: u64,
    /// The player's name.
    #[arg(long, default_value = "headless")]
    name: String,
    /// Frames between an input and its step, 0 to 6; by the measured round trip if not given.
    #[arg(long)]
    input_delay: Option<u32>,
    /// A STUN or TURN server; may be repeated.
    #[arg(long)]
    ice: Vec<String>,
    /// Connects by the server's relays only, so that no other peer learns of this one's address.
    #[arg(long)]
    relay_only: bool,
    /// Peers that a match waits for, this one included.
    #[arg(long, default_value_t = 2)]
    players: usize,
    /// An existing folder for the token by which this player is known again: started with the same
    /// folder after a crash, it asks for its seat back.
    #[arg(long)]
    state: Option<PathBuf>,
    /// Only watches, and never takes a seat.
    #[arg(long)]
    watch: bool,
}

/// The player's token, and the file that keeps it.
struct Identity {
    token: Token,
    resumes: Option<Token>,
    file: Option<PathBuf>,
}

impl Identity {
    /// A new token, and the kept one if there is any.
    fn new(state: Option<&Path>) -> io::Result<Self> {
        let file = state.map(|folder| folder.join("token"));
        let resumes = match file.as_ref().map(fs::read) {
            None => None,
            // Of another length it was not written by us, or not to its end.
            Some(Ok(bytes)) => bytes.try_into().ok(),
            Some(Err(error)) if error.kind() == ErrorKind::NotFound => None,
            Some(Err(error)) => return Err(error),
        };
        Ok(Self {
            token: resume::new_token(),
            resumes,
            file,
        })
    }

    /// Keeps the new token in place of the old one: called with the first seat, for until then the
    /// old one may still be needed.
    fn keep(&self) {
        if let Some(file) = &self.file
            && let Err(error) = fs::write(file, self.token)
        {
            note(&format!("cannot write {}: {error}", file.display()));
        }
    }
}

/// What has been seen of the session.
#[derive(Default)]
struct Seen {
    online: bool,
    others: bool,
    first_confirmed: Option<Duration>,
}

fn main() -> ExitCode {
    let args = Args::parse();
    // matchbox warns of every hello that is said before channels are open.
    let filter = tracing_subscriber::EnvFilter::try_from_default_env()
        .unwrap_or_else(|_| "error,netplay=info".into());
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .init();

    let start = Instant::now();
    let version = VersionTag::of::<World>();
    let way = entrance::by_code_or_name(&args.server, &args.room, version);
    let signaling = match smol::block_on(way) {
        Ok(found) => found.into(),
        Err(error) => return end(3, &error.to_string()),
    };
    let ice = Ice {
        urls: args.ice.clone(),
        ask: Some(args.server.clone()),
        relay_only: args.relay_only,
        ..Ice::default()
    };
    let identity = match Identity::new(args.state.as_deref()) {
        Ok(identity) => identity,
        Err(error) => return end(8, &format!("the kept token cannot be read: {error}")),
    };
    let session = match matchbox::spawn(signaling, ice) {
        Ok(transport) => spawn(transport, config(&args, &identity)),
        Err(error) => return end(8, &format!("the system gives no thread: {error}")),
    };
    let seen = watch(
        &session,
        &identity,
        start,
        Duration::from_secs(args.seconds),
    );
    print_status(&session);
    let (code, sentence) = judge(&session, &seen);
    session.command(Command::Leave);
    let leaving = Instant::now();
    while !session.has_ended() && leaving.elapsed() < FAREWELL {
        std::thread::sleep(GLANCE);
    }
    end(code, &sentence)
}

fn config(args: &Args, identity: &Identity) -> Config<World> {
    Config {
        name: args.name.clone(),
        settings: sim::settings,
        seating: netplay::session::in_order::<World>,
        autopilot: Some(sim::autopilot),
        auto_ready: true,
        min_peers: args.players,
        color: 0,
        input_delay: args.input_delay,
        token: identity.token,
        resumes: identity.resumes,
        watch: args.watch,
    }
}

/// Prints the status once a second, and whenever there is a new checksum so that whoever compares them
/// misses none, until the time is over or the session fails.
fn watch(session: &Handle<World>, identity: &Identity, start: Instant, time: Duration) -> Seen {
    let mut seen = Seen::default();
    let mut kept = false;
    let mut next_line = Duration::from_secs(1);
    let mut told = 0;
    while start.elapsed() < time {
        std::thread::sleep(GLANCE);
        let status = session.status();
        seen.online |= !matches!(status.phase, "connecting" | "failed");
        seen.others |= status.peers > 0;
        if status.confirmed > 0 && seen.first_confirmed.is_none() {
            seen.first_confirmed = Some(start.elapsed());
            note(&format!(
                "first confirmed frame after {} ms",
                start.elapsed().as_millis()
            ));
        }
        if !kept && status.confirmed > 0 && status.seat.is_some() {
            kept = true;
            identity.keep();
        }
        if status.phase == "failed" {
            break;
        }
        let is_time = start.elapsed() >= next_line;
        if is_time {
            next_line += Duration::from_secs(1);
        }
        if is_time || status.checksum_frame != told {
            told = status.checksum_frame;
            print_status(session);
        }
    }
    seen
}

/// The exit status and the sentence that explains it.
fn judge(session: &Handle<World>, seen: &Seen) -> (u8, String) {
    if let Some(frame) = session.status().desync {
        return (7, format!("the worlds differ at frame {frame}"));
    }
    let played = seen.first_confirmed.is_some();
    match session.view().phase {
        Phase::Failed(failure) => {
            let code = match failure {
                Failure::Desync(_) => 7,
                Failure::Internal(_) => 8,
                // The others may end the match before us.
                _ if played => 0,
                Failure::Signaling(_) => 3,
                Failure::Refused { .. } => 4,
                Failure::Unreachable(_) => 5,
                Failure::Left => 6,
            };
            (code, failure.to_string())
        }
        _ if played => (0, "a match was played, and the worlds agreed".into()),
        _ if seen.others => (6, "others were here, but no match began".into()),
        _ if seen.online => (5, "nobody came".into()),
        _ => (3, "the server did not answer in time".into()),
    }
}

fn print_status(session: &Handle<World>) {
    if let Ok(line) = serde_json::to_string(&session.status()) {
        // Whoever reads may have gone; the match goes on.
        let _ = writeln!(std::io::stdout(), "{line}");
    }
}

fn note(sentence: &str) {
    let _ = writeln!(std::io::stderr(), "headless: {sentence}");
}

fn end(code: u8, sentence: &str) -> ExitCode {
    note(sentence);
    ExitCode::from(code)
}
