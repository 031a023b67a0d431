//! Pictures of every screen at three sizes, from real runs, and the icons at theirs, in `e2e/` of
//! cargo's target folder.

use std::{fs, path::Path, time::Duration};

use anyhow::{Context, Result, ensure};
use data_encoding::BASE64;
use e2e::{
    browser::Browser,
    peer::NativePeer,
    place::{output, root},
    play::until,
    server::Server,
};
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

/// The icons from their drawing, and the picture for previews of links from one of a match.
#[tokio::test(flavor = "multi_thread")]
async fn icons_and_cover() -> Result<()> {
    /// Maskable icons may be cut to a circle of 80 % of their width: the discs end there.
    const SAFE: f64 = 0.74;
    /// A preview is a little wider than a screen: nothing of the match is cut off.
    const WHOLE: f64 = 0.93;
    const NIGHT: &str = "#04050b";

    let browser = Browser::device("icons", 512, 512).await?;
    browser.open("about:blank").await?;
    let icon = fs::read(root()?.join("assets/icon.svg"))?;
    let icon = data_url("image/svg+xml", &icon);
    for (name, side, scale, ground) in [
        ("icon-192.png", 192, 1.0, ""),
        ("icon-512.png", 512, 1.0, ""),
        ("maskable-192.png", 192, SAFE, NIGHT),
        ("maskable-512.png", 512, SAFE, NIGHT),
        ("touch-180.png", 180, 0.9, NIGHT),
    ] {
        let image = draw(&browser, &icon, (side, side), scale, ground, "image/png").await?;
        fs::write(output()?.join(name), image)?;
    }
    let found = fs::read(root()?.join("docs/pictures/match.png"))?;
    let found = data_url("image/png", &found);
    let cover = draw(&browser, &found, (1200, 630), WHOLE, NIGHT, "image/jpeg").await?;
    fs::write(output()?.join("cover.jpg"), cover)?;
    Ok(())
}

fn data_url(media_type: &str, content: &[u8]) -> String {
    format!("data:{media_type};base64,{}", BASE64.encode(content))
}

/// Draws a picture so that it covers `size`, then smaller by `scale`, on `ground`, and gives the
/// file.
async fn draw(
    browser: &Browser,
    picture: &str,
    size: (u32, u32),
    scale: f64,
    ground: &str,
    media_type: &str,
) -> Result<Vec<u8>> {
    let script = format!(
        "window.drawn = null;
         (async () => {{
             const [width, height, scale] = {};
             const image = new Image();
             image.src = {picture:?};
             await image.decode();
             const [w, h] = [image.naturalWidth, image.naturalHeight];
             const factor = scale * Math.max(width / w, height / h);
             const canvas = Object.assign(document.createElement('canvas'), {{ width, height }});
             const context = canvas.getContext('2d');
             context.imageSmoothingQuality = 'high';
             if ({ground:?}) {{
                 context.fillStyle = {ground:?};
                 context.fillRect(0, 0, width, height);
             }}
             context.drawImage(image, (width - w * factor) / 2, (height - h * factor) / 2,
                 w * factor, h * factor);
             window.drawn = canvas.toDataURL({media_type:?}, 0.85);
         }})();",
        json!([size.0, size.1, scale]),
    );
    browser.evaluate(&script).await?;
    let drawn = until("a picture", PATIENCE, async || {
        let drawn = browser.evaluate("return window.drawn").await?;
        Ok(drawn.as_str().map(str::to_owned))
    });
    let drawn = drawn.await?;
    let content = drawn.split_once(',').context("a data URL")?.1;
    Ok(BASE64.decode(content.as_bytes())?)
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
             const canvas = document.getElementById('game').getBoundingClientRect();
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
