//! The examples `headless` and `chat` do what they say, as processes of their own that meet
//! through a real server over real WebRTC.
#![cfg(not(target_arch = "wasm32"))]

use serde_json::Value;
use std::{
    io::{BufRead, BufReader, Write},
    net::SocketAddr,
    path::PathBuf,
    process::{Child, Command, Output, Stdio},
    sync::mpsc::{Receiver, channel},
    time::Duration,
};

/// Nothing here takes a third of it.
const DEADLINE: Duration = Duration::from_secs(30);

/// A server for the length of a test.
struct Server {
    address: SocketAddr,
    _runtime: tokio::runtime::Runtime,
}

impl Server {
    fn start() -> Self {
        let runtime = tokio::runtime::Runtime::new().expect("a runtime");
        let listener = runtime
            .block_on(tokio::net::TcpListener::bind("127.0.0.1:0"))
            .expect("a free port");
        let address = listener.local_addr().expect("an address");
        runtime.spawn(signaling::serve(
            listener,
            signaling::Config::default(),
            std::future::pending(),
        ));
        Self {
            address,
            _runtime: runtime,
        }
    }
}

/// An example of this crate: Cargo builds them beside the tests.
fn example(name: &str) -> Command {
    let test = std::env::current_exe().expect("a test has a path");
    let profile = test.ancestors().nth(2).expect("target/PROFILE/deps/TEST");
    let path: PathBuf = profile.join("examples").join(name);
    let mut command = Command::new(path.with_extension(std::env::consts::EXE_EXTENSION));
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

fn headless(server: &str, seconds: &str) -> Child {
    let arguments = [
        "--server",
        server,
        "--room",
        "kitchen",
        "--seconds",
        seconds,
    ];
    example("headless")
        .args(arguments)
        .spawn()
        .expect("cargo builds examples before tests")
}

fn finish(child: Child) -> (Option<i32>, Vec<Value>, String) {
    let Output {
        status,
        stdout,
        stderr,
    } = child.wait_with_output().expect("it ends");
    let lines = String::from_utf8_lossy(&stdout);
    let lines = lines
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"));
    (
        status.code(),
        lines.collect(),
        String::from_utf8_lossy(&stderr).into_owned(),
    )
}

#[test]
fn two_headless_peers_play_and_agree() {
    let server = Server::start();
    let url = format!("ws://{}", server.address);
    let peers = [headless(&url, "6"), headless(&url, "6")].map(finish);
    for (code, lines, told) in &peers {
        assert_eq!(*code, Some(0), "{told}");
        assert!(told.contains("first confirmed frame after"), "{told}");
        let last = lines.last().expect("a line a second");
        assert!(last["confirmed"].as_u64() > Some(60), "{last}");
        assert_eq!(last["desync"], Value::Null);
    }
    let sums = |lines: &[Value]| -> Vec<(u64, String)> {
        let sum = |line: &Value| {
            let checksum = line["checksum"].as_str().unwrap_or_default().to_owned();
            Some((line["checksum_frame"].as_u64()?, checksum))
        };
        lines
            .iter()
            .filter_map(sum)
            .filter(|(frame, _)| *frame > 0)
            .collect()
    };
    let (ada, bob) = (sums(&peers[0].1), sums(&peers[1].1));
    let both = ada
        .iter()
        .filter(|(frame, _)| bob.iter().any(|(other, _)| other == frame));
    let both: Vec<_> = both.collect();
    assert!(
        !both.is_empty(),
        "{ada:?} and {bob:?} have frames in common"
    );
    assert!(
        both.iter().all(|sum| bob.contains(sum)),
        "{ada:?} and {bob:?} agree"
    );
}

#[test]
fn headless_says_what_went_wrong() {
    let server = Server::start();
    let (code, _, told) = finish(headless(&format!("ws://{}", server.address), "1"));
    assert_eq!(code, Some(5), "{told}");
    assert!(told.contains("nobody came"), "{told}");

    let nobody_listens = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = nobody_listens.local_addr().expect("an address");
    drop(nobody_listens);
    let (code, _, told) = finish(headless(&format!("ws://{address}"), "20"));
    assert_eq!(code, Some(3), "{told}");

    let (code, ..) = finish(headless("not a server!", "1"));
    assert_eq!(code, Some(2));
}

/// A terminal with somebody in the chat.
struct Terminal {
    child: Child,
    shown: Receiver<String>,
}

impl Terminal {
    fn open(server: &Server, name: &str) -> Self {
        let url = format!("ws://{}", server.address);
        let arguments = ["--server", &url, "--room", "kitchen", "--name", name];
        let mut child = example("chat")
            .args(arguments)
            .spawn()
            .expect("cargo builds examples");
        let out = child.stdout.take().expect("stdout is piped");
        let (sender, shown) = channel();
        std::thread::spawn(move || {
            let lines = BufReader::new(out).lines().map_while(Result::ok);
            lines
                .take_while(|line| sender.send(line.clone()).is_ok())
                .for_each(drop);
        });
        Self { child, shown }
    }

    fn reads(&self) -> String {
        self.shown.recv_timeout(DEADLINE).expect("a line")
    }

    fn types(&mut self, line: &str) {
        let input = self.child.stdin.as_mut().expect("stdin is piped");
        writeln!(input, "{line}").expect("it listens");
    }

    fn closes(mut self) {
        drop(self.child.stdin.take());
        assert!(self.child.wait().expect("it ends").success());
    }
}

#[test]
fn two_terminals_chat() {
    let server = Server::start();
    let [mut ada, mut bob] = ["Ada", "Bob"].map(|name| Terminal::open(&server, name));
    assert!(ada.reads().starts_with("* somebody is here"));
    assert!(bob.reads().starts_with("* somebody is here"));
    ada.types("Hello!");
    assert_eq!(bob.reads(), "Ada: Hello!");
    bob.types("Hello \u{1b}[31mAda!");
    assert_eq!(ada.reads(), "Bob: Hello [31mAda!", "no control characters");
    ada.closes();
    bob.closes();
}
