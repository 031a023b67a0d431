//! Native peers without pictures, over our server and over the stock one.

use std::time::Duration;

use anyhow::Result;
use e2e::{
    peer::NativePeer,
    play::{ENOUGH_FRAMES, Player, play, until},
    server::{Server, StockServer},
};

/// How long the peers play.
const SECONDS: u64 = 20;

#[tokio::test(flavor = "multi_thread")]
async fn two_native_peers() -> Result<()> {
    let server = Server::without_pages().await?;
    let room = server.create_room().await?;
    play_over(&server.signaling(), &room, "ours").await?;
    server.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn two_native_peers_over_the_stock_server() -> Result<()> {
    let Some(server) = StockServer::start().await? else {
        println!("SKIPPED: matchbox_server is not installed; `cargo xtask setup test` installs it");
        return Ok(());
    };
    // The stock server has rooms by name and makes them by itself; the name is like a code.
    play_over(&server.signaling(), "STCKRM", "stock").await
}

async fn play_over(signaling: &str, room: &str, name: &str) -> Result<()> {
    let first = NativePeer::join(&format!("{name}-1"), signaling, room, SECONDS).await?;
    let second = NativePeer::join(&format!("{name}-2"), signaling, room, SECONDS).await?;
    play_out(first, second).await
}

async fn play_out(mut first: NativePeer, mut second: NativePeer) -> Result<()> {
    play(
        Player::Native(&mut first),
        Player::Native(&mut second),
        ENOUGH_FRAMES,
    )
    .await?;
    first.finish().await?;
    second.finish().await
}

/// Once the channels are open, the server may go.
#[tokio::test(flavor = "multi_thread")]
async fn play_goes_on_without_the_server() -> Result<()> {
    const PLAYING: Duration = Duration::from_secs(15);

    let server = Server::without_pages().await?;
    let room = server.create_room().await?;
    let first = NativePeer::join("left-1", &server.signaling(), &room, SECONDS).await?;
    let second = NativePeer::join("left-2", &server.signaling(), &room, SECONDS).await?;
    until("the match", PLAYING, async || {
        let both = [first.status()?, second.status()?];
        let play = both
            .iter()
            .flatten()
            .filter(|status| status.confirmed > 60)
            .count()
            == 2;
        Ok(play.then_some(()))
    })
    .await?;
    server.stop().await?;
    play_out(first, second).await
}
