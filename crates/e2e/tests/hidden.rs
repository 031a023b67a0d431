//! Whether anybody looks changes nothing: hidden tabs, slow displays, windows that are not drawn.

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use e2e::{
    browser::{Browser, Display},
    meeting::{both_play, page_and_peer},
    peer::NativePeer,
    play::{Pace, Player, until},
    server::Server,
    tabs::Covered,
    window::Game,
};
use tokio::time::sleep;

/// From the start of a native game to the first frames of a match, cargo's build included.
const START: Duration = Duration::from_secs(300);

/// How long nobody looks.
const HIDDEN: Duration = Duration::from_secs(20);

/// How long the others may take to learn of it. A covering game has to start first.
const NOTICE: Duration = Duration::from_secs(20);

/// Longer than any of these tests.
const NATIVE_SECONDS: u64 = 240;

/// Confirmed frames a second while nobody looks: 60, less the grain of the measurement.
const FULL_PACE: f64 = 57.0;

/// The least of a session that keeps pace at all.
const LEAST_PACE: f64 = 55.0;

/// Lets the page and a native peer meet, and waits until both play.
async fn begin(server: &Server, page: &Browser, name: &str) -> Result<NativePeer> {
    let mut peer = page_and_peer(server, page, name, NATIVE_SECONDS).await?;
    both_play(Player::Page(page, 0), Player::Native(&mut peer)).await?;
    Ok(peer)
}

/// Hides the page behind another tab for a while. Everybody plays on, and knows.
async fn hide(server: &Server, page: &Browser, peer: &mut NativePeer) -> Result<()> {
    let covered = Covered::by(page, &server.page("assets/loader.js")).await?;
    until("the page to be hidden", NOTICE, async || {
        let seen = covered.ask().await?;
        Ok((seen.visibility == "hidden").then_some(()))
    })
    .await?;
    away(peer, 1).await?;
    let before = covered.ask().await?;

    let (mut hidden, mut other) = (Pace::default(), Pace::default());
    let end = Instant::now() + HIDDEN;
    while Instant::now() < end {
        other.note(&peer.next().await?);
        let seen = covered.ask().await?;
        ensure!(seen.visibility == "hidden", "the page was shown: {seen:?}");
        hidden.note(&seen.told);
    }
    let after = covered.ask().await?;
    eprintln!(
        "hidden for {HIDDEN:?}: {} pictures, {:.1} confirmed frames a second, the other {:.1}",
        after.pictures - before.pictures,
        hidden.rate(),
        other.rate()
    );
    // Firefox lets a hidden page draw now and then, ever more seldom.
    let pictures = after.pictures - before.pictures;
    ensure!(pictures < HIDDEN.as_secs() / 2, "a hidden page has drawn");
    for pace in [hidden, other] {
        ensure!(pace.played() > HIDDEN / 2, "hardly any match was seen");
        ensure!(pace.rate() >= FULL_PACE, "a session fell behind");
    }
    covered.uncover().await?;
    away(peer, 0).await
}

