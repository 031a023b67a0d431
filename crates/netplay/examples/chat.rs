//! Two terminals, a room code, lines of text over the reliable channel.
//!
//! `cargo run -p netplay --example chat -- --server ws://127.0.0.1:3536 --room kitchen --name Ada`
//!
//! Any server that speaks matchbox's protocol will do; nobody's words pass through it.

use anyhow::Context;
use bytes::Bytes;
use clap::Parser;
use netplay::{
    signaling::{api::ServerUrl, entrance},
    transport::{
        Channel, SignalingState, Transport,
        matchbox::{Ice, spawn},
    },
};
use protocol::{
    PeerId,
    api::VersionTag,
    limits::{MAX_CHAT_BYTES, MAX_NAME_BYTES},
    peer::clean_text,
};
use std::{
    io::{BufRead, Write},
    sync::mpsc::{Receiver, TryRecvError, sync_channel},
    time::Duration,
};

/// Talk to everybody in a room.
#[derive(Parser)]
struct Args {
    /// The signaling server.
    #[arg(long, default_value = "ws://127.0.0.1:3536")]
    server: String,
    /// The room's code, or a name; everybody who gives the same one meets.
    #[arg(long)]
    room: String,
    /// Who you are.
    #[arg(long, default_value = "Somebody")]
    name: String,
}

fn main() -> anyhow::Result<()> {
    let args = Args::parse();
    let server: ServerUrl = args.server.parse().context("--server")?;
    let way = entrance::by_code_or_name(&server, &args.room, VersionTag::default());
    let mut transport = spawn(smol::block_on(way)?.into(), Ice::default())?;
    let name = clean_text(&args.name, MAX_NAME_BYTES);
    let typed = lines_typed();
    // Channels open after signaling tells of a peer, and what is sent before is lost: so both
    // sides greet until the other's first word has come, and only then is somebody here.
    let mut here: Vec<PeerId> = Vec::new();
    let mut out = std::io::stdout();
    loop {
        for peer in transport
            .known_peers()
            .iter()
            .filter(|peer| !here.contains(&peer.id))
        {
            transport.send(peer.id, Channel::Reliable, Bytes::new());
        }
        while let Some((from, channel, packet)) = transport.receive() {
            if channel != Channel::Reliable {
                continue;
            }
            if !here.contains(&from) {
                here.push(from);
                // In case that all our greetings came too early.
                transport.send(from, Channel::Reliable, Bytes::new());
                writeln!(out, "* somebody is here; type a line")?;
            }
            // Others' words are shown as one line of plain text, whatever they contain.
            let line = clean_text(&String::from_utf8_lossy(&packet), MAX_CHAT_BYTES);
            if !line.is_empty() {
                writeln!(out, "{line}")?;
            }
        }
        match typed.try_recv() {
            Ok(line) => {
                let line = Bytes::from(clean_text(&format!("{name}: {line}"), MAX_CHAT_BYTES));
                for peer in &here {
                    transport.send(*peer, Channel::Reliable, line.clone());
                }
            }
            Err(TryRecvError::Empty) => {}
            Err(TryRecvError::Disconnected) => break,
        }
        if let SignalingState::Failed(why) = transport.signaling() {
            anyhow::bail!("{why}");
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    // The last line is still on its way.
    std::thread::sleep(Duration::from_millis(300));
    Ok(())
}

/// The lines of the terminal, read by a thread of their own; closed at the end of input.
fn lines_typed() -> Receiver<String> {
    let (sender, receiver) = sync_channel(16);
    std::thread::spawn(move || {
        for line in std::io::stdin().lock().lines().map_while(Result::ok) {
            if sender.send(line).is_err() {
                break;
            }
        }
    });
    receiver
}
