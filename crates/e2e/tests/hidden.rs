//! Whether anybody looks changes nothing: hidden tabs, slow displays, windows that are not drawn.

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use e2e::{
    browser::Browser,
    peer::NativePeer,
    play::{Pace, until},
    server::Server,
    tabs::Covered,
};
use tokio::time::sleep;

/// From the first page to the first frames of a match.
const START: Duration = Duration::from_secs(120);

/// How long nobody looks.
const HIDDEN: Duration = Duration::from_secs(20);

/// How long the others may take to learn of it.
const NOTICE: Duration = Duration::from_secs(5);

/// Longer than any of these tests.
const NATIVE_SECONDS: u64 = 240;

/// Confirmed frames a second while nobody looks: 60, less the grain of the measurement.
const FULL_PACE: f64 = 57.0;

/// The least of a session that keeps pace at all.
const LEAST_PACE: f64 = 55.0;

/// Lets the page make a room and a native peer join it, and waits until both play.
async fn begin(server: &Server, page: &Browser, peer: &str) -> Result<NativePeer> {
    page.open(&server.page("?autopilot=1&create=1&name=Ada"))
        .await?;
    let link = page.invitation().await?;
    let code = link.rsplit('#').next().unwrap_or_default();
    let mut peer = NativePeer::join(peer, &server.signaling(), code, NATIVE_SECONDS).await?;
    until("the match", START, async || {
        let both = [page.status().await?, peer.status()?];
        let playing = both.iter().flatten().filter(|s| s.confirmed > 60).count() == 2;
        Ok(playing.then_some(()))
    })
    .await?;
    Ok(peer)
}

/// Hides the page behind another tab for a while. Everybody plays on, and knows.
async fn hide(server: &Server, page: &Browser, peer: &mut NativePeer) -> Result<()> {
    let covered = Covered::by(page, &server.page("assets/loader.js")).await?;
    until("the page to be hidden", NOTICE, async || {
        let told = covered.ask().await?;
        Ok((told.visibility == "hidden").then_some(()))
    })
    .await?;
    away(peer, 1).await?;
    let before = covered.ask().await?;

    let (mut hidden, mut other) = (Pace::default(), Pace::default());
    let end = Instant::now() + HIDDEN;
    while Instant::now() < end {
        other.note(&peer.next_status().await?);
        let told = covered.ask().await?;
        ensure!(told.visibility == "hidden", "the page was shown: {told:?}");
        hidden.note(&told.status);
    }
    let after = covered.ask().await?;
    eprintln!(
        "hidden for {HIDDEN:?}: {} pictures, {:.1} confirmed frames a second, the other {:.1}",
        after.pictures - before.pictures,
        hidden.rate(),
        other.rate()
    );
    ensure!(after.pictures == before.pictures, "a hidden page has drawn");
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
        other.note(&peer.next_status().await?);
        if let Some(status) = page.status().await? {
            slow.note(&status);
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