/// Waits until the peer knows of so many others that they are away.
async fn away(peer: &mut NativePeer, count: usize) -> Result<()> {
    until("the other to notice", NOTICE, async || {
        let status = peer.status()?;
        Ok(status.filter(|status| status.away == count).map(drop))
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hidden_tab_of_chromium_plays_on() -> Result<()> {
    let server = Server::with_web_client().await?;
    let page = Browser::chromium_window("hidden-chromium", 480, 320).await?;
    let mut peer = begin(&server, &page, "hidden-chromium-peer").await?;
    hide(&server, &page, &mut peer).await?;
    drop((page, peer));
    server.stop().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hidden_tab_of_firefox_plays_on() -> Result<()> {
    let server = Server::with_web_client().await?;
    let page = Browser::firefox("hidden-firefox", 480, 320).await?;
    let mut peer = begin(&server, &page, "hidden-firefox-peer").await?;
    hide(&server, &page, &mut peer).await?;
    drop((page, peer));
    server.stop().await
}

/// From here on each animation frame comes 200 ms after it was asked for.
const SLOW_DISPLAY: &str = "
    const request = window.requestAnimationFrame.bind(window);
    window.requestAnimationFrame = (draw) =>
        request(() => setTimeout(() => request(draw), 200));";

/// From here on each picture keeps the page's only thread busy for 200 ms.
const SLOW_DRAWING: &str = "
    const request = window.requestAnimationFrame.bind(window);
    window.requestAnimationFrame = (draw) => request((time) => {
        const end = performance.now() + 200;
        while (performance.now() < end);
        draw(time);
    });";

/// Plays for a while with a page that runs `script` first, and gives both paces.
async fn paces(name: &str, script: &str) -> Result<(f64, f64)> {
    let server = Server::with_web_client().await?;
    let page = Browser::chromium(name, 480, 320).await?;
    let mut peer = begin(&server, &page, &format!("{name}-peer")).await?;
    page.evaluate(script).await?;
    // What was on its way before counts for neither.
    sleep(Duration::from_secs(2)).await;
    let (mut slow, mut other) = (Pace::default(), Pace::default());
    let end = Instant::now() + HIDDEN;
    while Instant::now() < end {
        other.note(&peer.next().await?);
        if let Some(told) = Player::Page(&page, 0).latest().await? {
            slow.note(&told);
        }
    }
    let paces = (slow.rate(), other.rate());
    eprintln!(
        "{name}: {:.1} confirmed frames a second, the other {:.1}",
        paces.0, paces.1
    );
    drop((page, peer));
    server.stop().await?;
    Ok(paces)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_display_of_five_pictures_a_second_slows_nobody() -> Result<()> {
    let (slow, other) = paces("slow-display", SLOW_DISPLAY).await?;
    ensure!(
        slow >= FULL_PACE && other >= FULL_PACE,
        "a session fell behind"
    );
    Ok(())
}

/// The page has one thread: what it does beside drawing happens five times a second, in one go.
#[tokio::test(flavor = "multi_thread")]
async fn pictures_that_take_200_ms_slow_nobody() -> Result<()> {
    let (slow, other) = paces("slow-drawing", SLOW_DRAWING).await?;
    ensure!(
        slow >= LEAST_PACE && other >= LEAST_PACE,
        "a session fell behind"
    );
    Ok(())
}

/// Sizes of two windows, of which the second covers the first.
const SMALL: &str = "480x320";
const LARGE: &str = "640x480";

/// Lets a native game in a window of this display meet a peer, and waits until both play.
async fn window_and_peer(
    server: &Server,
    display: &Display,
    name: &str,
) -> Result<(Game, NativePeer)> {
    let room = server.create_room().await?;
    let signaling = server.signaling();
    let peer = format!("{name}-peer");
    let mut peer = NativePeer::join(&peer, &signaling, &room, NATIVE_SECONDS).await?;
    let join = ["--server", &signaling, "--room", &room, "--autopilot"];
    let arguments = [&join[..], &["--size", SMALL]].concat();
    let game = Game::start(&format!("{name}-game"), display, &arguments).await?;
    until("the match", START, async || {
        let status = peer.status()?;
        Ok(status.filter(|status| status.confirmed > 60).map(drop))
    })
    .await?;
    away(&mut peer, 0).await?;
    Ok((game, peer))
}

/// Sees that the peer's match keeps its pace while nobody looks at the other's window.
async fn keeps_pace(what: &str, peer: &mut NativePeer) -> Result<()> {
    let mut pace = Pace::default();
    let end = Instant::now() + HIDDEN;
    while Instant::now() < end {
        pace.note(&peer.next().await?);
    }
    eprintln!("{what}: {:.1} confirmed frames a second", pace.rate());
    ensure!(pace.rate() >= FULL_PACE, "a session fell behind");
    Ok(())
}

/// A native window that another one covers.
#[tokio::test(flavor = "multi_thread")]
async fn a_native_window_that_nobody_sees_plays_on() -> Result<()> {
    let server = Server::without_pages().await?;
    let display = Display::start("covered").await?;
    let (game, mut peer) = window_and_peer(&server, &display, "covered").await?;
    let cover = Game::start("covering-game", &display, &["--size", LARGE]).await?;
    away(&mut peer, 1).await?;
    keeps_pace("covered", &mut peer).await?;
    drop(cover);
    away(&mut peer, 0).await?;
    drop((game, peer));
    server.stop().await
}

/// A native window that its window manager takes off the screen: no picture of it is shown anywhere.
#[tokio::test(flavor = "multi_thread")]
async fn a_minimised_native_window_plays_on() -> Result<()> {
    let server = Server::without_pages().await?;
    let display = Display::start("minimised").await?;
    let manager = display.manage("minimised").await?;
    let (game, mut peer) = window_and_peer(&server, &display, "minimised").await?;
    display.ask("windowminimize").await?;
    away(&mut peer, 1).await?;
    keeps_pace("minimised", &mut peer).await?;
    display.ask("windowmap").await?;
    away(&mut peer, 0).await?;
    drop((game, peer, manager));
    server.stop().await
}
