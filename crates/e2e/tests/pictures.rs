//! Pictures of every screen at three sizes, from real runs, in `e2e/` of cargo's target folder.

use std::{fs, path::Path, time::Duration};

use anyhow::{Context, Result, ensure};
use e2e::{browser::Browser, peer::NativePeer, place::output, play::until, server::Server};
use serde_json::json;

/// A small window, a desktop, a phone held upright.
const SIZES: [(u32, u32); 3] = [(480, 320), (1280, 720), (390, 844)];

/// Frames after which a match has something to show.
const FRAMES: u32 = 300;

/// Pictures after which a screen has stopped appearing.
const PICTURES: u32 = 30;

const PATIENCE: Duration = Duration::from_secs(120);

#[tokio::test(flavor = "multi_thread")]
async fn every_screen_at_every_size() -> Result<()> {
    let server = Server::with_web_client().await?;
    for (width, height) in SIZES {
        let browser = Browser::device("pictures", width, height).await?;

        browser.open(&server.page("")).await?;
        take(&browser, "title", width, height).await?;

        browser
            .open(&server.page("?create=1&autopilot=1&name=Ada"))
            .await?;
        let link = browser.invitation().await?;
        take(&browser, "room", width, height).await?;

        let code = link.rsplit('#').next().unwrap_or_default();
        let seconds = PATIENCE.as_secs();
        let peer = NativePeer::join("Bob", &server.signaling(), code, seconds).await?;
        plays(&browser).await?;
        take(&browser, "match", width, height).await?;
        drop(peer);

        browser.open(&server.page("?scenes=2&autopilot=1")).await?;
        plays(&browser).await?;
        take(&browser, "two-scenes", width, height).await?;
    }
    server.stop().await
}

/// Waits until every scene of the page has played for a while.
async fn plays(browser: &Browser) -> Result<()> {
    until("some play", PATIENCE, async || {
        let statuses = browser.statuses().await?;
        let play = |confirmed: u32| confirmed >= FRAMES;
        let all = !statuses.is_empty() && statuses.iter().all(|status| play(status.confirmed));
        Ok(all.then_some(()))
    })
    .await
}

/// Takes a picture, and makes sure that the page shows the whole canvas and nothing beside it.
async fn take(browser: &Browser, screen: &str, width: u32, height: u32) -> Result<()> {
    browser.draws(PICTURES).await?;
    let measures = browser
        .evaluate(
            "const page = document.documentElement;
             const canvas = document.getElementById('peerball').getBoundingClientRect();
             return [page.scrollWidth, page.scrollHeight, canvas.width, canvas.height]",
        )
        .await?;
    ensure!(
        measures == json!([width, height, width, height]),
        "{screen}: page and canvas measure {measures} at {width}x{height}"
    );
    let path = output()?.join(format!("{screen}-{width}x{height}.png"));
    browser.screenshot(&path).await?;
    ensure!(
        png_size(&path)? == (width, height),
        "{} has another size",
        path.display()
    );
    eprintln!("{}", path.display());
    Ok(())
}

/// Width and height from the header that every PNG file begins with.
fn png_size(path: &Path) -> Result<(u32, u32)> {
    const WIDTH: usize = 16;
    const HEIGHT: usize = 20;
    let bytes = fs::read(path)?;
    let number = |at: usize| -> Result<u32> {
        let bytes = bytes.get(at..at + 4).context("not a PNG file")?;
        Ok(u32::from_be_bytes(bytes.try_into()?))
    };
    Ok((number(WIDTH)?, number(HEIGHT)?))
}
