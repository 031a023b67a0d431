//! Two peers in one process greet each other over WebRTC data channels. No server is needed.
//!
//! `cargo run -p netplay --example minimal`
//!
//! The steps are those of every WebRTC program: the two find each other by signaling (here a hub
//! inside the process), exchange descriptions and candidates, and then talk directly.

use bytes::Bytes;
use netplay::{
    signaling::local::LocalHub,
    transport::{
        Channel, Transport,
        matchbox::{Ice, MatchboxTransport, Signaling, spawn},
    },
};
use std::time::{Duration, Instant};

/// How long the two may take; one second is usual.
const DEADLINE: Duration = Duration::from_secs(20);

/// Greets the others of the room, and returns the first greeting that came from one.
fn greet(peer: &mut MatchboxTransport, greeting: &'static str) -> Option<String> {
    // A packet to a peer whose channels are not open yet is lost, so greet until all is said.
    for other in peer.known_peers() {
        peer.send(
            other.id,
            Channel::Reliable,
            Bytes::from_static(greeting.as_bytes()),
        );
    }
    let (_, _, packet) = peer.receive()?;
    Some(String::from_utf8_lossy(&packet).into_owned())
}

/// The whole of it.
pub fn main() -> anyhow::Result<()> {
    // The room that both join. Over a server it would be `Signaling::Remote`.
    let hub = LocalHub::new();
    let mut alice = spawn(Signaling::Local(hub.clone()), Ice::default())?;
    let mut bob = spawn(Signaling::Local(hub), Ice::default())?;

    let start = Instant::now();
    let (mut alice_heard, mut bob_heard) = (None, None);
    while alice_heard.is_none() || bob_heard.is_none() {
        anyhow::ensure!(
            start.elapsed() < DEADLINE,
            "the two did not meet in {DEADLINE:?}"
        );
        alice_heard = alice_heard.or(greet(&mut alice, "Hello from Alice!"));
        bob_heard = bob_heard.or(greet(&mut bob, "Hello from Bob!"));
        std::thread::sleep(Duration::from_millis(10));
    }

    let mut out = std::io::stdout();
    use std::io::Write;
    writeln!(out, "Alice heard: {}", alice_heard.unwrap_or_default())?;
    writeln!(out, "Bob heard: {}", bob_heard.unwrap_or_default())?;
    writeln!(out, "It took {} ms.", start.elapsed().as_millis())?;
    Ok(())
}
