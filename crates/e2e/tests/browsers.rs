//! Matches in which at least one player is a page.

use anyhow::Result;
use e2e::{
    browser::Browser,
    meeting::{both_play, page_and_peer, pages},
    play::{ENOUGH_FRAMES, Player, play},
    server::Server,
};

/// Long enough for a page to load, meet the peer and play; the peer may end afterwards.
const NATIVE_SECONDS: u64 = 180;

async fn meet_and_play(server: &Server, first: &Browser, second: &Browser) -> Result<()> {
    pages(server, first, second).await?;
    play(
        Player::Page(first, 0),
        Player::Page(second, 0),
        ENOUGH_FRAMES,
    )
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn two_chromium_windows() -> Result<()> {
    let server = Server::with_web_client().await?;
    let first = Browser::chromium("chromium-1", 480, 320).await?;
    let second = Browser::chromium("chromium-2", 480, 320).await?;
    meet_and_play(&server, &first, &second).await?;
    drop((first, second));
    server.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn firefox_with_chromium() -> Result<()> {
    let server = Server::with_web_client().await?;
    let first = Browser::firefox("firefox", 480, 320).await?;
    let second = Browser::chromium("chromium", 480, 320).await?;
    meet_and_play(&server, &first, &second).await?;
    drop((first, second));
    server.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn chromium_with_a_native_peer() -> Result<()> {
    let server = Server::with_web_client().await?;
    let browser = Browser::chromium("chromium-native", 480, 320).await?;
    let mut peer = page_and_peer(&server, &browser, "native", NATIVE_SECONDS).await?;
    play(
        Player::Page(&browser, 0),
        Player::Native(&mut peer),
        ENOUGH_FRAMES,
    )
    .await?;
    drop((browser, peer));
    server.stop().await
}

/// Once the channels are open, the server may go.
#[tokio::test(flavor = "multi_thread")]
async fn two_pages_play_on_without_the_server() -> Result<()> {
    let server = Server::with_web_client().await?;
    let first = Browser::chromium("without-1", 480, 320).await?;
    let second = Browser::chromium("without-2", 480, 320).await?;
    pages(&server, &first, &second).await?;
    both_play(Player::Page(&first, 0), Player::Page(&second, 0)).await?;
    server.stop().await?;
    play(
        Player::Page(&first, 0),
        Player::Page(&second, 0),
        ENOUGH_FRAMES,
    )
    .await
}

/// The two meet inside the page; only the page itself comes from a server.
#[tokio::test(flavor = "multi_thread")]
async fn two_scenes_of_one_page() -> Result<()> {
    let server = Server::with_web_client().await?;
    let browser = Browser::chromium("scenes", 480, 320).await?;
    browser.open(&server.page("?scenes=2&autopilot=1")).await?;
    browser.draws(1).await?;
    // From here on the page has nobody but itself.
    server.stop().await?;
    play(
        Player::Page(&browser, 0),
        Player::Page(&browser, 1),
        ENOUGH_FRAMES,
    )
    .await
}
