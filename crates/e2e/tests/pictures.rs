//! Pictures of every screen at two sizes or three, from real runs, and the icons at theirs, in `e2e/` of
//! cargo's target folder.

use std::{env, fs, path::Path, time::Duration};

use anyhow::{Context, Result, ensure};
use data_encoding::BASE64;
use e2e::{
    browser::Browser,
    hands::{Hands, Key},
    peer::NativePeer,
    place::{output, root},
    play::until,
    screen::{button, fits},
    server::Server,
    status::Status,
};
use serde_json::json;

/// A phone held upright and a desktop.
const SIZES: [(u32, u32); 2] = [(390, 844), (1280, 720)];

/// A large desktop beside those, on which software draws slowly: where this variable is set.
const LARGE: (&str, (u32, u32)) = ("PICTURES_LARGE", (1920, 1080));

/// Frames after which a match has something to show.
const FRAMES: u32 = 300;

/// Pictures after which a screen has stopped appearing.
const PICTURES: u32 = 12;

const PATIENCE: Duration = Duration::from_secs(120);

const ESCAPE: Key = ("Escape", "Escape");
const NET_GRAPH: Key = ("F3", "F3");

#[tokio::test(flavor = "multi_thread")]
async fn every_screen_at_every_size() -> Result<()> {
    let server = Server::with_web_client().await?;
    let large = env::var_os(LARGE.0).map(|_| LARGE.1);
    for size in SIZES.into_iter().chain(large) {
        let browser = Browser::device("pictures", size.0, size.1).await?;
        let album = Album {
            browser: &browser,
            hands: Hands::on(&browser),
            size,
        };
        let hands = &album.hands;
        browser.open(&server.page_of_newcomer("?name=Ada")).await?;
        button(&browser, "Skip").await?;
        album.take("lesson").await?;

        browser.open(&server.page("?name=Ada")).await?;
        button(&browser, "Quick match").await?;
        album.take("title").await?;
        for (label, screen) in [
            ("Settings", "settings"),
            ("Credits", "credits"),
            ("Open rooms", "open-rooms"),
        ] {
            hands.press(label).await?;
            button(&browser, "Back").await?;
            album.take(screen).await?;
            hands.press("Back").await?;
        }

        hands.press("New room").await?;
        let link = browser.invitation().await?;
        let code = link.rsplit('#').next().unwrap_or_default();
        let seconds = PATIENCE.as_secs();
        let bob = NativePeer::join("Bob", &server.signaling(), code, seconds).await?;
        reaches(&browser, "company", |status| status.peers == 1).await?;
        album.take("room").await?;
        drop(bob);

        plays_to_the_end(&server, &album).await?;

        browser.open(&server.page("?scenes=2&autopilot=1")).await?;
        plays(&browser).await?;
        album.take("two-scenes").await?;
    }
    server.stop().await
}

/// A match with a friend and what can be opened over it, its result, and its replay.
async fn plays_to_the_end(server: &Server, album: &Album<'_>) -> Result<()> {
    let (browser, hands) = (album.browser, &album.hands);
    let short = "?create=1&autopilot=1&name=Ada&rules=seats=4,goals=0,seconds=40";
    browser.open(&server.page(short)).await?;
    let link = browser.invitation().await?;
    let code = link.rsplit('#').next().unwrap_or_default();
    let seconds = PATIENCE.as_secs();
    let _bob = NativePeer::join("Bob", &server.signaling(), code, seconds).await?;
    plays(browser).await?;
    album.take("match").await?;
    hands.tap(NET_GRAPH).await?;
    album.take("net-graph").await?;
    hands.tap(NET_GRAPH).await?;
    hands.tap(ESCAPE).await?;
    button(browser, "Go on").await?;
    album.take("menu").await?;
    hands.tap(ESCAPE).await?;
    reaches(browser, "the result", |status| status.phase == "result").await?;
    button(browser, "Rematch").await?;
    album.take("result").await?;
    hands.press("Watch replay (R)").await?;
    album.take("replay").await
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

/// Waits until the page's session is as wanted.
async fn reaches(browser: &Browser, what: &str, wanted: impl Fn(&Status) -> bool) -> Result<()> {
    until(what, PATIENCE, async || {
        let status = browser.status().await?;
        Ok(status.filter(|status| wanted(status)).map(drop))
    })
    .await
}

/// Pictures of one browser's page.
struct Album<'a> {
    browser: &'a Browser,
    hands: Hands<'a>,
    size: (u32, u32),
}

impl Album<'_> {
    /// Takes a picture, and makes sure that the page shows the whole canvas and nothing beside it.
    async fn take(&self, screen: &str) -> Result<()> {
        let (browser, (width, height)) = (self.browser, self.size);
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
        fits(browser, screen, self.size).await?;
        let path = output()?.join(format!("{screen}-{width}x{height}.png"));
        ensure!(
            png_size(&path)? == (width, height),
            "{} has another size",
            path.display()
        );
        eprintln!("{}", path.display());
        Ok(())
    }
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
